"""A small second opinion on what the sandbox shows: the checks of one account's month, in plain Decimal.

Not the job's checks (it shares nothing with them) but enough of them, for by-project and by-SKU invoices, to prove
that a scenario provokes what its register says and nothing else.
"""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from chargeback.sandbox import Month, Platform, instant, newest_closed

from .conftest import report_request

TOLERANCE = Decimal("0.05")
HALF = Decimal("0.005")
NOISE = Decimal("1e-9")  # of floats
ISSUED = ("open", "paid")


def asked(platform: Platform, function: str, **payload: Any) -> Any:
    """The result with exact numbers; None where it is refused."""
    document = json.loads(json.dumps(platform.call(function, payload)), parse_float=Decimal, parse_int=Decimal)
    return document["result"] if document["ok"] else None


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def audit(platform: Platform) -> set[str]:
    """The check codes that are exceptions, over all accounts, for the newest closed month."""
    month = newest_closed(platform.clock.now, platform.world.zone)
    found: set[str] = set()
    for account in platform.world.accounts:
        found |= _account(platform, account.id, month)
    return found


def _account(platform: Platform, account: str, month: Month) -> set[str]:
    found: set[str] = set()
    start, end = month.start(platform.world.zone), month.end(platform.world.zone)
    listed = asked(platform, "billing.listInvoices", id=account, billingAccountId=account)["items"]
    mine = [row for row in listed if start <= instant(row["periodStart"]) < end and row["status"] in ISSUED]
    details = []
    for row in mine:
        detail = asked(platform, "billing.getInvoice", id=row["id"], invoiceId=row["id"])
        if detail is None or detail["billingAccountId"] != account or any(detail[n] != row[n] for n in row):
            found.add("invoice-identity")
        if detail is not None:
            found |= _invoice(detail)
            details.append(detail)
    found |= _periods(details, start, end) | _duplicates(details) | _owners(platform, details)
    report = asked(platform, "billing.report", **report_request(account, platform.dialect.kind, str(month)))
    found |= _report(platform, report, details, month)
    if len({detail["currency"] for detail in details}) > 1 or any(d["currency"] == "XQZ" for d in details):
        found.add("currency")
    return found


def _invoice(detail: dict[str, Any]) -> set[str]:
    found = set()
    subtotal, tax, total = (detail[name] for name in ("subtotal", "taxAmount", "total"))
    if abs(subtotal + tax - total) > NOISE or abs(cents(subtotal) - subtotal) > NOISE:
        found.add("invoice-arithmetic")
    rate = detail["taxRate"]
    if abs(subtotal * rate - tax) > HALF and abs(total / (1 + rate) - subtotal) > HALF:
        found.add("invoice-tax")
    withheld = detail["withholdingTaxAmount"]
    if withheld and abs(subtotal * detail["withholdingTaxRate"] - withheld) > HALF:
        found.add("invoice-withholding")
    lines = detail["lineItems"]
    shapes = {"sku" in line for line in lines}
    expected = subtotal if shapes == {True} else total
    if len(shapes) != 1 or abs(sum(line["amount"] for line in lines) - expected) > HALF * len(lines):
        found.add("invoice-footing")
    if any("sku" in line and abs(line["quantity"] * line["unitPrice"] - line["amount"]) > HALF for line in lines):
        found.add("line-arithmetic")
    return found


def _periods(details: list[dict[str, Any]], start: Any, end: Any) -> set[str]:
    periods = sorted((instant(detail["periodStart"]), instant(detail["periodEnd"])) for detail in details)
    reached = start
    for begin, finish in periods:
        if begin != reached:
            return {"invoice-cutoff"}
        reached = finish
    return set() if reached == end or not periods else {"invoice-cutoff"}


def _duplicates(details: list[dict[str, Any]]) -> set[str]:
    numbers = [detail["number"] for detail in details]
    if len(set(numbers)) != len(numbers):
        return {"invoice-duplicate"}
    for place, one in enumerate(details):
        for other in details[place + 1 :]:
            overlap = one["periodStart"] < other["periodEnd"] and other["periodStart"] < one["periodEnd"]
            if overlap and _positive(one) & _positive(other):
                return {"invoice-duplicate"}
    return set()


def _positive(detail: dict[str, Any]) -> set[str]:
    return {line["project"] for line in detail["lineItems"] if "project" in line and line["amount"] > 0}


def _owners(platform: Platform, details: list[dict[str, Any]]) -> set[str]:
    owned = {project.sid for project in platform.world.projects if project.team}
    lines = [line for detail in details for line in detail["lineItems"] if "project" in line]
    return {"ownership"} if any(line["project"] not in owned for line in lines) else set()


def _report(platform: Platform, report: dict[str, Any] | None, details: list[dict[str, Any]], month: Month) -> set[str]:
    if report is None or not _proved(report, month):
        return {"report-period"}
    found = set()
    rows = report["list"]
    sids = {project.id: project.sid for project in platform.world.projects}
    for row in rows:
        name = row.get("projectSid", row.get("projectId"))
        row["sid"] = sids.get(name, name)
    charted = sum(value for series in report["chart"]["series"] for value in series["data"])
    points = sum(len(series["data"]) for series in report["chart"]["series"])
    total = sum(row["billingValue"] for row in rows)
    if abs(charted - total) > max(TOLERANCE, HALF * points):
        found.add("report-chart")
    if not details:
        return found
    billed = sum(detail["total"] for detail in details)
    lines = [line for detail in details for line in detail["lineItems"]]
    if {"sku" in line for line in lines} != {True} and {"sku" in line for line in lines} != {False}:
        return found if abs(total - billed) <= max(TOLERANCE, HALF * len(lines)) else found | {"report-total"}
    by_sku = bool(lines) and "sku" in lines[0]
    tied = sum(line["amount"] for line in lines) * (1 + (details[0]["taxRate"] if by_sku else 0))
    if abs(total - tied) > max(TOLERANCE, HALF * len(lines)):
        found.add("report-total")
    return found | _grain(rows, details, by_sku)


def _grain(rows: list[dict[str, Any]], details: list[dict[str, Any]], by_sku: bool) -> set[str]:
    name, label = ("description", "name") if by_sku else ("project", "sid")
    factor = 1 + details[0]["taxRate"] if by_sku else Decimal(1)
    found = set()
    lines = [line for detail in details for line in detail["lineItems"]]
    for key in {line[name] for line in lines}:
        values = [row["billingValue"] for row in rows if row[label] == key]
        compared = [line["amount"] * factor for line in lines if line[name] == key]
        if sum(compared) and not any(value > 0 for value in values):
            found.add("report-resource")
        elif abs(sum(values) - sum(compared)) > max(TOLERANCE, HALF * len(compared)):
            found.add("report-resource" if by_sku else "report-project")
    return found


def _proved(report: dict[str, Any], month: Month) -> bool:
    days = report.get("chart", {}).get("categories", [])
    labels = {day.strftime("%b %d") for day in month.days()} | {day.isoformat() for day in month.days()}
    if days and not days[0].startswith("day "):
        return all(day in labels for day in days)
    return report.get("range") == "prev_month"
