"""The sheet *Lines*: the CSV's columns, row for row, as a table with filters, and totals that are formulas.

The cells hold what the CSV's fields do: numbers with the currency's digits, never by way of a float; texts guarded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from chargeback.model.ledger import COLUMNS, LedgerLine, LedgerTeam
from chargeback.model.money import from_minor
from chargeback.publish.workbook.cells import EMPTY_ROW, Cells, row
from chargeback.publish.workbook.exact_formula import is_safe_sum, names_apart
from chargeback.publish.workbook.ledger_rows import AMOUNTS, LETTERS, NUMBERS, LineRows
from chargeback.publish.workbook.package import Book
from chargeback.publish.workbook.page_setup import add_table, set_up
from chargeback.publish.workbook.styles import COUNT, Kind, look, money
from chargeback.publish.workbook.team_totals import Sums, TeamTotals

LINES = "Lines"
MOST_LINES = 1_048_575
"""Lines of one sheet: its rows less the header."""
_NARROWEST, _WIDEST = 9, 40
_WIDTHS = {"usage": 16, "net": 14, "tax": 13, "gross": 14, "basis": 15, "description": 34}
"""Columns whose width does not follow from what the team's lines hold."""
_FILTER_ARROW = 4
_LAST = LETTERS["description"]


def lines_name(number: int) -> str:
    """The name of the sheet, and as ``Lines_2`` of its table: *Lines*, *Lines 2*, …"""
    return LINES if number == 1 else f"{LINES} {number}"


def table_name(number: int) -> str:
    """The name of the table on that sheet, as formulas call it."""
    return lines_name(number).replace(" ", "_")


def sheet_count(lines: Sequence[LedgerLine], most: int = MOST_LINES) -> int:
    """How many sheets the lines need; one where there are none."""
    return max(1, -(-len(lines) // most))


def add_lines(
    book: Book, lines: Sequence[LedgerLine], period: str, totals: TeamTotals, footer: str, most: int = MOST_LINES
) -> None:
    """Add the sheets with the lines; the totals stand beneath the last one's table, where there is room."""
    count = sheet_count(lines, most)
    widths = column_widths(lines[0].team if lines else None, totals)
    for number in range(1, count + 1):
        part = lines[(number - 1) * most : number * most]
        closing = list(total_rows(book.cells, totals, count)) if number == count else []
        if len(part) + len(closing) > most:
            closing = []
        rows = max(len(part), 1) + 1
        sheet = book.add(lines_name(number), _rows(book.cells, part, period, closing))
        sheet.dimension = f"A1:{_LAST}{rows + len(closing)}"
        sheet.ignored = f"A2:{_LAST}{rows}"
        set_up(
            sheet.worksheet,
            widths,
            footer=footer,
            freeze="A2",
            header_rows="1:1",
        )
        add_table(sheet.worksheet, table_name(number), f"A1:{_LAST}{rows}", COLUMNS)


def _rows(cells: Cells, lines: Sequence[LedgerLine], period: str, closing: Sequence[str]) -> Iterator[str]:
    yield header_row(cells)
    yield from map(LineRows(cells, period).row, lines)
    if not lines:
        yield EMPTY_ROW
    yield from closing


def column_widths(team: LedgerTeam | None, totals: TeamTotals) -> dict[str, float]:
    """Widths in characters, by column letters: as wide as the heading and what the team's lines hold, within bounds."""
    held: dict[str, Iterable[str]] = {
        "account": (label.account for label in totals.labels),
        "account_name": (label.account_name for label in totals.labels),
        "invoice": (label.invoice for label in totals.labels),
        "team": (team.id,) if team else (),
        "cost_center": (team.cost_center,) if team else (),
        "gl_account": (team.gl_account,) if team else (),
        "project": totals.names,
        "project_name": totals.names.values(),
        "environment": (part.environment for part in totals.parts),
        "resource": totals.resources,
    }
    widths = {}
    for name in COLUMNS:
        longest = max(map(len, held.get(name, ())), default=0)
        wanted = _WIDTHS.get(name, max(len(name) + _FILTER_ARROW, longest + 2))
        widths[LETTERS[name]] = float(min(max(wanted, _NARROWEST), _WIDEST))
    return widths


def header_row(cells: Cells) -> str:
    """The column names, numbers' to the right."""
    left, right = look(Kind.HEADER), look(Kind.HEADER_RIGHT)
    return row([cells.text(LETTERS[name], name, right if name in NUMBERS else left) for name in COLUMNS], 20)


def total_rows(cells: Cells, totals: TeamTotals, sheets: int) -> Iterator[str]:
    """An empty row, then one a currency; of a single currency one more, of the rows that the filter shows."""
    yield EMPTY_ROW
    label, blank = look(Kind.TOTAL), look(Kind.TOTAL)
    by_currency = totals.by(lambda part: part.currency)
    for currency, digits in totals.currencies.items():
        sums = by_currency[currency]
        style = look(Kind.TOTAL, money(digits))
        yield row(
            [
                cells.text(LETTERS["resource"], f"Total {currency}", label),
                *(cells.blank(LETTERS[name], blank) for name in ("usage", "share_percent")),
                *(
                    total_cell(cells, LETTERS[name], name, currency, digits, sums, totals, sheets, style)
                    for name in AMOUNTS
                ),
                cells.text(LETTERS["currency"], currency, label),
            ]
        )
    if len(totals.currencies) == 1 and sheets == 1:
        yield from _shown_row(cells, totals)


def _shown_row(cells: Cells, totals: TeamTotals) -> Iterator[str]:
    ((currency, digits),) = totals.currencies.items()
    sums = totals.by(lambda part: part.currency)[currency]
    if is_safe_sum(sums.magnitude):
        quiet = look(Kind.QUIET, money(digits))
        yield row(
            [
                cells.text(LETTERS["resource"], "of the rows that the filter shows", look(Kind.QUIET)),
                *(
                    cells.formula(
                        LETTERS[name],
                        f"ROUND(SUBTOTAL(109,{LINES}[{name}]),{digits})",
                        from_minor(getattr(sums, name), digits),
                        quiet,
                    )
                    for name in AMOUNTS
                ),
                cells.text(LETTERS["currency"], currency, look(Kind.QUIET)),
            ]
        )


def total_cell(
    cells: Cells,
    column: str,
    name: str,
    currency: str,
    digits: int,
    sums: Sums,
    totals: TeamTotals,
    sheets: int,
    style: int,
) -> str:
    """A currency's total of ``name`` as a formula over the lines with its value; the value alone where no formula of
    binary floats, or of names that differ in case or hold wildcards, would give exactly it."""
    value: int = getattr(sums, name)
    if not is_safe_sum(sums.magnitude) or not names_apart(totals.currencies):
        return cells.minor(column, value, digits, style)
    tables = [table_name(number) for number in range(1, sheets + 1)]
    terms = "+".join(f'SUMIF({table}[currency],"{currency}",{table}[{name}])' for table in tables)
    return cells.formula(column, f"ROUND({terms},{digits})", from_minor(value, digits), style)


def count_cell(cells: Cells, column: str, currency: str, sums: Sums, totals: TeamTotals, sheets: int) -> str:
    """How many lines are of the currency, as a formula over them where it finds that currency alone."""
    style = look(Kind.PLAIN, COUNT)
    if not names_apart(totals.currencies):
        return cells.number(column, str(sums.lines), style)
    tables = (table_name(number) for number in range(1, sheets + 1))
    terms = "+".join(f'COUNTIF({table}[currency],"{currency}")' for table in tables)
    return cells.formula(column, terms, sums.lines, style)
