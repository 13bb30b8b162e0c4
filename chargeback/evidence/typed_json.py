"""JSON that this program wrote, read back: each field of its type and within its bounds, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, TypeVar

import msgspec

from chargeback.errors import AnswerError, ConfigurationError, SchemaError
from chargeback.evidence.period import Period

BYTES_AT_ONCE = 1 << 20
"""Bytes of a list that are decoded together: some 2,000 answers."""

_BEGIN, _BETWEEN, _END = b"[\n  {", b"\n  },", b"\n]\n"

Value = TypeVar("Value")


class _Versioned(msgspec.Struct):
    schema: Annotated[int, msgspec.Meta(ge=1)]


def decoded(data: bytes, of: type[Value], *, path: str, schema: int, noun: str) -> Value:
    """The object in these bytes, which say their schema; fields that are not known are passed over.

    ``AnswerError`` where they hold no such object, ``SchemaError`` where a newer version wrote it. ``path`` and
    ``noun`` ("a run record") are for the message.
    """
    found = _read(data, _Versioned, path, noun).schema
    if found > schema:
        raise SchemaError(f"{path}: schema {found}, this version reads {schema}", remedy="upgrade chargeback")
    return _read(data, of, path, noun)


def decoded_list(data: bytes, of: type[Value], *, path: str, noun: str) -> Iterator[Value]:
    """The objects of the list in these bytes, decoded some at a time where they lie as ``canonical_json`` writes them;
    ``AnswerError`` where they are none.

    They are not taken apart before they are decoded: the parts of 256 MB of ``1,1,1`` would take 10 GB.
    """
    some: Any = Annotated[list[of], msgspec.Meta(min_length=1)]  # type: ignore[valid-type]  # built for msgspec
    count = 0
    try:
        for piece in _pieces(data):
            values = _read(piece, some, path, noun)
            yield from values
            count += len(values)
    except AnswerError:  # of the whole: which one is none, or that all are, written in another way
        yield from _read(data, list[of], path, noun)[count:]  # type: ignore[valid-type]


def _pieces(data: bytes) -> Iterator[bytes]:
    """Lists of some of the objects each; the whole where it is written in another way."""
    if not (data.startswith(_BEGIN) and data.endswith(_END)):
        yield data
        return
    begin, end = len(b"["), len(data) - len(_END)
    while begin < end:
        cut = data.find(_BETWEEN, begin + BYTES_AT_ONCE, end)
        stop = end if cut < 0 else cut + len(_BETWEEN) - 1
        yield b"[%b]" % data[begin:stop]
        begin = stop + 1


def _read(data: bytes, of: type[Value], path: str, noun: str) -> Value:
    try:
        data.decode()  # msgspec does not look at the encoding of what it passes over
        return msgspec.json.decode(data, type=of, dec_hook=_month)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise AnswerError(f"{path}: not {noun} ({error})") from error


def _month(kind: type, value: Any) -> Period:
    """The calendar month of a text: the one type of a field that msgspec does not know by itself."""
    if kind is not Period or not isinstance(value, str):
        raise TypeError("Expected a month as YYYY-MM")
    try:
        return Period.parse(value)
    except ConfigurationError as error:
        raise ValueError(str(error)) from error
