"""httpx over sockets with an end: what came over the wire, or in plain words why nothing did.

TLS is always verified, against the name that was asked for, whatever address the connection goes to. HTTP/1.1; no
retries, no redirects: an attempt is one request on one connection, through a proxy where the environment names one.

Sockets with an end: connections whose every step is bounded by the instant at which the attempt ends.

httpcore's timeouts are per step, so a server that sends a byte a second would never run into one. Here the number that
httpcore hands through as ``timeout`` is an instant of the monotonic clock, and each step gets what is left until then.
A name is resolved here, and the connection goes to the address that was checked; or a proxy resolves it.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import httpcore

from chargeback.collect.addresses import Permit, resolve
from chargeback.collect.clock import Clock
from chargeback.collect.failures import AddressRefusedError, TransientError, quoted
from chargeback.collect.http_library import httpx
from chargeback.collect.proxies import Proxies, Proxy
from chargeback.errors import PlatformError

LARGEST_PROXY_HEAD = 16 * 1024
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9])[ \r]")
WRITE_SIZE = 16 * 1024
"""Bytes given to the socket at a time, so that a slow reader meets the limit too."""


class BoundedStream(httpcore.NetworkStream):
    """A connection; ``timeout`` is everywhere the instant by which a step has to be done.

    ``latest`` are the bytes read last.
    """

    def __init__(self, stream: httpcore.NetworkStream, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock
        self._unsent = b""
        self.latest = b""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """The next bytes, b"" at the end; what was written goes out first."""
        if self._unsent:
            self._send(timeout)
        self.latest = self._stream.read(max_bytes, seconds_left(self._clock, timeout, httpcore.ReadTimeout))
        return self.latest

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Keep the bytes until the answer is read: a request's head and body go out together, in one packet."""
        self._unsent += buffer

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same connection, encrypted."""
        left = seconds_left(self._clock, timeout, httpcore.ConnectTimeout)
        self._stream = self._stream.start_tls(ssl_context, server_hostname, left)
        return self

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks about the socket below."""
        return self._stream.get_extra_info(info)

    def _send(self, ends: float | None) -> None:
        """Send what was written; a server that hung up may have answered before, so that is no error yet."""
        unsent, self._unsent = self._unsent, b""
        with suppress(httpcore.WriteError):
            for start in range(0, len(unsent), WRITE_SIZE):
                left = seconds_left(self._clock, ends, httpcore.WriteTimeout)
                self._stream.write(unsent[start : start + WRITE_SIZE], left)

    def abort(self) -> None:
        """End the connection under a thread that waits on it."""
        below = self._stream.get_extra_info("socket")
        with suppress(OSError, AttributeError):
            socket.socket.shutdown(below, socket.SHUT_RDWR)


class BoundedBackend(httpcore.NetworkBackend):
    """Opens connections to permitted addresses only, and can end them all."""

    def __init__(self, clock: Clock, permit: Permit, proxies: Proxies, tls: ssl.SSLContext) -> None:
        self._clock = clock
        self._permit = permit
        self._proxies = proxies
        self._tls = tls
        self._sockets = httpcore.SyncBackend()
        self._streams: set[BoundedStream] = set()
        self._lock = threading.Lock()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first permitted address that answers; the others share the time that is left. Where a
        proxy is in use it is a tunnel to the host."""
        proxy = self._proxies.of(host, port)
        if proxy is None:
            return self._connect_first(self._permitted(host, port, timeout), port, timeout, socket_options)
        if not self._permit.host(host):
            raise AddressRefusedError(f"{quoted(host)} is not a host that a proxy may be asked for")
        return self._tunnel(proxy, host, port, timeout, socket_options)

    def _tunnel(
        self,
        proxy: Proxy,
        host: str,
        port: int,
        timeout: float | None,
        options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> BoundedStream:
        """A connection through the proxy; what it says goes no further than its status."""
        named = f"the proxy {proxy} of ${proxy.variable}"
        try:
            addresses = resolve(proxy.host, proxy.port, seconds_left(self._clock, timeout, httpcore.ConnectTimeout))
            stream = self._connect_first(addresses, proxy.port, timeout, options)
        except httpcore.ConnectError as error:
            raise httpcore.ConnectError(f"{named}: {quoted(str(error))}") from error
        try:
            if proxy.scheme == "https":
                stream.start_tls(self._tls, proxy.host, timeout)
            refusal = _tunnel_refusal(stream, proxy, host, port, timeout)
        except httpcore.ConnectError as error:
            refusal = f": {quoted(str(error))}"
        except BaseException:
            stream.close()
            raise
        if refusal:
            stream.close()
            raise httpcore.ConnectError(f"{named}{refusal}")
        return stream

    def _connect_first(
        self,
        addresses: list[str],
        port: int,
        timeout: float | None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> BoundedStream:
        for remaining in range(len(addresses), 1, -1):
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return self._connect(addresses[-remaining], port, timeout, remaining, socket_options)
        return self._connect(addresses[-1], port, timeout, 1, socket_options)

    def abort(self) -> None:
        """End every connection, also those that other threads wait on."""
        with self._lock:
            streams = list(self._streams)
        for stream in streams:
            stream.abort()

    def _permitted(self, host: str, port: int, timeout: float | None) -> list[str]:
        addresses = resolve(host, port, seconds_left(self._clock, timeout, httpcore.ConnectTimeout))
        permitted = [address for address in addresses if self._permit.address(address)]
        if not permitted:
            raise AddressRefusedError(f"{quoted(host)} is not an address that may be asked")
        return permitted

    def _connect(
        self,
        address: str,
        port: int,
        timeout: float | None,
        share: int,
        options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> BoundedStream:
        left = seconds_left(self._clock, timeout, httpcore.ConnectTimeout) / share
        stream = BoundedStream(self._sockets.connect_tcp(address, port, left, None, options), self._clock)
        with self._lock:
            self._streams = {each for each in self._streams if each.get_extra_info("socket").fileno() >= 0}
            self._streams.add(stream)
        return stream


def _tunnel_refusal(stream: BoundedStream, proxy: Proxy, host: str, port: int, timeout: float | None) -> str:
    """Ask a proxy for a tunnel; what it answers instead of making one, "" where it makes one."""
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    authorization = f"Proxy-Authorization: {proxy.authorization}\r\n" if proxy.authorization else ""
    stream.write(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{authorization}\r\n".encode("ascii"), timeout)
    head = _proxy_head(stream, timeout)
    match = _STATUS.match(head)
    if match is None:
        return " answers something other than HTTP"
    if match[1].startswith(b"2"):  # whoever speaks first through a tunnel is not a server of TLS
        return "" if head.endswith(b"\r\n\r\n") else " answers more than the beginning of a tunnel"
    wanted = ", it asks for a user and a password" if match[1] == b"407" else ""
    return f" answers {int(match[1])}{wanted}"


def _proxy_head(stream: BoundedStream, timeout: float | None) -> bytes:
    """The head of a proxy's answer, and what came with it."""
    head = b""
    try:
        while b"\r\n\r\n" not in head and len(head) < LARGEST_PROXY_HEAD:
            received = stream.read(LARGEST_PROXY_HEAD, timeout)
            if not received:
                break
            head += received
    except httpcore.ReadError:
        return b""
    except httpcore.ReadTimeout as error:
        raise httpcore.ConnectTimeout("the proxy did not answer in time") from error
    return head


def seconds_left(clock: Clock, ends: float | None, late: type[httpcore.TimeoutException]) -> float:
    """Seconds until the instant; httpcore's timeout once it has passed, or where none was given."""
    seconds = 0.0 if ends is None else ends - clock.monotonic()
    if seconds <= 0:
        raise late("the time of this attempt has run out")
    return seconds


_NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"})
"""OpenSSL's reasons where the other side answers something that is no TLS."""


class BoundedTransport(httpx.BaseTransport):
    """httpx over httpcore's pool: ``request.extensions["timeout"]`` holds instants (``attempt_limits``)."""

    def __init__(self, backend: BoundedBackend, tls: ssl.SSLContext, connections: int) -> None:
        self._backend = backend
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            max_connections=connections,
            keepalive_expiry=15,
            http1=True,
            http2=False,
            retries=0,
            network_backend=backend,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer's head, its body still to be read; ``TransientError`` where none came."""
        url = request.url
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        asked = httpcore.Request(
            request.method, target, headers=request.headers.raw, content=request.stream, extensions=request.extensions
        )
        try:
            answer = self._pool.handle_request(asked)
        except httpcore.LocalProtocolError:
            raise PlatformError("the request could not be written: a header holds what HTTP forbids") from None
        except httpcore.ConnectError as error:
            untrusted = isinstance(error.__context__, ssl.SSLCertVerificationError)
            remedy = "set SSL_CERT_FILE to a file with the certificate authority that signed it" if untrusted else ""
            raise TransientError(f"no connection ({_unconnected(error)})", unreached=True, remedy=remedy) from error
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.RemoteProtocolError) as error:
            raise TransientError(_meaning(error, asked)) from error
        stream = CheckedBody(answer)
        return httpx.Response(answer.status, headers=answer.headers, stream=stream, extensions=answer.extensions)

    def abort(self) -> None:
        """End every connection, also those that other threads wait on."""
        self._backend.abort()

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.close()


class CheckedBody(httpx.SyncByteStream):
    """An answer's body as received: cut short or longer than its ``Content-Length`` is a ``TransientError``."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        final = b""
        try:
            for chunk in self._answer.iter_stream():
                final = chunk
                yield chunk
        except httpcore.TimeoutException as error:
            raise TransientError("no whole answer within the time limit") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise TransientError("the answer was cut short") from error
        self._refuse_surplus(final)

    def close(self) -> None:
        """Give the connection back."""
        self._answer.close()

    def _refuse_surplus(self, final: bytes) -> None:
        """Bytes after the body would be read as the next call's answer: the connection is ended before it is reused."""
        stream = self._answer.extensions.get("network_stream")
        counted = any(name.lower() == b"content-length" for name, _ in self._answer.headers)
        if isinstance(stream, BoundedStream) and counted and not stream.latest.endswith(final[-len(stream.latest) :]):
            stream.close()
            raise TransientError("the answer is longer than its Content-Length says")


def attempt_limits(ends: float, seconds: float) -> dict[str, Any]:
    """The request extension that ends an attempt: at an instant, which is so many seconds from now."""
    return {"timeout": {"connect": ends, "read": ends, "write": ends, "pool": seconds}}


def _unconnected(error: Exception) -> str:
    """Why no connection came about, in plain words."""
    cause = error.__context__  # httpcore's pool raises its errors again "from None", which leaves the context alone
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {quoted(cause.verify_message)}"
    if isinstance(cause, ssl.SSLError) and cause.reason in _NOT_TLS:
        return "the server does not speak TLS at that port; is it one of plain http?"
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed: {quoted((cause.reason or str(cause)).replace('_', ' ').lower())}"
    if isinstance(cause, OSError) and cause.strerror:
        return quoted(cause.strerror)
    return quoted(str(error))


def _meaning(error: Exception, asked: httpcore.Request) -> str:
    """What an httpcore error says in an error message."""
    if isinstance(error, httpcore.ConnectTimeout | httpcore.PoolTimeout):
        return "no connection within the time limit"
    if isinstance(error, httpcore.TimeoutException):
        return "no answer within the time limit"
    plain = "; is the port one of https?" if asked.url.scheme == b"http" else ""
    if isinstance(error, httpcore.NetworkError):
        return f"the connection broke{plain}"
    return f"the connection was closed without an answer, or the answer is not HTTP{plain}"
