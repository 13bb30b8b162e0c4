"""What all sheets of the workpaper have alike: title, purpose, headings on row 4, references, verdicts in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from chargeback.publish.workbook.package import Book, Sheet
from chargeback.publish.workbook.page_setup import colour_verdicts, set_up
from chargeback.publish.workbook.recomputed import LARGEST
from chargeback.publish.workbook.workpaper.plan import FIRST, Plan
from chargeback.publish.xlsx.cells import EMPTY_ROW, Cells, row
from chargeback.publish.xlsx.styles import Kind, look

AGREES, DIFFERS, NOT_PERFORMED = "agrees", "differs", "not performed"
VERDICTS = {AGREES: "good", DIFFERS: "bad", "exception": "bad", "exceptions": "bad", "accepted": "known",
            "reconciled": "good"}  # fmt: skip
_MOST_ROWS = 1_048_576 - FIRST - 1_000
"""Rows of figures on one sheet; some are left for totals beneath them."""
PATH = "reconciliation/reconciliation.xlsx"


@dataclass(frozen=True, slots=True)
class Heading:
    """A column: heading, width in characters, and whether it holds numbers."""

    text: str
    width: float
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """A sheet's name, what it shows, and its columns by letters."""

    name: str
    purpose: str
    columns: dict[str, Heading]

    @property
    def last(self) -> str:
        """The letters of the last column."""
        return list(self.columns)[-1]

    def range(self, column: str, first: int, last: int) -> str:
        """A range of one column as formulas on other sheets write it: several where it goes on on a further sheet."""
        if last < FIRST + _MOST_ROWS:
            return f"'{self.name}'!${column}${first}:${column}${last}"
        (name, start), (last_name, end) = self.place(first), self.place(last)
        if name == last_name:
            return f"'{name}'!${column}${start}:${column}${end}"
        turn = first + (_MOST_ROWS - (start - FIRST))
        return f"{self.range(column, first, turn - 1)},{self.range(column, turn, last)}"

    def cell(self, column: str, row_number: int) -> str:
        """A cell as formulas on other sheets write it."""
        name, place = self.place(row_number)
        return f"'{name}'!{column}{place}"

    def place(self, row_number: int) -> tuple[str, int]:
        """The sheet and the row on it: rows that one sheet does not hold are on *… 2*, and so on."""
        part, offset = divmod(row_number - FIRST, _MOST_ROWS)
        return (self.name if not part else f"{self.name} {part + 1}"), FIRST + offset

    def is_divided(self, first: int, last: int) -> bool:
        """Whether the rows are on more than one sheet."""
        return self.place(first)[0] != self.place(last)[0]


def head(cells: Cells, layout: Layout, plan: Plan) -> Iterator[str]:
    """The first four rows."""
    yield row([cells.text("A", layout.name, look(Kind.TITLE))], 28)
    yield row([cells.text("A", layout.purpose, look(Kind.SUBTITLE))], 18)
    yield row([cells.text("A", month_line(plan), look(Kind.NOTE))])
    left, right = look(Kind.HEADER), look(Kind.HEADER_RIGHT)
    yield row(
        [
            cells.text(letters, heading.text, right if heading.is_number else left)
            for letters, heading in layout.columns.items()
        ],
        44,
    )


def month_line(plan: Plan) -> str:
    """Month, revision, and when and by what it was made."""
    books, run = plan.books, plan.books.posting.run
    version = run.versions.get("chargeback", "")
    return f"{books.period} · revision {books.revision} · prepared by chargeback {version} from answers of {run.run_at}"


def add_sheet(
    book: Book, plan: Plan, layout: Layout, rows: Iterable[str], count: int, *, verdicts: Sequence[str] = ()
) -> Sheet:
    """Add a sheet of one table: ``count`` rows under the headings, with a filter, and any further rows of ``rows``.

    ``verdicts`` are columns of words to colour. What one sheet does not hold goes on on a further one; the first is
    returned.
    """
    found = iter(rows)
    parts = range(max(-(-count // _MOST_ROWS), 1))
    sheets = []
    for part in parts:
        own = found if part == parts[-1] else islice(found, _MOST_ROWS)
        held = min(count - part * _MOST_ROWS, _MOST_ROWS)
        name = layout.place(FIRST + part * _MOST_ROWS)[0]
        sheets.append(book.add(name, _framed(book.cells, layout, plan, own)))
        _set_up(sheets[-1], plan, layout, FIRST + max(held, 1) - 1, verdicts)
    return sheets[0]


def _set_up(sheet: Sheet, plan: Plan, layout: Layout, last_row: int, verdicts: Sequence[str]) -> None:
    worksheet = sheet.worksheet
    sheet.ignored = f"A{FIRST}:{layout.last}{last_row}"
    widths = {letters: heading.width for letters, heading in layout.columns.items()}
    titles = f"1:{FIRST - 1}"
    set_up(worksheet, widths, footer=footer(plan), freeze=f"A{FIRST}", header_rows=titles)
    worksheet.auto_filter.ref = f"A{FIRST - 1}:{layout.last}{last_row}"
    for letters in verdicts:
        colour_verdicts(worksheet, f"{letters}{FIRST}:{letters}{last_row}", VERDICTS)


def _framed(cells: Cells, layout: Layout, plan: Plan, rows: Iterable[str]) -> Iterator[str]:
    yield from head(cells, layout, plan)
    found = False
    for found_row in rows:
        found = True
        yield found_row
    if not found:
        yield EMPTY_ROW


def footer(plan: Plan) -> str:
    """The footer's left part."""
    return f"{PATH} · {plan.books.period} revision {plan.books.revision}"


def reference(cells: Cells, column: str, place: str, value: Decimal, style: int) -> str:
    """A formula that reads an amount from another sheet; the value alone where it is a text there."""
    return (
        cells.formula(column, place, value, style) if value.copy_abs() < LARGEST else cells.exact(column, value, style)
    )


def verdict(cells: Cells, column: str, condition: str, holds: bool) -> str:
    """A formula that says "agrees" or "differs", with its value."""
    word = AGREES if holds else DIFFERS
    return cells.formula(column, f'IF({condition},"{AGREES}","{DIFFERS}")', word, look(Kind.VERDICT))
