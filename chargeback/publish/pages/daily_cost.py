"""Daily cost per project, as the proved reports' charts show it: the largest by name, all others as one series.

A report carries no currency: its account's is taken.

The series of the reports' charts, read once more from the evidence: only of reports that hold the largest projects.

The model keeps a chart's days over all series; every project's days of every account would be most of a month's memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, localcontext
from heapq import nsmallest

from msgspec import Struct

from chargeback.config import Config
from chargeback.evidence import Evidence
from chargeback.model.answers import Chart, ReportAnswer, amount_of, decode, parse_answer
from chargeback.model.books import Books, CurrencyTotal
from chargeback.model.money import EXACT, exact_sum, minor_digits, to_minor
from chargeback.model.posting import Posting
from chargeback.model.report import asked_on, days_named
from chargeback.model.wording import counted
from chargeback.publish.pages.charts import SERIES, ChartColumn, ColumnChart, column_chart
from chargeback.publish.pages.elements import as_a_table, figures, figures_table, legend, section
from chargeback.publish.pages.rendering import isolated, plain
from chargeback.publish.pages.wording import minor, month_name

Days = dict[date, Decimal]
SeriesKey = tuple[str, str]
"""Account and the chart's name of a series."""


LABELLED_DAYS = frozenset({1, 5, 10, 15, 20, 25, 30})


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
    ranked = sorted(series, key=lambda key: (EXACT.minus(exact_sum(series[key].values())), key))[:SERIES]
    return {key: series[key] for key in ranked}


def _holding_the_largest(postings: Iterable[Posting]) -> list[Posting]:
    """The accounts whose reports hold the projects of the largest value, the largest first."""
    with localcontext(EXACT):
        values = (
            (report.value_of(rows), place, posting)
            for place, posting in enumerate(postings)
            if (report := posting.month.report) is not None
            for rows in report.by_project.values()
        )
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


_REST, _EVERY = "all other projects", "all projects"


class Series(Struct, frozen=True):
    """One project's days, or those of all others; ``amounts`` and ``total`` in minor units, rounded for display.

    ``account`` is the project's, "" where the chart has one account only.
    """

    name: str
    account: str
    amounts: tuple[int, ...]
    total: int


class DailyCost(Struct, frozen=True):
    """One currency's chart and the table of its figures; ``days`` are the month's, ``total`` is over all series."""

    currency: str
    digits: int
    days: tuple[date, ...]
    series: tuple[Series, ...]
    total: Series
    chart: ColumnChart
    description: str

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The table's rows as text: the day, each series, the total."""
        shown = (*self.series, self.total)
        return tuple(
            (day.isoformat(), *(minor(series.amounts[place], self.digits) for series in shown))
            for place, day in enumerate(self.days)
        )

    @property
    def foot(self) -> tuple[str, ...]:
        """The month's total of each series, then of all."""
        return tuple(minor(series.total, self.digits) for series in (*self.series, self.total))


def daily_costs(books: Books, config: Config, evidence: Evidence | None) -> tuple[DailyCost, ...]:
    """A chart for each currency whose reports show days; without evidence of the total alone."""
    found = []
    for currency in _currencies(books):
        postings = [posting for posting in books.posting.postings if posting.month.currency == currency]
        whole = _total_days(postings)
        if whole:
            named = largest_series(books, config, postings, evidence) if evidence else {}
            found.append(_daily_cost(books, currency, whole, named, len(postings) > 1))
    return tuple(found)


def without_chart(books: Books) -> int:
    """How many accounts have no proved report whose chart shows a day."""
    return sum(not (posting.month.report and posting.month.report.chart.days) for posting in books.posting.postings)


def _currencies(books: Books) -> list[str]:
    totals: Iterable[CurrencyTotal] = books.totals
    return list(
        dict.fromkeys(
            [*(total.currency for total in totals), *(posting.month.currency for posting in books.posting.postings)]
        )
    )


def _total_days(postings: Iterable[Posting]) -> Days:
    days: Days = {}
    for posting in postings:
        if posting.month.report:
            add_days(days, posting.month.report.chart.days)
    return days


def _daily_cost(books: Books, currency: str, whole: Days, named: dict[SeriesKey, Days], several: bool) -> DailyCost:
    digits = minor_digits(currency)
    days = tuple(books.period.days())
    total = _series("total", "", whole, days, digits)
    series = [
        _series(_name(books, name), account if several else "", costs, days, digits)
        for (account, name), costs in named.items()
    ]
    rest = _remainder(whole, named.values())
    if any(rest.values()) or not named:
        series.append(_series(_REST if named else _EVERY, "", rest, days, digits))
    columns = [
        ChartColumn(day.isoformat(), _day_label(day), tuple(one.amounts[place] for one in series))
        for place, day in enumerate(days)
    ]
    chart = column_chart(columns, [one.name for one in series], currency, digits)
    description = _description(total, days, len(whole), currency, digits)
    return DailyCost(currency, digits, days, tuple(series), total, chart, description)


def _name(books: Books, name: str) -> str:
    """What a series is called: the project's name where the chart gives its sid or id, else the chart's own."""
    projects = books.posting.projects
    return projects.name_of(projects.resolve(name)) or name or "(without a name)"


def _day_label(day: date) -> str:
    return str(day.day) if day.day in LABELLED_DAYS else ""


def _remainder(whole: Days, named: Iterable[Days]) -> Days:
    rest = dict(whole)
    for costs in named:
        add_days(rest, {day: EXACT.minus(cost) for day, cost in costs.items()})
    return rest


def _series(name: str, account: str, costs: Days, days: Iterable[date], digits: int) -> Series:
    total = to_minor(exact_sum(costs.values()), digits)
    return Series(name, account, tuple(to_minor(costs.get(day, Decimal(0)), digits) for day in days), total)


def _description(total: Series, days: tuple[date, ...], shown: int, currency: str, digits: int) -> str:
    highest = max(range(len(days)), key=lambda place: total.amounts[place])
    return (
        f"{minor(total.total, digits)} {currency} over {counted(shown, 'day')} in the reports; "
        f"the highest is {days[highest].isoformat()} with {minor(total.amounts[highest], digits)} {currency}."
    )


def daily_section(books: Books, config: Config, evidence: Evidence | None) -> str:
    """The charts, one a currency, each with its figures folded beneath."""
    costs, title = daily_costs(books, config, evidence), month_name(books.period)
    parts = [f'<p class="about">{_about(books, config)}</p>\n']
    for number, cost in enumerate(costs, start=1):
        drawing = f"Daily cost per project, {title}, in {cost.currency}"
        named = ((f"k{place}", _named(series, "soft", "(", ")")) for place, series in enumerate(cost.series))
        headings = "".join(f'<th scope="col" class="n wrap">{_named(series, "sub")}</th>' for series in cost.series)
        foot = f'<tfoot><tr><th scope="row">Month</th>{figures(cost.foot)}</tr></tfoot>\n'
        caption = f"Cost per day and project in {isolated(cost.currency)}, rounded to the currency's minor unit"
        parts += [
            f"<h3>{isolated(cost.currency)}</h3>\n" if len(costs) > 1 else "",
            f"{cost.chart.svg(f'daily-{number}', drawing, cost.description)}\n{legend(named)}\n",
            f'<p class="about">{plain(cost.description)}</p>\n',
            as_a_table(
                f"Daily cost in {plain(cost.currency)}",
                figures_table(caption, f"{_DAY}{headings}{_TOTAL}", cost.rows, foot),
            ),
        ]
    return section(
        "daily", "Daily cost", *parts, "" if costs else "<p>No proved report of this month shows days.</p>\n"
    )


_DAY, _TOTAL = '<th scope="col">Day</th>', '<th scope="col" class="n">Total</th>'


def _about(books: Books, config: Config) -> str:
    basis = "tax included" if config.reconciliation.tax_basis == "gross" else "before tax"
    note = (
        f"As the platform's usage report shows it, {basis}. It says when cost arose; what is charged follows the "
        "invoices."
    )
    lacking = without_chart(books)
    if not lacking:
        return note
    has, they = ("has", "it is") if lacking == 1 else ("have", "they are")
    of = f"{lacking:,} of {len(books.posting.postings):,} billing accounts"
    return f"{note} {of} {has} no proved report with days, so {they} not in the chart."


def _named(series: Series, kind: str, before: str = "", after: str = "") -> str:
    account = f' <span class="{kind}">{before}{isolated(series.account)}{after}</span>' if series.account else ""
    return f"{isolated(series.name)}{account}"
