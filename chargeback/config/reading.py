"""The one reader of the configuration: what a record's fields declare, read out of TOML's values.

A field of a table's record is a key of the file. Its type says what may stand there; a ``KeyForm`` in its annotation
says what a type cannot. Reading with every message, the page of all keys, the schema for editors and what
``chargeback config show`` prints follow from the same declarations (decision record 14).

TOML's true and false are no numbers here, and a number is no text: an id in digits must be quoted, or its leading zeros
would be lost.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, NamedTuple, TypeVar, cast, get_args, get_origin

from msgspec import NODEFAULT, Struct
from msgspec.structs import FieldInfo, fields

from chargeback.config.key_path import (
    CREDENTIAL_REMEDY,
    Fault,
    KeyPath,
    did_you_mean,
    holds_secret_name,
    kind_of,
    listed,
    looks_secret,
    shown,
)
from chargeback.errors import ConfigurationError
from chargeback.evidence.period import Period

T = TypeVar("T")
Reader = Callable[[KeyPath, object], T]
"""Checks one value and returns what the configuration keeps of it; ``ConfigurationError`` where it is wrong."""

_MISTYPED = 0.8
"""From this likeness on a key is a known one mistyped, not a secret: "token_comand", but not "token"."""
_CONTROL = frozenset({"Cc", "Zl", "Zp"})
_DECIMAL = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d{1,6})?", re.ASCII)
_LARGEST_EXPONENT = 30
_LARGEST_BITS = 100
_LONGEST_DECIMAL = 100


class Key(Struct, frozen=True):
    """What the name, the type and the default of a field do not say of its key.

    ``name``: the key, where the field has another name. ``least`` and ``most``: bounds of a number, ``least`` of a
    whole one alone. ``needed``: a table without the key is wrong, though a file without the table is not.
    """

    name: str = ""
    least: int = 0
    most: int = 0
    needed: bool = False


NO_KEY = "no key of the file"
"""Annotates a field that the loader fills."""


class KeyForm(NamedTuple):
    """What may stand at a key: in words, for one and for several, and its reader.

    ``toml`` are JSON schema's names of the types that TOML may have there, where the field's own type does not say it.
    """

    words: str
    read: Reader[object]
    several: str = ""
    toml: tuple[str, ...] = ()


class Declared(NamedTuple):
    """A key of a table: its name in the file, the field that keeps it and the field's type, and what may stand there.

    ``default`` is ``NODEFAULT`` where the key is needed.
    """

    name: str
    field: str
    kind: object
    form: KeyForm
    default: object


class KeyTable(Struct, frozen=True):
    """A record that a table of the file makes: every field is a key, but those that ``NO_KEY`` annotates."""

    def contradiction(self) -> Fault | None:
        """What is wrong between the keys, each of which is right by itself."""
        return None


TableT = TypeVar("TableT", bound=KeyTable)


_KEYS: dict[type, tuple[Declared, ...]] = {}
"""What was seen of a record once: its annotations are texts that are evaluated."""


def keys_of(table: type) -> tuple[Declared, ...]:
    """The keys that a table's record declares, in order; none of a type that is no table."""
    if table not in _KEYS:
        found = fields(table) if issubclass(table, KeyTable) else ()
        _KEYS[table] = tuple(_declared(each) for each in found if NO_KEY not in _extras(each.type))
    return _KEYS[table]


def _declared(declared: FieldInfo) -> Declared:
    about = next((each for each in _extras(declared.type) if isinstance(each, Key)), Key())
    default = declared.default if declared.default_factory is NODEFAULT else declared.default_factory()
    name, form = about.name or declared.name, form_of(declared.type, about)
    return Declared(name, declared.name, declared.type, form, NODEFAULT if about.needed else default)


def read_table(table: type[TableT], place: KeyPath, value: object, *, elsewhere: Collection[str] = ()) -> TableT:
    """The record that a table of the file makes; keys in ``elsewhere`` are known, and are read by others."""
    keys = keys_of(table)
    values = _known(place, value, [*(key.name for key in keys), *elsewhere])
    read: dict[str, object] = {}
    for key in keys:
        if key.name in values:
            read[key.field] = key.form.read(place.child(key.name), values[key.name])
        elif key.default is NODEFAULT:
            raise place.error(f'the key "{key.name}" is missing', f"add {key.name} = …")
    made = table(**read)
    if fault := made.contradiction():
        raise place.error(*fault)
    return made


def form_of(kind: object, about: Key) -> KeyForm:
    """What may stand at a key of that type: its own form, else the one that follows from the type."""
    bare: object = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    own = next((each for each in _extras(kind) if isinstance(each, KeyForm)), None)
    origin, arguments = get_origin(bare), get_args(bare)
    if own:
        return own
    if type(None) in arguments:
        (present,) = (each for each in arguments if each is not type(None))
        return form_of(present, about)
    if bare is int:
        return KeyForm(f"a whole number from {about.least} to {about.most}", whole(about.least, about.most))
    if bare is float:
        return KeyForm(f"seconds above 0, at most {about.most}", seconds(about.most))
    if origin is Literal:
        return KeyForm(_alternatives(arguments), choice(*arguments))
    if origin is tuple:
        inner = form_of(arguments[0], about)
        return KeyForm(f"a list of {inner.several or inner.words}", each(inner.read))
    if origin is Mapping:
        inner = form_of(arguments[1], about)
        return KeyForm(f"a table of {inner.several or inner.words} by name", by_name(inner.read))
    return _FORMS.get(bare) or KeyForm("a table (below)", partial(read_table, cast("type[KeyTable]", bare)))


def each(read: Reader[T]) -> Reader[tuple[T, ...]]:
    """A reader of lists whose entries the given reader reads."""

    def read_each(place: KeyPath, value: object) -> tuple[T, ...]:
        if isinstance(value, dict):
            raise place.error("this is one table, not a list of them", f"write [[{place.key}]] with double brackets")
        if not isinstance(value, list):
            raise place.error(f"this is {kind_of(value)}, not a list", 'write a list: ["…", "…"]')
        return tuple(read(place.item(index), entry) for index, entry in enumerate(value))

    return read_each


def by_name(read: Reader[T]) -> Reader[Mapping[str, T]]:
    """A reader of tables whose keys are names of the user's choice, in the file's order."""

    def read_by_name(place: KeyPath, value: object) -> Mapping[str, T]:
        if not isinstance(value, dict):
            raise place.error(f"this is {kind_of(value)}, not a table", 'write a table: name = "…", a line each')
        return MappingProxyType({text(place, name): read(place.child(name), entry) for name, entry in value.items()})

    return read_by_name


def text(place: KeyPath, value: object) -> str:
    """A text of one line that shows something; control characters and line breaks are refused, and so are secrets."""
    if not isinstance(value, str):
        raise place.error(f"this is {kind_of(value)}, not a text", f"put it in quotes: {_quoted(value)}")
    if not value.strip():
        raise place.error("the text is empty", "write a text, or leave the key out where it is optional")
    if any(unicodedata.category(character) in _CONTROL for character in value):
        raise place.error("the text holds a control character or a line break", "remove it")
    if looks_secret(value):
        raise place.error("this looks like a secret, and none is ever read from this file", CREDENTIAL_REMEDY)
    return value


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
        raise place.error(f"this is {kind_of(value)}, not a month", f"{remedy}, in quotes")
    try:
        return Period.parse(value)
    except ConfigurationError as error:
        raise place.error(f"{shown(value)} is not a month", remedy) from error


def whole(least: int, most: int) -> Reader[int]:
    """A reader of whole numbers within bounds, both included."""

    def read(place: KeyPath, value: object) -> int:
        remedy = f"write a whole number from {least} to {most}, without quotes"
        if isinstance(value, bool) or not isinstance(value, int):
            raise place.error(f"this is {kind_of(value)}, not a whole number", remedy)
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
        raise place.error(f"this is {kind_of(value)}, not a number", "write a number without quotes")
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


_FORMS: Mapping[object, KeyForm] = {
    str: KeyForm("a text", text),
    Decimal: KeyForm("an amount", amount, "amounts", ("string", "number")),
    Period: KeyForm("a month", month),
    Path: KeyForm("a path", location),
}


def _extras(kind: object) -> tuple[object, ...]:
    """What annotates a type."""
    return get_args(kind)[1:] if get_origin(kind) is Annotated else ()


def _alternatives(words: Collection[str]) -> str:
    *others, last = (f'`"{word}"`' for word in words)
    return f"{listed(others)} or {last}" if others else last


def _known(place: KeyPath, value: object, known: Collection[str]) -> Mapping[str, object]:
    """The table at that place; ``ConfigurationError`` where it is none, or has a key that is not known."""
    if not isinstance(value, dict):
        raise place.error(f"this is {kind_of(value)}, not a table", f"write a table with the keys {listed(known)}")
    for key in value:
        if key not in known:
            raise _unknown(place, key, value[key], known)
    return value


def _unknown(place: KeyPath, key: str, value: object, known: Collection[str]) -> ConfigurationError:
    mistyped = difflib.get_close_matches(key, known, n=1, cutoff=_MISTYPED)
    if not mistyped and holds_secret_name(key, value):
        return place.child(key).error("a secret is never read from this file", CREDENTIAL_REMEDY)
    remedy = did_you_mean(key, known, f"known keys here: {listed(known)}")
    return place.child(key).error("unknown key", remedy)


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
