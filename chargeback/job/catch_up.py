"""Which earlier months a run with ``--catch-up`` does first (INTERFACE, ``prior-periods``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from chargeback.archive.pending import pending_reports
from chargeback.archive.reading import Archive
from chargeback.config import Config
from chargeback.errors import ConfigurationError
from chargeback.evidence.period import Period
from chargeback.job.collection import Collector, background
from chargeback.model import archived_summary
from chargeback.model.archived_month import ArchivedMonth, difference
from chargeback.model.booking import first_billed
from chargeback.model.facts import ListedInvoice, by_month
from chargeback.model.invoice import InvoiceStatus, as_listed
from chargeback.model.settlement import InvoiceKey

_OF_A_PAYMENT = frozenset({"status", "receipt_number"})
"""What a list says otherwise of an invoice once it is paid."""

Listed = Mapping[str, tuple[ListedInvoice, ...]]


class _Closed(Struct, frozen=True):
    """A month's latest revision: its invoices, what the list said of each (as far as that version kept it), and which
    invoices any month's journal has settled."""

    books: ArchivedMonth
    listed: Mapping[tuple[str, str], Mapping[str, str]]
    settled: frozenset[InvoiceKey]

    def differs(self, account: str, row: ListedInvoice) -> bool:
        """Whether the row is not as the revision has it: new, void or not, of another total, settled then and no longer
        paid, or corrected in what its month is booked from. A payment is no difference (BOOKING 2)."""
        if difference(account, row, self.books):
            return True
        archived = self.books.find(account, row)
        if archived is None or archived.void or row.unknown_status:
            return False
        before, now = self.listed.get((account, row.id), {}), as_listed(row.row)
        was_paid = before.get("status") == InvoiceStatus.PAID or (account, row.id) in self.settled
        if was_paid and now.get("status", InvoiceStatus.PAID) != InvoiceStatus.PAID:
            return True
        return any(before[name] != now[name] for name in (before.keys() & now.keys()) - _OF_A_PAYMENT)

    def differ(self, account: str, rows: Sequence[ListedInvoice]) -> bool:
        """Whether any of the account's rows of the month does, or one is missing that the revision has as issued."""
        return any(self.differs(account, row) for row in rows) or any(self.books.no_longer_listed(account, rows))


def months_to_catch_up(archive: Archive, period: Period, collector: Collector) -> list[Period]:
    """The months from ``since``, else from the first archived one, that have no revision, or whose invoices, as listed,
    differ from their latest revision's; none before the first that any account was billed for, and none that was moved
    away; oldest first. One ``billing.listInvoices`` an account.
    """
    first = collector.config.since or _first(archive, period)
    if collector.config.base_manifest:
        first = max(first, _first(archive, period))
    if first >= period:
        return []
    closed = _closed(archive, period)
    listed = collector.listed(period, background(archive, period), min(closed, default=first))
    differing = _differing(closed, listed, collector.config)
    first = max(first, first_billed(row for rows in listed.values() for row in rows) or first)
    months = [first.plus(offset) for offset in range(_months_between(first, period))]
    return [month for month in months if month not in closed or month in differing]


def refuse_moved_away(archive: Archive, period: Period, config: Config) -> None:
    """``ConfigurationError`` for a month before the first of an archive whose older revisions were moved away: another
    first revision of it would book it twice."""
    first = min(archive.periods(), default=period)
    if config.base_manifest and period < first:
        raise ConfigurationError(
            f"{period} lies before {first}, the first month of this archive: base_manifest says that older ones were "
            "moved away",
            remedy=f"name a month from {first} on with -p; correct an older one where it is kept",
        )


def _first(archive: Archive, period: Period) -> Period:
    """The first archived month; of an empty archive the first one that a run has tried to close without success."""
    return min(archive.periods() or pending_reports(archive.store).periods(), default=period)


def _closed(archive: Archive, period: Period) -> dict[Period, _Closed]:
    """The earlier months as their latest revisions have them."""
    latest = archive.latest_of_each()
    summaries = {month: each.summary() for month, each in latest.items()}
    records = (record for summary in summaries.values() for record in summary.settlements or ())
    settled = frozenset((record.account, record.invoice) for record in records)
    return {
        month: _Closed(
            ArchivedMonth.of(summaries[month]),
            revision.interpret(archived_summary.PATH, archived_summary.read_listed),
            settled,
        )
        for month, revision in latest.items()
        if month < period
    }


def _months_between(first: Period, last: Period) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def _differing(closed: Mapping[Period, _Closed], listed: Listed, config: Config) -> set[Period]:
    entries = {entry.id: entry for entry in config.accounts}
    found: set[Period] = set()
    for account, rows in listed.items():
        entry, months = entries.get(account), by_month(rows)
        for month in closed.keys() - found:
            is_ours = entry is None or entry.ours_in(month)
            if is_ours and closed[month].differ(account, months.get(month, ())):
                found.add(month)
    return found
