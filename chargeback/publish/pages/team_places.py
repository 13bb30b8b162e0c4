"""Each team's place on the archive's page, ``index.html#team-<id>``: what it cost in the newest months."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from markupsafe import escape
from msgspec import Struct

from chargeback.evidence.period import Period
from chargeback.model.archive_overview import MonthOverview
from chargeback.model.money import minor_digits
from chargeback.publish.pages.charts import Spark, sparks
from chargeback.publish.pages.elements import figures, section, spark, swatch
from chargeback.publish.pages.rendering import isolated, plain
from chargeback.publish.pages.trend import team_costs
from chargeback.publish.pages.wording import change_text, minor

MONTHS = 12
"""The newest months that a team's place shows."""


class TeamMonthCost(Struct, frozen=True):
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
    months: tuple[TeamMonthCost, ...]


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
        TeamMonthCost(str(month.period), month.latest.page(month.period), minor(units, digits), change)
        for month, units, change in zip(months, amounts, changes, strict=True)
    ]
    return TeamCurrency(currency, rows[-1].gross, changes[-1], sparks(amounts), tuple(reversed(rows)))


def places_section(places: Sequence[TeamPlace]) -> str:
    """The section, "" where no team ever had a line."""
    if not places:
        return ""
    about = (
        '<p class="about">Gross of the newest months, twelve at most, each month\'s latest revision. A team has the '
        "same colour wherever it is shown.</p>\n"
    )
    return section("teams", "Teams", about, f'<ul class="places">\n{"".join(map(_place_html, places))}</ul>\n')


def _place_html(place: TeamPlace) -> str:
    team, name = escape(place.team), isolated(place.name)
    also = f' <span class="sub">{isolated(place.team)}</span>' if place.name != place.team else ""
    parts = [f'<li id="team-{team}">\n<h3>{swatch(place.mark)}{name}{also}</h3>\n']
    for each in place.currencies:
        currency = isolated(each.currency)
        summary = f'Month by month<span class="hidden">, {plain(place.name)}, {plain(each.currency)}</span>'
        rows = "".join(
            f'<tr><th scope="row" class="day"><a href="{escape(month.href)}#team-{team}">{month.period}</a></th>'
            f"{figures((month.gross, month.change))}</tr>\n"
            for month in each.months
        )
        parts.append(
            f'<p class="n">{each.newest} {currency} <span class="soft">{each.change}</span></p>\n'
            f"{spark(each.columns, len(each.months), place.mark)}\n<details><summary>{summary}</summary>\n<table>\n"
            f'<caption class="hidden">Gross of {name} by month in {currency}</caption>\n'
            f"<thead><tr>{_HEADINGS}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</details>\n"
        )
    return "".join(
        [*parts, "" if place.currencies else '<p class="soft">Nothing in the newest months.</p>\n', "</li>\n"]
    )


_HEADINGS = '<th scope="col">Month</th><th scope="col" class="n">Gross</th><th scope="col" class="n">Change</th>'
