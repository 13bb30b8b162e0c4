"""How the cost of a shared project is split among teams (INTERFACE, ``[[shared]]``; BOOKING 4.6)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct, field

from chargeback.config.ownership import SharedProject, Team
from chargeback.config.settings import Config
from chargeback.model.money import EXACT, format_plain, from_minor

DirectCosts = Mapping[tuple[str, str], int]
"""(currency, team id) -> the team's direct gross of the month over all accounts, in minor units."""

_PERCENT_DIGITS = 4


class TeamShare(Struct, frozen=True):
    """One team's part of a split: its weight, and that weight's share in percent as it is written."""

    team: Team
    weight: int
    percent: str


class Splits(Struct):
    """The splits of a month, teams by code point of their ids, so that the order of the configuration moves no money;
    teams without weight left out."""

    config: Config
    direct: DirectCosts
    _known: dict[tuple[int, str], tuple[TeamShare, ...]] = field(default_factory=dict)

    def of(self, entry: SharedProject, currency: str) -> tuple[TeamShare, ...]:
        """Who bears how much of the entry's projects in that currency."""
        key = (id(entry), currency)
        if key not in self._known:
            self._known[key] = _shares(self._weights(entry, currency))
        return self._known[key]

    def _weights(self, entry: SharedProject, currency: str) -> list[tuple[Team, int]]:
        teams = self.config.teams
        even = [(team, 1) for team in teams]
        if entry.split == "even":
            return even
        if entry.split == "proportional":
            direct = [(team, max(self.direct.get((currency, team.id), 0), 0)) for team in teams]
            return direct if any(weight for _, weight in direct) else even
        return _whole_weights(teams, entry.split)


def _whole_weights(teams: tuple[Team, ...], split: Mapping[str, Decimal]) -> list[tuple[Team, int]]:
    exponents = [weight.as_tuple().exponent for weight in split.values()]
    scale = max((-exponent for exponent in exponents if isinstance(exponent, int)), default=0)
    return [(team, int(split.get(team.id, Decimal(0)).scaleb(max(scale, 0), EXACT))) for team in teams]


def _shares(weights: list[tuple[Team, int]]) -> tuple[TeamShare, ...]:
    total = sum(weight for _, weight in weights)
    ordered = sorted(weights, key=lambda entry: entry[0].id)
    return tuple(TeamShare(team, weight, _percent(weight, total)) for team, weight in ordered if weight)


def _percent(weight: int, total: int) -> str:
    """Percent to four decimals, rounded half away from zero."""
    units = (2 * weight * 100 * 10**_PERCENT_DIGITS + total) // (2 * total)
    return format_plain(from_minor(units, _PERCENT_DIGITS))
