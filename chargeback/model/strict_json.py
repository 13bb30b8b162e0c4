"""JSON as the platform must write it: bytes in, plain values out, nothing guessed (RFC 8259; issue "Collect").

Refused with ``AnswerError``: invalid UTF-8 and lone surrogates anywhere, duplicate keys, NaN and infinities, nesting
beyond 64, numbers whose exponent lies beyond ±30. Numbers come out as ``int`` or ``Decimal`` with every digit as
sent.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from itertools import accumulate
from typing import Any, NoReturn

from chargeback.errors import AnswerError

DEEPEST = 64
EXPONENT_LIMIT = 30
FINEST = 60
"""Decimals at most: 10.700000000000001 has fifteen; a 64-bit float's shortest form never needs more than 47 here."""


_STRINGS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')
_NO_BRACKETS = re.compile(r"[^\[\]{}]+")
_REMARKABLE = re.compile(r"[0-9][eE]|[0-9.]{26}")
"""A text without it has no number with an exponent, and none of more than 25 characters: all lie within 10^±30."""


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


def _decimal(text: str) -> Decimal:
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > 100 or len(exponent) > 4 or (exponent and abs(int(exponent)) > EXPONENT_LIMIT):
        raise _RefusedError(f"the number {text[:40]} has an exponent beyond ±{EXPONENT_LIMIT}, or too many digits")
    value = Decimal(text)
    smallest = value.as_tuple().exponent
    if (value and abs(value.adjusted()) > EXPONENT_LIMIT) or not isinstance(smallest, int) or smallest < -FINEST:
        raise _RefusedError(f"the number {text[:40]} lies beyond 10^±{EXPONENT_LIMIT}")
    return value


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > EXPONENT_LIMIT + 1:
        raise _RefusedError(f"the number {text[:40]}… lies beyond 10^{EXPONENT_LIMIT}")
    return int(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_float=_decimal, parse_int=_integer
)

_DECODER_OF_PLAIN_NUMBERS = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=Decimal)
"""Three times as fast: no number needs a look of its own."""


def _depth(text: str) -> int:
    """How deep valid JSON is nested: its brackets, those within strings aside, counted open at once."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return 0
    brackets = _NO_BRACKETS.sub("", _STRINGS.sub("", text))
    return max(accumulate(1 if bracket in "[{" else -1 for bracket in brackets))


def parse(data: bytes) -> Any:
    """The value that the bytes hold; ``AnswerError`` says what is wrong and where in the bytes, never the bytes
    themselves.
    """
    try:
        text = data.decode("utf-8")
        decoder = _DECODER if _REMARKABLE.search(text) else _DECODER_OF_PLAIN_NUMBERS
        value = decoder.decode(text)
        if _depth(text) > DEEPEST:
            raise _RefusedError(f"nested deeper than {DEEPEST}")
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")
    except UnicodeError as error:
        raise AnswerError(f"not valid UTF-8 ({getattr(error, 'reason', error)})") from error
    except RecursionError as error:
        raise AnswerError(f"nested deeper than {DEEPEST}") from error
    except json.JSONDecodeError as error:
        raise AnswerError(f"not JSON: {error.msg} at character {error.pos} of {len(text)}") from error
    except _RefusedError as error:
        raise AnswerError(str(error)) from error
    return value
