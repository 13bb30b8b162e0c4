"""What passes between the HTTP server and the platform: requests, answers, and how an answer is delivered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

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
