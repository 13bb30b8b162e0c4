"""billing.report: its rows, and whether it proves to be the month's (BOOKING 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from .answers import AccountAnswers, Fields, StopError, amount, first_text, instant, text
from .calendar import chart_days, header_instant, label_day, named_months
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
    """The report of an account; ``proved`` where it shows that it is the month's."""

    rows: tuple[Row, ...]
    proved: bool
    days: Mapping[date, Fraction] = field(default_factory=dict)
    points: tuple[Fraction, ...] = ()

    @property
    def total(self) -> Fraction:
        """Everything in it."""
        return sum((row.value for row in self.rows), Fraction(0))

    @property
    def used(self) -> tuple[Row, ...]:
        """The rows, where they may be used."""
        return self.rows if self.proved else ()


def report_of(answers: AccountAnswers, directory: Directory, period: str, zone: str, *, billed_before: bool) -> Report:
    """The account's report; a refusal is one that is not proved, want of access exit 5."""
    result = answers.report.result
    if result is None:
        if answers.report.refuses_access:
            raise StopError(5, answers.report.refusal)
        return Report((), proved=False)
    rows = tuple(row_of(index, fields, directory) for index, fields in enumerate(result.get("list") or ()))
    proved = is_proved(answers, result, period, zone, empty_is_proof=not billed_before)
    chart = result.get("chart") or {}
    labels = [label_day(text(label), int(period[:4])) for label in chart.get("categories") or ()]
    series = [[Fraction(point) for point in each.get("data") or ()] for each in chart.get("series") or ()]
    days = {
        day: sum((data[place] for data in series if place < len(data)), Fraction(0))
        for place, day in enumerate(labels)
        if day is not None
    }
    return Report(rows, proved, days, tuple(point for data in series for point in data))


def row_of(index: int, fields: Fields, directory: Directory) -> Row:
    """A row, its project by sid."""
    return Row(
        index=index,
        project=directory.sid(first_text(fields, "projectSid"), first_text(fields, "projectId")),
        name=text(fields.get("name")),
        value=amount(fields, "billingValue") or Fraction(0),
        usage=amount(fields, "usageValue") or Fraction(0),
    )


def is_proved(answers: AccountAnswers, result: Fields, period: str, zone: str, *, empty_is_proof: bool) -> bool:
    """Whether the answer proves which month it covers."""
    labels = [text(label) for label in (result.get("chart") or {}).get("categories") or ()]
    days = list(chart_days(labels, int(period[:4])))
    if days:
        return all(day.strftime("%Y-%m") == period for day in days)
    named = first_text(result, "range")
    if named:
        asked = instant(answers.report.requested_at)
        assert asked is not None
        return named_months(named, asked, header_instant(answers.report.date), zone) == {period}
    return empty_is_proof and not result.get("list")
