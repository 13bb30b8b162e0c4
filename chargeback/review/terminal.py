"""What lines are written to and how they stand there: the terminal's width and colours, and columns of text under each
other, whatever the script.

A Thai vowel above its consonant takes no cell and a full-width letter takes two (UAX 11), so ``len`` is no measure of
a width.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TextIO

import click
from msgspec import Struct

from chargeback.model.text import readable

_EIGHTHS = " ▏▎▍▌▋▊▉"
_FULL, _NEGATIVE = "█", "░"
GAP = "  "
_NARROWEST = 8
"""Cells that a column keeps, however narrow the terminal."""
__all__ = ["GAP", "Render", "TerminalColumn", "TextRow", "padded", "readable", "table_lines", "table_width", "wrapped"]


class Terminal(Struct, frozen=True):
    """A terminal, or what takes its place: ``width`` None where lines may be as long as they are (a pipe, a file)."""

    width: int | None = None
    colour: bool = False
    blocks: bool = False

    def strong(self, text: str) -> str:
        """The text so that it stands out, where there is colour."""
        return click.style(text, bold=True) if self.colour and text else text

    def faint(self, text: str) -> str:
        """The text so that it stays back, where there is colour."""
        return click.style(text, dim=True) if self.colour and text else text

    def bar(self, value: int, largest: int, cells: int) -> str:
        """The value's length beside the largest one, at most that many cells; a negative one is hatched, zero is
        empty."""
        if not value or not largest or cells < 1:
            return ""
        eighths = max(1, abs(value) * cells * 8 // largest)
        if not self.blocks:
            return ("#" if value > 0 else "-") * max(1, (eighths + 4) // 8)
        if value < 0:
            return _NEGATIVE * max(1, (eighths + 4) // 8)
        return _FULL * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def terminal_of(stream: TextIO, environ: Mapping[str, str]) -> Terminal:
    """What the stream is; plain where it is no terminal, without colour where ``NO_COLOR`` says so (no-color.org)."""
    if not stream.isatty():
        return Terminal()
    dumb = environ.get("TERM") == "dumb"
    return Terminal(
        width=shutil.get_terminal_size().columns,
        colour=not dumb and not environ.get("NO_COLOR"),
        blocks=not dumb and "utf" in (stream.encoding or "").lower(),
    )


class TerminalColumn(Struct, frozen=True):
    """A column: numbers are ``right``; one that ``shrinks`` is cut where the terminal is too narrow."""

    title: str
    right: bool = False
    shrinks: bool = False


class TextRow(Struct, frozen=True):
    """A row's cells as they are shown; ``strong`` for totals and for what was asked for."""

    cells: tuple[str, ...]
    strong: bool = False


def table_lines(
    columns: Sequence[TerminalColumn], rows: Sequence[TextRow], terminal: Terminal, *, indent: str = ""
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


def table_width(columns: Sequence[TerminalColumn], rows: Sequence[TextRow]) -> int:
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


def _widths(columns: Sequence[TerminalColumn], rows: Sequence[TextRow], terminal: Terminal, taken: int) -> list[int]:
    widths = [_natural(place, column, rows) for place, column in enumerate(columns)]
    if terminal.width is None:
        return widths
    excess = taken + sum(widths) + len(GAP) * (len(widths) - 1) - terminal.width
    for place in _widest_first(columns, widths):
        cut = min(max(excess, 0), max(widths[place] - _NARROWEST, 0))
        widths[place] -= cut
        excess -= cut
    return widths


def _widest_first(columns: Sequence[TerminalColumn], widths: Sequence[int]) -> list[int]:
    shrinking = [place for place, column in enumerate(columns) if column.shrinks]
    return sorted(shrinking, key=lambda place: -widths[place])


def _natural(place: int, column: TerminalColumn, rows: Sequence[TextRow]) -> int:
    return max(cell_len(column.title), *(cell_len(row.cells[place]) for row in rows))


def _line(cells: Sequence[str], columns: Sequence[TerminalColumn], widths: Sequence[int]) -> str:
    placed = zip(cells, columns, widths, strict=True)
    return GAP.join(padded(cell, width, right=column.right) for cell, column, width in placed).rstrip()


Render = Callable[[Terminal], Iterator[str]]
"""What a command shows, for the terminal that it is shown on."""
