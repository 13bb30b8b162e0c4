"""``settlement`` and ``journal-accounts``: what was paid still stands, and every leg has an account."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from chargeback.evidence import UnsettledPayment
from chargeback.evidence.period import Period
from chargeback.model.books import Status
from chargeback.model.check import Check
from tests.kit.months import TEAMS, account, checks, invoice, month, of, report, settled

REPORT = report(("acme-web", "CPU", 1, 107))


def found(change: dict[str, Any], config: str = TEAMS, *, elsewhere: bool = True, **paid: Any) -> list[Check]:
    """The checks where an invoice of 107.00 was settled and is so now."""
    given = {"tax": 7, "status": "paid", "receiptNumber": "RC-1", "taxRate": Decimal("0.07"), **change}
    record = settled(total=10_700, tax=700, tax_pending=700, receipt="RC-1", **paid)
    records: dict[str, Any] = {"settled" if elsewhere else "settlements": (record,)}
    shown = month(account(invoice("I", of("acme-web", "107"), **given), report=REPORT), config=config, **records)
    return checks(shown.books(), "settlement")


def test_an_invoice_that_stands_as_it_was_paid_passes() -> None:
    (check,) = found({})
    assert (check.outcome, check.message) == ("pass", "1 settled invoice found as paid")


@pytest.mark.parametrize("elsewhere", [True, False], ids=["settled by another month", "by this one"])
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"status": "void"}, "void"),
        ({"status": "open"}, "open"),
        ({"tax": "6.5"}, "of another tax: 6.50, it was 7.00"),
        ({"total": "106"}, "of another total: 106.00, it was 107.00"),
        ({"currency": "USD"}, "of another currency: USD, it was THB"),
        ({"receiptNumber": "RC-2"}, "of another receipt: RC-2, it was RC-1"),
    ],
)
def test_what_was_paid_and_is_otherwise_now_is_an_exception_with_what_was_paid_and_withheld(
    change: dict[str, Any], told: str, elsewhere: bool
) -> None:
    (check,) = [each for each in found(change, elsewhere=elsewhere, withheld=300) if each.outcome != "notice"]
    assert (check.outcome, check.invoice, check.variance, check.currency) == ("exception", "I", 107, "THB")
    assert check.message == f"104.00 THB was paid and 3.00 withheld, and the invoice is {told} now"


def test_an_invoice_that_is_gone_is_an_exception() -> None:
    shown = month(account(report=None), settled=(settled(total=10_700, tax=700),))
    (check,) = checks(shown.books(), "settlement")
    assert (check.outcome, check.variance) == ("exception", 107)
    assert "no longer listed" in check.message


@pytest.mark.parametrize(("up_to", "outcome"), [("107.00", "accepted"), ("106.99", "exception")])
def test_it_is_accepted_up_to_what_was_paid(up_to: str, outcome: str) -> None:
    accepted = f"""
[[accepted]]
check = "settlement"
account = "1042"
invoice = "I"
up_to = "{up_to}"
until = "2026-05"
reason = "refunded in June"
by = "finance@acme.example"
"""
    (check,) = [each for each in found({"status": "open"}, TEAMS + accepted) if each.variance]
    assert check.outcome == outcome


def test_tax_withheld_that_is_recorded_after_the_settlement_is_told() -> None:
    change = {"withholdingTaxRate": Decimal("0.03"), "withholdingTaxAmount": 3}
    passed, told = found(change)
    assert (passed.outcome, told.outcome, told.invoice) == ("pass", "notice", "I")
    assert told.message.startswith("3.00 THB is withheld now, and its settlement books 0.00: book the difference")
    assert [check.outcome for check in found(change, withheld=300)] == ["pass"]


@pytest.mark.parametrize(
    ("withheld", "rate", "problem"),
    [
        (300, "0.03", ""),
        (0, "0.03", ""),
        (500, "0.03", "withheld is 5.00, subtotal × rate is 3.00"),
        (1, "", "withheld is 0.01, subtotal × rate is 0.00"),
    ],
)
def test_tax_withheld_of_an_earlier_months_invoice_is_held_to_its_rate_where_it_is_booked(
    withheld: int, rate: str, problem: str
) -> None:
    record = settled(total=10_700, tax=700, withheld=withheld, withholding_rate=rate, concerns=Period(2026, 4))
    shown = month(account(invoice("J", of("acme-web", "107")), report=REPORT), config=TEAMS, settlements=(record,))
    found = checks(shown.books(), "invoice-withholding")
    assert [check.message for check in found if check.outcome == "exception"] == ([problem] if problem else [])


def test_an_invoice_that_was_paid_and_void_before_any_month_could_book_it_is_told() -> None:
    void = invoice("I", of("acme-web", "107"), status="void", paidAt="2026-06-02T00:00:00Z")
    other = invoice("J", of("acme-web", "107"))
    passed, told = checks(month(account(void, other, report=REPORT)).books(), "settlement")
    assert (passed.outcome, told.outcome, told.invoice) == ("pass", "notice", "I")
    assert told.message == "107.00 THB was paid on 2026-06-02 (UTC), the invoice is void, and no journal books it"


def test_payments_that_no_month_can_book_are_one_notice() -> None:
    unsettled = tuple(UnsettledPayment("1042", name, Period(2026, 4), "2026-04 is not archived") for name in "AB")
    shown = month(account(invoice("I", of("acme-web", "107")), report=REPORT), unsettled=unsettled)
    passed, told = checks(shown.books(), "settlement")
    assert (passed.message, told.outcome) == ("no invoice is settled yet", "notice")
    assert told.message == (
        "paid in 2026-05, and not settled here: A of 1042 (2026-04): 2026-04 is not archived; "
        "B of 1042 (2026-04): 2026-04 is not archived"
    )


def test_each_leg_without_an_account_is_one_notice_with_the_line_to_add() -> None:
    given = account(
        invoice("I", of("acme-web", "107"), of("nobody", "5"), tax=7, taxRate=Decimal("0.07")), report=REPORT
    )
    record = settled(total=11_200, tax=700, tax_pending=700, withheld=300)
    books = month(given, config=TEAMS, settlements=(record,)).books()
    found = checks(books, "journal-accounts")
    assert {check.outcome.value for check in found} == {"notice"}
    assert sorted(check.subject_name for check in found) == [
        "clearing", "input_vat", "input_vat_pending", "payable", "unassigned", "withholding"
    ]  # fmt: skip
    assert 'add payable = "…" to [journal]' in next(each.message for each in found if each.subject_name == "payable")


def test_accounts_for_all_legs_pass() -> None:
    legs = ("expense", "input_vat", "input_vat_pending", "payable", "withholding", "clearing")
    config = TEAMS + "[journal]\n" + "".join(f'{leg} = "1"\n' for leg in legs)
    books = month(account(invoice("I", of("acme-web", "107")), report=REPORT), config=config).books()
    (check,) = checks(books, "journal-accounts")
    assert (check.outcome, books.status) == ("pass", Status.RECONCILED)
