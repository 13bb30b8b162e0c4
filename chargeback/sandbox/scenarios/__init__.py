"""Every situation that a run must cope with, by name, and the platform prepared for one of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from chargeback.sandbox.dialect import Kind
from chargeback.sandbox.faults import Faults
from chargeback.sandbox.makers import DEFAULT_NOW, small_world
from chargeback.sandbox.months import Clock, newest_closed
from chargeback.sandbox.platform import Platform
from chargeback.sandbox.records import Spelling
from chargeback.sandbox.scenario import Expected, Scenario, Setup
from chargeback.sandbox.scenarios.access import ACCESS
from chargeback.sandbox.scenarios.invoices import INVOICES
from chargeback.sandbox.scenarios.lifecycle import LIFECYCLE
from chargeback.sandbox.scenarios.names import NAMES
from chargeback.sandbox.scenarios.periods import PERIODS
from chargeback.sandbox.scenarios.reports import REPORTS
from chargeback.sandbox.world import BANGKOK, World

__all__ = ["SCENARIOS", "Expected", "Scenario", "Setup", "platform_of", "prepared", "scenario"]

SCENARIOS: Mapping[str, Scenario] = MappingProxyType({**ACCESS, **INVOICES, **PERIODS, **LIFECYCLE, **REPORTS, **NAMES})


def scenario(name: str) -> Scenario:
    """The scenario of that name; ValueError lists those there are."""
    if name not in SCENARIOS:
        raise ValueError(f"no scenario is named {name!r}; one of {', '.join(sorted(SCENARIOS))}")
    return SCENARIOS[name]


def prepared(
    name: str = "clean",
    *,
    kind: Kind = "C",
    seed: int = 1,
    now: datetime = DEFAULT_NOW,
    clock: Clock | None = None,
    spelling: Spelling | None = None,
    zone: ZoneInfo = BANGKOK,
    faults: str = "",
    world: World | None = None,
) -> Platform:
    """The platform of a scenario, served as a kind.

    `now` chooses the newest closed month, which the scenario changes; the clock shows it unless another is given.
    `spelling` is of the ids: by default the kind's own. `faults` come before those of the scenario.
    """
    ids: Spelling = spelling or ("numbers" if kind == "C" else "prefixed")
    world = world or small_world(seed, now=now, spelling=ids, zone=zone)
    setup = Setup(world, kind, now, newest_closed(now, world.zone))
    return platform_of(scenario(name).change(setup), clock=clock, faults=faults)


def platform_of(setup: Setup, *, clock: Clock | None = None, faults: str = "") -> Platform:
    """The platform that a setup describes."""
    return Platform(
        setup.world,
        setup.kind,
        clock=clock or Clock(setup.now),
        credentials=setup.credentials,
        faults=Faults.parse(f"{faults};{setup.faults}", setup.world.seed),
        answer_changes=setup.answer_changes,
    )
