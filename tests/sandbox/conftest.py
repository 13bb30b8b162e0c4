"""A client of the sandbox over real HTTP, made of the standard library: as far from the job's own client as can be."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from chargeback.sandbox import Platform, Server, running


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)

    @property
    def result(self) -> Any:
        assert self.document["ok"], self.document
        return self.document["result"]

    @property
    def message(self) -> str:
        return self.document["error"]["message"]


@dataclass
class Caller:
    """Calls one server; `token` may be replaced."""

    server: Server
    token: str
    timeout: float = 10

    def __call__(self, function: str, payload: dict[str, Any] | None = None, **headers: str) -> Reply:
        given = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **headers}
        body = json.dumps(payload or {}).encode()
        return request(self.server.endpoint + function, "POST", body, given, self.timeout)

    @property
    def both(self) -> Callable[[str], dict[str, Any]]:
        """A request body that carries both spellings of one id."""
        return lambda value: {"id": value, "billingAccount": value, "billingAccountId": value, "invoiceId": value}


def request(
    url: str, method: str = "GET", body: bytes = b"", headers: dict[str, str] | None = None, timeout: float = 10
) -> Reply:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, body, headers or {})
        answer = connection.getresponse()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


@pytest.fixture
def serving() -> Iterator[Callable[..., Caller]]:
    """A function that serves a platform until the test ends and gives its caller."""
    with ExitStack() as stack:

        def start(platform: Platform, latency: float = 0) -> Caller:
            server = stack.enter_context(running(platform, latency=latency))
            return Caller(server, server.token)

        yield start


def report_request(account: str, kind: str, month: str = "2026-05") -> dict[str, Any]:
    """billing.report for a month of Bangkok, by a kind's own spelling."""
    if kind == "C":
        return {"id": account, "range": "prev_month", "projectSids": []}
    year, number = map(int, month.split("-"))
    before = f"{year - (number == 1)}-{(number - 2) % 12 + 1:02d}"
    last = {1: 31, 2: 28, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}
    start = f"{before}-{last[int(before[5:])]}T17:00:00Z"
    return {"billingAccount": account, "from": start, "to": f"{month}-{last[number]}T17:00:00Z"}
