"""One spelling for text that is compared: Unicode normalization, in time that grows with the text's length alone.

``unicodedata.normalize`` takes time that grows with the square of a run of combining marks, and lets no other thread
work meanwhile: 400 KB of marks take most of a minute. It is called nowhere else in the program.
"""

from __future__ import annotations

import unicodedata
from typing import Literal

MOST_MARKS = 30
"""Combining marks in a row: as many as the Stream-Safe Text Format has (Unicode Standard Annex 15, section 13)."""

_HALF_WIDTH_MARKS = "\uff9e\uff9f"
"""Letters by their category, and marks once they are normalized."""


def normalized(text: str, form: Literal["NFC", "NFD", "NFKC", "NFKD"] = "NFC") -> str:
    """The text in that normal form; a text with more than ``MOST_MARKS`` marks in a row is returned as it is."""
    if text.isascii() or _longest_run(text) > MOST_MARKS:
        return text
    return unicodedata.normalize(form, text)


def _longest_run(text: str) -> int:
    """How many marks stand in a row at most."""
    longest = run = 0
    for character in text:
        run = run + 1 if _is_mark(character) else 0
        longest = max(longest, run)
    return longest


def _is_mark(character: str) -> bool:
    """Also the marks of combining class 0, which decompose into marks of other classes."""
    return not character.isascii() and (
        unicodedata.category(character).startswith("M") or character in _HALF_WIDTH_MARKS
    )
