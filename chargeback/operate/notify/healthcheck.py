"""Pinging a dead man's switch: on start, on success, on failure (the way of healthchecks.io: ``/start``, ``/fail``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from chargeback.config import Config
from chargeback.operate.notify.addresses import filled, missing_variables

Signal = Literal["start", "success", "fail"]
SECONDS = 5.0
"""A ping takes no longer, and is not repeated."""
ALWAYS_WELL = (0, 3)
WELL_UNTIL_DUE = (4, 8)
"""Not ready, and another run at work: well as long as the month is not overdue."""


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
