"""The sheet *Lines*: the CSV's columns, row for row, as a table with filters, and totals that are formulas.

The cells hold what the CSV's fields do: numbers with the currency's digits, never by way of a float; texts guarded. So
it is in a team's workbook, and in the one of all lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any

from msgspec import Struct

from chargeback.evidence.period import Period
from chargeback.model.bookkeeping import LedgerTeam
from chargeback.model.ledger import InvoiceLabel, LedgerLines, Lines
from chargeback.model.ledger_register import AMOUNTS, COLUMNS, REGISTER, ColumnKind, LedgerColumn, WrittenLines
from chargeback.model.money import from_minor
from chargeback.model.totals import Sums
from chargeback.publish.xlsx.book import Book
from chargeback.publish.xlsx.cells import EMPTY_ROW, MOST_DIGITS, ROW, Cells
from chargeback.publish.xlsx.expressions import Expression, Total
from chargeback.publish.xlsx.rounding import is_safe_sum
from chargeback.publish.xlsx.shape import Fill, FilterTable, SheetShape
from chargeback.publish.xlsx.styles import Kind
from chargeback.publish.xlsx.sums import TableSums
from chargeback.publish.xlsx.tables import Column, Form, Rows, Table, Value

LINES = "Lines"
MOST_LINES = 1_048_575
"""Lines of one sheet: its rows less the header."""
_FORMS = {
    ColumnKind.TEXT: Form.TEXT,
    ColumnKind.WORD: Form.TEXT,
    ColumnKind.QUANTITY: Form.QUANTITY,
    ColumnKind.AMOUNT: Form.MONEY,
    ColumnKind.NUMBER: Form.INTEGER,
}
_NARROWEST, _WIDEST = 9, 40
_WIDTHS = {"usage": 16, "net": 14, "tax": 13, "gross": 14, "basis": 15, "description": 34}
"""Columns whose width does not follow from what the team's lines hold."""
_FILTER_ARROW = 4
_END = "</v></c>"
_HEADINGS = (Kind.HEADER, Kind.HEADER_RIGHT)

COLUMN = {each.name: Column(each.name, form=_FORMS[each.kind]) for each in REGISTER}
"""The sheet's column of each of the ledger's."""
LedgerTable: type[Table] = type("LedgerTable", (Table,), dict(COLUMN))
_AMOUNTS = [COLUMN[name] for name in AMOUNTS]


class SheetLines(Struct, frozen=True):
    """The lines of one workbook: ``currencies`` with their minor digits, ``sums`` over the lines by currency, ``held``
    the texts that a column holds, by its name; ``footer`` is what every page says below, ``most`` the lines of a sheet.
    """

    period: Period
    footer: str
    lines: Lines
    currencies: Mapping[str, int]
    sums: Mapping[str, Sums]
    held: Mapping[str, Iterable[str]]
    most: int = MOST_LINES

    @property
    def count(self) -> int:
        """How many sheets the lines need; one if there are none."""
        return max(1, -(-len(self.lines) // self.most))

    def shapes(self) -> list[SheetShape]:
        """The sheets that the lines need."""
        return [
            SheetShape(lines_name(number), len(COLUMNS), 1, filter_row=1, plain_from=2, is_sized=True,
                  table=FilterTable(table_name(number), COLUMNS))
            for number in range(1, self.count + 1)
        ]  # fmt: skip

    def write(self, book: Book) -> Iterator[bytes]:
        """Write the sheets; the totals stand beneath the last one's table, where there is room."""
        widths = self._widths()
        for number in range(1, self.count + 1):
            part = self.lines[(number - 1) * self.most : number * self.most]
            closing = list(self._total_rows(book.cells)) if number == self.count else []
            if len(part) + len(closing) > self.most:
                closing = []
            last = max(len(part), 1) + 1
            rows = _rows(book.cells, part, self.period, closing)
            yield from book.sheet(lines_name(number), rows, Fill(widths, self.footer, last, last + len(closing)))

    @property
    def by_currency(self) -> TableSums:
        """The lines by currency, as formulas add them up."""
        tables = list(map(table_name, range(1, self.count + 1)))
        return TableSums(tables, COLUMN["currency"], self.sums, self.currencies)

    def _widths(self) -> dict[int, float]:
        """Widths in characters, by place: as wide as the heading and what the lines hold, within bounds."""
        widths = {}
        for name in COLUMNS:
            longest = max(map(len, self.held.get(name, ())), default=0)
            wanted = _WIDTHS.get(name, max(len(name) + _FILTER_ARROW, longest + 2))
            widths[COLUMN[name].place] = float(min(max(wanted, _NARROWEST), _WIDEST))
        return widths

    def _total_rows(self, cells: Cells) -> Iterator[str]:
        """An empty row, then one a currency; of a single currency one more, of the rows that the filter shows."""
        yield EMPTY_ROW
        rows, sums = Rows(cells, LedgerTable), self.by_currency
        for currency, digits in self.currencies.items():
            totals = {column: sums.total(column, currency) for column in _AMOUNTS}
            yield _total_row(rows, f"Total {currency}", currency, digits, totals)
        if len(self.currencies) == 1 and self.count == 1:
            ((currency, digits),) = self.currencies.items()
            # Where rows are filtered it shows another value: it has none where floats might not find that.
            if is_safe_sum(from_minor(self.sums[currency].magnitude, digits), digits):
                amounts: dict[Column, Value] = {column: Total(sums.of_shown(column, currency)) for column in _AMOUNTS}
                texts = {COLUMN["resource"]: "of the rows that the filter shows", COLUMN["currency"]: currency}
                yield rows.row({**texts, **amounts}, digits, kind=Kind.QUIET)


def lines_name(number: int) -> str:
    """The name of the sheet, and as ``Lines_2`` of its table: *Lines*, *Lines 2*, …"""
    return LINES if number == 1 else f"{LINES} {number}"


def table_name(number: int) -> str:
    """The name of the table on that sheet, as formulas call it."""
    return lines_name(number).replace(" ", "_")


def held_by_labels(labels: Iterable[InvoiceLabel], teams: Iterable[LedgerTeam]) -> dict[str, Iterable[str]]:
    """The texts that the columns of accounts, invoices and teams hold."""
    invoices, bearers = list(labels), list(teams)
    return {
        "account": [label.account for label in invoices],
        "account_name": [label.account_name for label in invoices],
        "invoice": [label.invoice for label in invoices],
        "team": [team.id for team in bearers],
        "cost_center": [team.cost_center for team in bearers],
        "gl_account": [team.gl_account for team in bearers],
    }


def _rows(cells: Cells, lines: Lines, period: Period, closing: Sequence[str]) -> Iterator[str]:
    rows = Rows(cells, LedgerTable)
    written = LineRows(rows, period)
    made = chain.from_iterable(map(written.rows, lines.chunks())) if lines else [EMPTY_ROW]
    return chain([rows.heading(_HEADINGS, 20)], made, closing)


def _total_row(rows: Rows, label: str, currency: str, digits: int, sums: Mapping[Column, Expression]) -> str:
    amounts: dict[Column, Value] = {column: Total(total) for column, total in sums.items()}
    blanks = {COLUMN[name]: "" for name in ("usage", "share_percent")}
    texts = {COLUMN["resource"]: label, COLUMN["currency"]: currency}
    return rows.row({**texts, **blanks, **amounts}, digits, kind=Kind.TOTAL)


class LineRows(WrittenLines):
    """Makes the rows of lines: a cell for each field that is not empty."""

    def __init__(self, rows: Rows, period: Period) -> None:
        super().__init__(period, str, "")
        self._rows, self._cells = rows, rows.cells

    def of_entry(self, column: LedgerColumn) -> Callable[[Any], str]:
        """Makes the column's cell from an entry of its table; of the first and the last column the row's ends too."""
        own, part = COLUMN[column.name], column.of_entry
        texts, style = self._rows.texts(own), self._rows.look(own)
        if not column.of:
            begin = f'<row r="{ROW}">{texts[self.period]}'
            return lambda entry: begin
        if column is REGISTER[-1]:
            return lambda entry: f"{texts[part(entry)]}</row>"
        if column.kind is ColumnKind.QUANTITY:
            return lambda entry: self._measure(own, part(entry))
        if column.kind is ColumnKind.NUMBER:
            return lambda entry: self._cells.number(own.letters, number, style) if (number := part(entry)) else ""
        return lambda entry: texts[part(entry)]

    def of_lines(self, column: LedgerColumn, lines: LedgerLines) -> list[str]:
        """The cells of a column of which each line has its own value."""
        own = COLUMN[column.name]
        if column.kind is ColumnKind.QUANTITY:
            opening = f'<c r="{own.letters}{ROW}" s="{self._rows.look(own)}"><v>'
            return [
                f"{opening}{usage}{_END}" if 0 < len(usage) <= MOST_DIGITS else self._measure(own, usage)
                for usage in lines.usage_texts()
            ]
        values: Sequence[int] = getattr(lines, column.of)
        digits = {label.digits for label in lines.labels.used()} if column.kind is ColumnKind.AMOUNT else {0}
        if len(digits) == 1:
            return self._rows.whole(own, values, digits.pop())
        looks = {each: self._rows.look(own, each) for each in digits}
        of_lines = zip(values, lines.labels.each(attrgetter("digits")), strict=True)
        return [self._cells.minor(own.letters, value, each, looks[each]) for value, each in of_lines]

    def _measure(self, column: Column, written: str) -> str:
        """A quantity as written; a text where it has more digits than a number keeps."""
        if not written:
            return ""
        if sum(map(str.isdigit, written.lstrip("-0."))) <= MOST_DIGITS:
            return self._cells.number(column.letters, written, self._rows.look(column))
        return self._cells.text(column.letters, written, self._rows.look(column))
