"""What sheets of one shape have alike, and what fills it in.

Sheets of one shape differ in their rows, widths, pages, footer, last row, links' rows and their charts' places and
points; the package's parts follow from both (``package``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from math import ceil
from string import ascii_uppercase

MOST_BARS = 15
"""Bars of a chart at most: its rows are sorted, so they are the largest."""
_PAGE_WIDTH = 784.0
"""Points of an A4 page in landscape between the margins."""
_POINTS_A_CHARACTER = 5.25
"""Of a column's width, as Calibri, the workbooks' font, has it."""
_SMALLEST = 0.7
"""So far shrunk, the smallest text of ours, of ten points, has seven."""


class ChartKind(Enum):
    """How a chart draws its points, and its width and height in centimetres."""

    BARS = (24.0, 9.0)
    LINE = (24.0, 6.5)


CHART_ROWS = {ChartKind.BARS: 18, ChartKind.LINE: 13}
"""Rows that a chart covers."""


@dataclass(frozen=True, slots=True)
class FilterTable:
    """A spreadsheet's table with filters: the name that formulas call it by, and its columns, which all differ."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SheetShape:
    """What all sheets of the shape have alike.

    The first ``frozen_rows`` and ``frozen_columns`` stay in view and are repeated on every page that lacks them;
    ``columns`` is how many have figures; ``filter_row`` heads the rows that can be filtered, as a ``table`` where it is
    one (0: none), and ``is_sized`` where its last row is known before it is written; ``plain_from`` is the first row in
    which numbers kept as text are meant (0: none); ``verdicts`` are columns of words to colour, from row
    ``verdicts_from`` on, by ``words`` (the word, and "good", "bad" or "known"); ``links`` are where cells of the first
    column lead; ``charts`` are its charts, each from the first column on; ``printed`` how many columns are printed (0:
    all). Columns count from 1.
    """

    name: str
    columns: int
    frozen_rows: int
    frozen_columns: int = 0
    filter_row: int = 0
    table: FilterTable | None = None
    is_sized: bool = False
    plain_from: int = 0
    verdicts: tuple[int, ...] = ()
    verdicts_from: int = 0
    words: tuple[tuple[str, str], ...] = ()
    links: tuple[str, ...] = ()
    charts: tuple[ChartKind, ...] = ()
    printed: int = 0


@dataclass(frozen=True, slots=True)
class ChartData:
    """What a chart shows: where names and amounts stand, as formulas write it, what stands there, and their format;
    ``row`` is the one of its upper corner.

    The amounts are as written; a spreadsheet draws from the cells, another viewer from these.
    """

    title: str
    names_at: str
    amounts_at: str
    number_format: str
    points: Sequence[tuple[str, str]]
    row: int = 1


@dataclass(slots=True)
class Fill:
    """One sheet's own: widths in characters by the column's number, the footer's left part, the last row of its figures
    and the last one of all (0: not known beforehand), the rows of its links, and its charts in the order of the shape;
    ``pages`` that the columns are printed on side by side (0: as few as text of seven points allows); ``rows`` how many
    were written, which is known afterwards.
    """

    widths: Mapping[int, float]
    footer: str
    last_row: int = 0
    end_row: int = 0
    link_rows: Sequence[int] = ()
    charts: Sequence[ChartData] = ()
    pages: int = 0
    rows: int = 0


def pages_wide(shape: SheetShape, fill: Fill) -> int:
    """On how many pages side by side the sheet's columns are printed, so that no text is under seven points."""
    if fill.pages:
        return fill.pages
    last = shape.printed or max(fill.widths, default=0)
    points, repeated = (
        _POINTS_A_CHARACTER * _SMALLEST * sum(width for place, width in fill.widths.items() if place <= columns)
        for columns in (last, shape.frozen_columns)
    )
    return 1 if points <= _PAGE_WIDTH else ceil((points - repeated) / (_PAGE_WIDTH - repeated))


@cache
def letters(column: int) -> str:
    """The letters of a column, which counts from 1."""
    more, last = divmod(column - 1, len(ascii_uppercase))
    return f"{letters(more) if more else ''}{ascii_uppercase[last]}"
