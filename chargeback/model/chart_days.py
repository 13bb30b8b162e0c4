"""Which day a label of the report's chart names (CONTRACT, ``billing.report``; BOOKING 3).

Category text is a display label: ``2026-05-01``, ``May 01``, ``1 May 2026``, an RFC 3339 instant. Midnight in whatever
zone it is written in is the day that is written; another instant is the day that it falls on in the configured zone. A
label without a year is taken in the month's year; one that cannot be read names no day.
"""

from __future__ import annotations

import re
from datetime import date
from zoneinfo import ZoneInfo

from chargeback.errors import AnswerError
from chargeback.model.instants import parse_instant

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january"),
            ("feb", "february"),
            ("mar", "march"),
            ("apr", "april"),
            ("may",),
            ("jun", "june"),
            ("jul", "july"),
            ("aug", "august"),
            ("sep", "sept", "september"),
            ("oct", "october"),
            ("nov", "november"),
            ("dec", "december"),
        ),
        start=1,
    )
    for name in names
}
_ISO_DAY = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?", re.ASCII)
_MIDNIGHT = re.compile(r"(\d{4})-(\d{2})-(\d{2})[Tt ]00:00:00(?:\.0+)?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
_MONTH_FIRST = re.compile(_WEEKDAY + r"([a-z]+)\.?[\s-]+(\d{1,2})(?:st|nd|rd|th)?(?:(?:,|,?\s|-)\s*(\d{4}))?", re.ASCII)
_DAY_FIRST = re.compile(_WEEKDAY + r"(\d{1,2})(?:st|nd|rd|th)?[\s-]+([a-z]+)\.?(?:(?:,|,?\s|-)\s*(\d{4}))?", re.ASCII)


def _day(year: int, month: int | None, day: int) -> date | None:
    if month is None:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def chart_day(label: str, year: int, timezone: ZoneInfo) -> date | None:
    """The day that the label names, in ``year`` where it says none; None where it cannot be read."""
    text = label.strip().lower()
    if match := _ISO_DAY.fullmatch(label.strip()):
        return _day(int(match[1]), int(match[2]), int(match[3]))
    if match := _MONTH_FIRST.fullmatch(text):
        return _day(int(match[3] or year), _MONTHS.get(match[1]), int(match[2]))
    if match := _DAY_FIRST.fullmatch(text):
        return _day(int(match[3] or year), _MONTHS.get(match[2]), int(match[1]))
    try:
        instant = parse_instant(label.strip())
        if instant and (midnight := _MIDNIGHT.fullmatch(label.strip())):
            return _day(int(midnight[1]), int(midnight[2]), int(midnight[3]))
        return instant.astimezone(timezone).date() if instant else None
    except (AnswerError, OverflowError):
        return None
