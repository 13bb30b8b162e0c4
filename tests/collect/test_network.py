"""Connections: which address, which certificate, and names that do not resolve."""

from __future__ import annotations

import socket
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chargeback.collect.addresses import resolve
from chargeback.collect.failures import ExhaustedError
from chargeback.collect.http_attempt import tls_context
from chargeback.collect.session import open_session
from chargeback.config import Api, Config
from chargeback.errors import AnswerError, ConfigurationError
from chargeback.evidence import MemoryStore
from tests.collect.clocks import JumpClock
from tests.collect.servers import NoTlsServer, ScriptedServer, TlsServer, ok


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
    with pytest.raises(AnswerError, match="localhost is not an address that may be asked"):
        call("http://localhost:1/")


def test_name_server_that_hangs_does_not_outlive_the_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, "127.0.0.1", delay=2)
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        resolve("files.example", 443, 0.2)
    assert time.monotonic() - begun < 1


def test_name_that_does_not_exist_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*rest: Any, **more: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    found = r"no connection \(api.example: Name or service not known\) with https://api.example/, from \[api\] endp"
    with pytest.raises(ExhaustedError, match=found):
        call("https://api.example/")


def first_call(endpoint: str, environ: dict[str, str] | None = None) -> tuple[ExhaustedError, float]:
    """What the very first call to an address that cannot be reached says, and how long it took on the job's clock."""
    clock = JumpClock()
    config = Config(archive=Path("archive"), api=Api(endpoint=endpoint, timeout=5))
    variables = {"DEPLOYS_TOKEN": "token-of-a-test", **(environ or {})}
    with (
        open_session(config, variables, MemoryStore(), clock=clock, random=lambda: 0.99) as session,
        pytest.raises(ExhaustedError) as caught,
    ):
        session.api.call("billing.list", {}, credential=session.credentials.of())
    return caught.value, clock.monotonic()


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_very_first_call_to_a_closed_port_fails_within_seconds_with_the_variable() -> None:
    address = f"http://127.0.0.1:{closed_port()}/"
    error, seconds = first_call("https://api.deploys.app/", {"DEPLOYS_ENDPOINT": address})
    assert error.message.startswith(
        f"billing.list: no connection (Connection refused) with {address}, from $DEPLOYS_ENDPOINT, after "
    )
    assert error.remedy == "check $DEPLOYS_ENDPOINT and the network, then run again"
    assert error.exit_code == 6 and seconds < 5


def test_very_first_call_to_an_unknown_host_fails_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*rest: Any, **more: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error, seconds = first_call("https://api.example/")
    assert "Name or service not known" in error.message and "[api] endpoint in config.toml" in error.remedy
    assert seconds < 5


def test_https_spoken_to_a_port_of_plain_http_is_explained() -> None:
    with NoTlsServer(lambda asked, connection: None) as server:
        error, seconds = first_call(server.url.replace("http:", "https:"))
    assert "the server does not speak TLS at that port; is it one of plain http?" in error.message and seconds < 5


def test_http_spoken_to_a_port_of_https_is_explained() -> None:
    with TlsServer(lambda asked, connection: ok()) as server:
        config = Config(archive=Path("archive"), api=Api(endpoint=f"http://127.0.0.1:{server.port}/", timeout=2))
        environ = {"DEPLOYS_TOKEN": "token-of-a-test"}
        with (
            open_session(config, environ, MemoryStore(), clock=JumpClock(), random=lambda: 0.99) as session,
            pytest.raises(ExhaustedError, match="is the port one of https"),
        ):
            session.api.call("billing.list", {}, credential=session.credentials.of())


def test_untrusted_certificate_is_told_with_the_variable_that_mends_it() -> None:
    with TlsServer(lambda asked, connection: ok()) as server:
        error, seconds = first_call(f"https://127.0.0.1:{server.port}/")
    assert "its certificate is not trusted: " in error.message and "SSL_CERT_FILE" in error.remedy and seconds < 5


def test_connection_that_breaks_after_first_contact_is_retried_for_two_minutes() -> None:
    clock = JumpClock()
    with ScriptedServer(lambda asked, connection: ok()) as server:
        config = Config(archive=Path("archive"), api=Api(endpoint=server.url, timeout=5))
        environ = {"DEPLOYS_TOKEN": "token-of-a-test"}
        with open_session(config, environ, MemoryStore(), clock=clock, random=lambda: 0.99) as session:
            ask = partial(session.api.call, "billing.list", {}, credential=session.credentials.of())
            assert ask().ok
            server.close()
            with pytest.raises(ExhaustedError):
                ask()
    assert 80 < clock.slept < 120


@pytest.mark.parametrize(("name", "content"), [("SSL_CERT_FILE", None), ("SSL_CERT_FILE", "x"), ("SSL_CERT_DIR", None)])
def test_variable_that_leads_to_no_certificates_is_named(tmp_path: Path, name: str, content: str | None) -> None:
    path = tmp_path / "authorities"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigurationError, match=rf"^\${name}: {path}"):
        tls_context({name: str(path)})
