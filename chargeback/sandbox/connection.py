"""One HTTP/1.1 connection: requests parsed one after the other, answers delivered as their manner says.

Waiting (latency, a stall, a drip) is left to the event loop's timers, so thousands of connections wait at no cost.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from http import HTTPStatus

from chargeback.sandbox.wire import Answer, Host, Request

Handler = Callable[[Request], tuple[Answer, datetime]]
REQUEST_LIMIT = 4_000_000  # bytes
DRIPS = 50  # pieces that a dripping body comes in
MORE_THAN_COMES = 64  # bytes that a wrong length promises


@lru_cache(maxsize=4)
def _date(second: datetime) -> str:
    return format_datetime(second, usegmt=True)


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def head(answer: Answer, now: datetime, length: int, keep: bool) -> bytes:
    """Status line and headers."""
    lines = [
        f"HTTP/1.1 {answer.status} {_reason(answer.status)}",
        f"Date: {_date(now.replace(microsecond=0))}",
        f"Content-Type: {answer.content_type}",
        f"Content-Length: {length}",
        *(f"{name}: {value}" for name, value in answer.headers),
        *(() if keep else ("Connection: close",)),
        "\r\n",
    ]
    return "\r\n".join(lines).encode("latin-1")


class Connection(asyncio.Protocol):
    """One client's connection to the API or to the files."""

    def __init__(self, host: Host, handler: Handler, latency: Callable[[], float], open_: set[Connection]) -> None:
        self._host = host
        self._handler = handler
        self._latency = latency
        self._open = open_
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  (what create_server makes)
        self._transport = transport
        self._open.add(self)
        plug = transport.get_extra_info("socket")
        plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, problem: Exception | None) -> None:
        self._open.discard(self)

    def abort(self) -> None:
        """Cut the connection at once; what was not sent is lost."""
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._busy:
            self._next()

    def _next(self) -> None:
        """Handle the next request, if it is there whole."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > REQUEST_LIMIT:
                self.abort()
            return
        try:
            request, length = self._parsed(bytes(self._buffer[:end]))
        except ValueError:
            self.abort()
            return
        if length > REQUEST_LIMIT:
            self.abort()
            return
        if len(self._buffer) < end + 4 + length:
            return
        body = bytes(self._buffer[end + 4 : end + 4 + length])
        del self._buffer[: end + 4 + length]
        self._handle(Request(request.host, request.method, request.path, request.headers, body))

    def _parsed(self, raw: bytes) -> tuple[Request, int]:
        """The request without its body, and the body's length."""
        first, *rest = raw.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ", 2)
        headers = {}
        for line in rest:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        if "transfer-encoding" in headers:
            raise ValueError("bodies must come with their length")
        return Request(self._host, method, path, headers), int(headers.get("content-length", "0"))

    def _handle(self, request: Request) -> None:
        self._busy = True
        answer, now = self._handler(request)
        keep = request.headers.get("connection", "").lower() != "close"
        wait = self._latency() if answer.late else 0.0
        if answer.manner == "stall":
            wait += answer.seconds
        body = b"" if request.method == "HEAD" else answer.body
        message = head(answer, now, len(answer.body), keep), body, keep
        if wait:
            self._loop.call_later(wait, self._deliver, answer, *message)
        else:
            self._deliver(answer, *message)

    def _deliver(self, answer: Answer, top: bytes, body: bytes, keep: bool) -> None:
        if self._transport.is_closing():
            return
        if answer.manner == "reset":
            self._reset()
        elif answer.manner == "half-body":
            self._transport.write(top + body[: len(body) // 2])
            self._transport.close()
        elif answer.manner == "wrong-length":
            length, promised = b"Content-Length: %d\r\n" % len(body), len(body) + MORE_THAN_COMES
            self._transport.write(top.replace(length, b"Content-Length: %d\r\n" % promised) + body)
            self._transport.close()
        elif answer.manner == "drip":
            self._transport.write(top)
            self._drip(body, max(1, len(body) // DRIPS), answer.seconds / DRIPS, keep)
        else:
            self._transport.write(top + body)
            self._finish(keep)

    def _drip(self, rest: bytes, piece: int, pause: float, keep: bool) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(rest[:piece])
        if len(rest) > piece:
            self._loop.call_later(pause, self._drip, rest[piece:], piece, pause, keep)
        else:
            self._finish(keep)

    def _finish(self, keep: bool) -> None:
        self._busy = False
        if not keep:
            self._transport.close()
        elif self._buffer:
            self._loop.call_soon(self._next)

    def _reset(self) -> None:
        """Close with a TCP reset instead of an orderly end."""
        plug = self._transport.get_extra_info("socket")
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()
