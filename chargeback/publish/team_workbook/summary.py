"""The sheet *Summary*: what the team pays, how it came about, and how it differs from the month before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from chargeback.model.books import AcceptedTotal, Books
from chargeback.model.ledger import AMOUNTS, Basis
from chargeback.model.money import format_minor, from_minor
from chargeback.model.wording import status_text
from chargeback.publish.team_workbook.lines import SheetLines, table_name
from chargeback.publish.team_workbook.month import TeamMonth
from chargeback.publish.team_workbook.totals import Sums, grouped, largest_first, total
from chargeback.publish.xlsx.book import Book
from chargeback.publish.xlsx.expressions import Share, Total, across
from chargeback.publish.xlsx.rounding import is_safe_sum
from chargeback.publish.xlsx.shape import MOST_BARS, Bars, Fill, SheetShape
from chargeback.publish.xlsx.stack import Block, Stack
from chargeback.publish.xlsx.styles import Kind, money
from chargeback.publish.xlsx.tables import Column, Form, Table, Value, note
from chargeback.publish.xlsx.texts import cell_text

SUMMARY = "Summary"
WIDTHS = (28.0, 26.0, 15.0, 15.0, 15.0, 15.0, 14.0, 14.0, 22.0)
MOST_RESOURCES = 12
"""Resources shown as columns; with more of them, every project's resources stand beneath each other."""
_RESOURCE_WIDTH = 15.0
_FROZEN = 2
_CHART = (10, 4)
_BESIDE_CHART = 24
"""Rows that the chart takes at the sheet's right: tables wider than those above it begin beneath it."""
_NO_PROJECT, _NO_RESOURCE = "without a project", "no resource"
_PARTS = {
    Basis.INVOICE_LINE: "own projects",
    Basis.REPORT_SHARE: "own projects",
    Basis.SHARED_SPLIT: "share of shared projects",
    Basis.ADJUSTMENT: "adjustments",
}


class Totals(Table):
    """One row a currency: lines, net, tax, gross, the previous month's gross, the change."""

    currency = Column("Currency", kind=Kind.STRONG)
    lines = Column("Lines", form=Form.COUNT)
    net = Column("Net", form=Form.MONEY, kind=Kind.STRONG)
    tax = Column("Tax", form=Form.MONEY, kind=Kind.STRONG)
    gross = Column("Gross", form=Form.MONEY, kind=Kind.STRONG)
    before = Column("Gross", form=Form.MONEY)
    change = Column("Change", form=Form.MONEY, computed=Total(gross - before))
    percent = Column("Change in %", form=Form.PERCENT)


class Parts(Table):
    """One row a part of the month's lines and currency, with a total a currency."""

    part = Column("Part")
    currency = Column("Currency")
    net = Column("Net", form=Form.MONEY, is_kept=True)
    tax = Column("Tax", form=Form.MONEY, is_kept=True)
    gross = Column("Gross", form=Form.MONEY, is_kept=True)
    share = Column("Share of gross", form=Form.PERCENT)


class Environments(Parts):
    """The same by environment."""


class SharedProjects(Table):
    """One row a shared project, currency and share: this team's part."""

    project = Column("Project")
    name = Column("Name")
    net = Column("Net", form=Form.MONEY)
    tax = Column("Tax", form=Form.MONEY)
    gross = Column("Gross", form=Form.MONEY)
    currency = Column("Currency")
    share = Column("Share in %", form=Form.QUANTITY)
    rule = Column("How it was split")
    blank = Column("")


class Projects(Table):
    """One row a project, or a project and resource, in one currency."""

    project = Column("Project")
    name = Column("Name")
    net = Column("Net", form=Form.MONEY, is_kept=True)
    tax = Column("Tax", form=Form.MONEY, is_kept=True)
    gross = Column("Gross", form=Form.MONEY, is_kept=True)


def shapes(month: TeamMonth) -> list[SheetShape]:
    """The one sheet."""
    return [SheetShape(SUMMARY, len(WIDTHS), _FROZEN, chart=_CHART if month.totals.currencies else None)]


def write(book: Book, month: TeamMonth) -> Iterator[bytes]:
    """Write the sheet."""
    stack = Stack(book.cells)
    _head(stack, month)
    _totals(stack, month)
    _parts(stack, month)
    _environments(stack, month)
    _shared(stack, month)
    stack.gap(_BESIDE_CHART)
    charted = [_projects(stack, month, currency) for currency in month.totals.currencies]
    widest = max((each.columns for each in charted), default=0)
    widths = [*WIDTHS, *[_RESOURCE_WIDTH] * (widest - len(WIDTHS))]
    bars = max(charted, key=lambda each: each.count, default=None)
    fill = Fill(dict(enumerate(widths, start=1)), month.footer, bars=bars.bars if bars else None)
    yield from book.sheet(SUMMARY, stack.rows, fill)


def _head(stack: Stack, month: TeamMonth) -> None:
    """Title, and what the figures are of."""
    books, team = month.books, month.team
    stack.title(month.title, f"Cost allocation {books.period} · revision {books.revision}")
    stack.gap()
    stack.fact("Team", team.id)
    stack.fact("Cost centre", team.cost_center or "none")
    stack.fact("Expense account (GL)", team.gl_account or "none of its own")
    stack.fact("Period", f"{books.period} ({month.config.timezone_name})")
    stack.fact("Month's status", _status(books))
    stack.fact("Source", books.posting.run.endpoint)
    stack.gap()


def _status(books: Books) -> str:
    """Without amounts, which are of other teams too."""
    return status_text(books.status, 0, AcceptedTotal(books.accepted.count, ()), books.not_performed)


def _totals(stack: Stack, month: TeamMonth) -> None:
    stack.section("Totals", len(Totals.columns), f"Formulas over the sheet {table_name(1)}. Gross = net + tax.")
    block, lines = stack.table(Totals, headings={Totals.before: f"Gross {month.previous_name}"}), month.sheet_lines
    for currency, digits in month.currencies.items():
        _total(block, month, lines, currency, digits)
    stack.gap()


def _total(block: Block, month: TeamMonth, lines: SheetLines, currency: str, digits: int) -> None:
    supplied = dict[Column, Value]()
    for column, name in zip((Totals.net, Totals.tax, Totals.gross), AMOUNTS, strict=True):
        supplied[column] = Total(lines.total(name, currency))
    if month.previous is None:
        supplied[Totals.before] = note("not archived")
    else:
        before, gross = month.previous.get(currency, 0), lines.sums.get(currency, Sums()).gross
        supplied[Totals.before] = before
        if before and is_safe_sum(from_minor(abs(before) + abs(gross), digits), digits):
            supplied[Totals.percent] = Share(Totals.change / Totals.before)
    count = lines.line_count(currency)
    block.add({Totals.currency: currency, Totals.lines: count, **supplied}, digits)


def _parts(stack: Stack, month: TeamMonth) -> None:
    """Own projects, share of shared ones, adjustments."""
    groups = month.totals.by(lambda part: (part.currency, _PARTS[part.basis]))
    _grouped(stack, month, "How it came about", "Part", groups)


def _environments(stack: Stack, month: TeamMonth) -> None:
    groups = month.totals.by(lambda part: (part.currency, part.environment or _NO_PROJECT))
    _grouped(stack, month, "By environment", "Environment", groups)


def _grouped(stack: Stack, month: TeamMonth, heading: str, name: str, groups: Mapping[tuple[str, str], Sums]) -> None:
    """One row a group, with a total a currency."""
    stack.section(heading, len(Parts.columns))
    block = stack.table(Parts, headings={Parts.part: name})
    for currency, digits in month.totals.currencies.items():
        mine = {key: sums for (code, key), sums in sorted(groups.items()) if code == currency}
        _currency(block, currency, digits, mine)
    if not groups:
        stack.texts(note("no lines in this month"))
    stack.gap()


def _currency(block: Block, currency: str, digits: int, groups: Mapping[str, Sums]) -> None:
    whole = total(groups.values())
    of = block.cell(Parts.gross, block.stack.next + len(groups), from_minor(whole.gross, digits))
    has_share = whole.gross and is_safe_sum(from_minor(whole.magnitude, digits), digits)
    for key, sums in groups.items():
        share = Share(Parts.gross / of) if has_share else None
        amounts = {Parts.net: sums.net, Parts.tax: sums.tax, Parts.gross: sums.gross}
        block.add({Parts.part: key, Parts.currency: currency, **amounts, Parts.share: share}, digits)
    label = {Parts.part: "Total", Parts.currency: currency}
    block.total(label, (Parts.net, Parts.tax, Parts.gross), digits)


def _shared(stack: Stack, month: TeamMonth) -> None:
    """One row a shared project, currency and share; nothing where the team has none."""
    groups: dict[tuple[str, str, int, str], Sums] = {}
    for part, cells in month.totals.cells.items():
        if part.basis is Basis.SHARED_SPLIT:
            for cell, sums in cells.items():
                key = (cell.project, part.currency, part.digits, cell.share_percent)
                groups.setdefault(key, Sums()).add(sums)
    if not groups:
        return
    remark = "Contained in the totals above. Split by the rule that the configuration has for the month."
    stack.section("Shared projects: this team's part", len(SharedProjects.columns), remark)
    block, columns = stack.table(SharedProjects), SharedProjects
    for (project, currency, digits, percent), sums in sorted(groups.items(), key=lambda group: group[0]):
        amounts = {columns.net: sums.net, columns.tax: sums.tax, columns.gross: sums.gross}
        supplied: dict[Column, Value] = {
            columns.project: project,
            columns.name: month.totals.names.get(project, ""),
            **amounts,
            columns.currency: currency,
            columns.share: Decimal(percent) if percent else None,
            columns.rule: month.split_in_words(project),
        }
        block.add(supplied, digits)
    stack.gap()


@dataclass(frozen=True, slots=True)
class _Charted:
    """What a chart may show of one currency's projects, how many there are, and how many columns their table has."""

    bars: Bars
    count: int
    columns: int


@dataclass(slots=True)
class _CurrencyProjects:
    """One currency's sums by project and resource; projects with the largest gross first."""

    currency: str
    digits: int
    names: Mapping[str, str]
    by_cell: Mapping[tuple[str, str], Sums]
    by_project: Mapping[str, Sums] = field(init=False)
    by_resource: Mapping[str, Sums] = field(init=False)
    order: Sequence[str] = field(init=False)

    def __post_init__(self) -> None:
        self.by_project = grouped(self.by_cell, lambda cell: cell[0])
        self.by_resource = dict(sorted(grouped(self.by_cell, lambda cell: cell[1]).items()))
        self.order = largest_first(self.by_project)

    def named(self, project: str) -> tuple[str, str]:
        """The project, and its name."""
        return project or _NO_PROJECT, self.names.get(project, "")

    def charted(self, table: type[Table], amounts: Column, first: int) -> _Charted:
        """What a chart shows: the largest projects, their amounts from row ``first`` of the column on."""
        shown, digits = self.order[:MOST_BARS], self.digits
        more = f" (the {MOST_BARS} largest)" if len(self.order) > MOST_BARS else ""
        names, last = table.columns[0], first + len(shown) - 1
        bars = Bars(
            cell_text(f"Gross by project, {self.currency}{more}"),
            f"{SUMMARY}!${names.letters}${first}:${names.letters}${last}",
            f"{SUMMARY}!${amounts.letters}${first}:${amounts.letters}${last}",
            money(digits),
            [
                (cell_text(project or _NO_PROJECT), format_minor(self.by_project[project].gross, digits))
                for project in shown
            ],
        )
        return _Charted(bars, len(self.order), len(table.columns))


def _projects(stack: Stack, month: TeamMonth, currency: str) -> _Charted:
    """Projects by resources in one currency: crossed where that fits on a page, else beneath each other."""
    totals = month.totals
    projects = _CurrencyProjects(currency, totals.currencies[currency], totals.names, totals.by_cell(currency))
    if len(projects.by_resource) > MOST_RESOURCES:
        return _listed(stack, projects)
    return _crossed(stack, projects)


def _crossed(stack: Stack, projects: _CurrencyProjects) -> _Charted:
    currency, digits = projects.currency, projects.digits
    project, name = Column("Project"), Column("Name")
    by_resource = {
        resource: Column(resource or _NO_RESOURCE, form=Form.MONEY, is_kept=True) for resource in projects.by_resource
    }
    resources = list(by_resource.values())
    whole = Column("Total", form=Form.MONEY, computed=Total(across(resources)), kind=Kind.STRONG, is_kept=True)
    table = Table.made_of("Crossed", [project, name, *resources, whole])
    stack.section(f"By project and resource: gross, {currency}", len(table.columns), "The largest project first.")
    block = stack.table(table)
    first = block.first
    for sid in projects.order:
        amounts = {
            column: projects.by_cell[sid, resource].gross
            for resource, column in by_resource.items()
            if (sid, resource) in projects.by_cell
        }
        named = dict(zip((project, name), projects.named(sid), strict=True))
        block.add({**named, **amounts}, digits)
    block.total({project: f"Total {currency}", name: ""}, [*resources, whole], digits)
    stack.gap()
    return projects.charted(table, whole, first)


def _listed(stack: Stack, projects: _CurrencyProjects) -> _Charted:
    currency = projects.currency
    remark = "The largest first; resources are listed below."
    stack.section(f"By project: {currency}", len(Projects.columns), remark)
    block = stack.table(Projects)
    first = block.first
    for sid in projects.order:
        _listed_row(block, projects.named(sid), projects.by_project[sid], projects.digits)
    _listed_total(block, projects)
    stack.section(f"By project and resource: {currency}", len(Projects.columns))
    block = stack.table(Projects, headings={Projects.name: "Resource"})
    place = {project: number for number, project in enumerate(projects.order)}
    for sid, resource in sorted(projects.by_cell, key=lambda cell: (place[cell[0]], cell[1])):
        named = (sid or _NO_PROJECT, resource or _NO_RESOURCE)
        _listed_row(block, named, projects.by_cell[sid, resource], projects.digits)
    _listed_total(block, projects)
    return projects.charted(Projects, Projects.gross, first)


def _listed_row(block: Block, named: tuple[str, str], sums: Sums, digits: int) -> None:
    texts = {Projects.project: named[0], Projects.name: named[1]}
    amounts = {Projects.net: sums.net, Projects.tax: sums.tax, Projects.gross: sums.gross}
    block.add({**texts, **amounts}, digits)


def _listed_total(block: Block, projects: _CurrencyProjects) -> None:
    label = {Projects.project: f"Total {projects.currency}", Projects.name: ""}
    block.total(label, (Projects.net, Projects.tax, Projects.gross), projects.digits)
    block.stack.gap()
