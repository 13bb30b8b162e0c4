"""An answer's body: read up to a size, decompressed up to a size.

The request asks for no compression; a server or proxy that compresses all the same is understood, but a few kilobytes
can unfold into gigabytes, so nothing is ever inflated beyond the limit.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

import httpx

from chargeback.collect.failures import TransientError
from chargeback.errors import AnswerError

_WINDOWS = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


def read_body(response: httpx.Response, limit: int) -> bytes:
    """The whole body, of at most ``limit`` bytes; ``AnswerError`` beyond, ``TransientError`` where it is cut short."""
    _refuse_announced(response.headers.get("content-length", ""), limit)
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("identity", ""):
        return _joined(response.iter_raw(), limit)
    if encoding not in _WINDOWS:
        raise AnswerError("the answer is compressed in a way that was not asked for")
    return _joined(_inflated(response.iter_raw(), _WINDOWS[encoding], limit), limit)


def _refuse_announced(length: str, limit: int) -> None:
    if length.isascii() and length.isdigit() and (len(length) > 15 or int(length) > limit):
        raise _too_large(limit)


def _joined(chunks: Iterable[bytes], limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        parts.append(chunk)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _inflated(chunks: Iterator[bytes], window: int, limit: int) -> Iterator[bytes]:
    """The decompressed pieces, each no larger than the limit and one byte, so that what exceeds it is seen at once."""
    inflater = zlib.decompressobj(window)
    started = False
    try:
        for chunk in chunks:
            if not started and window == zlib.MAX_WBITS and not _has_zlib_header(chunk):
                inflater = zlib.decompressobj(-zlib.MAX_WBITS)
            started = True
            yield inflater.decompress(chunk, limit + 1)
            while inflater.unconsumed_tail:
                yield inflater.decompress(inflater.unconsumed_tail, limit + 1)
    except zlib.error as error:
        raise TransientError("the answer's compression is damaged") from error
    if started and not inflater.eof:
        raise TransientError("the answer was cut short")


def _has_zlib_header(chunk: bytes) -> bool:
    """Whether "deflate" is meant as the standard has it (RFC 1950); many servers send the bare stream (RFC 1951)."""
    return len(chunk) >= 2 and chunk[0] & 0x0F == 8 and int.from_bytes(chunk[:2], "big") % 31 == 0


def _too_large(limit: int) -> AnswerError:
    return AnswerError(f"the answer is larger than {limit:,} bytes")
