"""The sandbox as a process: made from plain arguments, serving until it is interrupted."""

from __future__ import annotations

import contextlib
import json
import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chargeback.sandbox.dialect import Kind
from chargeback.sandbox.makers import scale_world
from chargeback.sandbox.months import Clock, instant, newest_closed, rfc3339
from chargeback.sandbox.platform import Platform
from chargeback.sandbox.records import Spelling
from chargeback.sandbox.scenarios import prepared
from chargeback.sandbox.server import LOOPBACK_ADDRESS, Server
from chargeback.sandbox.world import BANGKOK


def made(
    *,
    kind: Kind = "C",
    scenario: str = "clean",
    faults: str = "",
    seed: int = 1,
    now: str | None = None,
    timezone: str = BANGKOK.key,
    accounts: int | None = None,
    projects: int | None = None,
    resources: int | None = None,
    months: int = 1,
) -> Platform:
    """The platform that the arguments describe; ValueError says which of them is wrong.

    `now` is an RFC 3339 instant at which the clock stands; None: the machine's time, ticking. With any of `accounts`,
    `projects`, `resources` the world is a large uniform one.
    """
    if kind not in ("C", "D"):
        raise ValueError(f"no kind is named {kind!r}; C or D")
    moment, zone = instant(now) if now else datetime.now(UTC), _zone(timezone)
    clock = Clock(moment, ticking=now is None)
    world = None
    if (accounts, projects, resources) != (None, None, None):
        spelling: Spelling = "numbers" if kind == "C" else "prefixed"
        size = (accounts or 1000, projects or 60, resources or 5, months)
        world = scale_world(*size, seed=seed, now=moment, spelling=spelling, zone=zone)
    return prepared(scenario, kind=kind, seed=seed, now=moment, clock=clock, zone=zone, faults=faults, world=world)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"no time zone is named {name!r}; as Asia/Bangkok") from None


def description(server: Server) -> dict[str, str | int]:
    """Where a listening server is and how to ask it."""
    platform = server.platform
    now = platform.clock.now
    return {
        "endpoint": server.endpoint,
        "files": server.files,
        "token": server.token,
        "kind": platform.dialect.kind,
        "period": str(newest_closed(now, platform.world.zone)),
        "timezone": platform.world.zone.key,
        "now": rfc3339(now.replace(microsecond=0)),
        "accounts": len(platform.world.accounts),
    }


def serve(
    *,
    host: str = LOOPBACK_ADDRESS,
    port: int = 0,
    files_port: int = 0,
    kind: Kind = "C",
    scenario: str = "clean",
    latency: float = 0,
    faults: str = "",
    seed: int = 1,
    now: str | None = None,
    timezone: str = BANGKOK.key,
    accounts: int | None = None,
    projects: int | None = None,
    resources: int | None = None,
    months: int = 1,
    warm: bool = False,
) -> None:
    """Serve until interrupted, after printing one line of JSON (`description`) on stdout.

    `latency` is in milliseconds. With `warm` every account's answers for the newest closed month are made beforehand,
    so that a benchmark measures its client. ValueError for a wrong argument, OSError for a port that is taken.
    """
    platform = made(
        kind=kind, scenario=scenario, faults=faults, seed=seed, now=now, timezone=timezone,
        accounts=accounts, projects=projects, resources=resources, months=months,
    )  # fmt: skip
    if warm:
        platform.warm()
    server = Server(platform, host=host, port=port, files_port=files_port, latency=latency / 1000)
    with contextlib.suppress(KeyboardInterrupt), server:
        sys.stdout.write(json.dumps(description(server)) + "\n")
        sys.stdout.flush()
        server.wait()
