"""A workbook in the making: its sheets are written one after the other, in any order, and each is handed on at once.

The bytes depend on nothing but what is written (and on zlib): every entry of the ZIP file, ``created`` and ``modified``
carry the time of the run, and styles come from one closed set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from chargeback.model.instants import parse_instant
from chargeback.publish.xlsx.cells import ROW, Cells
from chargeback.publish.xlsx.shape import Fill, SheetShape
from chargeback.publish.xlsx.shell import (
    Frame,
    book_values,
    chart_values,
    opening_values,
    sheet_values,
    shell_of,
    workbook_values,
)
from chargeback.publish.xlsx.texts import SharedStrings, property_text
from chargeback.publish.xlsx.zip_stream import ZipStream, deflated

_BATCH = 400
"""Rows joined before they are compressed."""
_TEXTS_PATH = "xl/sharedStrings.xml"
_EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)


class Book:
    """The workbook; ``run_at`` is the RFC 3339 instant that all its dates show, ``shapes`` its sheets in their order.

    Every sheet is written once, then ``finish`` gives the rest: the bytes that the methods yield, in order, are the
    file.
    """

    def __init__(self, run_at: str, title: str, subject: str, shapes: Sequence[SheetShape]) -> None:
        moment = (parse_instant(run_at) or _EARLIEST).replace(tzinfo=None, microsecond=0)
        self.strings = SharedStrings()
        self.cells = Cells(self.strings)
        self._values = dict(book_values(property_text(title), property_text(subject), moment))
        self._shell = shell_of(tuple(shapes))
        self._places = {shape.name: place for place, shape in enumerate(shapes)}
        self._marked = dict(self._shell.marked)
        self._zip = ZipStream(moment)
        self._has_begun = False

    def sheet(self, name: str, rows: Iterable[str], fill: Fill) -> Iterator[bytes]:
        """Write the sheet; what of ``fill`` stands after the rows may be set while they are made."""
        yield from self._beginning()
        place = self._places.pop(name)
        frame = self._shell.frames[place]
        yield from self._zip.stream(frame.path, _sheet_xml(place, frame, rows, fill))
        own = sheet_values(place, frame, fill)
        for number, path in enumerate(frame.parts):
            is_chart = number < len(fill.charts)
            values = chart_values(fill.charts[number]) if is_chart else own
            yield from self._zip.add(path, deflated(self._marked.pop(path).filled(values)))
        self._values.update(workbook_values(place, fill))

    def finish(self) -> Iterator[bytes]:
        """The workbook's own parts, the texts and the directory; ``LookupError`` where a sheet was not written."""
        if self._places:
            raise LookupError(f"sheets without rows: {', '.join(self._places)}")
        for path, part in self._marked.items():
            yield from self._zip.add(path, deflated(part.filled(self._values)))
        yield from self._zip.stream(_TEXTS_PATH, self.strings.xml())
        yield from self._zip.finish()

    def _beginning(self) -> Iterator[bytes]:
        """The parts that all workbooks of the shape have alike."""
        if not self._has_begun:
            self._has_begun = True
            for path, part in self._shell.constant.items():
                yield from self._zip.add(path, part)


def _sheet_xml(place: int, frame: Frame, rows: Iterable[str], fill: Fill) -> Iterator[bytes]:
    yield frame.before.filled(opening_values(frame, fill)) + b"<sheetData>"
    batch: list[str] = []
    for number, row in enumerate(rows, start=1):
        batch.append(row.replace(ROW, str(number)))
        fill.rows = number
        if len(batch) == _BATCH:
            yield "".join(batch).encode()
            batch.clear()
    yield "".join(batch).encode() + b"</sheetData>" + frame.after.filled(sheet_values(place, frame, fill))
