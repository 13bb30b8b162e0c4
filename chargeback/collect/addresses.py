"""Names to addresses, and which addresses and links a document may come from.

A link comes from outside, so it could point into the network that the job runs in (server-side request forgery). The
name is resolved here, once, and the connection goes to the address that was checked: a second answer of the name server
(DNS rebinding) has no effect.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import NamedTuple

from chargeback.collect.failures import AddressRefusedError, UnconnectedError, quoted, shown_link
from chargeback.config.endpoint import is_loopback, shape_fault, split

Address = IPv4Address | IPv6Address

_TRANSLATED = IPv6Network("64:ff9b::/96")
"""NAT64 (RFC 6052): the last 32 bits are an IPv4 address."""
_OWN_DOMAINS = frozenset(
    {"localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "private"}
)
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)


class Permit(NamedTuple):
    """Whether a connection may go to a numeric address; and whether to a name, where a proxy is to resolve it."""

    address: Callable[[str], bool]
    name: Callable[[str], bool]

    def host(self, host: str) -> bool:
        """Whether a proxy may be asked for the host: a literal address, or a name."""
        try:
            return self.address(str(ipaddress.ip_address(host)))
        except ValueError:
            return self.name(host)


def check_link(link: str, *, loopback_too: bool) -> None:
    """``AddressRefusedError`` unless documents may be fetched by that link: https, or http between loopback ends."""
    parts = split(link)
    if parts is None:
        raise AddressRefusedError("the document's link is not a URL")
    fault = shape_fault(parts)
    if fault:
        raise AddressRefusedError(f"{shown_link(link)}: {fault.problem}")
    if parts.scheme == "http" and not (loopback_too and is_loopback(parts.hostname or "")):
        raise AddressRefusedError(f"{shown_link(link)}: documents are fetched by https only")


def resolve(host: str, port: int, seconds: float) -> list[str]:
    """The numeric addresses of a host, in the resolver's order; ``UnconnectedError`` where it has none,
    ``TimeoutError`` where they do not come in time."""
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        return _Lookup(host, port).within(seconds)


class _Lookup:
    """One question to the resolver, in a thread of its own: ``getaddrinfo`` itself knows no time limit."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self.found: list[str] = []
        self.failure: OSError | UnicodeError | None = None

    def within(self, seconds: float) -> list[str]:
        thread = threading.Thread(target=self._ask, name="resolve", daemon=True)
        thread.start()
        thread.join(seconds)
        if thread.is_alive():
            raise TimeoutError(f"{self.host} was not resolved in time")
        if self.failure is not None:
            reason = getattr(self.failure, "strerror", None) or "no such name"
            raise UnconnectedError(quoted(f"{self.host}: {reason}")) from self.failure
        return self.found

    def _ask(self) -> None:
        try:
            answers = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
            self.found = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
        except (OSError, UnicodeError) as error:
            self.failure = error


def is_public(address: str) -> bool:
    """Whether the address is one of the public internet, also where an IPv6 address wraps an IPv4 one."""
    return all(_is_global(each) for each in _wrapped(ipaddress.ip_address(address)))


def is_loopback_address(address: str) -> bool:
    """Whether the address is this machine's own, also as an IPv4-mapped one."""
    parsed = ipaddress.ip_address(address)
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return (mapped or parsed).is_loopback


def is_public_name(name: str) -> bool:
    """Whether a name can be one of the public internet: of two labels at least, none of them reserved for machines or
    networks of one's own, and none that a resolver would read as a number."""
    labels = name.lower().rstrip(".").split(".")
    return len(labels) > 1 and labels[-1] not in _OWN_DOMAINS and _NUMERIC.fullmatch(labels[-1]) is None


ANYWHERE = Permit(lambda address: True, lambda name: True)
"""The API's rule: its endpoint is configured, so it may be anywhere."""
LOOPBACK_ONLY = Permit(is_loopback_address, lambda name: False)
"""The rule for an endpoint of plain http, so that its name cannot lead elsewhere."""
PUBLIC_ONLY = Permit(is_public, is_public_name)
"""The rule for documents."""
PUBLIC_OR_LOOPBACK = Permit(lambda address: is_public(address) or is_loopback_address(address), is_public_name)
"""The rule for documents where the endpoint itself is loopback."""


def _is_global(address: Address) -> bool:
    """Private, link-local, shared (CGNAT, RFC 6598), documentation and unspecified ranges are not global (IANA)."""
    refused = address.is_multicast or address.is_reserved or address.is_loopback or address.is_unspecified
    site_local = isinstance(address, IPv6Address) and address.is_site_local
    return address.is_global and not refused and not site_local


def _wrapped(address: Address) -> list[Address]:
    """The IPv4 addresses that an IPv6 address wraps (mapped, 6to4, Teredo, NAT64); the address itself where none."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    inner: list[Address] = [address]
    if address in _TRANSLATED:
        inner = [IPv4Address(int(address) & 0xFFFFFFFF)]
    if address.sixtofour is not None:
        inner.append(address.sixtofour)
    if address.teredo is not None:
        inner.extend(address.teredo)
    return inner
