"""``exports/ledger.parquet``: the ledger's lines and columns for a data warehouse, one schema for all months.

Texts are as they came, less control characters. Amounts and usage are ``decimal(38, 6)``: exact, wide enough for every
currency of ISO 4217 (at most 4 minor digits), and the widest decimal that Spark and DuckDB read. An amount that does
not fit, from 10^32 on, is null; ``ledgers/all.csv`` has it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import accumulate, chain
from operator import mul
from typing import Any

import nanoarrow as na
from arro3.core import Array, RecordBatch, RecordBatchReader
from arro3.io import write_parquet

from chargeback.model.ledger import Ledger, LedgerLines
from chargeback.model.ledger_register import REGISTER, ColumnKind, LedgerColumn
from chargeback.model.text import cleaned

PRECISION, SCALE = 38, 6
_SHARE_DIGITS, _SHARE_SCALE = 7, 4
_TYPES = {
    ColumnKind.TEXT: na.string(),
    ColumnKind.WORD: na.string(),
    ColumnKind.QUANTITY: na.decimal128(PRECISION, SCALE),
    ColumnKind.AMOUNT: na.decimal128(PRECISION, SCALE),
    ColumnKind.NUMBER: na.int64(),
}
_SHARE = na.decimal128(_SHARE_DIGITS, _SHARE_SCALE)
_TEXTS = [column.name for column in REGISTER if column.kind in (ColumnKind.TEXT, ColumnKind.WORD)]
_ROWS_A_GROUP = 1 << 14
_DECIMAL_BYTES = 16


def chunks(ledger: Ledger) -> Iterator[bytes]:
    """The file's bytes; a schema without rows where the month has no line."""
    starts = range(0, len(ledger.lines) or 1, _ROWS_A_GROUP)
    groups = (ledger.lines[start : start + _ROWS_A_GROUP].whole().alone() for start in starts)
    batches = (_batch(str(ledger.period), lines) for lines in groups)
    first, written = next(batches), BytesIO()
    write_parquet(
        RecordBatchReader.from_batches(first.schema, chain((first,), batches)),  # one after the other, none is kept
        written,
        writer_version="parquet_1_0",
        compression="zstd(1)",
        dictionary_enabled=False,
        column_dictionary_enabled=dict.fromkeys(_TEXTS, True),
        max_row_group_size=_ROWS_A_GROUP,
        skip_arrow_metadata=True,
    )
    yield written.getvalue()


def _batch(period: str, lines: LedgerLines) -> RecordBatch:
    """The lines, in whose tables there is no entry that none of them has: an entry is converted once."""
    made = [Array.from_arrow(_column(column, period, lines)) for column in REGISTER]
    return RecordBatch.from_arrays(made, names=[column.name for column in REGISTER])


def _column(column: LedgerColumn, period: str, lines: LedgerLines) -> Any:
    if not column.of:
        return _of_each_line(_texts([period]), array("I", [0]) * len(lines))
    if column.kind is ColumnKind.AMOUNT:
        factors = [10 ** (SCALE - label.digits) for label in lines.labels.table]
        of_lines = map(factors.__getitem__, lines.labels.codes)
        return _decimals(_TYPES[column.kind], PRECISION, list(map(mul, getattr(lines, column.of), of_lines)))
    if column.of == "usage":
        usage = [units if measured else None for units, measured in zip(lines.usage, lines.measured, strict=True)]
        return _decimals(_TYPES[column.kind], PRECISION, usage)
    if column.of == "numbers":
        return _integers(lines.numbers)
    shared = getattr(lines, column.of)
    return _of_each_line(_entries(column.kind, list(map(column.of_entry, shared.table))), shared.codes)


def _of_each_line(entries: Any, codes: array[int]) -> Array:
    return Array.from_arrow(entries).take(na.c_array_from_buffers(na.uint32(), len(codes), [None, codes]))


def _entries(kind: ColumnKind, values: Sequence[Any]) -> Any:
    if kind is ColumnKind.QUANTITY:
        return _decimals(_SHARE, _SHARE_DIGITS, [_unscaled(value, _SHARE_SCALE) for value in values])
    if kind is ColumnKind.NUMBER:
        return _integers([value or None for value in values])
    return _texts(values)


# Arrays are made of buffers: nothing converts a value at a time.


def _texts(values: Sequence[str]) -> Any:
    encoded = [cleaned(value).encode() for value in values]
    offsets = array("i", accumulate(map(len, encoded), initial=0))
    return na.c_array_from_buffers(na.string(), len(encoded), [None, offsets, b"".join(encoded)])


def _unscaled(written: str, scale: int) -> int | None:
    """A decimal as written in units of the last of ``scale`` decimals, None for ""."""
    whole, _, fraction = written.partition(".")
    return int(whole + fraction.ljust(scale, "0")) if written else None


def _decimals(kind: Any, precision: int, unscaled: Sequence[int | None]) -> Any:
    """Whole numbers of the type's smallest unit; null if there is none, or one that the type cannot hold."""
    limit = 10**precision
    kept = [number if number is not None and -limit < number < limit else None for number in unscaled]
    data = _sixteen_bytes_each([number or 0 for number in kept])
    return na.c_array_from_buffers(kind, len(kept), [_validity(kept), data])


def _sixteen_bytes_each(numbers: Sequence[int]) -> array[int] | bytes:
    """Two's complement, the lowest byte first; nearly all are 64 bits wide, and those only need their sign spread."""
    try:
        low = array("q", numbers)
    except OverflowError:
        return b"".join(number.to_bytes(_DECIMAL_BYTES, "little", signed=True) for number in numbers)
    words = array("q", bytes(_DECIMAL_BYTES * len(numbers)))
    words[0::2] = low
    if min(low, default=0) < 0:
        words[1::2] = array("q", [number >> 63 for number in low])
    return words


def _integers(numbers: Sequence[int | None]) -> Any:
    data = array("q", [number or 0 for number in numbers])
    return na.c_array_from_buffers(na.int64(), len(numbers), [_validity(numbers), data])


def _validity(values: Sequence[object]) -> bytes | None:
    """A bit for each value, set where there is one; None where all are there."""
    if None not in values:
        return None
    bits = "".join("0" if value is None else "1" for value in reversed(values))
    return int(bits, 2).to_bytes((len(values) + 7) // 8, "little")
