"""An invoice: its list row and its detail put together, and the month it belongs to (BOOKING 1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from chargeback.errors import AnswerError
from chargeback.evidence.period import Period
from chargeback.model.answers import InvoiceAnswer, LineItem, Number, amount_of, text_of
from chargeback.model.instants import parse_instant
from chargeback.model.money import minor_digits, to_minor

_SAME_SECOND = timedelta(seconds=1)
_LONGEST_LOOK = 26
"""Whole months compared within one period: after two years every length of month has been seen."""


class InvoiceStatus(StrEnum):
    """Where an invoice stands: ``draft`` still changes, ``open`` is issued and unpaid."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"


ISSUED = (InvoiceStatus.OPEN, InvoiceStatus.PAID)


class Shape(StrEnum):
    """What an invoice's lines are: by project (gross), by SKU (net), both at once, or not there."""

    BY_PROJECT = "by-project"
    BY_SKU = "by-sku"
    MIXED = "mixed"
    NONE = "none"


class Invoice(Struct, frozen=True):
    """One invoice of an account, the detail deciding wherever it differs from the list row.

    ``subtotal``, ``tax`` and ``total`` as sent, and rounded in minor units (``..._minor``). ``number`` is "" where
    there is none. ``identity_problem`` says why the detail is not the invoice's, or could not be had: then only the
    list row counts. ``buyer`` is the kind of buyer that the detail states, "" where it
    states none. ``disagreements`` name the fields in which list row and detail differ. ``start`` and ``end`` are
    None together, where the period is not usable.
    """

    account: str
    id: str
    number: str
    receipt_number: str
    status: InvoiceStatus
    listed_status: InvoiceStatus | None
    currency: str
    digits: int
    subtotal: Decimal
    tax: Decimal
    total: Decimal
    start: datetime | None
    end: datetime | None
    issued_at: datetime | None
    paid_at: datetime | None
    tax_rate: Decimal | None
    tax_id: str
    buyer: str
    withholding_rate: Decimal | None
    withheld: Decimal
    lines: Sequence[LineItem]
    shape: Shape
    has_detail: bool
    identity_problem: str
    disagreements: tuple[str, ...]

    @property
    def label(self) -> str:
        """What the ledgers call it: the number, or the id if there is none."""
        return self.number or self.id

    @property
    def sort_key(self) -> tuple[str, str]:
        """Number (or id), then id."""
        return (self.label, self.id)

    @property
    def is_issued(self) -> bool:
        """Whether it is open or paid."""
        return self.status in ISSUED

    @property
    def subtotal_minor(self) -> int:
        """The subtotal as stated, in minor units."""
        return to_minor(self.subtotal, self.digits)

    @property
    def tax_minor(self) -> int:
        """The tax, in minor units."""
        return to_minor(self.tax, self.digits)

    @property
    def total_minor(self) -> int:
        """The total, in minor units."""
        return to_minor(self.total, self.digits)

    @property
    def net_minor(self) -> int:
        """Total less tax, in minor units: what is booked as net, whatever the subtotal says (BOOKING 4.1)."""
        return self.total_minor - self.tax_minor

    @property
    def withheld_minor(self) -> int:
        """Tax withheld when paying, in minor units."""
        return to_minor(self.withheld, self.digits)


def shape_of(lines: Iterable[LineItem]) -> Shape:
    """What the lines are."""
    kinds = {line.is_by_project for line in lines}
    if not kinds:
        return Shape.NONE
    if len(kinds) == 2:
        return Shape.MIXED
    return Shape.BY_PROJECT if kinds == {True} else Shape.BY_SKU


def read_status(answer: InvoiceAnswer, where: str) -> InvoiceStatus | None:
    """The status, None where the answer has none; ``AnswerError`` where it is an unknown one (BOOKING 1)."""
    if not answer.status:
        return None
    try:
        return InvoiceStatus(answer.status)
    except ValueError:
        known = ", ".join(InvoiceStatus)
        raise AnswerError(f'{where}: the status "{answer.status[:40]}" is not known (known: {known})') from None


def is_unknown_status(answer: InvoiceAnswer) -> bool:
    """Whether the answer has a status that is none of the four known ones: servers grow (CONTRACT)."""
    return bool(answer.status) and answer.status not in set(InvoiceStatus)


def usable_period(answer: InvoiceAnswer) -> tuple[datetime, datetime] | None:
    """The bounds of the answer's period as instants, the end exclusive; None where they are missing or not in order."""
    start, end = parse_instant(answer.period_start), parse_instant(answer.period_end)
    return (start, end) if start and end and start < end else None


def booking_month(listed: InvoiceAnswer, timezone: ZoneInfo) -> Period | None:
    """The month that the list row belongs to: the one that holds most of its period, in that zone; a tie: the earliest.

    Without a usable period the month before its issue, else before its creation; None where it has no time at all.
    """
    bounds = usable_period(listed)
    if bounds:
        return _fullest_month(*bounds, timezone)
    moment = parse_instant(listed.issued_at) or parse_instant(listed.created_at)
    return Period.holding(moment, timezone).plus(-1) if moment else None


def _fullest_month(start: datetime, end: datetime, timezone: ZoneInfo) -> Period:
    first = Period.holding(start, timezone)
    last = Period.holding(end - timedelta(microseconds=1), timezone)
    candidates: list[Period] = []
    month = first
    while month <= last and len(candidates) < _LONGEST_LOOK:
        candidates.append(month)
        month = month.plus(1)
    if last not in candidates:
        candidates.append(last)

    def held(month: Period) -> timedelta:
        return min(end, month.end(timezone)) - max(start, month.start(timezone))

    return max(candidates, key=lambda month: (held(month), -month.year, -month.month))


def _either(detail: Any, listed: Any) -> Any:
    return listed if detail is None or detail == "" else detail


def _stated(detail: str | None, listed: str | None) -> str | None:
    """The detail's instant, or the list row's where the detail states none."""
    return detail if parse_instant(detail) else listed


def _needed(detail: Any, listed: Any, name: str, where: str) -> Any:
    value = _either(detail, listed)
    if value is None or value == "":
        raise AnswerError(f"{where}: neither the list row nor the detail has {name}")
    return value


def merge(account: str, listed: InvoiceAnswer, detail: InvoiceAnswer | None, identity_problem: str) -> Invoice:
    """The invoice that a list row and its detail make; ``AnswerError`` where a needed field is missing in both."""
    where = f"invoice {text_of(listed.number) or text_of(listed.id)}"
    try:
        return _merged(account, listed, detail, identity_problem, where)
    except AnswerError as error:
        message = error.message if error.message.startswith(where) else f"{where}: {error.message}"
        raise AnswerError(
            f"account {account}: {message}",
            account=account,
            remedy="run again later; if it stays so, report it to the platform's support",
        ) from error


def _merged(
    account: str, listed: InvoiceAnswer, detail: InvoiceAnswer | None, identity_problem: str, where: str
) -> Invoice:
    other = detail or InvoiceAnswer()
    listed_status = read_status(listed, f"{where} in billing.listInvoices")
    status = read_status(other, f"{where} in billing.getInvoice") or listed_status
    if status is None:
        raise AnswerError(f"{where}: neither the list row nor the detail has a status")
    currency = _needed(other.currency, listed.currency, "currency", where)
    bounds = usable_period(
        InvoiceAnswer(
            period_start=_stated(other.period_start, listed.period_start),
            period_end=_stated(other.period_end, listed.period_end),
        )
    )
    withheld = _either(other.withholding_tax_amount, listed.withholding_tax_amount)
    tax_rate = _either(other.tax_rate, listed.tax_rate)
    withholding_rate = _either(other.withholding_tax_rate, listed.withholding_tax_rate)
    return Invoice(
        account=account,
        id=text_of(listed.id),
        number=text_of(_either(other.number, listed.number)),
        receipt_number=text_of(_either(other.receipt_number, listed.receipt_number)),
        status=status,
        listed_status=listed_status,
        currency=currency,
        digits=minor_digits(currency),
        subtotal=amount_of(_needed(other.subtotal, listed.subtotal, "subtotal", where)),
        tax=amount_of(_needed(other.tax_amount, listed.tax_amount, "taxAmount", where)),
        total=amount_of(_needed(other.total, listed.total, "total", where)),
        start=bounds[0] if bounds else None,
        end=bounds[1] if bounds else None,
        issued_at=parse_instant(other.issued_at) or parse_instant(listed.issued_at),
        paid_at=parse_instant(other.paid_at) or parse_instant(listed.paid_at),
        tax_rate=None if tax_rate is None else amount_of(tax_rate),
        tax_id=text_of(other.tax_id),
        buyer=other.tax_entity_type or "",
        withholding_rate=None if withholding_rate is None else amount_of(withholding_rate),
        withheld=Decimal(0) if withheld is None else amount_of(withheld),
        lines=tuple(other.line_items or ()),
        shape=shape_of(other.line_items or ()),
        has_detail=detail is not None,
        identity_problem=identity_problem,
        disagreements=_disagreements(listed, detail) if detail else (),
    )


def _disagreements(listed: InvoiceAnswer, detail: InvoiceAnswer) -> tuple[str, ...]:
    digits = minor_digits(detail.currency or listed.currency or "")
    found = []
    for name, reading in _COMPARED.items():
        left, right = getattr(listed, name), getattr(detail, name)
        if left is None or right is None or left == "" or right == "":
            continue
        if not reading(left, right, digits):
            found.append(f"{name}: listed {str(left)[:40]}, detail {str(right)[:40]}")
    return tuple(found)


def _same_text(left: object, right: object, _: int) -> bool:
    return str(left) == str(right)


def _same_amount(left: Number, right: Number, digits: int) -> bool:
    return to_minor(amount_of(left), digits) == to_minor(amount_of(right), digits)


def _same_instant(left: str, right: str, _: int) -> bool:
    first, second = parse_instant(left), parse_instant(right)
    return first is None or second is None or abs(first - second) < _SAME_SECOND


_COMPARED: dict[str, Callable[..., bool]] = {
    "number": _same_text,
    "receipt_number": _same_text,
    "currency": _same_text,
    "status": _same_text,
    "subtotal": _same_amount,
    "tax_amount": _same_amount,
    "total": _same_amount,
    "period_start": _same_instant,
    "period_end": _same_instant,
    "issued_at": _same_instant,
    "paid_at": _same_instant,
    "voided_at": _same_instant,
    "created_at": _same_instant,
}


def as_listed(row: InvoiceAnswer) -> dict[str, str]:
    """What a list row says of an invoice, in one spelling, fields that it lacks left out: two such rows differ where a
    month's books may come out otherwise.
    """
    texts = ("status", "number", "receipt_number", "currency")
    amounts = ("subtotal", "tax_amount", "total")
    instants = ("period_start", "period_end", "issued_at")
    digits = minor_digits(row.currency or "")
    found: dict[str, Any] = {name: text_of(getattr(row, name)) for name in texts}
    found |= {name: to_minor(amount_of(value), digits) for name in amounts if (value := getattr(row, name)) is not None}
    found |= {name: instant.isoformat() for name in instants if (instant := parse_instant(getattr(row, name)))}
    return {name: str(value) for name, value in found.items() if value != ""}


def listed_total(listed: InvoiceAnswer, currency: str = "") -> int | None:
    """The list row's total in minor units, of ``currency`` where the row names none; None where it has no total."""
    if listed.total is None:
        return None
    return to_minor(amount_of(listed.total), minor_digits(listed.currency or currency))
