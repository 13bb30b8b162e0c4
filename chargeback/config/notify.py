"""``[notify]``: who is told what, and where monitoring finds the job; secrets in URLs are named, never written.

The configuration is kept with every revision, so what stands in it is archived for years.
"""

from __future__ import annotations

import re

from chargeback.config.key_path import KeyPath, did_you_mean, listed, shown
from chargeback.config.scalars import location, text, whole
from chargeback.config.secrecy import looks_random, names_secret
from chargeback.config.settings import EVENTS, Notify
from chargeback.config.table import Table, each

NOTIFY_KEYS = ("urls", "on", "close_by", "healthcheck_url", "metrics")

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", re.ASCII)
"""How a URL names the environment variable that holds a part of it."""
_REMEDY = "write ${NAME} in its place, and set the variable NAME where the job runs"
_PLAIN_SCHEMES = frozenset(
    {"mailto", "mailtos", "json", "jsons", "xml", "xmls", "form", "forms", "mqtt", "mqtts", "syslog", "dbus"}
)
_HOOK = re.compile(
    r"hooks?[./]|/(?:services|bot[^/]*|messages)/|webhook|discord(?:app)?\.com/api", re.IGNORECASE | re.ASCII
)
_PATH_OR_QUERY = re.compile(r"[/?#]")
_PARTS = re.compile(r"[/@:?&=.#]")


def notify(place: KeyPath, value: object) -> Notify:
    """The ``[notify]`` table."""
    table, default = Table.of(place, value, NOTIFY_KEYS), Notify()
    return Notify(
        urls=table.optional("urls", each(service_url), default.urls),
        on=table.optional("on", each(event), default.on),
        close_by=table.optional("close_by", whole(1, 28), default.close_by),
        healthcheck_url=table.optional("healthcheck_url", web_url, default.healthcheck_url),
        metrics=table.optional("metrics", location, default.metrics),
    )


def event(place: KeyPath, value: object) -> str:
    """One of the occasions on which somebody is told."""
    name = text(place, value)
    if name not in EVENTS:
        raise place.error(f"{shown(name)} is not known here", did_you_mean(name, EVENTS, f"write {listed(EVENTS)}"))
    return name


def service_url(place: KeyPath, value: object) -> str:
    """A URL as apprise takes it; one that holds a secret itself is refused, and never shown."""
    url = text(place, value)
    if any(looks_random(part.replace("-", "")) for part in _PARTS.split(VARIABLE.sub("", url))) or _has_password(url):
        raise place.error("this URL holds what looks like a secret, and none is ever read from this file", _REMEDY)
    if _is_a_secret(url):
        raise place.error("a URL of this service is a secret itself, and none is ever read from this file", _REMEDY)
    if "://" not in url and not VARIABLE.fullmatch(url):
        raise place.error("this is not a URL", 'write one such as "mailtos://…", "slack://…", or "${NOTIFY_URL}"')
    return url


def web_url(place: KeyPath, value: object) -> str:
    """A URL that is asked for with HTTP: https, or http to this machine."""
    url = text(place, value)
    scheme, separator, _ = url.partition("://")
    if separator and scheme not in ("https", "http") and not VARIABLE.match(url):
        raise place.error(
            f"the scheme {shown(scheme)} is not http or https", 'write "https://…", or "${HEALTHCHECK_URL}"'
        )
    return service_url(place, value)


def _is_a_secret(url: str) -> bool:
    """Whether whoever knows the URL may post there, and no part of it is named as a variable.

    That holds for every service of apprise but mail and the plain protocols, and for the web hooks of chat services.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or VARIABLE.search(url):
        return False
    if scheme.lower() in ("http", "https"):
        return _HOOK.search(rest) is not None
    return scheme.lower() not in _PLAIN_SCHEMES


def _has_password(url: str) -> bool:
    """Whether a password stands in the URL itself, before its host or in its query."""
    named = VARIABLE.sub("$", url)
    user = _PATH_OR_QUERY.split(named.partition("://")[2])[0].rpartition("@")[0]
    pairs = [pair.partition("=") for pair in named.partition("?")[2].split("&")]
    passwords = [user.partition(":")[2], *(value for key, _, value in pairs if names_secret(key))]
    return any(password not in ("", "$") for password in passwords)
