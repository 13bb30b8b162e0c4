"""What the platform answers over HTTP, as kind C and as kind D."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from chargeback.sandbox import (
    DEFAULT_NOW,
    TOKEN,
    Credential,
    Month,
    Platform,
    platform_of,
    prepared,
    small_world,
)
from chargeback.sandbox.scenario import Setup
from tests.kit.some import some

from .conftest import Caller, report_request, request

Serving = Callable[..., Caller]
KINDS = ("C", "D")


def decimal(body: bytes) -> Any:
    return json.loads(body, parse_float=Decimal, parse_int=Decimal)["result"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_function_answers(serving: Serving, kind: str) -> None:
    call = serving(prepared(kind=kind))  # type: ignore[arg-type]
    account = call("billing.list").result["items"][0]
    assert account["id"] == ("1042" if kind == "C" else "ba_1042")
    assert call("billing.get", {"id": account["id"]}).result == account
    assert call("billing.report", report_request(account["id"], kind)).result["list"]
    invoice = call("billing.listInvoices", call.both(account["id"])).result["items"][-1]
    detail = call("billing.getInvoice", call.both(invoice["id"])).result
    assert {name: detail[name] for name in invoice} == invoice
    assert detail["billingAccountId"] == account["id"]
    assert call("billing.downloadInvoice", call.both(invoice["id"])).result
    assert call("billing.downloadReceipt", call.both(invoice["id"])).result
    project = call("project.list").result["items"][0]
    assert project["billingAccount"] == account["id"]
    assert call("project.usage", {"project": project["project"]}).result["cpuUsage"] > 0
    assert call("deployment.list", {"project": project["project"]}).result["items"][0]["allocatedPrice"] > 0
    assert request(call.server.endpoint + "billing.skus", "POST", b"{}").result["cpu"] == 1.5


@pytest.mark.parametrize("kind", KINDS)
def test_answers_foot_over_http(serving: Serving, kind: str) -> None:
    call = serving(prepared(kind=kind))  # type: ignore[arg-type]
    for account in some(call("billing.list").result["items"]):
        report = decimal(call("billing.report", report_request(account["id"], kind)).body)
        rows = sum(row["billingValue"] for row in report["list"])
        chart = sum(sum(series["data"]) for series in report["chart"]["series"])
        assert rows == chart
        assert len(report["chart"]["categories"]) == 31
        items = decimal(call("billing.listInvoices", call.both(account["id"])).body)["items"]
        booked = [item for item in items if item["periodEnd"] > "2026-05-02" and item["status"] in ("open", "paid")]
        assert abs(sum(item["total"] for item in booked) - rows) < Decimal("0.05")
        for item in some(booked):
            detail = decimal(call("billing.getInvoice", call.both(item["id"])).body)
            lines = sum(line["amount"] for line in detail["lineItems"])
            assert lines == detail["subtotal" if "sku" in detail["lineItems"][0] else "total"]


def test_both_kinds_show_the_same_figures_for_the_same_world(serving: Serving) -> None:
    world = small_world()
    callers = [serving(Platform(world, "C")), serving(Platform(world, "D"))]
    for account in some(world.accounts):
        reports = [
            decimal(call("billing.report", report_request(account.id, call.server.platform.dialect.kind)).body)
            for call in callers
        ]
        for name in ("list", "projectList", "projectSids"):
            assert reports[0][name] == reports[1][name]
        assert reports[0]["chart"]["series"] == reports[1]["chart"]["series"]
        for invoice, _ in world.invoices_at(account.id, "2026-05", DEFAULT_NOW):
            details = [decimal(call("billing.getInvoice", call.both(invoice.id)).body) for call in callers]
            for name in ("id", "number", "subtotal", "taxAmount", "total", "status", "lineItems"):
                assert details[0][name] == details[1][name]


def test_kind_c_ignores_from_and_to(serving: Serving) -> None:
    call = serving(prepared(kind="C"))
    payload = {**report_request("1042", "D", "2026-04"), **report_request("1042", "C")}
    report = call("billing.report", payload).result
    assert report["range"] == "prev_month"
    assert report["chart"]["categories"][0] == "May 01"
    assert report == call("billing.report", report_request("1042", "C")).result


def test_kind_d_answers_for_the_days_asked_for(serving: Serving) -> None:
    call = serving(prepared(kind="D"))
    payload = {**report_request("ba_1042", "D", "2026-04"), "range": "prev_month"}
    report = call("billing.report", payload).result
    assert "range" not in report
    assert report["chart"]["categories"] == [f"2026-04-{day:02d}" for day in range(1, 31)]


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [("this_month", "Jun 01", "Jun 05"), ("prev_month", "May 01", "May 31"), ("3_months", "Apr 01", "Jun 05"),
     ("6_months", "Jan 01", "Jun 05")],
)  # fmt: skip
def test_ranges_follow_the_clock(serving: Serving, name: str, first: str, last: str) -> None:
    call = serving(prepared(kind="C"))
    labels = call("billing.report", {"id": "1042", "range": name}).result["chart"]["categories"]
    assert (labels[0], labels[-1]) == (first, last)


def test_report_can_be_limited_to_projects(serving: Serving) -> None:
    call = serving(prepared(kind="C"))
    payload = {"id": "1042", "range": "prev_month", "projectSids": ["acme-shop"]}
    assert call("billing.report", payload).result["projectSids"] == ["acme-shop"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("function", "payload"),
    [
        ("billing.report", {"D": {"id": "x", "range": "prev_month"}, "C": {"billingAccount": "x"}}),
        ("billing.listInvoices", {"D": {"billingAccountId": "x"}, "C": {"id": "x"}}),
        ("billing.getInvoice", {"D": {"invoiceId": "x"}, "C": {"id": "x"}}),
        ("billing.downloadReceipt", {"D": {"invoiceId": "x"}, "C": {"id": "x"}}),
    ],
)
def test_each_kind_refuses_the_other_spelling(serving: Serving, kind: str, function: str, payload: Any) -> None:
    reply = serving(prepared(kind=kind))(function, payload[kind])  # type: ignore[arg-type]
    error = reply.document["error"]
    assert (reply.status, error["message"]) == (200, "api: validate error")
    assert ("validate" in error, "items" in error) == (kind == "D", kind == "C")


def test_wrong_values_are_validated(serving: Serving) -> None:
    call = serving(prepared(kind="C"))
    for account, name, told in ((1042, "prev_month", "id must be a string"), ("1042", "may", "range invalid")):
        assert call("billing.report", {"id": account, "range": name}).document["error"]["items"] == [told]
    filtered = {"id": "1042", "range": "prev_month", "projectSids": [{}]}
    assert call("billing.report", filtered).message == "api: validate error"
    call = serving(prepared(kind="D"))
    payload = {"billingAccount": "ba_1042", "from": "2026-05-01", "to": "2026-06-01T00:00:00Z"}
    assert call("billing.report", payload).document["error"]["validate"] == [{"field": "from", "message": "invalid"}]
    assert call("billing.get", {"id": "ba_9"}).message == "api: billing account not found"
    assert call("billing.getInvoice", {"id": "inv_9"}).message == "api: invoice not found"
    assert call("billing.setMember", {}).status == 404
    assert request(call.server.endpoint + "billing.list").status == 405


def test_receipt_needs_payment(serving: Serving) -> None:
    call = serving(prepared(kind="C"))
    items = call("billing.listInvoices", call.both("1045")).result["items"]
    unpaid = next(item for item in items if item["status"] == "open")
    assert call("billing.downloadReceipt", call.both(unpaid["id"])).message == "api: invoice is not paid"
    assert unpaid["receiptNumber"] == ""


def test_withholding_shows_once_paid(serving: Serving) -> None:
    call = serving(prepared(kind="C"))
    invoice = call("billing.listInvoices", call.both("1042")).result["items"][-1]
    assert call("billing.getInvoice", call.both(invoice["id"])).result["withholdingTaxAmount"] > 0
    call.server.clock.advance(days=-2.5)
    earlier = call("billing.getInvoice", call.both(invoice["id"])).result
    assert (earlier["status"], earlier["withholdingTaxAmount"], earlier["withholdingTaxRate"]) == ("open", 0, 0)


def test_drafts_are_hidden_unless_shown(serving: Serving) -> None:
    assert len(_may(serving(prepared("draft-beside")))) == 3
    assert [item["status"] for item in _may(serving(prepared("not-ready")))] == ["void"]
    drafts = _may(serving(prepared("draft-only")))
    assert [item["status"] for item in drafts] == ["void", "draft"]
    assert drafts[1]["number"] == ""


def _may(call: Caller) -> list[dict[str, Any]]:
    items = call("billing.listInvoices", call.both("1045")).result["items"]
    return [item for item in items if item["periodStart"] == "2026-04-30T17:00:00Z"]


def platform(kind: str, *credentials: Credential) -> Platform:
    return platform_of(Setup(small_world(), kind, DEFAULT_NOW, Month(2026, 5), credentials=credentials))  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "status"), [("C", 200), ("D", 401)])
def test_a_bad_credential_is_refused(serving: Serving, kind: str, status: int) -> None:
    call = serving(platform(kind, Credential(token=TOKEN)))
    for header in ("", "Bearer wrong", "Basic !!!", "Basic " + base64.b64encode(b"a:b").decode(), "Bearer "):
        reply = call("billing.list", None, Authorization=header)
        assert (reply.status, reply.message) == (status, "api: unauthorized")


def test_a_service_account_is_admitted(serving: Serving) -> None:
    call = serving(platform("C", Credential(user="job@acme.serviceaccount.deploys.app", password="key:1")))
    value = base64.b64encode(b"job@acme.serviceaccount.deploys.app:key:1").decode()
    assert call("billing.list", None, Authorization=f"Basic {value}").result["items"]


def test_a_token_ends_with_its_time_or_its_uses(serving: Serving) -> None:
    timed = Credential(token="timed", valid_until=DEFAULT_NOW + timedelta(minutes=1))
    counted = Credential(token="counted", uses=2)
    call = serving(platform("D", timed, counted))
    assert [call("billing.list", None, Authorization="Bearer counted").status for _ in range(3)] == [200, 200, 401]
    assert call("billing.list").status == 200
    call.server.clock.advance(seconds=60)
    assert call("billing.list").status == 401
    call.server.platform.keyring.add(Credential(token="minted"))
    assert call("billing.list", None, Authorization="Bearer minted").status == 200


def test_a_credential_sees_only_its_accounts(serving: Serving) -> None:
    call = serving(platform("C", Credential(token=TOKEN, accounts=frozenset({"1043"}), projects="few")))
    assert [item["id"] for item in call("billing.list").result["items"]] == ["1043"]
    assert [item["project"] for item in call("project.list").result["items"]] == ["siam-cloud"]
    assert call("billing.get", {"id": "1042"}).message == "api: billing account not found"
    assert call("project.usage", {"project": "acme-web"}).message == "api: project not found"
    invoice = small_world().final_invoices("1042", "2026-05")[0][0].id
    assert call("billing.getInvoice", {"invoiceId": invoice}).message == "api: invoice not found"


def test_a_role_without_billing_is_refused(serving: Serving) -> None:
    call = serving(platform("C", Credential(token=TOKEN, role="viewer", projects="refused")))
    assert "permission" in call("billing.report", report_request("1042", "C")).message
    assert "permission" in call("billing.listInvoices", {"billingAccountId": "1042"}).message
    assert call("project.list").message == "api: forbidden"
