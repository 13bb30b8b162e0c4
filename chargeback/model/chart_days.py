"""Which day a label of the report's chart names (CONTRACT, ``billing.report``; BOOKING 3).

Category text is a display label: ``2026-05-01``, ``May 01``, ``1 May 2026``, an RFC 3339 instant. Midnight in whatever
zone it is written in is the day that is written; another instant is the day that it falls on in the configured zone. A
label without a year names the latest such day that is not after the day on which the report was asked for: the month
that was asked for proves nothing. One that cannot be read names no day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
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
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = rf"(?:(?P<weekday>{'|'.join(_WEEKDAYS)})[a-z]*\.?,?\s+)?"
_YEAR = r"(?:(?:,|,?\s|-)\s*(?P<year>\d{4}))?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_WRITTEN = (
    re.compile(_WEEKDAY + r"(?P<month>[a-z]+)\.?[\s-]+" + _DAY + _YEAR, re.ASCII),
    re.compile(_WEEKDAY + _DAY + r"[\s-]+(?P<month>[a-z]+)\.?" + _YEAR, re.ASCII),
)
_MOST_YEARS_BACK = 40
"""A 29 February on a given day of the week comes again after 40 years at the latest."""


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def chart_day(label: str, asked_on: date | None, timezone: ZoneInfo) -> date | None:
    """The day that the label names; None where it cannot be read.

    ``asked_on`` is the day on which the report was asked for, in the configured zone: a label without a year names the
    latest such day until then, and none where it is not known.
    """
    if match := _ISO_DAY.fullmatch(label.strip()):
        return _day(int(match[1]), int(match[2]), int(match[3]))
    text = label.strip().lower()
    for form in _WRITTEN:
        if match := form.fullmatch(text):
            return _written_day(match, asked_on)
    try:
        instant = parse_instant(label.strip())
        if instant and (midnight := _MIDNIGHT.fullmatch(label.strip())):
            return _day(int(midnight[1]), int(midnight[2]), int(midnight[3]))
        return instant.astimezone(timezone).date() if instant else None
    except (AnswerError, OverflowError):
        return None


def _written_day(label: re.Match[str], asked_on: date | None) -> date | None:
    """The day of a label that names its month by word; one whose day of the week is another one's cannot be read."""
    month = _MONTHS.get(label["month"])
    if month is None:
        return None
    years = [int(label["year"])] if label["year"] else _years_back(asked_on)
    for year in years:
        day = _day(year, month, int(label["day"]))
        if day is None or label["weekday"] not in (None, _WEEKDAYS[day.weekday()]):
            continue
        if label["year"] or (asked_on is not None and day <= asked_on):
            return day
    return None


def _years_back(asked_on: date | None) -> Iterable[int]:
    return range(asked_on.year, max(asked_on.year - _MOST_YEARS_BACK, 0) - 1, -1) if asked_on else ()
