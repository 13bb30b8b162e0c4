"""Calls against a server that fails in every way that servers and the path to them do."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
import socket
import time
import traceback
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import format_datetime
from urllib.parse import quote

import httpx
import hypothesis
import pytest
from hypothesis import strategies as st

from chargeback import __version__
from chargeback.collect.channel import PATIENCE_WITH_DOCUMENTS
from chargeback.collect.failures import ExhaustedError, NotAskedError, TransientError
from chargeback.collect.http_attempt import read_body
from chargeback.errors import AnswerError, CredentialError, DeadlineError, InterruptedRunError, PlatformError
from tests.collect.clocks import START
from tests.collect.conftest import TOKEN, Open
from tests.collect.servers import Asked, ok, refused, reset, said

MEMBER = gzip.compress(b"{}", mtime=0)
PAGE = said(b"<html>sign in</html>", headers={"Content-Type": "text/html"})


def test_call_sends_what_the_contract_says(bench: Open) -> None:
    given = bench(lambda asked, connection: ok())
    given.call()
    asked = given.server.asked[0]
    assert (asked.method, asked.target, asked.json) == ("POST", "/billing.report", {"id": "ba_1"})
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert asked.headers["content-type"] == asked.headers["accept"] == "application/json"
    assert asked.headers["x-deploys-channel"] == "api"
    assert asked.headers["user-agent"] == f"chargeback/{__version__}"
    assert asked.headers["accept-encoding"] == "identity"
    assert "cookie" not in asked.headers


def test_answer_is_kept_as_received(bench: Open) -> None:
    body = b'{"ok": true,  "result": {"total": 10.700000000000001, "unknown": null}}\n'
    given = bench(lambda asked, connection: said(body))
    reply = given.call(path="evidence/ba_1/billing.report.json")
    assert given.store.files == {"evidence/ba_1/billing.report.json": body}
    answer = reply.answer
    assert (answer.size, answer.sha256) == (len(body), hashlib.sha256(body).hexdigest())
    assert (answer.function, answer.account, answer.request) == ("billing.report", "ba_1", {"id": "ba_1"})
    assert (answer.status, answer.date) == (200, "Mon, 01 Jun 2026 02:00:00 GMT")
    assert answer.requested_at.startswith("2026-06-01T02:00:0") and answer.requested_at.endswith("Z")
    assert str(reply.value["result"]["total"]) == "10.700000000000001"


def test_answer_without_path_is_not_kept(bench: Open) -> None:
    given = bench(lambda asked, connection: ok({"downloadUrl": "https://files.example/a?sig=1"}))
    reply = given.call("billing.downloadInvoice", path=None)
    assert reply.answer.path is None and given.store.files == {}


def test_business_refusal_is_an_answer(bench: Open) -> None:
    given = bench(lambda asked, connection: refused("api: billing account not found"))
    reply = given.call()
    assert not reply.ok and reply.message == "api: billing account not found"
    assert given.turns == 1 and "e.json" in given.store.files


@pytest.mark.parametrize("status", [403, 404, 422])
def test_refusal_with_http_status_is_an_answer_too(bench: Open, status: int) -> None:
    given = bench(lambda asked, connection: refused("api: forbidden", status))
    assert given.call().answer.status == status


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_transient_status_is_tried_again(bench: Open, status: int) -> None:
    given = bench(lambda asked, connection: ok() if asked.turn > 3 else said(b"busy", status))
    assert given.call().ok and given.turns == 4


def test_backoff_grows_with_full_jitter(bench: Open) -> None:
    given = bench(lambda asked, connection: ok() if asked.turn > 4 else said(b"", 503), random=0.5)
    given.call()
    assert given.clock.slept == pytest.approx(0.5 * (1 + 2 + 4 + 8), abs=0.2)


def test_retry_after_seconds_are_honoured(bench: Open) -> None:
    given = bench(lambda asked, connection: ok() if asked.turn > 1 else said(b"", 429, {"Retry-After": "37"}))
    given.call()
    assert given.clock.slept == pytest.approx(37, abs=0.2)


def test_retry_after_date_is_honoured(bench: Open) -> None:
    instant = format_datetime(START.replace(minute=1), usegmt=True)
    given = bench(lambda asked, connection: ok() if asked.turn > 1 else said(b"", 503, {"Retry-After": instant}))
    given.call()
    assert 55 < given.clock.slept <= 60


def test_retry_after_beyond_the_time_left_ends_the_call(bench: Open) -> None:
    given = bench(lambda asked, connection: said(b"", 503, {"Retry-After": "3600"}))
    with pytest.raises(ExhaustedError, match=r"account ba_1: billing.report: HTTP 503, which asks to wait 3,600"):
        given.call()
    assert given.turns == 1 and given.clock.slept == 0


def test_retries_end_after_two_minutes(bench: Open) -> None:
    given = bench(lambda asked, connection: said(b"", 503), random=0.99)
    with pytest.raises(ExhaustedError, match=r"after \d+ attempts in \d+ seconds") as caught:
        given.call()
    assert 80 < given.clock.slept < 120
    assert caught.value.account == "ba_1" and caught.value.exit_code == 6


def test_no_new_call_starts_once_one_has_used_up_its_retries(bench: Open) -> None:
    given = bench(lambda asked, connection: said(b"", 503), random=0.99)
    with pytest.raises(ExhaustedError):
        given.call()
    turns = given.turns
    for function in ("billing.listInvoices", "billing.downloadInvoice"):
        with pytest.raises(NotAskedError, match=r"account ba_2: billing\..*: not asked"):
            given.call(function, account="ba_2")
    assert given.turns == turns


def test_documents_have_a_breaker_of_their_own(bench: Open) -> None:
    def script(asked: Asked, connection: socket.socket) -> bytes:
        return said(b"", 503) if "download" in asked.target else ok()

    given = bench(script, random=0.99)
    for _ in range(PATIENCE_WITH_DOCUMENTS):
        with pytest.raises(ExhaustedError):
            given.call("billing.downloadInvoice", path=None)
    turns = given.turns
    with pytest.raises(ExhaustedError, match=r"after 1 attempt$"):
        given.call("billing.downloadReceipt", path=None)
    assert given.turns == turns + 1
    assert given.call().ok


def test_pdf_that_is_not_ready_is_asked_for_again(bench: Open) -> None:
    later = refused("api: could not generate the invoice pdf, please try again")
    given = bench(lambda asked, connection: ok() if asked.turn > 2 else later)
    assert given.call("billing.downloadInvoice", path=None).ok and given.turns == 3


def test_refused_connection_is_retried_and_then_told(bench: Open) -> None:
    given = bench(lambda asked, connection: ok(), random=0.99)
    given.server.close()
    with pytest.raises(ExhaustedError, match="no connection"):
        given.call()


def test_reset_is_retried(bench: Open) -> None:
    def script(asked: Asked, connection: socket.socket) -> bytes | None:
        if asked.turn > 1:
            return ok()
        reset(connection)
        return None

    assert bench(script).call().ok


def test_connection_closed_without_an_answer_is_retried(bench: Open) -> None:
    given = bench(lambda asked, connection: ok() if asked.turn > 2 else None)
    assert given.call().ok and given.turns == 3


def test_stall_ends_with_the_attempt(bench: Open) -> None:
    def script(asked: Asked, connection: socket.socket) -> bytes:
        if asked.turn == 1:
            time.sleep(1.5)
        return ok()

    given = bench(script, timeout=0.3)
    begun = time.monotonic()
    assert given.call().ok and given.turns == 2
    assert time.monotonic() - begun < 1.2


@pytest.mark.parametrize(
    "whole", [said(b'{"ok": true, "result": {}}' + b" " * 100), b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100]
)
def test_drip_cannot_outlive_the_attempt(bench: Open, whole: bytes) -> None:
    def script(asked: Asked, connection: socket.socket) -> bytes | None:
        if asked.turn > 1:
            return ok()
        for byte in whole:
            connection.sendall(bytes([byte]))
            time.sleep(0.02)
        return None

    given = bench(script, timeout=0.4)
    begun = time.monotonic()
    assert given.call().ok
    assert time.monotonic() - begun < 1.5


@pytest.mark.parametrize("cut", [1, 10, 25])
def test_half_a_body_is_retried(bench: Open, cut: int) -> None:
    body = b'{"ok": true, "result": {}}'

    def script(asked: Asked, connection: socket.socket) -> bytes | None:
        if asked.turn > 1:
            return said(body)
        connection.sendall(said(body[:cut], length=len(body)))
        return None

    given = bench(script)
    assert given.call().ok and given.turns == 2
    assert given.store.files == {"e.json": body}


def test_body_longer_than_its_length_is_retried_on_a_new_connection(bench: Open) -> None:
    body = b'{"ok": true, "result": {}}'
    smuggled = said(b'{"ok": true, "result": {"total": 1}}')
    given = bench(lambda asked, connection: said(body) if asked.turn > 1 else said(body) + smuggled)
    assert given.call().value == {"ok": True, "result": {}} and given.turns == 2
    assert given.call(path="f.json").value == {"ok": True, "result": {}}


def test_what_follows_a_chunked_answer_is_never_the_next_one(bench: Open) -> None:
    head = "HTTP/1.1 200 Said\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b'{"ok": true, "result": {}}'
    chunked = f"{head}{len(body):x}\r\n{body.decode()}\r\n0\r\n\r\n".encode()
    smuggled = said(b'{"ok": true, "result": {"total": 1}}')
    given = bench(lambda asked, connection: chunked + smuggled)
    assert given.call().value == {"ok": True, "result": {}}
    assert given.call(path="f.json").value == {"ok": True, "result": {}} and given.turns == 2


def test_interim_answers_are_passed_over(bench: Open) -> None:
    given = bench(lambda asked, connection: b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 2 + ok())
    assert given.call().ok and given.turns == 1


def test_connection_is_kept_for_the_next_call_and_not_once_it_has_waited_long(bench: Open) -> None:
    connections = []

    def script(asked: Asked, connection: socket.socket) -> bytes:
        connections.append(connection)
        return ok()

    given = bench(script)
    given.call(path=None)
    given.call(path=None)
    given.clock.sleep(16)
    given.call(path=None)
    assert connections[0] is connections[1] is not connections[2]


def test_json_cut_by_a_length_that_is_too_small_is_retried(bench: Open) -> None:
    body = b'{"ok": true, "result": {}}'
    given = bench(lambda asked, connection: said(body, length=None if asked.turn > 1 else 12))
    assert given.call().ok and given.turns == 2


def test_page_of_a_proxy_is_asked_again_twice(bench: Open) -> None:
    given = bench(lambda asked, connection: ok() if asked.turn > 2 else PAGE)
    assert given.call().ok and given.turns == 3


def test_page_of_a_proxy_that_stays_is_told(bench: Open) -> None:
    given = bench(lambda asked, connection: PAGE, random=0.99)
    with pytest.raises(ExhaustedError, match="HTTP 200 with 20 bytes of text/html: not JSON"):
        given.call()
    assert given.turns == 3 and given.clock.slept < 3 and given.store.files == {}


@pytest.mark.parametrize(
    "body",
    [b"[]", b'"text"', b"{}", b'{"ok": 1}', b'{"ok": true, "ok": true}', b'{"ok": true, "result": NaN}', b"\xff{}"],
)
def test_answer_without_envelope_is_not_understood(bench: Open, body: bytes) -> None:
    given = bench(lambda asked, connection: said(body) if asked.turn <= 3 else ok())
    with pytest.raises(PlatformError, match="HTTP 200 with") as caught:
        given.call()
    assert given.turns == 3
    if body[:1] in (b"{", b"["):
        assert isinstance(caught.value, AnswerError) and given.call(account="ba_2").ok


@pytest.mark.parametrize("status", [400, 404, 405, 413])
def test_other_status_without_envelope_is_final(bench: Open, status: int) -> None:
    given = bench(lambda asked, connection: said(b"<html>", status, {"Content-Type": "text/html"}))
    with pytest.raises(AnswerError, match=f"billing.report: HTTP {status} with 6 bytes of text/html"):
        given.call()
    assert given.turns == 1


def test_contradiction_between_status_and_envelope_is_final(bench: Open) -> None:
    with pytest.raises(AnswerError, match="HTTP 404, although it says ok: true"):
        bench(lambda asked, connection: said(b'{"ok": true}', 404)).call()


@pytest.mark.parametrize("location", ["https://elsewhere.example/?sig=hidden", "http://[", "", "/billing.report"])
def test_redirect_is_never_followed(bench: Open, location: str) -> None:
    given = bench(lambda asked, connection: said(b"", 307, {"Location": location}))
    with pytest.raises(AnswerError, match="HTTP 307, a redirect, which is never followed") as caught:
        given.call()
    assert given.turns == 1 and "hidden" not in str(caught.value)


@pytest.mark.parametrize("refusal", [said(b"", 401), refused("api: unauthorized"), refused("api: unauthorized", 401)])
def test_token_of_the_environment_that_is_refused_ends_every_call(bench: Open, refusal: bytes) -> None:
    given = bench(lambda asked, connection: refusal)
    for _ in range(2):
        with pytest.raises(
            CredentialError, match=r"billing.report: the platform refused the credential .*DEPLOYS_TOKEN"
        ):
            given.call()
    assert given.turns == 1 and given.store.files == {}


def test_echoed_credential_is_not_kept(bench: Open) -> None:
    for echo in (TOKEN, json.dumps(TOKEN)[1:-1].replace("/", "\\/"), TOKEN.replace("=", "\\u003d")):
        given = bench(lambda asked, connection, echo=echo: said(b'{"ok": true, "you sent": "%s"}' % echo.encode()))
        with pytest.raises(AnswerError, match="repeats the credential") as caught:
            given.call()
        assert given.store.files == {} and given.turns == 1
        assert "9f+86" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("spelled", [TOKEN, f"text/{TOKEN}; charset=utf-8", quote(TOKEN, safe="")])
def test_credential_that_a_page_repeats_as_its_type_is_not_shown(bench: Open, spelled: str) -> None:
    given = bench(lambda asked, connection: said(b"<html>", 404, {"Content-Type": spelled}))
    with pytest.raises(AnswerError, match=r"billing\.report: the answer repeats the credential") as caught:
        given.call()
    assert given.turns == 1
    assert "9f+86" not in "".join(traceback.format_exception(caught.value))


def test_credential_that_a_good_answer_repeats_as_its_date_is_not_kept_in_the_index(bench: Open) -> None:
    given = bench(lambda asked, connection: said(b'{"ok": true, "result": {}}', headers={"Date": TOKEN}))
    with pytest.raises(AnswerError, match="repeats the credential") as caught:
        given.call()
    assert given.store.files == {} and given.turns == 1
    assert "9f+86" not in "".join(traceback.format_exception(caught.value))


def test_compressed_answer_is_understood(bench: Open) -> None:
    body = b'{"ok": true, "result": {}}'
    bare = zlib.compressobj(wbits=-15)
    for name, sent in (
        ("gzip", gzip.compress(body)),
        ("deflate", zlib.compress(body)),
        ("deflate", bare.compress(body) + bare.flush()),
    ):
        given = bench(lambda asked, connection, name=name, sent=sent: said(sent, headers={"Content-Encoding": name}))
        reply = given.call()
        assert reply.ok and given.store.files["e.json"] == body


@pytest.mark.parametrize("pieces", [2, 3, 400])
@pytest.mark.parametrize("after", [b"", b"\0" * 512])
def test_gzip_of_several_members_is_read_whole(bench: Open, pieces: int, after: bytes) -> None:
    body = json.dumps({"ok": True, "result": {"padding": "x" * 5_000}}).encode()
    cuts = [len(body) * number // pieces for number in range(pieces + 1)]
    members = [gzip.compress(body[start:end]) for start, end in itertools.pairwise(cuts)]
    given = bench(lambda asked, connection: said(b"".join(members) + after, headers={"Content-Encoding": "gzip"}))
    assert given.call().ok and given.store.files["e.json"] == body


@hypothesis.given(st.lists(st.binary(max_size=40), min_size=1, max_size=6), st.lists(st.integers(1, 30), min_size=1))
def test_members_are_one_content_wherever_the_network_cuts_them(contents: list[bytes], sizes: list[int]) -> None:
    sent = b"".join(map(gzip.compress, contents))
    chunks, position = [], 0
    for size in itertools.cycle(sizes):
        chunks.append(sent[position : position + size])
        position += size
        if position >= len(sent):
            break
    response = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Chunks(chunks))
    assert read_body(response, 10_000) == b"".join(contents)


class Chunks(httpx.SyncByteStream):
    def __init__(self, chunks: list[bytes]) -> None:
        self.chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.chunks)


@pytest.mark.parametrize(("encoding", "body"), [
    ("gzip", MEMBER + b"x"),
    ("gzip", MEMBER + MEMBER[:-3]),
    ("gzip", MEMBER + b"\x1f"),
    ("gzip", b"\0" + MEMBER),
    ("deflate", zlib.compress(b"{}") + zlib.compress(b"{}")),
], ids=["rubbish", "cut", "begun", "zero-first", "deflate"])  # fmt: skip
def test_what_follows_the_last_member_is_damage(encoding: str, body: bytes) -> None:
    response = httpx.Response(200, headers={"Content-Encoding": encoding}, stream=Chunks([body]))
    with pytest.raises(TransientError, match=r"damaged|cut short"):
        read_body(response, 10_000)


def test_members_that_hold_nothing_end_somewhere() -> None:
    response = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Chunks([gzip.compress(b"")] * 100_001))
    with pytest.raises(TransientError, match="damaged"):
        read_body(response, 32_000_000)


def test_gzip_bomb_is_refused_within_the_limit(bench: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = gzip.compress(b" " * 200_000_000, 1)
    given = bench(lambda asked, connection: said(bomb, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(AnswerError, match="larger than 33,554,432 bytes"):
        given.call()
    assert given.turns == 1


def test_answer_is_as_large_as_its_function_may_answer_and_no_larger(bench: Open) -> None:
    given = bench(lambda asked, connection: said(b'{"ok": true, "result": "' + b"x" * 2_000_000 + b'"}'))
    assert given.call("billing.report").ok
    with pytest.raises(AnswerError, match="larger than 1,048,576 bytes"):
        given.call("billing.get")
    with pytest.raises(KeyError):
        given.call("billing.project")


def test_cut_gzip_is_retried(bench: Open) -> None:
    whole = gzip.compress(b'{"ok": true, "result": {}}')
    gzipped = {"Content-Encoding": "gzip"}
    given = bench(lambda asked, connection: said(whole if asked.turn > 1 else whole[:-9], headers=gzipped))
    assert given.call().ok and given.turns == 2


def test_compression_that_was_not_asked_for_is_final(bench: Open) -> None:
    with pytest.raises(AnswerError, match="compressed in a way that was not asked for"):
        bench(lambda asked, connection: said(b"x", headers={"Content-Encoding": "br"})).call()


def test_answer_announced_too_large_is_not_read(bench: Open) -> None:
    with pytest.raises(AnswerError, match="larger than"):
        bench(lambda asked, connection: said(b"{", length=10**12)).call()


def test_deadline_of_the_run_ends_calls(bench: Open) -> None:
    given = bench(lambda asked, connection: said(b"", 503), random=0.99, deadline=30)
    with pytest.raises((ExhaustedError, DeadlineError)):
        given.call()
    given = bench(lambda asked, connection: ok(), deadline=30)
    given.clock.jump(31)
    with pytest.raises(DeadlineError, match="deadline = 30 seconds"):
        given.call()
    assert given.turns == 0


def test_stopped_session_ends_a_call_that_waits(bench: Open) -> None:
    given = bench(lambda asked, connection: time.sleep(5), timeout=30)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(given.call)
        while not given.turns:
            time.sleep(0.01)
        begun = time.monotonic()
        given.session.stop()
        with pytest.raises(InterruptedRunError):
            waiting.result()
    assert time.monotonic() - begun < 2


def test_many_threads_share_one_client(bench: Open) -> None:
    given = bench(lambda asked, connection: ok({"id": asked.json["id"]}))
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda n: given.call(account=f"ba_{n}", path=f"{n}.json"), range(200)))
    assert [reply.value["result"]["id"] for reply in replies] == [f"ba_{n}" for n in range(200)]
