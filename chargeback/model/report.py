"""The usage report of one account, and whether its answer proves which month it covers (BOOKING 3).

Which day a label of the report's chart names (CONTRACT, ``billing.report``; BOOKING 3).

Category text is a display label: ``2026-05-01``, ``May 01``, ``1 May 2026``, an RFC 3339 instant. Midnight in whatever
zone it is written in is the day that is written; another instant is the day that it falls on in the configured zone. A
label without a year names the latest such day that is not after the day on which the report was asked for: the month
that was asked for proves nothing. One that cannot be read names no day.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, localcontext
from functools import lru_cache
from itertools import zip_longest
from sys import intern
from typing import overload
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from chargeback.errors import AnswerError
from chargeback.evidence import Answer, ProjectPair
from chargeback.evidence.period import Period, zone
from chargeback.model.answers import Chart, Identifier, LineItem, Number, ReportAnswer, ReportRow, amount_of, text_of
from chargeback.model.instants import parse_http_date, parse_instant
from chargeback.model.money import EXACT, exact_sum, from_minor, to_minors, whole_numbers
from chargeback.model.projects import ProjectDirectory
from chargeback.model.spool import Held, InMemory, Spool
from chargeback.model.text import normalized

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january"),
            ("feb", "february"),
            ("mar", "march"),
            ("apr", "april"),
            ("may",),
            ("jun", "june"),
            ("jul", "july"),
            ("aug", "august"),
            ("sep", "sept", "september"),
            ("oct", "october"),
            ("nov", "november"),
            ("dec", "december"),
        ),
        start=1,
    )
    for name in names
}
_ISO_DAY = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?", re.ASCII)
_MIDNIGHT = re.compile(r"(\d{4})-(\d{2})-(\d{2})[Tt ]00:00:00(?:\.0+)?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = rf"(?:(?P<weekday>{'|'.join(_WEEKDAYS)})[a-z]*\.?,?\s+)?"
_YEAR = r"(?:(?:,|,?\s|-)\s*(?P<year>\d{4}))?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_WRITTEN = (
    re.compile(_WEEKDAY + r"(?P<month>[a-z]+)\.?[\s-]+" + _DAY + _YEAR, re.ASCII),
    re.compile(_WEEKDAY + _DAY + r"[\s-]+(?P<month>[a-z]+)\.?" + _YEAR, re.ASCII),
)
_MOST_YEARS_BACK = 40
"""A 29 February on a given day of the week comes again after 40 years at the latest."""


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


@lru_cache(maxsize=1000)  # the charts of all accounts name the same days
def chart_day(label: str, asked_on: date | None, timezone: ZoneInfo) -> date | None:
    """The day that the label names; None where it cannot be read.

    ``asked_on`` is the day on which the report was asked for, in the configured zone: a label without a year names the
    latest such day until then, and none where it is not known.
    """
    if match := _ISO_DAY.fullmatch(label.strip()):
        return _day(int(match[1]), int(match[2]), int(match[3]))
    text = label.strip().lower()
    for form in _WRITTEN:
        if match := form.fullmatch(text):
            return _written_day(match, asked_on)
    try:
        instant = parse_instant(label.strip())
        if instant and (midnight := _MIDNIGHT.fullmatch(label.strip())):
            return _day(int(midnight[1]), int(midnight[2]), int(midnight[3]))
        return instant.astimezone(timezone).date() if instant else None
    except (AnswerError, OverflowError):
        return None


def _written_day(label: re.Match[str], asked_on: date | None) -> date | None:
    """The day of a label that names its month by word; one whose day of the week is another one's cannot be read."""
    month = _MONTHS.get(label["month"])
    if month is None:
        return None
    years = [int(label["year"])] if label["year"] else _years_back(asked_on)
    for year in years:
        day = _day(year, month, int(label["day"]))
        if day is None or label["weekday"] not in (None, _WEEKDAYS[day.weekday()]):
            continue
        if label["year"] or (asked_on is not None and day <= asked_on):
            return day
    return None


def _years_back(asked_on: date | None) -> Iterable[int]:
    return range(asked_on.year, max(asked_on.year - _MOST_YEARS_BACK, 0) - 1, -1) if asked_on else ()


RANGE_OFFSETS = {"this_month": 0, "prev_month": -1}
"""The ranges that name one month, as months from the current one."""
_SERVER_ZONES = ("UTC", "Asia/Bangkok")
_NO_VALUE = Decimal(0)
USAGE_DIGITS = 6
"""Decimals of usage in the ledgers (BOOKING 4.7)."""


class ReportValue(Struct, frozen=True):
    """One row: the project's sid, the resource's name, usage in millionths (rounded half away from zero, as ledgers
    write it), and cost (more decimals than the currency).
    """

    project: str
    resource: str
    usage: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class ReportRows(Sequence[ReportValue]):
    """A report's rows in columns: as objects of their own they would be most of a month's memory.

    ``values`` are whole numbers of 10 to the power of -``scale``; ``decimals`` is how many each value was sent with, at
    most ``scale``. ``usage`` is in millionths.
    """

    projects: Sequence[str]
    resources: Sequence[str]
    usage: Sequence[int]
    values: Sequence[int]
    decimals: bytes
    scale: int

    @classmethod
    def of(cls, projects: Sequence[str], rows: Sequence[ReportRow]) -> ReportRows:
        """The rows of an answer, each charged to the project beside it."""
        amounts = [Decimal(row.billing_value) for row in rows]
        decimals = bytes(map(_decimals, amounts))
        scale = max(decimals, default=0)
        return cls(
            projects=projects,
            resources=[intern(row.name or "") for row in rows],
            usage=whole_numbers(to_minors([row.usage_value or 0 for row in rows], USAGE_DIGITS)),
            values=whole_numbers(to_minors(amounts, scale)),
            decimals=decimals,
            scale=scale,
        )

    def charged_to(self, projects: Sequence[str]) -> ReportRows:
        """The same rows, each charged to the project beside it."""
        return dataclasses.replace(self, projects=projects)

    def __len__(self) -> int:
        return len(self.values)

    @overload
    def __getitem__(self, place: int) -> ReportValue: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[ReportValue]: ...
    def __getitem__(self, place: int | slice) -> ReportValue | Sequence[ReportValue]:
        if isinstance(place, slice):
            return [self[each] for each in range(len(self))[place]]
        return ReportValue(self.projects[place], self.resources[place], self.usage[place], self.value(place))

    def value(self, place: int) -> Decimal:
        """The value there, with the decimals that it was sent with."""
        decimals = self.decimals[place]
        return from_minor(self.values[place] // 10 ** (self.scale - decimals), decimals)  # nothing is left over

    def negative_among(self, places: Iterable[int]) -> tuple[int, ...]:
        """Those of the places whose value is negative."""
        values = self.values
        return tuple([place for place in places if values[place] < 0])

    def sum_of(self, places: Iterable[int]) -> Decimal:
        """The values there added up, with as many decimals as the one of them that was sent with most."""
        known = list(places)
        decimals = max(map(self.decimals.__getitem__, known), default=0)
        total = sum(map(self.values.__getitem__, known)) // 10 ** (self.scale - decimals)  # nothing is left over
        return Decimal(total).scaleb(-decimals, EXACT)


def _decimals(amount: Decimal) -> int:
    """How many digits stand behind the point; 0 where the amount is written with a positive exponent."""
    text = str(amount)  # a third of what Decimal.as_tuple costs
    if "E" not in text:
        return len(text) - text.find(".") - 1 if "." in text else 0
    exponent = amount.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


class ReportChart(Struct, frozen=True):
    """The daily chart: ``total`` over all points, how many points, and cost by day over all series, of the days shown.

    ``idle`` are the days shown to be without cost: no series has a value other than zero, be it that they cancel out,
    and where there are series one at least has a point. ``labels`` are the days that the chart names, in order, None
    where one cannot be read; ``names`` the series' names, which are projects' display names (CONTRACT,
    ``billing.report``), and ``series`` their points by label. They are kept as JSON: as numbers the series of all
    accounts would be most of a month's memory, and few months look at them.
    """

    total: Decimal
    points: int
    days: Mapping[date, Decimal]
    idle: frozenset[date] = frozenset()
    labels: tuple[date | None, ...] = ()
    names: tuple[str, ...] = ()
    series: bytes = b"[]"

    def series_cost_on(self, days: Collection[date]) -> dict[str, Decimal]:
        """The cost of these days by series, of those that have any."""
        costs: dict[str, list[Decimal]] = {}
        for name, points in zip(self.names, _SERIES_DECODER.decode(self.series), strict=True):
            pairs = zip(self.labels, points or (), strict=False)
            costs.setdefault(name, []).extend(point for day, point in pairs if point is not None and day in days)
        return {name: cost for name, amounts in costs.items() if (cost := exact_sum(amounts))}

    def cost_on(self, days: Iterable[date]) -> Decimal:
        """The cost of these days over all series; a day that the chart does not show has none."""
        return exact_sum(self.days.get(day, _NO_VALUE) for day in days)


class ShownPeriod(Struct, frozen=True):
    """What an answer says of the time that it covers: its ``range``, its days, and whether it has rows at all."""

    answer: Answer
    range: str
    days: Collection[date]
    has_rows: bool


class ReportBody(Struct, frozen=True):
    """What a report says row by row.

    ``by_project`` and ``by_name`` give the positions of the rows of a project, and of those with a name as ``folded``;
    ``named`` is how each row names its project, by sid and by id.
    """

    rows: ReportRows
    by_project: Mapping[str, tuple[int, ...]]
    by_name: Mapping[str, tuple[int, ...]]
    named: tuple[tuple[str, str], ...]


class Report(Struct, frozen=True):
    """One answer to ``billing.report``, decoded; ``answer`` is where it came from, ``total`` that of its rows,
    ``projects`` its ``projectList``."""

    answer: Answer
    range: str
    total: Decimal
    body: Held[ReportBody]
    daily: Held[ReportChart]
    projects: Sequence[ProjectPair] = ()

    def kept_in(self, spool: Spool) -> Report:
        """The same report, its rows in the spool, and its days, which others look at."""
        body = spool.keep(self.body.value, len(self.rows))
        daily = spool.keep(self.chart, len(self.chart.labels) or 1)
        return replace(self, projects=spool.sequence(self.projects), body=body, daily=daily)

    @property
    def rows(self) -> ReportRows:
        """Its rows, in the answer's order."""
        return self.body.value.rows

    @property
    def chart(self) -> ReportChart:
        """Its daily chart."""
        return self.daily.value

    @property
    def by_project(self) -> Mapping[str, tuple[int, ...]]:
        """The positions of each project's rows."""
        return self.body.value.by_project

    @property
    def by_name(self) -> Mapping[str, tuple[int, ...]]:
        """The positions of the rows of each name, as ``folded``."""
        return self.body.value.by_name

    def with_projects(self, directory: ProjectDirectory, spool: Spool) -> Report:
        """The report with each row charged to the sid that the directory knows for it."""
        body = self.body.value
        sids = {name: directory.resolve(*name) for name in dict.fromkeys(body.named)}
        if all(sid == (name or identifier) for (name, identifier), sid in sids.items()):
            return self
        projects = [sids[name] for name in body.named]
        charged = replace(body, rows=body.rows.charged_to(projects), by_project=_positions(projects))
        return replace(self, body=spool.keep(charged, len(projects)))

    def rows_named_like(self, line: LineItem) -> tuple[int, ...]:
        """Positions of the rows named like the line's SKU, and only if there is none, like its description; whatever
        the case, and after NFC (BOOKING 4.5)."""
        names = (folded(name) for name in (line.sku, line.description) if name)
        return next((rows for name in names if (rows := self.by_name.get(name))), ())

    def negative_among(self, rows: Iterable[int]) -> tuple[int, ...]:
        """Those of the rows whose value is negative."""
        return self.rows.negative_among(rows)

    def value_of(self, rows: Iterable[int]) -> Decimal:
        """The rows' values added up, negative ones included."""
        return self.rows.sum_of(rows)

    @property
    def shown(self) -> ShownPeriod:
        """What it says of the time that it covers."""
        return ShownPeriod(self.answer, self.range, self.chart.days, bool(self.rows))

    @property
    def is_carried(self) -> bool:
        """Whether it was kept from an earlier run."""
        return (self.answer.path or "").endswith("-carried.json")


class Proof(Struct, frozen=True):
    """Whether a report provably covers the month, and the sentence that says why."""

    proved: bool
    reason: str


_SERIES_ENCODER = msgspec.json.Encoder(decimal_format="number")
_SERIES_DECODER = msgspec.json.Decoder(list[list[Decimal | None] | None])


def _chart(chart: Chart | None, asked_on: date | None, timezone: ZoneInfo) -> ReportChart:
    lines = (chart.series or []) if chart else []
    series = [line.data for line in lines]
    by_day = zip_longest(*(points or () for points in series))
    columns = [[point for point in day if point is not None] for day in by_day]
    with localcontext(EXACT):
        costs = [Decimal(sum(column, _NO_VALUE)) for column in columns]
    named = days_named(chart, asked_on, timezone)
    # A day that the chart names and no series says anything of is not shown to be without cost: the points are cut off.
    points = zip_longest(named, columns, fillvalue=None) if lines else ((day, [_NO_VALUE]) for day in named)
    costly = {day for day, column in points if day is not None and (not column or any(column))}
    days: dict[date, Decimal] = {}
    _add_points(days, named, [*costs, *(_NO_VALUE for _ in named[len(costs) :])])
    idle = frozenset(days) - costly
    names = tuple(intern(line.name or "") for line in lines)
    kept = _SERIES_ENCODER.encode(series)
    return ReportChart(exact_sum(costs), sum(map(len, columns)), days, idle, tuple(named), names, kept)


def _add_points(days: dict[date, Decimal], named: Iterable[date | None], points: Iterable[Number | None]) -> None:
    """Add the points to their days; one without a readable day is left out."""
    for day, point in zip(named, points, strict=False):
        if day is not None and point is not None:
            days[day] = EXACT.add(days.get(day, _NO_VALUE), amount_of(point))


def days_named(chart: Chart | None, asked_on: date | None, timezone: ZoneInfo) -> list[date | None]:
    """The day that each label of the chart names, None where it cannot be read; ``asked_on`` is ``chart_day``'s."""
    labels = (chart.categories or []) if chart else []
    return [chart_day(label, asked_on, timezone) if isinstance(label, str) else None for label in labels]


def asked_on(answer: Answer, timezone: ZoneInfo) -> date | None:
    """The day of the answer's ``requested_at`` in the zone, None where the index does not say."""
    instant = parse_instant(answer.requested_at)
    return instant.astimezone(timezone).date() if instant else None


def read_report(answer: Answer, decoded: ReportAnswer, timezone: ZoneInfo) -> Report:
    """The report that an answer holds, each row with the project that it names itself."""
    answered = decoded.rows or []
    known: dict[tuple[Identifier | None, Identifier | None], tuple[str, str]] = {}
    named = []
    for row in answered:
        pair = (row.project_sid, row.project_id)
        if (name := known.get(pair)) is None:
            name = known[pair] = (text_of(row.project_sid), text_of(row.project_id))
        named.append(name)
    rows = ReportRows.of([name or identifier for name, identifier in named], answered)
    folds = {name: folded(name) for name in set(rows.resources)}
    body = ReportBody(
        rows=rows,
        by_project=_positions(rows.projects),
        by_name=_positions(map(folds.__getitem__, rows.resources)),
        named=tuple(named),
    )
    projects = tuple(
        ProjectPair(text_of(each.id) or text_of(each.project_id), text_of(each.sid), intern(each.name or ""))
        for each in decoded.project_list or []
    )
    return Report(
        answer=answer,
        range=(decoded.range or "").strip(),
        total=rows.sum_of(range(len(rows))),
        body=InMemory(body),
        daily=InMemory(_chart(decoded.chart, asked_on(answer, timezone), timezone)),
        projects=projects,
    )


def folded(name: str) -> str:
    """The spelling in which names of resources are compared: NFC, without letter case."""
    return normalized(name).casefold()


def _positions(names: Iterable[str]) -> dict[str, tuple[int, ...]]:
    grouped: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        grouped.setdefault(name, []).append(position)
    return {name: tuple(positions) for name, positions in grouped.items()}


def prove(shown: ShownPeriod, period: Period, timezone: ZoneInfo, *, billed_before: bool, rows_before: bool) -> Proof:
    """Whether the answer proves that it covers the month (BOOKING 3): one day outside disproves it whatever the range
    says, and so does a range that names another month.

    ``billed_before``: the account was billed for the month before; ``rows_before``: a report of this month with rows
    was proved by an earlier run.
    """
    days = shown.days
    outside = sorted(day for day in days if (day.year, day.month) != (period.year, period.month))
    if outside:
        return Proof(False, f"its chart shows {outside[0].isoformat()}, which is not in {period}")
    elsewhere = _other_month(shown, period, timezone)
    if elsewhere:
        return Proof(False, f'its range "{shown.range[:40]}" means {elsewhere} when it was asked for, not {period}')
    if days:
        return Proof(True, f"its chart shows {len(days)} days, all in {period}")
    if shown.range:
        return _prove_by_range(shown, period, timezone)
    if shown.has_rows:
        return Proof(False, "it shows rows, but neither a day nor a range says which month they are of")
    if billed_before:
        return Proof(False, "it is empty and names no month, though the account was billed for the month before")
    if rows_before:
        return Proof(False, "it is empty and names no month, though an earlier report of the month has rows")
    return Proof(True, "it is empty, as the month asked for")


def _other_month(shown: ShownPeriod, period: Period, timezone: ZoneInfo) -> str:
    """The months that the echoed range names when it was asked for, in each of the zones, where none is the month asked
    for; "" where one is, or where the range names no single month."""
    offset, moment = RANGE_OFFSETS.get(shown.range), parse_instant(shown.answer.requested_at)
    named = _months_named(moment, offset, timezone) if offset is not None and moment else {period}
    return "" if period in named else ", ".join(sorted(map(str, named)))


def _prove_by_range(shown: ShownPeriod, period: Period, timezone: ZoneInfo) -> Proof:
    offset = RANGE_OFFSETS.get(shown.range)
    if offset is None:
        return Proof(False, f'it shows no day, and its range "{shown.range[:40]}" names no single month')
    asked, answered = parse_instant(shown.answer.requested_at), parse_http_date(shown.answer.date)
    if asked is None or answered is None:
        return Proof(False, f'it shows no day, and no Date header says when its range "{shown.range}" was reckoned')
    named = _months_named(asked, offset, timezone) | _months_named(answered, offset, timezone)
    if named != {period}:
        months = ", ".join(sorted(str(month) for month in named))
        return Proof(False, f'it shows no day, and its range "{shown.range}" means {months}, not {period} alone')
    return Proof(True, f'its range "{shown.range}" names {period} in every time zone that may apply')


def _months_named(moment: datetime, offset: int, timezone: ZoneInfo) -> set[Period]:
    zones = (timezone, *(zone(name) for name in _SERVER_ZONES))
    return {Period.holding(moment.astimezone(UTC), place).plus(offset) for place in zones}
