"""Every check there is has its one performer, and results come in one order."""

from __future__ import annotations

from chargeback.model.catalogue import CATALOGUE, VARIANCE_CODES
from chargeback.model.check import REPORT_CODES, Code
from chargeback.reconcile.register import ACCOUNT_CHECKS, MONTH_CHECKS
from tests.kit.months import Account, account, invoice, month, of, report
from tests.kit.some import some

CODES = [
    "invoice-issued", "invoice-identity", "invoice-arithmetic", "invoice-tax", "invoice-withholding",
    "invoice-footing", "line-arithmetic", "invoice-cutoff", "invoice-duplicate", "account-set", "prior-periods",
    "report-period", "report-chart", "report-total", "report-project", "report-resource", "settlement",
    "journal-accounts", "currency", "ownership",
    "ledger-control", "invoice-pdf", "history",
]  # fmt: skip
"""INTERFACE's table, in its order."""


def test_the_codes_are_interfaces() -> None:
    assert [code.value for code in Code] == CODES
    assert list(CATALOGUE) == list(Code)


def test_every_code_has_one_performer() -> None:
    assert {*ACCOUNT_CHECKS, *MONTH_CHECKS} == set(Code)
    assert not {*ACCOUNT_CHECKS} & {*MONTH_CHECKS}


def test_report_star_means_the_checks_of_the_report() -> None:
    expected = {"report-period", "report-chart", "report-total", "report-project", "report-resource"}
    assert {code.value for code in REPORT_CODES} == expected
    assert set(Code) > VARIANCE_CODES


def test_each_performer_gives_checks_of_its_own_code_alone() -> None:
    posting = month(account(invoice("I", of("acme-web", 1)), report=report(("acme-web", "CPU", 1, 1)))).posting()
    config = month().settings
    for code, perform in some(ACCOUNT_CHECKS.items()):
        assert {check.code for check in perform(posting.postings[0], config)} <= {code}
    for code, perform_month in some(MONTH_CHECKS.items()):
        assert {check.code for check in perform_month(posting, config)} == {code}


def test_results_are_by_account_then_code_then_invoice_and_subject() -> None:
    first = Account([invoice("B", of("acme-web", 1)), invoice("A", of("acme-web", 1))], report=report(), id="2")
    books = month(first, Account([invoice("C", of("acme-web", 1))], report=report(), id="1")).books()
    keys = [(check.account, CODES.index(check.code.value), check.invoice, check.subject_name) for check in books.checks]
    assert keys == sorted(keys)
