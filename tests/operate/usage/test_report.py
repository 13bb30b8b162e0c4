"""Month to date, month end, yesterday and last month: each figure computed again from the rows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.config import parse
from chargeback.errors import AnswerError
from chargeback.operate.usage import numbers
from chargeback.operate.usage.daily import by_project, by_resource
from chargeback.operate.usage.report import UsageFigures, by_team, figures_of, same_day_last_month
from chargeback.operate.usage.snapshot import Snapshot, UsageRow

from .test_daily import row

BANGKOK = ZoneInfo("Asia/Bangkok")
CONFIG = parse(b'timezone = "Asia/Bangkok"\n', Path("/config.toml"))


def figures(*rows: UsageRow, day: str) -> dict[str, UsageFigures]:
    snapshot, on = Snapshot(tuple(rows)), date.fromisoformat(day)
    now = datetime(on.year, on.month, on.day, 5, 47, tzinfo=UTC)
    return figures_of(snapshot, now, on, by_project(by_resource(snapshot, BANGKOK)), CONFIG)


def test_today_yesterday_and_their_delta_are_of_the_looks_own_days() -> None:
    rows = [row("2026-05-08", 70), row("2026-05-09", 80), row("2026-05-10", 100), row("2026-05-11", 104)]
    found = figures(*rows, day="2026-05-11")["acme-web"]
    assert (found.today, found.yesterday, found.month_to_date, found.last_month) == (8, 40, 208, None)
    assert found.to_json()["delta_yesterday"] == "-32.00"
    later = figures(*rows, row("2026-05-12", 200), day="2026-05-11")["acme-web"]
    assert (later.today, later.yesterday) == (8, 40), "what came after that day has no part in it"


def test_the_first_look_has_neither_today_nor_yesterday() -> None:
    found = figures(row("2026-05-11", 104), day="2026-05-11")["acme-web"]
    assert (found.today, found.yesterday, found.to_json()["delta_yesterday"]) == (None, None, None)


def test_last_month_is_the_same_day_of_the_month_before() -> None:
    rows = [row("2026-04-11", 50), row("2026-04-12", 60), row("2026-05-11", 104)]
    found = figures(*rows, day="2026-05-11")["acme-web"]
    assert (found.last_month, found.to_json()["delta_last_month"]) == (100, "108.00")


@pytest.mark.parametrize(
    ("day", "before"), [("2026-05-31", "2026-04-30"), ("2026-03-31", "2026-02-28"), ("2026-01-15", "2025-12-15")]
)
def test_a_shorter_month_ends_earlier(day: str, before: str) -> None:
    assert same_day_last_month(date.fromisoformat(day)) == date.fromisoformat(before)


@given(st.lists(st.integers(0, 500), min_size=2, max_size=20))
def test_every_figure_follows_from_the_rows(used: list[int]) -> None:
    """Counters that grow by so much each day from 1 May on; the price is 2, a look is at the same hour."""
    totals = [sum(used[: place + 1]) for place in range(len(used))]
    rows = [row(f"2026-05-{place + 1:02d}", total) for place, total in enumerate(totals)]
    found = figures(*rows, day=f"2026-05-{len(used):02d}")["acme-web"]
    daily = [2 * each for each in used[1:]]
    assert found.month_to_date == 2 * sum(used)
    assert found.today == daily[-1]
    assert found.yesterday == (daily[-2] if len(daily) > 1 else None)
    now = datetime(2026, 5, len(used), 5, 47, tzinfo=UTC)
    left = Decimal((datetime(2026, 5, 31, 17, tzinfo=UTC) - now) // timedelta(seconds=1)) / 86_400
    assert abs(found.month_end - found.month_to_date - Decimal(median(daily[-7:])) * left) < Decimal("0.000001")


def test_a_team_is_the_sum_of_its_parts() -> None:
    own = UsageFigures(*map(Decimal, (100, 300, 10, 8)), None)
    shared = UsageFigures(*map(Decimal, (50, 200, 4)), None, Decimal(40))
    shares = {"acme-web": {"web": Decimal(1)}, "acme-platform": {"web": Decimal("0.25"), "data": Decimal("0.75")}}
    found = by_team({"acme-web": own, "acme-platform": shared}, shares)
    assert found["web"] == UsageFigures(Decimal("112.5"), Decimal(350), Decimal(11), Decimal(8), Decimal(10))
    assert found["data"] == UsageFigures(Decimal("37.5"), Decimal(150), Decimal(3), None, Decimal(30))


@pytest.mark.parametrize("quantity", ["5", True, [5], {}])
def test_a_quantity_that_is_not_a_number_is_refused_and_never_counts_as_nothing(quantity: object) -> None:
    result = {"cpu": 2, "disk": None, "news": "x", "memory": quantity}
    with pytest.raises(AnswerError, match=r"project\.usage: memory is not a number"):
        numbers({"ok": True, "result": result}, "project.usage")


def test_what_is_missing_or_not_known_is_no_quantity() -> None:
    answer = {"ok": True, "result": {"cpu": Decimal("2.5"), "disk": None, "news": "x"}}
    assert numbers(answer, "project.usage") == {"cpu": Decimal("2.5")}
