"""What can go wrong on the way to an answer, each cause with its own class, so that a caller can tell them apart.

Text from outside, made fit for one line of an error message: no control characters, no link's signature, short.
"""

from __future__ import annotations

import unicodedata
from urllib.parse import urlsplit

from chargeback.errors import PlatformError
from chargeback.evidence.gate import masked, without_signatures

LONGEST_QUOTE = 200
"""Characters of the platform's own words that a message shows at most."""
_LONGEST_LOOKED_AT = 10_000


def quoted(text: str, longest: int = LONGEST_QUOTE) -> str:
    """The text on one line, through the gate: control and format characters become spaces, links lose what signs them,
    secrets are blanked out, the end is cut."""
    passed = without_signatures(masked(text[:_LONGEST_LOOKED_AT]))
    if not passed.isprintable():
        passed = "".join(" " if unicodedata.category(character)[0] in "CZ" else character for character in passed)
    plain = " ".join(passed.split())
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def shown_link(link: str) -> str:
    """Host and path of a link, without user, query, fragment, and keys in the path."""
    try:
        parts = urlsplit(link)
        host = parts.hostname or ""
    except ValueError:
        return "a link that is not a URL"
    return quoted(f"{parts.scheme}://{host}{parts.path}")


def subject_of(account: str, function: str) -> str:
    """How a message begins: which account, which function."""
    return f"account {quoted(account, 80)}: {function}" if account else function


class TransientError(PlatformError):
    """An attempt failed in a way that another attempt may not: it is retried, and never leaves this room.

    ``retry_after`` are the seconds that the server asks for, None where it does not. ``quick`` marks an answer that is
    no answer, tried again only twice; ``malformed`` one that is meant as an answer, and says nothing about other calls.
    ``unreached``: no connection came about. ``within`` are the seconds, from the first attempt, in which this failure
    may be retried, None for as long as any other.
    """

    def __init__(
        self,
        found: str,
        *,
        retry_after: float | None = None,
        quick: bool = False,
        malformed: bool = False,
        unreached: bool = False,
        within: float | None = None,
        remedy: str = "",
    ) -> None:
        super().__init__(found, remedy=remedy)
        self.unreached = unreached
        self.within = within
        self.retry_after = retry_after
        self.quick = quick
        self.malformed = malformed


class UnconnectedError(Exception):
    """No connection came about: ``why`` in plain words, fit for a message. It never leaves this room."""

    def __init__(self, why: str, remedy: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.remedy = remedy


class ExhaustedError(PlatformError):
    """A call used up its retries."""


class NotAskedError(PlatformError):
    """The call was not started, because an earlier one had used up its retries."""


class LinkRefusedError(PlatformError):
    """A signed link is expired or refused (HTTP 400, 401, 403, 404, 410): a fresh one may work."""


class AddressRefusedError(PlatformError):
    """A document's link leads to an address or scheme that documents are not fetched from."""


class RedirectedError(PlatformError):
    """The server answers with a redirect; ``location`` is where to, and may hold a signature: it is never shown."""

    def __init__(self, status: int, location: str) -> None:
        super().__init__(f"HTTP {status}, a redirect")
        self.status = status
        self.location = location


class DocumentsOverError(PlatformError):
    """The time for documents is over: those that are not there yet are missing, and the month is closed (BOOKING 6)."""
