"""What passes between the HTTP server and the platform: requests, answers, how an answer is delivered, and a record of
every request: what was asked and whether a credential came along, never the secret.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from chargeback.sandbox.months import rfc3339

Host = Literal["api", "files"]
Manner = Literal["whole", "reset", "stall", "drip", "half-body", "wrong-length"]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as received; header names in lower case."""

    host: Host
    method: str
    path: str  # with its query
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; Date, Content-Length and Connection are the server's to add."""

    status: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    manner: Manner = "whole"
    seconds: float = field(default=0.0)  # how long a stall lasts, or a drip takes
    late: bool = True  # whether the latency applies (control answers are immediate)


def encoded(document: Any) -> bytes:
    """A JSON document as the platform prints it: no spaces, UTF-8 as it is."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def succeeded(result: bytes) -> Answer:
    """The envelope around an encoded result."""
    return Answer(200, b'{"ok":true,"result":' + result + b"}")


def failed(error: Mapping[str, Any], status: int = 200) -> Answer:
    """The envelope around an error."""
    return Answer(status, encoded({"ok": False, "error": error}))


KEPT = 200_000  # requests; the oldest are forgotten first


@dataclass(frozen=True, slots=True)
class Received:
    """One request."""

    at: datetime  # by the sandbox's clock
    host: Host
    function: str  # of the API; "invoice" or "receipt" of the files; else the path
    account: str  # the account or invoice or project named in it; "" if none
    header_names: tuple[str, ...]  # lower case
    credential: bool  # whether an Authorization header or a known secret came with it
    fault: str = ""  # the fault that was done to its answer


class Recorder:
    """The requests received so far, in order."""

    def __init__(self) -> None:
        self._received: deque[Received] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    def add(self, received: Received) -> None:
        with self._lock:
            self._received.append(received)

    def clear(self) -> None:
        with self._lock:
            self._received.clear()

    @property
    def received(self) -> list[Received]:
        with self._lock:
            return list(self._received)

    def of(self, function: str) -> list[Received]:
        """The requests of one function."""
        return [received for received in self.received if received.function == function]

    def documents(self) -> list[dict[str, Any]]:
        """The requests as JSON documents."""
        return [{**asdict(received), "at": rfc3339(received.at)} for received in self.received]
