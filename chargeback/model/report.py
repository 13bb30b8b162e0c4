"""The usage report of one account, and whether its answer proves which month it covers (BOOKING 3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import zip_longest
from sys import intern
from zoneinfo import ZoneInfo

from chargeback.evidence import Answer
from chargeback.model.answers import Chart, LineItem, ReportAnswer, amount_of, text_of
from chargeback.model.chart_days import chart_day
from chargeback.model.instants import parse_http_date, parse_instant
from chargeback.model.money import EXACT, exact_sum, to_minor
from chargeback.model.period import Period, zone
from chargeback.model.projects import ProjectDirectory

RANGE_OFFSETS = {"this_month": 0, "prev_month": -1}
"""The ranges that name one month, as months from the current one."""
_SERVER_ZONES = ("UTC", "Asia/Bangkok")
_NO_VALUE = Decimal(0)
USAGE_DIGITS = 6
"""Decimals of usage in the ledgers (BOOKING 4.7)."""


@dataclass(frozen=True, slots=True)
class ReportValue:
    """One row: the project's sid, the resource's name, usage in millionths (rounded half away from zero, as ledgers
    write it), and cost (more decimals than the currency).
    """

    project: str
    resource: str
    usage: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class ReportChart:
    """The daily chart: ``total`` over all points, how many points, the days shown, and cost by day over all series."""

    total: Decimal
    points: int
    days: Mapping[date, Decimal]


@dataclass(frozen=True, slots=True)
class Report:
    """One answer to ``billing.report``, decoded; ``answer`` is where it came from.

    ``by_project`` and ``by_name`` give the positions of the rows of a project, and of those with a name, whatever its
    case.
    """

    answer: Answer
    range: str
    rows: tuple[ReportValue, ...]
    total: Decimal
    chart: ReportChart
    by_project: Mapping[str, tuple[int, ...]]
    by_name: Mapping[str, tuple[int, ...]]

    def rows_named_like(self, line: LineItem) -> tuple[int, ...]:
        """Positions of the rows named like the line's SKU or description, whatever the case (BOOKING 4.5)."""
        names = {name.casefold() for name in (line.sku, line.description) if name}
        return tuple(sorted(row for name in names for row in self.by_name.get(name, ())))

    def value_of(self, rows: Iterable[int]) -> Decimal:
        """The rows' values added up, negative ones included."""
        return exact_sum(self.rows[row].value for row in rows)

    @property
    def is_carried(self) -> bool:
        """Whether it was kept from an earlier run."""
        return (self.answer.path or "").endswith("-carried.json")


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether a report provably covers the month, and the sentence that says why."""

    proved: bool
    reason: str


def _chart(chart: Chart | None, year: int, timezone: ZoneInfo) -> ReportChart:
    series = [line.data or [] for line in (chart.series or [])] if chart else []
    columns = [[point for point in column if point is not None] for column in zip_longest(*series)]
    costs = [exact_sum(column) for column in columns]
    days: dict[date, Decimal] = {}
    for position, day in enumerate(days_named(chart, year, timezone)):
        if day is not None:
            cost = costs[position] if position < len(costs) else _NO_VALUE
            days[day] = EXACT.add(days.get(day, _NO_VALUE), cost)
    return ReportChart(exact_sum(costs), sum(map(len, columns)), days)


def days_named(chart: Chart | None, year: int, timezone: ZoneInfo) -> list[date | None]:
    """The day that each label of the chart names, None where it cannot be read."""
    labels = (chart.categories or []) if chart else []
    return [chart_day(label, year, timezone) if isinstance(label, str) else None for label in labels]


def shows_only(decoded: ReportAnswer, period: Period, timezone: ZoneInfo) -> bool:
    """Whether the answer's chart shows days, and all of them in the month: proof enough, whatever else it says."""
    days = [day for day in days_named(decoded.chart, period.year, timezone) if day is not None]
    return bool(days) and all((day.year, day.month) == (period.year, period.month) for day in days)


def read_report(
    answer: Answer, decoded: ReportAnswer, projects: ProjectDirectory, period: Period, timezone: ZoneInfo
) -> Report:
    """The report that an answer holds, projects resolved to sids."""
    rows = tuple(
        ReportValue(
            project=projects.resolve(text_of(row.project_sid), text_of(row.project_id)),
            resource=intern(row.name or ""),
            usage=0 if row.usage_value is None else to_minor(amount_of(row.usage_value), USAGE_DIGITS),
            value=amount_of(row.billing_value),
        )
        for row in decoded.rows or []
    )
    return Report(
        answer=answer,
        range=(decoded.range or "").strip(),
        rows=rows,
        total=exact_sum(row.value for row in rows),
        chart=_chart(decoded.chart, period.year, timezone),
        by_project=_positions(row.project for row in rows),
        by_name=_positions(row.resource.casefold() for row in rows),
    )


def _positions(names: Iterable[str]) -> dict[str, tuple[int, ...]]:
    grouped: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        grouped.setdefault(name, []).append(position)
    return {name: tuple(positions) for name, positions in grouped.items()}


def prove(report: Report, period: Period, timezone: ZoneInfo, *, billed_before: bool, rows_before: bool) -> Proof:
    """Whether the answer proves that it covers the month (BOOKING 3).

    ``billed_before``: the account was billed for the month before; ``rows_before``: a report of this month with rows
    was proved by an earlier run.
    """
    days = report.chart.days
    outside = sorted(day for day in days if (day.year, day.month) != (period.year, period.month))
    if outside:
        return Proof(False, f"its chart shows {outside[0].isoformat()}, which is not in {period}")
    if days:
        return Proof(True, f"its chart shows {len(days)} days, all in {period}")
    if report.range:
        return _prove_by_range(report, period, timezone)
    if report.rows:
        return Proof(False, "it shows rows, but neither a day nor a range says of which month")
    if billed_before:
        return Proof(False, "it is empty and names no month, though the account was billed for the month before")
    if rows_before:
        return Proof(False, "it is empty and names no month, though an earlier report of the month has rows")
    return Proof(True, "it is empty, as the month asked for")


def _prove_by_range(report: Report, period: Period, timezone: ZoneInfo) -> Proof:
    offset = RANGE_OFFSETS.get(report.range)
    if offset is None:
        return Proof(False, f'it shows no day, and its range "{report.range[:40]}" names no single month')
    moments = (parse_instant(report.answer.requested_at), parse_http_date(report.answer.date))
    if None in moments:
        return Proof(False, f'it shows no day, and no Date header says when its range "{report.range}" was reckoned')
    named = {month for moment in moments if moment for month in _months_named(moment, offset, timezone)}
    if named != {period}:
        months = ", ".join(sorted(str(month) for month in named))
        return Proof(False, f'it shows no day, and its range "{report.range}" means {months}, not {period} alone')
    return Proof(True, f'its range "{report.range}" names {period} in every time zone that may apply')


def _months_named(moment: datetime, offset: int, timezone: ZoneInfo) -> set[Period]:
    zones = (timezone, *(zone(name) for name in _SERVER_ZONES))
    return {Period.holding(moment.astimezone(UTC), place).plus(offset) for place in zones}
