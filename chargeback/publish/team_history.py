"""What teams came to in the eleven months before, as the archive has them: read once a month, not once a team."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property

from msgspec import Struct

from chargeback.evidence import EarlierMonth
from chargeback.evidence.period import Period
from chargeback.model.books import Books

MONTHS = 12
"""Months that a team is shown, the month itself the last."""


class PastMonth(Struct, frozen=True):
    """A team's month in one currency, in minor units: None of one that is not archived; ``net`` None too where a
    version before 0.3 wrote it."""

    period: Period
    net: int | None
    gross: int | None


class TeamHistory:
    """The earlier months of every team. They are looked at when somebody asks for one: a revision that stands alone has
    its files without them, but for those that show them."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._periods = [books.period.plus(back) for back in range(1 - MONTHS, 0)]

    def months(self, team: str, currency: str) -> list[PastMonth]:
        """The eleven months before, the oldest first."""
        of_team, known = self._totals.get(team, {}), self._known
        return [
            of_team.get((period, currency)) or PastMonth(period, *((0, 0) if period in known else (None, None)))
            for period in self._periods
        ]

    def currencies(self, team: str, period: Period) -> list[str]:
        """The currencies in which the team has a total of that month."""
        return [currency for month, currency in self._totals.get(team, {}) if month == period]

    @cached_property
    def _known(self) -> Mapping[Period, EarlierMonth]:
        return {month.period: month for month in self._books.posting.run.earlier}

    @cached_property
    def _totals(self) -> Mapping[str, Mapping[tuple[Period, str], PastMonth]]:
        """By team, each month's total in each currency."""
        found: dict[str, dict[tuple[Period, str], PastMonth]] = defaultdict(dict)
        for period in self._periods:
            for total in self._known[period].totals if period in self._known else ():
                found[total.team][period, total.currency] = PastMonth(period, total.net, total.gross)
        return found
