"""Answers that nobody would send: each is understood, or refused with an error of the table; nothing else comes out.

The budget is hypothesis' profile: some hundreds by default, thousands with ``--nightly``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargeback.collect.session import Session, open_session
from chargeback.config import Api, Config
from chargeback.errors import AnswerError, ChargebackError
from chargeback.evidence import Answer, MemoryStore
from chargeback.evidence.gate import withheld
from chargeback.evidence.period import Period
from chargeback.model import answers as wire
from chargeback.model.facts import by_month, decode_listed, each_once
from chargeback.model.file_names import LONGEST_NAME, safe_name
from chargeback.model.invoice import merge
from chargeback.model.projects import ProjectDirectory
from chargeback.model.report import read_report
from chargeback.model.strict_json import parse
from tests.collect.clocks import JumpClock
from tests.collect.servers import ScriptedServer, said

BANGKOK = ZoneInfo("Asia/Bangkok")
MONTH = Period(2026, 5)
ANSWER = Answer(None, "ba_1", "billing.report", "https://a/", {}, "2026-06-01T00:00:00Z", None, 200, 1, "")
INVOICE: dict[str, Any] = {
    "id": "inv_1", "billingAccountId": "ba_1", "number": "INV-2026-0009", "receiptNumber": "", "currency": "THB",
    "periodStart": "2026-05-01T00:00:00Z", "periodEnd": "2026-06-01T00:00:00Z", "subtotal": 1080, "taxAmount": 75.6,
    "total": 1155.6, "status": "open", "issuedAt": "2026-06-01T01:00:00Z", "paidAt": None, "createdAt": "",
    "taxRate": 0.07, "taxId": "0105", "withholdingTaxRate": 0.03, "withholdingTaxAmount": 0,
    "lineItems": [{"projectId": "1001", "project": "acme-web", "description": "Acme Web", "amount": 1155.6}],
}  # fmt: skip
REPORT: dict[str, Any] = {
    "range": "prev_month", "list": [{"projectSid": "acme-web", "name": "CPU", "usageValue": 720, "billingValue": 1.5}],
    "chart": {"categories": ["2026-05-01", "May 02"], "series": [{"name": "Acme", "data": [0.5, 1]}]},
    "projectList": [{"sid": "acme-web", "name": "Acme Web"}], "projectSids": ["acme-web"],
}  # fmt: skip


def listed(value: Any) -> None:
    for rows in by_month(each_once(decode_listed(value, "ba_1", BANGKOK))).values():
        for row in rows:
            assert len(safe_name(row.id).encode()) <= LONGEST_NAME
            merge("ba_1", row.row, None, "not asked")


def invoice(value: Any) -> None:
    detail = wire.decode(value, wire.InvoiceAnswer, "billing.getInvoice")
    merge("ba_1", detail, detail, "")


def report(value: Any) -> None:
    decoded = wire.decode(value, wire.ReportAnswer, "billing.report")
    read_report(ANSWER, decoded, BANGKOK)


READERS: dict[str, tuple[Any, Callable[[Any], None]]] = {
    "billing.listInvoices": ({"items": [INVOICE]}, listed),
    "billing.getInvoice": (INVOICE, invoice),
    "billing.report": (REPORT, report),
    "billing.list": (
        {"items": [{"id": "ba_1", "name": "Acme", "type": "company", "active": True, "role": "owner"}]},
        lambda value: wire.decode_items(value, wire.AccountAnswer, "billing.list") and None,
    ),
    "project.list": (
        {"items": [{"id": "1001", "project": "acme-web", "name": "Acme Web", "billingAccount": "ba_1"}]},
        lambda value: ProjectDirectory().add(wire.decode_items(value, wire.ProjectAnswer, "project.list")),
    ),
}
HOSTILE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**40), 10**40),
    st.floats(),
    st.text(max_size=40),
    st.sampled_from([
        "\u0301" * 100_000, "a" + "\u0f73" * 5_000, "\\" * 50_000, "9" * 5_000, "0001-01-01T00:00:00Z", "9999-12-31",
        "2026-05-01T00:00:00+99:99", "2026-02-30T00:00:00Z", "May 99", "\u202e\u0000\x1b[31m", "=1+1", "../x",
        "https://x/?sig=1", "con", "\ud800", "NaN", "Infinity", "1e999999999", 1e308, -0.0, 10**31, "\uff11\uff12",
    ]),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
    st.integers(1, 5_000).map(lambda depth: json.loads("[" * min(depth, 900) + "]" * min(depth, 900))),
)  # fmt: skip


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place within a value: the container and the key."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from places(value[key])


@settings(suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(READERS)), st.data(), st.integers(1, 3))
def test_a_value_replaced_by_a_hostile_one_is_read_or_refused(
    function: str, data: st.DataObject, replacements: int
) -> None:
    template, read = READERS[function]
    value = {"ok": True, "result": deepcopy(template)}
    for _ in range(replacements):
        container, key = data.draw(st.sampled_from(list(places(value))))
        container[key] = data.draw(HOSTILE)
    try:
        read_whole(json.dumps(value).encode(), read)
    except AnswerError as error:
        assert "\n" not in error.message and len(error.message) < 10_000


@settings(suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(READERS)), st.data())
def test_bytes_that_are_flipped_cut_or_put_in_are_read_or_refused(function: str, data: st.DataObject) -> None:
    template, read = READERS[function]
    body = bytearray(json.dumps({"ok": True, "result": template}).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, max(0, len(body) - 1)))
        kind = data.draw(st.sampled_from(["flip", "cut", "insert", "double"]))
        if kind == "flip" and body:
            body[position] ^= 1 << data.draw(st.integers(0, 7))
        elif kind == "cut":
            del body[position : position + data.draw(st.integers(1, 20))]
        elif kind == "insert":
            body[position:position] = data.draw(st.binary(max_size=6))
        else:
            body[position:position] = body[position : position + 30]
    try:
        read_whole(bytes(body), read)
    except AnswerError:
        return


def read_whole(body: bytes, read: Callable[[Any], None]) -> None:
    """As a run reads it: the envelope, the decision of what to keep, the value, and the same again of what was kept."""
    value = parse(body)
    if wire.refusal(value) is None:
        read(value)
    kept = withheld(body)
    if kept is not None:
        again = parse(kept)
        assert withheld(kept) is None
        assert wire.refusal(again) is not None or read(again) is None


@pytest.fixture(scope="module")
def wires() -> Iterator[tuple[Session, list[bytes | None], JumpClock]]:
    """A session against a server that says the first of a list, whatever it is asked."""
    say: list[bytes | None] = [None]
    clock = JumpClock(datetime(2026, 6, 1, tzinfo=UTC))
    with ScriptedServer(lambda asked, connection: say[0]) as server:
        config = Config(archive=Path("archive"), api=Api(endpoint=server.url, timeout=0.2, deadline=604_800))
        environ = {"DEPLOYS_TOKEN": "token-of-a-test"}
        with open_session(config, environ, MemoryStore(), clock=clock, random=lambda: 0.99) as session:
            yield session, say, clock


STATUS = st.sampled_from([200, 200, 200, 201, 204, 301, 302, 400, 401, 404, 407, 418, 429, 500, 503, 599, 999, 99])
HEADERS = st.dictionaries(
    st.sampled_from(["Content-Type", "Content-Encoding", "Transfer-Encoding", "Location", "Retry-After", "Date",
                     "Content-Length", "Set-Cookie", "Connection", "X"]),
    st.sampled_from(["", "gzip", "deflate", "br", "chunked", "identity", "0", "-1", "99999999999999999999", "close",
                     "text/html", "application/json", "http://[", "//", "Mon, 99 Foo 2026", "1e9", "\x01", "é" * 100]),
    max_size=4,
)  # fmt: skip
BODIES = st.one_of(
    st.binary(max_size=200),
    st.sampled_from([b'{"ok": true, "result": {}}', b'{"ok": false}', b'{"ok": false, "error": {"message": "api: x"}}',
                     b"[" * 100_000, b'{"ok": 1}', b"<html>", b"\xff\xfe", b"\x1f\x8b\x08\x00", b""]),
)  # fmt: skip


@settings(suppress_health_check=list(HealthCheck), max_examples=60)
@given(STATUS, HEADERS, BODIES, st.integers(0, 40))
def test_whatever_a_server_says_is_an_answer_or_an_error_of_the_table(
    wires: tuple[Session, list[bytes | None], JumpClock], status: int, headers: dict[str, str], body: bytes, cut: int
) -> None:
    session, say, _ = wires
    whole = said(body, status, headers)
    say[0] = whole[: len(whole) - cut] or None
    session.api._channel.facts._first = None
    try:
        reply = session.api.call("billing.get", {}, credential=session.credentials.of())
    except ChargebackError as error:
        assert error.exit_code in (5, 6) and "\n" not in error.message
        session.credentials._known.clear()
    else:
        assert isinstance(reply.value["ok"], bool)
