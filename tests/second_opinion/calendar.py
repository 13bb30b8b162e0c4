"""Calendar months, where an instant lies, and what the labels of a chart say (BOOKING 1 and 3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ZONES_OF_THE_SERVER = ("UTC", "Asia/Bangkok")
ONE_MONTH = {"this_month": 0, "prev_month": -1}
"""The ranges of one month, and how many months after that of the question it is."""
LEAP_YEARS_APART = 8
"""At most (1896 to 1904)."""


def shifted(period: str, by: int) -> str:
    """The month so many months later."""
    count = int(period[:4]) * 12 + int(period[5:7]) - 1 + by
    return f"{count // 12:04}-{count % 12 + 1:02}"


def month_of(moment: datetime, zone: str) -> str:
    """The month that an instant lies in."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m")


def first_instant(period: str, zone: str) -> datetime:
    """When the month begins in that time zone."""
    return midnight(date(int(period[:4]), int(period[5:7]), 1), zone)


def midnight(day: date, zone: str) -> datetime:
    """When the day begins in that time zone."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def bounds(period: str, zone: str) -> tuple[datetime, datetime]:
    """When the month begins, and when the next one does."""
    return first_instant(period, zone), first_instant(shifted(period, 1), zone)


def month_with_most(start: datetime, end: datetime, zone: str) -> str:
    """The month that holds most of the time between two instants; of several the earliest."""
    month, last = month_of(start, zone), month_of(end, zone)
    best, longest = month, timedelta(0)
    while month <= last:
        begins, ends = bounds(month, zone)
        held = min(end, ends) - max(start, begins)
        if held > longest:
            best, longest = month, held
        month = shifted(month, 1)
    return best


def day_of(moment: datetime, zone: str) -> date:
    """The day that an instant lies on."""
    return moment.astimezone(ZoneInfo(zone)).date()


def chart_days(labels: Iterable[str], asked: date) -> Iterator[date]:
    """The days that the labels show; one that cannot be read shows none."""
    for label in labels:
        day = label_day(label, asked)
        if day is not None:
            yield day


def label_day(label: str, asked: date) -> date | None:
    """The day of a label: "2026-05-01", "May 01", "1 May", "May 1, 2026" or "1 May 2026".

    Without a year it is the latest such day that is not after the day on which the report was asked for.
    """
    words = re.findall(r"[a-z]+|\d+", label.casefold())
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", label):
        return day_or_none(int(words[0]), int(words[1]), int(words[2]))
    names = [word[:3] for word in words if word[:3] in MONTHS]
    numbers = [int(word) for word in words if word.isdigit()]
    if len(names) != 1 or len(numbers) not in (1, 2) or len(words) != len(names) + len(numbers):
        return None
    month, day = MONTHS.index(names[0]) + 1, numbers[0]
    if len(numbers) == 2:
        return day_or_none(numbers[1], month, day)
    candidates = (day_or_none(asked.year - back, month, day) for back in range(LEAP_YEARS_APART + 1))
    return next((each for each in candidates if each is not None and each <= asked), None)


def day_or_none(year: int, month: int, day: int) -> date | None:
    """The day, None where the calendar has none such."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def named_months(named: str, moment: datetime, zone: str) -> set[str]:
    """Every month that an echoed range may mean at an instant, in three time zones; none for another range."""
    zones = (zone, *ZONES_OF_THE_SERVER)
    return {shifted(month_of(moment, each), ONE_MONTH[named]) for each in zones} if named in ONE_MONTH else set()


def header_instant(header: str | None) -> datetime | None:
    """The instant of a ``Date`` header, None where it is missing or is none."""
    try:
        return parsedate_to_datetime(header or "").astimezone(UTC)
    except ValueError:
        return None


def month_length(period: str) -> list[date]:
    """The days of the month."""
    first = date(int(period[:4]), int(period[5:7]), 1)
    return [day for day in (first + timedelta(days=count) for count in range(31)) if day.month == first.month]
