"""The platform's answers as typed values (CONTRACT, functions): unknown fields are ignored, wrong types are refused.

Amounts come out as ``Decimal`` with every digit as sent, ids as text (integers as their digits), times as instants or
None. Nothing is judged here: whether an answer is the one asked for is decided in ``model.booking``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from chargeback.errors import AnswerError
from chargeback.model import strict_json
from chargeback.model.instants import parse_instant

Number = int | Decimal
Identifier = str | int
Decoded = TypeVar("Decoded")

INACTIVE = "api: billing account not active"
UNAUTHORIZED = "api: unauthorized"
ACCESS_REFUSALS = (
    UNAUTHORIZED,
    "api: forbidden",
    "api: billing account not found",
    "api: you do not have permission to perform this action on the billing account",
)
_PAGE_WORDS = ("cursor", "pagetoken", "nextpage", "nexttoken", "nextlink")


class AccountAnswer(msgspec.Struct, kw_only=True, frozen=True, rename="camel"):
    """``billing.get``, and an item of ``billing.list``."""

    id: Identifier
    name: str | None = None
    type: str | None = None
    tax_id: Identifier | None = None
    tax_name: str | None = None
    active: bool | None = None
    role: str | None = None


class ProjectAnswer(msgspec.Struct, kw_only=True, frozen=True, rename="camel"):
    """An item of ``project.list``; ``project`` is the sid."""

    id: Identifier | None = None
    project: Identifier | None = None
    name: str | None = None
    billing_account: Identifier | None = None


class ReportRow(msgspec.Struct, kw_only=True, frozen=True, rename="camel"):
    """A row of ``billing.report``: one project and resource; ``billingValue`` has more decimals than the currency."""

    project_sid: Identifier | None = None
    project_id: Identifier | None = None
    name: str | None = None
    usage_value: Number | None = None
    billing_value: Number


class ChartSeries(msgspec.Struct, kw_only=True, frozen=True, rename="camel"):
    """One project's daily cost."""

    name: str | None = None
    data: list[Number | None] | None = None


class Chart(msgspec.Struct, kw_only=True, frozen=True, rename="camel"):
    """The report's daily chart; categories are display labels."""

    categories: list[str | int | None] | None = None
    series: list[ChartSeries] | None = None


class ReportAnswer(msgspec.Struct, kw_only=True, frozen=True, rename="camel"):
    """``billing.report``."""

    range: str | None = None
    rows: list[ReportRow] | None = msgspec.field(name="list")
    chart: Chart | None = None


class LineItem(msgspec.Struct, kw_only=True, frozen=True, rename="camel"):
    """A line of an invoice: by project (``amount`` gross) or by SKU (``amount`` net)."""

    project_id: Identifier | None = None
    project: Identifier | None = None
    description: str | None = None
    sku: str | None = None
    quantity: Number | None = None
    unit: str | None = None
    unit_price: Number | None = None
    amount: Number

    @property
    def is_by_project(self) -> bool:
        """Whether the line names a project, so that its amount is gross."""
        return bool(text_of(self.project) or text_of(self.project_id))

    @property
    def sku_label(self) -> str:
        """What a by-SKU line is of: its SKU, else its description."""
        return self.sku or self.description or ""


class InvoiceAnswer(msgspec.Struct, kw_only=True, frozen=True, rename="camel"):
    """A row of ``billing.listInvoices``, and with more fields ``billing.getInvoice``; absent fields are None."""

    id: Identifier | None = None
    billing_account_id: Identifier | None = None
    number: Identifier | None = None
    receipt_number: Identifier | None = None
    currency: str | None = None
    period_start: str | None = None
    period_end: str | None = None
    subtotal: Number | None = None
    tax_amount: Number | None = None
    total: Number | None = None
    status: str | None = None
    issued_at: str | None = None
    paid_at: str | None = None
    voided_at: str | None = None
    created_at: str | None = None
    tax_rate: Number | None = None
    tax_id: Identifier | None = None
    tax_name: str | None = None
    withholding_tax_rate: Number | None = None
    withholding_tax_amount: Number | None = None
    line_items: list[LineItem] | None = None


def text_of(value: Identifier | None) -> str:
    """An id as text, an integer as its digits, None as ""."""
    return "" if value is None else str(value)


def amount_of(value: Number) -> Decimal:
    """A JSON number as an exact decimal."""
    return value if isinstance(value, Decimal) else Decimal(value)


def refusal(value: Any) -> str | None:
    """The message of an ``ok: false`` envelope, None for ``ok: true``; ``AnswerError`` where it is no envelope."""
    if not isinstance(value, dict) or not isinstance(value.get("ok"), bool):
        raise AnswerError('not the platform\'s envelope: {"ok": true, "result": …} was expected')
    if value["ok"]:
        return None
    error = value.get("error")
    message = error.get("message") if isinstance(error, dict) else error
    return message if isinstance(message, str) and message else "refused without a message"


def is_access_refusal(message: str) -> bool:
    """Whether the refusal means that the caller may not read this account, or that there is no such account."""
    return message.strip() in ACCESS_REFUSALS


def is_inactive_refusal(message: str) -> bool:
    """Whether the platform refuses the account as inactive."""
    return message.strip().startswith(INACTIVE)


def result_of(value: Any) -> Any:
    """The ``result`` of an ``ok: true`` envelope; ``AnswerError`` where there is none."""
    if "result" not in value:
        raise AnswerError('"ok" is true, but there is no "result"')
    return value["result"]


def _convert(value: Any, kind: type[Decoded], where: str) -> Decoded:
    try:
        return msgspec.convert(value, kind, builtin_types=[Decimal])
    except msgspec.ValidationError as error:
        raise AnswerError(f"{where}: {error}") from error


def decode(value: Any, kind: type[Decoded], function: str) -> Decoded:
    """The result of an envelope as the type asked for; ``AnswerError`` with the path of what does not fit."""
    return _convert(result_of(value), kind, function)


def decode_items(value: Any, kind: type[Decoded], function: str) -> list[Decoded]:
    """The items of a list answer; ``AnswerError`` where they don't fit, or where there are more."""
    result = result_of(value)
    if not isinstance(result, dict):
        raise AnswerError(f"{function}: an object with items was expected")
    marker = page_marker(result)
    if marker:
        raise AnswerError(f'{function}: "{marker}" says that the list is incomplete, and no further page is understood')
    if "items" not in result:
        raise AnswerError(f"{function}: no items")
    items = [] if result["items"] is None else result["items"]
    return _convert(items, list[kind], f"{function} items")  # type: ignore[valid-type]


def page_marker(result: dict[str, Any]) -> str | None:
    """The field that says that a list has further pages, None where there is none (CONTRACT, transport)."""
    for key, value in result.items():
        lower = key.lower().replace("_", "").replace("-", "")
        if lower == "hasmore" and value is True:
            return key
        if isinstance(value, str) and value and (lower == "next" or any(word in lower for word in _PAGE_WORDS)):
            return key
    return None


def parse_answer(data: bytes, where: str, read: Callable[[Any], Decoded]) -> Decoded:
    """Parse bytes and read the value; whatever is wrong becomes an ``AnswerError`` that begins with ``where``."""
    try:
        return read(strict_json.parse(data))
    except AnswerError as error:
        raise AnswerError(f"{where}: {error.message}", account=error.account, remedy=error.remedy) from error


def first_instant(texts: Iterable[str | None]) -> datetime | None:
    """The first text that says a time, as an instant; None where none does."""
    for text in texts:
        instant = parse_instant(text)
        if instant is not None:
            return instant
    return None
