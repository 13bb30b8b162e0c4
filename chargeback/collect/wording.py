"""Text from outside, made fit for one line of an error message: no control characters, no link's signature, short."""

from __future__ import annotations

import unicodedata
from urllib.parse import urlsplit

from chargeback.evidence.gate import masked, without_signatures

LONGEST_QUOTE = 200
"""Characters of the platform's own words that a message shows at most."""
_LONGEST_LOOKED_AT = 10_000


def quoted(text: str, longest: int = LONGEST_QUOTE) -> str:
    """The text on one line, through the gate: control and format characters become spaces, links lose what signs them,
    secrets are blanked out, the end is cut."""
    passed = without_signatures(masked(text[:_LONGEST_LOOKED_AT]))
    visible = "".join(" " if unicodedata.category(character)[0] in "CZ" else character for character in passed)
    plain = " ".join(visible.split())
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
