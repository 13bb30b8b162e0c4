"""Where figures came from: an address on this computer is not the platform's."""

from __future__ import annotations

from urllib.parse import urlsplit

from chargeback.config.endpoint import is_loopback


def is_on_loopback(endpoint: str) -> bool:
    """Whether the address is this machine's own: then the figures are not the platform's."""
    try:
        return is_loopback(urlsplit(endpoint).hostname or "")
    except ValueError:
        return False
