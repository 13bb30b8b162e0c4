"""Which days a report covers: kind C by the name of a range, kind D by from and to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from chargeback.sandbox.dialect import ApiError, Kind
from chargeback.sandbox.months import Month, day_start, instant

# Months back from the present one: the first, and one past the last.
_RANGES = {"this_month": (0, 1), "prev_month": (-1, 0), "3_months": (-2, 1), "6_months": (-5, 1), "year": (-11, 1)}


class Window(NamedTuple):
    """Days that a report covers, from first until last (exclusive), and the name of the range if it has one."""

    first: date
    last: date
    name: str = ""

    def within(self, month: Month) -> tuple[int, int]:
        """The covered days of a month, as a half-open range of days counted from 0."""
        begin = date(month.year, month.month, 1)
        length = len(month.days())
        return _clamp((self.first - begin).days, length), _clamp((self.last - begin).days, length)

    def months(self) -> list[Month]:
        """The months that hold at least one covered day."""
        if self.first >= self.last:
            return []
        end = self.last - timedelta(days=1)
        indexes = range(Month(self.first.year, self.first.month).ordinal, Month(end.year, end.month).ordinal + 1)
        return [Month.of_ordinal(index) for index in indexes]


def requested_window(kind: Kind, payload: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> Window:
    """The days that a validated billing.report request asks for, none of them after today."""
    window = _by_range(payload["range"], now, zone) if kind == "C" else _by_bounds(payload, zone)
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return window._replace(last=max(window.first, min(window.last, tomorrow)))


def _by_range(name: str, now: datetime, zone: ZoneInfo) -> Window:
    if name not in _RANGES:
        raise ApiError("api: validate error", {"range": "invalid"})
    first, last = _RANGES[name]
    present = Month.holding(now, zone)
    return Window(present.plus(first).days()[0], present.plus(last).days()[0], name)


def _by_bounds(payload: Mapping[str, Any], zone: ZoneInfo) -> Window:
    bounds = []
    for name in ("from", "to"):
        try:
            bounds.append(_first_day(instant(payload[name]), zone))
        except ValueError:
            raise ApiError("api: validate error", {name: "invalid"}) from None
    return Window(bounds[0], max(bounds))


def _first_day(moment: datetime, zone: ZoneInfo) -> date:
    """The first day that begins at the instant or after it."""
    day = moment.astimezone(zone).date()
    return day if day_start(day, zone) == moment else day + timedelta(days=1)


def _clamp(value: int, limit: int) -> int:
    return max(0, min(value, limit))
