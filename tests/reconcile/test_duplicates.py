"""What is billed twice: a number that a void invoice has too, and one invoice, number or project in two accounts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit.months import END, MIDDLE, START, Account, account, checks, invoice, month, of, report, sku

WEB = invoice("INV-1", of("acme-web", 100))
FIRST_HALF, SECOND_HALF = {"periodStart": START, "periodEnd": MIDDLE}, {"periodStart": MIDDLE, "periodEnd": END}


def in_two_accounts(first: dict[str, Any], second: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    """What is found beyond each account by itself, and where it stands."""
    books = month(Account([first], id="1"), Account([second], id="2")).books()
    return [
        (check.account, check.invoice, check.subject_name, check.outcome.value, check.message)
        for check in checks(books, "invoice-duplicate")
        if check.outcome != "pass"
    ]


@pytest.mark.parametrize(("listed", "detail", "outcome"), [
    ("open", "void", "pass"), ("void", "void", "pass"), ("open", "open", "exception"), ("paid", "paid", "exception"),
])  # fmt: skip
def test_a_number_is_twice_there_where_both_details_are_issued_whatever_the_list_says(
    listed: str, detail: str, outcome: str
) -> None:
    """Else an invoice that was replaced under its own number would be doubted for ever."""
    other = {**invoice("INV-1", of("acme-data", 5)), "id": "replaced", "status": detail, "_row": {"status": listed}}
    books = month(account(WEB, other, report=report())).books()
    assert [check.outcome for check in checks(books, "invoice-duplicate")] == [outcome]


def test_an_invoice_in_the_lists_of_two_accounts_is_not_paid_twice_unseen() -> None:
    message = "INV-1 is an invoice of account 1 too: it is booked in both"
    assert in_two_accounts(WEB, WEB) == [("2", "INV-1", "", "exception", message)]


def test_a_number_that_two_accounts_have_is_a_notice_since_each_may_count_for_itself() -> None:
    other = {**invoice("INV-1", of("acme-data", 100)), "id": "another"}
    message = "account 1 has another invoice with the number INV-1"
    assert in_two_accounts(WEB, other) == [("2", "INV-1", "", "notice", message)]


def test_a_project_that_two_accounts_bill_for_the_same_days_is_not_charged_twice_unseen() -> None:
    message = "acme-web is billed in INV-2 and, for the same days, in INV-1 of account 1"
    assert in_two_accounts(WEB, invoice("INV-2", of("acme-web", 7))) == [
        ("2", "INV-2", "acme-web", "exception", message)
    ]


@pytest.mark.parametrize(("first", "second"), [
    (WEB, invoice("INV-2", of("acme-data", 7))),
    (WEB, invoice("INV-2", of("acme-web", -7))),
    (WEB, invoice("INV-2", sku("cpu", 7))),
    ({**WEB, **FIRST_HALF}, invoice("INV-2", of("acme-web", 7), **SECOND_HALF)),
    (WEB, {**invoice("INV-1", of("acme-web", 100)), "status": "void"}),
    (invoice("", of("acme-web", 100)), {**invoice("", of("acme-data", 100)), "id": "i1"}),
])  # fmt: skip
def test_other_projects_other_days_credit_and_void_invoices_are_no_duplicates(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    assert in_two_accounts(first, second) == []
