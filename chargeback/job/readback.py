"""A workbook's *Lines* read back with openpyxl and held against the CSV of the same team, cell by cell.

The workbook may be hostile: it is opened only where its parts unpack to a size that its CSV explains and none of them
declares a document type, which is what XML bombs need.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from itertools import chain, count
from typing import Any, BinaryIO
from zipfile import ZipFile

from chargeback.job.csv_rows import Row, shown
from chargeback.model.ledger import COLUMNS
from chargeback.publish.team_workbook.lines import COLUMN, FORMS, MOST_LINES, lines_name
from chargeback.publish.xlsx.texts import cell_text

MOST_PARTS = 200
_LEAST_ROOM = 64 * 1024 * 1024
_ROOM_A_BYTE = 50
"""Bytes that a workbook's parts may unpack to for each byte of its CSV: a cell's XML has some 45 bytes."""
_PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>)?\s*<[A-Za-z]")
_BLOCK = 1 << 20
_XML = (".xml", ".rels")
_MOST_ELEMENTS = 2_000
"""Tags of a part that does not grow with the lines: the workpaper's styles have some 600, and openpyxl takes time that
grows with their square."""
_GROWING = ("xl/worksheets/", "xl/sharedStrings.xml", "xl/charts/", "xl/drawings/", "xl/tables/")
_ELEMENTS_A_BYTE = 8
"""Tags of a part that grows with the lines, for each byte of the CSV: a cell has at least one, its XML at most 8."""


def workbook_difference(file: BinaryIO, csv_size: int, rows: Iterator[Row]) -> str:
    """Where the workbook first differs from the CSV's rows, as ``Lines!Q7 (gross): …``; "" where it does not.

    ``rows`` begin with the header. ``ValueError`` where the file is no workbook that is safe to open.
    """
    refuse_bombs(file, csv_size)
    header = next(rows, [])
    if tuple(header) != COLUMNS:
        raise ValueError("the CSV does not have the ledger's columns")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _difference(_opened(file), rows)


def refuse_bombs(file: BinaryIO, csv_size: int) -> None:
    """``ValueError`` where it unpacks to more than what it shows explains, or a part declares a document type."""
    room = _LEAST_ROOM + _ROOM_A_BYTE * csv_size
    with ZipFile(file) as package:
        parts = package.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > room:
            raise ValueError(f"its parts unpack to more than {room} bytes: not opened")
        for part in parts:
            if part.filename.endswith(_XML):
                room -= _refuse_hostile_part(package, part.filename, csv_size, room)
    file.seek(0)


def _refuse_hostile_part(package: ZipFile, name: str, csv_size: int, room: int) -> int:
    """The bytes that the part unpacks to, whatever the package's directory says; it is read to its end, so that its
    checksum is proved too."""
    most = _MOST_ELEMENTS * 50 + _ELEMENTS_A_BYTE * csv_size if name.startswith(_GROWING) else _MOST_ELEMENTS
    size = elements = 0
    with package.open(name) as part:
        while block := part.read(_BLOCK):
            if not size and not _PROLOG.match(block):
                raise ValueError(f"{name} does not begin as this program's XML does: not opened")
            size += len(block)
            elements += block.count(b"<")
            if size > room or elements > most:
                raise ValueError(f"{name} holds more than a workbook of these lines can: not opened")
    return size


def _opened(file: BinaryIO) -> Any:
    from openpyxl import load_workbook

    return load_workbook(file, read_only=True, data_only=True, keep_links=False)


def _difference(workbook: Any, rows: Iterator[Row]) -> str:
    for number in count(1):
        first = next(rows, None)
        if first is None and number > 1:
            return ""
        name = lines_name(number)
        if name not in workbook.sheetnames:
            return f"has no sheet {name}"
        sheet = workbook[name]
        sheet.reset_dimensions()
        cells = sheet.iter_rows(max_col=len(COLUMNS), values_only=True)
        problem, is_full = _sheet_difference(name, cells, chain([] if first is None else [first], rows))
        if problem or not is_full:
            return problem
    return ""


def _sheet_difference(name: str, cells: Iterator[Sequence[Any]], rows: Iterator[Row]) -> tuple[str, bool]:
    """What differs, and whether the sheet is full, so that another one may follow."""
    if list(next(cells, ())) != list(COLUMNS):
        return f"{name}!1: not the ledger's columns", False
    for position in range(2, MOST_LINES + 2):
        row = next(rows, None)
        if row is None:
            return _ending_difference(name, position, cells), False
        found = next(cells, None)
        if found is None:
            return f"{name} ends before row {position}", False
        column = _differing_column(found, row)
        if column is not None:
            return f"{name}!{COLUMN[COLUMNS[column]].letters}{position} {_described(column, found, row)}", False
    return "", True


def _ending_difference(name: str, position: int, cells: Iterator[Sequence[Any]]) -> str:
    """After the last line comes a row without a cell; then the totals, which re-performance proves."""
    found = next(cells, None)
    if found is None or not any(cell is not None for cell in found):
        return ""
    return f"{name}!{position}: a line that the CSV does not have"


def _differing_column(found: Sequence[Any], row: Row) -> int | None:
    pairs = enumerate(zip(COLUMNS, found, row, strict=True))
    return next((at for at, (name, cell, text) in pairs if not _is_same(cell, text, is_number=name in FORMS)), None)


def _described(column: int, found: Sequence[Any], row: Row) -> str:
    cell = "" if found[column] is None else str(found[column])
    return f"({COLUMNS[column]}): {shown(cell)}, the CSV has {shown(row[column])}"


def _is_same(cell: Any, text: str, *, is_number: bool) -> bool:
    if cell is None:
        return not text or not cell_text(text)
    if isinstance(cell, str):
        return cell == text or _unescaped(cell) == _unescaped(cell_text(text))
    if not is_number or not text or isinstance(cell, bool):
        return False
    # At most 15 digits are written as a number, and then the nearest 64-bit float is a different one for each.
    return isinstance(cell, (int, float)) and float(text) == cell


def _unescaped(text: str) -> str:
    """openpyxl takes the mark of an escaped ``_x0041_`` out of shared strings, and leaves it in those within cells."""
    return text.replace("x005F_", "")
