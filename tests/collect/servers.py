"""A server that says exactly the bytes a test gives it, and remembers what it was asked."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

SERVER_PEM = Path(__file__).parent / "tls" / "server.pem"
"""A certificate for files.example that vouches for itself, and its key."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came in; header names are in lower case; ``turn`` counts requests from 1."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    turn: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Script = Callable[[Asked, socket.socket], "bytes | None"]
"""Says what to send for a request; None: nothing, and the connection is closed."""


class ScriptedServer:
    """On loopback, a thread a connection; what the script returns is sent, and the connection is kept."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        self._connections: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            file = connection.makefile("rb")
            with file:
                while (asked := self._read(file)) is not None:
                    said = self.script(asked, connection)
                    if said is None:
                        break
                    connection.sendall(said)
        self._connections.discard(connection)

    def _read(self, file: Any) -> Asked | None:
        head = file.readline().decode("latin-1").split()
        if len(head) != 3:
            return None
        headers: dict[str, str] = {}
        while (line := file.readline().decode("latin-1").strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = file.read(int(headers.get("content-length", "0")))
        with self._lock:
            asked = Asked(head[0], head[1], headers, body, len(self.asked) + 1)
            self.asked.append(asked)
        return asked


class TlsServer(ScriptedServer):
    """The scripted server behind TLS, as files.example; ``names`` are those that it was asked for."""

    def __init__(self, script: Script) -> None:
        self.names: list[str] = []
        super().__init__(script)

    def _serve(self, connection: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(SERVER_PEM)
        context.sni_callback = lambda sock, name, context: self.names.append(name)
        with suppress(OSError):
            super()._serve(context.wrap_socket(connection, server_side=True))


class NoTlsServer(ScriptedServer):
    """Answers whatever comes first with plain HTTP, as a web server does that is spoken to by TLS."""

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(5)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def said(
    body: bytes, status: int = 200, headers: Mapping[str, str] | None = None, *, length: int | None = None
) -> bytes:
    """A whole HTTP answer; ``length`` is what Content-Length claims, -1 for none at all."""
    lines = {"Content-Type": "application/json", "Date": "Mon, 01 Jun 2026 02:00:00 GMT", **(headers or {})}
    if length != -1:
        lines["Content-Length"] = str(len(body) if length is None else length)
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode("latin-1") + body


def ok(result: object = None) -> bytes:
    return said(json.dumps({"ok": True, "result": result or {}}).encode())


def refused(message: str, status: int = 200) -> bytes:
    return said(json.dumps({"ok": False, "error": {"message": message}}).encode(), status)


def reset(connection: socket.socket) -> None:
    """Close so that the other side gets ECONNRESET."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def numeric_connection(address: tuple[str, int], timeout: float, source_address: object = None) -> socket.socket:
    """``socket.create_connection`` for an address in digits, without any look-up."""
    connection = socket.socket()
    connection.settimeout(timeout)
    connection.connect(address)
    return connection


class ConnectProxy(ScriptedServer):
    """A proxy that makes tunnels (CONNECT): every name leads to this machine; ``tunnels`` are the targets asked for.

    ``status`` other than 200 refuses; ``authorizations`` are what it was sent of a user and password.
    """

    def __init__(self, status: int = 200, tls: bool = False) -> None:
        self.status = status
        self.tls = tls
        self.tunnels: list[str] = []
        self.authorizations: list[str] = []
        super().__init__(lambda asked, connection: None)

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if self.tls:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(SERVER_PEM)
                connection = context.wrap_socket(connection, server_side=True)
            with connection:
                self._tunnel(connection)

    def _tunnel(self, connection: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            received = connection.recv(1)
            if not received:
                return
            head += received
        line, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
        raw = dict(line.split(": ", 1) for line in lines if ": " in line)
        method, target, _ = line.split()
        assert method == "CONNECT" and headers["host"] == target
        self.tunnels.append(target)
        self.authorizations.append(raw.get("Proxy-Authorization", ""))
        if self.status != 200:
            connection.sendall(f"HTTP/1.1 {self.status} No\r\nContent-Length: 0\r\n\r\n".encode())
            return
        with socket.create_connection(("127.0.0.1", int(target.rpartition(":")[2]))) as beyond:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
            back = threading.Thread(target=_copied, args=(beyond, connection), daemon=True)
            back.start()
            _copied(connection, beyond)
            back.join()


def _copied(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
