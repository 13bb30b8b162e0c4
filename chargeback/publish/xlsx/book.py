"""A workbook in the making: its sheets are written one after the other, in any order, and each is handed on at once.

A sheet that is written while others are is a draft first: its rows wait, deflated, until it is its turn.

The bytes depend on nothing but what is written (and on zlib): every entry of the ZIP file, ``created`` and ``modified``
carry the time of the run, and styles come from one closed set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice, repeat

from chargeback.model.instants import parse_instant
from chargeback.model.spool import Held
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
from chargeback.publish.xlsx.zip_stream import CHUNK, Deflated, Packing, ZipStream, deflated

_BATCH = 400
"""Rows joined before they are compressed."""
_TEXTS_PATH = "xl/sharedStrings.xml"
_EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)


Keep = Callable[[bytes], Held[bytes]]
"""Where deflated bytes wait."""


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
        place, frame = self._taken(name)
        yield from self._zip.stream(frame.path, _sheet_xml(place, frame, rows, fill))
        yield from self._own_parts(place, frame, fill)

    def draft(self, name: str, fill: Fill, keep: Keep) -> Draft:
        """Begin a sheet that is written while others are."""
        return Draft(*self._taken(name), fill, keep)

    def place(self, draft: Draft) -> Iterator[bytes]:
        """Write the sheet that was a draft until now."""
        yield from self._beginning()
        yield from self._zip.add(draft.frame.path, draft.finished())
        yield from self._own_parts(draft.number, draft.frame, draft.fill)

    def _taken(self, name: str) -> tuple[int, Frame]:
        place = self._places.pop(name)
        return place, self._shell.frames[place]

    def _own_parts(self, place: int, frame: Frame, fill: Fill) -> Iterator[bytes]:
        """The sheet's charts and table."""
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


class Draft:
    """A sheet in the making: the one of that number in the workbook."""

    def __init__(self, number: int, frame: Frame, fill: Fill, keep: Keep) -> None:
        self.number, self.frame, self.fill, self._keep = number, frame, fill, keep
        self._packing, self._waiting, self._kept = Packing(), bytearray(), list[Held[bytes]]()
        self._pack(_opening(frame, fill))

    def add(self, rows: Iterable[str]) -> None:
        """Further rows."""
        for some in _numbered(rows, self.fill):
            self._pack(some)

    def finished(self) -> Deflated:
        """The sheet's part, after all its rows."""
        self._pack(_closing(self.number, self.frame, self.fill))
        self._waiting += self._packing.finish()
        return self._packing.whole(self._pieces())

    def _pieces(self) -> Iterator[bytes]:
        yield from (piece.value for piece in self._kept)
        yield bytes(self._waiting)

    def _pack(self, xml: bytes) -> None:
        self._waiting += self._packing.add(xml)
        if len(self._waiting) >= CHUNK:
            self._kept.append(self._keep(bytes(self._waiting)))
            self._waiting.clear()


def _sheet_xml(place: int, frame: Frame, rows: Iterable[str], fill: Fill) -> Iterator[bytes]:
    yield _opening(frame, fill)
    yield from _numbered(rows, fill)
    yield _closing(place, frame, fill)


def _opening(frame: Frame, fill: Fill) -> bytes:
    fill.rows = 0
    return frame.before.filled(opening_values(frame, fill)) + b"<sheetData>"


def _closing(place: int, frame: Frame, fill: Fill) -> bytes:
    return b"</sheetData>" + frame.after.filled(sheet_values(place, frame, fill))


def _numbered(rows: Iterable[str], fill: Fill) -> Iterator[bytes]:
    """The rows with their numbers, some hundreds at a time; ``fill`` counts them."""
    remaining = iter(rows)
    while batch := list(islice(remaining, _BATCH)):
        numbers = range(fill.rows + 1, fill.rows + len(batch) + 1)
        fill.rows += len(batch)
        yield "".join(map(str.replace, batch, repeat(ROW), map(str, numbers))).encode()
