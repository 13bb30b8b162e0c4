"""The sheet *Lines*: the CSV's columns, row for row, as a table with filters, and totals that are formulas.

The cells hold what the CSV's fields do: numbers with the currency's digits, never by way of a float; texts guarded. So
it is in a team's workbook, and in the one of all lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from chargeback.model.ledger import (
    AMOUNTS,
    COLUMNS,
    REGISTER,
    ColumnKind,
    InvoiceLabel,
    LedgerLine,
    LedgerLines,
    LedgerTeam,
)
from chargeback.model.money import from_minor
from chargeback.model.totals import Sums
from chargeback.publish.xlsx.book import Book
from chargeback.publish.xlsx.cells import EMPTY_ROW, LARGEST_EXACT, MOST_DIGITS, ROW, Cells, minor_writer
from chargeback.publish.xlsx.expressions import Expression, Plain, Total, known
from chargeback.publish.xlsx.rounding import is_safe_sum, names_apart
from chargeback.publish.xlsx.shape import Fill, FilterTable, SheetShape
from chargeback.publish.xlsx.styles import INTEGER, QUANTITY, Kind, look, money
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
_NOTHING = Sums()
_HEADINGS = (Kind.HEADER, Kind.HEADER_RIGHT)

LedgerTable = Table.made_of("LedgerTable", [Column(each.name, form=_FORMS[each.kind]) for each in REGISTER])
COLUMN = dict(zip(COLUMNS, LedgerTable.columns, strict=True))
"""The table's column of each of the ledger's."""


@dataclass(frozen=True, slots=True)
class SheetLines:
    """The lines of one workbook: ``currencies`` with their minor digits, ``sums`` over the lines by currency, ``held``
    the texts that a column holds, by its name; ``footer`` is what every page says below, ``most`` the lines of a sheet.
    """

    period: str
    footer: str
    lines: LedgerLines
    currencies: Mapping[str, int]
    sums: Mapping[str, Sums]
    held: Mapping[str, Iterable[str]]
    most: int = MOST_LINES

    @property
    def count(self) -> int:
        """How many sheets the lines need; one where there are none."""
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

    def total(self, name: str, currency: str) -> Expression:
        """A currency's total of the column ``name`` over all lines; without a formula where a criterion would find
        other currencies too, as names differ in case alone or hold wildcards."""
        terms = self._added(f'SUMIF({{table}}[currency],"{currency}",{{table}}[{name}])')
        sums = self.sums.get(currency, _NOTHING)
        return _known(terms, getattr(sums, name), self.currencies.get(currency, 0), sums)

    def line_count(self, currency: str) -> Plain:
        """How many lines are of the currency, as a formula over them where it finds that currency alone."""
        terms = self._added(f'COUNTIF({{table}}[currency],"{currency}")')
        return Plain(known(terms, Decimal(self.sums.get(currency, _NOTHING).lines)))

    def _added(self, term: str) -> str:
        """The term for the table of each sheet, added up; "" where a criterion would find other currencies too."""
        if not names_apart(self.currencies):
            return ""
        return "+".join(term.format(table=table_name(number)) for number in range(1, self.count + 1))

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
        rows = Rows(cells, LedgerTable)
        for currency, digits in self.currencies.items():
            sums = {name: self.total(name, currency) for name in AMOUNTS}
            yield _total_row(rows, f"Total {currency}", currency, digits, sums)
        if len(self.currencies) == 1 and self.count == 1:
            ((currency, digits),) = self.currencies.items()
            yield from _shown_row(rows, currency, digits, self.sums[currency])


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


def _rows(cells: Cells, lines: LedgerLines, period: str, closing: Sequence[str]) -> Iterator[str]:
    rows = Rows(cells, LedgerTable)
    yield rows.heading(_HEADINGS, 20)
    yield from map(LineRows(rows, period).row, lines)
    if not lines:
        yield EMPTY_ROW
    yield from closing


def _total_row(rows: Rows, label: str, currency: str, digits: int, sums: dict[str, Expression]) -> str:
    amounts: dict[Column, Value] = {COLUMN[name]: Total(total) for name, total in sums.items()}
    blanks = {COLUMN[name]: "" for name in ("usage", "share_percent")}
    texts = {COLUMN["resource"]: label, COLUMN["currency"]: currency}
    return rows.row({**texts, **blanks, **amounts}, digits, kind=Kind.TOTAL)


def _shown_row(rows: Rows, currency: str, digits: int, sums: Sums) -> Iterator[str]:
    """A formula that shows other values than the total where rows are filtered: none where floats might not find it."""
    if is_safe_sum(from_minor(sums.magnitude, digits), digits):
        amounts: dict[Column, Value] = {
            COLUMN[name]: Total(_known(f"SUBTOTAL(109,{LINES}[{name}])", getattr(sums, name), digits, sums))
            for name in AMOUNTS
        }
        texts = {COLUMN["resource"]: "of the rows that the filter shows", COLUMN["currency"]: currency}
        yield rows.row({**texts, **amounts}, digits, kind=Kind.QUIET)


def _known(text: str, units: int, digits: int, sums: Sums) -> Expression:
    return known(text, from_minor(units, digits), from_minor(sums.magnitude, digits))


class LineRows:
    """Makes the rows of lines: here the number of cells counts, so what neighbours share is made once."""

    def __init__(self, rows: Rows, period: str) -> None:
        self._cells, self._rows = rows.cells, rows
        self._letters = {name: column.letters for name, column in COLUMN.items()}
        self._period = self._text("period", period)
        self._label: InvoiceLabel | None = None
        self._team: LedgerTeam | None = None
        self._project = self._name = ""
        self._head = self._team_cells = self._project_cells = self._tail = ""
        self._digits = self._amount = 0
        self._written = minor_writer(0)
        self._quantity, whole = look(Kind.PLAIN, QUANTITY), look(Kind.PLAIN, INTEGER)
        self._usage = f'<c r="{self._letters["usage"]}{ROW}" s="{self._quantity}"><v>'
        self._line = f'<c r="{self._letters["line"]}{ROW}" s="{whole}"><v>'
        self._invoice_line = f'</v></c><c r="{self._letters["invoice_line"]}{ROW}" s="{whole}"><v>'
        self._resources, self._bases, self._descriptions = (
            rows.texts(COLUMN[name]) for name in ("resource", "basis", "description")
        )
        self._net = self._tax = self._gross = ""

    def row(self, line: LedgerLine) -> str:
        """The line's row: a cell for each field that is not empty."""
        if line.label is not self._label:
            self._take_label(line.label)
        if line.team is not self._team:
            self._take_team(line.team)
        if line.project is not self._project or line.project_name is not self._name:
            self._take_project(line)
        middle = f"{self._project_cells}{self._resources[line.resource]}{self._measures(line)}{self._amounts(line)}"
        counted = f"{self._invoice_line}{line.invoice_line}</v></c>" if line.invoice_line else "</v></c>"
        return (
            f'<row r="{ROW}">{self._head}{self._team_cells}{middle}{self._tail}{self._bases[line.basis]}'
            f"{self._line}{line.line}{counted}{self._descriptions[line.description]}</row>"
        )

    def _text(self, name: str, text: str) -> str:
        return self._rows.text(COLUMN[name], text)

    def _take_label(self, label: InvoiceLabel) -> None:
        self._label = label
        self._head = (
            f"{self._period}{self._text('account', label.account)}{self._text('account_name', label.account_name)}"
            f"{self._text('invoice', label.invoice)}{self._text('invoice_status', label.status)}"
        )
        self._tail = self._text("currency", label.currency)
        self._digits, self._written = label.digits, minor_writer(label.digits)
        self._amount = look(Kind.PLAIN, money(label.digits))
        opening = f'{ROW}" s="{self._amount}"><v>'
        self._net, self._tax, self._gross = (f'<c r="{self._letters[name]}{opening}' for name in AMOUNTS)

    def _take_team(self, team: LedgerTeam) -> None:
        self._team = team
        self._team_cells = (
            f"{self._text('team', team.id)}{self._text('cost_center', team.cost_center)}"
            f"{self._text('gl_account', team.gl_account)}"
        )

    def _take_project(self, line: LedgerLine) -> None:
        """A project has one name and one environment in a month."""
        self._project, self._name = line.project, line.project_name
        self._project_cells = (
            f"{self._text('project', line.project)}{self._text('project_name', line.project_name)}"
            f"{self._text('environment', line.environment)}"
        )

    def _measures(self, line: LedgerLine) -> str:
        usage, share = line.usage, line.share_percent
        if not share and 0 < len(usage) <= MOST_DIGITS:
            return f"{self._usage}{usage}</v></c>"
        return f"{self._measure('usage', usage)}{self._measure('share_percent', share)}"

    def _measure(self, name: str, written: str) -> str:
        """A quantity as written; a text where it has more digits than a number keeps."""
        if not written:
            return ""
        if sum(map(str.isdigit, written.lstrip("-0."))) <= MOST_DIGITS:
            return self._cells.number(self._letters[name], written, self._quantity)
        return self._cells.text(self._letters[name], written, self._quantity)

    def _amounts(self, line: LedgerLine) -> str:
        net, tax, gross, written = line.net, line.tax, line.gross, self._written
        if abs(net) + abs(tax) < LARGEST_EXACT:
            return (
                f"{self._net}{written(net)}</v></c>{self._tax}{written(tax)}</v></c>"
                f"{self._gross}{written(gross)}</v></c>"
            )
        amounts = zip(AMOUNTS, (net, tax, gross), strict=True)
        return "".join(
            self._cells.minor(self._letters[name], units, self._digits, self._amount) for name, units in amounts
        )
