"""Where the platform is, and where its documents may be: which addresses this job talks to at all."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from chargeback.collect.failures import AddressRefusedError
from chargeback.collect.wording import shown_link
from chargeback.config import Config
from chargeback.errors import ConfigurationError

ENDPOINT_VARIABLE = "DEPLOYS_ENDPOINT"
_HOST = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?", re.ASCII)
_PATH = re.compile(r"[A-Za-z0-9._~/-]*", re.ASCII)
_VISIBLE = re.compile(r"[!-\[\]-~]+", re.ASCII)
REMEDY = "write it as https://host/, such as https://api.deploys.app/; plain http only to loopback"


def endpoint_of(config: Config, environ: Mapping[str, str]) -> str:
    """The API's base with ``/`` at its end: ``$DEPLOYS_ENDPOINT`` where it is set, else the configuration's.

    ``ConfigurationError`` says which of the two is wrong, and never shows a user, password or query within it.
    """
    given = environ.get(ENDPOINT_VARIABLE, "").strip()
    where = f"${ENDPOINT_VARIABLE}" if given else f"{config.path or 'config.toml'}: [api] endpoint"
    endpoint = given or config.api.endpoint
    fault = _endpoint_fault(endpoint)
    if fault:
        raise ConfigurationError(f"{where}: {fault}", remedy=REMEDY)
    return endpoint.rstrip("/") + "/"


def is_loopback(host: str) -> bool:
    """Whether the host is this machine: ``localhost``, 127.0.0.0/8 or ::1."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def loopback_endpoint(endpoint: str) -> bool:
    """Whether the endpoint is on this machine, so that documents may be too."""
    return is_loopback(urlsplit(endpoint).hostname or "")


def check_link(link: str, *, loopback_too: bool) -> None:
    """``AddressRefusedError`` unless documents may be fetched by that link: https, or http between loopback ends."""
    parts = _split(link)
    if parts is None:
        raise AddressRefusedError("the document's link is no URL")
    if _shape_fault(parts):
        raise AddressRefusedError(f"{shown_link(link)}: {_shape_fault(parts)}")
    if parts.scheme == "http" and not (loopback_too and is_loopback(parts.hostname or "")):
        raise AddressRefusedError(f"{shown_link(link)}: documents are fetched by https only")


def _endpoint_fault(endpoint: str) -> str:
    """What is wrong with an endpoint, "" where nothing is."""
    parts = _split(endpoint)
    if parts is None:
        return "not a URL"
    if parts.query or parts.fragment or "?" in endpoint or "#" in endpoint:
        return "has a query or a fragment"
    if not _PATH.fullmatch(parts.path) or "/../" in f"{parts.path}/":
        return "has a path that is none of an API"
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        return f"plain http to {parts.hostname}, which is not loopback"
    return _shape_fault(parts)


def _shape_fault(parts: SplitResult) -> str:
    """What is wrong with scheme, user, host or port, "" where nothing is."""
    if parts.scheme not in ("https", "http"):
        return f'scheme "{parts.scheme[:20]}", expected https'
    if parts.username is not None or parts.password is not None:
        return "names a user or password"
    if not _is_host(parts.hostname or ""):
        return "names no host"
    return "" if _port_fits(parts) else "has a port that is none"


def _split(text: str) -> SplitResult | None:
    """The parts of a URL that is written in visible ASCII; None for anything else."""
    try:
        return urlsplit(text) if _VISIBLE.fullmatch(text) and len(text) <= 8192 else None
    except ValueError:
        return None


def _is_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return len(host) <= 253 and _HOST.fullmatch(host) is not None
    return True


def _port_fits(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False
