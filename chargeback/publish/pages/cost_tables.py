"""Who bears the month: a table of teams and one of projects per currency, the rest as one honest row.

The ledger added up once for everything that a page shows: by team and by project, per currency.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest
from typing import NamedTuple

from markupsafe import escape
from msgspec import Struct, field

from chargeback.model.bookkeeping import LedgerTeam
from chargeback.model.books import Books, CurrencyTotal
from chargeback.model.ledger import InvoiceLabel, Ledger, LedgerLines, LedgerProject
from chargeback.model.totals import Sums, add_up_columns
from chargeback.model.totals import total as added_up
from chargeback.publish.pages.charts import Spark, bar, sparks, team_colours
from chargeback.publish.pages.elements import bar as bar_html
from chargeback.publish.pages.elements import heads, numbers, section, spark, table
from chargeback.publish.pages.rendering import isolated, plain
from chargeback.publish.pages.wording import change_text, minor, percent
from chargeback.publish.team_history import MONTHS, TeamHistory

MOST_TEAMS = 100
MOST_PROJECTS = 25


class ProjectSum(Struct):
    """One project's sum; ``sid`` and ``name`` are "" for what belongs to no project; ``teams`` as they appear."""

    sid: str
    name: str
    sum: Sums = field(default_factory=Sums)
    teams: dict[str, None] = field(default_factory=dict)


class CurrencyLedger(Struct):
    """One currency's sums by team id, and the gross by project's sid; only what has a line. A month may have half a
    million projects, of which few are shown."""

    currency: str
    teams: dict[str, Sums] = field(default_factory=dict)
    projects: Counter[str] = field(default_factory=Counter)


def ledger_sums(ledger: Ledger) -> dict[str, CurrencyLedger]:
    """The sums by currency."""
    found: dict[str, CurrencyLedger] = {}
    for lines in ledger.lines.batches():
        for label, team, project, sums in _added_up(lines):
            of_currency = found.setdefault(label.currency, CurrencyLedger(label.currency))
            of_currency.teams.setdefault(team.id, Sums()).add(sums)
            of_currency.projects[project.sid] += sums.gross
    return found


def project_sums(ledger: Ledger, currency: str, sids: Collection[str]) -> dict[str, ProjectSum]:
    """Of each of these projects, its sum in one currency, and the teams that bear it."""
    found: dict[str, ProjectSum] = {}
    for lines in ledger.lines.batches():
        for label, team, project, sums in _added_up(lines.of_projects(sids)):
            if label.currency == currency:
                of_project = found.setdefault(project.sid, ProjectSum(project.sid, project.name))
                of_project.sum.add(sums)
                of_project.teams[team.id] = None
    return found


def _added_up(lines: LedgerLines) -> Iterator[tuple[InvoiceLabel, LedgerTeam, LedgerProject, Sums]]:
    """The lines by invoice, team and project, in the order in which these come first."""
    columns = (lines.labels, lines.teams, lines.projects)
    sums = add_up_columns(lines.net, lines.tax, lines.gross, *(column.codes for column in columns))
    for (label, team, project), each in sums.items():
        yield lines.labels.table[label], lines.teams.table[team], lines.projects.table[project], each


class CostRow(Struct, frozen=True):
    """A row of the table of teams or projects; ``bar`` in thousandths of the largest gross.

    ``code`` is the team's id or the project's sid; ``note`` the team's cost centre, or the project's teams;
    ``change`` is since the month before. ``mark`` is a team's class in the style sheet, ``columns`` its twelve months
    up to this one as a small drawing; ``anchor`` its place on the page, at its first row.
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
    mark: str = ""
    columns: tuple[Spark, ...] = ()
    anchor: str = ""


class CostTable(Struct, frozen=True):
    """One currency's rows; ``rest_count`` how many more there are, which ``rest`` adds up; ``total`` is of all."""

    currency: str
    rows: tuple[CostRow, ...]
    rest_count: int
    rest: CostRow | None
    total: CostRow

    @property
    def has_months(self) -> bool:
        """Whether any row shows its months."""
        return any(row.columns for row in self.rows)

    @property
    def has_changes(self) -> bool:
        """Whether the month before has anything to compare with."""
        return any(row.change for row in self.rows)


class _Entry(Struct):
    """A team or a project before it is a row; ``before`` is last month's gross, None where it is not known."""

    code: str
    name: str
    sum: Sums
    cost_center: str = ""
    teams: Iterable[str] = ()
    before: int | None = None
    mark: str = ""
    months: tuple[int, ...] = ()
    anchor: str = ""


def cost_tables(books: Books) -> tuple[tuple[CostTable, ...], tuple[CostTable, ...]]:
    """The tables of teams and of projects, one a currency in the order of the month's totals."""
    sums, history = ledger_sums(books.ledger), TeamHistory(books)
    colours, linked = team_colours(team.id for team in books.ledger.teams), set[str]()
    teams, projects = [], []
    for total in books.totals:
        of_currency = sums.get(total.currency, CurrencyLedger(total.currency))
        by_team = {entry.code: entry for entry in _team_entries(books.ledger.teams, of_currency, history)}
        for code, entry in by_team.items():
            entry.mark = colours[code]
            entry.anchor = "" if code in linked else f"team-{code}"
        linked |= by_team.keys()
        gross = {team: entry.sum.gross for team, entry in by_team.items()}
        everything = _Entry("", "", added_up(entry.sum for entry in by_team.values()))
        everything.before = _added_before(by_team.values())
        teams.append(_table(total, [by_team[team] for team in _largest(gross, MOST_TEAMS)], gross, everything))
        entries = _project_entries(books.ledger, total, _largest(of_currency.projects, MOST_PROJECTS))
        everything = _Entry("", "", added_up(of_currency.teams.values()))
        projects.append(_table(total, entries, of_currency.projects, everything))
    return tuple(teams), tuple(projects)


def _team_entries(teams: Iterable[LedgerTeam], sums: CurrencyLedger, history: TeamHistory) -> list[_Entry]:
    entries = []
    for team in teams:
        months = [month.gross for month in history.months(team.id, sums.currency)]
        found, earlier = sums.teams.get(team.id, Sums()), months[-1]
        if found.lines or earlier:
            entry = _Entry(team.id, team.name, found, team.cost_center, before=earlier)
            entry.months = (*(gross or 0 for gross in months), found.gross) if any(months) else ()
            entries.append(entry)
    return entries


def _project_entries(ledger: Ledger, total: CurrencyTotal, sids: Sequence[str]) -> list[_Entry]:
    names = {team.id: team.name for team in ledger.teams}
    sums = project_sums(ledger, total.currency, frozenset(sids))
    found = [sums[sid] for sid in sids]
    return [_Entry(each.sid, each.name, each.sum, teams=[names.get(team) or team for team in each.teams])
            for each in found]  # fmt: skip


def _table(total: CurrencyTotal, shown: list[_Entry], gross: Mapping[str, int], everything: _Entry) -> CostTable:
    """The table of the entries that are shown; ``gross`` is every entry's, by its code, ``everything`` their sum."""
    longest = max(map(abs, gross.values()), default=0)

    def row(entry: _Entry) -> CostRow:
        return _row(entry, everything.sum.gross, longest, total.digits)

    left = len(gross) - len(shown)
    rest = row(_less(everything, shown)) if left else None
    return CostTable(total.currency, tuple(row(entry) for entry in shown), left, rest, row(everything))


def _largest(gross: Mapping[str, int], most: int) -> list[str]:
    """The codes of the largest ones in order; a single one more is shown too, rather than called "1 more"."""
    ranked = nsmallest(most + 1, gross, key=lambda code: (-gross[code], code))
    return ranked if len(gross) == len(ranked) else ranked[:most]


def _less(everything: _Entry, shown: Iterable[_Entry]) -> _Entry:
    """What is left when those shown are taken away."""
    whole, seen = everything.sum, added_up(entry.sum for entry in shown)
    rest = Sums(whole.net - seen.net, whole.tax - seen.tax, whole.gross - seen.gross, whole.lines - seen.lines)
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
        mark=entry.mark,
        columns=sparks(entry.months),
        anchor=entry.anchor,
    )


_AMOUNTS = ("Net", "Tax", "Gross", "Share")


class CostPage(NamedTuple):
    """What a table's cells need of the page: the month before by name, and by team the links to its ledgers, each
    with its words; none in the table of projects, whose rows' ``label`` then says what their note is."""

    kind: str
    label: str
    previous: str
    links: Mapping[str, Sequence[tuple[str, str]]] | None = None

    def section(self, name: str, heading: str, tables: Sequence[CostTable]) -> str:
        """The section of these tables, one a currency."""
        parts = []
        for each in tables:
            parts.append(f"<h3>{isolated(each.currency)}</h3>\n" if len(tables) > 1 else "")
            parts.append(f'<div class="costs">\n{self._table(each)}</div>\n\n')
        none = f"<p>No {self.kind.lower()} has a line this month.</p>\n"
        return section(name, heading, *parts or [none])

    def _table(self, made: CostTable) -> str:
        names = [*_AMOUNTS, f"Since {self.previous}"] if made.has_changes else [*_AMOUNTS]
        heading = "".join(
            f"{cells}\n"
            for cells in (
                f'{heads([self.kind])}<th role="columnheader" scope="col"><span class="hidden">Bar</span></th>',
                heads((), _AMOUNTS[:2]), heads((), _AMOUNTS[2:]), *(heads((), [name]) for name in names[4:]),
            )
        )  # fmt: skip
        rows = [self._row(row, names) for row in made.rows]
        if made.rest:
            rows.append(
                f'<tr role="row" class="rest">\n<th role="rowheader" scope="row">and {made.rest_count:,} more</th>\n'
                f'<td role="cell" class="wide"></td>\n{_numbers(made.rest, names)}</tr>\n'
            )
        foot = (
            '<tfoot role="rowgroup"><tr role="row">\n<th role="rowheader" scope="row">All</th>'
            f'<td role="cell" class="wide"></td>\n{_numbers(made.total, names)}</tr></tfoot>\n'
        )
        return table(self._caption(made), f"\n{heading}", rows, foot)

    def _caption(self, made: CostTable) -> str:
        rest = f"; {made.rest_count:,} smaller ones are added up in one row" if made.rest_count else ""
        months = "; the small columns are each team's twelve months up to this one" if made.has_months else ""
        shown = f"Bars compare gross amounts{months if self.links is not None else ''}."
        return f"Cost per {self.kind.lower()} in {isolated(made.currency)}, largest first{rest}. {shown}"

    def _row(self, row: CostRow, names: Sequence[str]) -> str:
        shown = row.name or row.code
        name = isolated(shown) if shown else "without a project"
        anchor = f' id="{escape(row.anchor)}"' if row.anchor else ""
        code = isolated(row.code) if row.name and row.name != row.code else ""
        note = f"{self.label}{isolated(row.note)}" if row.note else ""
        links = "".join(
            f'<a href="{address}">{words}<span class="hidden"> ledger of {plain(shown)}</span></a>\n'
            for words, address in (self.links or {}).get(row.code, ())
        )
        drawn = f"{bar_html(row.bar, row.mark, is_negative=row.is_negative)}{spark(row.columns, MONTHS, row.mark)}"
        return (
            f'<tr role="row"{anchor}>\n<th role="rowheader" scope="row">{name}\n'
            f'<span class="sub">{code}{", " if code and note else ""}{note}{links}</span></th>\n'
            f'<td role="cell" class="wide">{drawn}</td>\n{_numbers(row, names)}</tr>\n'
        )


def _numbers(row: CostRow, names: Sequence[str]) -> str:
    """The cells of the amounts, and below them that of the change where the table has it."""
    change = f"{numbers(names[4:], [row.change])}\n" if names[4:] else ""
    return f"{numbers(names[:4], (row.net, row.tax, row.gross, row.share))}\n{change}"
