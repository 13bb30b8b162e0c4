"""Counters to days: rollovers, resets, missed days and changed prices are no jumps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from chargeback.operate.usage.daily import by_project, by_resource
from chargeback.operate.usage.snapshot import Snapshot, UsageRow

BANGKOK = ZoneInfo("Asia/Bangkok")


def row(day: str, usage: float, *, price: str = "2", resource: str = "cpu", project: str = "acme-web") -> UsageRow:
    on = date.fromisoformat(day)
    taken_at = datetime(on.year, on.month, on.day, 5, 47, tzinfo=UTC)
    used, cost = Decimal(str(usage)), Decimal(str(usage)) * Decimal(price)
    return UsageRow(on, taken_at, "1", project, "", "web", resource, used, Decimal(price), cost)


def days(*rows: UsageRow) -> list[float | None]:
    series = by_resource(Snapshot(tuple(rows)), BANGKOK)["acme-web", "cpu"]
    return [None if day.cost is None else round(float(day.cost), 2) for day in series]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row("2026-05-10", 100), row("2026-05-11", 110)], [None, 20]),
        ([row("2026-05-10", 100), row("2026-05-13", 130)], [None, 20]),  # two days without a look
        ([row("2026-05-10", 100), row("2026-05-11", 5)], [None, None]),  # set back
        ([row("2026-05-31", 310), row("2026-06-01", 9)], [None, 18]),  # rolled over
        ([row("2026-05-31", 310), row("2026-06-01", 320)], [None, 20]),  # not yet: the platform's month begins later
        ([row("2026-05-31", 310), row("2026-06-01", 320), row("2026-06-02", 10)], [None, 20, None]),
        ([row("2026-05-10", 100), row("2026-05-11", 110, price="3")], [None, 30]),  # no jump of the whole month
        ([row("2026-05-02", 20), row("2026-06-05", 50)], [None, 50 * 2 / 4.53]),  # long away
    ],
)
def test_what_a_day_cost(rows: list[UsageRow], expected: list[float | None]) -> None:
    assert days(*rows) == [None if value is None else pytest.approx(value, abs=0.02) for value in expected]


def test_an_early_look_is_a_whole_day_and_a_late_one_is_spread() -> None:
    first, second = row("2026-05-10", 100), row("2026-05-11", 110)
    hurried = UsageRow(**{**_fields(second), "taken_at": first.taken_at + timedelta(hours=2)})
    late = UsageRow(**{**_fields(second), "taken_at": first.taken_at + timedelta(hours=36)})
    assert days(first, hurried) == [None, 20]
    assert days(first, late) == [None, pytest.approx(20 / 1.5, abs=0.01)]


def test_a_project_that_appears_was_free_before() -> None:
    looks = [row(f"2026-05-{day}", day, project="other") for day in (10, 11, 12)]
    assert days(*looks, row("2026-05-12", 500)) == [0, 0, 1000]


def test_a_project_is_the_sum_of_what_can_be_told() -> None:
    rows = [row("2026-05-10", 100), row("2026-05-11", 110)]
    rows += [row("2026-05-10", 50, resource="disk"), row("2026-05-11", 1, resource="disk")]
    series = by_project(by_resource(Snapshot(tuple(rows)), BANGKOK))["acme-web"]
    assert [day.cost for day in series] == [None, Decimal(20)]


def _fields(row: UsageRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in UsageRow.__struct_fields__}


def test_a_counter_that_is_as_large_as_a_number_may_be_is_no_failure() -> None:
    assert days(row("2026-05-10", 1e21), row("2026-05-11", 3e21)) == [None, 4e21]
