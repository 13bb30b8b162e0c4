"""Text that is compared, and text that people read.

What is compared has one spelling: Unicode normalization, in time that grows with the text's length alone.
``unicodedata.normalize`` takes time that grows with the square of a run of combining marks, and lets no other thread
work meanwhile: 400 KB of marks take most of a minute. It is called nowhere else in the program.

Text from outside may be read anywhere: on a page or a terminal, in a mail, a comment, a crontab, YAML. Here alone is
said what is never written there: control characters (ESC among them), marks that turn the direction of what stands
around them, and line ends that a name brings along. The raw text is kept for comparing and sorting.
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import lru_cache
from typing import Any, Literal

_BIDI_CONTROLS = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_SURROGATES = range(0xD800, 0xE000)
_SHOWN = {code: f"[U+{code:04X}]" for code in _BIDI_CONTROLS} | dict.fromkeys(_SURROGATES, "\ufffd")
_LINE_ENDS = dict.fromkeys((0x0A, 0x0B, 0x0C, 0x0D, 0x1C, 0x1D, 0x1E, 0x85, 0x2028, 0x2029), " ")

_UNSEEN = re.compile(f"[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff{''.join(map(chr, _BIDI_CONTROLS))}]")

MOST_MARKS = 30
"""Combining marks in a row: as many as the Stream-Safe Text Format has (Unicode Standard Annex 15, section 13)."""
_MOST_TEXTS = 1 << 12
"""Unusual texts whose cleaned form is kept."""
_HALF_WIDTH_MARKS = "\uff9e\uff9f"
"""Letters by their category, and marks once they are normalized."""


def cleaned(text: str) -> str:
    """The text less control characters (Unicode category Cc)."""
    return text if text.isprintable() else _cleaned(text)


@lru_cache(_MOST_TEXTS)
def _cleaned(text: str) -> str:
    return "".join(character for character in text if unicodedata.category(character) != "Cc")


def readable(text: str) -> str:
    """The text for people: no control characters; what would turn the direction of its surroundings is named."""
    return text if text.isascii() and text.isprintable() else cleaned(text).translate(_SHOWN)


def one_line(text: str, *, keep_spaces: bool = False) -> str:
    """The same in one line: a line end is a space, and several spaces are one, but where columns are to be kept."""
    line = text if text.isascii() and text.isprintable() else readable(text.translate(_LINE_ENDS))
    return line if keep_spaces else " ".join(line.split())


def json_text(value: Any, *, indent: int | None = None) -> str:
    """JSON that people may look at on a terminal, and that YAML and TOML take for a string of theirs: what is not to be
    written raw is an escape, so that every value stays what it is."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


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
