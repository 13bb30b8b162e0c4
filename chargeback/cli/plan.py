"""``chargeback plan``: what another configuration would have done to an archived month."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from chargeback.cli.options import archive_option, config_option, load_config, output_option, verbose_option
from chargeback.cli.outcome import ending
from chargeback.cli.printing import write_as

if TYPE_CHECKING:
    from chargeback.config.address import Place


@click.command("plan")
@click.option("-p", "--period", metavar="YYYY-MM", help="The month; by default the latest archived one.")
@config_option
@archive_option
@output_option("text", "csv", "json")
@verbose_option
def command(
    period: str | None, config_path: Path | None, archive_path: Place | None, output: str, verbose: bool
) -> None:
    """What this configuration would do to an archived month: per team before, after, difference; moved projects.

    Edit a copy of config.toml and name it with -c. The month's own evidence is booked again with it; nothing is
    written. Where only ownership moved, the differences sum to zero. CSV has a row a ledger line that would differ.
    """
    with ending(json_output=output == "json", verbose=verbose):
        from chargeback.review.changes import changes_csv
        from chargeback.review.plan import plan, plan_lines

        found = plan(load_config(config_path, archive_path, network=False), period)
        write_as(output, found, plan_lines, lambda found: changes_csv(found.lines))
