"""A session against a scripted server, on a clock that does not wait."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chargeback.collect.envelope import Reply
from chargeback.collect.session import Session, open_session
from chargeback.config import Api, Config
from chargeback.evidence import MemoryStore
from tests.collect.clocks import JumpClock
from tests.collect.servers import Script, ScriptedServer

TOKEN = "tok/9f+86d081884c7d659a2feaa0="
"""With characters that JSON and URLs escape."""


@dataclass(slots=True)
class Bench:
    """What a test of the network layer works with."""

    server: ScriptedServer
    session: Session
    clock: JumpClock
    store: MemoryStore

    def call(self, function: str = "billing.report", account: str = "ba_1", path: str | None = "e.json") -> Reply:
        credential = self.session.credentials.of()
        return self.session.api.call(function, {"id": account}, credential=credential, account=account, path=path)

    @property
    def turns(self) -> int:
        return len(self.server.asked)


Open = Callable[..., Bench]


@pytest.fixture
def bench() -> Iterator[Open]:
    """Opens a session against a script; further arguments are ``Api``'s, ``environ`` and ``random``."""
    with ExitStack() as stack:

        def open_bench(script: Script, environ: dict[str, str] | None = None, random: float = 0.0, **api: Any) -> Bench:
            server = stack.enter_context(ScriptedServer(script))
            clock, store = JumpClock(), MemoryStore()
            config = Config(archive=Path("archive"), api=Api(endpoint=server.url, **api))
            variables = {"DEPLOYS_TOKEN": TOKEN} if environ is None else environ
            session = open_session(config, variables, store, clock=clock, random=lambda: random)
            return Bench(server, stack.enter_context(session), clock, store)

        yield open_bench


@pytest.fixture(autouse=True)
def no_thread_is_left_waiting() -> Iterator[None]:
    """Threads that a test starts for calls end with it."""
    yield
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("call-")]
