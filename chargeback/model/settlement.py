"""Settlements: payments of invoices, each in the journal of just one month; and open items: what is still owed of each
invoice that the archive has accrued, at a month's end (BOOKING 9).

Accrued is what the latest revision of the invoice's month books on *payable*, settled what the months until then took
from it: the outstanding amounts add up to the balance of *payable*, with the other sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from chargeback.evidence import EarlierInvoice, EarlierMonth, SettlementRecord
from chargeback.evidence.period import Period
from chargeback.model.instants import format_instant, parse_instant
from chargeback.model.invoice import Invoice, InvoiceStatus
from chargeback.model.money import format_exact

InvoiceKey = tuple[str, str]
"""Account and invoice id."""


class Accrual(Struct, frozen=True):
    """An invoice that an archived month has accrued and that no month has settled yet.

    ``tax_pending``: the tax that its entry left on *input VAT not due*, in minor units: none where it is cost; None
    where nobody knows it and the whole tax of the invoice stands there.
    """

    concerns: Period
    tax_pending: int | None = None


class OpenAccruals(Struct, frozen=True):
    """What a month that is closed for the first time looks for among the payments that its evidence shows.

    ``accruals`` are the invoices that archived months accrued and none has settled, by account and id; ``settled``
    those that one has; ``reasons``: why the payment of an accrued invoice is in no journal of its own, by the same key;
    ``moved_before``: months before that one were moved out of the archive with their accruals, None where none were.
    """

    accruals: Mapping[InvoiceKey, Accrual] = field(default_factory=lambda: MappingProxyType({}))
    settled: frozenset[InvoiceKey] = frozenset()
    reasons: Mapping[InvoiceKey, str] = field(default_factory=lambda: MappingProxyType({}))
    moved_before: Period | None = None

    def accounts(self) -> frozenset[str]:
        """The accounts that have an accrued invoice which nobody has paid yet."""
        return frozenset(account for account, _ in self.accruals)

    def accrual_of(
        self, key: InvoiceKey, month: Period, paid_at: datetime | None, timezone: ZoneInfo
    ) -> Accrual | None:
        """The invoice's open accrual; None where no month has one, or one has settled it.

        Of a month that was moved away nothing is known but its days: what was paid before the archive begins was that
        month's to settle.
        """
        if key in self.settled:
            return None
        start = self.moved_before
        if start is not None and month < start and paid_at is not None and paid_at >= start.start(timezone):
            return Accrual(month, None)
        return self.accruals.get(key)


def is_paid_by(status: InvoiceStatus | None, paid_at: datetime | None, period: Period, timezone: ZoneInfo) -> bool:
    """Whether an invoice is paid, and not after the month's end; one whose day of payment nobody states counts."""
    return status is InvoiceStatus.PAID and (paid_at is None or paid_at < period.end(timezone))


def settlement_of(invoice: Invoice, accrual: Accrual, detail: str) -> SettlementRecord:
    """What the month books of a paid invoice; ``detail`` is where its answer lies in the evidence."""
    pending = 0 if accrual.tax_pending == 0 else invoice.tax_minor  # as restated, where its month is still to be
    return SettlementRecord(
        account=invoice.account,
        invoice=invoice.id,
        number=invoice.label,
        receipt=invoice.receipt_number,
        concerns=accrual.concerns,
        currency=invoice.currency,
        total=invoice.total_minor,
        tax=invoice.tax_minor,
        withheld=invoice.withheld_minor,
        tax_pending=pending,
        tax_rate="" if invoice.tax_rate is None else format_exact(invoice.tax_rate),
        withholding_rate="" if invoice.withholding_rate is None else format_exact(invoice.withholding_rate),
        paid_at=format_instant(invoice.paid_at) if invoice.paid_at else "",
        tax_id=invoice.tax_id,
        buyer=invoice.buyer,
        detail=detail,
    )


def document_date(record: SettlementRecord, period: Period, timezone: ZoneInfo) -> date:
    """The day of payment in that zone; where nobody states it, the last day of the month that books it."""
    paid_at = parse_instant(record.paid_at)
    return paid_at.astimezone(timezone).date() if paid_at else period.last_day


def posting_date(record: SettlementRecord, period: Period, timezone: ZoneInfo) -> date:
    """The day of payment, or the first day of the month that books it where the payment was shown late."""
    return max(document_date(record, period, timezone), period.first_day)


def in_order(records: Iterable[SettlementRecord]) -> tuple[SettlementRecord, ...]:
    """By account, number (or id) and id."""
    return tuple(sorted(records, key=lambda record: (record.account, record.number, record.invoice)))


class ItemState(StrEnum):
    """How an invoice stands with what was paid of it.

    ``DISPUTED``: paid, and void, open or otherwise than it was paid; ``EARLIER_VERSION``: booked by a version without
    settlements, whose own journal has it, and nothing is counted.
    """

    OPEN = "open"
    SETTLED = "settled"
    DISPUTED = "in dispute"
    EARLIER_VERSION = "booked by an earlier version"


AGES = ("0–30", "31–60", "61–90", "older")
"""Days since an invoice was issued, in groups."""


class OpenItem(Struct, frozen=True):
    """An invoice; amounts in minor units, ``age`` in days at the month's end, from the day of issue (else from the last
    day of its own month)."""

    account: str
    invoice: str
    concerns: Period
    document_date: str
    currency: str
    accrued: int
    settled: int
    state: ItemState
    age: int

    @property
    def outstanding(self) -> int:
        """What is owed of it; below zero what was paid too much."""
        return self.accrued - self.settled

    @property
    def age_group(self) -> str:
        """Its group of ages."""
        return AGES[min(max(self.age - 1, 0) // 30, len(AGES) - 1)]


def open_items(months: Iterable[EarlierMonth], until: Period, timezone: ZoneInfo) -> list[OpenItem]:
    """Every invoice that the months until then accrued, by month, account and number; ``months`` with their latest
    revisions' invoices and settlements."""
    known = sorted((month for month in months if month.period <= until), key=lambda month: month.period)
    settled = {(each.account, each.invoice): each for month in known for each in month.settlements or ()}
    found = []
    for month in known:
        for invoice in month.invoices:
            paid = settled.get((invoice.account, invoice.invoice))
            if paid or (invoice.booked and not (invoice.void and month.settlements is None)):
                found.append(_item(month, invoice, paid, until, timezone))
    return sorted(found, key=lambda item: (item.concerns, item.account, item.invoice))


def _item(
    month: EarlierMonth, invoice: EarlierInvoice, paid: SettlementRecord | None, until: Period, timezone: ZoneInfo
) -> OpenItem:
    is_earlier = month.settlements is None
    accrued = (invoice.total if paid and not invoice.void else 0) if is_earlier else invoice.accrued
    settled = paid.total if paid else 0
    day = _document_date(month, invoice, timezone)
    return OpenItem(
        account=invoice.account,
        invoice=invoice.number,
        concerns=month.period,
        document_date=day.isoformat(),
        currency=invoice.currency,
        accrued=accrued,
        settled=settled,
        state=_state(invoice, accrued, paid, is_earlier=is_earlier),
        age=max((until.last_day - day).days, 0),
    )


def _document_date(month: EarlierMonth, invoice: EarlierInvoice, timezone: ZoneInfo) -> date:
    issued_at = parse_instant(invoice.issued_at)
    return issued_at.astimezone(timezone).date() if issued_at else month.period.last_day


def _state(invoice: EarlierInvoice, accrued: int, paid: SettlementRecord | None, *, is_earlier: bool) -> ItemState:
    if paid is None:
        return ItemState.EARLIER_VERSION if is_earlier else ItemState.OPEN
    is_as_paid = accrued == paid.total and not invoice.disputed
    return ItemState.SETTLED if is_as_paid else ItemState.DISPUTED
