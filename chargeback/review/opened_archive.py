"""An archive for analysts: what the commands read, as Python values (INTERFACE, ``open_archive``).

Nothing is returned that the manifest's checksums do not prove. Nothing is written, and nothing is asked of the network.
The ledger is a pandas ``DataFrame``, for the pivots of ``show`` too: one row a ledger line, in the ledger's order; the
columns are INTERFACE's, and exact. What repeats is a category, so that a month of a million lines fits into memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from chargeback.archive.chain import Base
from chargeback.archive.reading import Archive
from chargeback.archive.revision import Revision
from chargeback.config.address import Place, place_of
from chargeback.evidence.period import Period
from chargeback.job.verify import Verification, VerifyRequest, verify
from chargeback.model import archived_checks
from chargeback.model.archived_checks import ArchivedCheck, ArchivedFinding, read_checks
from chargeback.model.ledger_register import REGISTER, ColumnKind, LedgerColumn, LedgerRow
from chargeback.model.money import minor_digits
from chargeback.review.ledger_rows import read_rows
from chargeback.review.listing import ListedRevision, listing
from chargeback.review.month_findings import MonthFinding, findings_of
from chargeback.review.revision_choice import chosen_revision

if TYPE_CHECKING:
    import pandas as pd

    Column = pd.Series[Any]


def ledger_frame(rows: Iterable[LedgerRow]) -> pd.DataFrame:
    """Ledger lines -> a frame with the columns of ``ledgers/*.csv`` and a default index.

    ``net``, ``tax`` and ``gross`` are in minor units of ``currency``: ``int64``, or Python's integers where a sum over
    the column would not fit into 64 bits. ``usage`` and ``share_percent`` are ``Decimal``, None where the line has
    none. ``line`` is ``int64``; ``invoice_line`` is ``Int64``, missing for an adjustment. All other columns are
    categories of texts as they came from the platform, without the guard that a spreadsheet needs; "" where there is
    none.
    """
    import pandas as pd

    columns = list(zip(*rows, strict=True)) or [()] * len(LedgerRow._fields)
    return pd.DataFrame({column.name: _kind(column)(columns[place]) for place, column in enumerate(REGISTER)})


def _kind(column: LedgerColumn) -> Callable[[Sequence[Any]], Column]:
    """How the values of a column become one."""
    if column.name == "line":
        return _counts
    made: dict[ColumnKind, Callable[[Sequence[Any]], Column]] = {
        ColumnKind.AMOUNT: _whole_numbers,
        ColumnKind.QUANTITY: _decimals,
        ColumnKind.NUMBER: _counts_or_missing,
    }
    return made.get(column.kind, _categories)


def _whole_numbers(values: Sequence[int]) -> Column:
    """Minor units: ``int64`` where no sum of the column can overflow, else Python's own integers."""
    import pandas as pd

    largest = max(map(abs, values), default=0)
    return pd.Series(values, dtype="int64" if largest * max(len(values), 1) < 2**63 else "object")


def _decimals(values: Sequence[str]) -> Column:
    import pandas as pd

    return pd.Series([Decimal(value) if value else None for value in values], dtype="object")


def _counts(values: Sequence[int]) -> Column:
    import pandas as pd

    return pd.Series(values, dtype="int64")


def _counts_or_missing(values: Sequence[int]) -> Column:
    import pandas as pd

    return pd.Series([value or None for value in values], dtype="Int64")


def _categories(values: Sequence[str]) -> Column:
    """Texts as categories in order of code point; of Python's own texts, so that no other library has to be there."""
    import pandas as pd

    categories = pd.Index(sorted(set(values)), dtype="object")
    return pd.Series(list(values), dtype=pd.CategoricalDtype(categories))


@dataclass(frozen=True, slots=True)
class RevisionSummary:
    """A revision as ``chargeback list`` shows it.

    ``status`` is "reconciled" or "exceptions"; ``exceptions`` counts the checks that failed and that nobody accepted;
    ``accepted`` those that somebody accepted; ``not_performed`` those that could not be performed, which are no passes.
    ``latest`` says whether the month has no later one; ``created`` is an RFC 3339 instant; ``head`` is the sha256 of
    its manifest. A dataclass: pandas makes a frame of several.
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
        return tuple(self._revision(period).interpret(archived_checks.PATH, read_checks).checks)

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
        period=str(manifest.period),
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
