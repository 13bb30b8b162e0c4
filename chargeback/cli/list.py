"""``chargeback list``: what the archive holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from chargeback.cli.options import archive_option, chosen_archive, config_option, output_option, verbose_option
from chargeback.cli.outcome import ending
from chargeback.cli.printing import write_as

if TYPE_CHECKING:
    from chargeback.config.address import Place


@click.command("list")
@config_option
@archive_option
@click.option("--since", metavar="YYYY-MM", help="Only this month and later ones.")
@click.option("--until", metavar="YYYY-MM", help="Only this month and earlier ones.")
@output_option("text", "csv", "json")
@verbose_option
def command(
    config_path: Path | None,
    archive_path: Place | None,
    since: str | None,
    until: str | None,
    output: str,
    verbose: bool,
) -> None:
    """Months and revisions with status, totals, head and signatures.

    A month that was restated shows whose signatures are of an earlier revision: its latest one needs new ones.

    The whole chain of revisions is read, whichever months are shown. CSV has a row a revision and currency.

    The last line is the archive's head: keep it elsewhere (the cron mail is enough), and `chargeback verify --head`
    proves later that nothing was rewritten.
    """
    with ending(json_output=output == "json", verbose=verbose):
        from chargeback.archive.chain import Base
        from chargeback.evidence.period import Period
        from chargeback.review.listing import listing, listing_csv, listing_lines

        chosen = chosen_archive(config_path, archive_path)
        months = tuple(None if month is None else Period.parse(month) for month in (since, until))
        found = listing(chosen.root, Base(chosen.base)).within(*months)
        write_as(output, found, listing_lines, listing_csv)
