"""How often months without a runaway are alarmed: seeded months of the sandbox, and rougher ones.

``pytest -s --nightly tests/operate/usage/test_false_alarms.py`` prints both rates over 200 months.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from chargeback.config import Usage
from chargeback.operate.usage.alerts import excesses
from chargeback.operate.usage.daily import by_project, by_resource
from chargeback.operate.usage.snapshot import Snapshot, UsageRow
from chargeback.sandbox.makers import small_world
from chargeback.sandbox.months import Month, instant

BANGKOK = ZoneInfo("Asia/Bangkok")
MONTHS = (Month(2026, 4), Month(2026, 5))
"""The first is for getting to know; the second is the month that counts."""


def sandbox_month(seed: int) -> Snapshot:
    """Two months of the simulated platform's own usage, looked at daily."""
    world = small_world(seed, now=instant("2026-06-05T02:00:00Z"))
    rows: list[UsageRow] = []
    for month in MONTHS:
        for account in world.accounts:
            for row in world.books(account.id, month).rows:
                price, total = Decimal(row.resource.price) / 100, Decimal(0)
                for day, used in zip(month.days(), row.usage, strict=True):
                    total += Decimal(used) / 100
                    rows.append(counted(day, row.project.sid, row.resource.sku, total, price))
    return Snapshot(tuple(rows))


def rough_month(seed: int) -> Snapshot:
    """Rougher: noise of 20 % that is now and then half again as strong, weekends at 60 %, slow growth, missed looks,
    a counter that is set back, a price that changes."""
    source = random.Random(seed)
    rows: list[UsageRow] = []
    missed = {source.randint(2, 59) for _ in range(3)}
    for place in range(12):
        base, growth = source.uniform(20, 1500), source.uniform(0, 0.01)
        for resource, share in (("cpu", 0.6), ("memory", 0.3), ("egress", 0.1)):
            rows += rough_resource(source, f"p{place:02d}", resource, base * share, growth, missed)
    return Snapshot(tuple(rows))


def rough_resource(
    source: random.Random, project: str, resource: str, base: float, growth: float, missed: set[int]
) -> Iterator[UsageRow]:
    total, set_back, price = 0.0, source.randint(0, 400), Decimal(1)
    for number in range(61):
        day = date(2026, 4, 1) + timedelta(days=number)
        total = 0.0 if day.day == 1 or number == set_back else total
        price = Decimal("1.1") if number >= 45 and resource == "egress" else price
        noise = source.lognormvariate(0, 0.2 * (1.5 if source.random() < 0.05 else 1))
        total += base * noise * (1 + growth) ** number * (0.6 if day.weekday() >= 5 else 1)
        if number not in missed:
            yield counted(day, project, resource, Decimal(round(total, 2)), price)


def counted(day: date, project: str, resource: str, total: Decimal, price: Decimal) -> UsageRow:
    taken_at = datetime(day.year, day.month, day.day, 5, 47, tzinfo=UTC)
    return UsageRow(day, taken_at, "1", project, "", "web", resource, total, price, total * price)


def alarmed_days(snapshot: Snapshot) -> set[date]:
    """The days of the month that counts on which anything is new."""
    resources = by_resource(snapshot, BANGKOK)
    return {
        day
        for series in (*resources.values(), *by_project(resources).values())
        for day, found in excesses(series, Usage()).items()
        if found.new and day.month == MONTHS[1].month
    }


def false_alarms(kind: str, seeds: range) -> int:
    make = {"sandbox": sandbox_month, "rough": rough_month}[kind]
    alarms = {seed: alarmed_days(make(seed)) for seed in seeds}
    days = sum(map(len, alarms.values()))
    print(f"{kind}: {sum(map(bool, alarms.values()))} of {len(seeds)} months, {days} of {31 * len(seeds)} days alarmed")
    return days


def test_a_few_months_of_the_platform_without_an_alarm() -> None:
    assert false_alarms("sandbox", range(1, 16)) == 0


def test_a_few_rough_months_hardly_alarm() -> None:
    assert false_alarms("rough", range(1, 16)) <= 1


@pytest.mark.nightly
def test_two_hundred_months_of_the_platform_without_an_alarm() -> None:
    assert false_alarms("sandbox", range(1, 201)) == 0


@pytest.mark.nightly
def test_two_hundred_rough_months_hardly_alarm() -> None:
    assert false_alarms("rough", range(1, 201)) <= 62, "one day in a hundred"
