"""The same colour for a team wherever it is shown: on a month's page, the archive's, and its own statement.

A team's colour is its place among the configured teams, so that one that is added at the end changes no other's. Beyond
as many as there are colours they begin again: of two teams of one colour in a chart the second is drawn in outline.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from chargeback.model.team import ADJUSTMENTS, UNASSIGNED

COLOURS = 18
"""Colours of teams in the style sheet, ``t0`` and on; two more are those of what no team owns."""
_FIXED = {UNASSIGNED: "t18", ADJUSTMENTS: "t19"}


def team_colours(teams: Iterable[str]) -> Mapping[str, str]:
    """By team id its class in the style sheet; ``teams`` in the order of the configuration."""
    named = [team for team in dict.fromkeys(teams) if team not in _FIXED]
    return {**{team: f"t{place % COLOURS}" for place, team in enumerate(named)}, **_FIXED}


def in_one_chart(colours: Sequence[str]) -> list[str]:
    """The classes of a chart's series: one whose colour another series before it has is drawn in outline."""
    return [colour if colour not in colours[:place] else f"{colour} again" for place, colour in enumerate(colours)]
