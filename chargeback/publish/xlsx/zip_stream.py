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
    """A part as it stands in the file: deflated bytes, the CRC-32 and the size of what they hold."""

    data: bytes
    crc: int
    size: int


def deflated(part: bytes) -> Deflated:
    """The part, deflated."""
    packer = _packer()
    return Deflated(packer.compress(part) + packer.flush(), zlib.crc32(part), len(part))


def _packer() -> zlib._Compress:
    return zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)


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
        """A whole part."""
        encoded = name.encode()
        entry = _Entry(encoded, self._place, part.crc, len(part.data), part.size, 0)
        self._put(self._local(entry), part.data)
        self._entries.append(entry)
        yield from self._taken(CHUNK)

    def stream(self, name: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """A part as it is made; ``OverflowError`` where it is larger than the format can say."""
        encoded, start = name.encode(), self._place
        self._put(self._local(_Entry(encoded, start, 0, 0, 0, _SIZES_FOLLOW)))
        packer, crc, size, packed = _packer(), 0, 0, 0
        for chunk in chunks:
            crc, size = zlib.crc32(chunk, crc), size + len(chunk)
            data = packer.compress(chunk)
            packed += len(data)
            self._put(data)
            yield from self._taken(CHUNK)
        data = packer.flush()
        packed += len(data)
        if size > LARGEST:
            raise OverflowError(f"{name} has {size} bytes; a ZIP file without extensions holds {LARGEST} a part")
        self._put(data, _FOLLOWING.pack(b"PK\7\10", crc, packed, size))
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
