"""Which invoices are the month's, and what of each is booked: lines, adjustment, tax (BOOKING 1 and 4.1 to 4.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from typing import Any

from .answers import AccountAnswers, Fields, StopError, amount, first_text, instant, items, text
from .arithmetic import digits_of, divided, rounded_together, to_minor
from .calendar import month_of, month_with_most, shifted

STATUSES = {"draft", "open", "paid", "void"}
BOOKED = {"open", "paid"}
TIMES = {"periodStart", "periodEnd", "issuedAt", "paidAt", "voidedAt", "createdAt"}
AMOUNTS = {"subtotal", "taxAmount", "total"}
BY_PROJECT, BY_SKU, MIXED, NO_LINES = "by project", "by SKU", "mixed", "no lines"


@dataclass(frozen=True)
class Line:
    """A line as it is booked; ``number`` counts from 1, 0 for the adjustment; ``gross`` and ``tax`` in minor units."""

    number: int
    gross: int
    tax: int
    named: tuple[str, str] = ("", "")
    sku: str = ""
    description: str = ""
    by_project: bool = False

    @property
    def is_zero(self) -> bool:
        """Whether nothing is booked of it."""
        return not (self.gross or self.tax)

    @property
    def label(self) -> str:
        """What a line by SKU is called: its SKU, else its description."""
        return self.sku or self.description


@dataclass(frozen=True)
class Invoice:
    """An invoice of the month: its list row, and its detail where the platform gave it (None: it gave none)."""

    account: str
    row: Fields
    detail: Fields | None
    has_wrong_detail: bool = False

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """The fields of both; the detail decides, where it says anything."""
        detail = self.detail or {}
        return {**self.row, **{key: value for key, value in detail.items() if says(key, value)}}

    @property
    def id(self) -> str:
        """The platform's id."""
        return text(self.row.get("id"))

    @property
    def number(self) -> str:
        """The number, or the id where there is none."""
        return first_text(self.fields, "number") or self.id

    @property
    def status(self) -> str:
        """draft, open, paid or void; exit 6 for any other."""
        return known_status(self.fields)

    @property
    def currency(self) -> str:
        """As the platform writes it."""
        return text(self.fields.get("currency"))

    @property
    def digits(self) -> int:
        """The minor digits."""
        return digits_of(self.currency)

    def header(self, key: str) -> int:
        """An amount of the header in minor units, 0 where nothing is said."""
        return to_minor(amount(self.fields, key) or Fraction(0), self.digits)

    @property
    def total(self) -> int:
        """What is owed."""
        return self.header("total")

    @property
    def tax(self) -> int:
        """The tax in it."""
        return self.header("taxAmount")

    @property
    def items(self) -> list[Fields]:
        """The lines as received."""
        return list(self.fields.get("lineItems") or ()) if self.detail is not None else []

    @property
    def shape(self) -> str:
        """By project, by SKU, mixed or without lines."""
        shapes = {BY_PROJECT if has_project(item) else BY_SKU for item in self.items}
        return MIXED if len(shapes) > 1 else (shapes or {NO_LINES}).pop()

    @cached_property
    def amounts(self) -> list[int]:
        """The lines' own amounts in minor units, rounded together; none where they are not booked as lines."""
        if self.shape in {MIXED, NO_LINES}:
            return []
        return rounded_together([needed_amount(item) for item in self.items], self.digits)

    @property
    def should_foot_to(self) -> int:
        """What the lines should add up to: total by project, total less tax by SKU."""
        return self.total - (self.tax if self.shape == BY_SKU else 0)

    @cached_property
    def lines(self) -> list[Line]:
        """What is booked: the lines, then the adjustment where there is one, each with its tax."""
        by_project = self.shape != BY_SKU
        missing = self.should_foot_to - sum(self.amounts)
        amounts = [*self.amounts, *([missing] if missing else [])]
        if sum(amounts):
            taxes = divided(self.tax, [Fraction(each) for each in amounts])
        else:
            taxes = [0] * len(amounts)
            if self.tax:
                amounts, taxes = [*self.amounts, missing], [*taxes[: len(self.amounts)], self.tax]
        return [
            self.line(index, each if by_project else each + tax, tax)
            for index, (each, tax) in enumerate(zip(amounts, taxes, strict=True))
        ]

    def line(self, index: int, gross: int, tax: int) -> Line:
        """The line of that index, or the adjustment after the last one."""
        if index >= len(self.amounts):
            return Line(0, gross, tax)
        item = self.items[index]
        return Line(
            number=index + 1,
            gross=gross,
            tax=tax,
            named=names_of(item),
            sku=text(item.get("sku")),
            description=text(item.get("description")),
            by_project=has_project(item),
        )


def names_of(item: Fields) -> tuple[str, str]:
    """The project that an item names, by sid and by id."""
    return text(item.get("project")), text(item.get("projectId"))


def says(key: str, value: object) -> bool:
    """Whether a field says anything."""
    return value is not None and value != "" and not (key in TIMES and instant(value) is None)


def needed_amount(item: Fields) -> Fraction:
    """The line's amount; exit 6 where it has none."""
    value = amount(item, "amount")
    if value is None:
        raise StopError(6, "a line without an amount")
    return value


def has_project(item: Fields) -> bool:
    """Whether a line is by project."""
    return bool(first_text(item, "project", "projectId"))


def known_status(fields: Fields) -> str:
    """The status; exit 6 for one that is unknown."""
    status = text(fields.get("status"))
    if status not in STATUSES:
        raise StopError(6, f"status {status!r}")
    return status


def months_invoices(account: str, answers: AccountAnswers, period: str, zone: str) -> list[Invoice]:
    """The account's invoices of the month, drafts and void ones too, in order of number, then id."""
    refuse_contradictions(listed(answers), zone)
    refuse_unknown(listed(answers), period, zone)
    rows = [row for row in once_each(listed(answers)) if booking_month(row, zone) == period]
    found = [with_detail(account, row, answers) for row in rows]
    for invoice in found:
        require_all(invoice)
    return sorted(found, key=lambda invoice: (invoice.number, invoice.id))


def refuse_contradictions(rows: list[Fields], zone: str) -> None:
    """Exit 6 where two rows of one id differ in month or status: which is meant must not hang on their order."""
    standing: dict[str, tuple[object, object]] = {}
    for row in rows:
        stands = (booking_month(row, zone), row.get("status") or None)
        if standing.setdefault(text(row["id"]), stands) != stands:
            raise StopError(6, f"{row['id']} is listed twice, with another month or status")


def refuse_unknown(rows: list[Fields], period: str, zone: str) -> None:
    """Exit 6 where a row of the month has an unknown status; one that names no month counts as of this one."""
    for row in rows:
        if has_unknown_status(row) and booking_month(row, zone) in {period, ""}:
            known_status(row)


def has_unknown_status(row: Fields) -> bool:
    """Whether a row states a status that is none of the four."""
    return says("status", row.get("status")) and text(row.get("status")) not in STATUSES


def once_each(rows: list[Fields]) -> list[Fields]:
    """The rows, of each id the first."""
    return [row for index, row in enumerate(rows) if all(text(row["id"]) != text(each["id"]) for each in rows[:index])]


def require_all(invoice: Invoice) -> None:
    """Exit 6 where an invoice lacks what it cannot be booked without."""
    lacks = not invoice.currency or any(amount(invoice.fields, key) is None for key in AMOUNTS)
    if invoice.status != "draft" and lacks:
        raise StopError(6, f"{invoice.id} lacks its currency or an amount")
    for item in invoice.items:
        needed_amount(item)


def listed(answers: AccountAnswers) -> list[Fields]:
    """The rows of billing.listInvoices; none where the account is inactive."""
    reply = answers.invoices
    if reply.refusal and "not active" not in reply.refusal:
        raise StopError(5 if reply.refuses_access else 6, reply.refusal)
    return list(items(reply.result))


def booking_month(row: Fields, zone: str) -> str:
    """The month that a list row belongs to; exit 6 for an issued one without any time, "" for any other such."""
    start, end = instant(row.get("periodStart")), instant(row.get("periodEnd"))
    if start and end and start < end:
        return month_with_most(start, end, zone)
    issued = instant(row.get("issuedAt")) or instant(row.get("createdAt"))
    if issued is None and row.get("status") in BOOKED:
        raise StopError(6, "an invoice without a time")
    if issued is None:
        return ""
    return shifted(month_of(issued, zone), -1)


def with_detail(account: str, row: Fields, answers: AccountAnswers) -> Invoice:
    """The invoice with its detail, which is fetched unless it is a draft."""
    if row.get("status") == "draft":
        return Invoice(account, row, None)
    reply = answers.details[text(row.get("id"))]
    if "unauthorized" in reply.refusal:
        raise StopError(5, reply.refusal)
    if reply.result is None:
        return Invoice(account, row, None, has_wrong_detail=True)
    wrong = text(reply.result.get("id")) != text(row.get("id"))
    wrong = wrong or first_text(reply.result, "billingAccountId") not in {"", account}
    return Invoice(account, row, None if wrong else reply.result, has_wrong_detail=wrong)


def months_billed(answers: AccountAnswers, zone: str) -> list[str]:
    """The months of the open and paid invoices that are listed."""
    return [booking_month(row, zone) for row in listed(answers) if row.get("status") in BOOKED]


def period_of(invoice: Invoice) -> tuple[datetime, datetime] | None:
    """The bounds of an invoice's period, None where it has no usable one."""
    start, end = instant(invoice.fields.get("periodStart")), instant(invoice.fields.get("periodEnd"))
    return (start, end) if start and end and start < end else None
