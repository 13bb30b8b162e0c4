"""Columns of text that stand under each other, whatever the script: widths are counted in terminal cells.

A Thai vowel above its consonant takes no cell and a full-width letter takes two (UAX 11), so ``len`` is no measure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from chargeback.model.text import readable
from chargeback.review.terminal import Terminal

GAP = "  "
_NARROWEST = 8
"""Cells that a column keeps, however narrow the terminal."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: numbers are ``right``; one that ``shrinks`` is cut where the terminal is too narrow."""

    title: str
    right: bool = False
    shrinks: bool = False


@dataclass(frozen=True, slots=True)
class TextRow:
    """A row's cells as they are shown; ``strong`` for totals and for what was asked for."""

    cells: tuple[str, ...]
    strong: bool = False


def table_lines(
    columns: Sequence[Column], rows: Sequence[TextRow], terminal: Terminal, *, indent: str = ""
) -> list[str]:
    """The heading and a line a row, no wider than the terminal where columns can shrink; nothing without rows."""
    if not rows:
        return []
    widths = _widths(columns, rows, terminal, len(indent))
    heading = _line([column.title for column in columns], columns, widths)
    lines = [terminal.faint(indent + heading)] if heading.strip() else []
    for row in rows:
        line = _line(row.cells, columns, widths)
        lines.append(indent + (terminal.strong(line) if row.strong else line))
    return lines


def table_width(columns: Sequence[Column], rows: Sequence[TextRow]) -> int:
    """Cells that the table takes where nothing is cut."""
    widths = [_natural(place, column, rows) for place, column in enumerate(columns)]
    return sum(widths) + len(GAP) * (len(widths) - 1)


def padded(text: str, width: int, *, right: bool = False) -> str:
    """The text in that many cells, cut with an ellipsis where it is longer."""
    taken = cell_len(text)
    if taken > width:
        from rich.cells import chop_cells

        text = chop_cells(text, max(width - 1, 1))[0] + "…" if width > 1 else "…"
        taken = cell_len(text)
    space = " " * (width - taken)
    return space + text if right else text + space


def cell_len(text: str) -> int:
    """How many cells of a terminal the text takes."""
    if text.isascii() and text.isprintable():
        return len(text)
    from rich import cells

    return cells.cell_len(text)


def wrapped(text: str, terminal: Terminal, *, indent: str = "", strong: bool = False) -> list[str]:
    """A sentence in lines no wider than the terminal, broken at spaces only: a path or pointer stays whole."""
    lines = [text] if terminal.width is None else _broken(text, terminal.width - cell_len(indent))
    return [indent + (terminal.strong(line) if strong else line) for line in lines]


def _broken(text: str, width: int) -> list[str]:
    lines, current = [], ""
    for word in text.split(" "):
        if current and cell_len(current) + 1 + cell_len(word) > width:
            lines.append(current)
            current = word
        else:
            current = f"{current} {word}" if current else word
    return [*lines, current]


def _widths(columns: Sequence[Column], rows: Sequence[TextRow], terminal: Terminal, taken: int) -> list[int]:
    widths = [_natural(place, column, rows) for place, column in enumerate(columns)]
    if terminal.width is None:
        return widths
    excess = taken + sum(widths) + len(GAP) * (len(widths) - 1) - terminal.width
    for place in _widest_first(columns, widths):
        cut = min(max(excess, 0), max(widths[place] - _NARROWEST, 0))
        widths[place] -= cut
        excess -= cut
    return widths


def _widest_first(columns: Sequence[Column], widths: Sequence[int]) -> list[int]:
    shrinking = [place for place, column in enumerate(columns) if column.shrinks]
    return sorted(shrinking, key=lambda place: -widths[place])


def _natural(place: int, column: Column, rows: Sequence[TextRow]) -> int:
    return max(cell_len(column.title), *(cell_len(row.cells[place]) for row in rows))


def _line(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> str:
    shown = zip(cells, columns, widths, strict=True)
    return GAP.join(padded(cell, width, right=column.right) for cell, column, width in shown).rstrip()


Render = Callable[[Terminal], Iterator[str]]
"""What a command shows, for the terminal that it is shown on."""

__all__ = ["GAP", "Column", "Render", "TextRow", "padded", "readable", "table_lines", "table_width", "wrapped"]
