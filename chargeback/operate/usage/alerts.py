"""What moved: the project, its resources, the deployment that grew or that is its largest.

When a day's cost is out of the ordinary: a robust band over the trailing days, and an absolute floor.

The middle is the median, the spread 1.4826 × the median absolute deviation (which for normal noise is the standard
deviation), but at least a tenth of the median: days that happen to be alike must not make the next one an alarm. A
day is out
when it lies above the middle by more than ``band`` spreads and by more than the floor, and above what the same
weekday has been in four weeks: a batch that runs on Sundays is no runaway.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Any

from msgspec import Struct

from chargeback.config import Usage
from chargeback.operate.usage.daily import DayCost, Series
from chargeback.operate.usage.snapshot import CURRENCY, DeploymentRow, Snapshot

LEAST_DAYS = 7
"""Fewer trailing days say nothing: until then nothing is out."""
TO_DEVIATION = Decimal("1.4826")
LEAST_SPREAD = Decimal("0.1")
WEEKS = 4
SEASONAL = Decimal("1.5")
"""More than this times the same weekday's highest is no season."""
GROWTH = Decimal("1.5")
"""A runaway that goes on is a new alert when it grows by this."""
LULL = 2
"""Days back within the band after which the next one out is a new one."""

MOST_RESOURCES = 3


class Excess(Struct, frozen=True):
    """A day out of the band: since when without a lull, what is usual, what it cost.

    ``last_new`` is the day on which it began, or last grew: it is reported anew then.
    """

    since: date
    usual: Decimal
    cost: Decimal
    new: bool
    last_new: date


def excess_of(series: Series, day: date, settings: Usage) -> Excess | None:
    """Whether that day is out of the band; None where it is not, or is not known."""
    return excesses(series, settings).get(day)


def excesses(series: Series, settings: Usage) -> dict[date, Excess]:
    """Every day of a series that is out of its band; what comes later has no part in it."""
    watch = _Watch(settings)
    return {entry.date: found for entry in series if (found := watch.judge(entry)) is not None}


def usual_of(series: Series, day: date, settings: Usage) -> Decimal:
    """The median of the days before, zero if there are none."""
    known = [entry.cost for entry in series if entry.date < day and entry.cost is not None]
    return median(known[-settings.days :]) if known else Decimal(0)


class _Watch:
    """Goes through a series day by day: a band follows the days before, and a runaway is new only once."""

    def __init__(self, settings: Usage) -> None:
        self.settings = settings
        self.days: list[tuple[date, Decimal]] = []
        self.since: date | None = None
        self.last_out: date | None = None
        self.last_new: date | None = None
        self.peak = Decimal(0)

    def judge(self, entry: DayCost) -> Excess | None:
        """The day's excess, None if there is none; the day then belongs to the trailing ones."""
        if entry.cost is None:
            return None
        usual = self._usual_if_out(entry.date, entry.cost)
        found = None if usual is None else self._noted(entry.date, entry.cost, usual)
        self.days.append((entry.date, entry.cost))
        return found

    def _usual_if_out(self, day: date, cost: Decimal) -> Decimal | None:
        trailing = [value for _, value in self.days[-self.settings.days :]]
        if len(trailing) < LEAST_DAYS or cost <= self.settings.floor:
            return None
        middle, spread = middle_and_spread(trailing)
        above = cost - middle
        out = above > self.settings.floor and above > self.settings.band * spread and not self._seasonal(day, cost)
        return middle if out else None

    def _seasonal(self, day: date, cost: Decimal) -> bool:
        """Whether the same weekday has been about as high within four weeks, outside of a runaway that goes on."""
        since = self.since if self._goes_on(day) else None
        same = [
            value
            for earlier, value in self.days[-7 * WEEKS :]
            if earlier.weekday() == day.weekday() and not (since is not None and earlier >= since)
        ]
        return bool(same) and cost <= SEASONAL * max(same)

    def _goes_on(self, day: date) -> bool:
        """Whether a runaway has been there right before."""
        return self.last_out is not None and (day - self.last_out).days <= LULL

    def _noted(self, day: date, cost: Decimal, usual: Decimal) -> Excess:
        goes_on = self._goes_on(day)
        new = not goes_on or cost > GROWTH * self.peak
        self.since = self.since if goes_on and self.since is not None else day
        self.peak = max(self.peak, cost) if goes_on else cost
        self.last_out = day
        self.last_new = day if new or self.last_new is None else self.last_new
        return Excess(self.since, usual, cost, new, self.last_new)


def middle_and_spread(values: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """The median, and the robust deviation around it, not less than a tenth of it."""
    middle = median(values)
    deviation = median([abs(value - middle) for value in values])
    return middle, max(TO_DEVIATION * deviation, LEAST_SPREAD * abs(middle))


class MovedResource(Struct, frozen=True):
    """A resource's cost of the day, and what is usual."""

    resource: str
    cost: Decimal
    usual: Decimal


class MovedDeployment(Struct, frozen=True):
    """A deployment's monthly price at the last look (None: it was not there) and now."""

    name: str
    location: str
    before: Decimal | None
    after: Decimal

    @property
    def grew(self) -> bool:
        """Whether it is why the cost grew, as far as requested resources tell."""
        return self.before is None or self.after > self.before


class Alert(Struct, frozen=True):
    """A project whose day is out of the band, in whole or in one resource."""

    project: str
    account: str
    team: str
    since: date
    last_new: date
    new: bool
    cost: Decimal
    usual: Decimal
    resources: tuple[MovedResource, ...]
    deployment: MovedDeployment | None

    def line(self) -> str:
        """The alert for people: what moved, by how much, since when."""
        moved = ", ".join(
            f"{each.resource} {money(each.cost)} (usually {money(each.usual)})" for each in self.resources
        )
        state = "ALERT" if self.new else "still high"
        return (
            f"{state} {self.project} (team {self.team or 'unassigned'}, account {self.account}): "
            f"{money(self.cost)} {CURRENCY} a day, usually {money(self.usual)}, since {self.since}: {moved}"
            f"{_deployment_text(self.deployment)}"
        )

    def to_json(self) -> dict[str, Any]:
        """The alert for machines; amounts as text."""
        deployment = self.deployment
        return {
            "project": self.project,
            "account": self.account,
            "team": self.team,
            "since": self.since.isoformat(),
            "new": self.new,
            "cost": money(self.cost),
            "usual": money(self.usual),
            "resources": [
                {"resource": each.resource, "cost": money(each.cost), "usual": money(each.usual)}
                for each in self.resources
            ],
            "deployment": deployment
            and {
                "name": deployment.name,
                "location": deployment.location,
                "before": None if deployment.before is None else money(deployment.before),
                "after": money(deployment.after),
            },
        }


def money(amount: Decimal) -> str:
    """An estimate as it is shown: two decimals."""
    return f"{amount:.2f}"


def _deployment_text(deployment: MovedDeployment | None) -> str:
    if deployment is None:
        return ""
    where = f"{deployment.name} at {deployment.location}" if deployment.location else deployment.name
    if deployment.before is None:
        return f"; new deployment {where}, {money(deployment.after)} a month"
    if deployment.grew:
        return f"; deployment {where} grew from {money(deployment.before)} to {money(deployment.after)} a month"
    return f"; largest deployment: {where}, {money(deployment.after)} a month"


def alerts_of(
    snapshot: Snapshot,
    day: date,
    resources: dict[tuple[str, str], Series],
    projects: dict[str, Series],
    settings: Usage,
) -> tuple[Alert, ...]:
    """The alerts of that day, the dearest first."""
    by_project: dict[str, dict[str, Excess]] = {}
    for (project, resource), series in resources.items():
        excess = excess_of(series, day, settings)
        if excess is not None:
            by_project.setdefault(project, {})[resource] = excess
    found = []
    for project, series in projects.items():
        excess = excess_of(series, day, settings)
        if excess is not None or project in by_project:
            found.append(
                _alert(snapshot, day, project, excess, by_project.get(project, {}), resources, projects, settings)
            )
    return tuple(sorted(found, key=lambda alert: (not alert.new, alert.usual - alert.cost, alert.project)))


def _alert(
    snapshot: Snapshot,
    day: date,
    project: str,
    whole: Excess | None,
    parts: dict[str, Excess],
    resources: dict[tuple[str, str], Series],
    projects: dict[str, Series],
    settings: Usage,
) -> Alert:
    excesses = [*parts.values(), *([whole] if whole else [])]
    row = next(row for row in snapshot.usage if row.project == project and row.date == day)
    return Alert(
        project=project,
        account=row.account,
        team=row.team,
        since=min(excess.since for excess in excesses),
        last_new=max(excess.last_new for excess in excesses),
        new=any(excess.new for excess in excesses),
        cost=cost_of(projects[project], day) or Decimal(0),
        usual=usual_of(projects[project], day, settings),
        resources=_moved(day, project, set(parts), resources, settings),
        deployment=_moved_deployment(snapshot.deployments, project, day),
    )


def cost_of(series: Series, day: date) -> Decimal | None:
    """What the day cost; None where it is not known."""
    return next((entry.cost for entry in series if entry.date == day), None)


def _moved(
    day: date, project: str, out: set[str], resources: dict[tuple[str, str], Series], settings: Usage
) -> tuple[MovedResource, ...]:
    """The resources out of their band, else those that grew most."""
    found = [
        MovedResource(resource, cost, usual_of(series, day, settings))
        for (owner, resource), series in resources.items()
        if owner == project and (cost := cost_of(series, day)) is not None
    ]
    found.sort(key=lambda each: (each.resource not in out, each.usual - each.cost, each.resource))
    return tuple(each for each in found if each.resource in out or each.cost > each.usual)[:MOST_RESOURCES]


def _moved_deployment(rows: tuple[DeploymentRow, ...], project: str, day: date) -> MovedDeployment | None:
    """The deployment whose monthly price grew most since the last look, else the project's largest."""
    of_project = [row for row in rows if row.project == project]
    days = sorted({row.date for row in rows if row.date < day})
    before = {(row.deployment, row.location): row.monthly_price for row in of_project if days and row.date == days[-1]}
    now = [
        MovedDeployment(
            row.deployment,
            row.location,
            before.get((row.deployment, row.location)) if days else row.monthly_price,
            row.monthly_price,
        )
        for row in of_project
        if row.date == day
    ]
    return max(now, key=lambda each: (each.after - (each.before or 0), each.after), default=None)
