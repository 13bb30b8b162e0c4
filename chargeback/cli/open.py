"""``chargeback open``: a month's page, or the archive's, in the browser.

The page of an archive or of a month, as a path to open.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from chargeback.archive.reading import Archive
from chargeback.cli.options import archive_option, archive_root, complete_revisions, config_option, verbose_option
from chargeback.cli.outcome import ending
from chargeback.cli.printing import say
from chargeback.config.address import Address, Place
from chargeback.errors import ConfigurationError, StorageError
from chargeback.review.revision_choice import chosen_revision

PAGE = "index.html"


def page_of(root: Place, period: str | None) -> Path:
    """The month's page (``2026-05``: its latest revision's, ``2026-05/r1``), or None: the archive's.

    ``StorageError`` where there is no archive or no such file, ``ConfigurationError`` where it has no such month.
    """
    archive = Archive(root).require()
    place = root if period is None else chosen_revision(archive, period).root
    if isinstance(place, Address):
        raise ConfigurationError(
            f"{place}: a browser cannot open a page in object storage",
            remedy="rebuild the revision into a folder, or copy the archive, and open that",
        )
    page = place / PAGE
    if not page.is_file():
        raise StorageError(f"{page}: is not there", remedy="`chargeback verify` says what is damaged")
    return page.absolute()


@click.command("open")
@click.argument("period", required=False, metavar="[PERIOD]", shell_complete=complete_revisions)
@config_option
@archive_option
@verbose_option
def command(period: str | None, config_path: Path | None, archive_path: Place | None, verbose: bool) -> None:
    """Open a month's page in the browser; without PERIOD the archive's, which links to every month.

    PERIOD is 2026-05 (its latest revision) or 2026-05/r1. The page's path is printed too: away from a
    terminal, or where no browser can be started, it is the whole answer.
    """
    with ending(json_output=False, verbose=verbose):
        page = page_of(archive_root(config_path, archive_path), period)
        say(str(page))
        if sys.stdout.isatty():
            click.launch(page.as_uri())
