"""One attempt: a request sent, a whole answer received, within its time; and the HTTP clients that do it.

An answer's body: read up to a size, decompressed up to a size.

The request asks for no compression; a server or proxy that compresses all the same is understood, but a few kilobytes
can unfold into gigabytes, so nothing is ever inflated beyond the limit.
"""

from __future__ import annotations

import logging
import os
import re
import ssl
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import certifi
from msgspec import Struct

from chargeback.collect.addresses import Permit
from chargeback.collect.failures import RedirectedError, TransientError
from chargeback.collect.http_library import httpx
from chargeback.collect.large_answers import SMALL, LargeAnswers
from chargeback.collect.network import BoundedTransport, Dialler
from chargeback.collect.proxies import Proxies
from chargeback.collect.run_time import RunTime
from chargeback.errors import AnswerError, ConfigurationError

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
                yield inflater.decompress(rest, limit + 1)  # a piece that is not whole is too large already
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


_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+")
"""A certificate's name in a folder of ``SSL_CERT_DIR``."""
_LOGGER = "httpx"
"""It writes whole links, signatures included."""


class Received(Struct, frozen=True):
    """A whole answer: status, headers, and the body without any compression."""

    status: int
    headers: httpx.Headers
    body: bytes


class HttpAttempt:
    """An ``httpx.Client`` that many threads share, with every answer bounded in time and size."""

    def __init__(
        self,
        run_time: RunTime,
        tls: ssl.SSLContext,
        permit: Permit,
        proxies: Proxies,
        *,
        connections: int,
        large: LargeAnswers,
    ) -> None:
        self.run_time = run_time
        self._large = large
        self.proxies = proxies
        self._transport = BoundedTransport(Dialler(run_time.clock, permit, proxies, tls), connections)
        self._client = _Client(self._transport)

    def send(
        self, method: str, url: httpx.URL, headers: httpx.Headers, content: bytes | None, ends: float, limit: int
    ) -> Received:
        """The answer, by the instant ``ends`` and of at most so many bytes; else ``TransientError``,
        ``RedirectedError`` or ``AnswerError``."""
        request = httpx.Request(method, url, headers=headers, content=content, extensions={"ends": ends})
        response = self._client.send(request, stream=True)
        try:
            body = read_body(response, limit, partial(self._large.enter, ends))
            return Received(response.status_code, response.headers, body)
        except BaseException:
            self._large.leave()
            raise
        finally:
            response.close()

    def abort(self) -> None:
        """End every connection, also those that other threads wait on."""
        self._transport.abort()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def tls_context(environ: Mapping[str, str]) -> ssl.SSLContext:
    """Certificates verified against certifi's authorities, or those of ``SSL_CERT_FILE`` or ``SSL_CERT_DIR``.

    ``ConfigurationError`` that names the variable where it leads to no certificate: OpenSSL would take a folder without
    any in silence, and refuse every server later.
    """
    file = environ.get("SSL_CERT_FILE") or None
    folder = environ.get("SSL_CERT_DIR") or None
    if folder and not file and not any(_holds_certificates(Path(each)) for each in folder.split(os.pathsep)):
        raise ConfigurationError(
            f"$SSL_CERT_DIR: {folder} is not a folder with certificates that OpenSSL finds by their hash",
            remedy="name one, prepared by `openssl rehash`, or unset the variable",
        )
    try:
        context = ssl.create_default_context(cafile=file if file or folder else certifi.where(), capath=folder)
    except OSError as error:  # ssl.SSLError too
        reason = "holds no certificate" if isinstance(error, ssl.SSLError) else f"cannot be read ({error.strerror})"
        if error.filename is not None:  # the one other file that ssl opens
            source, remedy = f"$SSLKEYLOGFILE: {os.fsdecode(error.filename)}", "unset the variable"
        elif file:
            source, remedy = f"$SSL_CERT_FILE: {file}", "name a file of certificates in PEM, or unset the variable"
        else:
            source, remedy = certifi.where(), "install certifi again"
        raise ConfigurationError(f"{source} {reason}", remedy=remedy) from error
    context.set_alpn_protocols(["http/1.1"])
    return context


def _holds_certificates(folder: Path) -> bool:
    try:
        return any(_HASHED.fullmatch(path.name) for path in folder.iterdir())
    except OSError:
        return False


def silence_httpx() -> None:
    """Let httpx log nothing, at whatever level somebody sets: its lines hold links."""
    logger = logging.getLogger(_LOGGER)
    if _drop not in logger.filters:
        logger.addFilter(_drop)


def _drop(record: logging.LogRecord) -> bool:
    return False


class _NoCookies(httpx.Cookies):
    """Cookies that are never kept, so that none is ever sent."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Keep nothing."""


class _Client(httpx.Client):
    """A client without cookies, environment or redirects; proxies are the backend's."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        silence_httpx()
        self._none = _NoCookies()
        super().__init__(transport=transport, trust_env=False, event_hooks={"response": [_refuse_redirect]})

    @property
    def cookies(self) -> httpx.Cookies:
        """None, ever."""
        return self._none

    @cookies.setter
    def cookies(self, cookies: object) -> None:
        """Keep nothing."""


def _refuse_redirect(response: httpx.Response) -> None:
    """Before httpx looks at the location, which may be anything."""
    if 300 <= response.status_code < 400:
        raise RedirectedError(response.status_code, response.headers.get("location", ""))
