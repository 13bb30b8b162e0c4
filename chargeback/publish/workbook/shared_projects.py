"""How a shared project was split, in a team's words: the configuration's rule, without what others pay."""

from __future__ import annotations

from decimal import Decimal

from chargeback.config import Config, SharedProject
from chargeback.model.money import exact_sum, format_exact
from chargeback.model.period import Period


def shared_entry(project: str, config: Config, period: Period) -> SharedProject | None:
    """The entry that splits the project in the month: an exact sid before a glob, the more literal glob before another
    (BOOKING 5)."""
    matching = [entry for entry in config.shared if entry.claim.active_in(period) and entry.claim.matches(project)]
    return max(matching, key=lambda entry: (not entry.claim.is_glob, entry.claim.literal_characters), default=None)


def split_in_words(project: str, team: str, config: Config, period: Period) -> str:
    """The rule of the split, and this team's part of it; "" where the configuration shows none."""
    entry = shared_entry(project, config, period)
    if entry is None:
        return ""
    if entry.split == "even":
        return f"even: one part of {len(config.teams)}"
    if entry.split == "proportional":
        return "proportional: by what each team's own projects cost in the month"
    weight, whole = entry.split.get(team, Decimal(0)), exact_sum(entry.split.values())
    return f"by weights: {format_exact(weight)} of {format_exact(whole)}"
