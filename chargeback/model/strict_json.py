"""JSON as the platform must write it: bytes in, plain values out, nothing guessed (RFC 8259; issue "Collect").

Refused with ``AnswerError``: invalid UTF-8 and lone surrogates anywhere, duplicate keys, NaN and infinities, nesting
beyond 64, numbers whose exponent lies beyond ±30, more values than any bill has. Numbers come out as ``int`` or
``Decimal`` with every digit as sent.
"""

from __future__ import annotations

import json
import re
from decimal import Clamped, Context, DecimalException, Inexact, InvalidOperation, Overflow, Subnormal
from typing import Any, NoReturn

import msgspec

from chargeback.errors import AnswerError

DEEPEST = 64
EXPONENT_LIMIT = 30
MOST_DIGITS = 61
"""Of one number: a 64-bit float's shortest form has seventeen, and never more than 47 decimals here."""

MOST_VALUES = 2_000_000
MOST_CONTAINERS = 400_000
"""Of one answer, counted by the characters that begin them: a byte of JSON can take a hundred bytes of memory."""

_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_NO_MARKS = bytes(set(range(256)).difference(b'[]{}"'))
_NUMBERS = Context(
    prec=MOST_DIGITS,
    Emax=EXPONENT_LIMIT,
    Emin=-EXPONENT_LIMIT,
    traps=[Clamped, Inexact, InvalidOperation, Overflow, Subnormal],
)
"""Takes a number with every digit as sent, or raises where it lies beyond 10^±30 or has too many digits."""


class _RefusedError(ValueError):
    """A value that JSON allows, or that Python's parser would let pass, and that no bill may hold."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _RefusedError(f"the key {json.dumps(key[:80])} stands twice in one object")
            seen.add(key)
    return value


def _constant(text: str) -> NoReturn:
    raise _RefusedError(f"{text} is not a number")


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > EXPONENT_LIMIT + 1:
        raise _RefusedError(f"the number {text[:40]}… lies beyond 10^{EXPONENT_LIMIT}")
    return int(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_constant=_constant,
    parse_float=_NUMBERS.create_decimal,
    parse_int=_integer,
)


_PLAIN_DECODER = msgspec.json.Decoder(float_hook=_NUMBERS.create_decimal)
_PLAIN_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DIGITS = bytes(ord("0") if 0x30 <= byte <= 0x39 else ord(" ") for byte in range(256))
_TOO_MANY_DIGITS = b"0" * (EXPONENT_LIMIT + 2)


def _plain(data: bytes) -> Any:
    """The value of bytes that are written as this program would write them; ``_UNKNOWN`` for all others.

    A fast way for what nearly every answer is. Bytes that come out again when their value is written hold every key
    once, no number that was changed while it was read, and no byte that is no UTF-8: so neither is looked for.
    """
    if b"\\" in data or _TOO_MANY_DIGITS in data.translate(_DIGITS):
        return _UNKNOWN
    try:
        value = _PLAIN_DECODER.decode(data)
        return value if _PLAIN_ENCODER.encode(value) == data else _UNKNOWN
    except (msgspec.MsgspecError, ValueError, RecursionError, DecimalException):  # ValueErrors in newer versions alone
        return _UNKNOWN


_UNKNOWN = object()


def _exact(data: bytes) -> Any:
    """The value of any bytes; an error says what is wrong with them."""
    text = data.decode("utf-8")
    value = _DECODER.decode(text)
    if "\\u" in text:
        json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")
    return value


def _is_too_deep(data: bytes) -> bool:
    """Whether objects and arrays of what was decoded stand within each other deeper than ``DEEPEST``: of the brackets
    outside of texts, the innermost pairs are taken out until none is left."""
    plain = _STRING.sub(b"", data) if b"\\" in data else data
    marks = plain.translate(_ONE_KIND, _NO_MARKS).replace(b'""', b"")  # what stands between two quotes is as it was
    pairs = b"".join(marks.split(b'"')[::2])
    for _ in range(DEEPEST):
        pairs = pairs.replace(b"[]", b"")
        if not pairs:
            return False
    return True


def _refuse_too_many(data: bytes) -> None:
    """Before anything is built: so much memory has to be there, whatever the answer turns out to be."""
    if len(data) <= MOST_CONTAINERS:  # each takes a byte, and so does a value
        return
    if data.count(b"{") + data.count(b"[") > MOST_CONTAINERS:
        raise _RefusedError(f"more than {MOST_CONTAINERS:,} objects and lists")
    if data.count(b",") + data.count(b":") > 2 * MOST_VALUES:
        raise _RefusedError(f"more than {MOST_VALUES:,} values")


def parse(data: bytes) -> Any:
    """The value that the bytes hold; ``AnswerError`` says what is wrong and where in the bytes, never the bytes
    themselves.
    """
    try:
        _refuse_too_many(data)
        value = _plain(data)
        if value is _UNKNOWN:
            value = _exact(data)
        if _is_too_deep(data):
            raise _RefusedError(f"nested deeper than {DEEPEST}")
    except UnicodeError as error:
        raise AnswerError(f"not valid UTF-8 ({getattr(error, 'reason', error)})") from error
    except RecursionError as error:
        raise AnswerError(f"nested deeper than {DEEPEST}") from error
    except json.JSONDecodeError as error:
        raise AnswerError(f"not JSON: {error.msg} at character {error.pos} of {len(error.doc)}") from error
    except DecimalException as error:
        raise AnswerError(f"a number has an exponent beyond ±{EXPONENT_LIMIT}, or too many digits") from error
    except _RefusedError as error:
        raise AnswerError(str(error)) from error
    return value
