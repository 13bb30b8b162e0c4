"""Which earlier months a run with ``--catch-up`` does first (INTERFACE, ``prior-periods``)."""

from __future__ import annotations

from collections.abc import Mapping

from chargeback.archive.reading import Archive
from chargeback.config import Config
from chargeback.job.collecting import Collector, background
from chargeback.model.archived_month import ArchivedMonth, difference
from chargeback.model.facts import ListedInvoice
from chargeback.model.invoice import Status
from chargeback.model.period import Period


def months_to_catch_up(archive: Archive, period: Period, collector: Collector) -> list[Period]:
    """The months since the first archived one that have no revision, or whose invoices, as listed, differ from their
    latest revision's; oldest first. One ``billing.listInvoices`` an account."""
    first = min(archive.periods(), default=period)
    if first >= period:
        return []
    known = background(archive, period)
    archived = {Period.parse(month.period): ArchivedMonth.of(month) for month in known.earlier}
    listed = collector.listed(period, known)
    differing = {month for month, books in archived.items() if _differs(month, books, listed, collector.config)}
    months = [first.plus(offset) for offset in range(_months_between(first, period))]
    return [month for month in months if month not in archived or month in differing]


def _months_between(first: Period, last: Period) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def _differs(
    month: Period, books: ArchivedMonth, listed: Mapping[str, tuple[ListedInvoice, ...]], config: Config
) -> bool:
    entries = {entry.id: entry for entry in config.accounts}
    return any(
        difference(account, row, books)
        for account, rows in listed.items()
        if account not in entries or entries[account].ours_in(month)
        for row in rows
        if row.month == month and row.status is not Status.DRAFT
    )
