"""Documents by signed link: from another host, without credential, cookie or referrer (CONTRACT, downloads).

The link comes from outside. It is followed by https only, at most three redirects far, each of them checked alike, and
only to public addresses; both may be loopback where the endpoint itself is. No message shows a link's query.

``unfolded`` is what a document's compressed streams hold, a piece at a time within a budget, so that it can be searched
for the credential. It uses the standard library alone and interprets nothing: it tries every place
where a stream can begin (ISO 32000-1, 7.3.8 and 7.4.4). What other filters hide is found in the text that the reader's
child makes of the document.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from copy import copy
from functools import partial

from chargeback import __version__
from chargeback.collect.addresses import check_link
from chargeback.collect.channel import Channel
from chargeback.collect.failures import (
    AddressRefusedError,
    ExhaustedError,
    LinkRefusedError,
    RedirectedError,
    TransientError,
    shown_link,
    subject_of,
)
from chargeback.collect.http_attempt import Received
from chargeback.collect.http_library import httpx
from chargeback.collect.retries import is_transient, retry_after
from chargeback.collect.run_time import RunTime
from chargeback.errors import AnswerError, PlatformError
from chargeback.evidence.run_log import note

LARGEST_DOCUMENT = 50 * 1024 * 1024
"""Bytes: a larger document is refused."""
MOST_REDIRECTS = 3
LINK_REFUSED = frozenset({400, 401, 403, 404, 405, 409, 410, 416, 451})
"""What a store answers to a link that is expired or not known: a fresh link may work."""
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
            yield 0, inflater.decompress(chunk, _LARGEST_PIECE)
            while inflater.unconsumed_tail and not inflater.eof:  # zlib keeps a tail where the stream ended before it
                yield 0, inflater.decompress(inflater.unconsumed_tail, _LARGEST_PIECE)
        yield -len(inflater.unused_data), b""
    except zlib.error:
        return


class Downloader:
    """Fetches documents for a run; threads share it."""

    def __init__(
        self,
        channel: Channel,
        *,
        loopback_too: bool,
    ) -> None:
        self._channel = channel
        self._loopback_too = loopback_too
        self._headers = httpx.Headers(
            {"Accept": "application/pdf, */*", "Accept-Encoding": "identity", "User-Agent": f"chargeback/{__version__}"}
        )

    def within(self, run_time: RunTime) -> Downloader:
        """The same, whose documents have to be there within another time than the run's."""
        downloads = copy(self)
        downloads._channel = self._channel.within(run_time)
        return downloads

    def fetch(self, link: str, *, account: str = "", document: str = "document") -> bytes:
        """The document's bytes; ``document`` names it in messages.

        ``LinkRefusedError`` where a fresh link may work; ``AddressRefusedError`` where the link leads to what is not
        fetched; ``ExhaustedError`` after all retries; ``AnswerError`` where the answer is none; ``NotAskedError``;
        ``DeadlineError``. All but the last two concern this document alone.
        """
        subject = subject_of(account, document)
        self._channel.facts.admit(subject, account)
        try:
            attempt = partial(self._attempt, link, subject)
            return self._channel.retries.run(attempt, subject, patient=self._channel.documents.patient)
        except PlatformError as error:
            error.account = error.account or account
            if isinstance(error, ExhaustedError):
                self._channel.documents.count()
            raise

    def _attempt(self, link: str, subject: str, not_after: float) -> bytes:
        """The document at the end of the redirects, all within one attempt's time."""
        ends = self._channel.run_time.attempt_end(self._channel.timeout, not_after)
        for _ in range(MOST_REDIRECTS + 1):
            received = self._sent(link, subject, ends)
            if isinstance(received, Received):
                return self._judged(link, subject, received)
            link = _joined(link, received.location, subject)
        raise AnswerError(
            f"{subject}: {shown_link(link)}: more than {MOST_REDIRECTS} redirects", remedy="run again later"
        )

    def _sent(self, link: str, subject: str, ends: float) -> Received | RedirectedError:
        """The answer, or where it redirects to; nobody is asked for a link that repeats the credential."""
        if self._channel.gate.holds_secret(link):
            message = f"{subject}: the document's link repeats the credential, so it is not followed"
            raise AddressRefusedError(message, remedy="report it to the platform, then renew the credential")
        begun = self._channel.run_time.clock.monotonic()
        try:
            check_link(link, loopback_too=self._loopback_too)
            received = self._channel.http_attempt.send(
                "GET", httpx.URL(link), self._headers, None, ends, LARGEST_DOCUMENT
            )
        except RedirectedError as redirect:
            return redirect
        except AddressRefusedError as error:
            raise AddressRefusedError(f"{subject}: {error}", remedy="report it to the platform") from error
        except AnswerError as error:
            raise AnswerError(f"{subject}: {shown_link(link)}: {error}", remedy="run again later") from error
        except httpx.InvalidURL:
            raise AddressRefusedError(f"{subject}: the document's link is not a URL") from None
        seconds = round(self._channel.run_time.clock.monotonic() - begun, 3)
        note("download", of=subject, status=received.status, bytes=len(received.body), seconds=seconds)
        return received

    def _judged(self, link: str, subject: str, received: Received) -> bytes:
        if is_transient(received.status):
            wait = retry_after(received.headers.get("retry-after"), self._channel.run_time.clock.now())
            raise TransientError(f"{shown_link(link)}: HTTP {received.status}", retry_after=wait)
        where = f"{subject}: {shown_link(link)}: HTTP {received.status}"
        if received.status in LINK_REFUSED:
            raise LinkRefusedError(f"{where}, the link is refused", remedy="run again later")
        if received.status != 200:
            raise AnswerError(f"{where}, expected the document", remedy="run again later")
        if self._repeats_secret(received.body, f"{subject}: {shown_link(link)}"):
            message = f"{subject}: {shown_link(link)}: the document repeats the credential, so it is not kept"
            raise AnswerError(message, remedy="report it to the platform, then renew the credential")
        return received.body

    def _repeats_secret(self, body: bytes, subject: str) -> bool:
        """Whether a document repeats the credential, as it is or compressed; ``AnswerError`` where nobody can say."""
        try:
            return self._channel.gate.holds_secret(body) or self._channel.gate.any_holds_secret(unfolded(body))
        except AnswerError as error:
            raise AnswerError(f"{subject}: {error.message}", remedy="run again later") from error


def _joined(link: str, location: str, subject: str) -> str:
    """Where a redirect leads; ``AddressRefusedError`` where that is no URL."""
    try:
        if not location:
            raise httpx.InvalidURL("no location")
        return str(httpx.URL(link).join(location))
    except httpx.InvalidURL:
        message = f"{subject}: {shown_link(link)}: a redirect without a usable address"
        raise AddressRefusedError(message, remedy="run again later") from None
