"""Where notifications go: URLs whose secrets stand in the environment, and the services behind them.

``${NAME}`` is replaced right before use, and shown never.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from chargeback.config.forms import VARIABLE
from chargeback.evidence.gate import masked

INSTALL = "pip install '.[notify]' in the checkout"
NOT_INSTALLED = f"apprise is not installed -> {INSTALL}"


def filled(url: str, environ: Mapping[str, str]) -> str | None:
    """The URL with its variables' values, percent-encoded where they are a part of it; None where one is unset."""
    if missing_variables(url, environ):
        return None
    whole = VARIABLE.fullmatch(url)
    if whole:
        return environ[whole[1]].strip()
    return VARIABLE.sub(lambda match: quote(environ[match[1]].strip(), safe=""), url)


def missing_variables(url: str, environ: Mapping[str, str]) -> list[str]:
    """The variables that the URL names and that are not set."""
    return [match[1] for match in VARIABLE.finditer(url) if not environ.get(match[1], "").strip()]


def scheme_of(url: str) -> str:
    """What may be shown of a URL: its scheme, or the variable that holds all of it."""
    return url.partition("://")[0] if "://" in url else url


class Message(Struct, frozen=True):
    """A title, a text, and the paths of the files that go with it."""

    title: str
    text: str
    attached: tuple[str, ...] = ()


def send_to(url: str, environ: Mapping[str, str], message: Message) -> str:
    """What went wrong, "" where the service took the message; never raises. The URL itself is never part of it."""
    try:
        import apprise
    except ImportError:
        return NOT_INSTALLED
    _keep_quiet()
    address = filled(url, environ)
    if address is None:
        return f"not set: {', '.join(missing_variables(url, environ))}"
    try:
        return _handed_over(apprise, address, message)
    except Exception as error:  # a notification never fails the run; the message may hold the URL
        return type(error).__name__


def _handed_over(apprise: Any, address: str, message: Message) -> str:
    service = apprise.Apprise()
    if not service.add(address):
        return "apprise knows no such service"
    if message.attached and not service[0].attachment_support:
        return "this service takes no files; a statement needs one that does, such as mailtos://"
    attached = {"attach": list(message.attached)} if message.attached else {}
    content = {"title": masked(message.title), "body": masked(message.text), "body_format": apprise.NotifyFormat.TEXT}
    taken = service.notify(**content, **attached)
    return "" if taken else "the message was not taken"


def takes_files(url: str, environ: Mapping[str, str]) -> bool:
    """Whether the service sends files too; an address that apprise does not know takes none."""
    try:
        import apprise
    except ImportError:
        return True  # it is reported among the packages
    _keep_quiet()
    service, address = apprise.Apprise(), filled(url, environ)
    return bool(address and service.add(address) and service[0].attachment_support)


def _keep_quiet() -> None:
    """Libraries log the addresses they talk to, secrets within."""
    for name in ("apprise", "urllib3", "requests"):
        logger = logging.getLogger(name)
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
