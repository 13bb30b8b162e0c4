"""``invoice-issued`` and ``report-period``: an account is ready, or it says why not; a report is of its month."""

from __future__ import annotations

from chargeback.model.check import Code
from tests.kit.months import account, checks, invoice, month, of, report

SHOWN = report(("acme-web", "CPU", 1, 107))


def test_an_account_with_an_issued_invoice_is_ready_and_names_it() -> None:
    (check,) = checks(month(account(invoice("INV-7", of("acme-web", 107)), report=SHOWN)).books(), Code.INVOICE_ISSUED)
    assert (check.outcome, check.message, check.variance) == ("pass", "1 issued: INV-7", None)


def test_cost_without_an_invoice_is_an_exception_over_the_reports_amount() -> None:
    (check,) = checks(month(account(report=SHOWN)).books(), Code.INVOICE_ISSUED)
    assert (check.outcome, str(check.variance), check.currency) == ("exception", "107", "THB")
    assert "no invoice of the month, though the report shows 107" in check.message


def test_neither_cost_nor_invoice_is_nothing_to_bill() -> None:
    (check,) = checks(month(account(report=report(("acme-web", "CPU", 0, 0)))).books(), Code.INVOICE_ISSUED)
    assert check.outcome == "pass"


def test_a_report_of_another_month_leaves_what_is_booked_untied() -> None:
    wrong = report(("acme-web", "CPU", 1, 107), day="2026-04-10", range="")
    (check,) = checks(month(account(invoice("I", of("acme-web", 107)), report=wrong)).books(), Code.REPORT_PERIOD)
    assert (check.outcome, str(check.variance), check.currency) == ("exception", "107.00", "THB")
    assert "does not prove that it is of 2026-05" in check.message
