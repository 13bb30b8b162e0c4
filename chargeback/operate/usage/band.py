"""When a day's cost is out of the ordinary: a robust band over the trailing days, and an absolute floor.

The middle is the median, the spread 1.4826 × the median absolute deviation (which for normal noise is the standard
deviation), but at least a tenth of the median: days that happen to be alike must not make the next one an alarm. A
day is out
when it lies above the middle by more than ``band`` spreads and by more than the floor, and above what the same
weekday has been in four weeks: a batch that runs on Sundays is no runaway.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import median

from chargeback.config import Usage
from chargeback.operate.usage.daily import DayCost, Series

LEAST_DAYS = 7
"""Fewer trailing days say nothing: until then nothing is out."""
TO_DEVIATION = Decimal("1.4826")
LEAST_SPREAD = Decimal("0.1")
WEEKS = 4
SEASONAL = Decimal("1.5")
"""More than this times the same weekday's highest is no season."""
GROWTH = Decimal("1.5")
"""A runaway that goes on is told anew when it grows by this."""
LULL = 2
"""Days back within the band after which the next one out is a new one."""


@dataclass(frozen=True, slots=True)
class Excess:
    """A day out of the band: since when without a lull, what is usual, what it cost.

    ``last_new`` is the day on which it began, or last grew: told anew then.
    """

    since: date
    usual: Decimal
    cost: Decimal
    new: bool
    last_new: date


def excess_of(series: Series, day: date, settings: Usage) -> Excess | None:
    """Whether that day is out of the band; None where it is not, or cannot be told."""
    return excesses(series, settings).get(day)


def excesses(series: Series, settings: Usage) -> dict[date, Excess]:
    """Every day of a series that is out of its band; what comes later has no part in it."""
    watch = _Watch(settings)
    return {entry.date: found for entry in series if (found := watch.judge(entry)) is not None}


def usual_of(series: Series, day: date, settings: Usage) -> Decimal:
    """The median of the days before, zero where there are none."""
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
        """The day's excess, None where there is none; the day then belongs to the trailing ones."""
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
