"""Every exception belongs to one finding: its cause's, else one for each check, account and currency (BOOKING 6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from msgspec.structs import replace

from chargeback.model.catalogue import CATALOGUE
from chargeback.model.check import Cause, Check, Code, Finding, Outcome, Subject, finding_id
from chargeback.model.money import exact_sum
from chargeback.model.wording import counted

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
    told = own[0].sentence if len(own) == 1 else f"{CATALOGUE[code].title}: {counted(len(own), 'exception')}"
    causes = sorted({check.cause for check in own if check.cause and check.cause is not Cause.NONE})
    explained = f" (cause: {', '.join(causes)})" if causes else ""
    following = len(checks) - len(own)
    return f"{told}{explained}" + (f"; {counted(following, 'exception')} more from it" if following else "")
