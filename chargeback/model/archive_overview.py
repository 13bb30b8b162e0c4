"""What an archive holds, month by month and revision by revision, as its front page shows it; and what a restatement
changed.

All of it can be read from the archive alone: manifests, ``reconciliation.json`` and ``signatures.csv``. Amounts are
decimals with the minor digits of their currency, as a manifest writes them.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from chargeback.evidence.period import Period
from chargeback.model.books import AcceptedTotal, Status


class OverviewTotal(Struct, frozen=True):
    """A revision's total in one currency: gross = net + tax."""

    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal


class OverviewTeam(Struct, frozen=True):
    """A team's gross in one currency; ``name`` is "" where it has none."""

    team: str
    name: str
    currency: str
    gross: Decimal


class RevisionName(Struct, frozen=True, order=True):
    """A month and the number of its revision, from 1: ``2026-05/r1``."""

    period: Period
    number: int

    def __str__(self) -> str:
        return f"{self.period}/r{self.number}"


class Signature(Struct, frozen=True):
    """A line of ``signatures.csv``: who signed which revision, when (RFC 3339), as preparer or reviewer; ``head``: the
    SHA-256 of its manifest."""

    signed_at: str
    period: Period
    revision: int
    head: str
    role: str
    by: str
    note: str = ""

    @property
    def name(self) -> RevisionName:
        """The revision that was signed."""
        return RevisionName(self.period, self.revision)


class RevisionOverview(Struct, frozen=True):
    """One revision of a month.

    ``exceptions`` counts those that nobody has accepted, ``not_performed`` the checks that could not be performed;
    ``head`` is the SHA-256 of its manifest; ``created`` an RFC 3339 instant; ``signatures`` those whose ``head`` is
    this revision's, as they were appended; ``team_order`` the teams' ids as the configuration had them, none where that
    is not known; ``folder`` where in the archive its files lie, "" where that is its name.
    """

    revision: int
    status: Status
    exceptions: int
    accepted: AcceptedTotal
    created: str
    endpoint: str
    version: str
    head: str
    totals: tuple[OverviewTotal, ...]
    teams: tuple[OverviewTeam, ...] = ()
    signatures: tuple[Signature, ...] = ()
    not_performed: int = 0
    team_order: tuple[str, ...] = ()
    folder: str = ""

    def page(self, period: Period) -> str:
        """Where in the archive the revision's page lies; it is one of that month."""
        return f"{self.folder or f'{period}/r{self.revision}'}/index.html"


class MonthOverview(Struct, frozen=True):
    """An archived month; ``revisions`` in order of their numbers, at least one."""

    period: Period
    revisions: tuple[RevisionOverview, ...]

    @property
    def latest(self) -> RevisionOverview:
        """The revision that counts."""
        return self.revisions[-1]

    @property
    def superseded(self) -> tuple[RevisionOverview, ...]:
        """The earlier revisions, the newest of them first."""
        return self.revisions[-2::-1] if len(self.revisions) > 1 else ()


class TeamChange(Struct, frozen=True):
    """A team's gross before and after a restatement, in minor units; None where that revision has none of the team."""

    team: str
    currency: str
    digits: int
    before: int | None
    after: int | None

    @property
    def difference(self) -> int:
        """After less before, in minor units."""
        return (self.after or 0) - (self.before or 0)


class Restatement(Struct, frozen=True):
    """What a revision after the first changed (BOOKING 7): against which revision, why, and per team and currency;
    ``events``: what happened, a sentence each."""

    previous_revision: int
    reasons: tuple[str, ...]
    changes: tuple[TeamChange, ...]
    events: tuple[str, ...] = ()
