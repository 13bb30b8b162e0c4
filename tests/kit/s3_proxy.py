"""A proxy before the tests' S3 server: what passes it decides what the store answers, and when."""

from __future__ import annotations

import re
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.kit.s3_server import S3Server

Passing = Callable[[bytes, Callable[[], bytes]], bytes | None]
"""(request, what gives the store's reply) -> the reply; None closes the connection instead."""


class _Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True  # it does not wait for the connections that a client keeps open


@contextmanager
def proxied(server: S3Server, passing: Passing) -> Iterator[str]:
    """The endpoint of a proxy; each request, from whatever thread, is given to ``passing``."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(("127.0.0.1", server.port)) as store:
                while request := message(self.request):

                    def reply(request: bytes = request) -> bytes:
                        store.sendall(request)
                        return message(store)

                    answered = passing(request, reply)
                    if answered is None:
                        return
                    self.request.sendall(answered)

    with _Proxy(("127.0.0.1", 0), Handler) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{proxy.server_address[1]}"
        proxy.shutdown()


def message(side: socket.socket) -> bytes:
    """An HTTP message, whose head says how long it is."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = side.recv(65536)
        if not more:
            return data
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: *(\d+)", head.lower())
    chunked = b"\r\ntransfer-encoding: chunked" in head.lower()
    while len(body) < int(length[1]) if length else chunked and not body.endswith(b"0\r\n\r\n"):
        more = side.recv(65536)
        if not more:
            break
        body += more
    return head + b"\r\n\r\n" + body


def is_create(request: bytes) -> bool:
    """Whether an object is written."""
    return request.startswith(b"PUT ")


def refusal(status: str, code: str) -> bytes:
    """The store's answer that it does not do that."""
    body = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class LostReplies:
    """The reply to the first create of each object is lost; ``lines`` are those requests' first lines."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def __call__(self, request: bytes, reply: Callable[[], bytes]) -> bytes | None:
        answered = reply()
        line = request.partition(b"\r\n")[0]
        if is_create(request) and line not in self.lines and b"200 OK" in answered[:20]:
            self.lines.append(line)
            return None
        return answered
