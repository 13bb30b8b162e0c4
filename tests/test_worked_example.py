"""The example of docs/booking.md, run: a figure there that is not the program's would mislead who re-performs one."""

from __future__ import annotations

import json
import re
from pathlib import Path

from chargeback.config import parse
from chargeback.evidence import Answer, Evidence, MemoryStore, RunRecord, sha256_of
from chargeback.evidence.period import Period
from chargeback.model.books import Books
from chargeback.model.ledger_register import written_rows
from chargeback.month_end import close_month

PAGE = Path(__file__).parents[1] / "docs" / "booking.md"
CONFIG = b"""
timezone = "Asia/Bangkok"
[[teams]]
id = "web"
projects = ["acme-web"]
[[teams]]
id = "data"
projects = ["acme-data"]
[[shared]]
project = "acme-platform"
split = { web = 60, data = 40 }
"""
HEADER = {
    "id": "9",
    "number": "INV-2026-0009",
    "currency": "THB",
    "periodStart": "2026-04-30T17:00:00Z",
    "periodEnd": "2026-05-31T17:00:00Z",
    "subtotal": 1080,
    "taxAmount": 75.6,
    "total": 1155.6,
    "status": "open",
    "issuedAt": "2026-06-01T17:00:00Z",
}
REPORT = {
    "range": "prev_month",
    "list": [
        {"projectSid": "acme-web", "name": "CPU", "usageValue": 400, "billingValue": 600.25},
        {"projectSid": "acme-web", "name": "Memory", "usageValue": 200, "billingValue": 299.75},
        {"projectSid": "acme-platform", "name": "CPU", "usageValue": 170, "billingValue": 255.6},
    ],
    "chart": {"categories": ["2026-05-01"], "series": [{"name": "all", "data": [1155.6]}]},
}
LINES = [{"project": "acme-web", "amount": 900}, {"project": "acme-platform", "amount": 255.6}]
ANSWERS = {
    "billing.get": {"id": "1042", "name": "Acme"},
    "billing.report": REPORT,
    "billing.listInvoices": {"items": [HEADER]},
    "billing.getInvoice": {**HEADER, "taxRate": 0.07, "lineItems": LINES},
}


def closed() -> Books:
    store = MemoryStore()
    answers = tuple(_kept(store, function, result) for function, result in ANSWERS.items())
    run = RunRecord(Period(2026, 5), "2026-06-03T03:00:00Z", "http://127.0.0.1/", 1, None, ("1042",))
    return close_month(Evidence(answers, run, store), parse(CONFIG, Path("/config.toml")))


def _kept(store: MemoryStore, function: str, result: object) -> Answer:
    body = json.dumps({"ok": True, "result": result}).encode()
    path = f"evidence/1042/{function}.json"
    store.write(path, body)
    request = {"id": "9", "invoiceId": "9"} if function == "billing.getInvoice" else {"id": "1042"}
    when, date = "2026-06-03T03:00:00Z", "Wed, 03 Jun 2026 03:00:00 GMT"
    return Answer(path, "1042", function, "http://127.0.0.1/", request, when, date, 200, len(body), sha256_of(body))


def table_after(heading: str) -> list[dict[str, str]]:
    """The first table below a heading of the page, a dict a row."""
    text = PAGE.read_text(encoding="utf-8").split(f"\n{heading}\n", 1)[1]
    rows = [line for line in text[: text.index("\n\n", text.index("|"))].splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]


def test_the_worked_example_is_what_the_program_books() -> None:
    shown = table_after("## The ledger lines")
    books = closed()
    booked = list(written_rows(Period(2026, 5), books.ledger.lines))
    columns = ("team", "project", "resource", "usage", "share_percent", "net", "tax", "gross", "basis")
    places = (5, 8, 11, 12, 13, 14, 15, 16, 18)
    found = [dict(zip(columns, (cells[place] for place in places), strict=True)) for cells in booked]
    assert found == shown


def test_the_worked_example_ties_out() -> None:
    summary = closed().accounts[0]
    assert (summary.invoice_total, summary.ledger_total, summary.line_total) == (115560, 115560, 115560)
    assert summary.variance == 0
