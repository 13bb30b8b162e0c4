"""Faults do what they say, to whom they say, as often as they say."""

from __future__ import annotations

import gzip
import http.client
import io
import json
import time
from collections.abc import Callable

import pypdf
import pytest

from chargeback.sandbox import Faults, prepared
from chargeback.sandbox.faults import parse_rules

from .conftest import Caller, Reply, report_request, request

Serving = Callable[..., Caller]
INVOICE = "19452800000"  # account 1042, May 2026


def served(serving: Serving, faults: str) -> Caller:
    return serving(prepared(faults=faults))


def report(call: Caller, account: str = "1042") -> Reply:
    return call("billing.report", report_request(account, "C"))


def test_the_first_calls_fail_and_then_all_is_well(serving: Serving) -> None:
    call = served(serving, "billing.report:503*2")
    assert [report(call).status for _ in range(4)] == [503, 503, 200, 200]
    assert call("billing.list").status == 200
    assert [received.fault for received in call.server.recorder.of("billing.report")] == ["503", "503", "", ""]


def test_limits_skip_subject_and_pattern(serving: Serving) -> None:
    call = served(serving, "billing.report@1043:500+1*1, billing.get*:502*1")
    assert [report(call, "1043").status for _ in range(3)] == [200, 500, 200]
    assert report(call, "1042").status == 200
    assert [call("billing.getInvoice", {"invoiceId": INVOICE}).status for _ in range(2)] == [502, 200]


def test_probability_is_seeded() -> None:
    def drawn(seed: int) -> list[bool]:
        faults = Faults.parse("*:503%0.3", seed)
        return [faults.take("billing.list", "") is not None for _ in range(200)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert 30 < sum(drawn(1)) < 90


def test_retry_after_and_html(serving: Serving) -> None:
    reply = report(served(serving, "*:429(retry-after=1)"))
    assert (reply.status, reply.headers["retry-after"]) == (429, "1")
    reply = report(served(serving, "*:html200"))
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert reply.body.startswith(b"<!doctype html>")


@pytest.mark.parametrize("fault", ["reset", "half-body", "wrong-length"])
def test_connections_that_are_cut(serving: Serving, fault: str) -> None:
    call = served(serving, f"billing.report:{fault}*1")
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        report(call)
    assert report(call).status == 200


def test_stall_and_drip_take_their_time(serving: Serving) -> None:
    call = served(serving, "billing.list:stall(0.3);billing.report:drip(0.3)")
    for ask in (lambda: call("billing.list"), lambda: report(call)):
        begun = time.monotonic()
        assert ask().result
        assert time.monotonic() - begun > 0.25
    impatient = Caller(call.server, call.token, timeout=0.1)
    with pytest.raises(TimeoutError):
        impatient("billing.list")


def test_bombs_are_small_on_the_wire(serving: Serving) -> None:
    reply = report(served(serving, "billing.report:gzip-bomb(5)"))
    assert reply.headers["content-encoding"] == "gzip"
    assert len(reply.body) < 20_000
    assert len(gzip.decompress(reply.body)) > 5_000_000
    assert len(report(served(serving, "billing.report:huge(3)")).body) > 3_000_000


def test_redirects(serving: Serving) -> None:
    reply = report(served(serving, "*:redirect(https://evil.example/)"))
    assert (reply.status, reply.headers["location"]) == (307, "https://evil.example/")
    assert report(served(serving, "*:redirect-loop")).headers["location"] == "/billing.report"


def test_hostile_json(serving: Serving) -> None:
    names: list[list[str]] = []
    body = report(served(serving, "*:duplicate-keys")).body
    json.loads(body, object_pairs_hook=lambda pairs: names.append([name for name, _ in pairs]))
    assert any(len(found) != len(set(found)) for found in names)
    with pytest.raises(RecursionError):
        json.loads(report(served(serving, "*:deep")).body)
    with pytest.raises(UnicodeDecodeError):
        report(served(serving, "*:bad-utf8")).body.decode()
    assert b'"billingValue":1e400' in report(served(serving, "*:1e400")).body
    assert b'"billingValue":NaN' in report(served(serving, "*:nan")).body
    with pytest.raises(ValueError):
        json.loads(report(served(serving, "*:truncated")).body)
    assert report(served(serving, "*:empty")).body == b""


def test_ids_as_numbers_and_page_tokens(serving: Serving) -> None:
    assert served(serving, "*:ids-as-numbers")("billing.list").result["items"][0]["id"] == 1042
    assert served(serving, "*:page-token")("billing.list").result["nextPageToken"]
    assert served(serving, "*:page-token(hasMore)")("billing.list").result["hasMore"] is True


def test_answers_about_something_else(serving: Serving) -> None:
    call = served(serving, "billing.report@1042:wrong-account;billing.listInvoices:wrong-account")
    assert report(call, "1042").result == report(call, "1043").result
    assert call("billing.listInvoices", {"billingAccountId": "1042"}).result["items"][0]["id"][-2:] == "08"
    call = served(serving, "billing.getInvoice:wrong-account*1;billing.getInvoice:wrong-invoice")
    assert call("billing.getInvoice", {"invoiceId": INVOICE}).result["billingAccountId"] == "1043"
    assert call("billing.getInvoice", {"invoiceId": INVOICE}).result["id"] != INVOICE


def test_errors_of_the_api(serving: Serving) -> None:
    call = served(serving, "billing.list:echo-credential;billing.report:error(api: try again);billing.get:unauthorized")
    assert call.token in call("billing.list").message
    assert report(call).message == "api: try again"
    assert call("billing.get", {"id": "1042"}).message == "api: unauthorized"


@pytest.mark.parametrize("fault", ["html", "empty", "huge(2)", "other", "bomb(3)", "403", "404", "500", "reset"])
def test_faults_of_documents(serving: Serving, fault: str) -> None:
    call = served(serving, f"pdf:{fault}*1")
    link = call("billing.downloadInvoice", {"invoiceId": INVOICE}).result["downloadUrl"]
    right = None
    if fault == "reset":
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            request(link)
    else:
        wrong = request(link)
        right = request(link)
        assert (wrong.status, wrong.body) != (right.status, right.body)
        if fault.isdigit():
            assert wrong.status == int(fault)
        if fault == "other":
            assert "INV-" in pypdf.PdfReader(io.BytesIO(wrong.body)).pages[0].extract_text()
    assert request(link).body.startswith(b"%PDF-1.4")


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("billing.report", "'billing.report' is no rule; write TARGET"),
        ("billing.report:503; x:nonsense", "'nonsense' in 'x:nonsense' is no fault; take"),
        ("billing.report:999", "'999' in"),
        ("*:stall(long)", "'long' in '*:stall(long)' is no number"),
        ("*:503%2", "probability 2.0"),
        ("*:503%0.1.2", "'0.1.2' in"),
        ("*:redirect", "does not say where to"),
        ("*:503*x", "is no rule"),
    ],
)
def test_a_wrong_specification_says_what_would_be_right(spec: str, told: str) -> None:
    with pytest.raises(ValueError, match="faults: ") as caught:
        Faults.parse(spec)
    assert told in str(caught.value)


def test_separators_within_arguments_do_not_separate() -> None:
    rules = parse_rules("*:error(a; b, c) , billing.list:503;")
    assert [rule.fault.argument for rule in rules] == ["a; b, c", ""]
    assert parse_rules("") == ()
