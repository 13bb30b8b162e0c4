"""``chargeback open``: a month's page, or the archive's, in the browser."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from chargeback.cli.completion import revisions
from chargeback.cli.options import archive_option, archive_root, config_option, verbose_option
from chargeback.cli.outcome import ending, say


@click.command("open")
@click.argument("period", required=False, metavar="[PERIOD]", shell_complete=revisions)
@config_option
@archive_option
@verbose_option
def command(period: str | None, config_path: Path | None, archive_path: Path | None, verbose: bool) -> None:
    """Open a month's page in the browser; without PERIOD the archive's, which links to every month.

    PERIOD is 2026-05 (its latest revision) or 2026-05/r1. The page's path is printed too: away from a
    terminal, or where no browser can be started, it is the whole answer.
    """
    with ending(json_output=False, verbose=verbose):
        from chargeback.review.pages import page_of

        page = page_of(archive_root(config_path, archive_path), period)
        say(str(page))
        if sys.stdout.isatty():
            click.launch(page.as_uri())
