"""Documents by signed link: what is fetched, what is refused, and what a message shows of it."""

from __future__ import annotations

import logging
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from chargeback.collect.failures import AddressRefusedError, ExhaustedError, LinkRefusedError
from chargeback.collect.session import open_session
from chargeback.config import Api, Config
from chargeback.errors import AnswerError, DeadlineError, PlatformError
from chargeback.evidence import MemoryStore
from tests.collect.clocks import JumpClock
from tests.collect.conftest import TOKEN, Bench, Open
from tests.collect.servers import SERVER_PEM, Asked, ScriptedServer, TlsServer, numeric_connection, ok, said

PDF = b"%PDF-1.7 body"


def fetch(given: Bench, path: str = "dropbox/a.pdf?sig=hidden") -> bytes:
    return given.session.downloads.fetch(given.server.url + path, account="ba_1", document="PDF of INV-1")


def test_document_is_fetched_without_credential_cookie_or_referrer(bench: Open) -> None:
    def script(asked: Asked, connection: socket.socket) -> bytes:
        if asked.method == "POST":
            return said(b'{"ok": true}', headers={"Set-Cookie": "session=1; Path=/"})
        return said(PDF, headers={"Set-Cookie": "session=1; Path=/"})

    given = bench(script)
    given.call()
    assert fetch(given) == fetch(given) == PDF
    for asked in given.server.asked[1:]:
        assert (asked.method, asked.target) == ("GET", "/dropbox/a.pdf?sig=hidden")
        assert not {"authorization", "cookie", "referer", "x-deploys-channel"} & set(asked.headers)


def test_redirects_are_followed_to_the_third(bench: Open) -> None:
    def script(asked: Asked, connection: socket.socket) -> bytes:
        return said(PDF) if asked.turn > 3 else said(b"", 302, {"Location": f"/next/{asked.turn}?sig=hidden"})

    given = bench(script)
    assert fetch(given) == PDF
    assert [asked.target for asked in given.server.asked][1:] == [f"/next/{turn}?sig=hidden" for turn in (1, 2, 3)]
    assert all("referer" not in asked.headers for asked in given.server.asked)


def test_redirect_loop_ends(bench: Open) -> None:
    given = bench(lambda asked, connection: said(b"", 302, {"Location": "?sig=hidden"}))
    with pytest.raises(AnswerError, match="more than 3 redirects") as caught:
        fetch(given)
    assert given.turns == 4 and "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    "location",
    [
        "ftp://127.0.0.1/hidden?hidden",
        "file:///etc/passwd",
        "http://files.example/a?hidden",
        "https://10.0.0.1/a?hidden",
        "https://169.254.169.254/latest?hidden",
        "https://[fe80::1]/a?hidden",
        "https://me:hidden@127.0.0.1/",
        "https://2852039166/latest?hidden",
        "http://[",
        "",
    ],
)
def test_redirect_elsewhere_is_refused(bench: Open, location: str) -> None:
    given = bench(lambda asked, connection: said(b"", 302, {"Location": location}))
    with pytest.raises(AddressRefusedError, match="account ba_1: PDF of INV-1: ") as caught:
        fetch(given)
    assert given.turns == 1 and "?" not in str(caught.value) and ":hidden" not in str(caught.value)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_refused_link_is_told_apart(bench: Open, status: int) -> None:
    given = bench(lambda asked, connection: said(b"<Error>", status))
    with pytest.raises(LinkRefusedError, match=rf"http://127.0.0.1/dropbox/a.pdf: HTTP {status}") as caught:
        fetch(given)
    assert given.turns == 1 and "hidden" not in str(caught.value)


def test_transient_failures_are_retried(bench: Open) -> None:
    failures = [said(b"", 503), None, said(PDF[:4], length=len(PDF))]

    def script(asked: Asked, connection: socket.socket) -> bytes | None:
        return failures[asked.turn - 1] if asked.turn <= len(failures) else said(PDF)

    def closing(asked: Asked, connection: socket.socket) -> bytes | None:
        answer = script(asked, connection)
        if asked.turn == 3:
            connection.sendall(answer or b"")
            return None
        return answer

    given = bench(closing)
    assert fetch(given) == PDF and given.turns == 4


def test_drip_cannot_outlive_the_attempt(bench: Open) -> None:
    def script(asked: Asked, connection: socket.socket) -> bytes | None:
        if asked.turn > 1:
            return said(PDF)
        for byte in said(PDF * 100):
            connection.sendall(bytes([byte]))
            time.sleep(0.02)
        return None

    begun = time.monotonic()
    assert fetch(bench(script, timeout=0.4)) == PDF
    assert time.monotonic() - begun < 1.5


def test_exhausted_document_does_not_stop_the_facts(bench: Open) -> None:
    given = bench(lambda asked, connection: ok() if asked.method == "POST" else said(b"", 503), random=0.99)
    for _ in range(3):
        with pytest.raises(ExhaustedError, match=r"HTTP 503, after \d+ attempts"):
            fetch(given)
    turns = given.turns
    with pytest.raises(ExhaustedError, match=r"after 1 attempt$"):
        fetch(given)
    assert given.turns == turns + 1 and given.call().ok


def test_document_that_hangs_until_the_run_is_over_is_the_deadlines_fault(bench: Open) -> None:
    given = bench(lambda asked, connection: time.sleep(2), timeout=30, deadline=0.3)
    with pytest.raises(DeadlineError, match=r"deadline = 0\.3 seconds"):
        fetch(given)


def test_document_too_large_is_refused(bench: Open) -> None:
    with pytest.raises(AnswerError, match="larger than 52,428,800 bytes"):
        fetch(bench(lambda asked, connection: said(b"%PDF-", length=60_000_000)))


def test_document_that_repeats_the_credential_is_not_kept(bench: Open) -> None:
    given = bench(lambda asked, connection: ok() if asked.method == "POST" else said(PDF + TOKEN.encode()))
    given.call()
    with pytest.raises(AnswerError, match="repeats the credential") as caught:
        fetch(given)
    assert TOKEN not in str(caught.value)


def test_link_shows_in_no_log(bench: Open, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("", "httpx"):
        caplog.set_level(logging.DEBUG, logger=name or None)
    fetch(bench(lambda asked, connection: said(PDF)))
    assert "hidden" not in caplog.text and "127.0.0.1" not in caplog.text


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"])
def test_nothing_on_this_machine_is_fetched_for_an_endpoint_elsewhere(host: str) -> None:
    config = Config(archive=Path("archive"), api=Api(endpoint="https://api.deploys.app/"))
    with (
        ScriptedServer(lambda asked, connection: said(PDF)) as server,
        open_session(config, {}, MemoryStore(), clock=JumpClock()) as session,
        pytest.raises(AddressRefusedError),
    ):
        session.downloads.fetch(f"https://{host}:{server.port}/a")
    assert not server.asked


def tls_fetch(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], host: str, *, rebind: bool = False
) -> tuple[bytes, TlsServer, list[Any]]:
    """Fetch from a host whose name leads to loopback; with ``rebind`` only the first time."""
    lookups: list[Any] = []

    def rebinding(name: str, port: int, *rest: Any, **more: Any) -> list[Any]:
        lookups.append(name)
        address = "127.0.0.1" if len(lookups) == 1 or not rebind else "10.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr("chargeback.collect.addresses.socket.getaddrinfo", rebinding)
    config = Config(archive=Path("archive"), api=Api(endpoint="https://localhost/", timeout=5))
    with (
        TlsServer(lambda asked, connection: said(PDF)) as server,
        open_session(config, environ, MemoryStore(), clock=JumpClock(), random=lambda: 0.99) as session,
    ):
        monkeypatch.setattr("socket.create_connection", numeric_connection)
        return session.downloads.fetch(f"https://{host}:{server.port}/a"), server, lookups


def test_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    body, server, lookups = tls_fetch(monkeypatch, {"SSL_CERT_FILE": str(SERVER_PEM)}, "files.example", rebind=True)
    assert body == PDF and lookups == ["files.example"] and server.names == ["files.example"]


def test_certificate_must_be_of_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PlatformError, match=r"no connection .*certificate"):
        tls_fetch(monkeypatch, {"SSL_CERT_FILE": str(SERVER_PEM)}, "other.example")


def test_certificate_must_be_of_a_known_authority(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PlatformError, match=r"no connection .*certificate"):
        tls_fetch(monkeypatch, {}, "files.example")
