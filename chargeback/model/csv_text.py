"""A row of CSV as the program writes it: RFC 4180, and what spreadsheets elsewhere take for a separator is quoted too.

Half of the world's spreadsheets split a line at ``;``, some at a tab or at ``|`` (BOOKING 8).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_SPLITS = re.compile('[,;|\t"\r\n]')
_BESIDES_COMMAS = re.compile('[;|\t"\r\n]')


def csv_row(row_cells: Iterable[str]) -> str:
    """The row with its line end; each cell is quoted where it must be."""
    cells = tuple(row_cells)
    row = ",".join(cells)
    if row.count(",") != len(cells) - 1 or _BESIDES_COMMAS.search(row):
        row = ",".join(map(csv_field, cells))
    return f"{row}\r\n"


def csv_field(cell: str) -> str:
    """The cell, in quotes where a reader could split it."""
    return '"' + cell.replace('"', '""') + '"' if _SPLITS.search(cell) else cell
