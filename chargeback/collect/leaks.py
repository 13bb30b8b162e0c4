"""Does an answer repeat a credential? One that does is not kept: evidence is copied to auditors and archives.

Looked for are the token or password as it is, in base64 (HTTP Basic), and both as JSON or a URL would escape them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote, quote_plus

SHORT = 8
"""Characters: a shorter secret counts only as a word of its own, because it would occur in any bill."""

_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_CONTROLS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}


def repeats_secret(body: bytes, secrets: Iterable[str]) -> bool:
    """Whether any of the secrets occurs in the bytes, in any of its spellings."""
    pattern = _pattern(frozenset(secrets))
    if pattern is None:
        return False
    return pattern.search(body) is not None or (b"\\" in body and pattern.search(_unescaped(body)) is not None)


@lru_cache(maxsize=64)
def _pattern(secrets: frozenset[str]) -> re.Pattern[bytes] | None:
    """One expression that finds every spelling of every secret; None where there are no secrets."""
    spellings = {spelling for secret in secrets if secret for spelling in _spellings(secret)}
    if not spellings:
        return None
    return re.compile(b"|".join(_expression(spelling) for spelling in sorted(spellings)))


def _spellings(secret: str) -> set[bytes]:
    return {text.encode() for text in (secret, quote(secret, safe=""), quote(secret), quote_plus(secret))}


def _expression(spelling: bytes) -> bytes:
    plain = re.escape(spelling)
    return plain if len(spelling) >= SHORT else rb"(?<![0-9A-Za-z])" + plain + rb"(?![0-9A-Za-z])"


def _unescaped(body: bytes) -> bytes:
    """The bytes with JSON's escapes undone (RFC 8259, 7); good enough to look for ASCII in."""
    return _ESCAPE.sub(_character, body)


def _character(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return chr(int(match[1], 16)).encode("utf-8", "surrogatepass")
    return _CONTROLS.get(match[2], match[2])
