"""The ledger added up once for everything that a page shows: by team and by project, per currency."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from chargeback.model.ledger import Ledger, LedgerLine


@dataclass(slots=True)
class Sum:
    """Net, tax and gross in minor units, and how many ledger lines they are of."""

    net: int = 0
    tax: int = 0
    gross: int = 0
    lines: int = 0

    def take(self, line: LedgerLine) -> None:
        """Add one ledger line."""
        self.net += line.net
        self.tax += line.tax
        self.gross += line.gross
        self.lines += 1


@dataclass(slots=True)
class ProjectSum:
    """One project's sum; ``sid`` and ``name`` are "" for what belongs to no project; ``teams`` as they appear."""

    sid: str
    name: str
    sum: Sum = field(default_factory=Sum)
    teams: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class CurrencyLedger:
    """One currency's sums by team id and by project's sid; only what has a line."""

    teams: dict[str, Sum] = field(default_factory=dict)
    projects: dict[str, ProjectSum] = field(default_factory=dict)

    def take(self, line: LedgerLine) -> None:
        """Add one ledger line."""
        team = self.teams.get(line.team.id)
        if team is None:
            team = self.teams[line.team.id] = Sum()
        team.take(line)
        project = self.projects.get(line.project)
        if project is None:
            project = self.projects[line.project] = ProjectSum(line.project, line.project_name)
        project.sum.take(line)
        project.teams[line.team.id] = None


def ledger_sums(ledger: Ledger) -> dict[str, CurrencyLedger]:
    """The sums by currency."""
    found: dict[str, CurrencyLedger] = {}
    for line in ledger.lines:
        sums = found.get(line.label.currency)
        if sums is None:
            sums = found[line.label.currency] = CurrencyLedger()
        sums.take(line)
    return found


def added(sums: Iterable[Sum]) -> Sum:
    """Several sums as one."""
    total = Sum()
    for one in sums:
        total.net += one.net
        total.tax += one.tax
        total.gross += one.gross
        total.lines += one.lines
    return total
