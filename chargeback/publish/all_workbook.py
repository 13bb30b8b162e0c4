"""``ledgers/all.xlsx``: what a controller opens: every line of every team as one table, and who bears how much of it.

*Cost centres* shows teams × accounts × cost centres, a block a currency. Each amount is a formula over the rows of
*Lines*, and each block is held against them.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from itertools import groupby
from typing import NamedTuple

from chargeback.config import Config
from chargeback.model.bookkeeping import LedgerTeam
from chargeback.model.books import Books
from chargeback.model.ledger import InvoiceLabel, Lines, used
from chargeback.model.ledger_register import AMOUNTS
from chargeback.model.money import from_minor
from chargeback.model.totals import Sums, total
from chargeback.model.wording import books_status_text
from chargeback.publish.team_workbook.lines import COLUMN, MOST_LINES, SheetLines, held_by_labels, lines_name
from chargeback.publish.xlsx.book import Book
from chargeback.publish.xlsx.cells import LARGEST_EXACT, ROW, minor_writer
from chargeback.publish.xlsx.expressions import Plain, Rounding, Total, known
from chargeback.publish.xlsx.shape import Fill, SheetShape
from chargeback.publish.xlsx.stack import Block, Stack
from chargeback.publish.xlsx.styles import Kind
from chargeback.publish.xlsx.tables import Column, Form, Rows, Table, Value, note

PATH = "ledgers/all.xlsx"
COST_CENTRES = "Cost centres"
_WIDTHS = (20.0, 20.0, 26.0, 20.0, 30.0, 10.0, 17.0, 16.0, 17.0, 11.0)
_FROZEN = 2
_NO_COST_CENTRE = "none"
_MOST_TERMS = 60
"""Ranges that a formula adds up."""
_END = "</v></c>"


class TeamAccounts(Table):
    """One row a team and account that has lines, in one currency."""

    cost_center = Column("Cost centre")
    team = Column("Team", kind=Kind.STRONG)
    name = Column("Name")
    account = Column("Account")
    account_name = Column("Account name")
    lines = Column("Lines", form=Form.COUNT)
    net = Column("Net", form=Form.MONEY)
    tax = Column("Tax", form=Form.MONEY)
    gross = Column("Gross", form=Form.MONEY)
    currency = Column("Currency")


class CostCentres(Table):
    """One row a cost centre, in one currency: sums over the rows above."""

    cost_center = Column("Cost centre", kind=Kind.STRONG)
    teams = Column("Teams")
    blank, blank_2, blank_3 = (Column() for _ in range(3))
    lines = Column("Lines", form=Form.COUNT, is_kept=True)
    net = Column("Net", form=Form.MONEY, is_kept=True)
    tax = Column("Tax", form=Form.MONEY, is_kept=True)
    gross = Column("Gross", form=Form.MONEY, is_kept=True)
    currency = Column("Currency")


class BearerKey(NamedTuple):
    """Who bears what of which account, in which currency."""

    currency: str
    cost_center: str
    team: str
    account: str


class Span(NamedTuple):
    """Lines that stand together: the place of the first, counted from 0, and of the one behind the last."""

    first: int
    end: int


@dataclass(slots=True)
class MonthLines:
    """All lines of the month, added up by ``BearerKey``; by account the places of its lines and all amounts' size."""

    books: Books
    lines: SheetLines
    sums: Mapping[BearerKey, Sums]
    teams: Mapping[str, LedgerTeam]
    account_names: Mapping[str, str]
    spans: Mapping[str, Sequence[Span]]
    by_account: Mapping[str, Mapping[str, Sums]] = field(init=False)
    _formulas: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        found: dict[str, dict[str, Sums]] = defaultdict(lambda: defaultdict(Sums))
        for key, sums in self.sums.items():
            found[key.account][key.currency].add(sums)
        self.by_account = found

    def of_currency(self, currency: str) -> list[tuple[BearerKey, Sums]]:
        """The sums of one currency, by cost centre, team and account."""
        return [(key, sums) for key, sums in sorted(self.sums.items()) if key.currency == currency]

    def formula(self, account: str, name: str) -> str:
        """How a row adds up the column ``name`` of its lines, or counts them where that is "": those of the account
        whose team, and currency where the account has several, is the row's own; "" where texts would not tell them
        apart.

        Texts are compared as they are, and not by a criterion, for which 01 is 1.
        """
        found = self._formulas.get((account, name))
        if found is None:
            found = self._formulas[account, name] = self._formula(account, name)
        return found

    def _formula(self, account: str, name: str) -> str:
        own, of_account = self.by_account[account], self.spans[account]
        if len(own) > 1 and not _differ_by_more_than_case(own):
            return ""
        terms = [
            _term(number, start, end, name, has_currency=len(own) > 1)
            for span in of_account
            for number, start, end in _rows_of(span, self.lines.most)
        ]
        return "+".join(terms) if len(terms) <= _MOST_TERMS else ""

    def reach(self, account: str) -> int:
        """What the absolute values of all amounts make that a formula reads, in minor units."""
        return sum(sums.magnitude for sums in self.by_account[account].values())


def files(books: Books, config: Config) -> Iterator[tuple[str, Iterable[bytes]]]:
    """The one workbook."""
    yield PATH, chunks(books, config)


def chunks(books: Books, config: Config, most: int = MOST_LINES) -> Iterator[bytes]:
    """The file's bytes; ``most`` lines on a sheet."""
    month = _month_lines(books, most)
    shape = SheetShape(COST_CENTRES, len(_WIDTHS), _FROZEN, plain_from=1)
    book = Book(books.posting.run.run_at, f"All teams, {books.period}", PATH, [shape, *month.lines.shapes()])
    yield from _cost_centres(book, month, config)
    yield from month.lines.write(book)
    yield from book.finish()


def _month_lines(books: Books, most: int) -> MonthLines:
    by_key: dict[BearerKey, Sums] = defaultdict(Sums)
    for part in books.ledger.every_part():
        label, team = part.label, part.team
        by_key[BearerKey(label.currency, team.cost_center or _NO_COST_CENTRE, team.id, label.account)].add(part)
    labels, teams = used(books.ledger.lines, "labels"), {team.id: team for team in books.ledger.teams}
    names = {each.account: each.account_name for each in labels}
    spans = _spans(books.ledger.lines)
    return MonthLines(books, _sheet_lines(books, labels, by_key, most), by_key, teams, names, spans)


def _spans(lines: Lines) -> Mapping[str, Sequence[Span]]:
    """By account, where its lines stand: an invoice's stand together, and an account's invoices do."""
    spans: dict[str, list[Span]] = {}
    start = 0
    runs = ((some.labels.table[code], run) for some in lines.batches() for code, run in groupby(some.labels.codes))
    for label, run in runs:
        end = start + sum(1 for _ in run)
        of_account = spans.setdefault(label.account, [])
        first = of_account.pop().first if of_account and of_account[-1].end == start else start
        of_account.append(Span(first, end))
        start = end
    return spans


def _sheet_lines(books: Books, labels: Iterable[InvoiceLabel], sums: Mapping[BearerKey, Sums], most: int) -> SheetLines:
    invoices, lines, projects = list(labels), books.ledger.lines, used(books.ledger.lines, "projects")
    by_currency: dict[str, Sums] = defaultdict(Sums)
    for key, each in sums.items():
        by_currency[key.currency].add(each)
    held = {
        **held_by_labels(invoices, books.ledger.teams),
        "project": {project.sid for project in projects},
        "project_name": {project.name for project in projects},
        "environment": {project.environment for project in projects},
        "resource": used(lines, "resources"),
    }
    digits = dict(sorted((label.currency, label.digits) for label in invoices))
    footer = f"{PATH} · {books.period} revision {books.revision}"
    return SheetLines(str(books.period), footer, lines, digits, by_currency, held, most)


def _rows_of(span: Span, most: int) -> Iterator[tuple[int, int, int]]:
    """The sheet's number, and the first and last row on it, of lines that stand together."""
    first, end = span
    while first < end:
        sheet, offset = divmod(first, most)
        held = min(end - first, most - offset)
        yield sheet + 1, offset + 2, offset + 1 + held
        first += held


def _term(number: int, start: int, end: int, name: str, *, has_currency: bool) -> str:
    def cells(column: str) -> str:
        letters = COLUMN[column].letters
        return f"'{lines_name(number)}'!${letters}${start}:${letters}${end}"

    factors = [f"({cells('team')}={TeamAccounts.team.text})"]
    if has_currency:
        factors.append(f"({cells('currency')}={TeamAccounts.currency.text})")
    factors.append(cells(name) if name else "1")
    return f"SUMPRODUCT({'*'.join(factors)})"


def _differ_by_more_than_case(names: Iterable[str]) -> bool:
    found = list(names)
    return len({name.casefold() for name in found}) == len(found)


def _cost_centres(book: Book, month: MonthLines, config: Config) -> Iterator[bytes]:
    fill = Fill(dict(enumerate(_WIDTHS, start=1)), month.lines.footer)
    yield from book.sheet(COST_CENTRES, _rows(Stack(book.cells), month, config, fill), fill)


def _rows(stack: Stack, month: MonthLines, config: Config, fill: Fill) -> Iterator[str]:
    books = month.books
    stack.title("All teams", f"Cost allocation {books.period} · revision {books.revision}")
    stack.gap()
    stack.fact("Period", f"{books.period} ({config.timezone_name})")
    stack.fact("Month's status", books_status_text(books))
    stack.fact("Source", books.posting.run.endpoint)
    stack.gap()
    for currency, digits in month.lines.currencies.items():
        yield from _teams(stack, month, currency, digits)
    if not month.lines.lines:
        stack.texts(note("nothing is booked in this month"))
    yield from stack.taken()
    fill.last_row = stack.handed_on


_COUNT_AND_AMOUNTS = {
    TeamAccounts.lines: "",
    TeamAccounts.net: "net",
    TeamAccounts.tax: "tax",
    TeamAccounts.gross: "gross",
}
_AMOUNT_COLUMNS = [column for column, name in _COUNT_AND_AMOUNTS.items() if name]


class _Rows(NamedTuple):
    """Rows of a block: the number of the first and of the last, and the sums that they show."""

    first: int
    last: int
    shown: Sequence[tuple[BearerKey, Sums]]


def _teams(stack: Stack, month: MonthLines, currency: str, digits: int) -> Iterator[str]:
    """One row a team and account, the total, and that it is what the sheet Lines comes to; then the cost centres."""
    remark = "Formulas over the rows of Lines. Where VAT is recoverable a cost centre bears net."
    stack.section(f"Teams × accounts × cost centres: {currency}", len(_WIDTHS), remark)
    block, shown = stack.table(TeamAccounts), month.of_currency(currency)
    above = _Rows(block.first, block.first + len(shown) - 1, shown)
    made = _TeamAccountRows(block.rows, month, currency, digits)
    yield from stack.taken(itertools.starmap(made.row, shown))
    _footing(block, month, above, currency, digits)
    stack.gap()
    _by_cost_centre(stack, month, above, currency, digits)


class _TeamAccountRows:
    """Makes the rows of one currency: a month has as many as teams times accounts, so what a team's share and what an
    account's share is made once."""

    def __init__(self, rows: Rows, month: MonthLines, currency: str, digits: int) -> None:
        self._rows, self._month, self._digits = rows, month, digits
        self._currency = f"{rows.text(TeamAccounts.currency, currency)}</row>"
        self._written = minor_writer(digits)
        self._of_team = cache(self._team_cells)
        self._of_account = cache(self._account_cells)

    def row(self, key: BearerKey, sums: Sums) -> str:
        """The row: texts, and formulas with their values."""
        (account, lines, *openings), written = self._of_account(key.account), self._written
        amounts = zip(openings, _AMOUNT_COLUMNS, (sums.net, sums.tax, sums.gross), strict=True)
        figures = (
            f"{opening}{written(units)}{_END}" if opening else self._alone(column, units)
            for opening, column, units in amounts
        )
        team = self._of_team(key.cost_center, key.team)
        return f"{team}{account}{lines}{sums.lines}{_END}{''.join(figures)}{self._currency}"

    def _team_cells(self, cost_centre: str, team: str) -> str:
        text, table = self._rows.text, TeamAccounts
        cells = (table.cost_center, cost_centre), (table.team, team), (table.name, self._month.teams[team].name)
        return f'<row r="{ROW}">{"".join(itertools.starmap(text, cells))}'

    def _account_cells(self, account: str) -> tuple[str, ...]:
        """The account's cells, and how those of its figures begin; "" where an amount stands without a formula."""
        text, table, formula = self._rows.text, TeamAccounts, self._month.formula
        names = f"{text(table.account, account)}{text(table.account_name, self._month.account_names[account])}"
        counted, is_safe = formula(account, ""), self._month.reach(account) < LARGEST_EXACT
        amounts = (formula(account, name) if is_safe else "" for name in AMOUNTS)
        opened = (
            self._opening(column, f"ROUND({each},{self._digits})") if each else ""
            for column, each in zip(_AMOUNT_COLUMNS, amounts, strict=True)
        )
        return names, self._opening(table.lines, counted), *opened

    def _opening(self, column: Column, formula: str) -> str:
        look = self._rows.look(column, self._digits)
        if formula:
            return self._rows.cells.opening(column.letters, formula, look)
        return f'<c r="{column.letters}{ROW}" s="{look}"><v>'

    def _alone(self, column: Column, units: int) -> str:
        look = self._rows.look(column, self._digits)
        return self._rows.cells.minor(column.letters, units, self._digits, look)


def _footing(block: Block, month: MonthLines, above: _Rows, currency: str, digits: int) -> None:
    """The total, the sum of all lines of the currency, and the difference between them."""
    table, lines = TeamAccounts, month.lines
    row, sums = block.stack.next, lines.sums[currency]
    totals: dict[Column, Value] = {}
    of_lines: dict[Column, Value] = {table.lines: lines.line_count(currency)}
    differences: dict[Column, Value] = {}
    for column, name in _COUNT_AND_AMOUNTS.items():
        value = from_minor(getattr(sums, name), digits) if name else Decimal(sums.lines)
        reach = from_minor(sum(abs(getattr(each, name)) for _, each in above.shown), digits) if name else value
        letters = column.letters
        totals[column] = Total(known(f"SUM({letters}{above.first}:{letters}{above.last})", value, reach))
        difference = block.cell(column, row, value) - block.cell(column, row + 1, value)
        if name:
            of_lines[column] = Total(lines.total(name, currency))
        differences[column] = Total(difference) if name else Plain(difference)
    label = _label(table, table.cost_center, table.currency, currency)
    block.add({**label, **totals}, digits, kind=Kind.TOTAL)
    block.add({table.cost_center: "Sheet Lines", table.currency: currency, **of_lines}, digits)
    block.add({table.cost_center: "Difference", table.currency: currency, **differences}, digits)


def _by_cost_centre(stack: Stack, month: MonthLines, above: _Rows, currency: str, digits: int) -> None:
    """One row a cost centre, of the rows above; the same total."""
    stack.section(f"Cost centres: {currency}", len(_WIDTHS))
    block, table = stack.table(CostCentres), CostCentres
    centres: dict[str, list[tuple[BearerKey, Sums]]] = defaultdict(list)
    for key, sums in above.shown:
        centres[key.cost_center].append((key, sums))
    is_apart = _differ_by_more_than_case(centres)
    whole = total(sums for _, sums in above.shown)
    for centre, mine in centres.items():
        supplied: dict[Column, Value] = {
            table.cost_center: centre,
            table.teams: ", ".join(dict.fromkeys(key.team for key, _ in mine)),
            table.currency: currency,
        }
        sums = total(each for _, each in mine)
        for column, name in zip((table.lines, table.net, table.tax, table.gross), ("lines", *AMOUNTS), strict=True):
            text = _of_centre(column, above) if is_apart else ""
            supplied[column] = _sum_of_rows(text, sums, whole, name, digits)
        block.add(supplied, digits)
    columns = (table.lines, table.net, table.tax, table.gross)
    block.total(_label(table, table.cost_center, table.currency, currency), columns, digits)
    stack.gap()


def _label(table: type[Table], first: Column, last: Column, currency: str) -> dict[Column, Value]:
    """The label of a total, and blanks in the columns of texts, so that the row is one band."""
    blanks: dict[Column, Value] = {column: "" for column in table.columns if column.form is Form.TEXT}
    return {**blanks, first: f"Total {currency}", last: currency}


def _of_centre(column: Column, above: _Rows) -> str:
    centres, rows = CostCentres.cost_center.letters, f"${above.first}:"
    names = f"${centres}{rows}${centres}${above.last}"
    amounts = f"${column.letters}{rows}${column.letters}${above.last}"
    return f"SUMPRODUCT(({names}={CostCentres.cost_center.text})*{amounts})"


def _sum_of_rows(text: str, sums: Sums, whole: Sums, name: str, digits: int) -> Rounding:
    if name == "lines":
        return Plain(known(text, Decimal(sums.lines)))
    return Total(known(text, from_minor(getattr(sums, name), digits), from_minor(whole.magnitude, digits)))
