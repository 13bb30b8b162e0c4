"""What a PDF's compressed streams hold, unfolded a piece at a time within a budget, so that it can be searched.

The standard library alone, and nothing is interpreted: every place where a stream can begin is tried (ISO 32000-1,
7.3.8 and 7.4.4). What other filters hide is found in the text that the reader's child makes of the document.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from chargeback.errors import AnswerError

MOST_UNFOLDED = 96 * 1024 * 1024
"""Bytes, read and made, of all streams of a document."""
_PIECE = 64 * 1024
_LARGEST_PIECE = 1024 * 1024
_STREAM = re.compile(rb"stream[\r\n ]{0,3}")


def unfolded(data: bytes) -> Iterator[bytes]:
    """The pieces that the compressed streams unfold to; ``AnswerError`` where they are more than can be searched."""
    left = MOST_UNFOLDED
    for match in _STREAM.finditer(data):
        if _begins_deflated(data, match.end()):
            for consumed, piece in _inflated(data, match.end()):
                left -= consumed + len(piece)
                if left < 0:
                    raise AnswerError(f"it decompresses to more than {MOST_UNFOLDED:,} bytes, which cannot be searched")
                yield piece


def _begins_deflated(data: bytes, start: int) -> bool:
    """Whether a zlib header stands there (RFC 1950)."""
    head = data[start : start + 2]
    return len(head) == 2 and head[0] & 0x0F == 8 and int.from_bytes(head, "big") % 31 == 0


def _inflated(data: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """How much was read (less what belongs to others), and what it unfolds to, until it ends or is damaged."""
    inflater = zlib.decompressobj()
    try:
        while not inflater.eof and start < len(data):
            chunk = data[start : start + _PIECE]
            start += len(chunk)
            yield len(chunk), b""  # also where it turns out to be damaged
            piece = inflater.decompress(chunk, _LARGEST_PIECE)
            yield -len(inflater.unused_data), piece
            while inflater.unconsumed_tail:
                yield 0, inflater.decompress(inflater.unconsumed_tail, _LARGEST_PIECE)
    except zlib.error:
        return
