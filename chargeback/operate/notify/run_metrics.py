"""What a run leaves for Prometheus: how it ended, and the last month that is closed, its status, age and exceptions.

Pinging a dead man's switch: on start, on success, on failure (the way of healthchecks.io: ``/start``, ``/fail``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from chargeback.archive.reading import Archive
from chargeback.archive.revision import Revision
from chargeback.config import Config
from chargeback.model import archived_checks
from chargeback.model.archived_checks import read_checks
from chargeback.model.instants import parse_instant
from chargeback.operate.metrics import Gauge
from chargeback.operate.notify.messages import close_due
from chargeback.operate.notify.services import filled, missing_variables

Signal = Literal["start", "success", "fail"]
SECONDS = 5.0
"""A ping takes no longer, and is not repeated."""
ALWAYS_WELL = (0, 3)
WELL_UNTIL_DUE = (4, 8)
"""Not ready, and another run at work: well as long as the month is not overdue."""

RUN_NAME = "chargeback.prom"
USAGE_NAME = "chargeback_usage.prom"
STATUSES = ("reconciled", "exceptions")


def signal_of(code: int, *, overdue: bool) -> Signal:
    """What an exit code says to whoever watches."""
    well = code in ALWAYS_WELL or (code in WELL_UNTIL_DUE and not overdue)
    return "success" if well else "fail"


def ping(config: Config, environ: Mapping[str, str], signal: Signal) -> str:
    """What went wrong, "" where nothing did, or where there is nothing to ping; never raises, never shows the URL."""
    if config.notify.healthcheck_url is None:
        return ""
    url = filled(config.notify.healthcheck_url, environ)
    if url is None:
        names = ", ".join(missing_variables(config.notify.healthcheck_url, environ))
        return f"[notify] healthcheck_url: not set: {names}"
    import httpx

    try:
        answer = httpx.post(address(url, signal), timeout=SECONDS, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
        return f"[notify] healthcheck_url: {type(error).__name__}"
    return "" if answer.is_success else f"[notify] healthcheck_url: HTTP {answer.status_code}"


def address(url: str, signal: Signal) -> str:
    """The URL for a signal: its path with ``/start`` or ``/fail``, as it is for success."""
    if signal == "success":
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{signal}"))


def run_families(config: Config, code: int, now: datetime) -> list[Gauge]:
    """The gauges; those of the last closed month are left out as long as there is none."""
    latest = _latest(Archive(config.archive))
    return [
        Gauge("chargeback_run_exit_code", "Exit code of the last run", (({}, code),)),
        Gauge("chargeback_run_timestamp_seconds", "When the last run ended", (({}, now.timestamp()),)),
        Gauge(
            "chargeback_close_due_timestamp_seconds",
            "When the first month without a revision becomes overdue: close_by of the month after it",
            (({}, close_due(config, now).timestamp()),),
        ),
        *(_of_month(latest, config, now) if latest else ()),
    ]


def _latest(archive: Archive) -> Revision | None:
    periods = archive.periods()
    return archive.latest(periods[-1]) if periods else None


def _of_month(latest: Revision, config: Config, now: datetime) -> Iterator[Gauge]:
    """Of the newest month that has a revision."""
    exceptions = latest.interpret(archived_checks.PATH, read_checks).standing.exceptions
    created = parse_instant(latest.manifest.created)
    ended = latest.name.period.end(config.timezone)
    yield Gauge(
        "chargeback_last_closed_period",
        "The newest month with a revision: 1, its name and revision are labels",
        (({"period": str(latest.name.period), "revision": str(latest.name.number)}, 1),),
    )
    yield Gauge(
        "chargeback_last_closed_status",
        "1 for the status that the newest month with a revision has",
        tuple(({"status": status}, int(status == latest.manifest.status)) for status in STATUSES),
    )
    yield Gauge(
        "chargeback_last_closed_exceptions",
        "Exceptions of that month that nobody has accepted",
        (({}, exceptions),),
    )
    yield Gauge(
        "chargeback_last_closed_end_age_seconds",
        "Seconds since that month ended",
        (({}, round((now - ended).total_seconds())),),
    )
    if created is not None:
        yield Gauge(
            "chargeback_last_closed_revision_timestamp_seconds",
            "When that month's latest revision was made",
            (({}, created.timestamp()),),
        )
