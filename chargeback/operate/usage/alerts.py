"""What moved: the project, its resources, the deployment that grew or that is its largest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from chargeback.config import Usage
from chargeback.operate.usage.band import Excess, excess_of, usual_of
from chargeback.operate.usage.daily import Series
from chargeback.operate.usage.snapshot import CURRENCY, DeploymentRow, Snapshot

MOST_RESOURCES = 3


@dataclass(frozen=True, slots=True)
class MovedResource:
    """A resource's cost of the day, and what is usual."""

    resource: str
    cost: Decimal
    usual: Decimal


@dataclass(frozen=True, slots=True)
class MovedDeployment:
    """A deployment's monthly price at the last look (None: it was not there) and now."""

    name: str
    location: str
    before: Decimal | None
    after: Decimal

    @property
    def grew(self) -> bool:
        """Whether it is why the cost grew, as far as requested resources tell."""
        return self.before is None or self.after > self.before


@dataclass(frozen=True, slots=True)
class Alert:
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
    """What the day cost; None where it cannot be told."""
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
