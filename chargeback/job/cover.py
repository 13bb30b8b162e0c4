"""The cover page beside a revision: made from what the archive holds now, written where its bytes differ.

It is no part of the revision and proves nothing: no run, signature or disposition fails for its sake.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from chargeback.archive.archive_writer import ArchiveWriter
from chargeback.archive.reading import Archive, cover_path
from chargeback.archive.registers import read_signatures
from chargeback.archive.revision import Revision
from chargeback.errors import ChargebackError
from chargeback.evidence.period import Period
from chargeback.evidence.run_log import report
from chargeback.job.dispositions import decided_findings
from chargeback.job.overview import revision_overview
from chargeback.job.sealing import archived_config
from chargeback.model import archived_checks, archived_summary
from chargeback.model.archived_checks import read_checks

if TYPE_CHECKING:
    from chargeback.publish.pages.cover_page import Cover


def refresh_covers(writer: ArchiveWriter, period: Period) -> None:
    """Replace the cover pages of the month's revisions where their bytes differ: each that is signed.

    What keeps one from being made or written is noted, and nothing more comes of it.
    """
    from chargeback.publish.pages.cover_page import cover_page  # with its library: sign alone needs it

    try:
        signed = {each.head for each in read_signatures(writer.root)}
        names = writer.archive.names(period) if signed else ()
        for name in names:
            revision = writer.archive.revision(name)
            if revision.sha256 in signed:
                zone = archived_config(revision).timezone
                writer.replace(cover_path(name), cover_page(_cover(writer.archive, revision, names[-1].number), zone))
    except ChargebackError as error:
        report("cover page not written", month=str(period), why=error.message)


def _cover(archive: Archive, revision: Revision, newest: int) -> Cover:
    from chargeback.publish.pages.cover_page import Cover

    checks = revision.interpret(archived_checks.PATH, read_checks).checks
    return Cover(
        period=revision.name.period,
        entities=tuple(dict.fromkeys(_entities(revision))),
        revision=revision_overview(revision, read_signatures(archive.root)),
        checks=len(checks),
        findings=tuple(decided_findings(archive, revision, checks)),
        later=newest if newest > revision.name.number else 0,
    )


def _entities(revision: Revision) -> Iterator[str]:
    """Whose books: the company of each account as configured, else the account's name, else its id."""
    companies = archived_config(revision).bookkeeping.companies
    booked = revision.interpret(archived_summary.PATH, archived_summary.read_booked)
    names = booked.account_names if booked else {}
    for account in revision.summary().accounts:
        yield companies.get(account) or names.get(account) or account
