"""Where the platform may be reached: the one rule for an endpoint, from the file or the environment (INTERFACE,
configuration).

The endpoint receives the credential: https anywhere, plain http only on this machine. An address with a user, a query
or a fragment, or whose host two parsers could read differently, is refused. Documents' links obey the same rule of
shape, see ``collect.endpoint``.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from chargeback.config.key_path import KeyPath, shown
from chargeback.config.scalars import text
from chargeback.config.settings import Config

ENDPOINT_VARIABLE = "DEPLOYS_ENDPOINT"
LONGEST_ADDRESS = 8192
"""Characters."""

_VISIBLE = re.compile(r"[!-~]+", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?", re.ASCII)
_PATH = re.compile(r"[A-Za-z0-9._~/-]*", re.ASCII)
_LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
_LOOPBACK_6 = ipaddress.ip_address("::1")
_REMEDY = 'write an address such as "https://api.deploys.app/"; plain http only to loopback'


class Fault(NamedTuple):
    """What is wrong with an address, without a secret that it may hold, and what would be right."""

    problem: str
    remedy: str = _REMEDY


class Endpoint(NamedTuple):
    """The base of every call, with ``/`` at its end, and where it was written, for error messages."""

    url: str
    source: str


def address(place: KeyPath, value: object) -> str:
    """The endpoint's URL as written; ``ConfigurationError`` where it is none that a credential may be sent to."""
    written = text(place, value).strip()
    fault = endpoint_fault(written)
    if fault:
        raise place.error(*fault)
    return written


def endpoint_of(config: Config, environ: Mapping[str, str]) -> Endpoint:
    """Where the platform is: ``$DEPLOYS_ENDPOINT`` where that is set, else the configuration's endpoint.

    ``ConfigurationError`` says which of the two is wrong, and never shows a user, password or query within it.
    """
    given = environ.get(ENDPOINT_VARIABLE, "").strip()
    file = str(config.path or "config.toml")
    place = KeyPath(f"${ENDPOINT_VARIABLE}") if given else KeyPath(file, "api.endpoint")
    written = given or config.api.endpoint
    fault = endpoint_fault(written)
    if fault:
        raise place.error(*fault)
    return Endpoint(written.rstrip("/") + "/", place.file if given else f"[api] endpoint in {file}")


def endpoint_fault(written: str) -> Fault | None:
    """What is wrong with an address that is to be an endpoint; None where nothing is."""
    parts = split(written)
    if parts is None:
        return Fault("the address holds a character that no address may have")
    if "://" not in written:
        return _without_scheme(written)
    if "?" in written or "#" in written:
        return Fault("the address has a query or a fragment", "end the address with its path")
    fault = shape_fault(parts)
    if fault:
        return fault
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        problem = f"plain http to {parts.hostname} would send the credential unencrypted"
        return Fault(problem, "write https://; plain http only to loopback")
    if not _PATH.fullmatch(parts.path) or "/../" in f"{parts.path}/":
        return Fault("the address has a path that no API has")
    return None


def split(written: str) -> SplitResult | None:
    """The parts of a URL that is written in visible ASCII; None for anything else."""
    try:
        return urlsplit(written) if _VISIBLE.fullmatch(written) and len(written) <= LONGEST_ADDRESS else None
    except ValueError:
        return None


def shape_fault(parts: SplitResult) -> Fault | None:
    """What is wrong with scheme, user, host or port of any address, an endpoint's or a document's."""
    if parts.scheme not in ("https", "http"):
        return Fault(f'the address has the scheme "{parts.scheme[:20]}", expected https')
    if "@" in parts.netloc:
        return Fault("the address holds a user or a password", f"leave out what stands before the @; {_REMEDY}")
    if not _is_host(parts.hostname or ""):
        return Fault("the address names no host")
    return None if _has_port_or_none(parts) else Fault("the port of the address is not a port number")


def is_loopback(host: str) -> bool:
    """Whether the host is this machine: localhost, 127.0.0.0/8 or ::1."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return False
    return number in _LOOPBACK if number.version == 4 else number == _LOOPBACK_6


def _without_scheme(written: str) -> Fault:
    if "@" in written or "?" in written:
        return Fault("the address has no scheme")
    return Fault(f"{shown(written)} has no scheme", f"write {shown('https://' + written)}")


def _is_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return len(host) <= 253 and _HOST.fullmatch(host) is not None
    return "%" not in host


def _has_port_or_none(parts: SplitResult) -> bool:
    """Whether the port is a number from 1 to 65535, or none is written."""
    try:
        return bool(parts.port) or (parts.port is None and not parts.netloc.endswith(":"))
    except ValueError:
        return False
