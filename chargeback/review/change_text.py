"""Changes as tables: before, after, difference, and a total that they foot to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chargeback.model.money import minor_digits
from chargeback.publish.pages.wording import minor
from chargeback.review.changes import Change
from chargeback.review.ledger_rows import Amounts
from chargeback.review.screen import Screen
from chargeback.review.text_table import Column, TextRow, readable, table_lines

_NUMBERS = [Column(name, right=True) for name in ("before", "after", "difference")]


def change_lines(changes: Sequence[Change], names: Sequence[str], screen: Screen, notes: Sequence[str]) -> list[str]:
    """A table a currency, gross amounts: the key's columns, both sides, the difference, the notes, and the sum.

    Without names only the sums.
    """
    lines: list[str] = []
    columns = [*(Column(name, shrinks=True) for name in names or ("",)), *_NUMBERS, Column("", shrinks=True)]
    for currency in sorted({change.currency for change in changes}):
        places = [place for place, change in enumerate(changes) if change.currency == currency]
        rows = [_row(changes[place], notes[place]) for place in places if names]
        last = _total([changes[place] for place in places], currency, len(names))
        lines += table_lines(columns, [*rows, last], screen)
    return lines


def _row(change: Change, note: str) -> TextRow:
    key = [readable(str(part)) if part != 0 else "" for part in change.key]
    return TextRow((*key, *_amounts(change.before, change.after, change.currency), note))


def _total(changes: Iterable[Change], currency: str, names: int) -> TextRow:
    before, after = Amounts(), Amounts()
    for change in changes:
        before = before.plus(*(change.before or Amounts()))
        after = after.plus(*(change.after or Amounts()))
    key = [f"total {readable(currency)}", *[""] * max(names - 1, 0)]
    return TextRow((*key, *_amounts(before, after, currency), ""), strong=True)


def _amounts(before: Amounts | None, after: Amounts | None, currency: str) -> tuple[str, str, str]:
    digits = minor_digits(currency)
    moved = (after or Amounts()).gross - (before or Amounts()).gross
    return (
        _side(before, digits),
        _side(after, digits),
        f"+{minor(moved, digits)}" if moved > 0 else minor(moved, digits),
    )


def _side(amounts: Amounts | None, digits: int) -> str:
    return "-" if amounts is None else minor(amounts.gross, digits)
