"""Invoices and receipts as PDFs, on another host, by links that expire."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pypdf
import pytest

from chargeback.sandbox import prepared

from .conftest import Caller, Reply, request

Serving = Callable[..., Caller]


def text(body: bytes) -> str:
    reader = pypdf.PdfReader(io.BytesIO(body), strict=True)
    return "\n".join(page.extract_text() for page in reader.pages)


def newest(call: Caller, account: str) -> dict[str, Any]:
    return call("billing.listInvoices", call.both(account)).result["items"][-1]


def download(call: Caller, account: str, function: str = "billing.downloadInvoice") -> Reply:
    link = call(function, call.both(newest(call, account)["id"])).result
    return request(link if isinstance(link, str) else link["downloadUrl"])


def test_a_pdf_names_number_and_total(serving: Serving) -> None:
    call = serving(prepared())
    invoice = newest(call, "1042")
    reply = download(call, "1042")
    assert reply.headers["content-type"] == "application/pdf"
    assert invoice["number"] in text(reply.body)
    assert f"{invoice['total']:,.2f}" in text(reply.body)
    assert "Acme Company Limited" in text(reply.body)
    receipt = text(download(call, "1042", "billing.downloadReceipt").body)
    assert invoice["receiptNumber"] in receipt
    assert invoice["number"] in receipt


@pytest.mark.parametrize("account", ["1042", "1043", "1044", "1045"])
def test_every_pdf_can_be_read_whatever_the_names(serving: Serving, account: str) -> None:
    call = serving(prepared("hostile-names"))
    invoice = newest(call, account)
    assert invoice["number"] in text(download(call, account).body)
    assert f"{invoice['total']:,.2f}" in text(download(call, account).body)


def test_currencies_without_and_with_three_decimals(serving: Serving) -> None:
    call = serving(prepared("several-currencies"))
    assert f"{newest(call, '1046')['total']:,.0f} JPY" in text(download(call, "1046").body)
    assert f"{newest(call, '1047')['total']:,.3f} KWD" in text(download(call, "1047").body)


def test_the_link_is_on_another_host_and_expires(serving: Serving) -> None:
    call = serving(prepared())
    link = call("billing.downloadInvoice", call.both(newest(call, "1042")["id"])).result
    parts, api = urlsplit(link["downloadUrl"]), urlsplit(call.server.endpoint)
    assert (parts.hostname, api.hostname) == ("localhost", "127.0.0.1")
    assert parts.port != api.port
    assert link["expiresAt"] == "2026-06-05T02:05:00Z"
    call.server.clock.advance(seconds=299)
    assert request(link["downloadUrl"]).status == 200
    call.server.clock.advance(seconds=1)
    assert request(link["downloadUrl"]).status == 403


def test_a_forged_link_is_refused(serving: Serving) -> None:
    call = serving(prepared(kind="D"))
    link = call("billing.downloadInvoice", call.both(newest(call, "ba_1042")["id"])).result
    assert isinstance(link, str)
    last = "0" if link[-1] != "0" else "1"
    for forged in (link[:-1] + last, link.replace("expires=1", "expires=2"), link.split("?")[0], link + "/x/y"):
        assert request(forged).status == 403


def test_a_credential_that_reaches_the_files_is_seen(serving: Serving) -> None:
    call = serving(prepared())
    link = call("billing.downloadInvoice", call.both(newest(call, "1042")["id"])).result["downloadUrl"]
    request(link)
    request(link, headers={"Authorization": f"Bearer {call.token}"})
    request(f"{link}&token={call.token}")
    request(link, headers={"X-Token": call.token})
    files = [received for received in call.server.recorder.received if received.host == "files"]
    assert [received.credential for received in files] == [False, True, True, True]
    assert files[0].function == "invoice"
    assert all(call.token not in str(received) for received in call.server.recorder.documents())


@pytest.mark.parametrize(
    ("scenario", "found"), [("pdf-other", "INV-1999-9999"), ("pdf-scanned", ""), ("pdf-wrong-total", "Total: ")]
)
def test_pdfs_that_are_not_the_invoice(serving: Serving, scenario: str, found: str) -> None:
    call = serving(prepared(scenario))
    invoice = newest(call, "1045")
    shown = text(download(call, "1045").body)
    assert found in shown
    assert f"{invoice['total']:,.2f}" not in shown


def test_pdfs_that_cannot_be_had(serving: Serving) -> None:
    assert download(serving(prepared("pdf-unreadable")), "1045").body.startswith(b"<!doctype html>")
    for name, function, account in (
        ("pdf-missing", "billing.downloadInvoice", "1045"),
        ("documents-away", "billing.downloadInvoice", "1042"),
    ):
        call = serving(prepared(name))
        reply = call(function, call.both(newest(call, account)["id"]))
        assert reply.message == "api: invoice pdf export is not available"


def test_a_receipt_that_cannot_be_had(serving: Serving) -> None:
    call = serving(prepared("receipt-missing"))
    listed = call("billing.listInvoices", call.both("1044")).result["items"]
    replies = [call("billing.downloadReceipt", call.both(row["id"])) for row in listed if row["status"] == "paid"]
    refused = [reply for reply in replies if not reply.document["ok"]]
    assert {reply.message for reply in refused} == {"api: invoice pdf export is not available"}


def test_documents_can_be_dated_when_asked_for() -> None:
    from chargeback.sandbox import Platform, small_world

    platform = Platform(small_world(), documents_dated_now=True)
    invoice = platform.world.final_invoices("1042", "2026-05")[0][0]
    first = platform._document("invoice", invoice.id, platform.clock.now).body
    platform.clock.advance(seconds=1)
    assert platform._document("invoice", invoice.id, platform.clock.now).body != first
