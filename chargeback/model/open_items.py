"""Open items: what is still owed of each invoice that the archive has accrued, at a month's end (BOOKING 9).

Accrued is what the latest revision of the invoice's month books on *payable*, settled what the months until then took
from it: the outstanding amounts add up to the balance of *payable*, with the other sign.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct

from chargeback.evidence import EarlierInvoice, EarlierMonth, SettlementRecord
from chargeback.evidence.period import Period
from chargeback.model.instants import parse_instant


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
