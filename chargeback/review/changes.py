"""What changed between two results: by team, project and total, each with its amounts before and after; and the same as
tables that foot to a total.

Lines are added up as tuples, without a frame of pandas: its import takes longer than 10,000 lines, and 30,000 lines on
both sides took 0.6 s of processor time, with frames 0.9 s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from msgspec import Struct

from chargeback.model.archive_overview import IssuedInvoice, replacements
from chargeback.model.ledger_register import LedgerRow
from chargeback.model.money import minor_digits
from chargeback.model.spreadsheet_text import csv_table
from chargeback.model.totals import Amounts, add_up
from chargeback.publish.pages.wording import minor
from chargeback.review.ledger_rows import totals_of, written
from chargeback.review.terminal import Terminal, TerminalColumn, TextRow, readable, table_lines

Key = tuple[Any, ...]
_LINE_KEY = ("account", "invoice", "invoice_line", "project", "resource", "team")
_line_key: Callable[[LedgerRow], Key] = attrgetter(*_LINE_KEY)
_NOT_COMPARED = frozenset({*_LINE_KEY, "period", "invoice_status", "net", "tax", "gross", "line", "digits", "currency"})
"""Of a line: what makes it that line, what is compared as an amount or by invoice, and its place in the file."""
Rows = Iterable[LedgerRow]
_FIGURES = tuple(f"{name}_{side}" for side in ("before", "after", "difference") for name in Amounts._fields)
_NUMBERS = [TerminalColumn(name, right=True) for name in ("before", "after", "difference")]
_MOST_ROWS = 100
"""Rows of one table that a person reads; the others are added up in one row, and JSON has them all."""


class Change(Struct, frozen=True):
    """What one team, invoice or line was and is, in one currency and minor units; None where that side lacks it.

    ``key`` names it in the order of the table's columns; ``note`` says what differs besides the amounts; ``replaces``,
    of a line, is the invoice that its own one replaced: then the key has no invoice line.
    """

    key: Key
    currency: str
    before: Amounts | None
    after: Amounts | None
    note: str = ""
    replaces: str = ""

    @property
    def difference(self) -> Amounts:
        """After less before."""
        return (self.after or Amounts()).minus(self.before or Amounts())

    def to_json(self) -> dict[str, Any]:
        """Amounts as text, null on the side that lacks it."""
        sides = {"before": self.before, "after": self.after, "difference": self.difference}
        return {"currency": self.currency, **{name: _side(side, self.currency) for name, side in sides.items()}}


def _side(amounts: Amounts | None, currency: str) -> dict[str, str] | None:
    return None if amounts is None else {name: written(each, currency) for name, each in amounts._asdict().items()}


def changes_csv(changes: Iterable[Change]) -> str:
    """Line changes as CSV, net, tax and gross on both sides ("" on the one that lacks it) and their differences, which
    sum to the totals'."""
    columns = [*_LINE_KEY, "replaces", "currency", *_FIGURES, "note"]
    return csv_table(columns, map(_csv_cells, changes), _FIGURES)


def _csv_cells(change: Change) -> list[str]:
    key = ["" if part == 0 else str(part) for part in change.key]
    sides = (change.before, change.after, change.difference)
    figures = ["" if side is None else written(units, change.currency) for side in sides for units in side or Amounts()]
    return [*key, change.replaces, change.currency, *figures, change.note]


def total_changes(before: list[LedgerRow], after: list[LedgerRow]) -> list[Change]:
    """Each currency's total on both sides, whether it differs or not."""
    old, new = totals_of(before), totals_of(after)
    return [Change((), currency, old.get(currency), new.get(currency)) for currency in sorted({*old, *new})]


def team_changes(before: Rows, after: Rows) -> list[Change]:
    """Each team's gross, tax and net on both sides, those that differ not at all included."""
    return _compared(before, after, "team")


def invoice_changes(before: list[LedgerRow], after: list[LedgerRow]) -> list[Change]:
    """The invoices that differ in amount or status; key: account, invoice."""
    old, new = _statuses(before), _statuses(after)
    found = _compared(before, after, "account", "invoice")
    noted = [_with_note(change, _status_note(old.get(change.key), new.get(change.key))) for change in found]
    return [change for change in noted if change.note or any(change.difference)]


def line_changes(before: list[LedgerRow], after: list[LedgerRow]) -> list[Change]:
    """The lines that differ; key: account, invoice, invoice line, project, resource, team.

    Lines of an invoice and of the one that replaced it are matched by account, project, resource and team.
    """
    pairs = _replaced(before, after)
    numbers = {(old.account, old.number): (old.number, new.number) for old, new in pairs.items()}
    of_old = _line_key_over(numbers)
    of_new = _line_key_over({(account, pair[1]): pair for (account, _), pair in numbers.items()})
    old_sums, new_sums = add_up(before, of_old), add_up(after, of_new)
    old_rows = {of_old(row): row for row in reversed(before)}
    new_rows = {of_new(row): row for row in reversed(after)}
    keys: list[Key] = sorted({*old_sums, *new_sums})
    found = []
    for key in keys:
        *line, currency, replaces = key
        note = _line_note(old_rows.get(key), new_rows.get(key), is_replaced=bool(replaces))
        found.append(Change(tuple(line), currency, old_sums.get(key), new_sums.get(key), note, replaces))
    return [change for change in found if change.note or any(change.difference)]


def _replaced(before: Rows, after: Rows) -> dict[IssuedInvoice, IssuedInvoice]:
    """The invoices of the one side that another one of the other side replaced."""
    old, new = (
        {IssuedInvoice(row.account, row.invoice, row.currency): None for row in rows} for rows in (before, after)
    )
    return replacements(sorted(set(old) - set(new)), sorted(set(new) - set(old)))


def _line_key_over(pairs: Mapping[tuple[str, str], tuple[str, str]]) -> Callable[[LedgerRow], Key]:
    """What makes a line that line: its currency and "" last, or where its invoice is one of a pair the old number."""

    def key(row: LedgerRow) -> Key:
        pair = pairs.get((row.account, row.invoice))
        if pair is None:
            return (*_line_key(row), row.currency, "")
        return (row.account, pair[1], 0, row.project, row.resource, row.team, row.currency, pair[0])

    return key


def _compared(before: Rows, after: Rows, *names: str) -> list[Change]:
    """Both sides added up by these columns, a row for each key of either."""
    key = attrgetter(*names, "currency")
    old, new = add_up(before, key), add_up(after, key)
    keys: list[Key] = sorted({*old, *new})
    return [Change(each[:-1], each[-1], old.get(each), new.get(each)) for each in keys]


def _statuses(rows: Rows) -> dict[Key, str]:
    return {(row.account, row.invoice): row.invoice_status for row in rows}


def _status_note(old: str | None, new: str | None) -> str:
    if old is None:
        return f"new, {new}"
    if new is None:
        return "gone"
    return "" if old == new else f"{old} -> {new}"


def _line_note(old: LedgerRow | None, new: LedgerRow | None, *, is_replaced: bool) -> str:
    """Which columns differ besides the amounts; not those that follow from an amount that differs, nor those that two
    invoices may say in other words."""
    if old is None or new is None:
        return "new" if old is None else "gone"
    if old._replace(line=0, invoice_status="") == new._replace(line=0, invoice_status=""):
        return ""
    passed = _NOT_COMPARED
    if is_replaced or (old.net, old.tax) != (new.net, new.tax):
        passed |= {"usage", "share_percent"}
    if is_replaced:
        passed |= {"description"}
    return ", ".join(
        name for name in LedgerRow._fields if name not in passed and getattr(old, name) != getattr(new, name)
    )


def _with_note(change: Change, note: str) -> Change:
    return Change(change.key, change.currency, change.before, change.after, note)


def change_lines(
    changes: Sequence[Change], names: Sequence[str], terminal: Terminal, notes: Sequence[str] = ()
) -> list[str]:
    """A table a currency, gross amounts: the key's columns, both sides, the difference, the notes, and the sum."""
    columns = [*(TerminalColumn(name, shrinks=True) for name in names), *_NUMBERS, TerminalColumn("", shrinks=True)]
    remarks = notes or [change.note for change in changes]
    lines: list[str] = []
    for currency in sorted({change.currency for change in changes}):
        mine = [(change, note) for change, note in zip(changes, remarks, strict=True) if change.currency == currency]
        rows = [_row(change, note) for change, note in mine[:_MOST_ROWS]]
        if rest := [change for change, _ in mine[_MOST_ROWS:]]:
            rows.append(_sum(f"{len(rest):,} others", rest, currency, len(names)))
        last = _sum(f"total {readable(currency)}", (change for change, _ in mine), currency, len(names))
        lines += [*([""] if lines else []), *table_lines(columns, [*rows, last], terminal)]
    return lines


def total_lines(totals: Sequence[Change], terminal: Terminal) -> list[str]:
    """A row a currency: the totals of both sides and their difference."""
    rows = [_sum(f"total {readable(change.currency)}", [change], change.currency, 1) for change in totals]
    return table_lines([TerminalColumn(""), *_NUMBERS, TerminalColumn("")], rows, terminal)


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
    return _in_figures(before, digits), _in_figures(after, digits), sign + minor(moved, digits)


def _in_figures(amounts: Amounts | None, digits: int) -> str:
    return "-" if amounts is None else minor(amounts.gross, digits)
