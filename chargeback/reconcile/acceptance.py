"""``[[accepted]]``: exceptions that somebody answers for (BOOKING 6, accepted)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from chargeback.config import AcceptedException, Config
from chargeback.model.check import Check, Code, Outcome, Subject, SubjectKind
from chargeback.model.period import Period


def accept(checks: Iterable[Check], config: Config, period: Period) -> list[Check]:
    """The checks, those covered by an acceptance of the month with the outcome ``accepted``; an acceptance that covered
    nothing is one notice more."""
    in_force = [accepted for accepted in config.accepted if period <= accepted.until]
    used: set[int] = set()
    results = [_accepted(check, in_force, used) for check in checks]
    idle = [accepted for place, accepted in enumerate(in_force) if place not in used]
    return [*results, *(_covered_nothing(accepted) for accepted in idle)]


def _accepted(check: Check, in_force: list[AcceptedException], used: set[int]) -> Check:
    if check.outcome is not Outcome.EXCEPTION:
        return check
    for place, accepted in enumerate(in_force):
        if accepted.covers(check):
            used.add(place)
            return replace(check, outcome=Outcome.ACCEPTED, accepted=accepted.acceptance)
    return check


def _covered_nothing(accepted: AcceptedException) -> Check:
    code = Code.REPORT_TOTAL if accepted.check == "report-*" else Code(accepted.check)
    message = f"the acceptance of {accepted.check} by {accepted.by} until {accepted.until} covered nothing this month"
    subject = Subject(SubjectKind.ACCEPTANCE, accepted.subject) if accepted.subject else None
    return Check(code, Outcome.NOTICE, message, accepted.account, accepted.invoice or "", subject)
