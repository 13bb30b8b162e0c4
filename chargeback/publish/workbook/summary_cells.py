"""The cells that the summary's tables have in common: amounts of a row, totals of a column, shares in percent."""

from __future__ import annotations

from collections.abc import Sequence

from chargeback.model.money import from_minor
from chargeback.publish.workbook.cells import Cells
from chargeback.publish.workbook.exact_formula import is_safe_sum
from chargeback.publish.workbook.sections import Column, Sections
from chargeback.publish.workbook.styles import PERCENT, Kind, look, money
from chargeback.publish.workbook.team_totals import Sums

AMOUNT_COLUMNS = ("C", "D", "E")
AMOUNT_HEADINGS = tuple(
    Column(letter, text, True) for letter, text in zip(AMOUNT_COLUMNS, ("Net", "Tax", "Gross"), strict=True)
)


def amount_cells(cells: Cells, sums: Sums, digits: int) -> list[str]:
    """Net, tax and gross."""
    style, amounts = look(Kind.PLAIN, money(digits)), (sums.net, sums.tax, sums.gross)
    return [cells.minor(letter, units, digits, style) for letter, units in zip(AMOUNT_COLUMNS, amounts, strict=True)]


def percent_cell(cells: Cells, column: str, cell: str, of: str, part: int, whole: int) -> str:
    """What ``part`` is of ``whole``, as a formula over their cells, to three decimals of a percent."""
    units = (2 * abs(part) * 100_000 + abs(whole)) // (2 * abs(whole))
    value = from_minor(-units if (part < 0) != (whole < 0) else units, 5)
    return cells.formula(column, f"ROUND({cell}/{of},5)", value, look(Kind.PLAIN, PERCENT))


def sum_row(
    sections: Sections,
    label: Sequence[str],
    letters: Sequence[str],
    values: Sequence[int],
    magnitude: int,
    first: int,
    digits: int,
) -> None:
    """A total over the rows from ``first`` to the one before, as formulas with their values."""
    cells, style, last = sections.cells, look(Kind.TOTAL, money(digits)), sections.next - 1
    amounts = [
        cells.formula(letter, f"ROUND(SUM({letter}{first}:{letter}{last}),{digits})", from_minor(value, digits), style)
        if is_safe_sum(magnitude)
        else cells.minor(letter, value, digits, style)
        for letter, value in zip(letters, values, strict=True)
    ]
    sections.add([*label, *amounts])


def total_label(cells: Cells, first: str, second: str = "") -> list[str]:
    """The first two cells of a total's row."""
    style = look(Kind.TOTAL)
    return [cells.text("A", first, style), cells.text("B", second, style)]
