"""What a daily look says: figures by project and team, alerts, and what could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from chargeback.allocate.ownership import Ownership
from chargeback.config import Config
from chargeback.config.address import Place
from chargeback.errors import EXCEPTIONS, RECONCILED
from chargeback.model.period import Period
from chargeback.operate.usage.alerts import Alert, alerts_of
from chargeback.operate.usage.daily import by_project, by_resource
from chargeback.operate.usage.estimates import Figures, by_team, combined, figures_of
from chargeback.operate.usage.owners import shares
from chargeback.operate.usage.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class UsageReport:
    """One day's look; ``owners`` and ``accounts`` by project; ``path`` is the month's snapshot file."""

    day: date
    taken_at: datetime
    projects: dict[str, Figures]
    teams: dict[str, Figures]
    total: Figures
    alerts: tuple[Alert, ...]
    owners: Mapping[str, str]
    accounts: Mapping[str, str]
    path: Place
    problems: list[str]
    unpriced: list[str]

    @property
    def exit(self) -> int:
        """3 where an alert is new: one that goes on was told when it began."""
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
