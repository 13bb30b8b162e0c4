"""``chargeback show``: an archived month's figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from chargeback.cli.lazy import WordChoice
from chargeback.cli.options import (
    archive_option,
    archive_root,
    complete_revisions,
    complete_teams,
    config_option,
    output_option,
    verbose_option,
)
from chargeback.cli.outcome import ending
from chargeback.cli.printing import write_as

if TYPE_CHECKING:
    from chargeback.config.address import Place


@click.command("show")
@click.argument("period", required=False, metavar="[PERIOD]", shell_complete=complete_revisions)
@click.option(
    "--team",
    metavar="TEAM",
    shell_complete=complete_teams,
    help="Only this team's lines; by project unless --by says otherwise.",
)
@click.option(
    "--by",
    type=WordChoice(["team", "project", "resource", "environment", "account", "open-items"]),
    help="What a row stands for; by default a team. open-items: what is owed of each invoice of all months until then.",
)
@config_option
@archive_option
@output_option("text", "json", "csv")
@verbose_option
def command(
    period: str | None,
    team: str | None,
    by: str | None,
    config_path: Path | None,
    archive_path: Place | None,
    output: str,
    verbose: bool,
) -> None:
    """The archive's figures of a month: what each team costs, and the total.

    PERIOD is 2026-05 (its latest revision) or 2026-05/r1; by default the latest month. Totals are per currency and foot
    to the manifest. Reads the archive only.
    """
    with ending(json_output=output == "json", verbose=verbose):
        from chargeback.review.figures import figures, figures_csv, figures_lines

        if by == "open-items":
            _show_open_items(archive_root(config_path, archive_path), period, team, output)
            return
        found = figures(archive_root(config_path, archive_path), period, team, by)
        write_as(output, found, figures_lines, figures_csv)


def _show_open_items(root: Place, period: str | None, team: str | None, output: str) -> None:
    from chargeback.errors import ConfigurationError
    from chargeback.review.figures import open_items_csv, open_items_lines, shown_items

    if team is not None:
        raise ConfigurationError("open items are of invoices, not of teams", remedy="leave out --team")
    found = shown_items(root, period)
    write_as(output, found, open_items_lines, open_items_csv)
