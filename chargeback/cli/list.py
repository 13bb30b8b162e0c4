"""``chargeback list``: what the archive holds."""

from __future__ import annotations

from pathlib import Path

import click

from chargeback.cli.ending import ending, write_json
from chargeback.cli.options import archive_option, archive_root, config_option, output_option, verbose_option


@click.command("list")
@config_option
@archive_option
@output_option("text", "json")
@verbose_option
def command(config_path: Path | None, archive_path: Path | None, output: str, verbose: bool) -> None:
    """Months and revisions with status, totals, head and signatures.

    The last line is the archive's head: keep it elsewhere (the cron mail is enough), and `chargeback verify --head` proves
    later that nothing was rewritten.
    """
    with ending(json_output=output == "json", verbose=verbose):
        from chargeback.review.listing import listing, text_lines

        found = listing(archive_root(config_path, archive_path))
        if output == "json":
            write_json(found.to_json())
        else:
            for line in text_lines(found):
                click.echo(line)
