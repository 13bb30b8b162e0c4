"""Text from outside as a page shows it: readable whatever it holds, and without effect on what stands around it."""

from __future__ import annotations

from markupsafe import Markup

from chargeback.model.readable_text import readable

_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"


def isolated(text: str) -> Markup:
    """The text as an element of its own direction, which cannot reorder what stands around it."""
    return Markup("<bdi>{}</bdi>").format(readable(text))


def isolated_text(text: str) -> str:
    """The same where no element may stand, as in a tooltip: between Unicode's isolate characters (UAX 9)."""
    return f"{_FIRST_STRONG_ISOLATE}{readable(text)}{_POP_ISOLATE}" if text else ""


def sentence(text: str) -> Markup:
    """A sentence of ours that may hold names from outside: it reads from left to right whatever it begins with."""
    return Markup('<bdi dir="ltr">{}</bdi>').format(readable(text))
