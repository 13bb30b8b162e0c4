"""The sheet *Summary*: what the team pays, how it came about, and how it differs from the month before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openpyxl.utils import get_column_letter

from chargeback.config import Config
from chargeback.model.books import Books
from chargeback.model.ledger import Basis, LedgerTeam
from chargeback.model.money import from_minor, minor_digits
from chargeback.publish.workbook.cells import Cells
from chargeback.publish.workbook.exact_formula import is_safe_sum
from chargeback.publish.workbook.ledger_chart import add_bars
from chargeback.publish.workbook.ledger_lines import AMOUNTS, table_name, total_cell
from chargeback.publish.workbook.package import Book
from chargeback.publish.workbook.page_setup import set_up
from chargeback.publish.workbook.sections import Column, Sections
from chargeback.publish.workbook.shared_projects import split_in_words
from chargeback.publish.workbook.styles import COUNT, PERCENT, QUANTITY, Kind, look, money
from chargeback.publish.workbook.team_totals import Sums, TeamTotals, largest_first

SUMMARY = "Summary"
WIDTHS = {"A": 26, "B": 24, "C": 15, "D": 15, "E": 15, "F": 15, "G": 15, "H": 13, "I": 15}
MOST_RESOURCES = 12
"""Resources shown as columns; with more of them, every project's resources stand beneath each other."""
_OWN, _SHARED, _ADJUSTMENT = "own projects", "share of shared projects", "adjustments"
_PARTS = {
    Basis.INVOICE_LINE: _OWN,
    Basis.REPORT_SHARE: _OWN,
    Basis.SHARED_SPLIT: _SHARED,
    Basis.ADJUSTMENT: _ADJUSTMENT,
}
_CHART_ROW = 4
_AMOUNT_COLUMNS = ("C", "D", "E")


@dataclass(frozen=True, slots=True)
class TeamMonth:
    """One team's month: its totals, its previous month's gross by currency (None where none is archived)."""

    books: Books
    config: Config
    team: LedgerTeam
    totals: TeamTotals
    previous: Mapping[str, int] | None
    previous_name: str
    sheets: int

    @property
    def currencies(self) -> dict[str, int]:
        """Currencies of this month and of the one before, with their minor digits; of the books where there is none."""
        known = dict(self.totals.currencies)
        for currency in self.previous or {}:
            known.setdefault(currency, minor_digits(currency))
        if not known:
            known = {total.currency: total.digits for total in self.books.totals}
        return dict(sorted(known.items()))


def add_summary(book: Book, month: TeamMonth, footer: str) -> None:
    """Add the sheet; it comes first."""
    sections = Sections(book.cells)
    sheet = book.add(SUMMARY, sections.rows)
    _head(sections, month)
    _totals(sections, month)
    _how(sections, month)
    _environments(sections, month)
    _shared(sections, month)
    widths = dict(WIDTHS)
    charted = False
    for currency, digits in month.totals.currencies.items():
        rows = _projects(sections, month.totals.of(currency), currency, digits, widths)
        if rows and not charted:
            add_bars(sheet.worksheet, SUMMARY, rows, f"Gross by project, {currency}", f"K{_CHART_ROW}", digits)
            charted = True
    set_up(sheet.worksheet, widths, footer=footer, freeze="A4", header_rows="1:2")


def _head(sections: Sections, month: TeamMonth) -> None:
    books, team = month.books, month.team
    sections.title(team.name or team.id, f"Cost allocation {books.period} · revision {books.revision}")
    sections.gap()
    sections.fact("Team", team.id)
    sections.fact("Cost centre", team.cost_center or "none")
    sections.fact("Expense account (GL)", team.gl_account or "none of its own")
    sections.fact("Period", f"{books.period} ({month.config.timezone_name})")
    sections.fact("Month's status", _status(books))
    sections.fact("Source", books.posting.run.endpoint)
    sections.gap()


def _status(books: Books) -> str:
    count = books.accepted.count
    return f"{books.status.value}, {count} accepted" if count else books.status.value


def _totals(sections: Sections, month: TeamMonth) -> None:
    sections.section("Totals", "ABCDEFGH", f"Formulas over the sheet {table_name(1)}. Gross = net + tax.")
    sections.header(
        [
            Column("A", "Currency"),
            Column("B", "Lines", True),
            *(
                Column(letter, name, True)
                for letter, name in zip(_AMOUNT_COLUMNS, ("Net", "Tax", "Gross"), strict=True)
            ),
            Column("F", f"Gross {month.previous_name}", True),
            Column("G", "Change", True),
            Column("H", "Change in %", True),
        ],
        30,
    )
    by_currency = month.totals.by(lambda part: part.currency)
    for currency, digits in month.currencies.items():
        _total_row(sections, month, currency, digits, by_currency.get(currency, Sums()))
    sections.gap()


def _total_row(sections: Sections, month: TeamMonth, currency: str, digits: int, sums: Sums) -> None:
    cells, style = sections.cells, look(Kind.STRONG, money(digits))
    tables = range(1, month.sheets + 1)
    counts = "+".join(f'COUNTIF({table_name(number)}[currency],"{currency}")' for number in tables)
    plain = currency.isascii() and currency.isalpha()
    sections.add(
        [
            cells.text("A", currency, look(Kind.STRONG)),
            cells.formula("B", counts, sums.lines, look(Kind.PLAIN, COUNT))
            if plain
            else cells.number("B", str(sums.lines), look(Kind.PLAIN, COUNT)),
            *(
                total_cell(cells, letter, name, currency, digits, sums, month.totals, month.sheets, style)
                for letter, name in zip(_AMOUNT_COLUMNS, AMOUNTS, strict=True)
            ),
            *_change(sections, month, currency, digits, sums),
        ]
    )


def _change(sections: Sections, month: TeamMonth, currency: str, digits: int, sums: Sums) -> list[str]:
    cells, row, amount = sections.cells, sections.next, look(Kind.PLAIN, money(digits))
    if month.previous is None:
        return [cells.text("F", "not archived", look(Kind.NOTE))]
    before = month.previous.get(currency, 0)
    change = sums.gross - before
    result = [cells.minor("F", before, digits, amount)]
    if not is_safe_sum(abs(before) + abs(sums.gross)):
        return [*result, cells.minor("G", change, digits, amount)]
    result.append(cells.formula("G", f"ROUND(E{row}-F{row},{digits})", from_minor(change, digits), amount))
    return [*result, _percent(cells, "H", f"G{row}", f"F{row}", change, before)] if before else result


def _percent(cells: Cells, column: str, part_cell: str, whole_cell: str, part: int, whole: int) -> str:
    """``part`` of ``whole`` as a formula of three decimals of a percent."""
    units = (2 * abs(part) * 100_000 + abs(whole)) // (2 * abs(whole))
    value = from_minor(-units if (part < 0) != (whole < 0) else units, 5)
    return cells.formula(column, f"ROUND({part_cell}/{whole_cell},5)", value, look(Kind.PLAIN, PERCENT))


def _amounts(cells: Cells, sums: Sums, digits: int, letters: Sequence[str] = _AMOUNT_COLUMNS) -> list[str]:
    style = look(Kind.PLAIN, money(digits))
    return [
        cells.minor(letter, getattr(sums, name), digits, style) for letter, name in zip(letters, AMOUNTS, strict=True)
    ]


def _sum_row(
    sections: Sections,
    label: Sequence[str],
    letters: Sequence[str],
    values: Sequence[int],
    sums: Sums,
    first: int,
    digits: int,
) -> None:
    """A total over the rows from ``first`` to the one before, as formulas with their values."""
    cells, style, last = sections.cells, look(Kind.TOTAL, money(digits)), sections.next - 1
    amounts = [
        cells.formula(letter, f"ROUND(SUM({letter}{first}:{letter}{last}),{digits})", from_minor(value, digits), style)
        if is_safe_sum(sums.magnitude)
        else cells.minor(letter, value, digits, style)
        for letter, value in zip(letters, values, strict=True)
    ]
    sections.add([*label, *amounts])


def _total_label(cells: Cells, text: str, others: Sequence[str]) -> list[str]:
    style = look(Kind.TOTAL)
    return [cells.text("A", text, style), *(cells.blank(letter, style) for letter in others)]


def _grouped(
    sections: Sections, month: TeamMonth, heading: str, name: str, groups: Mapping[tuple[str, str], Sums], note: str
) -> None:
    """A table of one row a group, with a total a currency."""
    cells = sections.cells
    sections.section(heading, "ABCDEF", note)
    headings = zip(_AMOUNT_COLUMNS, ("Net", "Tax", "Gross"), strict=True)
    sections.header(
        [
            Column("A", name),
            Column("B", "Currency"),
            *(Column(letter, text, True) for letter, text in headings),
            Column("F", "Share of gross", True),
        ]
    )
    for currency, digits in month.totals.currencies.items():
        mine = {key: sums for (code, key), sums in groups.items() if code == currency}
        total, first = Sums(), sections.next
        for sums in mine.values():
            total.add(sums)
        end = first + len(mine)
        for key in sorted(mine):
            sums = mine[key]
            share = (
                [_percent(cells, "F", f"E{sections.next}", f"E{end}", sums.gross, total.gross)]
                if total.gross and is_safe_sum(total.magnitude)
                else []
            )
            sections.add(
                [
                    cells.text("A", key, look()),
                    cells.text("B", currency, look()),
                    *_amounts(cells, sums, digits),
                    *share,
                ]
            )
        _sum_row(
            sections,
            [cells.text("A", "Total", look(Kind.TOTAL)), cells.text("B", currency, look(Kind.TOTAL))],
            _AMOUNT_COLUMNS,
            (total.net, total.tax, total.gross),
            total,
            first,
            digits,
        )
    if not month.totals.parts:
        sections.add([cells.text("A", "no lines in this month", look(Kind.NOTE))])
    sections.gap()


def _how(sections: Sections, month: TeamMonth) -> None:
    groups = month.totals.by(lambda part: (part.currency, _PARTS[part.basis]))
    _grouped(sections, month, "How it came about", "Part", groups, "")


def _environments(sections: Sections, month: TeamMonth) -> None:
    groups = month.totals.by(lambda part: (part.currency, part.environment or "without a project"))
    _grouped(sections, month, "By environment", "Environment", groups, "")


def _shared(sections: Sections, month: TeamMonth) -> None:
    shared = {part: sums for part, sums in month.totals.parts.items() if part.basis is Basis.SHARED_SPLIT}
    if not shared:
        return
    cells = sections.cells
    sections.section("Shared projects: this team's part", "ABCDEFGHI", "Contained in the totals above.")
    sections.header(
        [
            Column("A", "Project"),
            Column("B", "Name"),
            Column("C", "Net", True),
            Column("D", "Tax", True),
            Column("E", "Gross", True),
            Column("F", "Currency"),
            Column("G", "Share in %", True),
            Column("H", "How it was split"),
            Column("I", ""),
        ]
    )
    groups = TeamTotals(shared).by(lambda part: part._replace(environment="", resource=""))
    for part in sorted(groups, key=lambda part: (part.project, part.currency, part.share_percent)):
        sections.add(
            [
                cells.text("A", part.project, look()),
                cells.text("B", part.project_name, look()),
                *_amounts(cells, groups[part], part.digits),
                cells.text("F", part.currency, look()),
                cells.number("G", part.share_percent, look(Kind.PLAIN, QUANTITY))
                if part.share_percent
                else cells.blank("G", look()),
                cells.text("H", split_in_words(part.project, month.team.id, month.config, month.books.period), look()),
            ]
        )
    sections.gap()


def _projects(
    sections: Sections, totals: TeamTotals, currency: str, digits: int, widths: dict[str, float]
) -> tuple[int, int, str] | None:
    """The table of projects and resources; (first row, last row, column) of the projects' totals for the chart."""
    sections.gap(_CHART_ROW + 20)
    resources = sorted(totals.by(lambda part: part.resource))
    if len(resources) <= MOST_RESOURCES:
        return _crossed(sections, totals, currency, digits, resources, widths)
    return _listed(sections, totals, currency, digits)


def _crossed(
    sections: Sections, totals: TeamTotals, currency: str, digits: int, resources: list[str], widths: dict[str, float]
) -> tuple[int, int, str]:
    cells = sections.cells
    letters = [get_column_letter(3 + place) for place in range(len(resources) + 1)]
    for letter in letters:
        widths.setdefault(letter, 15)
    sections.section(f"By project and resource: gross, {currency}", ["A", "B", *letters], "The largest project first.")
    sections.header(
        [
            Column("A", "Project"),
            Column("B", "Name"),
            *(Column(letter, name or "no resource", True) for letter, name in zip(letters, resources, strict=False)),
            Column(letters[-1], "Total", True),
        ],
        30,
    )
    first = sections.next
    by_project = totals.by(lambda part: part.project)
    by_cell = totals.by(lambda part: (part.project, part.resource))
    names = {part.project: part.project_name for part in totals.parts}
    for project in largest_first(by_project):
        _crossed_row(sections, project, names[project], by_project[project], by_cell, resources, letters, digits)
    last = sections.next - 1
    by_resource, whole = totals.by(lambda part: part.resource), totals.by(lambda part: currency)[currency]
    _sum_row(
        sections,
        _total_label(cells, f"Total {currency}", "B"),
        letters,
        [*(by_resource[name].gross for name in resources), whole.gross],
        whole,
        first,
        digits,
    )
    return first, last, letters[-1]


def _crossed_row(
    sections: Sections,
    project: str,
    name: str,
    sums: Sums,
    by_cell: Mapping[tuple[str, str], Sums],
    resources: list[str],
    letters: list[str],
    digits: int,
) -> None:
    cells, row, amount = sections.cells, sections.next, look(Kind.PLAIN, money(digits))
    found = [
        cells.minor(letter, by_cell[project, resource].gross, digits, amount)
        for letter, resource in zip(letters, resources, strict=False)
        if (project, resource) in by_cell
    ]
    strong, last = look(Kind.STRONG, money(digits)), letters[-2]
    total = (
        cells.formula(letters[-1], f"ROUND(SUM(C{row}:{last}{row}),{digits})", from_minor(sums.gross, digits), strong)
        if is_safe_sum(sums.magnitude)
        else cells.minor(letters[-1], sums.gross, digits, strong)
    )
    label = [cells.text("A", project or "without a project", look()), cells.text("B", name, look())]
    sections.add([*label, *found, total])


def _listed(sections: Sections, totals: TeamTotals, currency: str, digits: int) -> tuple[int, int, str]:
    cells = sections.cells
    sections.section(f"By project: {currency}", "ABCDE", "The largest project first; its resources are listed below.")
    headings = zip(_AMOUNT_COLUMNS, ("Net", "Tax", "Gross"), strict=True)
    columns = [Column("A", "Project"), Column("B", "Name"), *(Column(letter, text, True) for letter, text in headings)]
    sections.header(columns)
    first = sections.next
    by_project = totals.by(lambda part: part.project)
    names = {part.project: part.project_name for part in totals.parts}
    order = largest_first(by_project)
    for project in order:
        label = [cells.text("A", project or "without a project", look()), cells.text("B", names[project], look())]
        sections.add([*label, *_amounts(cells, by_project[project], digits)])
    last = sections.next - 1
    whole = totals.by(lambda part: currency)[currency]
    label = _total_label(cells, f"Total {currency}", "B")
    _sum_row(sections, label, _AMOUNT_COLUMNS, (whole.net, whole.tax, whole.gross), whole, first, digits)
    sections.gap()
    _listed_resources(sections, totals, currency, digits, order, whole)
    return first, last, "E"


def _listed_resources(
    sections: Sections, totals: TeamTotals, currency: str, digits: int, order: Sequence[str], whole: Sums
) -> None:
    cells = sections.cells
    sections.section(f"By project and resource: {currency}", "ABCDE")
    headings = zip(_AMOUNT_COLUMNS, ("Net", "Tax", "Gross"), strict=True)
    sections.header(
        [Column("A", "Project"), Column("B", "Resource"), *(Column(letter, text, True) for letter, text in headings)]
    )
    first = sections.next
    by_cell = totals.by(lambda part: (part.project, part.resource))
    place = {project: number for number, project in enumerate(order)}
    for project, resource in sorted(by_cell, key=lambda key: (place[key[0]], key[1])):
        label = [cells.text("A", project or "without a project", look()), cells.text("B", resource, look())]
        sections.add([*label, *_amounts(cells, by_cell[project, resource], digits)])
    label = _total_label(cells, f"Total {currency}", "B")
    _sum_row(sections, label, _AMOUNT_COLUMNS, (whole.net, whole.tax, whole.gross), whole, first, digits)
