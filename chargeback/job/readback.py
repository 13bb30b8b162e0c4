"""A team's workbook read back and held against the CSV of the same team, cell by cell.

The workbook may be hostile: only the rows of its *Lines* are read, as this program writes them, and no more of them
than the CSV's size explains.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, count
from typing import BinaryIO

from chargeback.job.csv_rows import Row, shown
from chargeback.model.ledger_register import COLUMNS, REGISTER
from chargeback.publish.team_workbook.lines import COLUMN, MOST_LINES, lines_name
from chargeback.publish.xlsx.cells import MOST_DIGITS
from chargeback.publish.xlsx.reading import ReadRow, WorkbookReader
from chargeback.publish.xlsx.texts import cell_text

_LEAST_ROOM = 16 * 1024 * 1024
_ROOM_A_BYTE = 50
"""Bytes that a workbook's rows may unpack to for each byte of its CSV: a cell's XML has some 45 bytes."""
_PLACE = {column.letters: place for place, column in enumerate(COLUMN.values())}
_IS_NUMBER = (*(column.kind.is_number for column in REGISTER), True)
_NO_VALUES = [""] * (len(COLUMNS) + 1)
_MOST_SETS = 1 << 12


def room_for(csv_size: int) -> int:
    """The bytes that the parts of a workbook with the rows of such a CSV may unpack to."""
    return _LEAST_ROOM + _ROOM_A_BYTE * csv_size


def workbook_difference(file: BinaryIO, csv_size: int, rows: Iterator[Row]) -> str:
    """Where the workbook first differs from the CSV's rows, as ``Lines!Q7 (gross): …``; "" where it does not.

    ``rows`` begin with the header. ``WorkbookError`` where the file is no workbook of ours.
    """
    if tuple(next(rows, [])) != COLUMNS:
        raise ValueError("the CSV does not have the ledger's columns")
    reader = WorkbookReader(file, room_for(csv_size))
    for number in count(1):
        first = next(rows, None)
        if first is None and number > 1:
            return ""
        name = lines_name(number)
        cells = reader.rows(name)
        problem, is_full = _sheet_difference(name, cells, chain([] if first is None else [first], rows))
        if problem or not is_full:
            return problem
    return ""


def _sheet_difference(name: str, found: Iterator[ReadRow], rows: Iterator[Row]) -> tuple[str, bool]:
    """What differs, and whether the sheet is full, so that another one may follow."""
    header = next(found, None)
    if header is None or header.values != list(COLUMNS):
        return f"{name}!1: not the ledger's columns", False
    for position in range(2, MOST_LINES + 2):
        row = next(rows, None)
        if row is None:
            return _ending_difference(name, position, found), False
        cells = next(found, None)
        if cells is None:
            return f"{name} ends before row {position}", False
        problem = _row_difference(cells, row)
        if problem:
            return f"{name}!{problem[0]}{position} {problem[1]}", False
    return "", True


def _ending_difference(name: str, position: int, found: Iterator[ReadRow]) -> str:
    """After the last line comes a row without a cell; then the totals, which re-performance proves. All is read."""
    after = next(found, None)
    if after is not None and after.letters:
        return f"{name}!{position}: a line that the CSV does not have"
    for _ in found:
        pass
    return ""


def _row_difference(cells: ReadRow, row: Row) -> tuple[str, str] | None:
    """The letters of the first cell that says otherwise than the CSV's row, and how."""
    places, are_texts = _expected(cells.letters)
    values = _NO_VALUES.copy()
    for place, value in zip(places, cells.values, strict=True):
        values[place] = value
    if values[:-1] == row and cells.are_texts == are_texts and not any(cells.formulas):
        return None
    return _described(cells, row)


@lru_cache(_MOST_SETS)
def _expected(letters: tuple[str, ...]) -> tuple[list[int], list[bool]]:
    """The places of these columns, and whether each holds texts; columns that are none of the ledger's come last."""
    places = [_PLACE.get(each, len(COLUMNS)) for each in letters]
    return places, [not _IS_NUMBER[place] for place in places]


def _described(cells: ReadRow, row: Row) -> tuple[str, str] | None:
    columns = zip(cells.letters, cells.are_texts, cells.values, cells.formulas, strict=True)
    by_letters = {letters: (is_text, value, formula) for letters, is_text, value, formula in columns}
    for place, (column, text) in enumerate(zip(COLUMN.values(), row, strict=True)):
        is_text, value, formula = by_letters.pop(column.letters, (True, "", None))
        if formula is not None or not _is_same(value, text, is_text=is_text, is_number=_IS_NUMBER[place]):
            return column.letters, f"({column.heading}): {shown(value)}, the CSV has {shown(text)}"
    return next(((letters, f": {shown(value)}, the CSV has no such column")
                 for letters, (_, value, _) in by_letters.items()), None)  # fmt: skip


def _is_same(value: str, text: str, *, is_text: bool, is_number: bool) -> bool:
    """Whether the cell holds the CSV's text: as a number where a number cell keeps all its digits, else as a text."""
    if not is_number:
        return value in (text, cell_text(text)) and (is_text or not value)
    keeps = sum(map(str.isdigit, text.lstrip("-0."))) <= MOST_DIGITS
    return (value in (text, cell_text(text)) if is_text else value == text) and (is_text != keeps or not text)
