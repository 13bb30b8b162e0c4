"""Where a key is written: the line of the configuration on which its statement begins.

TOML's own parser answers it: a key stands in the first lines that are a whole document with it. No text is taken apart
here, so that multi-line texts, arrays and dotted keys cannot mislead.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any

Parts = tuple[str | int, ...]
"""A key's names from the file down, and places in lists, which count from 0."""
_MOST_TRIES = 400


def line_of(source: bytes, parts: Parts) -> int:
    """The line, from 1, of the innermost part of the key that is written; 0 where that cannot be told."""
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
