"""JSON that this program wrote, read back: each field of its type and within its bounds, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, TypeVar

import msgspec

from chargeback.errors import AnswerError, ConfigurationError, SchemaError
from chargeback.evidence.period import Period

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
    """The objects of the list in these bytes, decoded one after the other; ``AnswerError`` where they are none."""
    for each in _read(data, list[msgspec.Raw], path, noun):
        yield _read(each, of, path, noun)


def _read(data: bytes | msgspec.Raw, of: type[Value], path: str, noun: str) -> Value:
    try:
        bytes(data).decode()  # msgspec does not look at the encoding of what it passes over
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
