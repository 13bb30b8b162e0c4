"""The ledger added up once for everything that a page shows: by team and by project, per currency."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from chargeback.model.ledger import Ledger, LedgerTeam


@dataclass(slots=True)
class Sum:
    """Net, tax and gross in minor units, and how many ledger lines they are of."""

    net: int = 0
    tax: int = 0
    gross: int = 0
    lines: int = 0

    def add(self, net: int, tax: int, gross: int, lines: int = 1) -> None:
        """Take in one ledger line, or a sum of several."""
        self.net += net
        self.tax += tax
        self.gross += gross
        self.lines += lines


@dataclass(slots=True)
class ProjectSum:
    """One project's sum; ``sid`` and ``name`` are "" for what belongs to no project; ``teams`` in order of appearance."""

    sid: str
    name: str
    sum: Sum = field(default_factory=Sum)
    teams: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class CurrencyLedger:
    """One currency's sums; teams in the ledger's order, those without a line left out."""

    teams: dict[str, Sum]
    projects: dict[str, ProjectSum] = field(default_factory=dict)


def ledger_sums(ledger: Ledger) -> dict[str, CurrencyLedger]:
    """The sums by currency."""
    found: dict[str, CurrencyLedger] = {}
    for line in ledger.lines:
        sums = found.get(line.label.currency)
        if sums is None:
            sums = found[line.label.currency] = CurrencyLedger({team.id: Sum() for team in ledger.teams})
        project = sums.projects.get(line.project)
        if project is None:
            project = sums.projects[line.project] = ProjectSum(line.project, line.project_name)
        project.teams[line.team.id] = None
        sums.teams.setdefault(line.team.id, Sum()).add(line.net, line.tax, line.gross)
        project.sum.add(line.net, line.tax, line.gross)
    return found


def added(sums: Iterable[Sum]) -> Sum:
    """Several sums as one."""
    total = Sum()
    for one in sums:
        total.add(one.net, one.tax, one.gross, one.lines)
    return total


def team_names(teams: Iterable[LedgerTeam]) -> dict[str, LedgerTeam]:
    """The ledger's teams by id."""
    return {team.id: team for team in teams}
