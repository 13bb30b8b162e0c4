"""Where documents may be fetched from: addresses as an endpoint's, by https only; loopback only where that is too."""

from __future__ import annotations

from urllib.parse import urlsplit

from chargeback.collect.failures import AddressRefusedError, shown_link
from chargeback.config.endpoint import is_loopback, shape_fault, split


def loopback_endpoint(endpoint: str) -> bool:
    """Whether the endpoint is on this machine, so that documents may be too."""
    return is_loopback(urlsplit(endpoint).hostname or "")


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
