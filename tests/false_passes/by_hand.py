"""Months written by hand: May 2026 in Bangkok, THB, closed on 3 June; what is not said is right."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from .answers import AccountAnswers, Answer, EarlierInvoice, Month, bounds, stamp
from .right_months import list_row, refoot

ZONE = "Asia/Bangkok"
RUN_AT = datetime(2026, 6, 3, 3, tzinfo=UTC)
TEAMS = """
[[teams]]
id = "red"
name = "Red"
cost_center = "1"
gl_account = "6420"
projects = ["web"]
[[teams]]
id = "blue"
name = "Blue"
cost_center = "2"
gl_account = "6420"
projects = ["shop", "data", "core"]
"""


def day(number: int, period: str = "2026-05") -> str:
    """When a day of the month begins; 32 is the first of the next one for a month of 31 days."""
    return stamp(bounds(period, ZONE)[0] + timedelta(days=number - 1))


def of(project: str, amount: str | int, **fields: Any) -> dict[str, Any]:
    """A line by project: gross."""
    return {"project": project, "description": project.title(), "amount": Decimal(amount), **fields}


def sku(name: str, amount: str | int, **fields: Any) -> dict[str, Any]:
    """A line by SKU: net."""
    price = Decimal(amount)
    return {"sku": name, "description": name, "quantity": 1, "unitPrice": price, "amount": price, **fields}


def invoice(
    number: str, *lines: dict[str, Any], first: int = 1, end: int = 32, period: str = "2026-05", **fields: Any
) -> dict[str, Any]:
    """An invoice's detail, its header from its lines; ``end`` is the first day after it."""
    detail = {
        "id": number.lower(),
        "number": number,
        "currency": "THB",
        "status": "open",
        "periodStart": day(first, period),
        "periodEnd": day(end, period),
        "issuedAt": day(33, period),
        "taxRate": Decimal("0.07"),
        "lineItems": list(lines),
    }
    detail |= {name: fields[name] for name in ("currency", "taxRate") if name in fields}
    refoot(detail)
    return {**detail, **fields}


def report(*rows: tuple[str, str, str | int], days: Sequence[str] = (), **fields: Any) -> dict[str, Any]:
    """A report of (project, resource, value) rows; all its cost is shown on the first of the days."""
    total = sum((Decimal(value) for *_, value in rows), Decimal(0))
    shown = list(days) or [f"2026-05-{number:02}" for number in range(1, 32)]
    points = [total, *[Decimal(0)] * (len(shown) - 1)]
    listed = [
        {"projectSid": sid, "name": name, "usageValue": 1, "billingValue": Decimal(value)} for sid, name, value in rows
    ]
    chart = {"categories": shown, "series": [{"name": "all", "data": points}]}
    return {"range": "prev_month", "list": listed, "chart": chart, **fields}


def old(number: str, total: str, *, period: str = "2026-04", **fields: Any) -> dict[str, Any]:
    """The list row of an earlier month's invoice."""
    detail = invoice(number, of("web", total), period=period, end=31, **fields)
    start, end = bounds(period, ZONE)
    return list_row(detail) | {"periodStart": stamp(start), "periodEnd": stamp(end), **fields}


def account(
    *details: dict[str, Any], report: Answer, id: str = "ba_1", rows: Sequence[dict[str, Any]] = (), **fields: Any
) -> AccountAnswers:
    """An account with these invoices of the month; ``rows`` are listed too."""
    listed = [*rows, *map(list_row, details)]
    name = {"id": id, "name": "Acme", "active": True}
    by_id: dict[str, Answer] = {detail["id"]: detail for detail in details}
    return AccountAnswers(id, name, report, listed, by_id, **fields)


def archived(row: dict[str, Any]) -> list[EarlierInvoice]:
    """The invoice as the archive of its month has it."""
    return [EarlierInvoice(row["id"], row["number"], row["currency"], int(row["total"] * 100))]


def month(*accounts: AccountAnswers, **fields: Any) -> Month:
    """A month of these accounts."""
    projects = [{"id": sid[:1], "project": sid, "name": sid.title()} for sid in ("web", "shop", "data", "core")]
    settings: dict[str, Any] = {
        "period": "2026-05",
        "zone": ZONE,
        "run_at": RUN_AT,
        "projects": projects,
        "teams": TEAMS,
    }
    return Month(accounts=list(accounts), **{**settings, **fields})
