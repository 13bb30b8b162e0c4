"""``invoice-issued`` and ``report-period``: is the account ready, and is it that month's report? (BOOKING 2 and 3)"""

from __future__ import annotations

from collections.abc import Iterator

from chargeback.config import Config
from chargeback.model.booking import AccountMonth, Ground
from chargeback.model.check import Check, Code, Outcome
from chargeback.model.money import format_exact, from_minor, minor_digits
from chargeback.model.posting import Posting
from chargeback.reconcile.tie_out import gross_by_currency


def invoice_issued(posting: Posting, config: Config) -> Iterator[Check]:
    """One check an account: the account is ready, and nothing contradicts it."""
    yield issued_check(posting.month)


def issued_check(month: AccountMonth) -> Check:
    """The account's ``invoice-issued``; the report's amount is its variance where no invoice stands against it."""
    outcome, message = _issued(month)
    if month.ground is Ground.INVOICED:
        return Check(Code.INVOICE_ISSUED, outcome, message, month.account)
    expected = from_minor(0, minor_digits(month.currency))
    return Check(
        Code.INVOICE_ISSUED,
        outcome,
        message,
        month.account,
        expected=expected,
        actual=month.report_total,
        variance=month.report_total,
        currency=month.currency,
    )


def _issued(month: AccountMonth) -> tuple[Outcome, str]:
    if month.ground is Ground.INVOICED:
        return Outcome.PASS, f"{len(month.booked)} issued: " + ", ".join(invoice.label for invoice in month.booked)
    outcome, message = _without_invoice(month)
    if not month.billed_before or month.ground is Ground.NOT_READY:
        return outcome, message
    return Outcome.EXCEPTION, (
        f"{message}, though {month.period.plus(-1)} was billed: "
        "ask whether the account is still in use, or an invoice is missing"
    )


def _without_invoice(month: AccountMonth) -> tuple[Outcome, str]:
    """How an account without a booked invoice stands where none was to be expected (BOOKING 2)."""
    if month.ground is Ground.NOTHING_TO_BILL:
        return Outcome.PASS, f"{_no_invoice(month)}, and the report shows no cost"
    if month.ground is Ground.INACTIVE:
        return Outcome.NOTICE, "the platform says that the account is not active, and it lists no invoice of the month"
    found = _no_invoice(month)
    if month.report is not None and month.has_cost:
        found += f", though the report shows {format_exact(month.report.total)} {month.currency}"
    if month.ground is Ground.LONG_OVER:
        outcome = Outcome.EXCEPTION if month.only_unissued or month.has_cost else Outcome.NOTICE
        return outcome, f"{found}; the month is long over and is booked as it is"
    if month.ground is Ground.ACCEPTED:
        return Outcome.EXCEPTION, found
    return Outcome.EXCEPTION, f"not ready: {found}; run again when the invoice is issued"


def _no_invoice(month: AccountMonth) -> str:
    return "all its invoices of the month are void or drafts" if month.only_unissued else "no invoice of the month"


def report_period(posting: Posting, config: Config) -> Iterator[Check]:
    """One check an account: the report's answer provably covers the month asked for; an exception one a currency, with
    what is booked in it as the amount that it leaves untied."""
    month = posting.month
    if month.proof.proved:
        yield Check(Code.REPORT_PERIOD, Outcome.PASS, month.proof.reason, month.account)
        return
    quiet = month.ground is Ground.INACTIVE or (
        month.ground is Ground.LONG_OVER and issued_check(month).outcome is Outcome.NOTICE
    )
    message = f"the report does not prove that it is of {month.period}, so it is not used: {month.proof.reason}"
    if quiet:
        yield Check(Code.REPORT_PERIOD, Outcome.NOTICE, message, month.account)
        return
    for currency, amount in gross_by_currency(month).items():
        yield Check(Code.REPORT_PERIOD, Outcome.EXCEPTION, message, month.account, variance=amount, currency=currency)
