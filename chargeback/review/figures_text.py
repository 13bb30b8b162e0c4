"""The figures of a month as text: a table with a bar a row on a terminal, or CSV."""

from __future__ import annotations

from collections.abc import Iterator

from chargeback.model.csv_text import csv_row
from chargeback.model.money import minor_digits
from chargeback.model.spreadsheet_text import guarded
from chargeback.model.wording import booking_text
from chargeback.publish.ledger_csv import BYTE_ORDER_MARK
from chargeback.publish.pages.wording import minor, percent
from chargeback.review.figures import FigureRow, Figures
from chargeback.review.ledger_rows import Amounts, written
from chargeback.review.month_findings import largest_lines
from chargeback.review.revision_choice import signed_text, standing, title
from chargeback.review.terminal import Terminal
from chargeback.review.text_table import GAP, Column, TextRow, readable, table_lines, table_width, wrapped

_LONGEST_BAR = 30
_SHORTEST_BAR = 10
_SHORTEST_NAME = 16
"""Cells that a longer name keeps, so that there is a bar beside it."""
_NOTHING = {"project": "(no project)", "environment": "(no environment)", "resource": "(no resource)"}


def figures_lines(figures: Figures, terminal: Terminal) -> Iterator[str]:
    """The month's state, then for each currency a row a team (project, …) and the total that they foot to."""
    yield from _heading(figures, terminal)
    for currency, total in figures.totals.items():
        yield ""
        yield from _currency_lines(figures, currency, total, terminal)
    if not figures.totals:
        yield ""
        yield "nothing billed" if figures.team is None else f"nothing for {figures.team}"


def figures_csv(figures: Figures) -> str:
    """The rows without totals, so that a sum over a column is right; written as the ledgers are (INTERFACE)."""
    named = ["name"] if figures.by in ("project", "account") else []
    rows = [csv_row(["period", "revision", figures.by, *named, "lines", "net", "tax", "gross", "currency"])]
    for row in figures.rows:
        text = [guarded(row.key), *([guarded(row.name)] if named else [])]
        amounts = [written(units, row.currency) for units in row.amounts]
        period, number = figures.revision.name.period, figures.revision.name.number
        rows.append(csv_row([str(period), str(number), *text, str(row.lines), *amounts, row.currency]))
    return BYTE_ORDER_MARK + "".join(rows)


def _heading(figures: Figures, terminal: Terminal) -> Iterator[str]:
    team = f", team {figures.team}" if figures.team else ""
    yield from wrapped(f"{title(figures.revision)}{team}  {standing(figures.overview)}", terminal, strong=True)
    yield from wrapped(signed_text(figures.overview.signatures, figures.signed_earlier) or "not signed", terminal)
    if text := booking_text(figures.overview.status):
        yield from wrapped(text, terminal, strong=True)
    yield from largest_lines(figures.findings, str(figures.revision.name.period), terminal)


def _currency_lines(figures: Figures, currency: str, total: Amounts, terminal: Terminal) -> list[str]:
    rows = [row for row in figures.rows if row.currency == currency]
    columns = _columns(figures.by)
    cells = [_cells(row, figures.by, total) for row in rows]
    last = _total_cells(currency, total)
    room = _room_for_bars(columns, [*cells, last], terminal)
    largest = max((abs(row.amounts.gross) for row in rows), default=0)
    bars = [terminal.bar(row.amounts.gross, largest, room) for row in rows]
    shown = [TextRow((*cell, bar)) for cell, bar in zip(cells, bars, strict=True)]
    return table_lines([*columns, Column("")], [*shown, TextRow((*last, ""), strong=True)], terminal)


def _columns(by: str) -> list[Column]:
    numbers = [Column(name, right=True) for name in ("net", "tax", "gross", "share")]
    return [Column(by, shrinks=True), *numbers]


def _cells(row: FigureRow, by: str, total: Amounts) -> tuple[str, ...]:
    digits = minor_digits(row.currency)
    amounts = (minor(units, digits) for units in row.amounts)
    return (_label(row, by), *amounts, percent(row.amounts.gross, total.gross))


def _total_cells(currency: str, total: Amounts) -> tuple[str, ...]:
    return (f"total {readable(currency)}", *(minor(units, minor_digits(currency)) for units in total), "")


def _label(row: FigureRow, by: str) -> str:
    key = readable(row.key) or _NOTHING.get(by, "(none)")
    return f"{key} {readable(row.name)}" if by == "account" and row.name else key


def _room_for_bars(columns: list[Column], cells: list[tuple[str, ...]], terminal: Terminal) -> int:
    """What the numbers leave beside a name that may be cut to some length; none where that is too little."""
    if terminal.width is None:
        return _LONGEST_BAR
    rows = [TextRow(cell) for cell in cells]
    names = table_width(columns[:1], [TextRow(row.cells[:1]) for row in rows])
    room = terminal.width - table_width(columns, rows) - len(GAP)
    room += min(max(_SHORTEST_BAR - room, 0), max(names - _SHORTEST_NAME, 0))
    return min(room, _LONGEST_BAR) if room >= _SHORTEST_BAR else 0
