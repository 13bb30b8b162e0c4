"""Text from outside made inert for people who open it: no control characters, no formulas (BOOKING 8).

The raw text is kept for sorting and comparing; these functions are for what is written into files and on screens.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_FORMULA_STARTS = frozenset("=+-@＝＋－＠")
_MOST_TEXTS = 1 << 16


def _is_invisible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in ("Cf", "Zs", "Zl", "Zp", "Cc")


@lru_cache(_MOST_TEXTS)
def cleaned(text: str) -> str:
    """The text less control characters (Unicode category Cc)."""
    if text.isprintable():
        return text
    return "".join(character for character in text if unicodedata.category(character) != "Cc")


@lru_cache(_MOST_TEXTS)
def guarded(text: str) -> str:
    """The text for a cell: cleaned, with a leading ``'`` where its first visible character would start a formula."""
    clean = cleaned(text)
    for character in clean:
        if character in _FORMULA_STARTS:
            return "'" + clean
        if not _is_invisible(character):
            return clean
    return clean
