"""Whether an account is ready, and what its ``invoice-issued`` is then (BOOKING 2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .answers import INACTIVE, AccountAnswers, StopError, instant
from .calendar import month_of, shifted
from .invoices import BOOKED, Invoice
from .owners import Rules
from .reports import Report


class Standing(NamedTuple):
    """Whether an account is ready, the outcome of its ``invoice-issued``, and what an unproved report is then."""

    issued: str = "pass"
    unproved: str = "exception"
    is_ready: bool = True


def issued(
    account: str,
    answers: AccountAnswers,
    invoices: Sequence[Invoice],
    report: Report,
    rules: Rules,
    run_at: str,
    *,
    billed_before: bool,
) -> Standing:
    """By which ground the account is ready: the first that holds (BOOKING 2)."""
    last = last_month(run_at, rules.zone)
    if rules.period > last:
        raise StopError(4 if rules.period == shifted(last, 1) else 2, "the month is not over")
    if any(invoice.status in BOOKED for invoice in invoices):
        return Standing()
    if report.proved and not report.shows_cost:
        return Standing("exception" if billed_before else "pass")
    if rules.period < last:
        speaks_against = billed_before or bool(invoices) or report.proved
        return Standing("exception") if speaks_against else Standing("notice", unproved="notice")
    if is_accepted(account, report, rules):
        return Standing("exception")
    if INACTIVE in answers.report.refusal + answers.invoices.refusal + answers.get.refusal and not invoices:
        return Standing("exception" if billed_before else "notice", unproved="notice")
    return Standing(is_ready=False)


def last_month(run_at: str, zone: str) -> str:
    """The month before that of the run."""
    moment = instant(run_at)
    assert moment is not None
    return shifted(month_of(moment, zone), -1)


def is_accepted(account: str, report: Report, rules: Rules) -> bool:
    """Whether an acceptance covers that no invoice was issued; the report's amount is the variance."""
    for entry in rules.accepted:
        variance = report.total if report.proved else None
        named = entry["check"] == "invoice-issued" and entry["account"] == account
        if named and not entry.get("invoice") and not entry.get("subject") and rules.is_within(entry, variance):
            return True
    return False
