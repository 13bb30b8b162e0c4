"""A month of two accounts as evidence: THB by project, USD by SKU; shared, unowned, adjusted, void, Thai, hostile."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from chargeback.config import Config, parse
from chargeback.evidence import (
    Answer,
    DocumentRecord,
    EarlierInvoice,
    EarlierMonth,
    EarlierTotal,
    Evidence,
    MemoryStore,
    RunRecord,
    sha256_of,
)
from chargeback.evidence.period import Period
from chargeback.model.books import Books
from chargeback.month_end import close_month

ENDPOINT = "http://127.0.0.1:8080/"
CONFIG = """
archive = "archive"
timezone = "Asia/Bangkok"
[[accounts]]
id = "ba_thai"
name = "บริษัท เอซีเอ็มอี จำกัด"
[[accounts]]
id = "ba_usd"
[[teams]]
id = "web"
name = "Web เว็บ"
cost_center = "CC-100"
gl_account = "6420"
projects = ["acme-web", "acme-shop-*"]
[[teams]]
id = "data"
name = "Data"
cost_center = "CC-200"
projects = ["acme-data"]
[[teams]]
id = "idle"
name = "Idle"
[[shared]]
project = "acme-platform"
split = { web = 60, data = 40 }
[environments]
staging = "*-staging"
[[accepted]]
check = "invoice-footing"
account = "ba_thai"
up_to = "5"
until = "2026-12"
reason = "rounding credit, ticket 4711"
by = "finance@acme.example"
"""


class Raw:
    """A JSON number written as given."""

    def __init__(self, text: str) -> None:
        self.text = text


def envelope(result: object) -> bytes:
    """The platform's envelope; ``Raw`` numbers keep their digits."""
    text = json.dumps({"ok": True, "result": result}, ensure_ascii=False, default=lambda raw: f"§{raw.text}§")
    return re.sub('"§([^§]*)§"', r"\1", text).encode()


class Sample:
    """Collects answers as a run would."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.store = MemoryStore()

    def say(self, function: str, account: str, result: object, request: dict[str, Any], suffix: str = "") -> None:
        """Keep one answer."""
        self._keep(function, account, envelope(result), request, suffix)

    def refuse(self, function: str, account: str, message: str, request: dict[str, Any], suffix: str = "") -> None:
        """Keep a refusal."""
        body = json.dumps({"ok": False, "error": {"message": message}}).encode()
        self._keep(function, account, body, request, suffix)

    def _keep(self, function: str, account: str, body: bytes, request: dict[str, Any], suffix: str) -> None:
        folder = f"{account}/" if account else ""
        path = f"evidence/{folder}{function}{suffix}.json"
        self.store.write(path, body)
        self.answers.append(
            Answer(
                path,
                account,
                function,
                ENDPOINT,
                request,
                "2026-06-01T01:00:00Z",
                "Mon, 01 Jun 2026 01:00:00 GMT",
                200,
                len(body),
                sha256_of(body),
            )
        )


def report(rows: list[tuple[str, str, str, str]]) -> dict[str, Any]:
    """A report of rows (project, resource, usage, value), with a chart of one day that foots."""
    total = sum((Decimal(value) for *_, value in rows), Decimal(0))
    return {
        "range": "prev_month",
        "list": [
            {"projectSid": project, "name": name, "usageValue": Raw(usage), "billingValue": Raw(value)}
            for project, name, usage, value in rows
        ],
        "chart": {
            "categories": ["2026-05-01", "2026-05-31"],
            "series": [{"name": "all", "data": [Raw("0"), Raw(str(total))]}],
        },
        "projectList": [],
        "projectSids": [],
    }


def invoice(
    identifier: str, number: str, account: str, currency: str, amounts: tuple[str, str, str], **more: Any
) -> dict[str, Any]:
    """A list row."""
    subtotal, tax, total = amounts
    return {
        "id": identifier,
        "number": number,
        "billingAccountId": account,
        "receiptNumber": "",
        "currency": currency,
        "periodStart": "2026-04-30T17:00:00Z",
        "periodEnd": "2026-05-31T17:00:00Z",
        "subtotal": Raw(subtotal),
        "taxAmount": Raw(tax),
        "total": Raw(total),
        "status": "open",
        "issuedAt": "2026-06-01T00:30:00Z",
        "paidAt": "",
        "voidedAt": None,
        "createdAt": "2026-06-01T00:30:00Z",
    } | more


THAI_LINES = [
    ("1001", "acme-web", "เว็บไซต์หลัก ญี่ปุ่น กตัญญู", "1070.00"),
    ("1002", "acme-data", "Data", "535.00"),
    ("1003", "acme-platform", "แพลตฟอร์ม", "321.00"),
    ("1004", "acme-lost", '=HYPERLINK("http://evil")', "107.00"),
    ("1005", "acme-shop-staging", "متجر", "33.33"),
]
THAI_ROWS = [
    ("acme-web", "CPU", "720", "700.1234"),
    ("acme-web", "Memory", "1440.5", "369.8766"),
    ("acme-data", "CPU", "360", "535.000000000000001"),
    ("acme-platform", "CPU", "100", "200"),
    ("acme-platform", "Egress", "12.25", "121.00"),
    ("acme-lost", "Disk", "10", "107.00"),
    ("acme-shop-staging", "CPU", "3", "43.33"),
]
USD_LINES = [
    ("cpu", "CPU", "720", "vCPU-hour", "1.5", "1080"),
    ("disk", "Disk", "100", "GB", "0.105", "10.5"),
]
USD_ROWS = [
    ("usd-app", "CPU", "700", "1155.60"),
    ("acme-web", "disk", "100", "11.235"),
]


def evidence() -> Evidence:
    """The month's evidence."""
    sample = Sample()
    projects = [
        {"id": identifier, "project": sid, "name": name, "billingAccount": "ba_thai"}
        for identifier, sid, name, _ in THAI_LINES
    ]
    sample.say("project.list", "", {"items": [*projects, {"id": "2001", "project": "usd-app", "name": "USD app"}]}, {})
    _thai(sample)
    _usd(sample)
    return Evidence(tuple(sample.answers), _run(), sample.store)


def _thai(sample: Sample) -> None:
    account = "ba_thai"
    sample.say("billing.get", account, {"id": account, "name": "Acme"}, {"id": account})
    paid = invoice("1042", "INV-2026-0009", account, "THB", ("1934.58", "135.42", "2070.00"), status="paid",
                   receiptNumber="DPLY-RC-202605-0001", paidAt="2026-06-02T03:04:05Z")  # fmt: skip
    void = invoice("1041", "INV-2026-0008", account, "THB", ("10", "0.7", "10.70"), status="void")
    sample.say("billing.listInvoices", account, {"items": [void, paid]}, {"id": account})
    items = [
        {"projectId": identifier, "project": sid, "description": name, "amount": Raw(amount)}
        for identifier, sid, name, amount in THAI_LINES
    ]
    details = {"taxRate": Raw("0.07"), "withholdingTaxRate": Raw("0.03"), "withholdingTaxAmount": Raw("58.04")}
    detail = paid | details | {"lineItems": items, "taxId": "0105551234567"}
    sample.say("billing.getInvoice", account, detail, {"id": "1042", "invoiceId": "1042"}, "-1042")
    sample.say("billing.getInvoice", account, void | {"lineItems": []}, {"id": "1041", "invoiceId": "1041"}, "-1041")
    sample.say("billing.report", account, report(THAI_ROWS), {"id": account})


def _usd(sample: Sample) -> None:
    account = "ba_usd"
    sample.say("billing.get", account, {"id": account, "name": "USD <Ltd> & _x0041_"}, {"id": account})
    row = invoice("inv_7", "INV-USD-7", account, "USD", ("1090.50", "76.34", "1166.84"))
    del row["subtotal"]
    sample.say("billing.listInvoices", account, {"items": [row | {"subtotal": Raw("1090.5")}]}, {"id": account})
    items = [
        {
            "sku": sku,
            "description": name,
            "quantity": Raw(count),
            "unit": unit,
            "unitPrice": Raw(price),
            "amount": Raw(amount),
        }
        for sku, name, count, unit, price, amount in USD_LINES
    ]
    detail = row | {"taxRate": Raw("0.07"), "lineItems": items}
    sample.say("billing.getInvoice", account, detail, {"id": "inv_7", "invoiceId": "inv_7"}, "-inv_7")
    sample.say("billing.report", account, report(USD_ROWS), {"id": account})


def _run() -> RunRecord:
    earlier = EarlierMonth(
        Period(2026, 4),
        2,
        ("ba_thai",),
        (EarlierInvoice("ba_thai", "1040", "INV-2026-0007", "THB", 100000, False),),
        (EarlierTotal("web", "THB", 90000, 84112), EarlierTotal("data", "THB", 10000, 9346)),
    )
    documents = (
        DocumentRecord("ba_thai", "1042", "INV-2026-0009", "invoice", "read", "", "invoices/ba_thai/INV-2026-0009.pdf",
                       1234, "ab" * 32, True, True),
        DocumentRecord("ba_thai", "1042", "INV-2026-0009", "receipt", "unavailable", "api: could not generate"),
        DocumentRecord("ba_usd", "inv_7", "INV-USD-7", "invoice", "unreadable", "encrypted",
                       "invoices/ba_usd/INV-USD-7.pdf", 999, "cd" * 32),
    )  # fmt: skip
    return RunRecord(
        period=Period(2026, 5),
        run_at="2026-06-01T01:00:00Z",
        endpoint=ENDPOINT,
        revision=1,
        previous=None,
        accounts=("ba_thai", "ba_usd"),
        earlier=(earlier,),
        documents=documents,
        versions={"chargeback": "0.1.0", "python": "3.11.7", "openpyxl": "3.1.5"},
    )


def config() -> Config:
    """The configuration of the sample."""
    return parse(CONFIG.encode(), Path("config.toml"))


def books() -> Books:
    """The sample's books."""
    return close_month(evidence(), config())


def changed(change: Callable[[Sample], None]) -> tuple[Evidence, Config]:
    """The sample with the second account's answers made otherwise."""
    sample = Sample()
    whole = evidence()
    for answer in whole.answers:
        if answer.account != "ba_usd":
            sample.answers.append(answer)
            sample.store.write(answer.path or "", whole.store.read(answer.path or ""))
    sample.say("billing.get", "ba_usd", {"id": "ba_usd", "name": "USD"}, {"id": "ba_usd"})
    change(sample)
    return Evidence(tuple(sample.answers), _run(), sample.store), config()


def _billed(sample: Sample, rows: list[dict[str, Any]], details: list[dict[str, Any]]) -> None:
    sample.say("billing.listInvoices", "ba_usd", {"items": rows}, {"id": "ba_usd"})
    for row, detail in zip(rows, details, strict=True):
        request = {"id": row["id"], "invoiceId": row["id"]}
        sample.say("billing.getInvoice", "ba_usd", detail, request, f"-{row['id']}")


def two_currencies() -> tuple[Evidence, Config]:
    """The second account has an invoice in USD and one in THB: nothing is tied out."""

    def change(sample: Sample) -> None:
        usd = invoice("inv_7", "INV-USD-7", "ba_usd", "USD", ("100", "7", "107"))
        thb = invoice("inv_8", "INV-THB-8", "ba_usd", "THB", ("200", "14", "214"))
        lines = [{"project": "usd-app", "amount": Raw("107")}], [{"project": "usd-app", "amount": Raw("214")}]
        _billed(sample, [usd, thb], [usd | {"lineItems": lines[0]}, thb | {"lineItems": lines[1]}])
        sample.say("billing.report", "ba_usd", report([("usd-app", "CPU", "1", "321")]), {"id": "ba_usd"})

    return changed(change)


def unproved_report() -> tuple[Evidence, Config]:
    """The second account's report shows another month."""

    def change(sample: Sample) -> None:
        usd = invoice("inv_7", "INV-USD-7", "ba_usd", "USD", ("100", "7", "107"))
        _billed(sample, [usd], [usd | {"lineItems": [{"project": "usd-app", "amount": Raw("107")}]}])
        other = report([("usd-app", "CPU", "1", "107")])
        other["chart"]["categories"] = ["2026-04-01", "2026-04-30"]
        sample.say("billing.report", "ba_usd", other, {"id": "ba_usd"})

    return changed(change)


def huge_amounts() -> tuple[Evidence, Config]:
    """The second account's amounts have more digits than a number cell keeps, or look like noise of floats."""

    def change(sample: Sample) -> None:
        amounts = ("101869158878504672.96", "7130841121495327.11", "109000000000000000.07")
        huge = invoice("inv_7", "INV-USD-7", "ba_usd", "USD", amounts)
        lines = [
            {"project": "usd-app", "amount": Raw("108999999999999999.99")},
            {"project": "acme-web", "amount": Raw("10.700000000000001")},
        ]
        _billed(sample, [huge], [huge | {"taxRate": Raw("0.07"), "lineItems": lines}])
        rows = [
            ("usd-app", "CPU", "1e3", "108999999999999999.99"),
            ("acme-web", "CPU", "0.000001", "0.080000000000000002"),
        ]
        sample.say("billing.report", "ba_usd", report(rows), {"id": "ba_usd"})

    return changed(change)


def refused_detail() -> tuple[Evidence, Config]:
    """The platform does not give the second account's invoice, which is booked from its list row."""

    def change(sample: Sample) -> None:
        usd = invoice("inv_7", "INV-USD-7", "ba_usd", "USD", ("100", "7", "107"))
        sample.say("billing.listInvoices", "ba_usd", {"items": [usd]}, {"id": "ba_usd"})
        request = {"id": "inv_7", "invoiceId": "inv_7"}
        sample.refuse("billing.getInvoice", "ba_usd", "api: invoice not found", request, "-inv_7")
        sample.say("billing.report", "ba_usd", report([("usd-app", "CPU", "1", "107")]), {"id": "ba_usd"})

    return changed(change)
