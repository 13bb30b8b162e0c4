"""Corrections: what a restatement changes in a month's journal (BOOKING 7 and 9), this revision's accruals less those
of the revision before.

Rows are compared by account, invoice, company, currency, team, cost centre and general ledger account (the leg where
there is none). Where that amount is the same there is no row, whatever else is new. An invoice that belongs into
another company's books now is taken out of the former one's by an entry of its own, whose name ends in ``-reversed``.
Settlements are the same in every revision of a month, so they change nothing. First journal plus all changes is the
latest journal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from itertools import groupby

from msgspec import Struct

from chargeback.model.bookkeeping import Leg
from chargeback.model.journal import Event, JournalRow
from chargeback.model.money import EXACT

Key = tuple[str, ...]
_TAX_LEGS = (Leg.TAX_PENDING, Leg.INPUT_VAT, Leg.WITHHOLDING)


class Restating(Struct, frozen=True):
    """The revision that restates, the day on which its corrections are booked, and whether its month is sound."""

    period: str
    revision: int
    posting_date: str
    is_sound: bool = True


def corrections(current: Iterable[JournalRow], previous: Sequence[JournalRow], to: Restating) -> list[JournalRow]:
    """The rows to book on top of the previous journal, an entry an invoice that differs; each entry balances.

    ``current`` is this revision's journal, ``previous`` the accruals of the one before.
    """
    accrued = [row for row in current if row.event is Event.ACCRUAL]
    headers = _first_by(_invoice_key, (*accrued, *previous))
    before = [row._replace(company=row.company or _company(headers[_invoice_key(row)])) for row in previous]
    amounts = _differences(accrued, before, _amount_key, lambda row: row.amount)
    bases = _differences(_tax_rows(accrued), _tax_rows(before), _entry_key, lambda row: row.tax_base or Decimal(0))
    samples = _first_by(_amount_key, (*accrued, *before))
    rows = [
        _correction(samples[key], headers[_invoice_key(samples[key])], amount, bases, to)
        for key, amount in amounts.items()
        if amount
    ]
    return [row for _, entry in groupby(sorted(rows, key=_entry_key), _entry_key) for row in _bookable(entry, to)]


def _differences(
    current: Iterable[JournalRow],
    previous: Iterable[JournalRow],
    key: Callable[[JournalRow], Key],
    figure: Callable[[JournalRow], Decimal],
) -> dict[Key, Decimal]:
    found: dict[Key, Decimal] = {}
    for rows, combine in ((current, EXACT.add), (previous, EXACT.subtract)):
        for row in rows:
            found[key(row)] = combine(found.get(key(row), Decimal(0)), figure(row))
    return found


def _tax_rows(rows: Iterable[JournalRow]) -> list[JournalRow]:
    return [row for row in rows if row.leg is Leg.TAX_PENDING]


def _first_by(key: Callable[[JournalRow], Key], rows: Iterable[JournalRow]) -> dict[Key, JournalRow]:
    found: dict[Key, JournalRow] = {}
    for row in rows:
        found.setdefault(key(row), row)
    return found


def _invoice_key(row: JournalRow) -> Key:
    return (row.account, row.invoice)


def _amount_key(row: JournalRow) -> Key:
    where = ("account", row.gl_account) if row.gl_account else ("leg", row.leg)
    return (*_entry_key(row), row.currency, *where, row.team, row.cost_center)


def _entry_key(row: JournalRow) -> Key:
    return (*_invoice_key(row), row.company)


def _company(header: JournalRow) -> str:
    """Whose books an invoice belongs to; versions before the events did not say it."""
    return header.company or header.tax_id or header.account


def _correction(
    row: JournalRow, header: JournalRow, amount: Decimal, bases: dict[Key, Decimal], to: Restating
) -> JournalRow:
    """The row with the difference, of the invoice as it now is."""
    base = bases.get(_entry_key(row), Decimal(0)) if row.leg in _TAX_LEGS else None
    reversed_mark = "" if row.company == _company(header) else "-reversed"
    return row._replace(
        entry=f"{to.period}-r{to.revision}-{_without_revision(header)}{reversed_mark}",
        event=Event.CORRECTION,
        posting_date=to.posting_date,
        document_date=header.document_date,
        tax_id=header.tax_id,
        receipt="",
        concerns=to.period,
        tax_base=base,
        amount=amount,
        memo=f"Change since r{to.revision - 1}: {row.memo}",
    )


def _without_revision(row: JournalRow) -> str:
    """What an entry's name says behind period and revision: account and invoice."""
    return row.entry.split("-", 3)[3]


def _bookable(entry: Iterable[JournalRow], to: Restating) -> Iterable[JournalRow]:
    made = list(entry)
    bookable = to.is_sound and all(row.gl_account for row in made)
    return (row._replace(bookable=bookable) for row in made)
