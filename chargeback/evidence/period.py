"""The calendar month, and the instants at which it begins and ends in a time zone.

Months are reckoned in the configuration's ``timezone``; bounds are instants, so 2026-04-30T17:00:00Z is 1 May in
Bangkok (BOOKING 1). Zones come from the ``tzdata`` package alone, so that every machine reckons alike.
"""

from __future__ import annotations

import re
import zoneinfo
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache, total_ordering
from typing import Final
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from chargeback.errors import ConfigurationError

zoneinfo.reset_tzpath(to=[])

_PERIOD = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
FIRST_YEAR, LAST_YEAR = 1970, 9000


@cache
def zone(name: str) -> ZoneInfo:
    """The IANA time zone of that name; ``ConfigurationError`` if there is none."""
    try:
        return ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigurationError(
            f'timezone = "{name}": not a time zone', remedy='name one of the IANA database, such as "Asia/Bangkok"'
        ) from error


@total_ordering
class Period:
    """One calendar month; months are in order of time, and written as ``YYYY-MM`` wherever a file or a page names one.

    Not a dataclass: those are written, and read back, as an object with a key for each field.
    """

    __slots__ = ("month", "year")

    def __init__(self, year: int, month: int) -> None:
        self.year: Final = year
        self.month: Final = month

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read ``YYYY-MM``; ``ConfigurationError`` where the text is no such month."""
        match = _PERIOD.fullmatch(text)
        if match is None or not FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
            raise ConfigurationError(f'"{text}" is not a month', remedy="write it as YYYY-MM, for example 2026-05")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def holding(cls, instant: datetime, timezone: ZoneInfo) -> Period:
        """The month in which the instant lies, in that zone."""
        local = instant.astimezone(timezone)
        return cls(local.year, local.month)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Period) and (self.year, self.month) == (other.year, other.month)

    def __lt__(self, other: Period) -> bool:
        return (self.year, self.month) < (other.year, other.month)

    def __hash__(self) -> int:
        return hash((self.year, self.month))

    def __repr__(self) -> str:
        return f"Period({self.year}, {self.month})"

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    def plus(self, months: int) -> Period:
        """The month so many months later, or earlier where negative."""
        return _moved(self.year, self.month, months)

    @property
    def first_day(self) -> date:
        """The month's first day."""
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        """The month's last day."""
        return self.first_day + relativedelta(months=1, days=-1)

    def days(self) -> list[date]:
        """Every day of the month, in order."""
        return [self.first_day + timedelta(days=offset) for offset in range(self.last_day.day)]

    def start(self, timezone: ZoneInfo) -> datetime:
        """The instant at which the month begins in that zone, in UTC."""
        return day_start(self.first_day, timezone)

    def end(self, timezone: ZoneInfo) -> datetime:
        """The instant at which the next month begins in that zone, in UTC."""
        return self.plus(1).start(timezone)


@lru_cache(maxsize=4096)  # each invoice and report asks about the same few
def _moved(year: int, month: int, months: int) -> Period:
    moved = date(year, month, 1) + relativedelta(months=months)
    return Period(moved.year, moved.month)


def day_start(day: date, timezone: ZoneInfo) -> datetime:
    """The first instant of a calendar day in a zone, in UTC; the end of the gap where DST skips midnight."""
    return datetime(day.year, day.month, day.day, tzinfo=timezone).astimezone(UTC)


def last_month(now: datetime, timezone: ZoneInfo) -> Period:
    """The month before the one that holds the instant."""
    return Period.holding(now, timezone).plus(-1)
