"""``chargeback explain``: how an amount came about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from chargeback.cli.options import (
    archive_option,
    archive_root,
    complete_revisions,
    config_option,
    output_option,
    verbose_option,
)
from chargeback.cli.outcome import ending
from chargeback.cli.printing import write_json

if TYPE_CHECKING:
    from chargeback.config.address import Place


@click.command("explain")
@click.argument("period", metavar="PERIOD", shell_complete=complete_revisions)
@click.argument("subject", metavar="LINE|TEAM|PROJECT")
@config_option
@archive_option
@output_option("text", "json")
@verbose_option
def command(
    period: str, subject: str, config_path: Path | None, archive_path: Place | None, output: str, verbose: bool
) -> None:
    """How an amount of PERIOD came about, step by step, down to the evidence.

    A LINE (its number in ledgers/all.csv) is followed from the invoice line through rounding, tax, the report's shares
    and the split rule, with every unit that largest remainder gave; a TEAM or PROJECT is shown as the parts of invoice
    lines that it is the sum of. Where one name is both, write team:web or project:web.

    The account is posted again from the archived evidence and must equal the ledger. Reads the archive only.
    """
    with ending(json_output=output == "json", verbose=verbose):
        from chargeback.cli.printing import print_lines
        from chargeback.review.explanation import explain
        from chargeback.review.explanation_json import explanation_json
        from chargeback.review.explanation_text import explanation_lines

        found = explain(archive_root(config_path, archive_path), period, subject)
        if output == "json":
            write_json(explanation_json(found))
        else:
            print_lines(lambda terminal: explanation_lines(found, terminal))
