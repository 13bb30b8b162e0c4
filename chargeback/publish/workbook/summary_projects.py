"""The lower part of *Summary*: projects by resources, crossed where that fits on a page, else beneath each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from openpyxl.utils import get_column_letter

from chargeback.model.money import from_minor
from chargeback.publish.workbook.exact_formula import is_safe_sum
from chargeback.publish.workbook.ledger_chart import Bars
from chargeback.publish.workbook.sections import Column, Sections
from chargeback.publish.workbook.styles import Kind, look, money
from chargeback.publish.workbook.summary_cells import (
    AMOUNT_COLUMNS,
    AMOUNT_HEADINGS,
    amount_cells,
    sum_row,
    total_label,
)
from chargeback.publish.workbook.team_totals import Sums, TeamTotals, grouped, largest_first, total

MOST_RESOURCES = 12
"""Resources shown as columns; with more of them, every project's resources stand beneath each other."""
_NO_PROJECT, _NO_RESOURCE = "without a project", "no resource"


@dataclass(slots=True)
class Projects:
    """One currency's sums by project and resource; projects with the largest gross first."""

    currency: str
    digits: int
    names: Mapping[str, str]
    by_cell: Mapping[tuple[str, str], Sums]
    by_project: Mapping[str, Sums] = field(init=False)
    by_resource: Mapping[str, Sums] = field(init=False)
    whole: Sums = field(init=False)

    def __post_init__(self) -> None:
        self.by_project = grouped(self.by_cell, lambda cell: cell[0])
        self.by_resource = dict(sorted(grouped(self.by_cell, lambda cell: cell[1]).items()))
        self.whole = total(self.by_resource.values())


def add_projects(sections: Sections, totals: TeamTotals, currency: str, widths: dict[str, float]) -> Bars:
    """Add the tables of one currency; ``widths`` gets those of further columns. What a chart shows of it comes back."""
    projects = Projects(currency, totals.currencies[currency], totals.names, totals.by_cell(currency))
    if len(projects.by_resource) > MOST_RESOURCES:
        return _listed(sections, projects)
    letters = [get_column_letter(3 + place) for place in range(len(projects.by_resource) + 1)]
    for letter in letters:
        widths.setdefault(letter, 15)
    return _crossed(sections, projects, letters)


def _bars(projects: Projects, order: Sequence[str], first: int, column: str) -> Bars:
    amounts = [(project or _NO_PROJECT, projects.by_project[project].gross) for project in order]
    return Bars(projects.currency, projects.digits, first, column, amounts)


def _crossed(sections: Sections, projects: Projects, letters: Sequence[str]) -> Bars:
    currency, resources = projects.currency, list(projects.by_resource)
    sections.section(f"By project and resource: gross, {currency}", ["A", "B", *letters], "The largest project first.")
    headings = [Column(letter, name or _NO_RESOURCE, True) for letter, name in zip(letters, resources, strict=False)]
    sections.header([Column("A", "Project"), Column("B", "Name"), *headings, Column(letters[-1], "Total", True)])
    first, order = sections.next, largest_first(projects.by_project)
    for project in order:
        _crossed_row(sections, projects, project, letters)
    amounts = [*(sums.gross for sums in projects.by_resource.values()), projects.whole.gross]
    label = total_label(sections.cells, f"Total {currency}")
    sum_row(sections, label, letters, amounts, projects.whole.magnitude, first, projects.digits)
    sections.gap()
    return _bars(projects, order, first, letters[-1])


def _crossed_row(sections: Sections, projects: Projects, project: str, letters: Sequence[str]) -> None:
    cells, row, digits = sections.cells, sections.next, projects.digits
    amount, strong, sums = (
        look(Kind.PLAIN, money(digits)),
        look(Kind.STRONG, money(digits)),
        projects.by_project[project],
    )
    found = []
    for letter, resource in zip(letters, projects.by_resource, strict=False):
        cell = projects.by_cell.get((project, resource))
        if cell is not None:
            found.append(cells.minor(letter, cell.gross, digits, amount))
    whole = cells.minor(letters[-1], sums.gross, digits, strong)
    if is_safe_sum(sums.magnitude):
        formula = f"ROUND(SUM(C{row}:{letters[-2]}{row}),{digits})"
        whole = cells.formula(letters[-1], formula, from_minor(sums.gross, digits), strong)
    sections.add([*_label(sections, projects, project), *found, whole])


def _label(sections: Sections, projects: Projects, project: str) -> list[str]:
    cells = sections.cells
    return [
        cells.text("A", project or _NO_PROJECT, look()),
        cells.text("B", projects.names.get(project, ""), look()),
    ]


def _listed(sections: Sections, projects: Projects) -> Bars:
    sections.section(f"By project: {projects.currency}", "ABCDE", "The largest first; resources are listed below.")
    sections.header([Column("A", "Project"), Column("B", "Name"), *AMOUNT_HEADINGS])
    first, order = sections.next, largest_first(projects.by_project)
    for project in order:
        label = _label(sections, projects, project)
        sections.add([*label, *amount_cells(sections.cells, projects.by_project[project], projects.digits)])
    _whole(sections, projects, first)
    _resources(sections, projects, order)
    return _bars(projects, order, first, "E")


def _resources(sections: Sections, projects: Projects, order: Sequence[str]) -> None:
    cells, place = sections.cells, {project: number for number, project in enumerate(order)}
    sections.section(f"By project and resource: {projects.currency}", "ABCDE")
    sections.header([Column("A", "Project"), Column("B", "Resource"), *AMOUNT_HEADINGS])
    first = sections.next
    for project, resource in sorted(projects.by_cell, key=lambda cell: (place[cell[0]], cell[1])):
        label = [cells.text("A", project or _NO_PROJECT, look()), cells.text("B", resource or _NO_RESOURCE, look())]
        sections.add([*label, *amount_cells(cells, projects.by_cell[project, resource], projects.digits)])
    _whole(sections, projects, first)


def _whole(sections: Sections, projects: Projects, first: int) -> None:
    whole, label = projects.whole, total_label(sections.cells, f"Total {projects.currency}")
    amounts = (whole.net, whole.tax, whole.gross)
    sum_row(sections, label, AMOUNT_COLUMNS, amounts, whole.magnitude, first, projects.digits)
    sections.gap()
