"""Where in the configuration a value stands: its key, its line, and the one-line errors that name both.

TOML's own parser finds the line: a key stands in the first lines that are a whole document with it. No text is taken
apart here, so that multi-line texts, arrays and dotted keys cannot mislead.

No secret is ever read from the file: what looks like one is refused, and never shown (INTERFACE, configuration). The
rules are heuristics: they catch the common mistakes of pasting a token where its variable's name belongs, or of adding
a key for it. What they do not recognise is refused as an unknown key or is no secret's place.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from chargeback.errors import ConfigurationError

CREDENTIAL_REMEDY = (
    "remove it, and replace the secret if others could read the file; give it as DEPLOYS_TOKEN, or DEPLOYS_AUTH_USER "
    "with DEPLOYS_AUTH_PASS, or name its variable in token_env, or let token_command or token_file in [api] supply it"
)

_NO_SECRETS = ("token_env", "token_command", "token_file")
_SECRET_NAME = re.compile(r"token|passw|^pass$|^pwd$|secret|api_?key|private_?key|auth|credential|bearer|^jwt$|^key$")
_SECRET_TEXT = re.compile(
    r"eyJ[\w-]{5,}\.[\w-]+"  # a JSON web token
    r"|\b(?:bearer|basic)\s+[\w.~+/=-]{12,}"  # an Authorization header
    r"|ya29\.[\w-]{10,}"  # a Google access token
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|\b(?:ghp|gho|ghs|glpat|xoxb|sk)[-_]\w{16,}",
    re.IGNORECASE | re.ASCII,
)
_LETTERS_AND_DIGITS = re.compile(r"[A-Za-z]+|[0-9]+")
_SHORTEST_RANDOM = 16
_ALTERNATIONS = 3


def names_secret(key: str) -> bool:
    """Whether a key's name says that a secret stands there, and not just where one is to be had."""
    return key not in _NO_SECRETS and _SECRET_NAME.search(key.lower().replace("-", "_")) is not None


def holds_secret_name(key: str, value: object) -> bool:
    """Whether the key, or any key within its value, is named like a secret."""
    pending: list[tuple[str, object]] = [(key, value)]
    while pending:  # not recursive: dotted keys nest as deep as the file is long
        name, inner = pending.pop()
        if names_secret(name):
            return True
        if isinstance(inner, dict):
            pending.extend(inner.items())
        elif isinstance(inner, list):
            pending.extend(("", entry) for entry in inner)
    return False


def looks_secret(text: str) -> bool:
    """Whether a text is, or holds, what is recognisably a token or key."""
    return _SECRET_TEXT.search(text) is not None


def looks_random(text: str) -> bool:
    """Whether a text that should be a variable's name is more likely the secret itself.

    Words and numbers stand apart in a name ("TOKEN_2026"); in a part of a key letters and digits take turns.
    """
    parts = (part for part in text.split("_") if len(part) >= _SHORTEST_RANDOM)
    return looks_secret(text) or any(len(_LETTERS_AND_DIGITS.findall(part)) >= _ALTERNATIONS for part in parts)


Parts = tuple[str | int, ...]
"""A key's names from the file down, and places in lists, which count from 0."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST_SHOWN = 60
_LARGEST_SHOWN_BITS = 128
_MOST_TRIES = 400
"""Readings of the file to find one line; more than a file that people write ever takes."""


class Fault(NamedTuple):
    """What is wrong with a value, without a secret that it may hold, and what would be right."""

    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class KeyPath:
    """A key of the file, written like ``teams[2].projects[0].from``; lists count from 0; "" is the whole file.

    ``source`` are the file's bytes, b"" if there are none to look into; ``parts`` is the key taken apart.
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
    return _clipped(str(value)) if isinstance(value, Decimal) else kind_of(value)


def kind_of(value: object) -> str:
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


def line_of(source: bytes, parts: Parts) -> int:
    """The line, from 1, of the innermost part of the key that is written; 0 where that is not known."""
    lines = source.decode("utf-8-sig", "replace").replace("\r\n", "\n").split("\n")
    try:
        written = _written(tomllib.loads("\n".join(lines)), parts)
        return _first_line(lines, written) if written else 0
    except (ValueError, ArithmeticError, RecursionError):
        return 0


def _written(value: Any, parts: Parts) -> Parts:
    """As much of the key as there is."""
    for place, part in enumerate(parts):
        try:
            value = value[part]
        except (LookupError, TypeError):
            return parts[:place]
    return parts


def _first_line(lines: Sequence[str], parts: Parts) -> int:
    """The smallest beginning that is a document with the key ends with its statement, which begins after the largest
    one without it."""
    without = floor = 0
    within, tries = len(lines), 0
    while within - floor > 1:
        middle = count = (floor + within) // 2
        holds = None
        while count > floor and holds is None:
            tries += 1
            if tries > _MOST_TRIES:
                return 0
            holds = _holds(lines[:count], parts)
            count -= holds is None
        if holds:
            within = count
            continue
        floor = middle
        if holds is False:
            without = count
    return next((number for number in range(without + 1, within + 1) if _is_statement(lines[number - 1])), without + 1)


def _holds(lines: Sequence[str], parts: Parts) -> bool | None:
    """Whether these lines have the key; None where they are no whole document."""
    try:
        return _written(tomllib.loads("\n".join(lines)), parts) == parts
    except tomllib.TOMLDecodeError:
        return None


def _is_statement(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")
