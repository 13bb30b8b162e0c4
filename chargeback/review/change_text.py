"""Changes as tables: before, after, difference, and a total that they foot to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chargeback.model.money import minor_digits
from chargeback.model.totals import Amounts
from chargeback.publish.pages.wording import minor
from chargeback.review.changes import Change
from chargeback.review.terminal import Terminal
from chargeback.review.text_table import Column, TextRow, readable, table_lines

_NUMBERS = [Column(name, right=True) for name in ("before", "after", "difference")]
_MOST_ROWS = 100
"""Rows of one table that a person reads; the others are added up in one row, and JSON has them all."""


def change_lines(
    changes: Sequence[Change], names: Sequence[str], terminal: Terminal, notes: Sequence[str] = ()
) -> list[str]:
    """A table a currency, gross amounts: the key's columns, both sides, the difference, the notes, and the sum."""
    columns = [*(Column(name, shrinks=True) for name in names), *_NUMBERS, Column("", shrinks=True)]
    told = notes or [change.note for change in changes]
    lines: list[str] = []
    for currency in sorted({change.currency for change in changes}):
        mine = [(change, note) for change, note in zip(changes, told, strict=True) if change.currency == currency]
        rows = [_row(change, note) for change, note in mine[:_MOST_ROWS]]
        if rest := [change for change, _ in mine[_MOST_ROWS:]]:
            rows.append(_sum(f"{len(rest):,} others", rest, currency, len(names)))
        last = _sum(f"total {readable(currency)}", (change for change, _ in mine), currency, len(names))
        lines += [*([""] if lines else []), *table_lines(columns, [*rows, last], terminal)]
    return lines


def total_lines(totals: Sequence[Change], terminal: Terminal) -> list[str]:
    """A row a currency: the totals of both sides and their difference."""
    rows = [_sum(f"total {readable(change.currency)}", [change], change.currency, 1) for change in totals]
    return table_lines([Column(""), *_NUMBERS, Column("")], rows, terminal)


def _row(change: Change, note: str) -> TextRow:
    key = [readable(str(part)) if part != 0 else "" for part in change.key]
    return TextRow((*key, *_amounts(change.before, change.after, change.currency), note))


def _sum(name: str, changes: Iterable[Change], currency: str, columns: int) -> TextRow:
    before, after = Amounts(), Amounts()
    for change in changes:
        before = before.plus(change.before or Amounts())
        after = after.plus(change.after or Amounts())
    return TextRow((name, *[""] * (columns - 1), *_amounts(before, after, currency), ""), strong=True)


def _amounts(before: Amounts | None, after: Amounts | None, currency: str) -> tuple[str, str, str]:
    digits = minor_digits(currency)
    moved = (after or Amounts()).gross - (before or Amounts()).gross
    sign = "+" if moved > 0 else ""
    return _side(before, digits), _side(after, digits), sign + minor(moved, digits)


def _side(amounts: Amounts | None, digits: int) -> str:
    return "-" if amounts is None else minor(amounts.gross, digits)
