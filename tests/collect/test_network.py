"""Connections: which address, which certificate, and names that do not resolve."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any

import httpcore
import pytest

from chargeback.collect.addresses import resolve
from chargeback.collect.failures import ExhaustedError
from chargeback.collect.session import open_session
from chargeback.config import Api, Config
from chargeback.errors import AnswerError
from chargeback.evidence import MemoryStore
from tests.collect.clocks import JumpClock
from tests.collect.servers import ScriptedServer, ok


def pretend(monkeypatch: pytest.MonkeyPatch, *addresses: str, delay: float = 0) -> None:
    """Let every name resolve to these addresses; numeric hosts keep to themselves."""
    real = socket.getaddrinfo

    def answer(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        if host[0].isdigit() or ":" in host:
            return real(host, port, *rest, **more)
        time.sleep(delay)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


def call(endpoint: str) -> bool:
    config = Config(archive=Path("archive"), api=Api(endpoint=endpoint, timeout=2))
    environ = {"DEPLOYS_TOKEN": "token-of-a-test"}
    with open_session(config, environ, MemoryStore(), clock=JumpClock(), random=lambda: 0.99) as session:
        return session.api.call("billing.list", {}, credential=session.credentials.of()).ok


def test_second_address_is_tried_where_the_first_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(lambda asked, connection: ok()) as server:
        pretend(monkeypatch, "127.0.0.2", "127.0.0.1")
        assert call(f"http://localhost:{server.port}/")


def test_plain_http_stays_on_this_machine_whatever_the_name_server_says(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, "10.0.0.1")
    with pytest.raises(AnswerError, match="localhost is no address that may be asked"):
        call("http://localhost:1/")


def test_name_server_that_hangs_does_not_outlive_the_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, "127.0.0.1", delay=2)
    begun = time.monotonic()
    with pytest.raises(httpcore.ConnectTimeout):
        resolve("files.example", 443, 0.2)
    assert time.monotonic() - begun < 1


def test_name_that_does_not_exist_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*rest: Any, **more: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(ExhaustedError, match=r"billing.list: no connection \(api.example: Name or service not known\)"):
        call("https://api.example/")
