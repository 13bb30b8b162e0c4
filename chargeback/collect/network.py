"""Sockets with an end: connections whose every step is bounded by the instant at which the attempt ends.

httpcore's timeouts are per step, so a server that sends a byte a second would never run into one. Here the number that
httpcore hands through as ``timeout`` is an instant of the monotonic clock, and each step gets what is left until then.
TLS is always verified, against the name that was asked for, whatever address the connection goes to.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

import httpcore
import httpx

from chargeback.collect.addresses import is_loopback_address, is_public, resolve
from chargeback.collect.clock import Clock
from chargeback.collect.failures import AddressRefusedError, TransientError
from chargeback.collect.wording import quoted
from chargeback.errors import PlatformError

WRITE_SIZE = 16 * 1024
"""Bytes given to the socket at a time, so that a slow reader meets the limit too."""

Permit = Callable[[str], bool]
"""Whether a connection may go to a numeric address."""


def any_address(address: str) -> bool:
    """The API's rule: its endpoint is configured, so it may be anywhere."""
    return True


def loopback_only(address: str) -> bool:
    """The rule for an endpoint of plain http, so that its name cannot lead elsewhere."""
    return is_loopback_address(address)


def public_only(address: str) -> bool:
    """The rule for documents."""
    return is_public(address)


def public_or_loopback(address: str) -> bool:
    """The rule for documents where the endpoint itself is loopback."""
    return is_public(address) or is_loopback_address(address)


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
        self.latest = self._stream.read(max_bytes, _left(self._clock, timeout, httpcore.ReadTimeout))
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
        left = _left(self._clock, timeout, httpcore.ConnectTimeout)
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
                left = _left(self._clock, ends, httpcore.WriteTimeout)
                self._stream.write(unsent[start : start + WRITE_SIZE], left)

    def abort(self) -> None:
        """End the connection under a thread that waits on it."""
        below = self._stream.get_extra_info("socket")
        with suppress(OSError, AttributeError):
            socket.socket.shutdown(below, socket.SHUT_RDWR)


class BoundedBackend(httpcore.NetworkBackend):
    """Opens connections to permitted addresses only, and can end them all."""

    def __init__(self, clock: Clock, permit: Permit) -> None:
        self._clock = clock
        self._permit = permit
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
        """A connection to the first permitted address that answers; the others share the time that is left."""
        addresses = self._permitted(host, port, timeout)
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
        addresses = resolve(host, port, _left(self._clock, timeout, httpcore.ConnectTimeout))
        permitted = [address for address in addresses if self._permit(address)]
        if not permitted:
            raise AddressRefusedError(f"{quoted(host)} is no address that may be asked")
        return permitted

    def _connect(
        self,
        address: str,
        port: int,
        timeout: float | None,
        share: int,
        options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> BoundedStream:
        left = _left(self._clock, timeout, httpcore.ConnectTimeout) / share
        stream = BoundedStream(self._sockets.connect_tcp(address, port, left, None, options), self._clock)
        with self._lock:
            self._streams = {each for each in self._streams if each.get_extra_info("socket").fileno() >= 0}
            self._streams.add(stream)
        return stream


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
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.RemoteProtocolError) as error:
            raise TransientError(_meaning(error)) from error
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


def _left(clock: Clock, ends: float | None, late: type[httpcore.TimeoutException]) -> float:
    """Seconds until the instant; httpcore's timeout once it has passed, or where none was given."""
    seconds = 0.0 if ends is None else ends - clock.monotonic()
    if seconds <= 0:
        raise late("the attempt's time is over")
    return seconds


def _meaning(error: Exception) -> str:
    """What an httpcore error says in an error message."""
    if isinstance(error, httpcore.ConnectTimeout | httpcore.PoolTimeout):
        return "no connection within the time limit"
    if isinstance(error, httpcore.TimeoutException):
        return "no answer within the time limit"
    if isinstance(error, httpcore.ConnectError):
        return f"no connection ({quoted(str(error))})"
    if isinstance(error, httpcore.NetworkError):
        return "the connection broke"
    return "the connection was closed without an answer, or the answer is not HTTP"
