"""Each team's place on the archive's page, ``index.html#team-<id>``: what it cost in the newest months."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from msgspec import Struct

from chargeback.evidence.period import Period
from chargeback.model.archive_overview import MonthOverview
from chargeback.model.money import minor_digits
from chargeback.publish.pages.charts import Spark, sparks
from chargeback.publish.pages.trend import team_costs
from chargeback.publish.pages.wording import change_text, minor

MONTHS = 12
"""The newest months that a team's place shows."""


class TeamMonth(Struct, frozen=True):
    """A team's gross in a month and currency, and the folder of the revision that says so."""

    period: str
    href: str
    gross: str
    change: str


class TeamCurrency(Struct, frozen=True):
    """One currency's months of a team, newest first; ``columns`` the same, oldest first, as a small drawing."""

    currency: str
    newest: str
    change: str
    columns: tuple[Spark, ...]
    months: tuple[TeamMonth, ...]


class TeamPlace(Struct, frozen=True):
    """A team; ``mark`` its class in the style sheet."""

    team: str
    name: str
    mark: str
    currencies: tuple[TeamCurrency, ...]


def team_order(months: Iterable[MonthOverview]) -> list[str]:
    """Every team of these months: in the newest configuration's order, then those that it no longer has, by id."""
    ordered = sorted(months, key=lambda month: month.period)
    newest = next((month.latest.team_order for month in reversed(ordered) if month.latest.team_order), ())
    others = sorted({total.team for month in ordered for total in month.latest.teams} - set(newest))
    return [*newest, *others]


def team_places(
    months: Sequence[MonthOverview], order: Sequence[str], colours: Mapping[str, str]
) -> tuple[TeamPlace, ...]:
    """Every team that ever had a line, in that order, with the currencies that the newest months have of it."""
    ordered = sorted(months, key=lambda month: month.period)
    found: dict[str, list[TeamCurrency]] = {}
    names: dict[str, str] = {}
    for currency in sorted({total.currency for month in ordered for total in month.latest.totals}):
        costs, named = team_costs(ordered, currency)
        names |= named
        for team, by_period in costs.items():
            shown = found.setdefault(team, [])
            if any(by_period.get(month.period) for month in ordered[-MONTHS:]):
                shown.append(_currency(ordered[-MONTHS:], currency, by_period))
    return tuple(
        TeamPlace(team, names[team] or team, colours[team], tuple(found[team])) for team in order if team in found
    )


def _currency(months: Sequence[MonthOverview], currency: str, by_period: Mapping[Period, int]) -> TeamCurrency:
    digits = minor_digits(currency)
    amounts = [by_period.get(month.period, 0) for month in months]
    changes = ["", *(change_text(before, after) for before, after in pairwise(amounts))]
    rows = [
        TeamMonth(str(month.period), month.latest.page(month.period), minor(units, digits), change)
        for month, units, change in zip(months, amounts, changes, strict=True)
    ]
    return TeamCurrency(currency, rows[-1].gross, changes[-1], sparks(amounts), tuple(reversed(rows)))
