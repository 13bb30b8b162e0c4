"""Month to date, the estimated end of the month, yesterday, and the same day of last month: by project and by team."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from chargeback.config import Config
from chargeback.model.period import Period
from chargeback.operate.usage.alerts import cost_of, money
from chargeback.operate.usage.daily import DAY, Series
from chargeback.operate.usage.snapshot import Snapshot

PACE_DAYS = 7
"""The rest of the month is taken to cost what these last days did, by their median."""


@dataclass(frozen=True, slots=True)
class Figures:
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
        amounts = {field.name: getattr(self, field.name) for field in fields(self)}
        shown = {name: None if amount is None else money(amount) for name, amount in amounts.items()}
        delta, monthly = difference(self.today, self.yesterday), difference(self.month_to_date, self.last_month)
        return {
            **shown,
            "delta_yesterday": None if delta is None else money(delta),
            "delta_last_month": None if monthly is None else money(monthly),
        }


def difference(after: Decimal | None, before: Decimal | None) -> Decimal | None:
    """After less before; None where either is unknown."""
    return None if after is None or before is None else after - before


def figures_of(
    snapshot: Snapshot, now: datetime, day: date, projects: Mapping[str, Series], config: Config
) -> dict[str, Figures]:
    """By project of that day."""
    costs = month_to_date(snapshot, day)
    before = month_to_date(snapshot, same_day_last_month(day))
    left = _days_left(now, config)
    return {sid: _figures(cost, before.get(sid), projects[sid], day, left) for sid, cost in sorted(costs.items())}


def _figures(cost: Decimal, last_month: Decimal | None, series: Series, day: date, left: Decimal) -> Figures:
    known = [entry.cost for entry in series if entry.date <= day and entry.cost is not None]
    pace = median(known[-PACE_DAYS:]) if known else cost / max(day.day, 1)
    earlier = [entry.date for entry in series if entry.date < day]
    return Figures(
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


def combined(parts: Iterable[tuple[Figures, Decimal]]) -> Figures:
    """The sum of figures, each with the share that counts; what is unknown somewhere counts where it is known."""
    sums: dict[str, Decimal | None] = {field.name: None for field in fields(Figures)}
    for figures, share in parts:
        for name, sofar in sums.items():
            amount = getattr(figures, name)
            if amount is not None:
                sums[name] = (sofar or Decimal(0)) + amount * share
    return Figures(
        sums["month_to_date"] or Decimal(0),
        sums["month_end"] or Decimal(0),
        sums["today"],
        sums["yesterday"],
        sums["last_month"],
    )


def by_team(figures: Mapping[str, Figures], shares: Mapping[str, Mapping[str, Decimal]]) -> dict[str, Figures]:
    """Team -> the sum of its projects, and of its parts of shared ones."""
    teams = sorted({team for split in shares.values() for team in split})
    return {
        team: combined((figures[sid], split[team]) for sid, split in shares.items() if team in split) for team in teams
    }


def _days_left(now: datetime, config: Config) -> Decimal:
    """Days until the month ends."""
    end = Period.holding(now, config.timezone).end(config.timezone)
    return Decimal((end - now) // timedelta(seconds=1)) / DAY
