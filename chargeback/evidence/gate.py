"""The gate: what may never be shown, kept as a detail, or written as evidence.

Two kinds of text may not pass: the secrets of the run (tokens, passwords, what is sent of them), in every spelling in
which an answer, a link or a document could repeat them; and what signs a link. A secret in an answer or a document
means that it is not kept; in a text for people it is blanked out. Evidence is copied to auditors and archived for
years, and a log goes wherever logs go.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from urllib.parse import quote_plus

SHORT = 8
"""Characters: a shorter secret counts only as a word of its own, because it would occur in any bill."""
BLANK = "(secret)"
SIGNED = "…"
"""Stands where a link was signed."""

_ROUNDS = 3
"""How often a text can be escaped within itself and still be understood."""
_WINDOW = 256 * 1024
"""Bytes that are unescaped at a time, so that no answer is ever unfolded as a whole."""
_WIDEST = 16
"""Bytes that the escape of one character takes at most."""
_ESCAPES = (b"%", b"\\", b"&")
_ESCAPE = re.compile(
    rb"%([0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|&#0{0,8}([0-9]{1,7});|&#[xX]0{0,8}([0-9a-fA-F]{1,6});"
    rb"|&(amp|quot|apos|lt|gt);|\\(.)",
    re.DOTALL,
)
_NAMED = {b"amp": b"&", b"quot": b'"', b"apos": b"'", b"lt": b"<", b"gt": b">"}
_CONTROLS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}


class Gate:
    """The gate of one run; threads share it."""

    def __init__(self) -> None:
        self._kept = _Secrets(frozenset())
        self._told = _Secrets(frozenset())

    def learn(self, *secrets: str, of_platform: bool = True) -> None:
        """Let these no longer pass. Those that are not the platform's are looked for in texts for people alone: an
        answer cannot know them, and a short one would be found in any."""
        new = frozenset(secret for secret in secrets if secret)
        self._told = _Secrets(self._told.secrets | new)
        if of_platform:
            self._kept = _Secrets(self._kept.secrets | new)

    def holds_secret(self, data: bytes | str) -> bool:
        """Whether something that would be kept, or followed, repeats a secret of the platform in any spelling."""
        return self._kept.stand_in(data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass"))

    def any_holds_secret(self, pieces: Iterable[bytes]) -> bool:
        """The same of what comes in pieces, also where a secret lies across two of them."""
        before = b""
        for piece in pieces:
            joined = before + piece
            if self._kept.stand_in(joined):
                return True
            before = joined[-self._kept.widest :]
        return False

    def masked(self, text: str) -> str:
        """The text as it may be shown."""
        return self._told.blanked(text)


class _Secrets:
    """A set of secrets, and every spelling of each."""

    def __init__(self, secrets: frozenset[str]) -> None:
        self.secrets = secrets
        spellings = {spelling for secret in secrets for spelling in _spellings(secret)}
        self._long = sorted(spelling for spelling in spellings if len(spelling) >= SHORT)
        self._short = sorted(spellings.difference(self._long))
        self.widest = _WIDEST * max(map(len, spellings), default=0)

    def stand_in(self, data: bytes) -> bool:
        """Whether one of them occurs in the bytes, in any spelling; time and memory grow with their length alone."""
        if not self.secrets:
            return False
        if self._plainly(data):
            return True
        return any(escape in data for escape in _ESCAPES) and any(map(self._escaped, self._windows(data)))

    def blanked(self, text: str) -> str:
        """The text with each of them blanked out, or nothing of it where that does not suffice."""
        data = text.encode("utf-8", "surrogatepass")
        if not self.stand_in(data):
            return text
        rest = self._expression.sub(BLANK, text)
        return BLANK if self.stand_in(rest.encode("utf-8", "surrogatepass")) else rest

    def _plainly(self, data: bytes) -> bool:
        if any(spelling in data for spelling in self._long):
            return True
        return bool(self._short) and self._words.search(data) is not None

    def _windows(self, data: bytes) -> Iterator[bytes]:
        return (data[max(0, start - self.widest) : start + _WINDOW] for start in range(0, len(data), _WINDOW))

    def _escaped(self, window: bytes) -> bool:
        if self._like_escapes is not None and self._like_escapes.search(window):
            return True
        for _ in range(_ROUNDS):
            simplified = _simplified(window)
            unescaped = _ESCAPE.sub(_character, simplified)
            if self._plainly(simplified) or self._plainly(unescaped):
                return True
            if unescaped == window:
                break
            window = unescaped
        return False

    @cached_property
    def _like_escapes(self) -> re.Pattern[bytes] | None:
        """What finds secrets that hold what begins an escape: unescaping a mixture may unescape a part of them too."""
        secrets = [secret.encode("utf-8", "surrogatepass") for secret in sorted(self.secrets)]
        expressions = ["".join(map(_any_escape, secret)) for secret in secrets if re.search(rb"[%&\\]", secret)]
        return re.compile("|".join(expressions).encode("latin-1")) if expressions else None

    @cached_property
    def _words(self) -> re.Pattern[bytes]:
        words = b"|".join(re.escape(spelling) for spelling in self._short)
        return re.compile(rb"(?<![0-9A-Za-z])(?:" + words + rb")(?![0-9A-Za-z])")

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        """What finds each spelling in a text, each of its characters escaped or not."""
        expressions = []
        for spelling in sorted((*self._long, *self._short), key=len, reverse=True):
            expression = "".join(map(_any_escape, spelling))
            word = len(spelling) < SHORT
            expressions.append(rf"(?<![0-9A-Za-z]){expression}(?![0-9A-Za-z])" if word else expression)
        return re.compile("|".join(expressions))


def _simplified(window: bytes) -> bytes:
    """Without the commonest escapes, which an answer can hold by the million: backslashes of backslashes, quotes and
    slashes."""
    while b"\\\\" in window:
        window = window.replace(b"\\\\", b"\\")
    return window.replace(b"\\/", b"/").replace(b'\\"', b'"')


def _spellings(secret: str) -> Iterator[bytes]:
    """The secret as it is, as a form has it, and in base64, of which the last characters say nothing."""
    raw = secret.encode("utf-8", "surrogatepass")
    yield raw
    yield _simplified(raw)
    yield quote_plus(secret, errors="surrogatepass").encode()
    if len(raw) >= SHORT:
        yield base64.b64encode(raw).rstrip(b"=")
        yield base64.urlsafe_b64encode(raw).rstrip(b"=")


def _character(match: re.Match[bytes]) -> bytes:
    percent, unicode, byte, decimal, hexadecimal, named, plain = match.groups()
    if percent or byte:
        return bytes((int(percent or byte, 16),))
    if plain:
        return _CONTROLS.get(plain, plain)
    if named:
        return _NAMED[named]
    number = int(decimal) if decimal else int(unicode or hexadecimal, 16)
    return chr(number).encode("utf-8", "surrogatepass") if number <= 0x10FFFF else b""


def _any_escape(byte: int) -> str:
    plain, code = re.escape(chr(byte)), f"(?i:{byte:02x})"
    escaped = rf"%(?:25){{0,3}}{code}|\\{{1,4}}u00{code}|\\{{1,4}}x{code}|&#0{{0,8}}{byte};|&#[xX]0{{0,8}}{code};"
    return rf"(?:\\{{0,4}}{plain}|{escaped})"


_gates = [Gate()]


def begin() -> Gate:
    """The gate of a run that begins now; what is said from now on passes it."""
    _gates[0] = Gate()
    return _gates[0]


def learn(*secrets: str) -> None:
    """Let these, none of which the platform knows, no longer pass the gate of the run at work."""
    _gates[0].learn(*(secret for secret in secrets if len(secret) >= SHORT), of_platform=False)


def masked(text: str) -> str:
    """The text as it may be shown, by the gate of the run at work."""
    return _gates[0].masked(text)


_LINK = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{1,15}://)([^\s\"'<>\\^`{|}]*)")
_PARTS = re.compile(r"[A-Za-z]+|[0-9]+")
_SHORTEST_SIGNATURE = 16
_ALTERNATIONS = 3
_LINKED = (b"//", b"\\/", b"\\u")
"""In a JSON text that holds a link one of these stands."""
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)


def without_signatures(text: str) -> str:
    """The text, its links without user, query and fragment, and without what looks like a key in their path."""
    return _LINK.sub(_unsigned, text) if "://" in text else text


def withheld(body: bytes) -> bytes | None:
    """A JSON answer without what signs its links, wherever they stand, every other byte as it was; None where nothing
    signs one."""
    if not any(mark[:1] in body and mark in body for mark in _LINKED):  # a single byte is found ten times as fast
        return None
    kept = _STRING.sub(_unsigned_string, body)
    return None if kept == body else kept


def _unsigned_string(match: re.Match[bytes]) -> bytes:
    written = match[0]
    if b"//" not in written and b"\\" not in written:
        return written
    text = json.loads(written)
    plain = without_signatures(text)
    return written if plain == text else json.dumps(plain, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _unsigned(match: re.Match[str]) -> str:
    place, mark, rest = _cut(match[2])
    authority, *segments = place.split("/")
    user, at, host = authority.rpartition("@")
    parts = [SIGNED + at + host if user else host, *(SIGNED if _signs(segment) else segment for segment in segments)]
    return match[1] + "/".join(parts) + (f"?{SIGNED}" if mark and rest else mark)


def _cut(link: str) -> tuple[str, str, str]:
    """What stands before the first ``?`` or ``#``, that mark, and the rest."""
    position = min((link.find(mark) for mark in "?#" if mark in link), default=len(link))
    return link[:position], link[position : position + 1], link[position + 1 :]


def _signs(segment: str) -> bool:
    """Whether a part of a path looks like a key: long, and letters and digits take turns, or a value is given to it."""
    letters = re.sub(r"[^A-Za-z0-9]", "", segment)
    if len(letters) < _SHORTEST_SIGNATURE:
        return False
    return (
        "=" in segment or "%3d" in segment.lower() or len(_PARTS.findall(letters)) > _ALTERNATIONS or _is_hex(letters)
    )


def _is_hex(letters: str) -> bool:
    return len(letters) >= 32 and re.fullmatch(r"[0-9a-fA-F]+", letters) is not None
