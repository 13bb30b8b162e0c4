"""``exports/tax.csv``: what the month's journal reports of input VAT and of tax withheld (INTERFACE).

One row a settlement, in the journal's order, then one a correction that changes tax which is due: sums by company foot
to the journal's legs *Input VAT* and *Withholding tax*.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby

from msgspec import Struct

from chargeback.config import Vendor
from chargeback.evidence import SettlementRecord
from chargeback.model.bookkeeping import Leg
from chargeback.model.journal import Event, JournalRow
from chargeback.model.money import EXACT, exact_sum, from_minor, minor_digits
from chargeback.model.spreadsheet_text import BYTE_ORDER_MARK, csv_row, guarded

COLUMNS = (
    "period",
    "event",
    "date",
    "company",
    "tax_id",
    "seller",
    "seller_tax_id",
    "seller_branch",
    "account",
    "invoice",
    "receipt",
    "base",
    "rate",
    "tax",
    "withholding_rate",
    "withheld",
    "currency",
)


class TaxEntry(Struct, frozen=True):
    """What one entry reports: amounts with the currency's minor digits, rates as the invoice states them, "" where it
    states none; texts as ``journal.csv`` shows them."""

    event: Event
    date: str
    company: str
    tax_id: str
    account: str
    invoice: str
    receipt: str
    base: Decimal
    rate: str
    tax: Decimal
    withholding_rate: str
    withheld: Decimal
    currency: str


def entries(journal: Iterable[JournalRow], settlements: Iterable[SettlementRecord]) -> Iterator[TaxEntry]:
    """What the rows of settlements and corrections report; an entry's rows stand together."""
    records: dict[tuple[str, str, str], list[SettlementRecord]] = defaultdict(list)
    for record in settlements:
        records[guarded(record.account), guarded(record.number), str(record.concerns)].append(record)
    for _, entry in groupby(journal, key=lambda row: (row.entry, row.concerns)):
        legs = list(entry)
        first = legs[0]
        if first.event is Event.CORRECTION and not any(row.leg in (Leg.INPUT_VAT, Leg.WITHHOLDING) for row in legs):
            continue
        is_settlement = first.event is Event.SETTLEMENT
        settled = records[first.account, first.invoice, first.concerns] if is_settlement else []
        digits = minor_digits(first.currency)
        yield TaxEntry(
            event=first.event,
            date=first.document_date,
            company=first.company,
            tax_id=first.tax_id,
            account=first.account,
            invoice=first.invoice,
            receipt=first.receipt,
            base=from_minor(sum(each.total - each.tax for each in settled), digits) if settled else _base(legs, digits),
            rate=settled[0].tax_rate if settled else "",
            tax=_booked(legs, Leg.INPUT_VAT, digits),
            withholding_rate=settled[0].withholding_rate if settled else "",
            withheld=EXACT.minus(_booked(legs, Leg.WITHHOLDING, digits)),
            currency=first.currency,
        )


def rows(period: str, reported: Iterable[TaxEntry], vendor: Vendor) -> Iterator[tuple[str, ...]]:
    """The file's rows of what is reported."""
    seller = (guarded(vendor.name), guarded(vendor.tax_id), guarded(vendor.branch))
    for each in reported:
        yield (
            period,
            each.event.value,
            each.date,
            each.company,
            each.tax_id,
            *seller,
            each.account,
            each.invoice,
            each.receipt,
            f"{each.base:f}",
            each.rate,
            f"{each.tax:f}",
            each.withholding_rate,
            f"{each.withheld:f}",
            each.currency,
        )


def chunks(made: Iterable[tuple[str, ...]]) -> Iterator[bytes]:
    """The file's bytes: UTF-8 with BOM, CRLF; a heading alone where there are no rows."""
    yield (BYTE_ORDER_MARK + csv_row(COLUMNS) + "".join(map(csv_row, made))).encode()


def _booked(legs: Iterable[JournalRow], leg: Leg, digits: int) -> Decimal:
    """What the entry books on a leg, zero with the currency's digits where it has none."""
    return exact_sum([from_minor(0, digits), *(row.amount for row in legs if row.leg is leg)])


def _base(legs: Iterable[JournalRow], digits: int) -> Decimal:
    return next((row.tax_base for row in legs if row.tax_base is not None), from_minor(0, digits))
