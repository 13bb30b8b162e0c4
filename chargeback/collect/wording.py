"""Text from outside, made fit for one line of an error message: no control characters, no link's signature, short."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

LONGEST_QUOTE = 200
"""Characters of the platform's own words that a message shows at most."""

_LINK_QUERY = re.compile(r"(https?://[^\s?#\"'<>]*)[?#][^\s\"'<>]*", re.IGNORECASE)
_LINK_USER = re.compile(r"(https?://)[^\s/?#\"'<>]*@", re.IGNORECASE)


def quoted(text: str, longest: int = LONGEST_QUOTE) -> str:
    """The text on one line: control and format characters become spaces, links lose user and query, the end is cut."""
    visible = "".join(" " if unicodedata.category(character)[0] in "CZ" else character for character in text[:10_000])
    plain = _LINK_QUERY.sub(r"\1?…", _LINK_USER.sub(r"\1…@", " ".join(visible.split())))
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def shown_link(link: str) -> str:
    """Host and path of a link, without user, query and fragment."""
    try:
        parts = urlsplit(link)
        host = parts.hostname or ""
    except ValueError:
        return "a link that is no URL"
    return quoted(f"{parts.scheme}://{host}{parts.path}")


def subject_of(account: str, function: str) -> str:
    """How a message begins: which account, which function."""
    return f"account {quoted(account, 80)}: {function}" if account else function
