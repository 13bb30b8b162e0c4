"""``exports/focus-invoice-detail.csv`` and ``focus-billing-period.csv``: FOCUS 1.4 beside cost and usage.

The invoices' own side, made from their headers and lines, never from the ledger: one record an invoice line (net), one
for its tax, one for what it holds beyond its lines. Joined by ``InvoiceIssuerName``, ``InvoiceId`` and
``InvoiceDetailId`` (in a 1.2 file by the first two) with ``focus.csv``, which is made from the ledger, both sides of
every invoice add up to the same cost: the control total of the division (docs/focus.md).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby

from chargeback.config import Config
from chargeback.model.answers import LineItem, amount_of
from chargeback.model.books import Books, Status
from chargeback.model.instants import format_instant, parse_instant
from chargeback.model.invoice import Invoice
from chargeback.model.money import format_exact, format_minor
from chargeback.model.posting import PostedLine
from chargeback.model.text import cleaned
from chargeback.publish.exports.focus_cells import PROVIDER, account_text, cell, cells, decimal_text

USAGE, TAX, CREDIT, ADJUSTMENT = "Usage", "Tax", "Credit", "Adjustment"
"""``ChargeCategory``."""
_JSON = json.JSONEncoder(ensure_ascii=False).encode
NOT_STATED = "Not stated"
"""``PaymentTerms``, which FOCUS wants of every invoice and no answer of the platform has."""
NOTHING_STATED = "," * 4
"""The last five cells of a record that is no line of the invoice."""

DETAIL_COLUMNS = (
    "InvoiceIssuerName",
    "InvoiceId",
    "InvoiceDetailId",
    "BillingAccountId",
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "ChargeCategory",
    "BilledCost",
    "InvoiceDetailDescription",
    "InvoiceDetailGrain",
    "InvoiceDetailCreated",
    "InvoiceDetailLastUpdated",
    "InvoiceIssueDate",
    "InvoiceIssueStatus",
    "PaymentDueDate",
    "PaymentTerms",
    "ReferenceInvoiceId",
    "x_Period",
    "x_BillingAccountId",
    "x_InvoiceLine",
    "x_InvoicedAmount",
    "x_Quantity",
    "x_Unit",
    "x_UnitPrice",
)
PERIOD_COLUMNS = (
    "InvoiceIssuerName",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "BillingPeriodStatus",
    "BillingPeriodCreated",
    "BillingPeriodLastUpdated",
    "x_Period",
    "x_Revision",
)


def detail_id(invoice: str, line: int) -> str:
    """``InvoiceDetailId`` of a line of the invoice with that id, from 1; of what it holds beyond its lines, 0."""
    return f"{invoice}/{line or 'adjustment'}"


def tax_id(invoice: str) -> str:
    """``InvoiceDetailId`` of the invoice's tax."""
    return f"{invoice}/tax"


def is_credit(posted: PostedLine) -> bool:
    """Whether the line gives money back: a negative line, or any line of a credit note."""
    return posted.invoice.total < 0 or (posted.item is not None and posted.gross < 0)


def invoice_details(books: Books, config: Config) -> Iterator[bytes]:
    """The records of every booked invoice, in the ledger's order of accounts and invoices; records of zero too, but no
    tax and no adjustment of zero."""
    bounds = _bounds(books, config)
    yield _heading(DETAIL_COLUMNS)
    for posting in books.posting.postings:
        for _, group in groupby(posting.posted, key=lambda posted: posted.invoice.id):
            lines = list(group)
            invoice = lines[0].invoice
            shared = _Shared(invoice, bounds, str(books.period), _run_at(books))
            records = [*map(shared.record, lines), *([shared.tax()] if invoice.tax_minor else ())]
            yield "".join(records).encode()


def billing_periods(books: Books, config: Config) -> Iterator[bytes]:
    """One record: the month; ``Closed`` unless exceptions are left, for which its records may be revised."""
    status = "Open" if books.status is Status.EXCEPTIONS else "Closed"
    run_at = _run_at(books)
    yield _heading(PERIOD_COLUMNS)
    texts = (PROVIDER, *_bounds(books, config), status, run_at, run_at, str(books.period), f"r{books.revision}")
    yield f"{cells(*texts)[:-1]}\r\n".encode()


class _Shared:
    """What the records of one invoice share."""

    def __init__(self, invoice: Invoice, bounds: tuple[str, str], period: str, run_at: str) -> None:
        self.invoice = invoice
        account, label = account_text(invoice.account), invoice.label
        self._who = cells(PROVIDER, label)
        self._where = cells(account, invoice.currency, *bounds)
        terms = (_to_seconds(invoice.issued_at), "Issued", "", NOT_STATED, label)
        self._when = cells(run_at, run_at, *terms, period, invoice.account)

    def record(self, posted: PostedLine) -> str:
        """A line of the invoice, or what it holds beyond its lines: net of tax."""
        item = posted.item
        category = CREDIT if is_credit(posted) else USAGE if item else ADJUSTMENT
        text = (item.description or "") if item else "What the invoice holds beyond its lines"
        own = detail_id(self.invoice.id, posted.number)
        return self._row(own, category, posted.net, text, _grain(posted), _stated(posted.number, item))

    def tax(self) -> str:
        """The invoice's tax."""
        return self._row(tax_id(self.invoice.id), TAX, self.invoice.tax_minor, "Tax", {}, NOTHING_STATED)

    def _row(self, own: str, category: str, amount: int, text: str, grain: Mapping[str, object], stated: str) -> str:
        cost = decimal_text(format_minor(amount, self.invoice.digits))
        what = cells(text, _JSON(grain) if grain else "")
        return f"{self._who}{cell(own)},{self._where}{category},{cost},{what}{self._when}{stated}\r\n"


def _grain(posted: PostedLine) -> dict[str, object]:
    """What makes the line one of its own: the project or SKU, and its place on the invoice."""
    item = posted.item
    if item is None:
        return {}
    named = {"SubAccountId": posted.project} if item.is_by_project else {"SkuId": item.sku_label}
    return {**{key: cleaned(value) for key, value in named.items() if value}, "x_InvoiceLine": posted.number}


def _stated(number: int, item: LineItem | None) -> str:
    """The line as the invoice states it: its place, amount (gross where it is by project), quantity, unit and price."""
    if item is None:
        return NOTHING_STATED
    figures = (item.amount, item.quantity, item.unit_price)
    amount, quantity, price = ("" if each is None else format_exact(amount_of(each)) for each in figures)
    return f"{number},{amount},{quantity},{cells(item.unit or '')}{price}"


def _bounds(books: Books, config: Config) -> tuple[str, str]:
    return format_instant(books.period.start(config.timezone)), format_instant(books.period.end(config.timezone))


def _run_at(books: Books) -> str:
    """When the records of this revision were made."""
    return _to_seconds(parse_instant(books.posting.run.run_at))


def _heading(columns: Iterable[str]) -> bytes:
    return f"{','.join(columns)}\r\n".encode()


def _to_seconds(instant: datetime | None) -> str:
    """FOCUS' Date/Time: whole seconds, in UTC; "" if there is none."""
    return format_instant(instant.replace(microsecond=0)) if instant else ""
