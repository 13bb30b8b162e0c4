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

_BLOCK = 1 << 20

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
    """The first differing part of the package, and in a sheet the first differing cell."""
    from chargeback.job.readback import refuse_bombs

    expected = BytesIO(b"".join(chunks()))
    with opened() as file:
        refuse_bombs(file, len(expected.getbuffer()))
        with ZipFile(file) as one, ZipFile(expected) as other:
            for name in other.namelist():
                if name not in one.namelist():
                    return f"lacks its part {name}"
                if one.read(name) != other.read(name):
                    return _sheet_difference(file, expected) or f"in its part {name}"
    return "in how its parts are packed"


def _sheet_difference(file: BinaryIO, expected: BinaryIO) -> str:
    from openpyxl import load_workbook

    found, wanted = (load_workbook(each, read_only=True, keep_links=False) for each in (file, expected))
    for name in wanted.sheetnames:
        if name not in found.sheetnames:
            return f"has no sheet {name}"
        cells = zip_longest(_cells(wanted[name]), _cells(found[name]))
        for one, other in cells:
            if one != other:
                return _cell(name, one, other)
    return ""


def _cells(sheet: object) -> Iterator[tuple[str, str]]:
    sheet.reset_dimensions()  # type: ignore[attr-defined]  # a read-only sheet, which the stubs do not know
    for row in sheet.iter_rows():  # type: ignore[attr-defined]
        yield from ((cell.coordinate, str(cell.value)) for cell in row if cell.value is not None)


def _cell(name: str, wanted: tuple[str, str] | None, found: tuple[str, str] | None) -> str:
    if wanted is None or (found is not None and found[0] != wanted[0]):
        return f"{name}!{(found or ('', ''))[0]}: {shown((found or ('', ''))[1])}, expected another cell"
    return f"{name}!{wanted[0]}: {shown(found[1]) if found else 'missing'}, expected {shown(wanted[1])}"
