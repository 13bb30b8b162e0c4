"""The invoices' PDFs: they are there and name what they must, and never hold up the books."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit.months import account, checks, document, invoice, month, of, report, settled

PAID = invoice("I", of("acme-web", 1), status="paid")


def results(*documents: Any, given: dict[str, Any] = PAID, settles: bool = True) -> list[tuple[str, str]]:
    shown = report(("acme-web", "CPU", 1, 1))
    settlements = (settled(),) if settles else ()
    books = month(account(given, report=shown, documents=documents), settlements=settlements).books()
    assert books.accounts[0].ledger_total == 100
    return [(check.subject_name, check.outcome.value) for check in checks(books, "invoice-pdf")]


@pytest.mark.parametrize(("fields", "outcome"), [
    ({}, "pass"),
    ({"carried": True}, "pass"),
    ({"outcome": "unreadable", "detail": "no text"}, "notice"),
    ({"outcome": "unavailable", "detail": "HTTP 503"}, "exception"),
    ({"outcome": "not-pdf"}, "exception"),
    ({"outcome": "fragment", "detail": "it has no %%EOF"}, "exception"),
    ({"currencies": ("THB",)}, "pass"),
    ({"currencies": ("THB", "USD")}, "pass"),
    ({"currencies": ("USD",)}, "exception"),
    ({"names_number": False}, "exception"),
    ({"names_total": False}, "exception"),
    ({"names_number": False, "names_total": False}, "exception"),
])  # fmt: skip
@pytest.mark.parametrize("kind", ["invoice", "receipt"])
def test_what_came_of_a_document_is_its_check(kind: str, fields: dict[str, Any], outcome: str) -> None:
    other = "receipt" if kind == "invoice" else "invoice"
    subject = "receipt" if kind == "receipt" else ""
    found = results(document("i", kind, **fields), document("i", other))
    assert sorted(found) == sorted([(subject, outcome), ("receipt" if subject == "" else "", "pass")])


@pytest.mark.parametrize("status", ["open", "paid"])
def test_an_invoice_whose_payment_the_month_does_not_settle_has_no_receipt(status: str) -> None:
    assert results(document("i"), given={**PAID, "status": status}, settles=False) == [("", "pass")]


def test_a_document_that_was_not_asked_for_is_an_exception() -> None:
    assert results() == [("", "exception"), ("receipt", "exception")]


def test_currencies_that_differ_are_said() -> None:
    books = month(account(PAID, documents=(document("i", currencies=("CNY", "JPY")),))).books()
    message = "the PDF states the total in CNY or JPY, the invoice is in THB"
    assert checks(books, "invoice-pdf")[0].message == message


def test_what_the_pdf_lacks_is_said() -> None:
    books = month(account(PAID, documents=(document("i", names_number=False, names_total=False),))).books()
    assert checks(books, "invoice-pdf")[0].message == (
        "the PDF does not name the invoice's number and total: is it another invoice's?"
    )
