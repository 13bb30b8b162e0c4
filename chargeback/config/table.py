"""Reading a TOML table: known keys only, each value through a reader that checks it and knows its place."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from chargeback.config import secrecy
from chargeback.config.key_path import KeyPath, did_you_mean, kind, listed
from chargeback.errors import ConfigurationError

_MISTYPED = 0.8
"""From this likeness on a key is a known one mistyped, not a secret: "token_comand", but not "token"."""

T = TypeVar("T")
Reader = Callable[[KeyPath, object], T]
"""Checks one value and returns what the configuration keeps of it; ``ConfigurationError`` where it is wrong."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose keys are all known ones; its values are still unread."""

    place: KeyPath
    values: Mapping[str, object]

    @classmethod
    def of(cls, place: KeyPath, value: object, known: tuple[str, ...]) -> Table:
        """The table at that place; ``ConfigurationError`` where it is none, or has a key that is not known."""
        if not isinstance(value, dict):
            raise place.error(f"this is {kind(value)}, not a table", f"write a table with the keys {listed(known)}")
        for key in value:
            if key not in known:
                raise _unknown(place, key, value[key], known)
        return cls(place, value)

    def required(self, key: str, read: Reader[T]) -> T:
        """The key's value; ``ConfigurationError`` where the key is missing."""
        if key not in self.values:
            raise self.place.error(f'the key "{key}" is missing', f"add {key} = …")
        return read(self.place.child(key), self.values[key])

    def optional(self, key: str, read: Reader[T], default: T) -> T:
        """The key's value, the default where the key is missing."""
        return read(self.place.child(key), self.values[key]) if key in self.values else default


def each(read: Reader[T]) -> Reader[tuple[T, ...]]:
    """A reader of lists whose entries the given reader reads."""

    def read_each(place: KeyPath, value: object) -> tuple[T, ...]:
        if isinstance(value, dict):
            raise place.error("this is one table, not a list of them", f"write [[{place.key}]] with double brackets")
        if not isinstance(value, list):
            raise place.error(f"this is {kind(value)}, not a list", 'write a list: ["…", "…"]')
        return tuple(read(place.item(index), entry) for index, entry in enumerate(value))

    return read_each


def entries(place: KeyPath, value: object) -> dict[str, object]:
    """A table whose keys are names of the user's choice."""
    if not isinstance(value, dict):
        raise place.error(f"this is {kind(value)}, not a table", 'write a table: name = "…", a line each')
    return value


def _unknown(place: KeyPath, key: str, value: object, known: tuple[str, ...]) -> ConfigurationError:
    mistyped = difflib.get_close_matches(key, known, n=1, cutoff=_MISTYPED)
    if not mistyped and secrecy.holds_secret_name(key, value):
        return place.child(key).error("a secret is never read from this file", secrecy.REMEDY)
    remedy = did_you_mean(key, known, f"known keys here: {listed(known)}")
    return place.child(key).error("unknown key", remedy)
