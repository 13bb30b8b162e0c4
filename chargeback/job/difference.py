"""Where an archived file first differs from what its evidence gives: the cell of CSV and XLSX, else the byte."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from itertools import zip_longest
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile

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
        if path.endswith(".csv"):
            cell = _csv_difference(opened, chunks)
        elif path.endswith(".xlsx"):
            cell = _workbook_difference(opened, chunks)
        else:
            cell = ""
    except (ValueError, BadZipFile, csv.Error, KeyError, OSError, NotImplementedError, RuntimeError) as error:
        cell = f"cannot be read any more ({error})"
    return f"{cell} (byte {place})" if cell else f"byte {place}"


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
