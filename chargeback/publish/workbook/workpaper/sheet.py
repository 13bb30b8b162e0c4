"""What all sheets of the workpaper have alike: title, purpose, headings on row 4, references, verdicts in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from chargeback.publish.workbook.cells import EMPTY_ROW, Cells, row
from chargeback.publish.workbook.package import Book, Sheet
from chargeback.publish.workbook.page_setup import colour_verdicts, set_up
from chargeback.publish.workbook.recomputed import LARGEST
from chargeback.publish.workbook.styles import Kind, look
from chargeback.publish.workbook.workpaper.plan import FIRST, Plan

AGREES, DIFFERS, NOT_PERFORMED = "agrees", "differs", "not performed"
VERDICTS = {AGREES: "good", DIFFERS: "bad", "exception": "bad", "exceptions": "bad", "accepted": "known",
            "reconciled": "good"}  # fmt: skip
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
        """A range of one column as formulas on other sheets write it."""
        return f"'{self.name}'!${column}${first}:${column}${last}"

    def cell(self, column: str, row_number: int) -> str:
        """A cell as formulas on other sheets write it."""
        return f"'{self.name}'!{column}{row_number}"


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
    book: Book,
    plan: Plan,
    layout: Layout,
    rows: Iterable[str],
    count: int,
    *,
    verdicts: Sequence[str] = (),
    texts: bool = True,
) -> Sheet:
    """Add a sheet of one table: ``count`` rows under the headings, with a filter; ``verdicts`` are columns of words to
    colour."""
    last_row = FIRST + max(count, 1) - 1
    sheet = book.add(layout.name, _framed(book.cells, layout, plan, rows))
    sheet.dimension = f"A1:{layout.last}{last_row}"
    if texts:
        sheet.ignored = f"A{FIRST}:{layout.last}{last_row}"
    worksheet = sheet.worksheet
    set_up(
        worksheet,
        {letters: heading.width for letters, heading in layout.columns.items()},
        footer=footer(plan),
        freeze=f"A{FIRST}",
        header_rows=f"1:{FIRST - 1}",
    )
    worksheet.auto_filter.ref = f"A{FIRST - 1}:{layout.last}{last_row}"
    for letters in verdicts:
        colour_verdicts(worksheet, f"{letters}{FIRST}:{letters}{last_row}", VERDICTS)
    return sheet


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
