"""Which checks touch a team, and what of them it may read: nothing of other teams' projects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from chargeback.model.check import HOLDS_WHEN, Check, Outcome
from chargeback.publish.workbook.team_totals import TeamTotals

TOLD = (Outcome.EXCEPTION, Outcome.ACCEPTED, Outcome.NOTICE)
_WORD = re.compile(r"[^\s,;:\"'()]+")


@dataclass(frozen=True, slots=True)
class Reach:
    """What a team has to do with: its id, and the accounts, invoices, projects and resources of its lines."""

    team: str
    accounts: frozenset[str]
    invoices: frozenset[tuple[str, str]]
    projects: frozenset[str]
    resources: frozenset[str]

    @classmethod
    def of(cls, team: str, totals: TeamTotals) -> Reach:
        """The reach of the team whose totals these are."""
        accounts = frozenset(label.account for label in totals.labels)
        return cls(
            team,
            accounts,
            frozenset((label.account, label.invoice) for label in totals.labels),
            frozenset(totals.names),
            frozenset(totals.resources),
        )

    def touches(self, check: Check) -> bool:
        """Whether the check concerns the team: it is of the team itself, or of an account of its lines, and of an
        invoice and a subject that these have, where it names any."""
        if check.subject == self.team and not check.account:
            return True
        if check.account not in self.accounts:
            return False
        if check.invoice and (check.account, check.invoice) not in self.invoices:
            return False
        return (
            not check.subject
            or check.subject in self.projects
            or check.subject in self.resources
            or (bool(check.invoice) and not _is_name(check.subject))
        )


def _is_name(subject: str) -> bool:
    """Whether the subject may be a project's name, and not a line, a document, or a span of days."""
    return not (subject == "receipt" or subject.startswith("line ") or subject[:4].isdigit())


def touching(checks: Iterable[Check], reach: Reach, foreign: frozenset[str]) -> Iterator[tuple[Check, str]]:
    """The checks that touch the team, and what is said of each: its message, or, where that names a project of
    ``foreign`` that is not the team's, only what the check asserts."""
    for check in checks:
        if reach.touches(check):
            yield check, _told(check, reach, foreign)


def _told(check: Check, reach: Reach, foreign: frozenset[str]) -> str:
    words = {word.rstrip(".") for word in _WORD.findall(check.message)}
    if any(word in foreign and word not in reach.projects for word in words):
        return f"fails for more than this team: {HOLDS_WHEN[check.code]}; the reconciliation says more"
    return check.message
