"""What is out of the ordinary, and what is not."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from chargeback.config import Usage
from chargeback.operate.usage.alerts import excess_of, excesses, middle_and_spread
from chargeback.operate.usage.daily import DayCost

START = date(2026, 5, 4)
"""A Monday."""
SETTINGS = Usage()


def series(*costs: float | None) -> list[DayCost]:
    return [
        DayCost(START + timedelta(days=place), None if cost is None else Decimal(str(cost)))
        for place, cost in enumerate(costs)
    ]


def out(*costs: float | None) -> dict[int, bool]:
    """Place of each day that is out -> whether it is new."""
    return {(day - START).days: found.new for day, found in excesses(series(*costs), SETTINGS).items()}


def test_a_jump_is_out_and_says_what_is_usual() -> None:
    found = excess_of(series(*[100] * 10, 400), START + timedelta(days=10), SETTINGS)
    assert found is not None and (found.usual, found.cost, found.new) == (100, 400, True)


def test_too_few_days_say_nothing() -> None:
    assert out(*[100] * 6, 400) == {}


def test_less_than_the_floor_is_nothing() -> None:
    assert out(*[1] * 10, 50) == {}
    assert out(*[1] * 10, 52) == {10: True}


def test_days_that_are_alike_make_no_alarm_of_the_next() -> None:
    assert out(*[1000] * 10, 1400) == {}


def test_a_fall_is_none() -> None:
    assert out(*[1000] * 10, 0) == {}


def test_a_runaway_is_new_once_and_again_when_it_grows() -> None:
    assert out(*[100] * 10, 400, 410, 390, 900, 900) == {10: True, 11: False, 12: False, 13: True, 14: False}


def test_after_a_lull_it_is_new() -> None:
    assert out(*[100] * 10, 400, 100, 100, 400) == {10: True, 13: True}


def test_what_lasts_becomes_usual() -> None:
    found = out(*[100] * 28, *[400] * 40)
    assert found[28] and not any(new for place, new in found.items() if place > 28)
    assert max(found) < 28 + 28


def test_a_weekly_batch_is_told_once() -> None:
    week = [100, 100, 100, 100, 100, 100, 500]
    assert out(*week * 6) == {13: True} or out(*week * 6) == {}


def test_unknown_days_are_passed_over() -> None:
    assert out(*[100, None] * 10, 400) == {20: True}


@given(st.lists(st.decimals(0, 10_000, places=2), min_size=1, max_size=40))
def test_the_spread_is_at_least_a_tenth(values: list[Decimal]) -> None:
    middle, spread = middle_and_spread(values)
    assert min(values) <= middle <= max(values) and spread >= middle / 10


@given(st.lists(st.integers(0, 100_000), min_size=8, max_size=60), st.integers(0, 10))
def test_later_days_change_nothing(costs: list[int], cut: int) -> None:
    whole, part = excesses(series(*costs), SETTINGS), excesses(series(*costs[: len(costs) - cut]), SETTINGS)
    assert {day: found for day, found in whole.items() if day in part} == part


def test_seven_days_are_enough_and_six_are_not() -> None:
    assert (out(*[100] * 6, 400), out(*[100] * 7, 400)) == ({}, {7: True})


def test_a_runaway_has_grown_only_above_one_and_a_half_of_its_peak() -> None:
    assert out(*[100] * 10, 400, 600, 601) == {10: True, 11: False, 12: False}
    assert out(*[100] * 10, 400, 601) == {10: True, 11: True}


def test_a_weekday_is_compared_with_its_highest_day_of_four_weeks() -> None:
    weeks = [100] * 21
    weeks[7] = 1_000
    assert out(*weeks, 1_000) == {7: True}
    assert out(*weeks, 1_501) == {7: True, 21: True}


def test_since_is_where_it_began_and_last_new_where_it_was_last_told() -> None:
    def told(*costs: float) -> list[tuple[int, int]]:
        found = excesses(series(*[100] * 10, *costs), SETTINGS).values()
        return [((each.since - START).days, (each.last_new - START).days) for each in found]

    assert told(400, 410, 900, 900) == [(10, 10), (10, 10), (10, 12), (10, 12)]
    assert told(400, 100, 100, 400, 410) == [(10, 10), (13, 13), (13, 13)]
