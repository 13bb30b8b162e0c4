"""Where the platform may be reached: the one rule for an endpoint, from the file or the environment (INTERFACE,
configuration).

The endpoint receives the credential: https anywhere, plain http only on this machine. An address with a user, a query
or a fragment, or whose host two parsers could read differently, is refused. Documents' links obey the same rule of
shape, see ``collect.addresses``.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from chargeback.config.key_path import Fault, shown

LONGEST_ADDRESS = 8192
"""Characters."""

_VISIBLE = re.compile(r"[!-~]+", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?", re.ASCII)
_PATH = re.compile(r"[A-Za-z0-9._~/-]*", re.ASCII)
_LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
_LOOPBACK_6 = ipaddress.ip_address("::1")
_REMEDY = 'write an address such as "https://api.deploys.app/"; plain http only to loopback'


def endpoint_fault(written: str) -> Fault | None:
    """What is wrong with an address that is to be an endpoint; None where nothing is."""
    parts = split(written)
    if parts is None:
        return Fault("the address holds a character that no address may have", _REMEDY)
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
        return Fault("the address has a path that no API has", _REMEDY)
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
        return Fault(f'the address has the scheme "{parts.scheme[:20]}", expected https', _REMEDY)
    if "@" in parts.netloc:
        return Fault("the address holds a user or a password", f"leave out what stands before the @; {_REMEDY}")
    if not _is_host(parts.hostname or ""):
        return Fault("the address names no host", _REMEDY)
    return None if _has_port_or_none(parts) else Fault("the port of the address is not a port number", _REMEDY)


def is_loopback(host: str) -> bool:
    """Whether the host is this machine: localhost, 127.0.0.0/8 or ::1."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return False
    return number in _LOOPBACK if number.version == 4 else number == _LOOPBACK_6


def is_on_loopback(url: str) -> bool:
    """Whether an address leads to this machine; not where it is none."""
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False


def _without_scheme(written: str) -> Fault:
    if "@" in written or "?" in written:
        return Fault("the address has no scheme", _REMEDY)
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
