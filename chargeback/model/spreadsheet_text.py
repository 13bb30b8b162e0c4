"""Text from outside made inert for people who open it: no control characters, no formulas (BOOKING 8).

The raw text is kept for sorting and comparing; these functions are for what is written into files and on screens.

A row of CSV as the program writes it: RFC 4180, and what spreadsheets elsewhere take for a separator is quoted too.

Half of the world's spreadsheets split a line at ``;``, some at a tab or at ``|`` (BOOKING 8).
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from io import StringIO

from chargeback.model.text import cleaned

BYTE_ORDER_MARK = "\ufeff"
"""Begins every CSV file for people: spreadsheets take it for UTF-8 by this."""
_SPLITS = re.compile('[,;|\t"\r\n]')
_BESIDES_COMMAS = re.compile('[;|\t"\r\n]')

_FORMULA_STARTS = frozenset("=+-@＝＋－＠")
_MOST_TEXTS = 1 << 12
"""Unusual texts whose written form is kept; writers make each text of a table once for some thousands of lines."""


def csv_row(row_cells: Iterable[str]) -> str:
    """The row with its line end; each cell is quoted where it must be."""
    cells = tuple(row_cells)
    row = ",".join(cells)
    if _BESIDES_COMMAS.search(row):
        row = ",".join(map(csv_field, cells))
    elif row.count(",") >= len(cells):
        row = ",".join([f'"{cell}"' if "," in cell else cell for cell in cells])
    return f"{row}\r\n"


def csv_table(columns: Sequence[str], rows: Iterable[Sequence[str]], figures: Collection[str] = ()) -> str:
    """A table as the ledgers are written (INTERFACE, ledgers): names, then rows. Texts are inert; in the columns of
    ``figures`` a minus is a sign."""
    as_it_is = [column in figures for column in columns]
    inert = ((cell if figure else guarded(cell) for cell, figure in zip(row, as_it_is, strict=True)) for row in rows)
    return "".join([BYTE_ORDER_MARK, csv_row(columns), *map(csv_row, inert)])


def read_table(data: bytes) -> tuple[list[str], list[list[str]]]:
    """A table's names and rows, as its bytes have them; no names where they are empty. ``ValueError`` or ``csv.Error``
    where they are no CSV."""
    rows = list(csv.reader(StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    return (rows[0], rows[1:]) if rows else ([], [])


def drained(buffer: StringIO) -> bytes:
    """What the buffer holds, as UTF-8; it is empty afterwards."""
    data = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return data


def csv_field(cell: str) -> str:
    """The cell, in quotes where a reader could split it."""
    return '"' + cell.replace('"', '""') + '"' if _SPLITS.search(cell) else cell


def _is_invisible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in ("Cf", "Zs", "Zl", "Zp", "Cc")


def unguarded(cell: str) -> str:
    """A guarded cell's text; one that came with an apostrophe before a formula loses that too."""
    return cell[1:] if cell[:1] == "'" and guarded(cell[1:]) == cell else cell


def guarded(text: str) -> str:
    """The text for a cell: cleaned, with a leading ``'`` where its first visible character would start a formula."""
    # Most texts: they hold no control character, and begin with a letter or digit, which is visible and no formula's.
    return text if text[:1].isalnum() and text.isprintable() else _guarded(text)


@lru_cache(_MOST_TEXTS)
def _guarded(text: str) -> str:
    clean = cleaned(text)
    for character in clean:
        if character in _FORMULA_STARTS:
            return "'" + clean
        if not _is_invisible(character):
            return clean
    return clean
