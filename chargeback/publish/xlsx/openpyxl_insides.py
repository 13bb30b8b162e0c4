"""openpyxl's insides: everything that is not public in it and that the workbooks need, in this one file.

It writes a package without rows: every part but the rows themselves and their texts. Each private name is held to
openpyxl's source by tests/test_requirements.py, and ``pyproject.toml`` bounds its version for their sake.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from copy import copy
from io import BytesIO
from typing import Any, cast

from msgspec import Struct
from openpyxl import Workbook
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.packaging.extended import ExtendedProperties
from openpyxl.packaging.manifest import Override
from openpyxl.packaging.relationship import Relationship
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.workbook._writer import WorkbookWriter
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter
from openpyxl.writer.theme import theme_xml
from openpyxl.xml.constants import (
    ARC_APP,
    ARC_CORE,
    ARC_ROOT_RELS,
    ARC_SHARED_STRINGS,
    ARC_STYLE,
    ARC_THEME,
    ARC_WORKBOOK,
    ARC_WORKBOOK_RELS,
    SHARED_STRINGS,
)
from openpyxl.xml.functions import Element, SubElement, tostring

_ROWS_HERE = re.compile(rb"<sheetData\s*/>|<sheetData></sheetData>")


class BesideRows(Struct, frozen=True):
    """What a sheet says of rows that openpyxl does not have: the range that they fill and the one in which numbers kept
    as text are meant ("": neither is said), and where a row's first cell leads."""

    filled: str
    plain: str
    links: Sequence[tuple[int, str]]


def add_differential_styles(workbook: Workbook, styles: Iterable[DifferentialStyle]) -> None:
    """Have the workbook know the styles that rules give to cells, in this order."""
    for style in styles:
        cast(Any, workbook)._differential_styles.add(style)


def look_like(cell: Any, other: Any) -> None:
    """Give the cell the other's look, which openpyxl otherwise looks up attribute by attribute."""
    cell._style = copy(other._style)


class ShellWriter(ExcelWriter):
    """openpyxl's writer of all parts but the rows and their texts, into ``parts`` by path.

    ``frames``: the path of each sheet, its XML before and after the rows, and the paths of the parts that are its own.
    """

    def __init__(
        self,
        workbook: Workbook,
        sheets: Iterable[tuple[Worksheet, BesideRows]],
        stylesheet: bytes,
        parts: dict[str, bytes],
    ) -> None:
        super().__init__(workbook, cast(Any, _Parts(parts)))
        self.frames: list[tuple[str, bytes, bytes, list[str]]] = []
        self._stylesheet = stylesheet
        self._beside = {id(sheet): beside for sheet, beside in sheets}

    def write_worksheet(self, ws: Any) -> None:
        """One sheet without a row in it."""
        ws._drawing = SpreadsheetDrawing()
        ws._drawing.charts, ws._drawing.images = ws._charts, ws._images
        writer: Any = _FrameWriter(ws, self._beside[id(ws)])
        before, after = writer.frame()
        ws._rels = writer._rels
        self.frames.append((ws.path[1:], before, after, []))
        self.manifest.append(ws)

    def write_data(self) -> None:
        """Every part, in the order of openpyxl's own writer."""
        archive, workbook, openpyxl = cast(Any, self)._archive, cast(Any, self).workbook, cast(Any, self)
        archive.writestr(ARC_APP, tostring(ExtendedProperties().to_tree()))
        archive.writestr(ARC_CORE, tostring(workbook.properties.to_tree()))
        archive.writestr(ARC_THEME, theme_xml)
        openpyxl._write_worksheets()
        openpyxl._write_charts()
        for frame, sheet in zip(self.frames, workbook.worksheets, strict=True):
            frame[3].extend(part.path[1:] for part in (*sheet._charts, *sheet._tables.values()))
        openpyxl.manifest.Override.append(Override(f"/{ARC_SHARED_STRINGS}", SHARED_STRINGS))
        archive.writestr(ARC_STYLE, self._stylesheet)
        writer: Any = _PackageWriter(workbook)
        archive.writestr(ARC_ROOT_RELS, writer.write_root_rels())
        archive.writestr(ARC_WORKBOOK, writer.write())
        archive.writestr(ARC_WORKBOOK_RELS, writer.write_rels())
        openpyxl.manifest._write(archive, workbook)


class _Parts:
    """What openpyxl takes for a ZIP file: keeps the parts."""

    def __init__(self, parts: dict[str, bytes]) -> None:
        self._parts = parts

    def writestr(self, path: str, data: bytes | str) -> None:
        """Keep a part."""
        self._parts[path] = data.encode() if isinstance(data, str) else bytes(data)

    def namelist(self) -> list[str]:
        """The paths so far."""
        return list(self._parts)


class _PackageWriter(WorkbookWriter):
    """openpyxl's list of parts, with the shared strings among them."""

    def write_rels(self) -> Any:
        """The parts' relations, as XML."""
        make: Any = Relationship
        self.rels.append(make(type="sharedStrings", Target="sharedStrings.xml"))
        return cast(Any, super()).write_rels()


class _FrameWriter(WorksheetWriter):
    """openpyxl's sheet without a row in it."""

    def __init__(self, sheet: Any, beside: BesideRows) -> None:
        self._beside, self._bytes = beside, BytesIO()
        super().__init__(sheet, out=self._bytes)
        cast(Any, self.ws)._hyperlinks = [
            Hyperlink(ref=f"A{row}", location=place, display=None) for row, place in beside.links
        ]

    def frame(self) -> tuple[bytes, bytes]:
        """The XML before the rows, and the XML after them."""
        self.write()
        before, after = _ROWS_HERE.split(self._bytes.getvalue(), maxsplit=1)
        return before, after

    def write_dimensions(self) -> None:
        """The range that the rows fill, where it is known beforehand."""
        if self._beside.filled:
            self.xf.send(Element("dimension", {"ref": self._beside.filled}))

    def write_drawings(self) -> None:
        """Drawings come after the ignored errors (ECMA-376 part 1, 18.3.1.99)."""
        if self._beside.plain:
            errors = Element("ignoredErrors")
            SubElement(errors, "ignoredError", {"sqref": self._beside.plain, "numberStoredAsText": "1"})
            self.xf.send(errors)
        super().write_drawings()
