"""``ledgers/all.xlsx``: what a controller opens: every line of every team as one table, and who bears how much of it.

*Cost centres* shows teams × accounts × cost centres, a block a currency. Each amount is a formula over the rows of
*Lines*, and each block is held against them.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from chargeback.config import Config
from chargeback.model.bookkeeping import LedgerTeam
from chargeback.model.books import Books
from chargeback.model.ledger import InvoiceLabel
from chargeback.model.totals import Sums
from chargeback.model.wording import books_status_text
from chargeback.publish.team_workbook.lines import COLUMN, MOST_LINES, SheetLines, held_by_labels, lines_name
from chargeback.publish.xlsx.book import Book
from chargeback.publish.xlsx.cells import ROW
from chargeback.publish.xlsx.expressions import Expression, Plain, Total
from chargeback.publish.xlsx.shape import Fill, SheetShape
from chargeback.publish.xlsx.stack import Block, Stack
from chargeback.publish.xlsx.styles import Kind
from chargeback.publish.xlsx.sums import LineSums, Place, SummedRows, differ_by_more_than_case
from chargeback.publish.xlsx.tables import Column, Form, Rows, Table, Value, note

PATH = "ledgers/all.xlsx"
COST_CENTRES = "Cost centres"
_WIDTHS = (20.0, 20.0, 26.0, 20.0, 30.0, 10.0, 17.0, 16.0, 17.0, 11.0)
_FROZEN = 2
_NO_COST_CENTRE = "none"


class TeamAccounts(Table):
    """One row a team and account that has lines, in one currency."""

    cost_center = Column("Cost centre")
    team = Column("Team", kind=Kind.STRONG)
    name = Column("Name")
    account = Column("Account")
    account_name = Column("Account name")
    lines = Column("Lines", form=Form.COUNT, is_kept=True)
    net = Column("Net", form=Form.MONEY, is_kept=True)
    tax = Column("Tax", form=Form.MONEY, is_kept=True)
    gross = Column("Gross", form=Form.MONEY, is_kept=True)
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


@dataclass(frozen=True, slots=True)
class MonthLines:
    """All lines of the month; by account their sums by currency, and where they stand."""

    books: Books
    lines: SheetLines
    by_account: Mapping[str, Mapping[str, Sums]]
    teams: Mapping[str, LedgerTeam]
    account_names: Mapping[str, str]
    spans: Mapping[str, Span]

    def of_currency(self, currency: str) -> Iterator[tuple[BearerKey, Sums]]:
        """The sums of one currency, by cost centre, team and account; those of one team at a time, as a month has as
        many as teams times accounts."""
        for centre, team in sorted((each.cost_center or _NO_COST_CENTRE, each.id) for each in self.teams.values()):
            borne: dict[str, Sums] = defaultdict(Sums)
            for part in self.books.ledger.parts_of(team):
                if part.label.currency == currency:
                    borne[part.label.account].add(part)
            for account in sorted(borne):
                yield BearerKey(currency, centre, team, account), borne[account]

    def places(self, account: str) -> list[Place]:
        """Where the account's lines stand."""
        return list(_places_of(self.spans[account], self.lines.most))

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
    by_account: dict[str, dict[str, Sums]] = defaultdict(lambda: defaultdict(Sums))
    names, spans = dict[str, str](), dict[str, Span]()
    start = 0
    for (account, _), parts in books.ledger.parts.items():  # in the order of the lines
        for part in parts:
            names[account] = part.label.account_name
            by_account[account][part.label.currency].add(part)
        first, start = start, start + sum(part.lines for part in parts)
        spans[account] = Span(spans[account].first if account in spans else first, start)
    lines, teams = _sheet_lines(books, by_account, most), {team.id: team for team in books.ledger.teams}
    return MonthLines(books, lines, by_account, teams, names, spans)


def _sheet_lines(books: Books, by_account: Mapping[str, Mapping[str, Sums]], most: int) -> SheetLines:
    lines = books.ledger.lines
    by_currency: dict[str, Sums] = defaultdict(Sums)
    for sums in by_account.values():
        for currency, each in sums.items():
            by_currency[currency].add(each)
    invoices: dict[InvoiceLabel, None] = {}
    longest: dict[str, list[str]] = defaultdict(list)
    for some in lines.batches():  # of the texts of all projects only the longest are kept, which a column is made for
        invoices.update(dict.fromkeys(some.labels.used()))
        projects = some.projects.used()
        longest["project"].append(max((project.sid for project in projects), key=len, default=""))
        longest["project_name"].append(max((project.name for project in projects), key=len, default=""))
        longest["environment"].append(max((project.environment for project in projects), key=len, default=""))
        longest["resource"].append(max(some.resources.used(), key=len, default=""))
    held = {**held_by_labels(invoices, books.ledger.teams), **longest}
    digits = dict(sorted((label.currency, label.digits) for label in invoices))
    footer = f"{PATH} · {books.period} revision {books.revision}"
    return SheetLines(books.period, footer, lines, digits, by_currency, held, most)


def _places_of(span: Span, most: int) -> Iterator[Place]:
    """Where lines that stand together are, on sheets of so many lines."""
    first, end = span
    while first < end:
        sheet, offset = divmod(first, most)
        held = min(end - first, most - offset)
        yield Place(lines_name(sheet + 1), offset + 2, offset + 1 + held)
        first += held


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


_FIGURES = {TeamAccounts.lines: None} | {
    column: COLUMN[column.name] for column in (TeamAccounts.net, TeamAccounts.tax, TeamAccounts.gross)
}
"""The columns of figures, and what of the lines each adds up; the first one counts them."""


def _teams(stack: Stack, month: MonthLines, currency: str, digits: int) -> Iterator[str]:
    """One row a team and account, the total, and that it is what the sheet Lines comes to; then the cost centres."""
    remark = "Formulas over the rows of Lines. Where VAT is recoverable a cost centre bears net."
    stack.section(f"Teams × accounts × cost centres: {currency}", len(_WIDTHS), remark)
    block = stack.table(TeamAccounts)
    above = SummedRows(block.first, digits, TeamAccounts.cost_center, TeamAccounts.team)
    made = _TeamAccountRows(block.rows, month, currency, digits)
    yield from stack.taken(itertools.starmap(made.row, above.counted(month.of_currency(currency))))
    _footing(block, month, above, currency)
    stack.gap()
    _by_cost_centre(stack, above, currency)


class _TeamAccountRows:
    """Makes the rows of one currency: a month has as many as teams times accounts, so what a team's share and what an
    account's share is made once."""

    def __init__(self, rows: Rows, month: MonthLines, currency: str, digits: int) -> None:
        self._rows, self._month, self._sums = rows, month, LineSums(rows, _FIGURES, digits)
        self._currency = f"{rows.text(TeamAccounts.currency, currency)}</row>"
        self._of_team = cache(self._team_cells)
        self._of_account = cache(self._account_cells)

    def row(self, key: BearerKey, sums: Sums) -> str:
        """The row: texts, and formulas with their values."""
        account, openings = self._of_account(key.account)
        figures = self._sums.cells(openings, sums)
        return f"{self._of_team(key.cost_center, key.team)}{account}{figures}{self._currency}"

    def _team_cells(self, cost_centre: str, team: str) -> str:
        text, table = self._rows.text, TeamAccounts
        cells = (table.cost_center, cost_centre), (table.team, team), (table.name, self._month.teams[team].name)
        return f'<row r="{ROW}">{"".join(itertools.starmap(text, cells))}'

    def _account_cells(self, account: str) -> tuple[str, Sequence[str]]:
        """The account's cells, and how those of its figures begin: sums over the account's lines of the row's team, and
        of its currency where the account has several; no formula where texts would not tell these apart."""
        text, table, month = self._rows.text, TeamAccounts, self._month
        names = f"{text(table.account, account)}{text(table.account_name, month.account_names[account])}"
        alike, currencies = {COLUMN["team"]: table.team}, month.by_account[account]
        if len(currencies) > 1:
            alike[COLUMN["currency"]] = table.currency
        places = month.places(account) if differ_by_more_than_case(currencies) else ()
        return names, self._sums.openings(places, alike, month.reach(account))


def _footing(block: Block, month: MonthLines, above: SummedRows, currency: str) -> None:
    """The total, the sum of all lines of the currency, and the difference between them."""
    table, sums, digits, row = TeamAccounts, month.lines.by_currency, above.digits, block.stack.next
    label = _label(table, table.cost_center, table.currency, currency)
    totals = {column: above.total(column) for column in _FIGURES}
    of_lines = {
        column: sums.total(line, currency) if line else sums.count(currency) for column, line in _FIGURES.items()
    }
    differences = {
        column: block.cell(column, row, totals[column]) - block.cell(column, row + 1, of_lines[column])
        for column in _FIGURES
    }
    block.add({**label, **{column: Total(figure) for column, figure in totals.items()}}, digits, kind=Kind.TOTAL)
    block.add({table.cost_center: "Sheet Lines", table.currency: currency, **_shown(of_lines)}, digits)
    block.add({table.cost_center: "Difference", table.currency: currency, **_shown(differences)}, digits)


def _shown(figures: Mapping[Column, Expression]) -> dict[Column, Value]:
    return {column: Total(figure) if _FIGURES[column] else Plain(figure) for column, figure in figures.items()}


def _by_cost_centre(stack: Stack, above: SummedRows, currency: str) -> None:
    """One row a cost centre, of the rows above; the same total."""
    stack.section(f"Cost centres: {currency}", len(_WIDTHS))
    block, table = stack.table(CostCentres), CostCentres
    for centre, teams, sums in above.alike(table.cost_center, list(_FIGURES)):
        supplied: dict[Column, Value] = {
            table.cost_center: centre,
            table.teams: ", ".join(teams),
            table.currency: currency,
            table.lines: Plain(sums[TeamAccounts.lines]),
        }
        for column in (table.net, table.tax, table.gross):
            supplied[column] = Total(sums[getattr(TeamAccounts, column.name)])
        block.add(supplied, above.digits)
    columns = (table.lines, table.net, table.tax, table.gross)
    block.total(_label(table, table.cost_center, table.currency, currency), columns, above.digits)
    stack.gap()


def _label(table: type[Table], first: Column, last: Column, currency: str) -> dict[Column, Value]:
    """The label of a total, and blanks in the columns of texts, so that the row is one band."""
    blanks: dict[Column, Value] = {column: "" for column in table.columns if column.form is Form.TEXT}
    return {**blanks, first: f"Total {currency}", last: currency}
