"""What a large month has too much of for memory, kept in a file until the month is done (decision record 18).

A month's books are small objects that stay in memory, and large leaves: a report's rows, an invoice's lines, posted
lines, checks, ledger lines. The first leaves, all that a small month has, stay in memory too. The others are written to
one file without a name in the system's folder for temporary files (``TMPDIR``), which goes with the process however it
ends, and each is read back whenever somebody looks at it. Processes that are forked later read and write the same file.
"""

from __future__ import annotations

import fcntl
import os
import pickle
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from io import BytesIO
from itertools import chain, islice
from operator import attrgetter
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar, overload

from msgspec import Struct

from chargeback.errors import StorageError

IN_MEMORY = 20_000
"""Entries (rows, lines, checks) that stay in memory: some 6 MB."""
TOGETHER = 4_096
"""Values of a list that are written together."""
_RECENT, _RECENT_BYTES = 8, 2_000_000
"""Leaves that were read last and are kept, as who looks at one soon looks at it again: so many, of so many bytes."""

Value = TypeVar("Value")
Value_co = TypeVar("Value_co", covariant=True)


class Held(Protocol[Value_co]):
    """A value that is at hand, wherever it lies."""

    @property
    def value(self) -> Value_co:
        """The value; ``StorageError`` where it cannot be read back."""


class InMemory(Struct, Generic[Value], frozen=True):
    """A value in memory."""

    value: Value


class Spooled(Struct, Generic[Value], frozen=True):
    """A value in the spool: another object, equal to it, each time that it is read."""

    spool: Spool
    start: int
    size: int

    @property
    def value(self) -> Value:
        """The value, read back."""
        found: Value = self.spool.read(self.start, self.size)
        return found


@dataclass(frozen=True, slots=True)
class SpooledSequence(Sequence[Value]):
    """A sequence in the spool, of known length."""

    length: int
    held: Spooled[Sequence[Value]]

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[Value]:
        return iter(self.held.value)

    @overload
    def __getitem__(self, place: int) -> Value: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Value]: ...
    def __getitem__(self, place: int | slice) -> Value | Sequence[Value]:
        return self.held.value[place]


class SpooledList(Sequence[Value]):
    """A list that only grows, of what a large month has too much of: what was added first lies where the spool has
    room for it. Whoever looks at values that follow each other reads each part once."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._parts: list[Sequence[Value]] = []
        self._newest: list[Value] = []
        self._read: tuple[int, Sequence[Value]] = (-1, ())

    def append(self, value: Value) -> None:
        """Add a value at the end."""
        self.extend((value,))

    def extend(self, values: Iterable[Value]) -> None:
        """Add values at the end."""
        coming = iter(values)
        while some := list(islice(coming, TOGETHER - len(self._newest))):
            self._newest += some
            if len(self._newest) == TOGETHER:
                self._parts.append(self._spool.sequence(self._newest))
                self._newest = []

    def __len__(self) -> int:
        return len(self._parts) * TOGETHER + len(self._newest)

    def __iter__(self) -> Iterator[Value]:
        return chain.from_iterable((*self._parts, self._newest))

    @overload
    def __getitem__(self, place: int) -> Value: ...
    @overload
    def __getitem__(self, place: slice) -> list[Value]: ...
    def __getitem__(self, place: int | slice) -> Value | list[Value]:
        places = range(len(self))[place]
        return self._at(places) if isinstance(places, int) else list(map(self._at, places))

    def _at(self, place: int) -> Value:
        number, offset = divmod(place, TOGETHER)
        if number == len(self._parts):
            return self._newest[offset]
        if self._read[0] != number:
            part = self._parts[number]
            self._read = number, part.held.value if isinstance(part, SpooledSequence) else part
        return self._read[1][offset]


class Spool:
    """The leaves of one month. Threads and forked processes may keep and read at the same time."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._left = in_memory
        self._file: int | None = None
        self._lock = Lock()
        self._recent: dict[int, tuple[int, Any]] = {}
        self._last: tuple[int, Any] = (-1, None)

    def keep(self, value: Value, entries: int) -> Held[Value]:
        """The value, which is of so many entries, where it is at hand; ``StorageError`` where there is no room."""
        with self._lock:
            if entries <= self._left:
                self._left -= entries
                return InMemory(value)
        return self.write(value)

    def sequence(self, values: Sequence[Value]) -> Sequence[Value]:
        """The sequence, where it is at hand."""
        if not values or isinstance(values, SpooledSequence):
            return values
        held = self.keep(values, len(values))
        return SpooledSequence(len(values), held) if isinstance(held, Spooled) else values

    @property
    def size(self) -> int:
        """The bytes that were written so far."""
        return 0 if self._file is None else os.fstat(self._file).st_size

    def bytes_at(self, start: int, size: int) -> bytes:
        """What lies there, as it was written."""
        try:
            return os.pread(self.open(), size, start)
        except OSError as error:
            raise _full(error) from error

    def share(self) -> None:
        """From here on everything goes to the file, which exists: what processes that are forked now keep is there for
        all of them."""
        self.open()
        self._left = 0

    def open(self) -> int:
        """The descriptor of the file, which is made if there is none yet."""
        with self._lock:
            if self._file is None:
                try:
                    with tempfile.TemporaryFile(prefix="chargeback-") as file:
                        self._file = os.dup(file.fileno())
                except OSError as error:
                    raise _full(error) from error
                weakref.finalize(self, os.close, self._file)
            return self._file

    def write(self, value: Value) -> Spooled[Value]:
        """The value, in the file."""
        data = _packed(value)
        start = self._append(data)
        with self._lock:
            self._remember(start, len(data), value)
        return Spooled(self, start, len(data))

    def _append(self, data: bytes) -> int:
        """Write the bytes behind all others; where they begin."""
        file = self.open()
        with self._lock:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX)  # against processes, which share the file and not the lock
                try:
                    start = os.fstat(file).st_size
                    _write_at(file, start, data)
                finally:
                    fcntl.lockf(file, fcntl.LOCK_UN)
            except OSError as error:
                raise _full(error) from error
        return start

    def read(self, start: int, size: int) -> Any:
        """What was written there."""
        last, value = self._last
        if last == start:
            return value
        with self._lock:
            if start in self._recent:
                found = self._recent[start] = self._recent.pop(start)
                self._last = start, found[1]
                return found[1]
        data = self.bytes_at(start, size)
        with self.unpacking():
            value = pickle.loads(data)  # noqa: S301 - our own bytes, in a file that has no name
        with self._lock:
            self._remember(start, size, value)
        return value

    def _remember(self, start: int, size: int, value: object) -> None:
        self._recent[start] = size, value
        self._last = start, value
        while len(self._recent) > _RECENT or sum(size for size, _ in self._recent.values()) > _RECENT_BYTES:
            del self._recent[next(iter(self._recent))]

    @contextmanager
    def unpacking(self) -> Iterator[None]:
        """Within, whatever is unpacked and names its spool names this one: it comes from the spool itself, from a
        process that was forked from this one, or from the machine that it was sent by."""
        before = _UNPACKING.set(self)
        try:
            yield
        finally:
            _UNPACKING.reset(before)

    def __reduce__(self) -> tuple[object, tuple[()]]:
        return _unpacking, ()


class FetchedSpool(Spool):
    """A spool that was written on another machine, of so many bytes: a piece is fetched when something in it is first
    read. ``fetch`` gives the pieces of these numbers, each of ``piece`` bytes, the last one of the rest."""

    def __init__(self, size: int, piece: int, fetch: Callable[[Sequence[int]], Iterable[bytes]]) -> None:
        super().__init__(0)
        self._piece = piece
        self._fetch = fetch
        self._missing = set(range(-(-size // piece)))
        try:
            os.ftruncate(self.open(), size)  # what is written here comes behind
        except OSError as error:
            raise _full(error) from error

    def bytes_at(self, start: int, size: int) -> bytes:
        """What lies there, fetched if need be."""
        wanted = [
            number
            for number in range(start // self._piece, (start + size - 1) // self._piece + 1)
            if number in self._missing
        ]
        if wanted:
            for number, data in zip(wanted, self._fetch(wanted), strict=True):
                try:
                    _write_at(self.open(), number * self._piece, data)
                except OSError as error:
                    raise _full(error) from error
            self._missing.difference_update(wanted)
        return super().bytes_at(start, size)


def _write_at(file: int, start: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.pwrite(file, rest, start + len(data) - len(rest)) :]


class _Reducers(dict[type, Callable[[Any], str | tuple[Any, ...]]]):
    """By class, how its objects are packed: those of a struct and decimals as they do themselves, those of a dataclass
    by their fields' values, a third of the time of what Python does by itself."""

    def __missing__(self, kind: type) -> Callable[[Any], str | tuple[Any, ...]]:
        if issubclass(kind, (Struct, Decimal)):
            self[kind] = kind.__reduce__
            return self[kind]
        if issubclass(kind, type):
            raise KeyError(kind)
        if not is_dataclass(kind):
            self[kind] = lambda each: each.__reduce_ex__(pickle.HIGHEST_PROTOCOL)
            return self[kind]
        names = [field.name for field in fields(kind)]
        values = attrgetter(*names) if len(names) > 1 else lambda each: (getattr(each, names[0]),)
        self[kind] = lambda each: (kind, values(each))
        return self[kind]


_REDUCERS: Any = _Reducers()


def _packed(value: object) -> bytes:
    buffer = BytesIO()
    pickler = pickle.Pickler(buffer, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _REDUCERS
    pickler.dump(value)
    return buffer.getvalue()


_UNPACKING: ContextVar[Spool] = ContextVar("the spool of what is unpacked")


def _unpacking() -> Spool:
    return _UNPACKING.get()


def _full(error: OSError) -> StorageError:
    where = tempfile.tempdir or "the folder for temporary files"
    return StorageError(
        f"{where}: {error.strerror or error}: the month's working file cannot be kept there",
        remedy="free space there, or name another folder in TMPDIR, then run again",
    )
