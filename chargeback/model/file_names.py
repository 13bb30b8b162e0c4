"""Names from outside (account ids, invoice numbers) as names of files: safe on Linux, Windows and macOS, and unique.

A name that is plainly safe stays as it is, so that an auditor finds ``INV-2026-0009.pdf`` where he looks for it. Any
other keeps its readable characters and gets ``~`` and the first sixteen digits of its SHA-256. A plain name has no
``~``, so no raw name, however chosen, equals another's safe name; and as of plain names that differ in case alone just
one stays, that holds where upper and lower case are the same file. The rule looks at one name alone: what else an
archive holds never shows.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from chargeback.model.text import normalized

LONGEST_NAME = 80
"""Bytes of UTF-8 that a safe name has at most; extensions come on top (file systems take 255)."""

HASH_DIGITS = 16
"""Hexadecimal digits of the raw name's SHA-256 that tell changed names apart."""

_LOWER = re.compile(r"[a-z0-9][a-z0-9_-]*", re.ASCII)
_UPPER = re.compile(r"[A-Z][A-Z0-9-]*-[0-9]+", re.ASCII)
_DEVICE = re.compile(r"con|prn|aux|nul|conin|conout|clock|(com|lpt)[0-9]", re.ASCII)
_UNREADABLE = re.compile(r"[^A-Za-z0-9_\u0e01-\u0e3a\u0e40-\u0e4e\u0e50-\u0e59]+")

_LEADING = re.compile(r"^[_\u0e31\u0e34-\u0e3a\u0e47-\u0e4e-]+")
"""What no name begins with: the look of an option, and marks that hang on the letter before them."""


def safe_name(raw: str) -> str:
    """The file name, without extension, for a name from outside: equal for equal raw names only, whatever the case.

    Unchanged are names of lower-case letters, digits, ``_`` and ``-`` (``ba_123``, ``1042``) and the platform's
    upper-case numbers (``INV-2026-0009``). Never empty, hidden, a path or a device; at most ``LONGEST_NAME`` bytes
    (INTERFACE, archive).
    """
    if _is_plain(raw):
        return raw
    readable = _cut(_readable(raw), LONGEST_NAME - HASH_DIGITS - 1)
    return f"{readable or 'name'}~{_hash(raw)}"


def _is_plain(raw: str) -> bool:
    """Whether the name is safe as it is and no other plain name differs from it in case alone."""
    if len(raw) > LONGEST_NAME or _DEVICE.fullmatch(raw):
        return False
    if _UPPER.fullmatch(raw):
        return True
    return _LOWER.fullmatch(raw) is not None and _UPPER.fullmatch(raw.upper()) is None


def _readable(raw: str) -> str:
    """The name's letters and digits: ASCII and Thai ones, others as the ASCII that they are made of, else ``-``."""
    composed = normalized(raw)
    text = "".join(_plain_form(character) for character in composed)
    return _LEADING.sub("", _UNREADABLE.sub("-", text)).rstrip("-_")


def _plain_form(character: str) -> str:
    """The character; nothing for a control or mark of direction; the ``e`` of ``é``, the ``1`` of a full-width one."""
    if unicodedata.category(character) in ("Cc", "Cf"):
        return ""
    if character.isascii() or "\u0e00" <= character <= "\u0e7f":
        return character
    parts = normalized(character, "NFKD")
    return "".join(part for part in parts if part.isascii()) or "-"


def _cut(text: str, limit: int) -> str:
    """The longest beginning of whole characters within so many bytes, without trailing ``-`` and ``_``."""
    return text.encode()[:limit].decode(errors="ignore").rstrip("-_")


def _hash(raw: str) -> str:
    """The first digits of the raw name's SHA-256, as ``printf %s NAME | sha256sum`` shows them."""
    return hashlib.sha256(raw.encode("utf-8", "surrogatepass")).hexdigest()[:HASH_DIGITS]
