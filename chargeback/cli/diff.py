"""``chargeback diff``: what changed between two revisions of a month."""

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
from chargeback.cli.printing import write_as

if TYPE_CHECKING:
    from chargeback.config.address import Place


@click.command("diff")
@click.argument("period", metavar="PERIOD", shell_complete=complete_revisions)
@click.argument("first", required=False, metavar="[R1")
@click.argument("second", required=False, metavar="[R2]]")
@config_option
@archive_option
@output_option("text", "csv", "json")
@verbose_option
def command(
    period: str,
    first: str | None,
    second: str | None,
    config_path: Path | None,
    archive_path: Place | None,
    output: str,
    verbose: bool,
) -> None:
    """What changed in PERIOD from revision R1 to R2, by team, invoice and line, and why.

    By default from the revision before the latest to the latest; `diff 2026-05 r1` compares r1 with the latest. Every
    table sums to the difference of the totals. Amounts are gross; CSV (a row a line that differs) and JSON have net and
    tax too. Reads the archive only.
    """
    with ending(json_output=output == "json", verbose=verbose):
        from chargeback.review.changes import changes_csv
        from chargeback.review.difference import difference, difference_lines

        found = difference(archive_root(config_path, archive_path), period, first, second)
        write_as(output, found, difference_lines, lambda found: changes_csv(found.lines))
