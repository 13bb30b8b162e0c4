"""``exports/ledger.parquet``: the ledger's lines and columns for a data warehouse, one schema for all months.

Texts are as they came, less control characters. Amounts and usage are ``decimal(38, 6)``: exact, wide enough for every
currency of ISO 4217 (at most 4 minor digits), and the widest decimal that Spark and DuckDB read. An amount that does
not fit, from 10^32 on, is null; ``ledgers/all.csv`` has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from io import RawIOBase
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from chargeback.model.ledger import COLUMNS, Ledger, LedgerLine
from chargeback.model.spreadsheet_text import cleaned

PRECISION, SCALE = 38, 6
_AMOUNT = pa.decimal128(PRECISION, SCALE)
_SHARE = pa.decimal128(7, 4)
_TYPES = {
    "usage": _AMOUNT,
    "share_percent": _SHARE,
    "net": _AMOUNT,
    "tax": _AMOUNT,
    "gross": _AMOUNT,
    "line": pa.int64(),
    "invoice_line": pa.int64(),
}
SCHEMA = pa.schema([pa.field(name, _TYPES.get(name, pa.string())) for name in COLUMNS])
_TEXTS = [name for name in COLUMNS if name not in _TYPES]
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
    return pa.table([_column(name, period, lines) for name in COLUMNS], schema=SCHEMA)


def _column(name: str, period: str, lines: Sequence[LedgerLine]) -> pa.Array:
    if name == "period":
        return pa.repeat(pa.scalar(period, pa.string()), len(lines))
    if name in _TEXTS:
        return _texts(_READ_TEXT[name](lines))
    if name in ("net", "tax", "gross"):
        return _amounts([getattr(line, name) * 10 ** (SCALE - line.label.digits) for line in lines])
    if name in ("usage", "share_percent"):
        return pa.array([getattr(line, name) or None for line in lines], pa.string()).cast(_TYPES[name])
    return pa.array([getattr(line, name) or None for line in lines], _TYPES[name])


def _texts(values: list[str]) -> pa.Array:
    """The texts less control characters; only what differs is looked at, as most texts stand in many lines."""
    encoded = pa.array(values, pa.string()).dictionary_encode()
    distinct = [cleaned(text) for text in encoded.dictionary.to_pylist()]
    return pa.array(distinct, pa.string()).take(encoded.indices)


def _amounts(unscaled: list[int]) -> pa.Array:
    """Whole numbers of the type's smallest unit as decimals: nearly all are 64 bits wide, and those pyarrow widens."""
    try:
        widened = pa.array(unscaled, pa.int64()).cast(pa.decimal128(19, 0))
    except OverflowError:
        return _wide_amounts(unscaled)
    return pa.Array.from_buffers(_AMOUNT, len(unscaled), widened.buffers())


def _wide_amounts(unscaled: list[int]) -> pa.Array:
    """The same for numbers of any size; null for what the type cannot hold."""
    limit = 10**PRECISION
    kept = [number if -limit < number < limit else None for number in unscaled]
    data = b"".join((number or 0).to_bytes(_DECIMAL_BYTES, "little", signed=True) for number in kept)
    validity = pa.array([number is not None for number in kept], pa.bool_()).buffers()[1]
    return pa.Array.from_buffers(_AMOUNT, len(kept), [validity, pa.py_buffer(data)])


_READ_TEXT: dict[str, Callable[[Sequence[LedgerLine]], list[str]]] = {
    "account": lambda lines: [line.label.account for line in lines],
    "account_name": lambda lines: [line.label.account_name for line in lines],
    "invoice": lambda lines: [line.label.invoice for line in lines],
    "invoice_status": lambda lines: [line.label.status for line in lines],
    "team": lambda lines: [line.team.id for line in lines],
    "cost_center": lambda lines: [line.team.cost_center for line in lines],
    "gl_account": lambda lines: [line.team.gl_account for line in lines],
    "project": lambda lines: [line.project for line in lines],
    "project_name": lambda lines: [line.project_name for line in lines],
    "environment": lambda lines: [line.environment for line in lines],
    "resource": lambda lines: [line.resource for line in lines],
    "currency": lambda lines: [line.label.currency for line in lines],
    "basis": lambda lines: [line.basis.value for line in lines],
    "description": lambda lines: [line.description for line in lines],
}


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
