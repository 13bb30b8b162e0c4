"""The register: every check there is, in one place, and the one way through them (INTERFACE, checks).

Every exception belongs to one finding: its cause's, else one for each check, account and currency (BOOKING 6).

``[[accepted]]``: exceptions that somebody answers for (BOOKING 6, accepted).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from msgspec.structs import replace

from chargeback.config import AcceptedException, Config
from chargeback.evidence.period import Period
from chargeback.model.catalogue import CATALOGUE
from chargeback.model.check import (
    Cause,
    Check,
    Checks,
    Code,
    Finding,
    Outcome,
    Subject,
    SubjectKind,
    Tallies,
    finding_id,
)
from chargeback.model.money import exact_sum
from chargeback.model.posting import MonthPosting, Posting
from chargeback.model.projects import ProjectDirectory
from chargeback.model.wording import counted
from chargeback.reconcile.causes import with_causes, with_team_causes
from chargeback.reconcile.cut_off import currency, invoice_cutoff
from chargeback.reconcile.duplicates import invoice_duplicate
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

BELONG = (Outcome.EXCEPTION, Outcome.ACCEPTED)
_ORDER = {code: place for place, code in enumerate(Code)}
_ROOTS = {Cause.UNCOVERED_DAYS: Code.INVOICE_CUTOFF, Cause.COUNTED_TWICE: Code.INVOICE_DUPLICATE}
"""Causes that a check tells by itself: what they explain follows its exceptions where there are any."""


class _Key(NamedTuple):
    """What the checks of one finding share; ``cause`` "" where the finding is a check's own."""

    code: str
    account: str
    currency: str
    cause: str


def with_findings(checks: Sequence[Check]) -> tuple[list[Check], tuple[Finding, ...]]:
    """The checks, each exception and accepted one with its finding's id, and the findings, the largest first."""
    rooted = {(check.code, check.account): _own_key(check) for check in checks if check.outcome in BELONG}
    keys = [_key(check, rooted) if check.outcome in BELONG else None for check in checks]
    groups: dict[_Key, list[Check]] = {}
    for check, key in zip(checks, keys, strict=True):
        if key is not None:
            groups.setdefault(key, []).append(check)
    findings = {key: _finding(key, group) for key, group in groups.items()}
    named = [
        check if key is None else replace(check, finding=findings[key].id)
        for check, key in zip(checks, keys, strict=True)
    ]
    return named, tuple(sorted(findings.values(), key=_rank))


def _rank(finding: Finding) -> tuple[Decimal, int, str, str, str]:
    amount = finding.amount or Decimal(0)
    return (amount.copy_negate(), _ORDER[finding.code], finding.account, finding.currency, finding.id)


def _key(check: Check, rooted: dict[tuple[Code, str], _Key]) -> _Key:
    if check.cause in (None, Cause.NONE):
        return _own_key(check)
    root = _ROOTS.get(check.cause) if check.cause else None
    if root is not None and (root, check.account) in rooted:
        return rooted[root, check.account]
    return _Key("", check.account, check.currency, check.cause or "")


def _own_key(check: Check) -> _Key:
    if check.code is Code.OWNERSHIP:
        return _Key(check.code, "", "", "")
    return _Key(check.code, check.account, check.currency, "")


def _finding(key: _Key, checks: Sequence[Check]) -> Finding:
    code = Code(key.code) if key.code else min((check.code for check in checks), key=_ORDER.__getitem__)
    own = [check for check in checks if check.code is code]
    account, invoice = _shared(check.account for check in checks), _shared(check.invoice for check in checks)
    subject = _shared_subject(checks)
    currency = _shared(check.currency for check in checks if check.variance is not None)
    more = (key.cause,) if key.cause else ()
    amounts = [check.variance.copy_abs() for check in checks if check.variance is not None]
    return Finding(
        id=finding_id(code, account, invoice, subject, currency, *more),
        code=code,
        account=account,
        invoice=invoice,
        subject=subject,
        amount=exact_sum(amounts) if amounts else None,
        currency=currency,
        checks=len(checks),
        message=_message(code, own, checks),
        remedy=CATALOGUE[code].remedy,
    )


def _shared(values: Iterable[str]) -> str:
    """The value that all have, "" where they differ."""
    found = set(values)
    return found.pop() if len(found) == 1 else ""


def _shared_subject(checks: Iterable[Check]) -> Subject | None:
    found = {check.subject for check in checks}
    return found.pop() if len(found) == 1 else None


def _message(code: Code, own: Sequence[Check], checks: Sequence[Check]) -> str:
    """The check's own sentence where there is one alone; else what it means and of how many; what follows from it."""
    sentence = own[0].sentence if len(own) == 1 else f"{CATALOGUE[code].title}: {counted(len(own), 'exception')}"
    causes = sorted({check.cause for check in own if check.cause and check.cause is not Cause.NONE})
    explained = f" (cause: {', '.join(causes)})" if causes else ""
    following = len(checks) - len(own)
    return f"{sentence}{explained}" + (f"; {counted(following, 'exception')} more from it" if following else "")


class Acceptances:
    """The acceptances of the month, and which of them have covered something."""

    def __init__(self, config: Config, period: Period) -> None:
        self._in_force = [accepted for accepted in config.accepted if period <= accepted.until]
        self._used: set[int] = set()

    def applied(self, check: Check) -> Check:
        """The check, with the outcome ``accepted`` where an acceptance covers it."""
        return _accepted(check, self._in_force, self._used)

    def idle(self) -> list[Check]:
        """One notice for each that covered nothing."""
        return [covered_nothing(each) for place, each in enumerate(self._in_force) if place not in self._used]


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

NONE_GIVEN: Mapping[Code, Sequence[Check]] = MappingProxyType({})


def reconcile(
    posting: MonthPosting,
    config: Config,
    given: Mapping[Code, Sequence[Check]] = NONE_GIVEN,
    own: Mapping[str, Sequence[Check]] | None = None,
) -> tuple[Checks, tuple[Finding, ...]]:
    """Every check's result with its cause, acceptances applied, by account, then in the register's order, then invoice
    and subject; and the findings that the exceptions belong to, the largest first. ``given``: by its code, what a check
    of the month came to that is not performed here, as what it looks at is not at hand; ``own``: by account,
    ``account_checks`` where they were made already.

    A large month's checks lie in the spool, an account's together."""
    results = _Results(posting, Acceptances(config, posting.period))
    by_account = _by_account(_of_the_month(posting, config, given))
    for account in posting.postings:
        name = account.month.account
        checks = account_checks(account, posting.projects, config) if own is None else own[name]
        results.add(name, (*checks, *by_account.pop(name, ())))
    for name, checks in by_account.items():
        results.add(name, checks)
    for name, checks in _by_account(results.acceptances.idle()).items():
        results.add(name, checks)
    return results.with_findings()


def account_checks(account: Posting, projects: ProjectDirectory, config: Config) -> list[Check]:
    """The checks that look at this account by itself, each with its cause."""
    checks = (check for perform in ACCOUNT_CHECKS.values() for check in perform(account, config))
    return with_causes(checks, account, projects, config)


def _of_the_month(posting: MonthPosting, config: Config, given: Mapping[Code, Sequence[Check]]) -> Iterator[Check]:
    for code, perform in MONTH_CHECKS.items():
        checks = given[code] if code in given else perform(posting, config)
        yield from with_team_causes(checks, posting, config) if code is Code.HISTORY else checks


def _by_account(checks: Iterable[Check]) -> dict[str, list[Check]]:
    found: dict[str, list[Check]] = {}
    for check in checks:
        found.setdefault(check.account, []).append(check)
    return found


class _Results:
    """What the checks came to, by account."""

    def __init__(self, posting: MonthPosting, acceptances: Acceptances) -> None:
        self.acceptances = acceptances
        self._spool = posting.spool
        self._parts: dict[str, Sequence[Check]] = {}
        self._tallies = Tallies()

    def add(self, account: str, checks: Iterable[Check]) -> None:
        """Take in checks of the account, behind those that it has where they are alike."""
        accepted = [*self._parts.get(account, ()), *map(self.acceptances.applied, checks)]
        accepted.sort(key=_place)
        self._tallies.add(account, accepted)
        self._parts[account] = self._spool.sequence(accepted)

    def with_findings(self) -> tuple[Checks, tuple[Finding, ...]]:
        """All checks in order, and the findings. Only accounts that have some that belong to one are looked at."""
        order = sorted(self._parts)
        parts = {account: self._parts[account] for account in order}
        found = Checks(parts, {account: self._tallies[account] for account in order})
        belonging = list(found.where(lambda kind: kind[1] in BELONG))
        named, findings = with_findings(belonging)
        rest = iter(named)
        for account in {check.account: None for check in belonging}:
            checks = [next(rest) if each.outcome in BELONG else each for each in parts[account]]
            parts[account] = self._spool.sequence(checks)
        return found, findings


def _place(check: Check) -> tuple[int, str, str]:
    return _ORDER[check.code], check.invoice, check.subject_name
