"""Where an archived file first differs from what its evidence gives: the cell of CSV and XLSX, else the byte."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO, StringIO
from itertools import zip_longest
from pathlib import Path
from typing import BinaryIO
from zipfile import ZipFile

from chargeback.archive.boundary import interpreting
from chargeback.errors import DamagedError
from chargeback.job.csv_rows import column_name, first_difference, rows, rows_of, shown
from chargeback.publish.xlsx.reading import ReadRow, WorkbookReader

_BLOCK = 1 << 20
_NO_ROW = ReadRow((), [], [], [])

Chunks = Callable[[], Iterable[bytes]]
"""Gives the expected bytes; called again where they are needed a second time."""


def differing_byte(file: BinaryIO, chunks: Iterable[bytes]) -> int | None:
    """The place, from 0, of the first byte that differs; None where all are the same."""
    place = 0
    for chunk in chunks:
        found = file.read(len(chunk))
        if found != chunk:
            return place + _common(found, chunk)
        place += len(chunk)
    return place if file.read(1) else None


def _common(one: bytes, other: bytes) -> int:
    return next((at for at, (left, right) in enumerate(zip(one, other, strict=False)) if left != right),
                min(len(one), len(other)))  # fmt: skip


def described(path: str, opened: Callable[[], BinaryIO], chunks: Chunks, place: int) -> str:
    """The first difference as a person finds it; ``place`` is its first byte."""
    try:
        with interpreting(Path(path)):
            cell = _described(path, opened, chunks)
    except DamagedError as error:
        cell = error.message.removeprefix(f"{path}: ")
    return f"{cell} (byte {place})" if cell else f"byte {place}"


def _described(path: str, opened: Callable[[], BinaryIO], chunks: Chunks) -> str:
    if path.endswith(".csv"):
        return _csv_difference(opened, chunks)
    return _workbook_difference(opened, chunks) if path.endswith(".xlsx") else ""


def located(path: str, chunks: Chunks, place: int) -> str:
    """The place of a byte, by what the expected file has there: the cell of a CSV, the part of a workbook.

    For a file whose checksum is wrong: nothing of it is read but where it first differs.
    """
    where = ""
    if path.endswith(".csv"):
        where = _cell_at(b"".join(chunks()), place)
    elif path.endswith(".xlsx"):
        where = _part_at(BytesIO(b"".join(chunks())), place)
    return f"{where} (byte {place})" if where else f"byte {place}"


def _cell_at(expected: bytes, place: int) -> str:
    """The cell of the expected CSV in which the byte lies, and what it should say; "" behind the end."""
    ends = [0]

    def lines() -> Iterator[str]:
        for line in BytesIO(expected):
            ends.append(ends.pop() + len(line))
            yield line.decode("utf-8-sig")

    header, start = next(rows_of([expected]), []), 0
    for number, row in enumerate(csv.reader(lines()), start=1):
        if place < ends[0]:
            before = expected[start:place].decode("utf-8-sig", "replace")
            column = len(next(csv.reader(StringIO(before, newline="")), [""])) - 1
            return f"row {number}, {column_name(header, column)}: expected {shown(row[column])}"
        start = ends[0]
    return ""


def _part_at(expected: BinaryIO, place: int) -> str:
    """The part of the expected workbook in which the byte lies."""
    with ZipFile(expected) as package:
        begun = [part.filename for part in package.infolist() if part.header_offset <= place]
        return f"in its part {begun[-1]}" if begun and place < package.start_dir else ""


def _csv_difference(opened: Callable[[], BinaryIO], chunks: Chunks) -> str:
    with opened() as file:
        return first_difference(rows_of(chunks()), rows(file), column_name)


def _workbook_difference(opened: Callable[[], BinaryIO], chunks: Chunks) -> str:
    """The first differing cell of the workbook's rows, else the first differing part of its package."""
    data = b"".join(chunks())
    room = 2 * WorkbookReader(BytesIO(data), len(data)).size + _BLOCK
    with opened() as file:
        found, wanted = WorkbookReader(file, room), WorkbookReader(BytesIO(data), room)
        for sheet in wanted.sheets:
            rows = zip_longest(wanted.rows(sheet), found.rows(sheet))
            for number, (one, other) in enumerate(rows, start=1):
                if one != other:
                    return f"{sheet}!{_cell(number, one or _NO_ROW, other or _NO_ROW)}"
        return next(found.parts_unlike(wanted), "in how its parts are packed")


def _cell(number: int, wanted: ReadRow, found: ReadRow) -> str:
    """The first cell in which two rows differ: what it holds, and what it should."""
    cells, others = ({cell[0]: cell for cell in zip(*row, strict=True)} for row in (wanted, found))
    for letters in sorted({*cells, *others}, key=lambda each: (len(each), each)):
        if cells.get(letters) != others.get(letters):
            have, want = (_shown(row.get(letters)) for row in (others, cells))
            return f"{letters}{number}: {have}, expected {want}"
    return f"{number}: expected other cells"


def _shown(cell: tuple[str, bool, str, str | None] | None) -> str:
    if cell is None:
        return "no cell"
    return shown(cell[2]) if cell[3] is None else f"{shown(cell[2])} by {shown(cell[3])}"
