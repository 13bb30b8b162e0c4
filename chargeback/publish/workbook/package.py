"""The XLSX package: openpyxl writes all of it but the rows, which are streamed into it as they are made.

The bytes depend on nothing but what is written (and on zlib): every entry of the ZIP file, ``created`` and ``modified``
carry the time of the run, and styles come from one closed set.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, cast

from openpyxl import Workbook
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.packaging.extended import ExtendedProperties
from openpyxl.packaging.manifest import Override
from openpyxl.packaging.relationship import Relationship
from openpyxl.workbook._writer import WorkbookWriter
from openpyxl.workbook.properties import CalcProperties
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

from chargeback.model.instants import parse_instant
from chargeback.publish.workbook.pinned_archive import PinnedArchive
from chargeback.publish.xlsx.cells import ROW, Cells
from chargeback.publish.xlsx.styles import stylesheet, verdict_styles
from chargeback.publish.xlsx.texts import SharedStrings

_BATCH = 400
"""Rows joined before they are compressed."""
_ROWS_HERE = re.compile(rb"<sheetData\s*/>|<sheetData></sheetData>")


@dataclass(slots=True)
class Sheet:
    """One sheet: what openpyxl knows of it, and the rows that it does not.

    ``ignored`` is the range in which numbers kept as text are meant; ``links`` lead from a cell to another place.
    """

    worksheet: Worksheet
    rows: Iterable[str]
    dimension: str = ""
    ignored: str = ""
    links: list[tuple[str, str]] = field(default_factory=list)


class Book:
    """A workbook in the making; ``run_at`` is the RFC 3339 instant that all its dates show."""

    def __init__(self, run_at: str, title: str, subject: str) -> None:
        self.moment = (parse_instant(run_at) or datetime(1980, 1, 1, tzinfo=UTC)).replace(tzinfo=None, microsecond=0)
        self.strings = SharedStrings()
        self.cells = Cells(self.strings)
        self.sheets: list[Sheet] = []
        self.workbook = cast(Any, Workbook())
        self.workbook.remove(self.workbook.worksheets[0])
        self.workbook.calculation = CalcProperties(fullCalcOnLoad=False)
        for style in verdict_styles().values():
            self.workbook._differential_styles.add(style)
        properties = self.workbook.properties
        properties.creator, properties.title, properties.subject = "chargeback", title, subject
        properties.created = properties.modified = self.moment

    def add(self, name: str, rows: Iterable[str]) -> Sheet:
        """A further sheet; its rows are taken when the workbook is written."""
        sheet = Sheet(self.workbook.create_sheet(name), rows)
        self.sheets.append(sheet)
        return sheet

    def chunks(self) -> Iterator[bytes]:
        """The file's bytes; to be asked for once."""
        archive = PinnedArchive(self.moment)
        writer = StreamingWriter(self, archive)
        writer.write_data()
        for path, frame, rows in writer.waiting:
            yield from archive.stream(path, _sheet_xml(frame, rows))
        yield from archive.stream(ARC_SHARED_STRINGS, self.strings.xml())
        yield from archive.finish()


class StreamingWriter(ExcelWriter):
    """openpyxl's writer of all parts but the sheets and texts; ``waiting`` are the sheets, to be streamed after it.

    A sheet waits as its path, its XML before and after the rows, and the rows.
    """

    def __init__(self, book: Book, archive: PinnedArchive) -> None:
        super().__init__(book.workbook, archive)
        self._book = book
        self._pinned = archive
        self.waiting: list[tuple[str, tuple[bytes, bytes], Iterable[str]]] = []

    def write_worksheet(self, ws: Any) -> None:
        """Let one sheet wait: openpyxl's part before the rows, the rows, openpyxl's part after them."""
        sheet = next(sheet for sheet in self._book.sheets if sheet.worksheet is ws)
        ws._drawing = SpreadsheetDrawing()
        ws._drawing.charts, ws._drawing.images = ws._charts, ws._images
        writer: Any = _FrameWriter(sheet)
        frame = writer.frame()
        ws._rels = writer._rels
        self.waiting.append((ws.path[1:], frame, sheet.rows))
        self.manifest.append(ws)

    def write_data(self) -> None:
        """Write every part of the package but the sheets and their texts, in the order of openpyxl's own writer."""
        archive, workbook, openpyxl = self._pinned, self._book.workbook, cast(Any, self)
        archive.writestr(ARC_APP, tostring(ExtendedProperties().to_tree()))
        archive.writestr(ARC_CORE, tostring(workbook.properties.to_tree()))
        archive.writestr(ARC_THEME, theme_xml)
        openpyxl._write_worksheets()
        openpyxl._write_charts()
        openpyxl.manifest.Override.append(Override(f"/{ARC_SHARED_STRINGS}", SHARED_STRINGS))
        archive.writestr(ARC_STYLE, stylesheet())
        writer: Any = _PackageWriter(workbook)
        archive.writestr(ARC_ROOT_RELS, writer.write_root_rels())
        archive.writestr(ARC_WORKBOOK, writer.write())
        archive.writestr(ARC_WORKBOOK_RELS, writer.write_rels())
        openpyxl.manifest._write(archive, workbook)


class _PackageWriter(WorkbookWriter):
    """openpyxl's list of parts, with the shared strings among them."""

    def write_rels(self) -> Any:
        """The parts' relations, as XML."""
        make: Any = Relationship
        self.rels.append(make(type="sharedStrings", Target="sharedStrings.xml"))
        return cast(Any, super()).write_rels()


def _sheet_xml(frame: tuple[bytes, bytes], rows: Iterable[str]) -> Iterator[bytes]:
    before, after = frame
    yield before + b"<sheetData>"
    batch: list[str] = []
    for number, row in enumerate(rows, start=1):
        batch.append(row.replace(ROW, str(number)))
        if len(batch) == _BATCH:
            yield "".join(batch).encode()
            batch.clear()
    yield "".join(batch).encode() + b"</sheetData>" + after


class _FrameWriter(WorksheetWriter):
    """openpyxl's sheet without a row in it."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet, self._bytes = sheet, BytesIO()
        super().__init__(sheet.worksheet, out=self._bytes)
        cast(Any, self.ws)._hyperlinks = [
            Hyperlink(ref=ref, location=place, display=None) for ref, place in sheet.links
        ]

    def frame(self) -> tuple[bytes, bytes]:
        """The XML before the rows, and the XML after them."""
        self.write()
        before, after = _ROWS_HERE.split(self._bytes.getvalue(), maxsplit=1)
        return before, after

    def write_dimensions(self) -> None:
        """The range that the rows fill, where it is known beforehand."""
        if self._sheet.dimension:
            self.xf.send(Element("dimension", {"ref": self._sheet.dimension}))

    def write_drawings(self) -> None:
        """Drawings come after the ignored errors (ECMA-376 part 1, 18.3.1.99)."""
        if self._sheet.ignored:
            errors = Element("ignoredErrors")
            SubElement(errors, "ignoredError", {"sqref": self._sheet.ignored, "numberStoredAsText": "1"})
            self.xf.send(errors)
        super().write_drawings()
