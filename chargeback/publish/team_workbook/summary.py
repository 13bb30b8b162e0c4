"""The sheet *Summary*: what the team pays, how it came about, and how it differs from the months before.

Net comes first, as a cost centre bears it where the tax can be reclaimed; what is compared and drawn is what the cost
centre bears.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import dropwhile, takewhile

from msgspec import Struct
from msgspec.structs import replace

from chargeback.model.ledger import Basis
from chargeback.model.ledger_register import AMOUNTS
from chargeback.model.money import EXACT, exact_sum, format_minor, from_minor
from chargeback.model.totals import Sums, total
from chargeback.publish.team_history import PastMonth
from chargeback.publish.team_workbook.lines import COLUMN, SheetLines, table_name
from chargeback.publish.team_workbook.month import TeamMonth
from chargeback.publish.team_workbook.restated import restatement_of
from chargeback.publish.team_workbook.totals import grouped
from chargeback.publish.xlsx.book import Book
from chargeback.publish.xlsx.expressions import Exact, Plain, Share, Total, across
from chargeback.publish.xlsx.rounding import is_safe_sum
from chargeback.publish.xlsx.shape import MOST_BARS, ChartData, ChartKind, Fill, SheetShape
from chargeback.publish.xlsx.stack import Block, Stack
from chargeback.publish.xlsx.styles import Kind, money
from chargeback.publish.xlsx.tables import Column, Form, Record, Table, Value, note
from chargeback.publish.xlsx.texts import cell_text

SUMMARY = "Summary"
WIDTHS = (27.0, 22.0, 15.0, 15.0, 15.0, 15.0, 14.0, 14.0, 12.0)
MOST_RESOURCES = 8
"""Resources shown as columns; with more of them, every project's resources stand beneath each other."""
_RESOURCE_WIDTH = 15.0
_FROZEN = 2
_CHARTS = (ChartKind.LINE, ChartKind.BARS)
_NO_PROJECT, _NO_RESOURCE = "without a project", "no resource"
_PARTS = {
    Basis.INVOICE_LINE: "own projects",
    Basis.REPORT_SHARE: "own projects",
    Basis.SHARED_SPLIT: "share of shared projects",
    Basis.ADJUSTMENT: "adjustments",
}


class Totals(Table):
    """One row a currency: lines, net, tax, gross; what the cost centre bears, in the month before too."""

    currency = Column("Currency", kind=Kind.STRONG)
    lines = Column("Lines", form=Form.COUNT)
    net = Column("Net", form=Form.MONEY, kind=Kind.STRONG)
    tax = Column("Tax", form=Form.MONEY)
    gross = Column("Gross", form=Form.MONEY)
    before = Column("Month before", form=Form.MONEY)
    change = Column("Change", form=Form.MONEY)
    percent = Column("Change in %", form=Form.PERCENT)


class Borne(Table):
    """One row a currency: the tax that cannot be reclaimed is cost too."""

    currency = Column("Currency", kind=Kind.STRONG)
    blank = Column()
    net = Column("Net", form=Form.MONEY)
    tax = Column("Tax not reclaimed", form=Form.MONEY)
    borne = Column("Cost borne", form=Form.MONEY, computed=Total(net + tax), kind=Kind.STRONG)


class Changes(Table):
    """One row an amount of the team in one currency, before and after a restatement."""

    amount = Column("Amount")
    currency = Column("Currency")
    before = Column("Before", form=Form.MONEY)
    after = Column("After", form=Form.MONEY)
    difference = Column("Difference", form=Form.MONEY, computed=Total(after - before), kind=Kind.STRONG)


class Months(Table):
    """One row a month in one currency, the oldest first, and the year so far; the budget where there is one."""

    month = Column("Month", kind=Kind.STRONG)
    currency = Column("Currency")
    net = Column("Net", form=Form.MONEY, is_kept=True)
    gross = Column("Gross", form=Form.MONEY, is_kept=True)
    change = Column("Change in %", form=Form.PERCENT)
    budget = Column("Budget, net", form=Form.MONEY, is_kept=True)
    left = Column("Left", form=Form.MONEY, computed=Exact(budget - net))
    used = Column("Used", form=Form.PERCENT)


class Parts(Table):
    """One row a part of the month's lines and currency, with a total a currency."""

    part = Column("Part")
    currency = Column("Currency")
    net = Column("Net", form=Form.MONEY, is_kept=True)
    tax = Column("Tax", form=Form.MONEY, is_kept=True)
    gross = Column("Gross", form=Form.MONEY, is_kept=True)
    share = Column("Share of net", form=Form.PERCENT)


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
    blank = Column()


class Projects(Table):
    """One row a project, or a project and resource, in one currency."""

    project = Column("Project")
    name = Column("Name")
    net = Column("Net", form=Form.MONEY, is_kept=True)
    tax = Column("Tax", form=Form.MONEY, is_kept=True)
    gross = Column("Gross", form=Form.MONEY, is_kept=True)


def shapes(month: TeamMonth) -> list[SheetShape]:
    """The one sheet."""
    return [SheetShape(SUMMARY, len(WIDTHS), _FROZEN, charts=_CHARTS if month.totals.currencies else ())]


def write(book: Book, month: TeamMonth) -> Iterator[bytes]:
    """Write the sheet."""
    stack = Stack(book.cells)
    _head(stack, month)
    _totals(stack, month)
    _borne(stack, month)
    _restated(stack, month)
    lines = [_months(stack, month, currency, digits) for currency, digits in month.currencies.items()]
    charts = _line_chart(stack, month, lines)
    _parts(stack, month)
    _environments(stack, month)
    row = stack.chart(ChartKind.BARS) if charts else 0
    charted = [_projects(stack, month, currency) for currency in month.totals.currencies]
    if charted:
        charts.append(replace(max(charted, key=lambda each: each.count).bars, row=row))
    _shared(stack, month)
    widest = max((each.columns for each in charted), default=0)
    widths = [*WIDTHS, *[_RESOURCE_WIDTH] * (widest - len(WIDTHS))]
    yield from book.sheet(SUMMARY, stack.rows, Fill(dict(enumerate(widths, start=1)), month.footer, charts=charts))


def _line_chart(stack: Stack, month: TeamMonth, lines: Sequence[ChartData]) -> list[ChartData]:
    """The months of the currency in which the team has most lines."""
    if not month.totals.currencies:
        return []
    counts = [month.sums(currency).lines for currency in month.currencies]
    most = max(range(len(lines)), key=lambda place: (counts[place], -place))
    return [replace(lines[most], row=stack.chart(ChartKind.LINE))]


def _head(stack: Stack, month: TeamMonth) -> None:
    """Title, and what the figures are of."""
    books, team = month.books, month.team
    stack.title(month.title, f"Cost allocation {books.period} · revision {books.revision}")
    stack.gap()
    stack.fact("Team", team.id)
    stack.fact("Cost centre", team.cost_center or "none")
    stack.fact("Expense account (GL)", team.gl_account or "none of its own")
    stack.fact("Period", f"{books.period} ({month.config.timezone_name})")
    stack.fact("Month's status", month.standing)
    stack.fact("Source", books.posting.run.endpoint)
    stack.gap()


def _totals(stack: Stack, month: TeamMonth) -> None:
    remark = f"Formulas over the sheet {table_name(1)}. Gross = net + tax. Where tax can be reclaimed the cost is net."
    stack.section("Totals", len(Totals.columns), remark)
    bases = {month.basis(currency) for currency in month.currencies}
    before = f"{bases.pop().capitalize() if len(bases) == 1 else 'Cost'} {month.previous}"
    block, lines = stack.table(Totals, headings={Totals.before: before}), month.sheet_lines
    for currency, digits in month.currencies.items():
        _total(block, month, lines, currency, digits)
    stack.gap()


def _total(block: Block, month: TeamMonth, lines: SheetLines, currency: str, digits: int) -> None:
    supplied = dict[Column, Value]()
    for column, name in zip((Totals.net, Totals.tax, Totals.gross), AMOUNTS, strict=True):
        supplied[column] = Total(lines.by_currency.total(COLUMN[name], currency))
    basis, past = month.basis(currency), month.months(currency)[-2]
    before = past.gross if basis == "gross" else past.net
    if before is None:
        supplied[Totals.before] = note("not archived" if past.gross is None else "not known")
    else:
        supplied |= _compared(before, month.sums(currency), basis, digits)
    count = Plain(lines.by_currency.count(currency))
    block.add({Totals.currency: currency, Totals.lines: count, **supplied}, digits)


def _compared(before: int, sums: Sums, basis: str, digits: int) -> dict[Column, Value]:
    """The month before, and how far the cost moved since."""
    cost = Totals.gross if basis == "gross" else Totals.net
    supplied: dict[Column, Value] = {Totals.before: before, Totals.change: Total(cost - Totals.before)}
    if before and is_safe_sum(from_minor(abs(before) + abs(getattr(sums, basis)), digits), digits):
        supplied[Totals.percent] = Share(Totals.change / Totals.before)
    return supplied


def _borne(stack: Stack, month: TeamMonth) -> None:
    """What of the tax is cost; nothing where all of it can be reclaimed."""
    borne = {currency: month.borne_tax.get(currency, 0) for currency in month.totals.currencies}
    if not any(borne.values()):
        return
    remark = "The tax of an account whose buyer cannot reclaim it is cost, and divided like the net."
    stack.section("What the cost centre bears", len(Borne.columns), remark)
    block, table = stack.table(Borne), Borne
    for currency, units in borne.items():
        digits, net = month.totals.currencies[currency], month.sums(currency).net
        block.add({table.currency: currency, table.net: net, table.tax: units}, digits)
    stack.gap()


def _restated(stack: Stack, month: TeamMonth) -> None:
    """Before, after and why; nothing in a month's first revision."""
    restatement = restatement_of(month)
    if restatement is None:
        return
    remark = f"This revision replaces revision {restatement.previous}."
    stack.section("What changed, and why", len(Changes.columns), remark)
    if restatement.rows:
        block, table = stack.table(Changes), Changes
        for change in restatement.rows:
            amounts: dict[Column, Value] = {table.before: change.before, table.after: change.after}
            block.add({table.amount: change.text, table.currency: change.currency, **amounts}, change.digits)
    else:
        stack.texts("No amount of this team changed.")
    for event in restatement.events:
        on = f" ({event.at})" if event.at else ""
        stack.texts(" ".join(part for part in (event.subject, event.happened, event.other) if part) + on)
    if restatement.more_events:
        stack.texts(f"and {restatement.more_events} events more")
    for reason in restatement.reasons:
        stack.texts(reason)
    stack.gap()


def _months(stack: Stack, month: TeamMonth, currency: str, digits: int) -> ChartData:
    """Twelve months, the year so far, and the budget beside them where there is one; what a line draws of it."""
    budget, twelve, basis = month.budget(currency), month.months(currency), month.basis(currency)
    past = list(dropwhile(lambda each: each.gross is None, twelve))
    heading = f"By month: {currency}" if budget is None else f"By month, and budget: {currency}"
    remark = "The last twelve months, from the first archived one on, as the archive had them when this was made."
    stack.section(heading, len(Months.columns), remark)
    block = stack.table(Months, headings=_NO_BUDGET if budget is None else {})
    amount = budget.amount if budget else None
    first = stack.next
    block.add_all(
        _month(block, number, each, before, currency, digits, amount)
        for number, (before, each) in enumerate(zip([None, *past], past, strict=False), start=first)
    )
    _year(block, [each for each in twelve if each.period.year == month.books.period.year], currency, digits, amount)
    stack.gap()
    drawn = [(str(each.period), each.gross if basis == "gross" else each.net) for each in past]
    return ChartData(
        cell_text(f"{basis.capitalize()} by month, {currency}"),
        _range(Months.month, first, len(past)),
        _range(Months.gross if basis == "gross" else Months.net, first, len(past)),
        money(digits),
        [(period, "" if units is None else format_minor(units, digits)) for period, units in drawn],
    )


_NO_BUDGET = {Months.budget: "", Months.left: "", Months.used: ""}


def _range(column: Column, first: int, count: int) -> str:
    return f"{SUMMARY}!${column.letters}${first}:${column.letters}${first + count - 1}"


def _month(
    block: Block,
    number: int,
    each: PastMonth,
    before: PastMonth | None,
    currency: str,
    digits: int,
    budget: Decimal | None,
) -> Record:
    """A month, in the row of that number; nothing is compared with one that is not archived. No text where a chart
    looks for an amount."""
    table = Months
    supplied: dict[Column, Value] = {table.month: str(each.period), table.currency: currency}
    if each.gross is None:
        supplied[table.change] = note("not archived")
    elif each.net is None:
        supplied |= {table.gross: each.gross, table.change: note("net not known")}
    else:
        supplied |= {table.net: each.net, table.gross: each.gross, **_used(budget, each.net, digits)}
        last = before.net if before else None
        if last and is_safe_sum(from_minor(abs(last) + abs(each.net), digits), digits):
            cell = block.cell(table.net, number - 1, from_minor(last, digits))
            supplied[table.change] = Share((table.net - cell) / cell)
    return Record(supplied, digits)


def _year(block: Block, months: Sequence[PastMonth], currency: str, digits: int, budget: Decimal | None) -> None:
    """The year so far, as far as it is archived; net and budget only where every such month's net is known."""
    table, archived = Months, [each for each in months if each.gross is not None]
    nets = [each.net for each in archived if each.net is not None]
    part = "" if len(archived) == len(months) else f" ({len(archived)} of {len(months)} months)"
    supplied: dict[Column, Value] = dict.fromkeys(table.columns, "")
    supplied |= {table.month: f"{months[-1].period.year} to date{part}", table.currency: currency}
    shown = len(months) - len(list(takewhile(lambda each: each.gross is None, months)))
    sums = block.sums((table.net, table.gross, table.budget), shown)
    supplied[table.gross] = Total(sums[table.gross])
    if len(nets) == len(archived):
        supplied[table.net] = Total(sums[table.net])
        if budget is not None:
            whole = exact_sum([budget] * len(nets))
            del supplied[table.left]
            supplied |= _used(whole, sum(nets), digits)
            supplied[table.budget] = Exact(sums[table.budget])
    block.add(supplied, digits, kind=Kind.TOTAL)


def _used(budget: Decimal | None, net: int, digits: int) -> dict[Column, Value]:
    """The budget, and what of it is used, where floats find that."""
    if budget is None:
        return {}
    reach = EXACT.add(budget.copy_abs(), from_minor(abs(net), digits))
    is_safe = budget and is_safe_sum(reach, digits)
    return {Months.budget: budget, **({Months.used: Share(Months.net / Months.budget)} if is_safe else {})}


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
    of = block.cell(Parts.net, block.stack.next + len(groups), from_minor(whole.net, digits))
    has_share = whole.net and is_safe_sum(from_minor(whole.magnitude, digits), digits)
    supplied: dict[Column, Value] = {
        Parts.currency: currency,
        Parts.share: Share(Parts.net / of) if has_share else None,
    }
    block.add_all(
        Record({Parts.part: key, Parts.net: sums.net, Parts.tax: sums.tax, Parts.gross: sums.gross, **supplied}, digits)
        for key, sums in groups.items()
    )
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
    stack.table(SharedProjects).add_all(
        _shared_project(month, *key, sums) for key, sums in sorted(groups.items(), key=lambda group: group[0])
    )
    stack.gap()


def _shared_project(month: TeamMonth, project: str, currency: str, digits: int, percent: str, sums: Sums) -> Record:
    table = SharedProjects
    supplied: dict[Column, Value] = {
        table.project: project,
        table.name: month.totals.names.get(project, ""),
        table.net: sums.net,
        table.tax: sums.tax,
        table.gross: sums.gross,
        table.currency: currency,
        table.share: Decimal(percent) if percent else None,
        table.rule: month.split_in_words(project),
    }
    return Record(supplied, digits)


class _Charted(Struct, frozen=True):
    """What a chart may show of one currency's projects, how many there are, and how many columns their table has."""

    bars: ChartData
    count: int
    columns: int


@dataclass(slots=True)
class _CurrencyProjects:
    """One currency's sums by project and resource; projects with the largest cost first. ``basis`` is "net" or "gross":
    what the cost centre bears."""

    currency: str
    digits: int
    basis: str
    names: Mapping[str, str]
    by_cell: Mapping[tuple[str, str], Sums]
    by_project: Mapping[str, Sums] = field(init=False)
    resources: Sequence[str] = field(init=False)
    order: Sequence[str] = field(init=False)

    def __post_init__(self) -> None:
        self.by_project = grouped(self.by_cell, lambda cell: cell[0])
        self.resources = sorted({resource for _, resource in self.by_cell})
        self.order = sorted(self.by_project, key=lambda name: (-self.cost(self.by_project[name]), name))

    def cost(self, sums: Sums) -> int:
        """What the cost centre bears of it."""
        return sums.gross if self.basis == "gross" else sums.net

    def named(self, project: str) -> tuple[str, str]:
        """The project, and its name."""
        return project or _NO_PROJECT, self.names.get(project, "")

    def charted(self, table: type[Table], amounts: Column, first: int) -> _Charted:
        """What a chart shows: the largest projects, their amounts from row ``first`` of the column on."""
        shown, digits = self.order[:MOST_BARS], self.digits
        more = f" (the {MOST_BARS} largest)" if len(self.order) > MOST_BARS else ""
        names, last = table.columns[0], first + len(shown) - 1
        bars = ChartData(
            cell_text(f"{self.basis.capitalize()} by project, {self.currency}{more}"),
            f"{SUMMARY}!${names.letters}${first}:${names.letters}${last}",
            f"{SUMMARY}!${amounts.letters}${first}:${amounts.letters}${last}",
            money(digits),
            [
                (cell_text(project or _NO_PROJECT), format_minor(self.cost(self.by_project[project]), digits))
                for project in shown
            ],
        )
        return _Charted(bars, len(self.order), len(table.columns))


def _projects(stack: Stack, month: TeamMonth, currency: str) -> _Charted:
    """Projects by resources in one currency: crossed where that fits on a page, else beneath each other."""
    totals = month.totals
    digits, basis = totals.currencies[currency], month.basis(currency)
    projects = _CurrencyProjects(currency, digits, basis, totals.names, totals.by_cell(currency))
    if len(projects.resources) > MOST_RESOURCES:
        return _listed(stack, projects)
    return _crossed(stack, projects)


def _crossed(stack: Stack, projects: _CurrencyProjects) -> _Charted:
    currency, digits = projects.currency, projects.digits
    project, name = Column("Project"), Column("Name")
    by_resource = {
        resource: Column(resource or _NO_RESOURCE, form=Form.MONEY, is_kept=True) for resource in projects.resources
    }
    resources = list(by_resource.values())
    whole = Column("Total", form=Form.MONEY, computed=Total(across(resources)), kind=Kind.STRONG, is_kept=True)
    table = Table.made_of("Crossed", [project, name, *resources, whole])
    heading = f"By project and resource: {projects.basis}, {currency}"
    stack.section(heading, max(len(table.columns), len(WIDTHS)), "The largest project first.")
    block = stack.table(table)
    first = block.first
    block.add_all(
        Record(
            {
                **dict(zip((project, name), projects.named(sid), strict=True)),
                **{
                    column: projects.cost(sums)
                    for resource, column in by_resource.items()
                    if (sums := projects.by_cell.get((sid, resource)))
                },
            },
            digits,
        )
        for sid in projects.order
    )
    block.total({project: f"Total {currency}", name: ""}, [*resources, whole], digits)
    stack.gap()
    return projects.charted(table, whole, first)


def _listed(stack: Stack, projects: _CurrencyProjects) -> _Charted:
    currency = projects.currency
    remark = "The largest first; resources are listed below."
    stack.section(f"By project: {currency}", len(Projects.columns), remark)
    block = stack.table(Projects)
    first = block.first
    block.add_all(_listed_row(projects, *projects.named(sid), projects.by_project[sid]) for sid in projects.order)
    _listed_total(block, projects)
    stack.section(f"By project and resource: {currency}", len(Projects.columns))
    block = stack.table(Projects, headings={Projects.name: "Resource"})
    place = {project: number for number, project in enumerate(projects.order)}
    block.add_all(
        _listed_row(projects, sid or _NO_PROJECT, resource or _NO_RESOURCE, projects.by_cell[sid, resource])
        for sid, resource in sorted(projects.by_cell, key=lambda cell: (place[cell[0]], cell[1]))
    )
    _listed_total(block, projects)
    return projects.charted(Projects, Projects.gross if projects.basis == "gross" else Projects.net, first)


def _listed_row(projects: _CurrencyProjects, project: str, name: str, sums: Sums) -> Record:
    texts = {Projects.project: project, Projects.name: name}
    amounts = {Projects.net: sums.net, Projects.tax: sums.tax, Projects.gross: sums.gross}
    return Record({**texts, **amounts}, projects.digits)


def _listed_total(block: Block, projects: _CurrencyProjects) -> None:
    label = {Projects.project: f"Total {projects.currency}", Projects.name: ""}
    block.total(label, (Projects.net, Projects.tax, Projects.gross), projects.digits)
    block.stack.gap()
