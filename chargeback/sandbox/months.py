"""Calendar months and instants of the simulated platform, and its own clock.

A month is a calendar month of one time zone; its bounds are instants (2026-04-30T17:00:00Z is 1 May in Bangkok).
Which zone holds is decided by the world, never here. Everything the platform says about time follows its clock,
never the machine's.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from time import monotonic
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Month(NamedTuple):
    """One calendar month, ordered by time."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """The month written `YYYY-MM`; ValueError for anything else."""
        parsed = date.fromisoformat(f"{text}-01")
        return cls(parsed.year, parsed.month)

    @classmethod
    def of_ordinal(cls, ordinal: int) -> Month:
        """The month with this ordinal."""
        return cls(ordinal // 12, ordinal % 12 + 1)

    @classmethod
    def holding(cls, moment: datetime, zone: ZoneInfo) -> Month:
        """The month that holds an instant, by the calendar of a zone."""
        local = moment.astimezone(zone)
        return cls(local.year, local.month)

    @property
    def ordinal(self) -> int:
        """Months since year 0: consecutive, so that months can be subtracted."""
        return self.year * 12 + self.month - 1

    def plus(self, months: int) -> Month:
        """The month that many months later (earlier, if negative)."""
        return Month.of_ordinal(self.ordinal + months)

    def days(self) -> tuple[date, ...]:
        """Every day of the month, in order."""
        return _days(self.year, self.month)

    def start(self, zone: ZoneInfo) -> datetime:
        """The instant, in UTC, at which the month begins."""
        return day_start(date(self.year, self.month, 1), zone)

    def end(self, zone: ZoneInfo) -> datetime:
        """The instant, in UTC, at which the next month begins."""
        return self.plus(1).start(zone)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


@lru_cache(maxsize=512)
def _days(year: int, month: int) -> tuple[date, ...]:
    return tuple(date(year, month, day + 1) for day in range(monthrange(year, month)[1]))


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which a day begins in a zone."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def instant(text: str) -> datetime:
    """The instant of an RFC 3339 text, in UTC; ValueError if it has no offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} is not an instant: write it with an offset, as 2026-06-05T02:00:00Z")
    return moment.astimezone(UTC)


def rfc3339(moment: datetime) -> str:
    """An instant as the platform prints it: `2026-06-05T02:00:00Z`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def newest_closed(now: datetime, zone: ZoneInfo) -> Month:
    """The last month that is over: the one that the monthly job books by default."""
    return Month.holding(now, zone).plus(-1)


def days_after(moment: datetime, days: float) -> datetime:
    """The instant that many times 24 hours later."""
    return moment + timedelta(days=days)


class Clock:
    """A clock that stands still until it is moved, or ticks on from where it was set."""

    def __init__(self, now: datetime | str, *, ticking: bool = False) -> None:
        self._ticking = ticking
        self.set(now)

    @property
    def now(self) -> datetime:
        """The present instant of the platform, in UTC."""
        if not self._ticking:
            return self._base
        return self._base + timedelta(seconds=monotonic() - self._set_at)

    def set(self, now: datetime | str) -> None:
        """Move to an instant (aware datetime or RFC 3339 text), forwards or backwards."""
        base = instant(now) if isinstance(now, str) else now
        if base.tzinfo is None:
            raise ValueError(f"{base} is not an instant: give it a time zone")
        self._base = base.astimezone(UTC)
        self._set_at = monotonic()

    def advance(self, *, days: float = 0, hours: float = 0, seconds: float = 0) -> None:
        """Move forwards (or backwards, if negative) by a span."""
        self.set(self.now + timedelta(days=days, hours=hours, seconds=seconds))
