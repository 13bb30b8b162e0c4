"""A sheet of several small tables beneath each other: it knows which row comes next, so that formulas can name rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chargeback.publish.xlsx.cells import EMPTY_ROW, Cells, row
from chargeback.publish.xlsx.styles import Kind, look


@dataclass(slots=True)
class Column:
    """A column of a small table: its letters, its heading, and whether it holds numbers."""

    letters: str
    heading: str
    is_number: bool = False


@dataclass(slots=True)
class Sections:
    """The rows of a sheet so far."""

    cells: Cells
    rows: list[str] = field(default_factory=list)

    @property
    def next(self) -> int:
        """The number of the row that comes next."""
        return len(self.rows) + 1

    def add(self, cells: Sequence[str], height: float | None = None) -> int:
        """Add a row; its number comes back."""
        self.rows.append(row(cells, height))
        return len(self.rows)

    def gap(self, until: int = 0) -> None:
        """Add an empty row, and more of them until so many rows are there."""
        self.rows.append(EMPTY_ROW)
        while len(self.rows) < until:
            self.rows.append(EMPTY_ROW)

    def title(self, title: str, subtitle: str) -> None:
        """The sheet's title and what it is about."""
        self.add([self.cells.text("A", title, look(Kind.TITLE))], 28)
        self.add([self.cells.text("A", subtitle, look(Kind.SUBTITLE))], 18)

    def section(self, heading: str, columns: Sequence[str], note: str = "") -> None:
        """A section's heading, underlined over its columns, and a sentence about it."""
        style = look(Kind.SECTION)
        first, *others = columns
        self.add(
            [self.cells.text(first, heading, style), *(self.cells.blank(letters, style) for letters in others)], 20
        )
        if note:
            self.add([self.cells.text(first, note, look(Kind.NOTE))])

    def header(self, columns: Sequence[Column], height: float = 18) -> int:
        """A row of headings, ``height`` points high."""
        left, right = look(Kind.HEADING), look(Kind.HEADING_RIGHT)
        return self.add(
            [
                self.cells.text(column.letters, column.heading, right if column.is_number else left)
                for column in columns
            ],
            height,
        )

    def fact(self, label: str, value: str, *, style: int | None = None) -> None:
        """A label and what it says."""
        self.add(
            [
                self.cells.text("A", label, look(Kind.QUIET)),
                self.cells.text("B", value, look(Kind.STRONG) if style is None else style),
            ]
        )
