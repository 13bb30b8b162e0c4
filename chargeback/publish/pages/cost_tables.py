"""Who bears the month: a table of teams and one of projects per currency, the rest as one honest row.

The ledger added up once for everything that a page shows: by team and by project, per currency.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from heapq import nsmallest

from chargeback.evidence import EarlierMonth
from chargeback.model.books import Books, CurrencyTotal
from chargeback.model.ledger import Ledger, LedgerLine, LedgerTeam
from chargeback.publish.pages.charts import bar
from chargeback.publish.pages.wording import change_text, minor, percent


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


MOST_TEAMS = 100
MOST_PROJECTS = 25


@dataclass(frozen=True, slots=True)
class CostRow:
    """A row of the table of teams or projects; ``bar`` in thousandths of the largest gross.

    ``code`` is the team's id or the project's sid; ``note`` the team's cost centre, or the project's teams;
    ``change`` is since the month before.
    """

    code: str
    name: str
    note: str
    net: str
    tax: str
    gross: str
    share: str
    change: str
    bar: int
    is_negative: bool


@dataclass(frozen=True, slots=True)
class CostTable:
    """One currency's rows; ``rest_count`` how many more there are, which ``rest`` adds up; ``total`` is of all."""

    currency: str
    rows: tuple[CostRow, ...]
    rest_count: int
    rest: CostRow | None
    total: CostRow

    @property
    def has_changes(self) -> bool:
        """Whether the month before has anything to compare with."""
        return any(row.change for row in self.rows)


@dataclass(slots=True)
class _Entry:
    """A team or a project before it is a row; ``before`` is last month's gross, None where it is not known."""

    code: str
    name: str
    sum: Sum
    cost_center: str = ""
    teams: Iterable[str] = ()
    before: int | None = None


def cost_tables(books: Books) -> tuple[tuple[CostTable, ...], tuple[CostTable, ...]]:
    """The tables of teams and of projects, one a currency in the order of the month's totals."""
    sums = ledger_sums(books.ledger)
    teams, projects = [], []
    for total in books.totals:
        of_currency = sums.get(total.currency, CurrencyLedger())
        before = _before(books, total.currency)
        teams.append(_table(total, _team_entries(books.ledger.teams, of_currency, before), MOST_TEAMS))
        projects.append(_table(total, _project_entries(of_currency.projects.values()), MOST_PROJECTS))
    return tuple(teams), tuple(projects)


def _before(books: Books, currency: str) -> Mapping[str, int] | None:
    """Each team's gross of the month before, None where that month is not in the archive."""
    wanted = str(books.period.plus(-1))
    months: list[EarlierMonth] = [month for month in books.posting.run.earlier if month.period == wanted]
    if not months:
        return None
    return {total.team: total.gross for total in months[-1].totals if total.currency == currency}


def _team_entries(teams: Iterable[LedgerTeam], sums: CurrencyLedger, before: Mapping[str, int] | None) -> list[_Entry]:
    entries = []
    for team in teams:
        earlier = None if before is None else before.get(team.id, 0)
        found = sums.teams.get(team.id, Sum())
        if found.lines or earlier:
            entries.append(_Entry(team.id, team.name, found, team.cost_center, before=earlier))
    return entries


def _project_entries(projects: Iterable[ProjectSum]) -> list[_Entry]:
    return [_Entry(project.sid, project.name, project.sum, teams=project.teams) for project in projects]


def _table(total: CurrencyTotal, entries: list[_Entry], most: int) -> CostTable:
    shown = _largest(entries, most)
    everything = _Entry("", "", added(entry.sum for entry in entries), before=_added_before(entries))
    longest = max((abs(entry.sum.gross) for entry in entries), default=0)

    def row(entry: _Entry) -> CostRow:
        return _row(entry, everything.sum.gross, longest, total.digits)

    left = len(entries) - len(shown)
    rest = row(_less(everything, shown)) if left else None
    return CostTable(total.currency, tuple(row(entry) for entry in shown), left, rest, row(everything))


def _largest(entries: list[_Entry], most: int) -> list[_Entry]:
    """The largest ones in order; a single one more is shown too, rather than called "1 more"."""
    ranked = nsmallest(most + 1, entries, key=lambda entry: (-entry.sum.gross, entry.code))
    return ranked if len(entries) == len(ranked) else ranked[:most]


def _less(everything: _Entry, shown: Iterable[_Entry]) -> _Entry:
    """What is left when those shown are taken away."""
    whole, seen = everything.sum, added(entry.sum for entry in shown)
    rest = Sum(whole.net - seen.net, whole.tax - seen.tax, whole.gross - seen.gross, whole.lines - seen.lines)
    before = None if everything.before is None else everything.before - (_added_before(shown) or 0)
    return _Entry("", "", rest, before=before)


def _added_before(entries: Iterable[_Entry]) -> int | None:
    known = [entry.before for entry in entries if entry.before is not None]
    return sum(known) if known else None


def _row(entry: _Entry, whole: int, largest: int, digits: int) -> CostRow:
    found = entry.sum
    return CostRow(
        code=entry.code,
        name=entry.name,
        note=entry.cost_center or ", ".join(entry.teams),
        net=minor(found.net, digits),
        tax=minor(found.tax, digits),
        gross=minor(found.gross, digits),
        share=percent(found.gross, whole),
        change=change_text(entry.before, found.gross),
        bar=bar(found.gross, largest),
        is_negative=found.gross < 0,
    )
