"""Proxies of the environment, against a real one: what goes through, what does not, and what is never shown."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from chargeback.collect.addresses import is_public_name
from chargeback.collect.failures import AddressRefusedError, ExhaustedError
from chargeback.collect.proxies import Proxies, proxies_of
from chargeback.collect.session import Session, open_session
from chargeback.config import Api, Config
from chargeback.errors import ConfigurationError
from chargeback.evidence import MemoryStore
from tests.collect.clocks import JumpClock
from tests.collect.servers import (
    SERVER_PEM,
    Asked,
    ConnectProxy,
    ScriptedServer,
    TlsServer,
    ok,
    said,
)

PDF = b"%PDF-1.7 body"
TOKEN = "token-of-a-test"


def script(asked: Asked, connection: socket.socket) -> bytes:
    return ok() if asked.method == "POST" else said(PDF)


@pytest.fixture(autouse=True)
def no_name_is_resolved_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through a proxy the proxy resolves names; only its own address is looked up."""
    real = socket.getaddrinfo

    def resolve(host: Any, *rest: Any, **more: Any) -> Any:
        assert str(host)[0].isdigit() or host == "localhost", f"{host} was resolved here"
        return real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


@contextmanager
def session(endpoint: str, **environ: str) -> Iterator[Session]:
    config = Config(archive=Path("archive"), api=Api(endpoint=endpoint, timeout=5))
    variables = {"DEPLOYS_TOKEN": TOKEN, "SSL_CERT_FILE": str(SERVER_PEM), **environ}
    with open_session(config, variables, MemoryStore(), clock=JumpClock(), random=lambda: 0.99) as opened:
        yield opened


def call(opened: Session) -> bool:
    return opened.api.call("billing.list", {}, credential=opened.credentials.of()).ok


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_calls_and_documents_go_through_the_proxy(name: str) -> None:
    with TlsServer(script) as server, ConnectProxy() as proxy:
        address = f"https://files.example:{server.port}/"
        with session(address, **{name: proxy.url}) as opened:
            assert call(opened) and call(opened)
            assert opened.downloads.fetch(f"{address}a.pdf?sig=hidden") == PDF
    assert proxy.tunnels == [f"files.example:{server.port}"] * 2, "one connection for the calls, one for the document"
    assert server.names == ["files.example"] * 2, "TLS is verified against the name that was asked for"
    assert proxy.authorizations == ["", ""]


def test_proxy_is_sent_its_own_user_and_password_and_nothing_else() -> None:
    with TlsServer(script) as server, ConnectProxy() as proxy:
        address = proxy.url.replace("http://", "http://user%40acme:p%3Ass-hidden@")
        with session(f"https://files.example:{server.port}/", HTTPS_PROXY=address) as opened:
            assert call(opened)
            assert "hidden" not in repr(opened.proxies) and str(opened.proxies.proxy) == proxy.url.rstrip("/")
            assert "p:ss-hidden" in opened.proxies.secrets
    assert proxy.authorizations == ["Basic dXNlckBhY21lOnA6c3MtaGlkZGVu"]
    assert "proxy-authorization" not in server.asked[0].headers


def test_proxy_may_speak_tls_itself_and_is_verified() -> None:
    with TlsServer(script) as server, ConnectProxy(tls=True) as proxy:
        address = f"https://files.example:{server.port}/"
        with session(address, HTTPS_PROXY=f"https://localhost:{proxy.port}") as opened:
            assert call(opened) and opened.downloads.fetch(f"{address}a.pdf") == PDF
        assert proxy.tunnels == [f"files.example:{server.port}"] * 2
        told = pytest.raises(ExhaustedError, match=r"the proxy https://127.0.0.1:\d+ of \$HTTPS_PROXY: .*certificate")
        with session(address, HTTPS_PROXY=f"https://127.0.0.1:{proxy.port}") as opened, told:
            call(opened)


@pytest.mark.parametrize(("status", "told"), [
    (407, "answers 407, it asks for a user and a password"),
    (403, "answers 403"),
    (502, "answers 502"),
])  # fmt: skip
def test_proxy_that_refuses_is_named_without_its_password(status: int, told: str) -> None:
    with ConnectProxy(status) as proxy:
        address = proxy.url.replace("http://", "http://user:hidden@")
        with session("https://files.example/", ALL_PROXY=address) as opened, pytest.raises(ExhaustedError) as caught:
            call(opened)
    assert f"the proxy {proxy.url.rstrip('/')} of $ALL_PROXY {told}" in caught.value.message
    assert "hidden" not in caught.value.message


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\nmore"])
def test_what_is_no_proxy_is_told(answer: bytes) -> None:
    with ScriptedServer(lambda asked, connection: answer or None) as server:
        told = pytest.raises(ExhaustedError, match=r"\$HTTPS_PROXY answers (something|more)|no connection within")
        with session("https://files.example/", HTTPS_PROXY=server.url) as opened, told:
            call(opened)


def test_proxy_that_is_down_is_told_within_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with session("https://files.example/", HTTPS_PROXY=f"127.0.0.1:{port}") as opened:
        with pytest.raises(ExhaustedError, match=rf"the proxy http://127.0.0.1:{port} of \$HTTPS_PROXY: .*refused"):
            call(opened)
        assert opened.clock.monotonic() < 5


@pytest.mark.parametrize("exception", ["*", "127.0.0.1", "127.0.0.0/8", "x, 127.0.0.1", "127.0.0.1:{port}"])
def test_excepted_hosts_and_this_machine_are_asked_directly(exception: str) -> None:
    with ScriptedServer(script) as server, ConnectProxy() as proxy:
        for more in ({}, {"NO_PROXY": exception.format(port=server.port)}):
            with session(server.url, HTTPS_PROXY=proxy.url, **more) as opened:
                assert call(opened)
    assert proxy.tunnels == []


@pytest.mark.parametrize(("exceptions", "direct"), [
    ("", False), ("*", True), ("files.example", True), (".example", True), ("example", True), ("*.example", True),
    ("FILES.example.", True), ("iles.example", False), ("a.files.example", False), ("files.example:443", True),
    ("files.example:80", False), ("other.example,files.example", True), ("other.example files.example", True),
    ("10.0.0.0/8", False), (",", False), (".", False),
])  # fmt: skip
def test_no_proxy_names_hosts_domains_and_ports(exceptions: str, direct: bool) -> None:
    proxies = proxies_of({"HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": exceptions})
    assert (proxies.of("files.example", 443) is None) is direct


@pytest.mark.parametrize(("exceptions", "host", "direct"), [
    ("10.0.0.0/8", "10.1.2.3", True), ("10.0.0.1", "10.0.0.2", False), ("2001:db8::/32", "2001:db8::1", True),
    ("[2001:db8::1]:443", "2001:db8::1", True), ("2001:db8::1", "2001:db8::2", False),
])  # fmt: skip
def test_no_proxy_names_addresses_and_networks(exceptions: str, host: str, direct: bool) -> None:
    proxies = proxies_of({"HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": exceptions})
    assert (proxies.of(host, 443) is None) is direct


def test_the_most_particular_variable_counts_and_an_empty_one_does_not() -> None:
    environ = {"ALL_PROXY": "http://a:1", "https_proxy": "http://b:2", "HTTPS_PROXY": "http://c:3"}
    assert str(proxies_of(environ).proxy) == "http://c:3"
    assert str(proxies_of({**environ, "HTTPS_PROXY": " "}).proxy) == "http://b:2"
    assert str(proxies_of({"ALL_PROXY": "a"}).proxy) == "http://a:80"
    assert str(proxies_of({"ALL_PROXY": "https://[::1]"}).proxy) == "https://[::1]:443"
    assert proxies_of({"HTTP_PROXY": "http://a:1", "HTTPS_PROXY": ""}) == Proxies()


@pytest.mark.parametrize("written", [
    "socks5://hidden:hidden@a:1", "http://", "http://a:hidden", "http://a:0", "http://a/hidden", "http://a?hidden",
    "http://[::1", "http://a\nhidden", "://hidden",
])  # fmt: skip
def test_what_is_no_proxy_is_an_error_that_names_the_variable_alone(written: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^\$ALL_PROXY: ") as caught:
        proxies_of({"ALL_PROXY": written})
    assert "hidden" not in f"{caught.value.message} {caught.value.remedy}" and caught.value.exit_code == 2


@pytest.mark.parametrize("host", [
    "10.0.0.1", "169.254.169.254", "[::1]", "[fd00::1]", "2130706433", "0x7f.1", "127.1", "localhost", "metadata",
    "a.internal", "printer.local", "a.localhost",
])  # fmt: skip
def test_proxy_is_not_asked_for_what_is_no_public_host(host: str) -> None:
    with ConnectProxy() as proxy:
        with session("https://files.example/", HTTPS_PROXY=proxy.url) as opened, pytest.raises(AddressRefusedError):
            opened.downloads.fetch(f"https://{host}/a?sig=hidden")
        assert proxy.tunnels == []


@pytest.mark.parametrize("name", ["files.example", "a.b.c.", "xn--a-0ga.example", "1.example"])
def test_public_names(name: str) -> None:
    assert is_public_name(name)
