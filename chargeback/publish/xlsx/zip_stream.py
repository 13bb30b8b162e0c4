"""A ZIP file that is handed on while it is written (APPNOTE.TXT 6.3.10): every entry deflated, all of one date.

Its bytes depend on what is written and on zlib alone. A part that many workbooks share is deflated once and written as
it is from then on.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

CHUNK = 1 << 18
"""Bytes handed on at a time, at least."""
LARGEST = 0xFFFF_FFFF
"""Bytes of an entry, and of the file, that the format's fields of 32 bits hold."""
_LEVEL = 2
"""Of zlib: four times as fast as its default 6, and the files are a sixth larger (measured on ledger lines)."""
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_REGULAR_FILE = 0o100640 << 16
_VERSION = 20
_MADE_ON_UNIX = 3
_SIZES_FOLLOW = 0x08
_DEFLATED = 8
_LOCAL = struct.Struct("<4s5H3L2H")
_FOLLOWING = struct.Struct("<4s3L")
_CENTRAL = struct.Struct("<4s2B5H3L5H2L")
_END = struct.Struct("<4s4H2LH")


class Deflated(NamedTuple):
    """A part as it stands in the file: its deflated bytes in pieces, ``packed`` of them, and the CRC-32 and the size of
    what they hold."""

    pieces: Iterable[bytes]
    packed: int
    crc: int
    size: int


class Packing:
    """Deflates a part that comes in chunks; ``packed``, ``crc`` and ``size`` are those so far."""

    def __init__(self) -> None:
        self._packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        self.packed = self.crc = self.size = 0

    def add(self, chunk: bytes) -> bytes:
        """Deflated bytes that follow, none where more is waited for."""
        self.crc, self.size = zlib.crc32(chunk, self.crc), self.size + len(chunk)
        return self._counted(self._packer.compress(chunk))

    def finish(self) -> bytes:
        """The last ones."""
        return self._counted(self._packer.flush())

    def whole(self, pieces: Iterable[bytes]) -> Deflated:
        """The part, of which these are all pieces."""
        return Deflated(pieces, self.packed, self.crc, self.size)

    def _counted(self, data: bytes) -> bytes:
        self.packed += len(data)
        return data


def deflated(part: bytes) -> Deflated:
    """The part, deflated."""
    packing = Packing()
    return packing.whole([packing.add(part) + packing.finish()])


class _Entry(NamedTuple):
    name: bytes
    place: int
    crc: int
    packed: int
    size: int
    flags: int


class ZipStream:
    """The file in the making; ``moment`` is the date of every entry. What the methods yield, in order, is the file."""

    def __init__(self, moment: datetime) -> None:
        year, month, day, hour, minute, second = max(moment.timetuple()[:6], _EARLIEST)
        self._time = hour << 11 | minute << 5 | second // 2
        self._date = (year - _EARLIEST[0]) << 9 | month << 5 | day
        self._entries: list[_Entry] = []
        self._place = 0
        self._waiting: list[bytes] = []
        self._waiting_size = 0

    def add(self, name: str, part: Deflated) -> Iterator[bytes]:
        """A whole part; ``OverflowError`` where it is larger than the format can say."""
        entry = _Entry(name.encode(), self._place, part.crc, part.packed, _stated(name, part.size), 0)
        self._put(self._local(entry))
        for piece in part.pieces:
            self._put(piece)
            yield from self._taken(CHUNK)
        self._entries.append(entry)

    def stream(self, name: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """A part as it is made; ``OverflowError`` where it is larger than the format can say."""
        encoded, start, packing = name.encode(), self._place, Packing()
        self._put(self._local(_Entry(encoded, start, 0, 0, 0, _SIZES_FOLLOW)))
        for chunk in chunks:
            self._put(packing.add(chunk))
            yield from self._taken(CHUNK)
        self._put(packing.finish())
        crc, packed, size = packing.crc, packing.packed, _stated(name, packing.size)
        self._put(_FOLLOWING.pack(b"PK\7\10", crc, packed, size))
        self._entries.append(_Entry(encoded, start, crc, packed, size, _SIZES_FOLLOW))

    def finish(self) -> Iterator[bytes]:
        """The directory, and whatever was not handed on yet."""
        start = self._place
        if start > LARGEST:
            raise OverflowError(f"the workbook has {start} bytes; a ZIP file without extensions holds {LARGEST}")
        for entry in self._entries:
            self._put(self._central(entry), entry.name)
        count = len(self._entries)
        self._put(_END.pack(b"PK\5\6", 0, 0, count, count, self._place - start, start, 0))
        yield from self._taken(0)

    def _local(self, entry: _Entry) -> bytes:
        fields = (entry.crc, entry.packed, entry.size, len(entry.name), 0)
        fixed = (b"PK\3\4", _VERSION, entry.flags, _DEFLATED, self._time, self._date)
        return _LOCAL.pack(*fixed, *fields) + entry.name

    def _central(self, entry: _Entry) -> bytes:
        fixed = (b"PK\1\2", _VERSION, _MADE_ON_UNIX, _VERSION, entry.flags, _DEFLATED, self._time, self._date)
        sizes = (entry.crc, entry.packed, entry.size, len(entry.name))
        return _CENTRAL.pack(*fixed, *sizes, 0, 0, 0, 0, _REGULAR_FILE, entry.place)

    def _put(self, *data: bytes) -> None:
        for each in data:
            self._waiting.append(each)
            self._waiting_size += len(each)
            self._place += len(each)

    def _taken(self, at_least: int) -> Iterator[bytes]:
        """What waits, once it is that many bytes."""
        if self._waiting and self._waiting_size >= at_least:
            yield b"".join(self._waiting)
            self._waiting.clear()
            self._waiting_size = 0


def _stated(name: str, size: int) -> int:
    """The size, which the format can say."""
    if size > LARGEST:
        raise OverflowError(f"{name} has {size} bytes; a ZIP file without extensions holds {LARGEST} a part")
    return size
