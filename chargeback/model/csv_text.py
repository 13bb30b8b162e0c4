"""A row of CSV as the program writes it: RFC 4180, and what spreadsheets elsewhere take for a separator is quoted too.

Half of the world's spreadsheets split a line at ``;``, some at a tab or at ``|`` (BOOKING 8).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_SPLITS = re.compile('[,;|\t"\r\n]')


def csv_row(cells: Iterable[str]) -> str:
    """The row with its line end; each cell is quoted where it must be."""
    return ",".join(csv_field(cell) for cell in cells) + "\r\n"


def csv_field(cell: str) -> str:
    """The cell, in quotes where a reader could split it."""
    return '"' + cell.replace('"', '""') + '"' if _SPLITS.search(cell) else cell
