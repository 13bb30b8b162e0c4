"""Where in the configuration a value stands, and the one-line errors that name that place."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from chargeback.config.key_lines import Parts, line_of
from chargeback.config.secrecy import looks_secret
from chargeback.errors import ConfigurationError

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST_SHOWN = 60
_LARGEST_SHOWN_BITS = 128


@dataclass(frozen=True, slots=True)
class KeyPath:
    """A key of the file, written like ``teams[2].projects[0].from``; lists count from 0; "" is the whole file.

    ``source`` are the file's bytes, b"" where there are none to look into; ``parts`` is the key taken apart.
    """

    file: str
    key: str = ""
    source: bytes = field(default=b"", repr=False, compare=False)
    parts: Parts = field(default=(), repr=False, compare=False)

    def child(self, name: str) -> KeyPath:
        """The place of a key within this table."""
        written = name if _BARE_KEY.fullmatch(name) and len(name) <= _LONGEST_SHOWN else shown(name)
        return KeyPath(self.file, f"{self.key}.{written}" if self.key else written, self.source, (*self.parts, name))

    def item(self, index: int) -> KeyPath:
        """The place of an entry within this list, counted from 0."""
        return KeyPath(self.file, f"{self.key}[{index}]", self.source, (*self.parts, index))

    def error(self, problem: str, remedy: str) -> ConfigurationError:
        """File, line, key and what is wrong with it as one line; the remedy is what would be right."""
        line = line_of(self.source, self.parts) if self.source and self.parts else 0
        where = f"{self.file}:{line}" if line else self.file
        return ConfigurationError(
            f"{where}: {self.key}: {problem}" if self.key else f"{where}: {problem}", remedy=remedy
        )


def shown(value: object) -> str:
    """A value as a message shows it: one short line without control characters, and never a secret."""
    if isinstance(value, str):
        return "(not shown)" if looks_secret(value) else f'"{_clipped(_printable(value))}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value) if value.bit_length() <= _LARGEST_SHOWN_BITS else "a huge number"
    return _clipped(str(value)) if isinstance(value, Decimal) else kind(value)


def kind(value: object) -> str:
    """What sort of TOML value this is, in plain words."""
    if isinstance(value, bool):
        return "true or false"
    names = {str: "a text", int: "a number", Decimal: "a number", list: "a list", dict: "a table"}
    return names.get(type(value), "a date or time")


def did_you_mean(name: str, known: Iterable[str], otherwise: str) -> str:
    """A remedy for a mistyped name: the known one that is closest, else the sentence given."""
    close = difflib.get_close_matches(name[: 2 * _LONGEST_SHOWN], sorted(known), n=1)
    return f'did you mean "{close[0]}"?' if close else otherwise


def listed(names: Iterable[str]) -> str:
    """Names as an enumeration."""
    return ", ".join(names)


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else f"\\u{ord(character):04x}" for character in text)


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
