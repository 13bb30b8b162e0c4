"""Which checks touch a team, and what of them it may read: nothing of other teams' names, amounts or projects.

A check's own sentence may name anything, so a team never gets it: what a team reads is made from the check's typed
facts. Its amounts are shown only where they are the team's alone: of the team itself, or of a project that it shares
with nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from msgspec import Struct

from chargeback.model.catalogue import CATALOGUE
from chargeback.model.check import Check, Code, Outcome, SubjectKind
from chargeback.model.money import format_exact
from chargeback.publish.team_workbook.month import TeamMonth
from chargeback.publish.team_workbook.totals import LineTotals

_OF_ACCOUNT_OR_INVOICE = (SubjectKind.LINE, SubjectKind.DOCUMENT, SubjectKind.DAY, SubjectKind.CURRENCY)
"""Subjects that name nobody: whoever has lines of the account, and of the invoice, may read of them."""


class TeamCheck(Struct, frozen=True):
    """A check as a team may read it; ``variance`` None and ``currency`` "" where its amount is not the team's alone."""

    outcome: Outcome
    code: Code
    invoice: str
    concerns: str
    text: str
    variance: Decimal | None
    currency: str


class Reach(Struct, frozen=True):
    """What a team has to do with: its id, and the accounts, invoices, projects and resources of its lines; ``alone``
    are the projects that it shares with nobody."""

    team: str
    accounts: frozenset[str]
    invoices: frozenset[tuple[str, str]]
    projects: frozenset[str]
    resources: frozenset[str]
    alone: frozenset[str]

    @classmethod
    def of(cls, team: str, totals: LineTotals) -> Reach:
        """The reach of the team whose totals these are."""
        projects = frozenset(totals.names)
        return cls(
            team,
            frozenset(label.account for label in totals.labels),
            frozenset((label.account, label.invoice) for label in totals.labels),
            projects,
            frozenset(totals.resources),
            projects - totals.shared,
        )

    def touches(self, check: Check) -> bool:
        """Whether the check concerns the team: it is of the team itself, or of an account of its lines, and of an
        invoice and a subject that these have, where it names any."""
        if check.is_about(SubjectKind.TEAM, self.team):
            return True
        if check.account not in self.accounts:
            return False
        if check.invoice and (check.account, check.invoice) not in self.invoices:
            return False
        return check.subject is None or self._has(check)

    def _has(self, check: Check) -> bool:
        """Whether the check's subject is one of the team's, or names nobody."""
        assert check.subject is not None  # noqa: S101 (asked only of checks that have one)
        kind, name = check.subject.kind, check.subject.name
        if kind is SubjectKind.PROJECT:
            return name in self.projects
        if kind is SubjectKind.RESOURCE:
            return name in self.resources
        if kind is SubjectKind.INVOICE:
            return (check.account, name) in self.invoices
        return kind in _OF_ACCOUNT_OR_INVOICE

    def owns_amounts(self, check: Check) -> bool:
        """Whether the check's amounts are of this team alone."""
        if check.subject is None:
            return False
        is_project = check.subject.kind is SubjectKind.PROJECT and check.subject.name in self.alone
        return is_project or check.is_about(SubjectKind.TEAM, self.team)


def checks_of(month: TeamMonth) -> Iterator[TeamCheck]:
    """The month's checks that touch the team, as it may read them."""
    reach = Reach.of(month.team.id, month.totals)
    return checks_within(month.checks.concerning(reach.team, reach.accounts), reach)


def checks_within(checks: Iterable[Check], reach: Reach) -> Iterator[TeamCheck]:
    """The checks that touch the team, as it may read them."""
    for check in checks:
        if reach.touches(check):
            yield _told(check, own=reach.owns_amounts(check))


def _told(check: Check, *, own: bool) -> TeamCheck:
    return TeamCheck(
        check.outcome,
        check.code,
        check.invoice,
        check.subject_name or check.account,
        f"{_meaning(check)}{_figures(check) if own else ''}",
        check.variance if own else None,
        check.currency if own else "",
    )


def _meaning(check: Check) -> str:
    if not check.performed:
        return f"not performed: {CATALOGUE[check.code].holds_when}; the reconciliation says why"
    if check.outcome is Outcome.ACCEPTED:
        return f"{CATALOGUE[check.code].title}; known and accepted"
    return CATALOGUE[check.code].title


def _figures(check: Check) -> str:
    if check.expected is None or check.actual is None:
        return ""
    return f": {format_exact(check.actual)} {check.currency}, expected {format_exact(check.expected)}"
