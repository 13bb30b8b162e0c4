"""billing.report: its rows, and whether it proves to be the month's (BOOKING 3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from .answers import AccountAnswers, Fields, StopError, amount, first_text, instant, text
from .calendar import ONE_MONTH, chart_days, day_of, header_instant, label_day, named_months
from .owners import Directory


@dataclass(frozen=True)
class Row:
    """A row of the report; ``index`` tells it from its like."""

    index: int
    project: str
    name: str
    value: Fraction
    usage: Fraction

    @property
    def weight(self) -> Fraction:
        """Its value, where that is above zero."""
        return max(self.value, Fraction(0))


@dataclass(frozen=True)
class Report:
    """The report of an account; ``proved`` where it shows that it is the month's.

    ``is_dated`` where a day or a range proves it: the empty month that was asked for is not. ``series``: name -> the
    values of each day that the chart names; ``beyond``: the days that it names beyond the last point of every series.
    """

    proved: bool
    is_dated: bool = False
    fields: Fields = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    days: frozenset[date] = frozenset()
    beyond: frozenset[date] = frozenset()
    series: Sequence[tuple[str, Mapping[date, Sequence[Fraction]]]] = ()
    points: tuple[Fraction, ...] = ()

    @property
    def items(self) -> list[Fields]:
        """The rows as received."""
        return list(self.fields.get("list") or ())

    @property
    def projects(self) -> list[Fields]:
        """Its ``projectList``, where the report is used."""
        return list(self.fields.get("projectList") or ()) if self.proved else []

    @property
    def total(self) -> Fraction:
        """Everything in it."""
        return sum((amount(item, "billingValue") or Fraction(0) for item in self.items), Fraction(0))

    @property
    def shows_cost(self) -> bool:
        """Whether a row has a value other than zero; rows that cancel out are cost."""
        return any(amount(item, "billingValue") for item in self.items)

    @property
    def used(self) -> tuple[Row, ...]:
        """The rows, where they may be used."""
        return self.rows if self.proved else ()

    def values_on(self, day: date) -> list[Fraction]:
        """What the chart shows on a day, of all series."""
        return [value for _, values in self.series for value in values.get(day, ())]

    def shows_nothing_on(self, day: date) -> bool:
        """Whether the chart of a report that is used names the day, and no series has a value other than zero on it.

        A day that is named beyond the last point of every series is not shown to be without cost.
        """
        shown = day not in self.beyond
        return self.proved and day in self.days and shown and not any(self.values_on(day))

    def with_rows(self, directory: Directory) -> Report:
        """The report with its rows, each of its project."""
        return replace(self, rows=tuple(row_of(index, item, directory) for index, item in enumerate(self.items)))


def report_of(answers: AccountAnswers, period: str, zone: str, *, billed_before: bool) -> Report:
    """The account's report; a refusal is one that is not proved, want of access exit 5."""
    result = answers.report.result
    if result is None:
        if answers.report.refuses_access:
            raise StopError(5, answers.report.refusal)
        return Report(proved=False)
    asked = instant(answers.report.requested_at)
    assert asked is not None
    chart = result.get("chart") or {}
    labels = [label_day(text(label), day_of(asked, zone)) for label in chart.get("categories") or ()]
    series = [(text(each.get("name")), points_of(each)) for each in chart.get("series") or ()]
    data = [points for _, points in series]
    dated = is_dated(answers, result, period, zone)
    empty = not billed_before and is_empty(result, answers, zone)
    return Report(
        proved=dated or empty,
        is_dated=dated,
        fields=result,
        days=frozenset(day for day in labels if day),
        beyond=frozenset(day for day in labels[max(map(len, data)) :] if day) if data else frozenset(),
        series=[(name, by_day(labels, points)) for name, points in series],
        points=tuple(point for _, points in series for point in points),
    )


def points_of(series: Fields) -> list[Fraction]:
    """The values of a series of the chart."""
    return [Fraction(point or 0) for point in series.get("data") or ()]


def by_day(labels: Sequence[date | None], points: Sequence[Fraction]) -> Mapping[date, Sequence[Fraction]]:
    """The points of each day that a label shows."""
    values: dict[date, list[Fraction]] = defaultdict(list)
    for day, point in zip(labels, points, strict=False):
        if day is not None:
            values[day].append(point)
    return values


def row_of(index: int, fields: Fields, directory: Directory) -> Row:
    """A row, its project by sid."""
    return Row(
        index=index,
        project=directory.of_row(text(fields.get("projectSid")), text(fields.get("projectId"))),
        name=text(fields.get("name")),
        value=amount(fields, "billingValue") or Fraction(0),
        usage=amount(fields, "usageValue") or Fraction(0),
    )


def is_dated(answers: AccountAnswers, result: Fields, period: str, zone: str) -> bool:
    """Whether the chart's days, or else the echoed range, prove that the answer is the month's."""
    asked = instant(answers.report.requested_at)
    assert asked is not None
    days, named = shown_days(answers, result, zone), first_text(result, "range")
    by_question = named_months(named, asked, zone)
    if days:
        says_another = named in ONE_MONTH and period not in by_question
        return all(day.strftime("%Y-%m") == period for day in days) and not says_another
    answered = header_instant(answers.report.date)
    by_answer = named_months(named, answered, zone) if answered else set()
    return by_question == {period} and by_answer == {period}


def is_empty(result: Fields, answers: AccountAnswers, zone: str) -> bool:
    """Whether the answer echoes no range and shows neither a day nor a row."""
    return not (first_text(result, "range") or result.get("list") or shown_days(answers, result, zone))


def shown_days(answers: AccountAnswers, result: Fields, zone: str) -> list[date]:
    """The days that the chart shows."""
    asked = instant(answers.report.requested_at)
    assert asked is not None
    labels = (text(label) for label in (result.get("chart") or {}).get("categories") or ())
    return list(chart_days(labels, day_of(asked, zone)))
