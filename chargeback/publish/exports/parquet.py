"""``exports/ledger.parquet``: the ledger's lines and columns for a data warehouse, one schema for all months.

Texts are as they came, less control characters. Amounts and usage are ``decimal(38, 6)``: exact, wide enough for every
currency of ISO 4217 (at most 4 minor digits), and the widest decimal that Spark and DuckDB read. An amount that does
not fit, from 10^32 on, is null; ``ledgers/all.csv`` has it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from io import RawIOBase
from itertools import accumulate
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from chargeback.model.ledger import REGISTER, ColumnKind, Ledger, LedgerColumn, LedgerLine, column_values
from chargeback.model.spreadsheet_text import cleaned

PRECISION, SCALE = 38, 6
_AMOUNT = pa.decimal128(PRECISION, SCALE)
_SHARE = pa.decimal128(7, 4)
_TYPES = {
    ColumnKind.TEXT: pa.string(),
    ColumnKind.WORD: pa.string(),
    ColumnKind.QUANTITY: _AMOUNT,
    ColumnKind.AMOUNT: _AMOUNT,
    ColumnKind.NUMBER: pa.int64(),
}
SCHEMA = pa.schema(
    [pa.field(column.name, _SHARE if column.name == "share_percent" else _TYPES[column.kind]) for column in REGISTER]
)
_TEXTS = [column.name for column in REGISTER if column.kind in (ColumnKind.TEXT, ColumnKind.WORD)]
_ROWS_A_GROUP = 1 << 14
_DECIMAL_BYTES = 16


def chunks(ledger: Ledger) -> Iterator[bytes]:
    """The file's bytes, a row group at a time; a schema without rows where the month has no line."""
    sink = _Sink()
    with pq.ParquetWriter(
        pa.PythonFile(sink, mode="w"),
        SCHEMA,
        version="2.6",
        data_page_version="1.0",
        compression="zstd",
        use_dictionary=_TEXTS,
        write_statistics=True,
        store_schema=False,
    ) as writer:
        for start in range(0, len(ledger.lines), _ROWS_A_GROUP):
            writer.write_table(_table(ledger.period, ledger.lines[start : start + _ROWS_A_GROUP]))
            yield sink.drain()
    yield sink.drain()


def _table(period: str, lines: Sequence[LedgerLine]) -> pa.Table:
    values = {"period": [period] * len(lines), **column_values(lines)}
    digits = [line.label.digits for line in lines]
    return pa.Table.from_arrays([_column(column, values[column.name], digits) for column in REGISTER], schema=SCHEMA)


def _column(column: LedgerColumn, values: Sequence[Any], digits: Sequence[int]) -> pa.Array:
    if column.kind is ColumnKind.AMOUNT:
        scaled = [units * 10 ** (SCALE - minor) for units, minor in zip(values, digits, strict=True)]
        return _decimals(_AMOUNT, scaled)
    if column.kind is ColumnKind.QUANTITY:
        kind = SCHEMA.field(column.name).type
        return _decimals(kind, [_unscaled(written, kind.scale) for written in values])
    if column.kind is ColumnKind.NUMBER:
        return _integers([number or None for number in values])
    return _texts(values)


# Arrays are made of buffers: pyarrow's own conversion of Python lists imports pandas (0.4 s, 60 MB).


def _texts(values: Sequence[str]) -> pa.Array:
    """The texts less control characters; each is looked at once, as most stand in many lines."""
    written = {text: cleaned(text).encode() for text in set(values)}
    encoded = [written[text] for text in values]
    offsets = array("i", accumulate(map(len, encoded), initial=0))
    return pa.Array.from_buffers(
        pa.string(), len(values), [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    )


def _unscaled(written: str, scale: int) -> int | None:
    """A decimal as written in units of the last of ``scale`` decimals, None for ""."""
    whole, _, fraction = written.partition(".")
    return int(whole + fraction.ljust(scale, "0")) if written else None


def _decimals(kind: pa.DataType, unscaled: Sequence[int | None]) -> pa.Array:
    """Whole numbers of the type's smallest unit; null where there is none, or one that the type cannot hold."""
    limit = 10**kind.precision
    kept = [number if number is not None and -limit < number < limit else None for number in unscaled]
    data = pa.py_buffer(_sixteen_bytes_each([number or 0 for number in kept]))
    return pa.Array.from_buffers(kind, len(kept), [_validity(kept), data])


def _sixteen_bytes_each(numbers: Sequence[int]) -> array[int] | bytes:
    """Two's complement, the lowest byte first; nearly all are 64 bits wide, and those only need their sign spread."""
    try:
        low = array("q", numbers)
    except OverflowError:
        return b"".join(number.to_bytes(_DECIMAL_BYTES, "little", signed=True) for number in numbers)
    words = array("q", bytes(_DECIMAL_BYTES * len(numbers)))
    words[0::2], words[1::2] = low, array("q", [number >> 63 for number in low])
    return words


def _integers(numbers: Sequence[int | None]) -> pa.Array:
    data = array("q", [number or 0 for number in numbers])
    return pa.Array.from_buffers(pa.int64(), len(numbers), [_validity(numbers), pa.py_buffer(data)])


def _validity(values: Sequence[object]) -> pa.Buffer | None:
    """A bit for each value, set where there is one; None where all are there."""
    if None not in values:
        return None
    bits = "".join("0" if value is None else "1" for value in reversed(values))
    return pa.py_buffer(int(bits, 2).to_bytes((len(values) + 7) // 8, "little"))


class _Sink(RawIOBase):
    """A file that gives what was written into it on again, piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self.position = 0
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        """It is written only."""
        return True

    def tell(self) -> int:
        """How many bytes were written."""
        return self.position

    def write(self, data: Any) -> int:
        """Keeps the bytes."""
        self.pieces.append(bytes(data))
        self.position += len(self.pieces[-1])
        return len(self.pieces[-1])

    def drain(self) -> bytes:
        """What was written since the last time."""
        data = b"".join(self.pieces)
        self.pieces.clear()
        return data
