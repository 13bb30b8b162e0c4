"""The simulated platform as a new user meets it, and a clock that both sides share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from chargeback.config import Config, parse
from chargeback.sandbox import Server, instant, prepared, running, sample_configuration
from chargeback.sandbox.months import Month
from chargeback.sandbox.records import Account, Row
from chargeback.sandbox.world import World

ENVIRON = {"DEPLOYS_TOKEN": "sandbox-token"}
NOW = "2026-06-05T02:00:00Z"


class SharedClock:
    """The platform's time for the job too; monotonic time is real."""

    def __init__(self, server: Server) -> None:
        import time

        self.server = server
        self.monotonic = time.monotonic
        self.sleep = time.sleep

    def now(self) -> datetime:
        return self.server.clock.now

    def pass_days(self, days: float) -> None:
        self.server.clock.set(self.server.clock.now + timedelta(days=days))


@dataclass(slots=True)
class Place:
    """A platform that listens, the clock, and a configuration that owns its projects."""

    server: Server
    clock: SharedClock
    config: Config
    environ: dict[str, str]


@contextmanager
def place(
    folder: Path,
    *,
    now: str = NOW,
    scenario: str = "clean",
    change: Callable[[World], World] = lambda world: world,
    extra: str = "",
    told: Mapping[str, str] | None = None,
    kind: str = "C",
) -> Iterator[Place]:
    """A platform at an instant, its world changed; ``extra`` is appended to the configuration, ``told`` has the
    ``notify`` of teams by id."""
    platform = prepared(scenario, kind=kind, now=instant(now))  # type: ignore[arg-type]
    platform.world = change(platform.world)
    with running(platform) as server:
        text = sample_configuration(platform.world, endpoint=server.endpoint) + extra
        for team, urls in (told or {}).items():
            text = text.replace(f'id = "{team}"\n', f'id = "{team}"\nnotify = {urls}\n')
        config = parse(text.encode(), folder / "config.toml")
        yield Place(server, SharedClock(server), config, dict(ENVIRON))


def spending_more(sid: str, sku: str, days: Callable[[Month, int], int]) -> Callable[[World], World]:
    """The world with one project's use of one resource multiplied: ``days`` gives the factor of a day of a month."""

    def change_rows(account: Account, month: Month, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        return tuple(
            replace(
                row,
                usage=tuple(used * days(month, day) for day, used in enumerate(row.usage, start=1)),
                values=tuple(value * days(month, day) for day, value in enumerate(row.values, start=1)),
            )
            if (row.project.sid, row.resource.sku) == (sid, sku)
            else row
            for row in rows
        )

    return lambda world: replace(world, rows_changes=(*world.rows_changes, change_rows))
