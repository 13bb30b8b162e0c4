"""Where a figure comes from: the file of evidence and the JSON pointer (RFC 6901) at which it stands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from msgspec import Struct

from chargeback.evidence import Answer, Evidence
from chargeback.model.answers import LineItem, text_of
from chargeback.model.facts import AccountFacts
from chargeback.model.instants import parse_instant
from chargeback.model.invoice import Invoice

HEADER_FIGURES = ("subtotal", "taxAmount", "total", "taxRate", "withholdingTaxRate", "withholdingTaxAmount")
PERIOD_FIGURES = ("periodStart", "periodEnd")
_DETAIL, _LIST = "billing.getInvoice", "billing.listInvoices"
_Place = tuple[Answer, str, Mapping[str, Any]]
"""An answer, the pointer to a value in it, and that value."""


class Figure(NamedTuple):
    """One value as the platform sent it; ``of`` says of what: an invoice, a project and resource, a line."""

    name: str
    invoice: str
    of: str
    value: Decimal | str
    answer: Answer
    pointer: str


def pointer(*steps: str | int) -> str:
    """The JSON pointer of these steps."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


class InvoiceSource(Struct, frozen=True):
    """Where one invoice's figures stand: header and period, and the lines (None where it has no detail)."""

    invoice: Invoice
    header: Sequence[Figure]
    lines: tuple[Answer, str] | None

    @property
    def items(self) -> Sequence[LineItem]:
        """The invoice's lines as the detail states them; none where it has no detail."""
        return self.invoice.lines if self.lines else ()

    def line(self, place: int, field: str, value: Decimal) -> Figure:
        """A figure of one of the detail's lines, counted from 0; only where there is a detail."""
        assert self.lines is not None  # noqa: S101 (only a detail has lines)
        answer, base = self.lines
        return Figure(field, self.invoice.label, f"line {place + 1}", value, answer, base + pointer(place, field))


def priced(item: LineItem) -> bool:
    """Whether quantity × unit price can be recomputed."""
    return item.quantity is not None and item.unit_price is not None


def _header(invoice: Invoice, places: Sequence[_Place]) -> Iterator[Figure]:
    """The header's figures, each from the detail where it has the field, else from the list row."""
    for name in HEADER_FIGURES:
        for answer, base, value in places:
            found = value.get(name)
            if found is not None and found != "":
                yield Figure(name, invoice.label, "", Decimal(found), answer, base + pointer(name))
                break


def _period(invoice: Invoice, places: Sequence[_Place]) -> Iterator[Figure]:
    """Start and end, both from the answer whose bounds are used."""
    for answer, base, value in places:
        start, end = (parse_instant(_text(value.get(name))) for name in PERIOD_FIGURES)
        if invoice.start is not None and start and end and start < end:
            for name in PERIOD_FIGURES:
                yield Figure(name, invoice.label, "", str(value[name]), answer, base + pointer(name))
            return


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def invoice_sources(facts: AccountFacts, evidence: Evidence, answers: Iterable[Answer]) -> list[InvoiceSource]:
    """The answers of every invoice of the month, in the account's order."""
    mine = list(answers)
    details = {str(answer.request.get("invoiceId", "")): answer for answer in mine if answer.function == _DETAIL}
    rows = _listed(evidence, [answer for answer in mine if answer.function == _LIST])
    return [_source(invoice, evidence, details.get(invoice.id), rows) for invoice in facts.invoices]


def _parsed(evidence: Evidence, answer: Answer) -> Any:
    """The answer's value, every digit kept; it was checked strictly when the month was read."""
    return json.loads(evidence.body(answer), parse_float=Decimal)


def _listed(evidence: Evidence, answers: Iterable[Answer]) -> dict[str, _Place]:
    found: dict[str, _Place] = {}
    for answer in answers:
        result = _parsed(evidence, answer).get("result")
        for place, row in enumerate((result or {}).get("items") or []):
            found[text_of(row.get("id"))] = (answer, pointer("result", "items", place), row)
    return found


def _source(invoice: Invoice, evidence: Evidence, detail: Answer | None, rows: Mapping[str, _Place]) -> InvoiceSource:
    places: list[_Place] = []
    if invoice.has_detail and detail is not None:
        places.append((detail, pointer("result"), _parsed(evidence, detail)["result"]))
    lines = (detail, pointer("result", "lineItems")) if places and detail and places[0][2].get("lineItems") else None
    if invoice.id in rows:
        places.append(rows[invoice.id])
    return InvoiceSource(invoice, (*_header(invoice, places), *_period(invoice, places)), lines)
