"""Handing a message to apprise, one service after the other; what fails is told by the service's scheme alone."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from chargeback.config import Notify
from chargeback.evidence.gate import masked
from chargeback.operate.notify.addresses import filled, missing_variables, scheme_of

INSTALL = "pip install '.[notify]' in the checkout"


def send(settings: Notify, environ: Mapping[str, str], title: str, text: str) -> tuple[int, list[str]]:
    """How many services took the message, and what went wrong with the others; never raises."""
    try:
        import apprise
    except ImportError:
        return 0, [f"[notify]: apprise is not installed -> {INSTALL}"]
    _keep_quiet()
    title, text = masked(title), masked(text)
    problems = [problem for url in settings.urls if (problem := _sent(apprise, url, environ, title, text))]
    return len(settings.urls) - len(problems), problems


def _sent(apprise: Any, url: str, environ: Mapping[str, str], title: str, text: str) -> str:
    """What went wrong, "" where nothing did; the URL itself is never part of it."""
    address = filled(url, environ)
    if address is None:
        return f"[notify] {scheme_of(url)}: not set: {', '.join(missing_variables(url, environ))}"
    try:
        service = apprise.Apprise()
        if not service.add(address):
            return f"[notify] {scheme_of(url)}: apprise knows no such service"
        return "" if service.notify(title=title, body=text) else f"[notify] {scheme_of(url)}: the message was not taken"
    except Exception as error:  # a notification never fails the run; the message may hold the URL
        return f"[notify] {scheme_of(url)}: {type(error).__name__}"


def _keep_quiet() -> None:
    """Libraries log the addresses they talk to, secrets within."""
    for name in ("apprise", "urllib3", "requests"):
        logger = logging.getLogger(name)
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
