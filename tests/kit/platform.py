"""The simulated platform: listening as a new user meets it, or answering in this process; a clock for both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from ssl import SSLContext
from types import TracebackType
from typing import Any
from unittest.mock import patch

import httpx
import pytest

from chargeback.collect import session
from chargeback.collect.clock import SystemClock
from chargeback.collect.http_attempt import tls_context
from chargeback.collect.network import BoundedTransport
from chargeback.collect.pdf_reader import PdfReader, Reading
from chargeback.config import Config, parse
from chargeback.job import collection
from chargeback.sandbox import Clock, Platform, Server, instant, prepared, running, sample_configuration
from chargeback.sandbox.months import Month
from chargeback.sandbox.records import Account, Row
from chargeback.sandbox.scenario import Setup
from chargeback.sandbox.wire import Request
from chargeback.sandbox.world import World

ENVIRON = {"DEPLOYS_TOKEN": "sandbox-token"}
NOW = "2026-06-05T02:00:00Z"
FILES = "http://localhost:9"
Change = Callable[[str, bytes], bytes]
"""(function, body) -> the body that is answered instead."""


class PlatformClock(SystemClock):
    """The platform's calendar for the job: ``ahead`` of it, or stopped ``at`` an instant. Without ``waits`` the pauses
    between attempts pass at once."""

    def __init__(
        self, clock: Clock, *, ahead: timedelta = timedelta(), at: datetime | None = None, waits: bool = True
    ) -> None:
        self.clock, self.ahead, self.at, self.waits = clock, ahead, at, waits
        self._slept = 0.0

    def now(self) -> datetime:
        """The job's time."""
        return self.at or self.clock.now + self.ahead

    def monotonic(self) -> float:
        """Real time, and what passed at once."""
        return super().monotonic() + self._slept

    def sleep(self, seconds: float) -> None:
        """So many seconds pass."""
        if self.waits:
            super().sleep(seconds)
        else:
            self._slept += seconds

    def pass_days(self, days: float) -> None:
        """So many days pass on the platform."""
        self.clock.set(self.clock.now + timedelta(days=days))


class SharedReader:
    """One reader of PDFs for all runs of a test process: starting its children is what a small run costs most."""

    reader: PdfReader | None = None

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __enter__(self) -> PdfReader:
        if SharedReader.reader is None:
            SharedReader.reader = PdfReader({})
        return SharedReader.reader

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


@cache
def _tls_context() -> SSLContext:
    return tls_context({})


def _shared_tls_context(environ: Mapping[str, str]) -> SSLContext:
    """One context for all runs: reading the machine's certificates is most of the rest, and the sandbox needs none."""
    return _tls_context()


@contextmanager
def quick_runs() -> Iterator[pytest.MonkeyPatch]:
    """One reader of PDFs and one TLS context for all runs within: making them is what a small run costs most."""
    with pytest.MonkeyPatch.context() as changes:
        changes.setattr(collection, "PdfReader", SharedReader)
        changes.setattr(session, "tls_context", _shared_tls_context)
        yield changes


@contextmanager
def answering(platform: Platform, change: Change = lambda function, body: body) -> Iterator[None]:
    """Within, every call is answered by the platform without a socket; documents are not read, and pass: hundreds of
    whole runs take seconds."""
    platform.links.base = FILES

    def handle(self: BoundedTransport, request: httpx.Request) -> httpx.Response:
        host = "files" if request.method == "GET" else "api"
        headers = {name.lower(): value for name, value in request.headers.items()}
        path = request.url.raw_path.decode()
        answer = platform.answer(Request(host, request.method, path, headers, request.read()))  # type: ignore[arg-type]
        body = change(path.lstrip("/"), answer.body) if host == "api" else answer.body
        date = f"{platform.clock.now:%a, %d %b %Y %H:%M:%S GMT}"
        headers = {"Date": date, "Content-Type": answer.content_type, "Content-Length": str(len(body))}
        return httpx.Response(answer.status, headers=headers, stream=httpx.ByteStream(body))

    def read(self: PdfReader, data: bytes, **named: Any) -> Reading:
        return Reading("read", "", names_number=True, names_total=True)

    with patch.object(BoundedTransport, "handle_request", handle), patch.object(PdfReader, "read", read):
        yield


def only(*positions: int) -> Callable[[Setup], Setup]:
    """The small world with these accounts alone."""

    def change(setup: Setup) -> Setup:
        world = setup.world
        accounts = tuple(account for account in world.accounts if account.position in positions)
        ids = {account.id for account in accounts}
        projects = tuple(project for project in world.projects if project.account in ids)
        return replace(setup, world=replace(world, accounts=accounts, projects=projects))

    return change


@dataclass(slots=True)
class Place:
    """A platform that listens, the clock, and a configuration that owns its projects."""

    server: Server
    clock: PlatformClock
    config: Config
    environ: dict[str, str]


@contextmanager
def place(
    folder: Path,
    *,
    now: str = NOW,
    scenario: str = "clean",
    change: Callable[[World], World] = lambda world: world,
    extra: str = "",
    told: Mapping[str, str] | None = None,
    kind: str = "C",
) -> Iterator[Place]:
    """A platform at an instant, its world changed; ``extra`` is appended to the configuration, ``told`` has the
    ``notify`` of teams by id."""
    platform = prepared(scenario, kind=kind, now=instant(now))  # type: ignore[arg-type]
    platform.world = change(platform.world)
    with running(platform) as server:
        text = sample_configuration(platform.world, endpoint=server.endpoint) + extra
        for team, urls in (told or {}).items():
            text = text.replace(f'id = "{team}"\n', f'id = "{team}"\nnotify = {urls}\n')
        config = parse(text.encode(), folder / "config.toml")
        yield Place(server, PlatformClock(server.clock), config, dict(ENVIRON))


def spending_more(sid: str, sku: str, days: Callable[[Month, int], int]) -> Callable[[World], World]:
    """The world with one project's use of one resource multiplied: ``days`` gives the factor of a day of a month."""

    def change_rows(account: Account, month: Month, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        return tuple(
            replace(
                row,
                usage=tuple(used * days(month, day) for day, used in enumerate(row.usage, start=1)),
                values=tuple(value * days(month, day) for day, value in enumerate(row.values, start=1)),
            )
            if (row.project.sid, row.resource.sku) == (sid, sku)
            else row
            for row in rows
        )

    return lambda world: replace(world, rows_changes=(*world.rows_changes, change_rows))
