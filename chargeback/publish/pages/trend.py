"""The archived months as columns, one chart a currency: the teams that cost most by name, all others as one series."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from markupsafe import escape
from msgspec import Struct

from chargeback.evidence.period import Period
from chargeback.model.archive_overview import MonthOverview
from chargeback.model.money import exact_sum, minor_digits, to_minor
from chargeback.model.wording import counted
from chargeback.publish.pages.charts import ChartColumn, ColumnChart, column_chart, in_one_chart
from chargeback.publish.pages.elements import as_a_table, figures_table, legend, section
from chargeback.publish.pages.rendering import isolated, plain
from chargeback.publish.pages.wording import MONTHS, minor

_MOST_LABELS = 6
_REST, _EVERY = "all other teams", "all teams"
_REST_MARK = "others"
MOST_TEAMS = 10
"""Teams that have a series of their own, those that cost most; every team has its place below the chart."""


class TeamSeries(Struct, frozen=True):
    """One team's gross month by month, in minor units; ``mark`` its class in the style sheet; ``team`` is "" for the
    series of all others."""

    name: str
    amounts: tuple[int, ...]
    mark: str
    team: str = ""


class Trend(Struct, frozen=True):
    """One currency's chart and the table of its figures, ``rows`` newest first: the month, each series, the total."""

    currency: str
    series: tuple[TeamSeries, ...]
    chart: ColumnChart
    description: str
    rows: tuple[tuple[str, ...], ...]


def calendar(months: Sequence[MonthOverview]) -> list[Period]:
    """Every month from the first archived one to the last, those without a revision too."""
    periods = [month.period for month in months]
    return list(_span(min(periods), max(periods))) if periods else []


def _span(first: Period, last: Period) -> Iterator[Period]:
    period = first
    while period <= last:
        yield period
        period = period.plus(1)


def trends(months: Sequence[MonthOverview], colours: Mapping[str, str]) -> tuple[Trend, ...]:
    """A chart for each currency, in order of its code; ``colours`` are the teams' classes in the style sheet."""
    currencies = sorted({total.currency for month in months for total in month.latest.totals})
    return tuple(_trend(months, currency, colours) for currency in currencies)


def gross_of(month: MonthOverview, currency: str) -> int | None:
    """The month's gross in minor units, None where it has nothing in that currency."""
    found = [total.gross for total in month.latest.totals if total.currency == currency]
    return to_minor(exact_sum(found), minor_digits(currency)) if found else None


def _trend(months: Sequence[MonthOverview], currency: str, colours: Mapping[str, str]) -> Trend:
    digits = minor_digits(currency)
    periods = calendar(months)
    by_period = {month.period: month for month in months}
    totals = [gross_of(by_period[period], currency) or 0 if period in by_period else 0 for period in periods]
    series = _series(by_period, periods, totals, currency, colours)
    columns = [
        ChartColumn(str(period), label, tuple(one.amounts[place] for one in series))
        for place, (period, label) in enumerate(zip(periods, _labels(periods), strict=True))
    ]
    return Trend(
        currency=currency,
        series=series,
        chart=column_chart(columns, [one.name for one in series], currency, digits, [one.mark for one in series]),
        description=_description(periods, totals, len(months), currency, digits),
        rows=tuple(
            (str(period), *(minor(one.amounts[place], digits) for one in series), minor(totals[place], digits))
            for place, period in reversed(list(enumerate(periods)))
            if period in by_period
        ),
    )


def _series(
    by_period: Mapping[Period, MonthOverview],
    periods: Sequence[Period],
    totals: Sequence[int],
    currency: str,
    colours: Mapping[str, str],
) -> tuple[TeamSeries, ...]:
    costs, names = team_costs(by_period.values(), currency)
    ranked = sorted(costs, key=lambda team: (-sum(costs[team].values()), team))[:MOST_TEAMS]
    marks = in_one_chart([colours[team] for team in ranked])
    found = [
        TeamSeries(names[team] or team, tuple(costs[team].get(period, 0) for period in periods), mark, team)
        for team, mark in zip(ranked, marks, strict=True)
    ]
    rest = tuple(
        total - sum(one.amounts[place] for one in found) if periods[place] in by_period else 0
        for place, total in enumerate(totals)
    )
    if any(rest) or not found:
        found.append(TeamSeries(_REST if found else _EVERY, rest, _REST_MARK))
    return tuple(found)


def team_costs(months: Iterable[MonthOverview], currency: str) -> tuple[dict[str, dict[Period, int]], dict[str, str]]:
    """Each team's gross by month, and its newest name."""
    digits = minor_digits(currency)
    costs: dict[str, dict[Period, int]] = {}
    names: dict[str, str] = {}
    for month in sorted(months, key=lambda month: month.period):
        for team in month.latest.teams:
            if team.currency == currency:
                of_team = costs.setdefault(team.team, {})
                of_team[month.period] = of_team.get(month.period, 0) + to_minor(team.gross, digits)
                names[team.team] = team.name
    return costs, names


def _labels(periods: Sequence[Period]) -> list[str]:
    """Few labels that never touch: months where they are few, else years, in even steps."""
    if len(periods) <= 2 * 12:
        step = -(-len(periods) // _MOST_LABELS)
        return [_month(period) if not place % step else "" for place, period in enumerate(periods)]
    years = periods[-1].year - periods[0].year + 1
    step = -(-years // _MOST_LABELS)
    return [
        str(period.year) if period.month == 1 and not period.year % step else "" for period in periods
    ]  # fmt: skip


def _month(period: Period) -> str:
    return f"{MONTHS[period.month - 1][:3]} {period.year % 100:02d}"


def _description(periods: Sequence[Period], totals: Sequence[int], archived: int, currency: str, digits: int) -> str:
    highest = max(range(len(periods)), key=lambda place: totals[place])
    return (
        f"{minor(sum(totals), digits)} {currency} over {counted(archived, 'month')}, {periods[0]} to {periods[-1]}; "
        f"the highest is {periods[highest]} with {minor(totals[highest], digits)} {currency}."
    )


def trend_section(months: Sequence[MonthOverview], colours: Mapping[str, str]) -> str:
    """The charts, one a currency, each with its figures folded beneath."""
    made, parts = trends(months, colours), []
    for number, trend in enumerate(made, start=1):
        drawing = f"Gross per month and team, in {trend.currency}"
        headings = "".join(f'<th scope="col" class="n wrap">{isolated(each.name)}</th>' for each in trend.series)
        currency = isolated(trend.currency)
        parts += [
            f"<h3>{currency}</h3>\n" if len(made) > 1 else "",
            f"{trend.chart.svg(f'trend-{number}', drawing, trend.description)}\n",
            f"{legend((each.mark, _linked(each)) for each in trend.series)}\n",
            f'<p class="about">{plain(trend.description)}</p>\n',
            as_a_table(
                f"Gross per month and team in {plain(trend.currency)}",
                figures_table(f"Gross per month and team in {currency}", f"{_MONTH}{headings}{_TOTAL}", trend.rows),
            ),
        ]
    about = '<p class="about">Gross per month and team, each month\'s latest revision.</p>\n'
    return section("trend", "Trend", about, *parts or ["<p>Nothing was billed in these months.</p>\n"])


_MONTH, _TOTAL = '<th scope="col">Month</th>', '<th scope="col" class="n">Total</th>'


def _linked(series: TeamSeries) -> str:
    name = isolated(series.name)
    return f'<a href="#team-{escape(series.team)}">{name}</a>' if series.team else str(name)
