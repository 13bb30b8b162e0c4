"""Columns as geometry: nothing leaves the drawing, heights follow amounts, integers alone."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chargeback.publish.pages.charts import HEIGHT, MARGIN, ChartColumn, ColumnChart, bar, column_chart

amounts = st.lists(st.lists(st.integers(-(10**15), 10**15), min_size=3, max_size=3), min_size=1, max_size=130)


def _chart(values: list[list[int]], digits: int = 2) -> ColumnChart:
    columns = [ChartColumn(f"day {place}", str(place), tuple(column)) for place, column in enumerate(values)]
    return column_chart(columns, ["a", "b", "c"], "THB", digits)


@given(amounts)
def test_every_part_lies_within_the_drawing(values: list[list[int]]) -> None:
    chart = _chart(values)
    for part in chart.segments:
        assert part.y >= MARGIN and part.y + part.height <= MARGIN + HEIGHT
        assert float(part.x[:-1]) >= 0 and float(part.x[:-1]) + float(part.width[:-1]) <= 100
    assert 2 <= len(chart.ticks) <= 7
    assert chart.baseline in {tick.y for tick in chart.ticks}


@given(st.lists(st.integers(1, 10**9), min_size=3, max_size=3))
def test_parts_of_a_column_stand_on_each_other_without_gap(column: list[int]) -> None:
    chart = _chart([column])
    parts = sorted(chart.segments, key=lambda part: -part.y)
    assert parts[0].y + parts[0].height == chart.baseline
    for lower, upper in pairwise(parts):
        assert upper.y + upper.height == lower.y


def test_what_is_negative_hangs_below_zero() -> None:
    chart = _chart([[500, -500, 0]])
    up, down = chart.segments
    assert up.y + up.height == chart.baseline == down.y
    assert abs(up.height - down.height) <= 1


def test_ticks_are_round_and_without_decimals_where_they_can_be() -> None:
    assert [tick.label for tick in _chart([[43_962, 0, 0]]).ticks] == ["0", "100", "200", "300", "400", "500"]
    assert [tick.label for tick in _chart([[3, 0, 0]]).ticks] == ["0.00", "0.01", "0.02", "0.03"]


def test_nothing_at_all_is_a_chart_too() -> None:
    assert column_chart([], [], "THB", 2).segments == ()
    assert _chart([[0, 0, 0]]).segments == ()


def test_a_tooltip_isolates_a_name_from_outside() -> None:
    chart = column_chart([ChartColumn("2026-05-01", "1", (100,))], ["שלום\u202e"], "THB", 2)
    assert chart.segments[0].label == "2026-05-01, \u2068שלום[U+202E]\u2069: 1.00 \u2068THB\u2069"


def test_a_bar_of_anything_can_be_seen() -> None:
    assert [bar(part, 10_000) for part in (0, 1, 5_000, 10_000, -10_000)] == [0, 1, 500, 1000, 1000]
