"""Opening a workbook as its readers do: the raw parts, openpyxl, and LibreOffice where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from lxml import etree
from openpyxl import load_workbook

SOFFICE = shutil.which("soffice")
needs_libreoffice = pytest.mark.skipif(
    SOFFICE is None, reason="LibreOffice is missing: apt-get install libreoffice-calc, then formulas are recalculated"
)
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>"""


@dataclass(frozen=True)
class Opened:
    """A workbook's bytes, with formulas and with values."""

    data: bytes
    formulas: Any
    values: Any

    @classmethod
    def of(cls, chunks: Iterable[bytes]) -> Opened:
        """Open what a publisher yields."""
        data = b"".join(chunks)
        return cls(data, load_workbook(BytesIO(data)), load_workbook(BytesIO(data), data_only=True))

    def formula_cells(self) -> Iterator[tuple[str, str, str, Any]]:
        """(sheet, cell, formula, value) of every formula."""
        for sheet in self.formulas:
            for row in sheet.iter_rows():
                for cell in row:
                    if cell.data_type == "f":
                        yield sheet.title, cell.coordinate, cell.value, self.values[sheet.title][cell.coordinate].value

    def texts(self) -> set[str]:
        """Every text of every sheet."""
        return {
            cell.value
            for sheet in self.values
            for row in sheet.iter_rows()
            for cell in row
            if isinstance(cell.value, str)
        }

    def rows(self, sheet: str, first: int = 1) -> list[list[Any]]:
        """The values of a sheet's rows, from row ``first`` on."""
        return [[cell.value for cell in row] for row in self.values[sheet].iter_rows(min_row=first)]

    def misplaced_cells(self) -> list[str]:
        """Cells that do not stand after the ones before them, which Excel refuses."""
        found = []
        with ZipFile(BytesIO(self.data)) as archive:
            for name in archive.namelist():
                if name.startswith("xl/worksheets/sheet"):
                    found += [f"{name} {cell}" for cell in _misplaced(archive.read(name))]
        return found


def _misplaced(data: bytes) -> Iterator[str]:
    last_row = 0
    for row in etree.fromstring(data).iter(f"{_MAIN}row"):
        number, last = int(row.get("r")), 0
        if number <= last_row:
            yield f"row {number}"
        last_row = number
        for cell in row:
            letters, own = re.fullmatch(r"([A-Z]+)(\d+)", cell.get("r")).groups()  # type: ignore[union-attr]
            place = 0
            for letter in letters:
                place = place * 26 + ord(letter) - 64
            if place <= last or int(own) != number:
                yield cell.get("r")
            last = place


def recalculated(data: bytes, folder: Path) -> Any:
    """The workbook's values after LibreOffice has calculated every formula anew."""
    profile, source = folder / "profile", folder / "book.xlsx"
    (profile / "user").mkdir(parents=True, exist_ok=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_ALWAYS_RECALCULATE)
    source.write_bytes(data)
    out = folder / "out"
    command = [str(SOFFICE), f"-env:UserInstallation=file://{profile}", "--headless", "--convert-to", "xlsx"]
    subprocess.run([*command, "--outdir", str(out), str(source)], check=True, capture_output=True, timeout=300)
    return load_workbook(out / "book.xlsx", data_only=True)


def _same(stored: Any, found: Any) -> bool:
    """Whether two values are the same text, or the same 64-bit float; an empty text is an empty cell."""
    if isinstance(stored, int | float) and isinstance(found, int | float):
        return float(stored) == float(found)
    return (stored or "") == (found or "")


def differences(opened: Opened, folder: Path) -> list[str]:
    """Cells whose value LibreOffice finds otherwise, or finds to be an error."""
    again = recalculated(opened.data, folder)
    found = []
    for sheet in opened.values:
        for row in sheet.iter_rows():
            for cell in row:
                other = again[sheet.title][cell.coordinate].value
                if not _same(cell.value, other):
                    found.append(f"{sheet.title}!{cell.coordinate}: {cell.value!r}, recalculated {other!r}")
    return found
