"""Readers of single values: texts, names, months, numbers, amounts, paths.

Each takes the place and the raw TOML value and returns the checked one. TOML's true and false are no numbers here,
and a number is no text: an id in digits must be quoted, or its leading zeros would be lost.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from pathlib import Path

from chargeback.config.key_path import KeyPath, did_you_mean, kind, shown
from chargeback.config.secrecy import REMEDY, looks_random, looks_secret
from chargeback.config.table import Reader
from chargeback.errors import ConfigurationError
from chargeback.model.period import Period
from chargeback.model.text import normalized

_CONTROL = frozenset({"Cc", "Zl", "Zp"})
_DECIMAL = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d{1,6})?", re.ASCII)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_LARGEST_EXPONENT = 30
_LARGEST_BITS = 100
_LONGEST_DECIMAL = 100


def text(place: KeyPath, value: object) -> str:
    """A text of one line that shows something; control characters and line breaks are refused, and so are secrets."""
    if not isinstance(value, str):
        raise place.error(f"this is {kind(value)}, not a text", f"put it in quotes: {_quoted(value)}")
    if not value.strip():
        raise place.error("the text is empty", "write a text, or leave the key out where it is optional")
    if any(unicodedata.category(character) in _CONTROL for character in value):
        raise place.error("the text holds a control character or a line break", "remove it")
    if looks_secret(value):
        raise place.error("this looks like a secret, and none is ever read from this file", REMEDY)
    return value


def identifier(place: KeyPath, value: object) -> str:
    """A text without surrounding space: an id as the platform has it."""
    checked = text(place, value)
    if checked != checked.strip():
        raise place.error(f"{shown(checked)} begins or ends with a space", "remove the space")
    return checked


def sha256(place: KeyPath, value: object) -> str:
    """A SHA-256 in lower-case hex, as ``sha256sum`` prints it."""
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise place.error("this is not a SHA-256", "write the 64 lower-case hex digits that sha256sum prints")
    return value


def pattern(place: KeyPath, value: object) -> str:
    """A sid or glob: no space in it; in the normal form in which it is compared."""
    checked = normalized(identifier(place, value))
    if any(character.isspace() or character == "," for character in checked):
        raise place.error(
            f"{shown(checked)} is not a sid or glob", 'write one sid or glob a string: ["acme-web", "acme-web-*"]'
        )
    return checked


def variable(place: KeyPath, value: object) -> str:
    """The name of an environment variable; what looks like the secret itself is refused and not shown."""
    checked = text(place, value)
    if looks_random(checked):
        raise place.error("this looks like a secret, not like the name of a variable", REMEDY)
    if not _VARIABLE.fullmatch(checked):
        raise place.error(
            "this is not the name of an environment variable",
            'write a name of letters, digits and _, such as "ACME_TOKEN"',
        )
    return checked


def choice(*allowed: str) -> Reader[str]:
    """A reader of one word out of a few."""

    def read(place: KeyPath, value: object) -> str:
        checked = text(place, value)
        if checked not in allowed:
            words = " or ".join(f'"{word}"' for word in allowed)
            raise place.error(f"{shown(checked)} is not known here", did_you_mean(checked, allowed, f"write {words}"))
        return checked

    return read


def month(place: KeyPath, value: object) -> Period:
    """A calendar month, written "YYYY-MM"."""
    remedy = 'write it as "YYYY-MM", for example "2026-05"'
    if not isinstance(value, str):
        raise place.error(f"this is {kind(value)}, not a month", f"{remedy}, in quotes")
    try:
        return Period.parse(value)
    except ConfigurationError as error:
        raise place.error(f"{shown(value)} is not a month", remedy) from error


def whole(least: int, most: int) -> Reader[int]:
    """A reader of whole numbers within bounds, both included."""

    def read(place: KeyPath, value: object) -> int:
        remedy = f"write a whole number from {least} to {most}, without quotes"
        if isinstance(value, bool) or not isinstance(value, int):
            raise place.error(f"this is {kind(value)}, not a whole number", remedy)
        if not least <= value <= most:
            raise place.error(f"{shown(value)} is out of range", remedy)
        return value

    return read


def seconds(most: int) -> Reader[float]:
    """A reader of a time in seconds, above zero."""

    def read(place: KeyPath, value: object) -> float:
        remedy = f"write seconds: a number above 0, at most {most}, without quotes"
        if isinstance(value, str):
            raise place.error("this is a text, not a number", remedy)
        checked = number(place, value)
        if not 0 < checked <= most:
            raise place.error(f"{shown(checked)} is out of range", remedy)
        return float(checked)

    return read


def number(place: KeyPath, value: object) -> Decimal:
    """A TOML number that is not negative, finite and of a sensible size, exactly as written."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise place.error(f"this is {kind(value)}, not a number", "write a number without quotes")
    if isinstance(value, int) and value.bit_length() > _LARGEST_BITS:
        raise place.error("the number is too large", f"write at most {_LARGEST_EXPONENT} digits")
    return _sensible(place, Decimal(value))


def amount(place: KeyPath, value: object) -> Decimal:
    """An amount or a percentage: a decimal text such as "0.05", or a TOML number; not negative, exactly as written."""
    if not isinstance(value, str):
        return number(place, value)
    if not _DECIMAL.fullmatch(value) or len(value) > _LONGEST_DECIMAL:
        raise place.error(f"{shown(value)} is not a decimal number", 'write digits and a point, such as "12.50"')
    return _sensible(place, Decimal(value))


def location(place: KeyPath, value: object) -> Path:
    """A path; relative ones start at the configuration file."""
    checked = text(place, value)
    if checked.startswith("~"):
        raise place.error(f"{shown(checked)}: ~ is not expanded", "write the whole path")
    return Path(place.file).parent / checked


def _sensible(place: KeyPath, value: Decimal) -> Decimal:
    if not value.is_finite():
        raise place.error("the number is not finite", "write a number")
    exponent = value.as_tuple().exponent
    if value and not (
        isinstance(exponent, int) and exponent >= -_LARGEST_EXPONENT and value.adjusted() <= _LARGEST_EXPONENT
    ):
        raise place.error(
            "the number has too many digits", f"write at most {_LARGEST_EXPONENT} on either side of the point"
        )
    if value < 0:
        raise place.error(f"{shown(value)} is negative", "write zero or more")
    return value or Decimal(0)


def _quoted(value: object) -> str:
    return f'"{value}"' if type(value) is int and value.bit_length() <= _LARGEST_BITS else '"…"'
