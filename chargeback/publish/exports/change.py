"""What a restatement changes in the journal: this revision's entries less those of the revision before (BOOKING 7).

Compared is by account, invoice, currency, leg, team, cost centre and general ledger account. Where that amount is the
same there is no row, whatever else is new (a receipt, a memo). First journal plus all changes is the latest journal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from chargeback.model.money import EXACT
from chargeback.publish.exports.journal import JournalRow

Key = tuple[str, ...]
_ENTRY = re.compile(r"(\d{4}-\d{2})-r(\d+)-", re.ASCII)


def change(current: Sequence[JournalRow], previous: Sequence[JournalRow], revision: int) -> list[JournalRow]:
    """The rows to book on top of the previous journal, an entry an invoice that differs; each entry balances."""
    amounts = _differences(current, previous)
    samples = _first_by(_amount_key, (*current, *previous))
    headers = _first_by(_invoice_key, (*current, *previous))
    changed = [
        _restated(samples[key], headers[_invoice_key(samples[key])], amount, revision)
        for key, amount in amounts.items()
        if amount
    ]
    return sorted(changed, key=_invoice_key)


def _differences(current: Iterable[JournalRow], previous: Iterable[JournalRow]) -> dict[Key, Decimal]:
    amounts: dict[Key, Decimal] = {}
    for rows, combine in ((current, EXACT.add), (previous, EXACT.subtract)):
        for row in rows:
            key = _amount_key(row)
            amounts[key] = combine(amounts.get(key, Decimal(0)), row.amount)
    return amounts


def _first_by(key: Callable[[JournalRow], Key], rows: Iterable[JournalRow]) -> dict[Key, JournalRow]:
    found: dict[Key, JournalRow] = {}
    for row in rows:
        found.setdefault(key(row), row)
    return found


def _invoice_key(row: JournalRow) -> Key:
    return (row.account, row.invoice)


def _amount_key(row: JournalRow) -> Key:
    return (*_invoice_key(row), row.currency, row.leg, row.team, row.cost_center, row.gl_account)


def _restated(row: JournalRow, header: JournalRow, amount: Decimal, revision: int) -> JournalRow:
    """The row with the difference, dated and numbered as the invoice's entry now is."""
    return replace(
        row,
        entry=_ENTRY.sub(rf"\g<1>-r{revision}-", header.entry, count=1),
        document_date=header.document_date,
        tax_id=header.tax_id,
        receipt=header.receipt,
        amount=amount,
        memo=f"Change since r{revision - 1}: {row.memo}",
    )
