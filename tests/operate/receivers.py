"""Local servers that take notifications, pings and mails, and remember them."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


class Receiver(HTTPServer):
    """What was posted, as (path, JSON or None); ``status`` is what it answers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[tuple[str, Any]] = []
        self.status = 200

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def texts(self) -> list[str]:
        """The messages' titles and texts."""
        return [f"{body['title']}\n{body['message']}" for _, body in self.received if body]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.received.append((self.path, json.loads(data) if data else None))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Quiet."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that listens."""
    with Receiver() as receiver:
        thread = threading.Thread(target=receiver.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.shutdown()
            thread.join()


class MailServer(socketserver.ThreadingTCPServer):
    """An SMTP server (RFC 5321) that keeps each message with its recipients; ``refusing``: those that it refuses."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _MailHandler)
        self.messages: list[tuple[tuple[str, ...], EmailMessage]] = []
        self.refusing: set[str] = set()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def url(self, recipient: str) -> str:
        """How apprise is told to mail somebody here."""
        return f"mailto://127.0.0.1:{self.port}?from=job@acme.example&to={recipient}&mode=insecure"


class _MailHandler(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        recipients: list[str] = []
        self._say("220 ready")
        for line in self.rfile:
            verb = line.split(b":")[0].strip().upper().decode()
            if verb.startswith(("EHLO", "HELO")):
                self._say("250 welcome")
            elif verb == "MAIL FROM":
                self._say("250 ok")
            elif verb == "RCPT TO":
                to = line.split(b"<")[1].split(b">")[0].decode()
                recipients += [] if to in self.server.refusing else [to]
                self._say("550 nobody here" if to in self.server.refusing else "250 ok")
            elif verb == "DATA":
                self._say("354 go on")
                self.server.messages.append((tuple(recipients), self._message()))
                self._say("250 taken")
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _message(self) -> EmailMessage:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return message_from_bytes(b"".join(lines), policy=SMTP)

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


@contextmanager
def mailing() -> Iterator[MailServer]:
    """A mail server that listens."""
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
