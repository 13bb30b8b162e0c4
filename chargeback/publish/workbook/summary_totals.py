"""The top of *Summary*: who the team is, and its totals by currency with the month before."""

from __future__ import annotations

from chargeback.model.books import Books
from chargeback.model.money import from_minor
from chargeback.publish.workbook.exact_formula import is_safe_sum
from chargeback.publish.workbook.ledger_lines import count_cell, table_name, total_cell
from chargeback.publish.workbook.ledger_rows import AMOUNTS
from chargeback.publish.workbook.sections import Column, Sections
from chargeback.publish.workbook.styles import Kind, look, money
from chargeback.publish.workbook.summary_cells import AMOUNT_COLUMNS, AMOUNT_HEADINGS, percent_cell
from chargeback.publish.workbook.team_month import TeamMonth
from chargeback.publish.workbook.team_totals import Sums


def add_head(sections: Sections, month: TeamMonth) -> None:
    """Title, and what the figures are of."""
    books, team = month.books, month.team
    sections.title(month.title, f"Cost allocation {books.period} · revision {books.revision}")
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


def add_totals(sections: Sections, month: TeamMonth) -> None:
    """One row a currency: lines, net, tax, gross, the previous month's gross, the change."""
    sections.section("Totals", "ABCDEFGH", f"Formulas over the sheet {table_name(1)}. Gross = net + tax.")
    before = Column("F", f"Gross {month.previous_name}", True)
    headings = (Column("A", "Currency"), Column("B", "Lines", True), *AMOUNT_HEADINGS, before)
    sections.header([*headings, Column("G", "Change", True), Column("H", "Change in %", True)])
    by_currency = month.totals.by(lambda part: part.currency)
    for currency, digits in month.currencies.items():
        _row(sections, month, currency, digits, by_currency.get(currency, Sums()))
    sections.gap()


def _row(sections: Sections, month: TeamMonth, currency: str, digits: int, sums: Sums) -> None:
    cells, style = sections.cells, look(Kind.STRONG, money(digits))
    sections.add(
        [
            cells.text("A", currency, look(Kind.STRONG)),
            count_cell(cells, "B", currency, sums, month.totals, month.sheets),
            *(
                total_cell(cells, letter, name, currency, digits, sums, month.totals, month.sheets, style)
                for letter, name in zip(AMOUNT_COLUMNS, AMOUNTS, strict=True)
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
    return [*result, percent_cell(cells, "H", f"G{row}", f"F{row}", change, before)] if before else result
