"""The estimates of a daily look at usage: month to date, the estimated end of the month, yesterday, and the same day of
last month, by project and by team; and the look as text, JSON and Prometheus' text format, with alerts and what could
not be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict, astuple

from chargeback.allocate.ownership import Ownership
from chargeback.config import Config
from chargeback.config.address import Place
from chargeback.errors import EXCEPTIONS, RECONCILED
from chargeback.evidence.period import Period
from chargeback.model.instants import format_instant
from chargeback.model.money import EXACT
from chargeback.model.spreadsheet_text import csv_table
from chargeback.model.wording import counted
from chargeback.operate.metrics import Gauge, Labels, Value
from chargeback.operate.usage.alerts import Alert, alerts_of, cost_of, money
from chargeback.operate.usage.daily import DAY, Series, by_project, by_resource, shares
from chargeback.operate.usage.snapshot import CURRENCY, Snapshot

PACE_DAYS = 7
_CENT = Decimal("0.01")
"""The rest of the month is taken to cost what these last days did, by their median."""
HEADINGS = ("month to date", "month end", "today", "yesterday", "a month ago")


class UsageFigures(Struct, frozen=True):
    """Amounts in currency; None where there is nothing to compare with.

    ``today`` and ``yesterday`` are what the day of the last look and of the one before cost; ``last_month`` is month
    to date on the same day of last month.
    """

    month_to_date: Decimal
    month_end: Decimal
    today: Decimal | None
    yesterday: Decimal | None
    last_month: Decimal | None

    def to_json(self) -> dict[str, Any]:
        """Amounts as text, and the two deltas."""
        amounts = asdict(self)
        texts = {name: None if amount is None else money(amount) for name, amount in amounts.items()}
        delta, monthly = difference(self.today, self.yesterday), difference(self.month_to_date, self.last_month)
        return {
            **texts,
            "delta_yesterday": None if delta is None else money(delta),
            "delta_last_month": None if monthly is None else money(monthly),
        }


def difference(after: Decimal | None, before: Decimal | None) -> Decimal | None:
    """After less before; None where either is unknown."""
    return None if after is None or before is None else after - before


def figures_of(
    snapshot: Snapshot, now: datetime, day: date, projects: Mapping[str, Series], config: Config
) -> dict[str, UsageFigures]:
    """By project of that day."""
    costs = month_to_date(snapshot, day)
    before = month_to_date(snapshot, same_day_last_month(day))
    left = _days_left(now, config)
    return {sid: _figures(cost, before.get(sid), projects[sid], day, left) for sid, cost in sorted(costs.items())}


def _figures(cost: Decimal, last_month: Decimal | None, series: Series, day: date, left: Decimal) -> UsageFigures:
    known = [entry.cost for entry in series if entry.date <= day and entry.cost is not None]
    pace = median(known[-PACE_DAYS:]) if known else cost / max(day.day, 1)
    earlier = [entry.date for entry in series if entry.date < day]
    return UsageFigures(
        month_to_date=cost,
        month_end=cost + pace * left,
        today=cost_of(series, day),
        yesterday=cost_of(series, earlier[-1]) if earlier else None,
        last_month=last_month,
    )


def month_to_date(snapshot: Snapshot, day: date) -> dict[str, Decimal]:
    """Project -> its cost since the month began, as of that day."""
    found: dict[str, Decimal] = {}
    for row in snapshot.usage:
        if row.date == day:
            found[row.project] = found.get(row.project, Decimal(0)) + row.cost
    return found


def same_day_last_month(day: date) -> date:
    """The same day of the month before, its last one where it is shorter."""
    month = Period(day.year, day.month).plus(-1)
    return month.first_day.replace(day=min(day.day, month.last_day.day))


def combined(parts: Iterable[tuple[UsageFigures, Decimal]]) -> UsageFigures:
    """The sum of figures, each with the share that counts; what is unknown somewhere counts where it is known."""
    sums: dict[str, Decimal | None] = dict.fromkeys(UsageFigures.__struct_fields__)
    for figures, share in parts:
        for name, sofar in sums.items():
            amount = getattr(figures, name)
            if amount is not None:
                sums[name] = (sofar or Decimal(0)) + amount * share
    return UsageFigures(
        sums["month_to_date"] or Decimal(0),
        sums["month_end"] or Decimal(0),
        sums["today"],
        sums["yesterday"],
        sums["last_month"],
    )


def by_team(
    figures: Mapping[str, UsageFigures], shares: Mapping[str, Mapping[str, Decimal]]
) -> dict[str, UsageFigures]:
    """Team -> the sum of its projects, and of its parts of shared ones."""
    teams = sorted({team for split in shares.values() for team in split})
    return {
        team: combined((figures[sid], split[team]) for sid, split in shares.items() if team in split) for team in teams
    }


def _days_left(now: datetime, config: Config) -> Decimal:
    """Days until the month ends."""
    end = Period.holding(now, config.timezone).end(config.timezone)
    return Decimal((end - now) // timedelta(seconds=1)) / DAY


def text_lines(report: UsageReport) -> Iterator[str]:
    """Alerts, then a table of teams, then one of projects."""
    total = report.total
    yield (
        f"{report.day}  {counted(len(report.projects), 'project')}  "
        f"{money(total.month_to_date)} {CURRENCY} this month, "
        f"about {money(total.month_end)} at its end (list prices before tax)"
    )
    for alert in report.alerts:
        yield alert.line()
    yield from _table("team", report.teams)
    yield from _table("project", report.projects)


def _table(title: str, rows: dict[str, UsageFigures]) -> Iterator[str]:
    if not rows:
        return
    cells = [(title, *HEADINGS), *((name, *_amounts(figures)) for name, figures in rows.items())]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    for name, *amounts in cells:
        yield "  ".join(
            [name.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(amounts, widths[1:], strict=True))]
        )


def _amounts(figures: UsageFigures) -> tuple[str, ...]:
    amounts = (figures.month_to_date, figures.month_end, figures.today, figures.yesterday, figures.last_month)
    return tuple("-" if amount is None else money(amount) for amount in amounts)


def csv_text(report: UsageReport) -> str:
    """A row a project, amounts in ``currency``; "" where there is nothing to compare with."""
    names = list(UsageFigures.__struct_fields__)
    rows = (
        [report.day.isoformat(), sid, report.accounts[sid], report.owners[sid], *_written(figures), CURRENCY]
        for sid, figures in report.projects.items()
    )
    return csv_table(["date", "project", "account", "team", *names, "currency"], rows, names)


def _written(figures: UsageFigures) -> Iterator[str]:
    for amount in astuple(figures):
        yield "" if amount is None else money(amount)


def to_json(report: UsageReport) -> dict[str, Any]:
    """The whole look; amounts as text, in ``currency``."""
    return {
        "schema": 1,
        "date": report.day.isoformat(),
        "taken_at": format_instant(report.taken_at),
        "currency": CURRENCY,
        "snapshot": str(report.path),
        "total": report.total.to_json(),
        "teams": [{"team": team, **figures.to_json()} for team, figures in report.teams.items()],
        "projects": [
            {"project": sid, "account": report.accounts[sid], "team": report.owners[sid], **figures.to_json()}
            for sid, figures in report.projects.items()
        ],
        "alerts": [alert.to_json() for alert in report.alerts],
        "problems": report.problems,
        "unpriced": report.unpriced,
    }


def families(report: UsageReport) -> list[Gauge]:
    """Gauges by project and by team; an alert's is 1 as long as it goes on."""
    alerted = {alert.project: alert for alert in report.alerts}
    labels = {
        sid: {"project": sid, "team": report.owners[sid] or "unassigned", "account": report.accounts[sid]}
        for sid in report.projects
    }
    teams = {team: {"team": team} for team in report.teams}
    return [
        *_of("project", "a project", labels, report.projects),
        *_of("team", "a team", teams, report.teams),
        Gauge(
            "chargeback_usage_alert",
            "1 while a project's daily cost is out of its band, else 0",
            tuple((labels[sid], int(sid in alerted)) for sid in report.projects),
        ),
        Gauge(
            "chargeback_usage_excess",
            "Estimated cost of the day above what is usual, of projects with an alert",
            tuple((labels[sid], alert.cost - alert.usual) for sid, alert in alerted.items()),
        ),
        Gauge(
            "chargeback_usage_unread_projects",
            "Projects or lists that could not be read",
            (({}, len(report.problems)),),
        ),
        Gauge(
            "chargeback_usage_timestamp_seconds", "When usage was last looked at", (({}, report.taken_at.timestamp()),)
        ),
    ]


def _of(noun: str, owner: str, labels: Mapping[str, Labels], rows: dict[str, UsageFigures]) -> Iterator[Gauge]:
    def samples(name: str) -> tuple[tuple[Labels, Value], ...]:
        found = ((labels[key], getattr(figures, name)) for key, figures in rows.items())
        return tuple((label, EXACT.quantize(amount, _CENT)) for label, amount in found if isinstance(amount, Decimal))

    prefix = f"chargeback_usage_{noun}"
    yield Gauge(f"{prefix}_month_to_date", f"Estimated cost of {owner} since the month began", samples("month_to_date"))
    yield Gauge(f"{prefix}_month_end", f"Estimated cost of {owner} at the end of the month", samples("month_end"))
    yield Gauge(f"{prefix}_daily", f"Estimated cost of {owner} on the last day looked at", samples("today"))


class UsageReport(Struct, frozen=True):
    """One day's look; ``owners`` and ``accounts`` by project; ``path`` is the month's snapshot file."""

    day: date
    taken_at: datetime
    projects: dict[str, UsageFigures]
    teams: dict[str, UsageFigures]
    total: UsageFigures
    alerts: tuple[Alert, ...]
    owners: Mapping[str, str]
    accounts: Mapping[str, str]
    path: Place
    problems: list[str]
    unpriced: list[str]

    @property
    def exit(self) -> int:
        """3 where an alert is new: one that goes on was reported when it began."""
        return EXCEPTIONS if any(alert.new for alert in self.alerts) else RECONCILED


def report_of(
    snapshot: Snapshot,
    config: Config,
    now: datetime,
    path: Place,
    problems: list[str],
    unpriced: list[str],
) -> UsageReport:
    """The report of the newest day of a snapshot that holds the days before too; pure."""
    day = now.astimezone(config.timezone).date()
    resources = by_resource(snapshot, config.timezone)
    projects = by_project(resources)
    today = [row for row in snapshot.usage if row.date == day]
    figures = figures_of(snapshot, now, day, projects, config)
    claims = Ownership.of(config, Period.holding(now, config.timezone))
    split = shares(config, claims, {sid: each.month_to_date for sid, each in figures.items()})
    return UsageReport(
        day=day,
        taken_at=now,
        projects=figures,
        teams=by_team(figures, split),
        total=combined((each, Decimal(1)) for each in figures.values()),
        alerts=alerts_of(snapshot, day, resources, projects, config.usage),
        owners={row.project: row.team for row in today},
        accounts={row.project: row.account for row in today},
        path=path,
        problems=problems,
        unpriced=unpriced,
    )
