"""One attempt: a request sent, a whole answer received, within its time.

An answer's body: read up to a size, decompressed up to a size.

The request asks for no compression; a server or proxy that compresses all the same is understood, but a few kilobytes
can unfold into gigabytes, so nothing is ever inflated beyond the limit.
"""

from __future__ import annotations

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
import h11
from msgspec import Struct

from chargeback.collect.addresses import Permit
from chargeback.collect.failures import RedirectedError, TransientError
from chargeback.collect.large_answers import SMALL, LargeAnswers
from chargeback.collect.network import Connection, Connections, Dialler, Request
from chargeback.collect.proxies import Proxies
from chargeback.collect.run_time import RunTime
from chargeback.errors import AnswerError, ConfigurationError

if TYPE_CHECKING:
    from zlib import _Decompress as _Inflater


_GZIP = zlib.MAX_WBITS | 16
_WINDOWS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": zlib.MAX_WBITS}
_MOST_MEMBERS = 100_000
"""A server that compresses as it goes makes one every few kilobytes."""


def read_body(
    headers: Mapping[str, str], chunks: Iterable[bytes], limit: int, enter: Callable[[], None] = lambda: None
) -> bytes:
    """The whole body, of at most ``limit`` bytes; ``AnswerError`` beyond, ``TransientError`` where it is cut short.

    ``enter`` is called before more than a small answer is kept in memory, and may wait.
    """
    _refuse_announced(headers.get("content-length", ""), limit)
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("identity", ""):
        return _joined(chunks, limit, enter)
    if encoding not in _WINDOWS:
        raise AnswerError("the answer is compressed in a way that was not asked for")
    return _joined(_inflated(chunks, _WINDOWS[encoding], limit), limit, enter)


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


class Received(Struct, frozen=True):
    """A whole answer: status, headers by their names in lower case, and the body without any compression."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpAttempt:
    """What sends requests, with every answer bounded in time and size; many threads share it."""

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
        self._dialler = Dialler(run_time.clock, permit, proxies, tls)
        self._connections = Connections(self._dialler, connections)

    def send(self, request: Request, ends: float, limit: int) -> Received:
        """The answer, by the instant ``ends`` and of at most so many bytes; else ``TransientError``,
        ``RedirectedError`` or ``AnswerError``."""
        head, connection = self._connections.ask(request, ends)
        try:
            headers = headers_of(head)
            if 300 <= head.status_code < 400:
                raise RedirectedError(head.status_code, headers.get("location", ""))
            return Received(head.status_code, headers, self._body(headers, connection, ends, limit))
        finally:
            self._connections.keep(connection)

    def _body(self, headers: Mapping[str, str], connection: Connection, ends: float, limit: int) -> bytes:
        try:
            return read_body(headers, connection.body(ends), limit, partial(self._large.enter, ends))
        except BaseException:
            self._large.leave()
            raise

    def abort(self) -> None:
        """End every connection, also those that other threads wait on."""
        self._dialler.abort()

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()

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


def headers_of(head: h11.Response) -> dict[str, str]:
    """The headers by their names in lower case; what one of several lines says is joined by commas (RFC 9110, 5.3)."""
    raw = list(head.headers)
    try:
        lines = [(name.decode(), value.decode()) for name, value in raw]
    except UnicodeDecodeError:
        lines = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw]
    headers: dict[str, str] = {}
    for name, value in lines:
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
