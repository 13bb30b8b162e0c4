"""What people are shown of the exceptions: each belongs to one finding (BOOKING 6; INTERFACE, reconciliation.json)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from hashlib import sha256
from typing import NamedTuple

from .booking import Booking
from .causes import NONE
from .checking import Check, as_written, judged
from .spreadsheet import without_controls

OUTCOMES = {"exception", "accepted"}
ID_DIGITS = 10
EXPLAINED = ("report-total", "report-project", "report-resource")
"""The checks for which causes are tried, in order."""


class Finding(NamedTuple):
    """A finding; account, invoice and subject are "" where they differ within it, an amount is None without one."""

    id: str
    check: str
    account: str
    invoice: str
    subject: str
    amount: Fraction | None
    currency: str
    checks: int


class Group(NamedTuple):
    """What the exceptions of one finding have in common; ``cause`` is "" unless the finding is a cause's own."""

    check: str
    account: str
    currency: str
    cause: str = ""


def result_of(books: Booking) -> list[Check | Finding]:
    """Every check, each exception with the finding that it belongs to, and the findings."""
    checks = judged(books)
    groups: dict[Group, list[Check]] = {}
    for check in checks:
        if check.outcome in OUTCOMES:
            groups.setdefault(group_of(check, checks), []).append(check)
    findings = {group: finding_of(group, members) for group, members in groups.items()}
    shown = [
        as_written(check)._replace(finding=findings[group_of(check, checks)].id if check.outcome in OUTCOMES else None)
        for check in checks
    ]
    return [*shown, *findings.values()]


def group_of(check: Check, checks: Iterable[Check]) -> Group:
    """Which exceptions an exception is shown with."""
    if check.check == "ownership":
        return Group("ownership", "", "")
    currency = "" if check.variance is None else check.currency
    if check.cause in {None, NONE}:
        return Group(check.check, check.account, currency)
    if check.cause == "uncovered-days":
        return Group("invoice-cutoff", check.account, check.currency)
    twice = [each for each in checks if (each.check, each.account) == ("invoice-duplicate", check.account)]
    if check.cause == "counted-twice" and any(each.outcome in OUTCOMES for each in twice):
        return Group("invoice-duplicate", check.account, "")
    return Group("", check.account, check.currency, check.cause or "")


def finding_of(group: Group, members: Sequence[Check]) -> Finding:
    """The finding of its exceptions."""
    check = group.check or min((each.check for each in members), key=EXPLAINED.index)
    account, invoice, subject = (
        the_one({getattr(each, name) for each in members}) for name in ("account", "invoice", "subject")
    )
    currency = the_one({each.currency for each in members if each.variance is not None})
    hashed = [check, account, invoice, subject, currency, *([group.cause] if group.cause else [])]
    variances = [abs(each.variance) for each in members if each.variance is not None]
    return Finding(
        id=f"F-{sha256(chr(10).join(hashed).encode()).hexdigest()[:ID_DIGITS]}",
        check=check,
        account=without_controls(account),
        invoice=without_controls(invoice),
        subject=without_controls(subject),
        amount=sum(variances, Fraction(0)) if variances else None,
        currency=without_controls(currency),
        checks=len(members),
    )


def the_one(texts: set[str]) -> str:
    """The text that all have, "" where they differ."""
    return texts.pop() if len(texts) == 1 else ""
