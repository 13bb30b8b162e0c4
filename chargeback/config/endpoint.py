"""Where the platform may be reached: https anywhere, plain http only on this machine (INTERFACE, configuration).

The endpoint receives the credential. An address with a user, a query or a fragment, or whose host two parsers could
read differently, is refused.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from chargeback.config.place import Place, shown
from chargeback.config.scalars import text

_PLAIN = re.compile(r"[A-Za-z0-9._~:/@?#\[\]!$&'()*+,;=%-]+", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]", re.ASCII)
_LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
_LOOPBACK_6 = ipaddress.ip_address("::1")
_REMEDY = 'write an address such as "https://api.deploys.app/"; plain http only to loopback'


def address(place: Place, value: object) -> str:
    """The endpoint's URL as written; ``ConfigurationError`` where it is none that a credential may be sent to."""
    written = text(place, value)
    parts = _split(place, written)
    if parts.username is not None or "@" in parts.netloc:
        raise place.error("the address holds a user or a password", f"leave out what stands before the @; {_REMEDY}")
    if "?" in written or "#" in written:
        raise place.error(f"{shown(written)} has a query or a fragment", "end the address with its path")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise place.error(
            f"{shown(written)} would send the credential unencrypted", "write https://; plain http only to loopback"
        )
    return written


def endpoint_url(value: str, source: str = "$DEPLOYS_ENDPOINT") -> str:
    """An endpoint that comes from elsewhere than the file, by the same rules; ``source`` names it in errors."""
    return address(Place(source), value)


def is_loopback(host: str) -> bool:
    """Whether the host is this machine: localhost, 127.0.0.0/8 or ::1."""
    if host.lower() == "localhost":
        return True
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return False
    return number in _LOOPBACK if number.version == 4 else number == _LOOPBACK_6


def _split(place: Place, written: str) -> SplitResult:
    if not _PLAIN.fullmatch(written):
        raise place.error("the address holds a character that no address may have", _REMEDY)
    try:
        parts = urlsplit(written)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise place.error("this is not an address", _REMEDY) from error
    if parts.scheme not in ("https", "http") or not host or port == 0 or not _hosted(parts.netloc):
        raise place.error(f"{_shown(parts, written)} is not an address of the platform", _REMEDY)
    return parts


def _hosted(netloc: str) -> bool:
    host = netloc.rpartition("@")[2]
    return _HOST.fullmatch(re.sub(r":\d*$", "", host)) is not None


def _shown(parts: SplitResult, written: str) -> str:
    return "this" if "@" in parts.netloc else shown(written)
