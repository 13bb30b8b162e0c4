"""An answer's body: read up to a size, decompressed up to a size.

The request asks for no compression; a server or proxy that compresses all the same is understood, but a few kilobytes
can unfold into gigabytes, so nothing is ever inflated beyond the limit.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from chargeback.collect.failures import TransientError
from chargeback.collect.http_library import httpx
from chargeback.collect.large_answers import SMALL
from chargeback.errors import AnswerError

if TYPE_CHECKING:
    from zlib import _Decompress as _Inflater

_GZIP = zlib.MAX_WBITS | 16
_WINDOWS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": zlib.MAX_WBITS}
_MOST_MEMBERS = 100_000
"""A server that compresses as it goes makes one every few kilobytes."""


def read_body(response: httpx.Response, limit: int, enter: Callable[[], None] = lambda: None) -> bytes:
    """The whole body, of at most ``limit`` bytes; ``AnswerError`` beyond, ``TransientError`` where it is cut short.

    ``enter`` is called before more than a small answer is kept in memory, and may wait.
    """
    _refuse_announced(response.headers.get("content-length", ""), limit)
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("identity", ""):
        return _joined(response.iter_raw(), limit, enter)
    if encoding not in _WINDOWS:
        raise AnswerError("the answer is compressed in a way that was not asked for")
    return _joined(_inflated(response.iter_raw(), _WINDOWS[encoding], limit), limit, enter)


def _refuse_announced(length: str, limit: int) -> None:
    if length.isascii() and length.isdigit() and (len(length) > 15 or int(length) > limit):
        raise _too_large(limit)


def _joined(chunks: Iterable[bytes], limit: int, enter: Callable[[], None]) -> bytes:
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        if size > SMALL:
            enter()
        parts.append(chunk)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _inflated(chunks: Iterable[bytes], window: int, limit: int) -> Iterator[bytes]:
    """The decompressed pieces, each no larger than the limit and one byte, so that what exceeds it is seen at once.

    A gzip body may be several members one after the other, which are one content (RFC 1952, 2.2); after the last one
    only zero bytes may follow.
    """
    inflater: _Inflater | None = None
    size = members = 0
    try:
        for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            rest = chunk
            while rest := rest.lstrip(b"\0") if inflater is None and members else rest:
                if inflater is None:
                    members += 1
                    inflater = _next_member(rest, window, members)
                yield inflater.decompress(rest, limit + 1)
                while inflater.unconsumed_tail:
                    yield inflater.decompress(inflater.unconsumed_tail, limit + 1)
                rest = inflater.unused_data
                inflater = None if inflater.eof else inflater
    except zlib.error as error:
        raise TransientError("the answer's compression is damaged") from error
    if inflater is not None:
        raise TransientError("the answer was cut short")


def _next_member(beginning: bytes, window: int, number: int) -> _Inflater:
    """What decompresses the member that begins there."""
    if number > (_MOST_MEMBERS if window == _GZIP else 1):
        raise TransientError("the answer's compression is damaged")
    bare = window == zlib.MAX_WBITS and not _has_zlib_header(beginning)
    return zlib.decompressobj(-zlib.MAX_WBITS if bare else window)


def _has_zlib_header(chunk: bytes) -> bool:
    """Whether "deflate" is meant as the standard has it (RFC 1950); many servers send the bare stream (RFC 1951)."""
    return len(chunk) >= 2 and chunk[0] & 0x0F == 8 and int.from_bytes(chunk[:2], "big") % 31 == 0


def _too_large(limit: int) -> AnswerError:
    return AnswerError(f"the answer is larger than {limit:,} bytes")
