"""``exports/tax.csv``: what the month's journal reports of input VAT and of tax withheld (INTERFACE).

One row a settlement, in the journal's order, then one a correction that changes tax which is due: sums by company foot
to the journal's legs *Input VAT* and *Withholding tax*.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby

from chargeback.config import Vendor
from chargeback.evidence import SettlementRecord
from chargeback.model.bookkeeping import Leg
from chargeback.model.csv_text import csv_row
from chargeback.model.journal import Event, JournalRow
from chargeback.model.money import exact_sum, from_minor, minor_digits
from chargeback.model.spreadsheet_text import guarded

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


def rows(
    period: str, journal: Iterable[JournalRow], settlements: Iterable[SettlementRecord], vendor: Vendor
) -> Iterator[tuple[str, ...]]:
    """The rows; ``journal`` the month's settlements and corrections."""
    records = {(guarded(record.account), guarded(record.number), record.concerns): record for record in settlements}
    seller = (guarded(vendor.name), guarded(vendor.tax_id), guarded(vendor.branch))
    for _, entry in groupby(journal, key=lambda row: row.entry):
        legs = list(entry)
        first = legs[0]
        if first.event is Event.CORRECTION and not any(row.leg in (Leg.INPUT_VAT, Leg.WITHHOLDING) for row in legs):
            continue
        record = records.get((first.account, first.invoice, first.concerns)) if _is_settlement(first) else None
        digits = minor_digits(first.currency)
        tax = exact_sum(row.amount for row in legs if row.leg is Leg.INPUT_VAT)
        withheld = exact_sum(-row.amount for row in legs if row.leg is Leg.WITHHOLDING)
        base = from_minor(record.total - record.tax, digits) if record else _base(legs)
        yield (
            period,
            first.event.value,
            first.document_date,
            first.company,
            first.tax_id,
            *seller,
            first.account,
            first.invoice,
            first.receipt,
            f"{base:.{digits}f}",
            record.tax_rate if record else "",
            f"{tax:.{digits}f}",
            record.withholding_rate if record else "",
            f"{withheld:.{digits}f}",
            first.currency,
        )


def chunks(made: Iterable[tuple[str, ...]]) -> Iterator[bytes]:
    """The file's bytes: UTF-8 with BOM, CRLF; a heading alone where there are no rows."""
    yield ("\ufeff" + csv_row(COLUMNS) + "".join(map(csv_row, made))).encode()


def _is_settlement(row: JournalRow) -> bool:
    return row.event is Event.SETTLEMENT


def _base(legs: Iterable[JournalRow]) -> Decimal:
    return next((row.tax_base for row in legs if row.tax_base is not None), Decimal(0))
