"""An archived CSV file row by row, in bounded memory, however it was tampered with."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from io import BufferedReader, RawIOBase, TextIOWrapper
from typing import BinaryIO, cast

LONGEST_CELL = 64 * 1024 * 1024
"""Characters: Python's own limit of 131,072 is shorter than a description may be."""

Row = list[str]


def rows(file: BinaryIO) -> Iterator[Row]:
    """The rows, the header first; ``ValueError`` where the bytes are no such file."""
    csv.field_size_limit(LONGEST_CELL)
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        yield from csv.reader(_lines(text), strict=True)
    except csv.Error as error:
        raise ValueError(f"not a CSV file ({error})") from error
    finally:
        text.detach()


def _lines(text: TextIOWrapper) -> Iterator[str]:
    while line := text.readline(LONGEST_CELL + 1):
        if len(line) > LONGEST_CELL:
            raise ValueError(f"a line has more than {LONGEST_CELL} characters")
        yield line


def rows_of(chunks: Iterable[bytes]) -> Iterator[Row]:
    """The rows of a file that comes in chunks."""
    return rows(cast(BinaryIO, BufferedReader(ChunkedFile(chunks))))


class ChunkedFile(RawIOBase):
    """A file for reading, made of chunks as they come."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill the buffer with what comes next; 0 at the end."""
        view = memoryview(buffer)  # type: ignore[arg-type]  # whatever has a buffer, as io.RawIOBase says
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = chunk
        taken = self._rest[: len(view)]
        view[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)


def first_difference(one: Iterator[Row], other: Iterator[Row], named: Callable[[Row, int], str]) -> str:
    """Where the second file first differs from the first, as ``row 3, gross: "10.00", expected "12.00"``; "" nowhere.

    ``named`` says what the header calls a column, by its place. Rows count from 1, the header included.
    """
    header: Row = []
    number = 0
    for number, expected in enumerate(one, start=1):
        header = header or expected
        found = next(other, None)
        if found is None:
            return f"ends before row {number}"
        if found != expected:
            return f"row {number}, {_cell_difference(header, expected, found, named)}"
    return f"has more rows than {number}" if next(other, None) is not None else ""


def _cell_difference(header: Row, expected: Row, found: Row, named: Callable[[Row, int], str]) -> str:
    for place, (wanted, cell) in enumerate(zip(expected, found, strict=False)):
        if wanted != cell:
            return f"{named(header, place)}: {shown(cell)}, expected {shown(wanted)}"
    return f"{len(found)} cells, expected {len(expected)}"


def column_name(header: Row, place: int) -> str:
    """What the header calls the column; its number where it does not."""
    return header[place] if place < len(header) else f"column {place + 1}"


def shown(cell: str) -> str:
    """A cell in a message: short, in quotes."""
    return f'"{cell}"' if len(cell) <= 60 else f'"{cell[:60]}…"'
