"""An archive for analysts: what the commands read, as Python values (INTERFACE, ``open_archive``).

Nothing is returned that the manifest's checksums do not prove. Nothing is written, and nothing is asked of the network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from chargeback.archive.chain import Base
from chargeback.archive.reading import Archive
from chargeback.archive.revision import Revision
from chargeback.config.address import Place, place_of
from chargeback.job.verify import Verification, VerifyRequest, verify
from chargeback.model import archived_checks
from chargeback.model.archived_checks import ArchivedCheck, ArchivedFinding, read_checks
from chargeback.model.money import minor_digits
from chargeback.model.period import Period
from chargeback.review.ledger_frame import ledger_frame
from chargeback.review.ledger_rows import read_rows
from chargeback.review.listing import ListedRevision, listing
from chargeback.review.month_findings import MonthFinding, findings_of
from chargeback.review.revision_choice import chosen_revision

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class RevisionSummary:
    """A revision as ``chargeback list`` shows it.

    ``status`` is "reconciled" or "exceptions"; ``exceptions`` counts the checks that failed and that nobody accepted;
    ``accepted`` those that somebody accepted; ``not_performed`` those that could not be performed, which are no passes.
    ``latest`` says whether the month has no later one; ``created`` is an RFC 3339 instant; ``head`` is the sha256 of
    its manifest.
    """

    period: str
    revision: int
    status: str
    exceptions: int
    accepted: int
    not_performed: int
    latest: bool
    created: str
    version: str
    head: str
    path: Place


class OpenedArchive:
    """An archive to read. Each call reads the files again, so that a revision added meanwhile is seen."""

    def __init__(self, path: str, base: str | None = None) -> None:
        self.path = place_of(path)
        self._base = base
        self._archive().require()

    def __repr__(self) -> str:
        return f"open_archive({str(self.path)!r})"

    @property
    def months(self) -> tuple[str, ...]:
        """The months that have a revision, as ``YYYY-MM``, in order."""
        return tuple(map(str, self._archive().periods()))

    @property
    def revisions(self) -> tuple[RevisionSummary, ...]:
        """All revisions, in order of month and number; ``DamagedError`` where the chain of revisions is broken."""
        found = listing(self.path, None if self._base is None else Base(self._base))
        return tuple(map(_summary, found.revisions))

    @property
    def head(self) -> str | None:
        """The sha256 of the newest manifest; None in an empty archive; ``DamagedError`` where the chain is broken."""
        head = self._archive().head()
        return None if head is None else head.sha256

    def ledger(self, period: str | Period | None = None) -> pd.DataFrame:
        """The ledger of a month, one row a line, with the columns of ``ledgers/*.csv``.

        ``period`` is "2026-05" (its latest revision), "2026-05/r1", or None for the latest month. Amounts are integers
        in minor units of the line's ``currency``; ``attrs["digits"]`` has each currency's number of minor digits. See
        ``ledger_frame`` for the kinds of the columns. ``ConfigurationError`` where there is no such month or revision;
        ``DamagedError`` where the file is not the one that was sealed, or its lines do not add up to the manifest.
        """
        revision = self._revision(period)
        rows = read_rows(revision)
        frame = ledger_frame(rows)
        digits = {currency: minor_digits(currency) for currency in frame["currency"].cat.categories}
        frame.attrs.update(
            period=str(revision.name.period), revision=revision.name.number, head=revision.sha256, digits=digits
        )
        return frame

    def findings(self, period: str | Period | None = None) -> tuple[ArchivedFinding, ...]:
        """The findings of a month, the largest first, each with what was decided about it until now, as ``chargeback
        findings`` shows them; ``period`` as for ``ledger``."""
        archive = self._archive()
        revision = chosen_revision(archive, None if period is None else str(period))
        return tuple(_decided(each) for each in findings_of(archive, revision))

    def checks(self, period: str | Period | None = None) -> tuple[ArchivedCheck, ...]:
        """Every check of a month, passes too, in the order of ``reconciliation.json``; ``period`` as for ``ledger``."""
        return self._revision(period).interpret(archived_checks.PATH, read_checks).checks

    def verify(self, *, quick: bool = False, head: str | None = None) -> Verification:
        """Prove the archive as ``chargeback verify`` does; ``quick`` stops after checksums and the chain.

        ``head`` must be in the archive. What is damaged is in ``findings`` of the result; ``exit`` is 0 where all is
        proved, 7 where something is damaged, 3 where this version gives other data than the one that wrote a revision.
        """
        heads = () if head is None else (head,)
        return verify(self.path, VerifyRequest(quick=quick, heads=heads, base=self._base))

    def _archive(self) -> Archive:
        return Archive(self.path, None if self._base is None else Base(self._base))

    def _revision(self, period: str | Period | None) -> Revision:
        return chosen_revision(self._archive(), None if period is None else str(period))


def _decided(found: MonthFinding) -> ArchivedFinding:
    """The finding with the newest decision about it, in place of the one that its revision was written with."""
    text, by, moment = found.disposed or (None, None, None)
    return msgspec.structs.replace(found.archived, disposition=text, disposed_by=by, disposed_at=moment)


def _summary(listed: ListedRevision) -> RevisionSummary:
    manifest, overview = listed.revision.manifest, listed.overview
    return RevisionSummary(
        period=manifest.period,
        revision=manifest.revision,
        status=overview.status.value,
        exceptions=overview.exceptions,
        accepted=overview.accepted.count,
        not_performed=overview.not_performed,
        latest=listed.is_latest,
        created=manifest.created,
        version=manifest.version,
        head=listed.revision.sha256,
        path=listed.revision.root,
    )
