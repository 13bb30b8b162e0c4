"""Paths under /_sandbox/ that steer a sandbox running in another process; never part of the platform's API.

GET  /_sandbox/state                 clock, kind, newest closed month, statuses of every invoice
GET  /_sandbox/requests              what was received
POST /_sandbox/requests  {}          forget what was received
POST /_sandbox/clock     {"now": "2026-07-05T02:00:00Z"} or {"days": 1, "hours": 2, "seconds": 3}
POST /_sandbox/faults    {"spec": "billing.report:503*2"}
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from chargeback.sandbox.faults import Faults
from chargeback.sandbox.months import newest_closed, rfc3339
from chargeback.sandbox.platform import Platform
from chargeback.sandbox.wire import Answer, Request, encoded

PREFIX = "/_sandbox/"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def control(platform: Platform, request: Request) -> Answer:
    """The answer to a control request; HTTP 403 unless it names this host as a loopback one."""
    named = urlsplit(f"//{request.headers.get('host', '')}").hostname
    if named not in LOOPBACK or "origin" in request.headers:
        return _answer({"error": "only for programs on this machine"}, 403)
    try:
        payload = json.loads(request.body or b"{}")
        return _answer(_controlled(platform, request.method, request.path.removeprefix(PREFIX), payload))
    except (ValueError, TypeError, KeyError) as problem:
        return _answer({"error": str(problem)}, 400)


def _controlled(platform: Platform, method: str, name: str, payload: dict[str, Any]) -> dict[str, Any]:
    if (method, name) == ("POST", "clock"):
        if "now" in payload:
            platform.clock.set(str(payload["now"]))
        else:
            platform.clock.advance(**{unit: float(amount) for unit, amount in payload.items()})
    elif (method, name) == ("POST", "faults"):
        platform.faults = Faults.parse(str(payload["spec"]), platform.world.seed)
    elif (method, name) == ("POST", "requests"):
        platform.recorder.clear()
    elif (method, name) == ("GET", "requests"):
        return {"requests": platform.recorder.documents()}
    elif (method, name) != ("GET", "state"):
        raise ValueError(f"no such control: {method} {PREFIX}{name}")
    return _state(platform)


def _state(platform: Platform) -> dict[str, Any]:
    now = platform.clock.now
    return {
        "now": rfc3339(now),
        "kind": platform.dialect.kind,
        "period": str(newest_closed(now, platform.world.zone)),
        "accounts": platform.state(now),
    }


def _answer(document: dict[str, Any], status: int = 200) -> Answer:
    return Answer(status, encoded(document), late=False)
