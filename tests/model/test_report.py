"""The rows of a report, kept in columns, and which day a label of its chart names."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.evidence.period import zone
from chargeback.model.answers import Chart, ChartSeries, ReportRow
from chargeback.model.money import EXACT, exact_sum, format_exact
from chargeback.model.report import ReportRows, _chart, chart_day

AMOUNTS = st.decimals(-(10**18), 10**18, places=8) | st.integers(-(10**30), 10**30)


@given(st.lists(AMOUNTS, min_size=1, max_size=8), st.data())
def test_values_in_columns_are_the_values_sent(sent: list[Decimal | int], data: st.DataObject) -> None:
    amounts = [EXACT.normalize(Decimal(value)) if data.draw(st.booleans()) else Decimal(value) for value in sent]
    rows = ReportRows.of(["p"] * len(amounts), [ReportRow(billing_value=amount) for amount in amounts])
    assert [row.value for row in rows] == amounts
    chosen = data.draw(st.lists(st.integers(0, len(amounts) - 1), unique=True))
    total = exact_sum(amounts[place] for place in chosen)
    assert format_exact(rows.sum_of(chosen)) == format_exact(total)


@given(st.lists(st.none() | st.lists(AMOUNTS | st.none(), max_size=4), max_size=4), st.sets(st.integers(1, 5)))
def test_days_cost_what_their_points_come_to_over_all_series_and_by_series(
    series: list[list[Decimal | int | None] | None], chosen: set[int]
) -> None:
    lines = [ChartSeries(name=f"n{place % 2}", data=points) for place, points in enumerate(series)]
    labels = [f"2026-05-{day:02}" for day in range(1, 4)]
    chart = _chart(Chart(categories=[*labels], series=lines), None, zone("UTC"))
    sent = [(line.name, day, point) for line in lines for day, point in enumerate(line.data or [], start=1)]
    points = [(name, day, point) for name, day, point in sent if point is not None]
    assert (chart.total, chart.points) == (exact_sum(point for _, _, point in points), len(points))
    for day, cost in chart.days.items():
        assert format_exact(cost) == format_exact(exact_sum(point for _, other, point in points if other == day.day))
    by_series = {
        name: exact_sum(point for other, day, point in points if other == name and day in chosen and day <= len(labels))
        for name in ("n0", "n1")
    }
    costs = chart.series_cost_on([date(2026, 5, day) for day in chosen])
    assert costs == {name: cost for name, cost in by_series.items() if cost}


@pytest.mark.parametrize(("label", "day"), [
    ("2026-05-01", date(2026, 5, 1)),
    ("2026/5/1", date(2026, 5, 1)),
    ("2026-05-01 00:00", date(2026, 5, 1)),
    ("2026-05-01T00:00:00", date(2026, 5, 1)),
    ("May 01", date(2026, 5, 1)),
    ("may 1", date(2026, 5, 1)),
    ("MAY-01", date(2026, 5, 1)),
    ("May 1st, 2025", date(2025, 5, 1)),
    ("1 May", date(2026, 5, 1)),
    ("01 May 2026", date(2026, 5, 1)),
    ("3rd May 2026", date(2026, 5, 3)),
    ("Fri, 1 May", date(2026, 5, 1)),
    ("Friday May 1", date(2026, 5, 1)),
    ("Sept. 30", date(2026, 9, 30)),
    (" December 31 ", date(2026, 12, 31)),
    ("2026-04-30T17:00:00Z", date(2026, 5, 1)),
    ("2026-05-31T17:00:00Z", date(2026, 6, 1)),
])  # fmt: skip
def test_a_label_names_its_day(label: str, day: date) -> None:
    assert chart_day(label, date(2026, 12, 31), zone("Asia/Bangkok")) == day


@pytest.mark.parametrize(("label", "asked_on", "day"), [
    ("Oct 01", date(2026, 11, 3), date(2026, 10, 1)),
    ("Nov 03", date(2026, 11, 3), date(2026, 11, 3)),
    ("Nov 04", date(2026, 11, 3), date(2025, 11, 4)),
    ("Dec 31", date(2026, 1, 2), date(2025, 12, 31)),
    ("Feb 29", date(2027, 3, 1), date(2024, 2, 29)),
    ("Feb 29", date(2024, 2, 28), date(2020, 2, 29)),
    ("Feb 29", date(2103, 3, 1), date(2096, 2, 29)),
    ("Thu, Oct 01", date(2026, 11, 3), date(2026, 10, 1)),
    ("Wed, Oct 01", date(2026, 11, 3), date(2025, 10, 1)),
    ("Oct 01, 2025", date(2026, 11, 3), date(2025, 10, 1)),
    ("Thu, Oct 01, 2025", date(2026, 11, 3), None),
    ("Oct 01", None, None),
    ("2026-10-01", None, date(2026, 10, 1)),
])  # fmt: skip
def test_without_a_year_it_is_the_latest_such_day_until_the_report_was_asked_for(
    label: str, asked_on: date | None, day: date | None
) -> None:
    assert chart_day(label, asked_on, zone("Asia/Bangkok")) == day


@pytest.mark.parametrize("label", [
    "", "May", "May 2026", "Week 18", "Feb 30", "31 Apr", "Mayo 1", "1", "2026-13-01", "2026-05-32", "05/01", "Total",
    "0001-01-01T00:00:00Z", "วันที่ 1", "Foo 12", "2026-05-01T99:00:00Z",
])  # fmt: skip
def test_a_label_that_cannot_be_read_names_no_day(label: str) -> None:
    assert chart_day(label, date(2026, 12, 31), zone("Asia/Bangkok")) is None


@pytest.mark.parametrize(("label", "day"), [
    ("2026-10-01T00:00:00Z", date(2026, 10, 1)),
    ("2026-10-31t00:00:00.000z", date(2026, 10, 31)),
    ("2026-10-01 00:00:00+07:00", date(2026, 10, 1)),
    ("2026-10-01T00:00:00-04:00", date(2026, 10, 1)),
    ("2026-10-01T03:59:59Z", date(2026, 9, 30)),
    ("2026-10-01T00:00:01Z", date(2026, 9, 30)),
])  # fmt: skip
def test_midnight_is_the_day_that_is_written_another_instant_the_day_it_falls_on(label: str, day: date) -> None:
    assert chart_day(label, date(2026, 12, 31), zone("America/New_York")) == day
