"""The series of the reports' charts, read once more from the evidence: only of reports that hold the largest projects.

The model keeps a chart's days over all series; every project's days of every account would be most of a month's memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, localcontext
from heapq import nsmallest

from chargeback.config import Config
from chargeback.evidence import Evidence
from chargeback.model.answers import Chart, ReportAnswer, amount_of, decode, parse_answer
from chargeback.model.books import Books
from chargeback.model.money import EXACT, exact_sum
from chargeback.model.posting import Posting
from chargeback.model.report import asked_on, days_named
from chargeback.publish.pages.charts import SERIES

Days = dict[date, Decimal]
SeriesKey = tuple[str, str]
"""Account and the chart's name of a series."""


def add_days(days: Days, more: Mapping[date, Decimal]) -> None:
    """Add costs day by day, exactly."""
    for day, cost in more.items():
        days[day] = EXACT.add(days.get(day, Decimal(0)), cost)


def largest_series(
    books: Books, config: Config, postings: Iterable[Posting], evidence: Evidence
) -> dict[SeriesKey, Days]:
    """The days of the largest series by account and name, of the reports that hold the largest projects."""
    series: dict[SeriesKey, Days] = {}
    for posting in _holding_the_largest(postings):
        for name, days in _series_days(config, posting, evidence):
            add_days(series.setdefault((posting.month.account, name), {}), days)
    ranked = sorted(series, key=lambda key: (-exact_sum(series[key].values()), key))[:SERIES]
    return {key: series[key] for key in ranked}


def _holding_the_largest(postings: Iterable[Posting]) -> list[Posting]:
    """The accounts whose reports hold the projects of the largest value, the largest first."""
    with localcontext(EXACT):
        values = [
            (sum(report.rows[row].value for row in rows), place, posting)
            for place, posting in enumerate(postings)
            if (report := posting.month.report) is not None
            for rows in report.by_project.values()
        ]
        largest = nsmallest(SERIES, values, key=lambda value: (-value[0], value[1]))
    return list({place: posting for _, place, posting in largest}.values())


def _series_days(config: Config, posting: Posting, evidence: Evidence) -> Iterable[tuple[str, Mapping[date, Decimal]]]:
    report = posting.month.report
    if report is None:
        return
    body, where = evidence.body(report.answer), report.answer.path or report.answer.function
    chart = parse_answer(body, where, lambda value: decode(value, ReportAnswer, "billing.report")).chart or Chart()
    days = days_named(chart, asked_on(report.answer, config.timezone), config.timezone)
    for line in chart.series or []:
        points = zip(days, line.data or [], strict=False)
        shown: Days = {}
        for day, point in points:
            if day is not None and point is not None:
                add_days(shown, {day: amount_of(point)})
        yield line.name or "", shown
