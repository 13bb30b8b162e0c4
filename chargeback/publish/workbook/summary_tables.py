"""The middle of *Summary*: how the cost came about, by environment, and the team's part of shared projects."""

from __future__ import annotations

from collections.abc import Mapping

from chargeback.model.ledger import Basis
from chargeback.publish.workbook.exact_formula import is_safe_sum
from chargeback.publish.workbook.sections import Column, Sections
from chargeback.publish.workbook.shared_projects import split_in_words
from chargeback.publish.workbook.styles import QUANTITY, Kind, look
from chargeback.publish.workbook.summary_cells import (
    AMOUNT_COLUMNS,
    AMOUNT_HEADINGS,
    amount_cells,
    percent_cell,
    sum_row,
    total_label,
)
from chargeback.publish.workbook.team_month import TeamMonth
from chargeback.publish.workbook.team_totals import Sums, total

_OWN, _SHARED, _ADJUSTMENT = "own projects", "share of shared projects", "adjustments"
_Shared = tuple[str, str, int, str]
"""Project, currency, its digits, share in percent."""
_PARTS = {
    Basis.INVOICE_LINE: _OWN,
    Basis.REPORT_SHARE: _OWN,
    Basis.SHARED_SPLIT: _SHARED,
    Basis.ADJUSTMENT: _ADJUSTMENT,
}


def add_how(sections: Sections, month: TeamMonth) -> None:
    """Own projects, share of shared ones, adjustments."""
    groups = month.totals.by(lambda part: (part.currency, _PARTS[part.basis]))
    _table(sections, month, "How it came about", "Part", groups)


def add_environments(sections: Sections, month: TeamMonth) -> None:
    """One row an environment and currency."""
    groups = month.totals.by(lambda part: (part.currency, part.environment or "without a project"))
    _table(sections, month, "By environment", "Environment", groups)


def _table(
    sections: Sections, month: TeamMonth, heading: str, name: str, groups: Mapping[tuple[str, str], Sums]
) -> None:
    """One row a group, with a total a currency."""
    sections.section(heading, "ABCDEF")
    headings = (Column("A", name), Column("B", "Currency"), *AMOUNT_HEADINGS)
    sections.header([*headings, Column("F", "Share of gross", True)])
    for currency, digits in month.totals.currencies.items():
        mine = {key: sums for (code, key), sums in sorted(groups.items()) if code == currency}
        _currency(sections, currency, digits, mine)
    if not groups:
        sections.add([sections.cells.text("A", "no lines in this month", look(Kind.NOTE))])
    sections.gap()


def _currency(sections: Sections, currency: str, digits: int, groups: Mapping[str, Sums]) -> None:
    cells, whole, first = sections.cells, total(groups.values()), sections.next
    last = first + len(groups)
    with_share = whole.gross and is_safe_sum(whole.magnitude)
    for key, sums in groups.items():
        cell = f"E{sections.next}"
        share = percent_cell(cells, "F", cell, f"E{last}", sums.gross, whole.gross) if with_share else ""
        label = [cells.text("A", key, look()), cells.text("B", currency, look())]
        sections.add([*label, *amount_cells(cells, sums, digits), share])
    amounts = (whole.net, whole.tax, whole.gross)
    sum_row(sections, total_label(cells, "Total", currency), AMOUNT_COLUMNS, amounts, whole.magnitude, first, digits)


def add_shared(sections: Sections, month: TeamMonth) -> None:
    """One row a shared project, currency and share; nothing where the team has none."""
    groups: dict[_Shared, Sums] = {}
    for part, cells in month.totals.cells.items():
        if part.basis is Basis.SHARED_SPLIT:
            for cell, sums in cells.items():
                key = (cell.project, part.currency, part.digits, cell.share_percent)
                groups.setdefault(key, Sums()).add(sums)
    if not groups:
        return
    note = "Contained in the totals above. Split by the rule that the configuration has for the month."
    sections.section("Shared projects: this team's part", "ABCDEFGHI", note)
    headings = (Column("A", "Project"), Column("B", "Name"), *AMOUNT_HEADINGS, Column("F", "Currency"))
    rule = (Column("G", "Share in %", True), Column("H", "How it was split"), Column("I", ""))
    sections.header([*headings, *rule])
    for key in sorted(groups):
        _shared_row(sections, month, key, groups[key])
    sections.gap()


def _shared_row(sections: Sections, month: TeamMonth, key: _Shared, sums: Sums) -> None:
    cells, (project, currency, digits, percent) = sections.cells, key
    rule = split_in_words(project, month.team.id, month.config, month.books.period)
    sections.add(
        [
            cells.text("A", project, look()),
            cells.text("B", month.totals.names.get(project, ""), look()),
            *amount_cells(cells, sums, digits),
            cells.text("F", currency, look()),
            cells.number("G", percent, look(Kind.PLAIN, QUANTITY)) if percent else "",
            cells.text("H", rule, look()),
        ]
    )
