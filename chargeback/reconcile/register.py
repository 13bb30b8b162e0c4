"""The register: every check there is, in one place, and the one way through them (INTERFACE, checks).

``[[accepted]]``: exceptions that somebody answers for (BOOKING 6, accepted).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from chargeback.config import AcceptedException, Config
from chargeback.evidence.period import Period
from chargeback.model.check import Check, Code, Outcome, Subject, SubjectKind
from chargeback.model.finding import Finding
from chargeback.model.posting import MonthPosting, Posting
from chargeback.reconcile.causes import with_causes
from chargeback.reconcile.cut_off import currency, invoice_cutoff
from chargeback.reconcile.duplicates import invoice_duplicate
from chargeback.reconcile.findings import with_findings
from chargeback.reconcile.invoices import (
    invoice_arithmetic,
    invoice_footing,
    invoice_identity,
    invoice_pdf,
    invoice_tax,
    invoice_withholding,
    line_arithmetic,
)
from chargeback.reconcile.ledgers import ledger_control, ownership
from chargeback.reconcile.other_months import account_set, history, journal_accounts, prior_periods, settlement
from chargeback.reconcile.readiness import invoice_issued, report_period
from chargeback.reconcile.tie_out import report_chart, report_project, report_resource, report_total


def accept(checks: Iterable[Check], config: Config, period: Period) -> list[Check]:
    """The checks, those covered by an acceptance of the month with the outcome ``accepted``; an acceptance that covered
    nothing is one notice more."""
    in_force = [accepted for accepted in config.accepted if period <= accepted.until]
    used: set[int] = set()
    results = [_accepted(check, in_force, used) for check in checks]
    idle = [accepted for place, accepted in enumerate(in_force) if place not in used]
    return [*results, *(covered_nothing(accepted) for accepted in idle)]


def _accepted(check: Check, in_force: list[AcceptedException], used: set[int]) -> Check:
    if check.outcome is not Outcome.EXCEPTION:
        return check
    for place, accepted in enumerate(in_force):
        if accepted.covers(check):
            used.add(place)
            return replace(check, outcome=Outcome.ACCEPTED, accepted=accepted.acceptance)
    return check


def covered_nothing(accepted: AcceptedException) -> Check:
    """The notice that an acceptance is of nothing that was found."""
    code = Code.REPORT_TOTAL if accepted.check == "report-*" else Code(accepted.check)
    message = f"the acceptance of {accepted.check} by {accepted.by} until {accepted.until} covered nothing this month"
    subject = Subject(SubjectKind.ACCEPTANCE, accepted.subject) if accepted.subject else None
    return Check(code, Outcome.NOTICE, message, accepted.account, accepted.invoice or "", subject)


AccountCheck = Callable[[Posting, Config], Iterator[Check]]
MonthCheck = Callable[[MonthPosting, Config], Iterator[Check]]

ACCOUNT_CHECKS: dict[Code, AccountCheck] = {
    Code.INVOICE_ISSUED: invoice_issued,
    Code.INVOICE_IDENTITY: invoice_identity,
    Code.INVOICE_ARITHMETIC: invoice_arithmetic,
    Code.INVOICE_TAX: invoice_tax,
    Code.INVOICE_WITHHOLDING: invoice_withholding,
    Code.INVOICE_FOOTING: invoice_footing,
    Code.LINE_ARITHMETIC: line_arithmetic,
    Code.INVOICE_CUTOFF: invoice_cutoff,
    Code.REPORT_PERIOD: report_period,
    Code.REPORT_CHART: report_chart,
    Code.REPORT_TOTAL: report_total,
    Code.REPORT_PROJECT: report_project,
    Code.REPORT_RESOURCE: report_resource,
    Code.CURRENCY: currency,
}
"""Checks that look at one account by itself."""

MONTH_CHECKS: dict[Code, MonthCheck] = {
    Code.INVOICE_DUPLICATE: invoice_duplicate,
    Code.ACCOUNT_SET: account_set,
    Code.PRIOR_PERIODS: prior_periods,
    Code.SETTLEMENT: settlement,
    Code.JOURNAL_ACCOUNTS: journal_accounts,
    Code.OWNERSHIP: ownership,
    Code.LEDGER_CONTROL: ledger_control,
    Code.INVOICE_PDF: invoice_pdf,
    Code.HISTORY: history,
}
"""Checks that look at the whole month."""

_ORDER = {code: place for place, code in enumerate(Code)}


NONE_GIVEN: Mapping[Code, Sequence[Check]] = MappingProxyType({})


def reconcile(
    posting: MonthPosting, config: Config, given: Mapping[Code, Sequence[Check]] = NONE_GIVEN
) -> tuple[tuple[Check, ...], tuple[Finding, ...]]:
    """Every check's result with its cause, acceptances applied, by account, then in the register's order, then invoice
    and subject; and the findings that the exceptions belong to, the largest first. ``given``: by its code, what a check
    of the month came to that is not performed here, as what it looks at is not at hand."""
    by_account = (
        check
        for account in posting.postings
        for perform in ACCOUNT_CHECKS.values()
        for check in perform(account, config)
    )
    by_month = (
        check
        for code, perform in MONTH_CHECKS.items()
        for check in (given[code] if code in given else perform(posting, config))
    )
    checks = accept(with_causes((*by_account, *by_month), posting, config), config, posting.period)
    ordered = sorted(checks, key=lambda check: (check.account, _ORDER[check.code], check.invoice, check.subject_name))
    named, findings = with_findings(ordered)
    return tuple(named), findings
