"""Sockets with an end: connections whose every step is bounded by the instant at which the attempt ends.

httpcore's timeouts are per step, so a server that sends a byte a second would never run into one. Here the number that
httpcore hands through as ``timeout`` is an instant of the monotonic clock, and each step gets what is left until then.
A name is resolved here, and the connection goes to the address that was checked.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import httpcore

from chargeback.collect.addresses import Permit, resolve
from chargeback.collect.clock import Clock
from chargeback.collect.failures import AddressRefusedError
from chargeback.collect.wording import quoted

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
        addresses = resolve(host, port, seconds_left(self._clock, timeout, httpcore.ConnectTimeout))
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
        left = seconds_left(self._clock, timeout, httpcore.ConnectTimeout) / share
        stream = BoundedStream(self._sockets.connect_tcp(address, port, left, None, options), self._clock)
        with self._lock:
            self._streams = {each for each in self._streams if each.get_extra_info("socket").fileno() >= 0}
            self._streams.add(stream)
        return stream


def seconds_left(clock: Clock, ends: float | None, late: type[httpcore.TimeoutException]) -> float:
    """Seconds until the instant; httpcore's timeout once it has passed, or where none was given."""
    seconds = 0.0 if ends is None else ends - clock.monotonic()
    if seconds <= 0:
        raise late("the attempt's time is over")
    return seconds
