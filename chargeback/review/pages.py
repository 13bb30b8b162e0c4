"""The page of an archive or of a month, as a path to open."""

from __future__ import annotations

from pathlib import Path

from chargeback.archive.reading import Archive
from chargeback.errors import StorageError
from chargeback.review.revision_choice import chosen_revision

PAGE = "index.html"


def page_of(root: Path, period: str | None) -> Path:
    """The month's page (``2026-05``: its latest revision's, ``2026-05/r1``), or None: the archive's.

    ``StorageError`` where there is no archive or no such file, ``ConfigurationError`` where it has no such month.
    """
    archive = Archive(root).require()
    page = (root if period is None else chosen_revision(archive, period).root) / PAGE
    if not page.is_file():
        raise StorageError(f"{page}: is not there", remedy="`chargeback verify` says what is damaged")
    return page.absolute()
