"""A workbook of ours read back: only the parts that hold rows, and only as this program writes them.

Whatever stands otherwise is ``WorkbookError``: another program's XML, a document type, an element that no row of ours
has, a part that unpacks to more than was allowed. Nothing is parsed as XML, so nothing in it can be expanded.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, BinaryIO, NamedTuple
from zipfile import BadZipFile, ZipFile

from chargeback.errors import WorkbookError
from chargeback.publish.xlsx.texts import MOST_STRINGS

_BLOCK = 1 << 18
_LONGEST_ROW = 1 << 23
"""Bytes of a row: 22 cells of the longest text, each character escaped."""
_LARGEST_LIST = 1 << 20
"""Bytes of the list of sheets and of their paths."""
_MOST_PARTS = 200
_LONGEST_TAIL = 1 << 18
"""Bytes of a sheet before and after its rows."""

_SHEET = re.compile(r'<sheet xmlns:r="[^"]*" name="([^"<&]+)" sheetId="(\d+)" state="visible" r:id="rId(\d+)"/>')
_PATH = re.compile(r'Target="/xl/worksheets/sheet(\d+)\.xml" Id="rId(\d+)"')
_TEXTS_HEAD = re.compile(
    rb'(?:<\?xml version="1\.0" encoding="UTF-8" standalone="yes"\?>\n)?'
    rb'<sst xmlns="http://schemas\.openxmlformats\.org/spreadsheetml/2006/main">'
)
_TEXT = re.compile(rb'<si><t(?: xml:space="preserve")?>([^<]*)</t>')
_SHEET_HEAD = re.compile(
    rb'<worksheet xmlns="http://schemas\.openxmlformats\.org/spreadsheetml/2006/main">(?:<(?![!?])[^<>]*>)*<sheetData>'
)
_ROW = re.compile(r'<row r="([1-9][0-9]{0,6})"(?: ht="[0-9.]+" customHeight="1")?>')
_CELL = re.compile(
    r'<c r="([A-Z]{1,3})([0-9]{1,7})" s="[0-9]{1,3}"(?: t="s"><v>([0-9]{1,8})</v></c>|/>|'
    r'(?: t="(str|b|inlineStr)")?>(?:<f>([^<]*)</f>)?'
    r'(?:<v>([^<]*)</v>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)</c>)'
)
_MOST_SETS = 1 << 12
_FIELDS = 8
"""What ``_CELL`` splits a row into for each cell: what stands before it, and its groups."""
_TEXTS = ("str", "inlineStr")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_MISTAKES = (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError, LookupError)
"""What ``zipfile`` and decoding raise over a package that is damaged, encrypted or packed in another way."""


class ReadRow(NamedTuple):
    """A row's cells as they were written, in the order of their columns: their letters; whether each holds a text; its
    value, a number digit for digit; its formula as XML, None where it has none."""

    letters: tuple[str, ...]
    are_texts: list[bool]
    values: list[str]
    formulas: list[str | None]


class WorkbookReader:
    """A workbook of ours; ``room`` is how many bytes all that is read of it may unpack to."""

    def __init__(self, file: BinaryIO, room: int) -> None:
        self._room = room
        try:
            self._package = ZipFile(file)
        except _MISTAKES as error:
            raise WorkbookError(f"no workbook can be read: {_one_line(error)}") from error
        if len(self._package.infolist()) > _MOST_PARTS:
            raise WorkbookError(f"holds {len(self._package.infolist())} parts, a workbook has at most {_MOST_PARTS}")
        self.sheets = self._sheets()
        self._texts: list[str] | None = None
        self._in_order: set[tuple[str, ...]] = set()

    @property
    def size(self) -> int:
        """The bytes that all its parts unpack to, as the package's directory says."""
        return sum(part.file_size for part in self._package.infolist())

    def parts_unlike(self, other: WorkbookReader) -> Iterator[str]:
        """In which parts it differs from the other workbook, in words."""
        mine = set(self._package.namelist())
        for name in other._package.namelist():
            if name not in mine:
                yield f"lacks its part {name}"
            elif b"".join(self._blocks(name)) != b"".join(other._blocks(name)):
                yield f"in its part {name}"

    def rows(self, sheet: str) -> Iterator[ReadRow]:
        """The sheet's rows, one after the other from the first; the part is read to its end, which proves its checksum.

        ``WorkbookError`` where the workbook has no such sheet.
        """
        if sheet not in self.sheets:
            raise WorkbookError(f"has no sheet {sheet}")
        if self._texts is None:
            self._texts = list(self._shared_texts())
        for number, row in enumerate(self._raw_rows(self.sheets[sheet]), start=1):
            yield self._cells(row, number, self._texts, sheet)

    def _sheets(self) -> dict[str, str]:
        """The path of each sheet, by name, in their order."""
        listed = _SHEET.findall(self._whole("xl/workbook.xml"))
        numbers = {place: number for number, place in _PATH.findall(self._whole("xl/_rels/workbook.xml.rels"))}
        if not listed or any(numbers.get(place) != number for _, number, place in listed):
            raise WorkbookError("xl/workbook.xml: its sheets are not listed as this program lists them")
        return {name: f"xl/worksheets/sheet{number}.xml" for name, number, _ in listed}

    def _whole(self, name: str) -> str:
        data = b"".join(self._blocks(name, _LARGEST_LIST))
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise WorkbookError(f"{name} is not UTF-8") from error

    def _blocks(self, name: str, most: int | None = None) -> Iterator[bytes]:
        """The part's bytes; each counts towards the room."""
        try:
            with self._package.open(name) as part:
                while block := part.read(_BLOCK):
                    self._room -= len(block)
                    if most is not None:
                        most -= len(block)
                    if self._room < 0 or (most is not None and most < 0):
                        raise WorkbookError(f"{name} unpacks to more than a workbook of these lines does: not read")
                    yield block
        except _MISTAKES as error:
            raise WorkbookError(f"{name} cannot be unpacked: {_one_line(error)}") from error

    def _shared_texts(self) -> Iterator[str]:
        name = "xl/sharedStrings.xml"
        for number, piece in enumerate(_pieces(self._blocks(name), b"</si>", name), start=1):
            text = piece
            if number == 1:
                head = _TEXTS_HEAD.match(piece)
                if head is None:
                    raise WorkbookError(f"{name} does not begin as this program begins it")
                text = piece[head.end() :]
            if text == b"</sst>":
                return
            found = _TEXT.fullmatch(text)
            if found is None or number > MOST_STRINGS:
                raise WorkbookError(f"{name}, text {number}: not as this program writes a text")
            yield _plain(_decoded(found[1], name))
        raise WorkbookError(f"{name} ends before its end")

    def _raw_rows(self, name: str) -> Iterator[str]:
        pieces = _pieces(self._blocks(name), b"</row>", name)
        for first, piece in enumerate(pieces):
            row = piece
            if not first:
                head = _SHEET_HEAD.match(piece, 0, _LONGEST_TAIL)
                if head is None:
                    raise WorkbookError(f"{name} does not begin as this program begins a sheet")
                row = piece[head.end() :]
            if row.startswith(b"</sheetData>"):
                if len(row) > _LONGEST_TAIL or not row.endswith(b"</worksheet>"):
                    raise WorkbookError(f"{name} does not end as this program ends a sheet")
                return
            yield _decoded(row, name)
        raise WorkbookError(f"{name} ends before its end")

    def _cells(self, row: str, number: int, texts: list[str], sheet: str) -> ReadRow:
        head, written = _ROW.match(row), str(number)
        parts: list[Any] = _CELL.split(row[head.end() :]) if head else [row]
        if head is None or head[1] != written or any(parts[::_FIELDS]) or set(parts[2::_FIELDS]) - {written}:
            raise WorkbookError(f"{sheet}, row {number}: not as this program writes a row")
        letters, shared, kinds = tuple(parts[1::_FIELDS]), parts[3::_FIELDS], parts[4::_FIELDS]
        if letters not in self._in_order:
            self._require_order(letters, sheet, number)
        try:
            values = [
                texts[int(place)] if place else (value or "") if kind is None else _plain(inline or value or "")
                for place, kind, value, inline in zip(shared, kinds, parts[6::_FIELDS], parts[7::_FIELDS], strict=True)
            ]
        except IndexError as error:
            raise WorkbookError(f"{sheet}, row {number}: names a shared text that is not there") from error
        are_texts = [bool(place) or kind in _TEXTS for place, kind in zip(shared, kinds, strict=True)]
        return ReadRow(letters, are_texts, values, parts[5::_FIELDS])

    def _require_order(self, letters: tuple[str, ...], sheet: str, number: int) -> None:
        """Rows have few sets of columns: each is looked at once."""
        if any((len(one), one) >= (len(two), two) for one, two in pairwise(letters)):
            raise WorkbookError(f"{sheet}, row {number}: its cells are not in the columns' order")
        if len(self._in_order) < _MOST_SETS:
            self._in_order.add(letters)


def _pieces(blocks: Iterator[bytes], end: bytes, name: str) -> Iterator[bytes]:
    """What stands before each ``end``, then what is left; none longer than a row may be."""
    rest = b""
    for block in blocks:
        *whole, rest = (rest + block).split(end)
        yield from whole
        if len(rest) > _LONGEST_ROW:
            raise WorkbookError(f"{name} holds a row of more than {_LONGEST_ROW} bytes")
    yield rest


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise WorkbookError(f"{name} is not UTF-8") from error


def _plain(xml: str) -> str:
    """The text that the XML stands for (ECMA-376 part 1, 22.9.2.19); other entities than ours stay as they are."""
    text = xml.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") if "&" in xml else xml
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}{f': {error}' if str(error) else ''}"
