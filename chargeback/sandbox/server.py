"""The platform over real HTTP, on loopback only: the API on 127.0.0.1, its files on localhost at another port.

One event loop in one thread; a platform's answers are made there, one at a time, so they need no locks.

Paths under /_sandbox/ that steer a sandbox running in another process; never part of the platform's API.

GET  /_sandbox/state                 clock, kind, newest closed month, statuses of every invoice
GET  /_sandbox/requests              what was received
POST /_sandbox/requests  {}          forget what was received
POST /_sandbox/clock     {"now": "2026-07-05T02:00:00Z"} or {"days": 1, "hours": 2, "seconds": 3}
POST /_sandbox/faults    {"spec": "billing.report:503*2"}
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from chargeback.sandbox.connection import Connection
from chargeback.sandbox.faults import Faults
from chargeback.sandbox.months import Clock, newest_closed, rfc3339
from chargeback.sandbox.platform import Platform
from chargeback.sandbox.wire import Answer, Host, Recorder, Request, encoded

PREFIX = "/_sandbox/"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def control(platform: Platform, request: Request) -> Answer:
    """The answer to a control request; HTTP 403 unless it names this host as a loopback one."""
    named = urlsplit(f"//{request.headers.get('host', '')}").hostname
    if named not in LOOPBACK or "origin" in request.headers:
        return _answer({"error": "only for programs on this machine"}, 403)
    try:
        payload = json.loads(request.body or b"{}")
        return _answer(_controlled(platform, request.method, request.path.removeprefix(PREFIX), payload))
    except (ValueError, TypeError, KeyError) as problem:
        return _answer({"error": str(problem)}, 400)


def _controlled(platform: Platform, method: str, name: str, payload: dict[str, Any]) -> dict[str, Any]:
    if (method, name) == ("POST", "clock"):
        if "now" in payload:
            platform.clock.set(str(payload["now"]))
        else:
            platform.clock.advance(**{unit: float(amount) for unit, amount in payload.items()})
    elif (method, name) == ("POST", "faults"):
        platform.faults = Faults.parse(str(payload["spec"]), platform.world.seed)
    elif (method, name) == ("POST", "requests"):
        platform.recorder.clear()
    elif (method, name) == ("GET", "requests"):
        return {"requests": platform.recorder.documents()}
    elif (method, name) != ("GET", "state"):
        raise ValueError(f"no such control: {method} {PREFIX}{name}")
    return _state(platform)


def _state(platform: Platform) -> dict[str, Any]:
    now = platform.clock.now
    return {
        "now": rfc3339(now),
        "kind": platform.dialect.kind,
        "period": str(newest_closed(now, platform.world.zone)),
        "accounts": platform.state(now),
    }


def _answer(document: dict[str, Any], status: int = 200) -> Answer:
    return Answer(status, encoded(document), late=False)


BACKLOG = 1024
LOOPBACK_ADDRESS = "127.0.0.1"


class Server:
    """A platform that listens; start it, stop it, or use it as a context manager."""

    def __init__(
        self,
        platform: Platform,
        *,
        host: str = LOOPBACK_ADDRESS,
        port: int = 0,
        files_port: int = 0,
        latency: float = 0,
    ) -> None:
        """`latency` is in seconds and delays each API and document answer; port 0: any that is free."""
        if not _is_loopback(host):
            raise ValueError(f"the sandbox listens on loopback only, not on {host!r}; use {LOOPBACK_ADDRESS}")
        self.platform = platform
        self.latency = latency
        self._host = host
        self._ports: dict[Host, int] = {"api": port, "files": files_port}
        self._loop = asyncio.new_event_loop()
        self._open: set[Connection] = set()
        self._listeners: list[asyncio.Server] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sandbox", daemon=True)

    @property
    def endpoint(self) -> str:
        """The API's address, as `[api] endpoint` takes it."""
        shown = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{shown}:{self._ports['api']}/"

    @property
    def files(self) -> str:
        """The address of the documents' host."""
        return f"http://localhost:{self._ports['files']}/"

    @property
    def token(self) -> str:
        return self.platform.token

    @property
    def clock(self) -> Clock:
        return self.platform.clock

    @property
    def recorder(self) -> Recorder:
        return self.platform.recorder

    def start(self) -> Server:
        """Listen; answers come as soon as this returns. OSError if a port is taken."""
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(30)
        except OSError:
            self.stop()
            raise
        self.platform.links.base = self.files.rstrip("/")
        return self

    def stop(self) -> None:
        """Stop listening and cut every connection."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()
        self._stopped.set()

    def wait(self) -> None:
        """Return when the server has stopped."""
        self._stopped.wait()

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def _listen(self) -> None:
        for host, address in (("api", self._host), ("files", LOOPBACK_ADDRESS)):
            await self._listen_as("api" if host == "api" else "files", address)

    async def _listen_as(self, host: Host, address: str) -> None:
        listener = await self._loop.create_server(
            lambda: Connection(host, self._handle, lambda: self.latency, self._open),
            address,
            self._ports[host],
            backlog=BACKLOG,
        )
        self._ports[host] = listener.sockets[0].getsockname()[1]
        self._listeners.append(listener)

    async def _close(self) -> None:
        for listener in self._listeners:
            listener.close()
        for connection in list(self._open):
            connection.abort()
        await asyncio.sleep(0)

    def _handle(self, request: Request) -> tuple[Answer, datetime]:
        return self._answer(request), self.platform.clock.now

    def _answer(self, request: Request) -> Answer:
        """The answer; a mistake of the sandbox itself is a 500 that says so, not a cut connection."""
        try:
            if request.host == "api" and request.path.startswith(PREFIX):
                return control(self.platform, request)
            return self.platform.answer(request)
        except Exception as problem:
            return Answer(500, f"the sandbox failed: {problem!r}".encode(), "text/plain; charset=utf-8")


@contextmanager
def running(platform: Platform, *, port: int = 0, files_port: int = 0, latency: float = 0) -> Iterator[Server]:
    """A server of the platform that listens for as long as the block runs."""
    with Server(platform, port=port, files_port=files_port, latency=latency) as server:
        yield server


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
