"""A team's figures of one currency as its statement shows them: totals, twelve months, budget, projects, shared parts.

They are the sums of the lines in the team's CSV, in minor units until they are written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple, TypeVar

from msgspec import Struct

from chargeback.evidence.period import Period
from chargeback.model.ledger import Basis
from chargeback.model.money import EXACT, exact_sum, format_exact, from_minor, to_minor
from chargeback.model.totals import Sums, total
from chargeback.publish.pages.charts import ChartColumn, ColumnChart, column_chart
from chargeback.publish.pages.wording import amount, change_text, minor, percent
from chargeback.publish.team_history import PastMonth
from chargeback.publish.team_workbook.month import TeamMonth
from chargeback.publish.team_workbook.totals import by_resource, grouped

Key = TypeVar("Key", str, tuple[str, str])

MOST_PROJECTS = 40
"""Projects that are listed, those with the largest net; the others are one row. Every line stands in the CSV."""
MOST_RESOURCES = 10
"""Resources of one project that are listed."""
PARTS = {
    Basis.INVOICE_LINE: "own projects",
    Basis.REPORT_SHARE: "own projects",
    Basis.SHARED_SPLIT: "share of shared projects",
    Basis.ADJUSTMENT: "adjustments",
}


class AmountRow(NamedTuple):
    """A row of net, tax and gross; ``name`` and ``code`` from outside, ``text`` of the catalogue where there is no
    name; ``share`` of the team's net; ``number`` of what one row stands for, 0 where that is one thing."""

    net: str
    tax: str
    gross: str
    name: str = ""
    code: str = ""
    text: str = ""
    share: str = ""
    number: int = 0
    rows: tuple[AmountRow, ...] = ()


class MonthRow(Struct, frozen=True):
    """A month: net and gross as text, None where they are not known; ``is_archived`` where there is a revision."""

    period: str
    net: str | None
    gross: str | None
    change: str
    is_archived: bool


class BudgetRow(Struct, frozen=True):
    """The budget beside what was spent, net, over so many ``months``."""

    text: str
    months: int
    budget: str
    actual: str
    left: str
    used: str
    is_over: bool


class SharedRow(Struct, frozen=True):
    """This team's part of a shared project; ``rule`` of the catalogue, "" where the configuration names none;
    ``parts`` are a weight and the sum of weights, None if there are none."""

    amounts: AmountRow
    share: str
    rule: str
    parts: tuple[str, str] | None


class CurrencyFigures(Struct, frozen=True):
    """All figures of one currency; ``borne_tax`` is "" where the tax can be reclaimed; ``bears_gross`` where none of it
    can, so that gross is what the cost centre bears."""

    currency: str
    totals: AmountRow
    lines: int
    borne_tax: str
    bears_gross: bool
    before: str
    change: str
    months: tuple[MonthRow, ...]
    chart: ColumnChart
    budget: tuple[BudgetRow, ...]
    parts: tuple[AmountRow, ...]
    projects: tuple[AmountRow, ...]
    shared: tuple[SharedRow, ...]
    rest_of_shared: AmountRow | None


def figures(month: TeamMonth, colour: str) -> tuple[CurrencyFigures, ...]:
    """The figures of each currency, in its order; the chart has the team's colour."""
    return tuple(_Currency(month, code, digits, colour).made() for code, digits in month.currencies.items())


@dataclass(slots=True)
class _Currency:
    month: TeamMonth
    currency: str
    digits: int
    colour: str
    sums: Sums = field(init=False)

    def __post_init__(self) -> None:
        self.sums = self.month.sums(self.currency)

    def made(self) -> CurrencyFigures:
        history = self.month.months(self.currency)
        before, borne = history[-2].net, self.month.borne_tax.get(self.currency, 0)
        shared, rest = self._shared()
        return CurrencyFigures(
            currency=self.currency,
            totals=self._row(self.sums),
            lines=self.sums.lines,
            borne_tax=self._text(borne) if borne else "",
            bears_gross=self.month.basis(self.currency) == "gross",
            before="" if before is None else self._text(before),
            change=change_text(before, self.sums.net),
            months=self._months(history),
            chart=self._chart(history),
            budget=tuple(self._budget(history)),
            parts=self._parts(),
            projects=self._projects(),
            shared=shared,
            rest_of_shared=rest,
        )

    def _text(self, units: int) -> str:
        return minor(units, self.digits)

    def _row(
        self, sums: Sums, name: str = "", code: str = "", text: str = "", *, number: int = 0,
        rows: tuple[AmountRow, ...] = (),
    ) -> AmountRow:  # fmt: skip
        digits, share = self.digits, percent(sums.net, self.sums.net)
        amounts = (minor(sums.net, digits), minor(sums.tax, digits), minor(sums.gross, digits))
        return AmountRow(*amounts, name, code, text, share, number, rows)

    def _months(self, history: Sequence[PastMonth]) -> tuple[MonthRow, ...]:
        """Newest first, from the first of the twelve that is archived."""
        rows: list[MonthRow] = []
        last = None
        for past in history:
            change = "" if past.net is None or last is None else change_text(last, past.net)
            is_archived = past.gross is not None
            if rows or is_archived:
                net, gross = (None if each is None else self._text(each) for each in (past.net, past.gross))
                rows.append(MonthRow(str(past.period), net, gross, change, is_archived))
            last = past.net
        return tuple(reversed(rows))

    def _chart(self, history: Sequence[PastMonth]) -> ColumnChart:
        columns = [
            ChartColumn(str(past.period), _axis_label(past.period) if place % 2 else "", (past.net or 0,))
            for place, past in enumerate(history)
        ]
        return column_chart(columns, [self.month.title], self.currency, self.digits, [self.colour])

    def _budget(self, history: Sequence[PastMonth]) -> Iterable[BudgetRow]:
        """This month, and the year's months so far that are archived with their net; none without a budget."""
        budget = self.month.budget(self.currency)
        if budget is None:
            return
        year = self.month.books.period.year
        nets = [past.net for past in history if past.period.year == year and past.net is not None]
        yield self._budget_row("This month", budget.amount, [self.sums.net])
        yield self._budget_row("Year to date", budget.amount, nets)

    def _budget_row(self, text: str, budget: Decimal, nets: Sequence[int]) -> BudgetRow:
        whole, actual = exact_sum([budget] * len(nets)), from_minor(sum(nets), self.digits)
        left = exact_sum([whole, EXACT.minus(actual)])
        finest = max(self.digits, -int(whole.as_tuple().exponent))
        used = percent(to_minor(actual, finest), to_minor(whole, finest))
        return BudgetRow(text, len(nets), amount(whole), amount(actual), amount(left), used, left < 0)

    def _parts(self) -> tuple[AmountRow, ...]:
        groups = self.month.totals.by(lambda part: (part.currency, PARTS[part.basis]))
        return tuple(self._row(groups[self.currency, text], text=text)
                     for text in dict.fromkeys(PARTS.values()) if (self.currency, text) in groups)  # fmt: skip

    def _projects(self) -> tuple[AmountRow, ...]:
        """The projects with the largest net, each with its largest resources; what is left is one row of each."""
        by_project = grouped(self.month.totals.by_cell(self.currency), lambda cell: cell[0])
        shown, left = _cut(by_project, MOST_PROJECTS)
        of_project = by_resource(self.month.lines, self.currency, frozenset(shown))
        rows = [self._project(project, by_project[project], of_project[project]) for project in shown]
        return (*rows, *self._rest(left, by_project))

    def _project(self, project: str, sums: Sums, resources: Mapping[str, Sums]) -> AmountRow:
        shown, left = _cut(resources, MOST_RESOURCES)
        rows = [
            self._row(resources[resource], name=resource, text="" if resource else "no resource") for resource in shown
        ]
        name = self.month.totals.names.get(project, "") or project
        return self._row(
            sums, name=name, code=project if name != project else "", text="" if project else "without a project",
            rows=(*rows, *self._rest(left, resources)),
        )  # fmt: skip

    def _rest(self, left: Sequence[str], sums: Mapping[str, Sums]) -> tuple[AmountRow, ...]:
        if not left:
            return ()
        return (self._row(total(sums[key] for key in left), text="smaller ones", number=len(left)),)

    def _shared(self) -> tuple[tuple[SharedRow, ...], AmountRow | None]:
        groups: dict[tuple[str, str], Sums] = {}
        for part, cells in self.month.totals.cells.items():
            if part.basis is Basis.SHARED_SPLIT and part.currency == self.currency:
                for cell, sums in cells.items():
                    groups.setdefault((cell.project, cell.share_percent), Sums()).add(sums)
        shown, left = _cut(groups, MOST_PROJECTS)
        rest = self._row(total(groups[key] for key in left), text="smaller ones", number=len(left)) if left else None
        return tuple(self._shared_row(project, share, groups[project, share]) for project, share in shown), rest

    def _shared_row(self, project: str, share: str, sums: Sums) -> SharedRow:
        name = self.month.totals.names.get(project, "") or project
        row = self._row(sums, name=name, code=project if name != project else "")
        entry = self.month.config.shared_entry(project, self.month.books.period)
        if entry is None:
            return SharedRow(row, share, "", None)
        if entry.split == "even":
            return SharedRow(row, share, "evenly over the teams", ("1", str(len(self.month.config.teams))))
        if entry.split == "proportional":
            return SharedRow(row, share, "in proportion to what each team's own projects cost in the month", None)
        weight, whole = entry.split.get(self.month.team.id, Decimal(0)), exact_sum(entry.split.values())
        return SharedRow(row, share, "by weights", (format_exact(weight), format_exact(whole)))


def _axis_label(period: Period) -> str:
    return f"{period.month:02d}/{period.year % 100:02d}"


def _cut(sums: Mapping[Key, Sums], most: int) -> tuple[list[Key], list[Key]]:
    """The keys with the largest net, ties by code point, and those beyond the limit; a single one more is shown too."""
    ranked = sorted(sums, key=lambda key: (-sums[key].net, key))
    cut = len(ranked) if len(ranked) <= most + 1 else most
    return ranked[:cut], ranked[cut:]
