"""Which month an invoice belongs to, and what a list row and its detail make together (BOOKING 1)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from chargeback.errors import AnswerError
from chargeback.evidence.period import zone
from chargeback.model.answers import InvoiceAnswer, LineItem
from chargeback.model.invoice import Invoice, InvoiceStatus, Shape, booking_month, listed_total, merge, shape_of

ROW: dict[str, Any] = {
    "id": "i1",
    "number": "INV-1",
    "currency": "THB",
    "subtotal": 100,
    "tax_amount": 7,
    "total": 107,
    "status": "open",
    "period_start": "2026-04-30T17:00:00Z",
    "period_end": "2026-05-31T17:00:00Z",
}
LATER = "2026-09-02T00:00:00Z"
WEB, CPU = LineItem(project="web", amount=1), LineItem(sku="cpu", amount=1)


def month(name: str = "Asia/Bangkok", **fields: Any) -> str:
    return str(booking_month(InvoiceAnswer(**fields), zone(name)))


def merged(row: dict[str, Any] | None = None, **detail: Any) -> Invoice:
    listed = InvoiceAnswer(**{**ROW, **(row or {})})
    return merge("A", listed, InvoiceAnswer(**{**ROW, **detail}), "")


@pytest.mark.parametrize(("start", "end", "name", "expected"), [
    ("2026-04-30T17:00:00Z", "2026-05-31T17:00:00Z", "Asia/Bangkok", "2026-05"),
    ("2026-04-30T17:00:00Z", "2026-05-31T17:00:00Z", "UTC", "2026-05"),
    ("2026-05-01T00:00:00+07:00", "2026-05-02T00:00:00+07:00", "Asia/Bangkok", "2026-05"),
    ("2026-05-01T00:00:00+07:00", "2026-05-02T00:00:00+07:00", "UTC", "2026-05"),
    ("2026-05-01T00:00:00+07:00", "2026-05-01T07:00:00+07:00", "UTC", "2026-04"),
    ("2026-05-16T00:00:00Z", "2026-06-15T00:00:00Z", "UTC", "2026-05"),
    ("2026-05-17T00:00:00Z", "2026-06-18T00:00:00Z", "UTC", "2026-06"),
    ("2026-04-30T00:00:00Z", "2026-06-02T00:00:00Z", "UTC", "2026-05"),
    ("2026-03-31T00:00:00-04:00", "2026-04-02T00:00:00-04:00", "America/New_York", "2026-03"),
    ("2026-01-31T23:59:59Z", "2026-02-01T00:00:02Z", "UTC", "2026-02"),
    ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", "UTC", "2026-01"),
    ("2026-02-01T00:00:00Z", "2031-01-01T00:00:00Z", "UTC", "2026-03"),
])  # fmt: skip
def test_an_invoice_belongs_to_the_month_that_holds_most_of_it_a_tie_to_the_earliest(
    start: str, end: str, name: str, expected: str
) -> None:
    assert month(name, period_start=start, period_end=end) == expected


def test_a_tie_counts_real_time_where_clocks_are_changed() -> None:
    bounds = {"period_start": "2026-03-31T00:00:00-04:00", "period_end": "2026-04-02T00:00:00-04:00"}
    assert month("America/New_York", **bounds) == "2026-03"
    october = {"period_start": "2026-10-31T00:00:00+01:00", "period_end": "2026-11-02T00:00:00+01:00"}
    assert month("Europe/Berlin", **october) == "2026-10"


@pytest.mark.parametrize(("fields", "expected"), [
    ({"issued_at": "2026-06-02T00:00:00Z", "created_at": "2026-08-01T00:00:00Z"}, "2026-05"),
    ({"issued_at": "2026-05-31T17:00:00Z"}, "2026-05"),
    ({"issued_at": "2026-05-31T16:59:59Z"}, "2026-04"),
    ({"issued_at": "", "created_at": "2026-06-02T00:00:00Z"}, "2026-05"),
    ({"issued_at": "2026-06-02T00:00:00Z", "period_start": "2026-04-30T17:00:00Z"}, "2026-05"),
    ({"issued_at": LATER, "period_start": "2026-05-02T00:00:00Z", "period_end": "2026-05-01T00:00:00Z"}, "2026-08"),
    ({"issued_at": LATER, "period_start": "2026-05-01T00:00:00Z", "period_end": "2026-05-01T00:00:00Z"}, "2026-08"),
    ({"issued_at": "0001-01-01T00:00:00Z"}, "None"),
    ({}, "None"),
])  # fmt: skip
def test_without_a_usable_period_it_belongs_to_the_month_before_its_issue_else_its_creation(
    fields: dict[str, Any], expected: str
) -> None:
    assert month(**fields) == expected


@pytest.mark.parametrize(("items", "shape"), [
    ([], Shape.NONE), ([WEB], Shape.BY_PROJECT), ([CPU, CPU], Shape.BY_SKU), ([CPU, WEB], Shape.MIXED),
])  # fmt: skip
def test_the_shape_is_that_of_the_lines(items: list[LineItem], shape: Shape) -> None:
    assert shape_of(items) is shape


@pytest.mark.parametrize(("field", "value", "found"), [
    ("total", 120, "total: listed 107, detail 120"),
    ("tax_amount", Decimal("7.01"), "tax_amount: listed 7, detail 7.01"),
    ("subtotal", 99, "subtotal"),
    ("status", "void", "status: listed open, detail void"),
    ("number", "INV-2", "number"),
    ("currency", "USD", "currency"),
    ("period_start", "2026-04-30T18:00:00Z", "period_start"),
    ("period_end", "2026-06-30T17:00:00Z", "period_end"),
])  # fmt: skip
def test_the_detail_decides_and_the_disagreement_is_told(field: str, value: Any, found: str) -> None:
    invoice = merged(**{field: value})
    assert any(text.startswith(found) for text in invoice.disagreements)
    stated = {"total": invoice.total, "tax_amount": invoice.tax, "subtotal": invoice.subtotal, "number": invoice.number}
    if field in stated:
        assert stated[field] == value


@pytest.mark.parametrize(("field", "listed", "detail"), [
    ("total", Decimal("107.004"), 107),
    ("paid_at", "", "2026-06-02T00:00:00Z"),
    ("paid_at", "0001-01-01T00:00:00Z", "2026-06-02T00:00:00Z"),
    ("receipt_number", None, "DPLY-RC-1"),
    ("receipt_number", "", "DPLY-RC-1"),
    ("issued_at", "2026-06-01T17:00:00Z", "2026-06-02T00:00:00.4+07:00"),
    ("number", 17, "17"),
])  # fmt: skip
def test_rounding_a_missing_field_and_another_spelling_are_no_disagreement(
    field: str, listed: Any, detail: Any
) -> None:
    assert merged({field: listed}, **{field: detail}).disagreements == ()


@pytest.mark.parametrize("field", ["number", "currency", "subtotal", "tax_amount", "total", "status", "period_start"])
def test_what_the_detail_lacks_the_list_row_says(field: str) -> None:
    invoice = merged(**{field: None})
    assert (invoice.number, invoice.currency, invoice.total_minor, invoice.tax_minor) == ("INV-1", "THB", 10700, 700)
    assert (invoice.status, invoice.start) == (InvoiceStatus.OPEN, datetime.fromisoformat("2026-04-30T17:00:00+00:00"))
    assert invoice.disagreements == ()


@pytest.mark.parametrize(("field", "name"), [
    ("currency", "currency"), ("subtotal", "subtotal"), ("tax_amount", "taxAmount"), ("total", "total"),
    ("status", "status"),
])  # fmt: skip
def test_what_both_lack_is_an_error_that_names_it(field: str, name: str) -> None:
    with pytest.raises(AnswerError, match=rf"invoice INV-1: neither .* {name}"):
        merged({field: None}, **{field: None})


@pytest.mark.parametrize("side", ["row", "detail"])
def test_an_unknown_status_is_an_error(side: str) -> None:
    with pytest.raises(AnswerError, match=r'"disputed" is not known \(known: draft, open, paid, void\)'):
        merged({"status": "disputed"}) if side == "row" else merged(status="disputed")


def test_without_a_detail_the_list_row_counts() -> None:
    invoice = merge("A", InvoiceAnswer(**ROW), None, "refused")
    assert (invoice.total_minor, invoice.lines, invoice.has_detail) == (10700, (), False)
    assert (invoice.identity_problem, invoice.disagreements) == ("refused", ())


def test_net_is_total_less_tax_whatever_the_subtotal_says() -> None:
    invoice = merged(subtotal=90)
    assert (invoice.net_minor, invoice.subtotal_minor) == (10000, 9000)


def test_an_invoice_without_a_number_is_called_by_its_id() -> None:
    assert merged({"number": ""}, number="").label == "i1"


@pytest.mark.parametrize(("currency", "total"), [("THB", 10700), ("JPY", 107), ("KWD", 107000), (None, 10700)])
def test_the_listed_total_is_in_the_rows_minor_units(currency: str | None, total: int) -> None:
    assert listed_total(InvoiceAnswer(total=107, currency=currency)) == total
    assert listed_total(InvoiceAnswer(currency=currency)) is None


@pytest.mark.parametrize(("currency", "total"), [("JPY", 107), ("KWD", 107000), ("", 10700)])
def test_a_listed_total_without_a_currency_is_in_that_of_the_invoice_it_is_compared_with(
    currency: str, total: int
) -> None:
    assert listed_total(InvoiceAnswer(total=107), currency) == total
    assert listed_total(InvoiceAnswer(total=107, currency="THB"), currency) == 10700


@pytest.mark.parametrize(("sent", "tax_id"), [(105561234567, "105561234567"), ("0105561234567", "0105561234567")])
def test_a_tax_id_that_is_a_number_stays_in_the_journal(sent: Any, tax_id: str) -> None:
    assert merged(tax_id=sent).tax_id == tax_id
