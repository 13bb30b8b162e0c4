"""The platform's answers as typed values (CONTRACT, functions): unknown fields are ignored, wrong types are refused.

Amounts come out as ``Decimal`` with every digit as sent, ids as text (integers as their digits), times as instants or
None. Nothing is judged here: whether an answer is the one asked for is decided in ``model.booking``.

Every text, identifier, list and whole answer has a largest size. The limits are far above what a real bill holds; they
keep an answer from outside from taking the job's memory or time. The types of all answers are made ready when this
module is imported, in one thread: two threads that meet a type for the first time together crash the interpreter.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from sys import intern
from typing import Annotated, Any, TypeVar

import msgspec

from chargeback.errors import AnswerError
from chargeback.model import strict_json

LONGEST_IDENTIFIER = 256
"""Characters of an id, a sid, a number or a tax id."""
LONGEST_TEXT = 4_000
"""Characters of a name, a description or any other text that the program reads."""
LONGEST_CHART = 1_000
"""Days of a chart: the longest range is a year."""
MOST_SERIES = 100_000
MOST_LINES = 100_000
"""Lines of one invoice."""
MOST_ITEMS = 100_000
"""Entries of a list: accounts, projects, invoices, deployments."""
MOST_ROWS = 250_000
"""Rows of one report: one a project and resource."""

_MEGABYTE = 1024 * 1024
LARGEST_ANSWERS = {
    "billing.list": 8 * _MEGABYTE,
    "billing.get": _MEGABYTE,
    "billing.report": 32 * _MEGABYTE,
    "billing.listInvoices": 32 * _MEGABYTE,
    "billing.getInvoice": 32 * _MEGABYTE,
    "billing.downloadInvoice": _MEGABYTE // 4,
    "billing.downloadReceipt": _MEGABYTE // 4,
    "project.list": 32 * _MEGABYTE,
    "project.usage": _MEGABYTE,
    "billing.skus": _MEGABYTE,
    "deployment.list": 8 * _MEGABYTE,
}
"""Bytes of an answer to each function that is called at all (CONTRACT, functions)."""

Number = int | Decimal
Text = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)]
Identifier = Annotated[str, msgspec.Meta(max_length=LONGEST_IDENTIFIER)] | int
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
    name: Text | None = None
    type: Text | None = None
    tax_id: Identifier | None = None
    tax_name: Text | None = None
    active: bool | None = None
    role: Text | None = None


class ProjectAnswer(msgspec.Struct, kw_only=True, frozen=True, rename="camel"):
    """An item of ``project.list``; ``project`` is the sid."""

    id: Identifier | None = None
    project: Identifier | None = None
    name: Text | None = None
    billing_account: Identifier | None = None


class ReportRow(msgspec.Struct, kw_only=True, frozen=True, rename="camel"):
    """A row of ``billing.report``: one project and resource; ``billingValue`` has more decimals than the currency."""

    project_sid: Identifier | None = None
    project_id: Identifier | None = None
    name: Text | None = None
    usage_value: Number | None = None
    billing_value: Number


class ReportProject(msgspec.Struct, kw_only=True, frozen=True, rename="camel"):
    """An entry of the report's ``projectList``; some servers may give an id too."""

    sid: Identifier | None = None
    id: Identifier | None = None
    project_id: Identifier | None = None
    name: Text | None = None


class ChartSeries(msgspec.Struct, kw_only=True, frozen=True, rename="camel"):
    """One project's daily cost."""

    name: Text | None = None
    data: Annotated[list[Number | None], msgspec.Meta(max_length=LONGEST_CHART)] | None = None


class Chart(msgspec.Struct, kw_only=True, frozen=True, rename="camel"):
    """The report's daily chart; categories are display labels."""

    categories: Annotated[list[Text | int | None], msgspec.Meta(max_length=LONGEST_CHART)] | None = None
    series: Annotated[list[ChartSeries], msgspec.Meta(max_length=MOST_SERIES)] | None = None


class ReportAnswer(msgspec.Struct, kw_only=True, frozen=True, rename="camel"):
    """``billing.report``."""

    range: Text | None = None
    rows: Annotated[list[ReportRow], msgspec.Meta(max_length=MOST_ROWS)] | None = msgspec.field(name="list")
    chart: Chart | None = None
    project_list: Annotated[list[ReportProject], msgspec.Meta(max_length=MOST_ITEMS)] | None = None


_NO_TEXT = (None, "")
"""What an identifier that says nothing can be: a number says something, 0 too."""


class LineItem(msgspec.Struct, frozen=True, rename="camel"):  # by position: a large month's are read back so, fast
    """A line of an invoice: by project (``amount`` gross) or by SKU (``amount`` net)."""

    amount: Number
    project_id: Identifier | None = None
    project: Identifier | None = None
    description: Text | None = None
    sku: Text | None = None
    quantity: Number | None = None
    unit: Text | None = None
    unit_price: Number | None = None

    @property
    def is_by_project(self) -> bool:
        """Whether the line names a project, so that its amount is gross."""
        return self.project not in _NO_TEXT or self.project_id not in _NO_TEXT

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
    currency: Text | None = None
    period_start: Text | None = None
    period_end: Text | None = None
    subtotal: Number | None = None
    tax_amount: Number | None = None
    total: Number | None = None
    status: Text | None = None
    issued_at: Text | None = None
    paid_at: Text | None = None
    voided_at: Text | None = None
    created_at: Text | None = None
    tax_rate: Number | None = None
    tax_id: Identifier | None = None
    tax_name: Text | None = None
    tax_entity_type: Text | None = None
    withholding_tax_rate: Number | None = None
    withholding_tax_amount: Number | None = None
    line_items: Annotated[list[LineItem], msgspec.Meta(max_length=MOST_LINES)] | None = None


class DeploymentAnswer(msgspec.Struct, kw_only=True, frozen=True, rename="camel"):
    """An item of ``deployment.list``."""

    name: Text
    location: Text | None = None
    allocated_price: Number | None = None


_LISTS: dict[type[Any], Any] = {
    kind: Annotated[list[kind], msgspec.Meta(max_length=MOST_ITEMS)]  # type: ignore[valid-type]
    for kind in (AccountAnswer, ProjectAnswer, ReportAnswer, InvoiceAnswer, DeploymentAnswer)
}
"""Every type that answers are decoded to, and the list of it."""


def _make_ready() -> None:
    """Build all type information now, while the module's import keeps other threads out."""
    for kind, items in _LISTS.items():
        for target in (kind, items):
            with suppress(msgspec.ValidationError):
                msgspec.convert(None, target, builtin_types=[Decimal])


_make_ready()


def text_of(value: Identifier | None) -> str:
    """An id as text, an integer as its digits, None as "".

    Several answers name each project: the same text is one object, as the texts of large months are tens of MB.
    """
    return "" if value is None else intern(str(value))


def amount_of(value: Number) -> Decimal:
    """A JSON number as an exact decimal."""
    return value if isinstance(value, Decimal) else Decimal(value)


def is_ok(value: Any) -> bool:
    """Whether an envelope answers rather than refuses; ``AnswerError`` where the value is no envelope."""
    if not isinstance(value, dict) or not isinstance(value.get("ok"), bool):
        raise AnswerError('no envelope: expected an object with "ok": true or false')
    return value["ok"] is True


def refused_with(envelope: dict[str, Any]) -> str:
    """The platform's words where an envelope refuses, as sent; "" where it says nothing."""
    error = envelope.get("error")
    message = error.get("message") if isinstance(error, dict) else error
    return message if isinstance(message, str) else ""


def refusal(value: Any) -> str | None:
    """The message of an ``ok: false`` envelope, None for ``ok: true``; ``AnswerError`` where it is no envelope."""
    return None if is_ok(value) else refused_with(value) or "refused without a message"


def is_access_refusal(message: str) -> bool:
    """Whether the refusal means that the caller may not read this account, or that there is no such account."""
    return message.strip() in ACCESS_REFUSALS


def is_inactive_refusal(message: str) -> bool:
    """Whether the platform refuses the account as inactive."""
    return message.strip().startswith(INACTIVE)


def result_of(value: Any) -> Any:
    """The ``result`` of an ``ok: true`` envelope; ``AnswerError`` if there is none."""
    if "result" not in value:
        raise AnswerError('"ok" is true, but there is no "result"')
    return value["result"]


def _convert(value: Any, target: Any, where: str) -> Any:
    try:
        return msgspec.convert(value, target, builtin_types=[Decimal])
    except msgspec.ValidationError as error:
        raise AnswerError(f"{where}: {error}") from error


def decode(value: Any, kind: type[Decoded], function: str) -> Decoded:
    """The result of an envelope as the type asked for; ``AnswerError`` with the path of what does not fit.

    ``KeyError`` (a bug) for a type that was not made ready.
    """
    if kind not in _LISTS:
        raise KeyError(kind)
    decoded: Decoded = _convert(result_of(value), kind, function)
    return decoded


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
    if isinstance(items, list) and len(items) > MOST_ITEMS:
        remedy = "divide the accounts over credentials or archives that see fewer of them"
        raise AnswerError(f"{function}: {len(items):,} items, at most {MOST_ITEMS:,} are read", remedy=remedy)
    decoded: list[Decoded] = _convert(items, _LISTS[kind], f"{function} items")
    return decoded


def page_marker(result: dict[str, Any]) -> str | None:
    """The field that says that a list has further pages, None if there is none (CONTRACT, transport)."""
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
