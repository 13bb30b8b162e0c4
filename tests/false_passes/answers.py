"""What a platform answers for one month, as plain data that a change can alter: before bytes, evidence or HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

Answer = dict[str, Any] | str
"""A result, or the message of a refusal."""
Lines = list[str]
"""A document's text, line by line."""

DIGITS = {"THB": 2, "USD": 2, "EUR": 2, "GBP": 2, "SGD": 2, "JPY": 0, "KRW": 0, "CLP": 0, "KWD": 3, "BHD": 3, "TND": 3}
"""The minor digits of the currencies that months are made in."""
INACTIVE = "api: billing account not active, please contact us via email to activate billing account"
FORBIDDEN = "api: you do not have permission to perform this action on the billing account"
ISSUED = ("open", "paid")
TOTAL = "Total: {total} {currency}"
"""How a document writes the total."""


def digits_of(currency: str) -> int:
    """Minor digits; two of a code that is no currency."""
    return DIGITS.get(currency, 2)


def unit_of(currency: str) -> Decimal:
    """One minor unit."""
    return Decimal(1).scaleb(-digits_of(currency))


@dataclass
class Raw:
    """An HTTP answer as it is sent, whatever it holds."""

    data: bytes
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    manner: Literal["whole", "half-body"] = "whole"
    content_type: str = "application/json; charset=utf-8"


@dataclass
class EarlierInvoice:
    """An invoice as an earlier month's archive has it; ``total`` in minor units."""

    invoice: str
    number: str
    currency: str
    total: int


@dataclass
class AccountAnswers:
    """Everything that the platform says of one account.

    ``details`` by invoice id. ``documents`` by (invoice id, "invoice" or "receipt"): the text of the PDF where it is
    another one than the detail's own, a refusal's message, or what HTTP answers as it is. ``archived`` are the
    invoices of the month before as its revision has them, None where that month is not archived. ``sids`` by project
    id, whatever the answers say of them; ``styles`` by invoice id, how its document writes the total.
    """

    id: str
    get: Answer
    report: Answer
    rows: list[dict[str, Any]] | str
    details: dict[str, Answer]
    documents: dict[tuple[str, str], Lines | str | Raw] = field(default_factory=dict)
    archived: list[EarlierInvoice] | None = None
    sids: dict[str, str] = field(default_factory=dict)
    styles: dict[str, str] = field(default_factory=dict)

    @property
    def currency(self) -> str:
        """The currency of the invoices listed."""
        rows = [] if isinstance(self.rows, str) else self.rows
        return next((row["currency"] for row in rows if row.get("currency")), "THB")

    def row(self, invoice: str) -> dict[str, Any]:
        """The list row of an invoice."""
        assert not isinstance(self.rows, str)
        return next(row for row in self.rows if str(row["id"]) == invoice)

    def detail(self, invoice: str) -> dict[str, Any]:
        """The detail of an invoice."""
        found = self.details[invoice]
        assert not isinstance(found, str)
        return found

    def text(self, invoice: str, kind: str) -> Lines:
        """The text of a document, as the detail has it unless said otherwise."""
        found = self.documents.get((invoice, kind))
        if isinstance(found, list):
            return found
        return document_text(self.detail(invoice), kind, self.styles.get(invoice, TOTAL))

    @property
    def booked(self) -> list[str]:
        """The ids of the invoices with a detail that are open or paid."""
        return [key for key, detail in self.details.items() if isinstance(detail, dict) and detail["status"] in ISSUED]


@dataclass
class Month:
    """A whole month: answers, configuration, and when it is closed.

    Over HTTP only: ``hidden`` are accounts that ``billing.list`` does not show; ``raw`` what is answered to (function,
    account or invoice) instead, a refusal's message or whole answers.
    """

    period: str
    zone: str
    run_at: datetime
    accounts: list[AccountAnswers]
    projects: list[dict[str, Any]] | str
    teams: str
    tolerance: Decimal = Decimal(0)
    percent: Decimal = Decimal(0)
    tax_basis: str = "gross"
    more_config: str = ""
    list_marks: dict[str, Any] = field(default_factory=dict)
    date: str | None = ""
    hidden: set[str] = field(default_factory=set)
    raw: dict[tuple[str, str], Raw | str] = field(default_factory=dict)
    known_accounts: tuple[str, ...] = ()

    def copy(self) -> Month:
        """The same month, to be altered."""
        return deepcopy(self)

    def account(self, name: str) -> AccountAnswers:
        """The answers of one account."""
        return next(account for account in self.accounts if account.id == name)

    @property
    def previous(self) -> str:
        """The month before."""
        return (self.bounds()[0] - timedelta(days=1)).strftime("%Y-%m")

    def bounds(self) -> tuple[datetime, datetime]:
        """Where the month begins and where the next one does."""
        return bounds(self.period, self.zone)

    @property
    def date_header(self) -> str | None:
        """The answers' Date header: the time of the run unless said otherwise."""
        return format_datetime(self.run_at, usegmt=True) if self.date == "" else self.date

    def config(self, endpoint: str = "") -> str:
        """The configuration's text."""
        api = f'[api]\nendpoint = "{endpoint}"\ntimeout = 20\n' if endpoint else ""
        settings = (
            f'tolerance = {{ absolute = "{self.tolerance}", percent = "{self.percent}" }}\n'
            f'tax_basis = "{self.tax_basis}"\nhistory_variance_percent = "30"\n'
        )
        return f'timezone = "{self.zone}"\n{api}[reconciliation]\n{settings}{self.teams}\n{self.more_config}\n'


def bounds(period: str, zone: str) -> tuple[datetime, datetime]:
    """Where the month begins in the zone, and where the next one does."""
    year, month = int(period[:4]), int(period[5:])
    place = ZoneInfo(zone)
    start = datetime(year, month, 1, tzinfo=place)
    end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=place)
    return start.astimezone(UTC), end.astimezone(UTC)


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def encoded(value: object) -> str:
    """JSON in which decimals keep their digits."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(str(key))}: {encoded(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(encoded(each) for each in value) + "]"
    return f"{value:f}" if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)


def body(answer: Answer | dict[str, Any]) -> bytes:
    """The bytes of an answer or a refusal."""
    if isinstance(answer, str):
        return encoded({"ok": False, "error": {"message": answer}}).encode()
    return encoded({"ok": True, "result": answer}).encode()


def listed(items: list[dict[str, Any]] | str, marks: Mapping[str, Any]) -> Answer:
    """The answer of a list."""
    return items if isinstance(items, str) else {"items": items, **marks}


def calls(month: Month) -> Iterator[tuple[str, str, str, dict[str, Any], bytes]]:
    """(account, function, id asked for, request, body) of every call that a run of the month makes."""
    yield "", "project.list", "", {}, body(listed(month.projects, {}))
    for account in month.accounts:
        me = {"id": account.id, "billingAccountId": account.id}
        yield account.id, "billing.get", "", {"id": account.id}, body(account.get)
        yield account.id, "billing.report", "", me, body(account.report)
        yield account.id, "billing.listInvoices", "", me, body(listed(account.rows, month.list_marks))
        for invoice, detail in account.details.items():
            yield account.id, "billing.getInvoice", invoice, {"id": invoice, "invoiceId": invoice}, body(detail)


def printed(amount: Decimal, currency: str) -> str:
    """An amount as an invoice prints it: ``1,155.60``."""
    return f"{amount.quantize(unit_of(currency)):,}"


def document_text(detail: Mapping[str, Any], kind: str, style: str = TOTAL) -> Lines:
    """The text of an invoice's PDF or its receipt's."""
    number = detail["number"] if kind == "invoice" else detail.get("receiptNumber") or detail["number"]
    currency = str(detail["currency"])
    lines = [f"{line.get('description') or 'line'}   {line['amount']}" for line in detail.get("lineItems") or []]
    total = style.format(total=printed(Decimal(detail["total"] or 0), currency), currency=currency)
    return ["Tax Invoice" if kind == "invoice" else "Receipt", f"Number: {number}", *lines, total]
