"""Calendar months and their bounds as instants, in zones with and without daylight saving time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.errors import ConfigurationError
from chargeback.evidence.period import Period, day_start, last_month, zone

ZONES = ("Asia/Bangkok", "UTC", "America/New_York", "Europe/Berlin", "Pacific/Kiritimati", "Asia/Kolkata")
PERIODS = st.builds(Period, st.integers(1971, 2100), st.integers(1, 12))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("period", "name", "start", "end"), [
    ("2026-05", "Asia/Bangkok", "2026-04-30T17:00", "2026-05-31T17:00"),
    ("2026-05", "UTC", "2026-05-01T00:00", "2026-06-01T00:00"),
    ("2026-03", "America/New_York", "2026-03-01T05:00", "2026-04-01T04:00"),
    ("2026-11", "America/New_York", "2026-11-01T04:00", "2026-12-01T05:00"),
    ("2026-10", "Europe/Berlin", "2026-09-30T22:00", "2026-10-31T23:00"),
    ("2024-02", "Asia/Bangkok", "2024-01-31T17:00", "2024-02-29T17:00"),
])  # fmt: skip
def test_a_month_begins_and_ends_at_instants_of_its_zone(period: str, name: str, start: str, end: str) -> None:
    month = Period.parse(period)
    assert (month.start(zone(name)), month.end(zone(name))) == (utc(start), utc(end))


def test_a_day_whose_midnight_is_skipped_begins_at_the_end_of_the_gap() -> None:
    assert day_start(date(2018, 11, 4), zone("America/Sao_Paulo")) == utc("2018-11-04T03:00")


def test_a_day_whose_midnight_comes_twice_begins_at_the_first() -> None:
    assert day_start(date(2026, 11, 1), zone("America/Havana")) == utc("2026-11-01T04:00")


@pytest.mark.parametrize("text", [
    "", "2026", "2026-5", "2026-13", "2026-00", "26-05", "2026-05-01", "２０２６-05", "0001-01", "2026-05\n", "may",
])  # fmt: skip
def test_a_malformed_month_is_an_error_that_says_how_to_write_it(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a month") as wrong:
        Period.parse(text)
    assert "YYYY-MM" in wrong.value.remedy


def test_an_unknown_zone_is_an_error() -> None:
    for name in ("Asia/Atlantis", "", "../../etc/passwd", "Asia"):
        with pytest.raises(ConfigurationError, match="not a time zone"):
            zone(name)


@pytest.mark.parametrize(("now", "name", "month"), [
    ("2026-05-31T16:59:59", "Asia/Bangkok", "2026-04"),
    ("2026-05-31T17:00:00", "Asia/Bangkok", "2026-05"),
    ("2026-05-31T17:00:00", "UTC", "2026-04"),
    ("2026-01-15T00:00:00", "UTC", "2025-12"),
])  # fmt: skip
def test_last_month_is_reckoned_in_the_zone(now: str, name: str, month: str) -> None:
    assert str(last_month(utc(now), zone(name))) == month


@given(PERIODS, st.sampled_from(ZONES))
def test_months_follow_each_other_without_gap_and_hold_their_days(period: Period, name: str) -> None:
    place = zone(name)
    assert period.end(place) == period.plus(1).start(place)
    assert Period.parse(str(period)) == period
    assert Period.holding(period.start(place), place) == period
    assert Period.holding(period.end(place) - timedelta(microseconds=1), place) == period
    assert [day.day for day in period.days()] == list(range(1, period.last_day.day + 1))
    assert {(day.year, day.month) for day in period.days()} == {(period.year, period.month)}


@given(PERIODS, st.integers(-600, 600))
def test_months_are_reckoned_forth_and_back(period: Period, months: int) -> None:
    moved = period.plus(months)
    assert moved.plus(-months) == period
    assert (moved > period) == (months > 0)
