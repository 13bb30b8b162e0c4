"""Which proxy a connection goes through: ``HTTPS_PROXY``, else ``ALL_PROXY``, unless ``NO_PROXY`` names the host.

Only https leaves this machine, so every proxied connection is a tunnel (CONNECT, RFC 9110, 9.3.6): the proxy sees names
and ports, never a credential. It resolves the name, so the checks of addresses then concern names and literal addresses
(``addresses``). What is on this machine is never asked for through a proxy. Variables in lower case count where the
others are unset.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from msgspec import Struct

from chargeback.config.endpoint import is_loopback
from chargeback.errors import ConfigurationError

VARIABLES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
"""The first of them that is set and not empty counts."""
EXCEPTIONS = ("NO_PROXY", "no_proxy")
_PORTS = {"http": 80, "https": 443}
_REMEDY = "write it as http://host:port, or name the platform's host in NO_PROXY"


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy as it may be shown; ``authorization`` is what it is sent of a user and password, "" without these."""

    scheme: str
    host: str
    port: int
    variable: str
    authorization: str = field(default="", repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


class Proxies(Struct, frozen=True):
    """The proxy in use, None if there is none, and the hosts that are asked without it."""

    proxy: Proxy | None = None
    exceptions: tuple[str, ...] = ()

    def of(self, host: str, port: int) -> Proxy | None:
        """The proxy for a connection to that host and port."""
        if self.proxy is None or is_loopback(host):
            return None
        return None if any(_covers(entry, host, port) for entry in self.exceptions) else self.proxy

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not show up: the password, and what is sent of it."""
        return self.proxy.secrets if self.proxy else ()


def proxies_of(environ: Mapping[str, str]) -> Proxies:
    """What the environment says; ``ConfigurationError`` names a variable that holds no proxy, never what it holds."""
    named = next((name for name in VARIABLES if environ.get(name, "").strip()), None)
    if named is None:
        return Proxies()
    written = next((environ[name] for name in EXCEPTIONS if environ.get(name, "").strip()), "")
    exceptions = tuple(entry.lower() for entry in re.split(r"[,\s]+", written[:65_536]) if entry)
    if "*" in exceptions:
        return Proxies()  # nothing goes through it, so nobody reads its address
    return Proxies(_proxy(environ[named].strip(), named), exceptions)


def _proxy(written: str, variable: str) -> Proxy:
    """Without a scheme http is meant, as everywhere."""
    parts = _split(written if "://" in written else f"http://{written}")
    if parts is None or not parts.hostname or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ConfigurationError(f"${variable}: this is not the address of a proxy", remedy=_REMEDY)
    if parts.scheme not in _PORTS:
        raise ConfigurationError(
            f'${variable}: a proxy of the scheme "{parts.scheme[:20]}" is not understood', remedy=_REMEDY
        )
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    encoded = base64.b64encode(f"{user}:{password}".encode()).decode("ascii") if user or password else ""
    return Proxy(
        scheme=parts.scheme,
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        variable=variable,
        authorization=f"Basic {encoded}" if encoded else "",
        secrets=tuple(secret for secret in (password, encoded) if secret),
    )


def _split(written: str) -> SplitResult | None:
    try:
        parts = urlsplit(written)
        return parts if parts.port != 0 and written.isascii() and written.isprintable() else None
    except ValueError:
        return None


def _covers(entry: str, host: str, port: int) -> bool:
    """Whether an entry of ``NO_PROXY`` means the host: all (``*``), the host or a domain that it is in, an address, a
    network; each may have a port."""
    if entry == "*":
        return True
    name, separator, wanted = entry.rpartition(":")
    if separator and wanted.isdigit() and (":" not in name or name.endswith("]")):
        if int(wanted[:6]) != port:
            return False
        entry = name
    entry, host = entry.strip("[]").rstrip("."), host.lower().strip("[]").rstrip(".")
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        domain = entry.lstrip("*").lstrip(".")
        return bool(domain) and (host == domain or host.endswith(f".{domain}"))
