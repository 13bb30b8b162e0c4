"""Pages as bytes: text from outside is escaped and isolated, and one style element is all that a page uses.

The content security policy names that element by its hash, so that not even a hostile name that got past the escaping
could bring in a style, a script, a picture or a connection.

Where figures came from: an address on this computer is not the platform's.

Text from outside as a page shows it: readable whatever it holds, and without effect on what stands around it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from importlib.resources import files

from markupsafe import Markup, escape

from chargeback.model.text import readable

LONGEST_IN_LINE = 22
"""Characters of a figure that is not broken."""
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"
_MOST_OPENINGS, _SHORT, _MOST_NAMES = 1 << 8, 200, 1 << 10
_HEAD = """<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>"""


def isolated(text: str) -> Markup:
    """The text as an element of its own direction, which cannot reorder what stands around it."""
    return _short_isolated(text) if len(text) <= _SHORT else _isolated(text)


def _isolated(text: str) -> Markup:
    return Markup(f"<bdi>{escape(readable(text))}</bdi>")  # noqa: S704 - what comes from outside is escaped


_short_isolated = lru_cache(_MOST_NAMES)(_isolated)


def isolated_text(text: str) -> str:
    """The same where no element may stand, as in a tooltip: between Unicode's isolate characters (UAX 9)."""
    return f"{_FIRST_STRONG_ISOLATE}{readable(text)}{_POP_ISOLATE}" if text else ""


def sentence(text: str) -> Markup:
    """A sentence of ours that may hold names from outside: it reads from left to right whatever it begins with."""
    return Markup(f'<bdi dir="ltr">{escape(readable(text))}</bdi>')  # noqa: S704 (escaped)


def plain(text: str) -> str:
    """The text as HTML that is no element of its own."""
    return str(escape(readable(text)))


@lru_cache(_MOST_OPENINGS)
def cell_opening(label: str, extra: str = "", *, is_long: bool = False) -> str:
    """How a table's cell of a figure begins: its column's name is what a narrow screen shows, which stacks the cells;
    ``extra`` is a class after a space."""
    named = f' data-label="{plain(label)}"' if label else ""
    return f'<td role="cell" class="n{" long" if is_long else ""}{escape(extra)}"{named}>'


def number_cell(text: str, label: str, extra: str = "") -> Markup:
    """A table's cell of a figure. A page has thousands of them: as a macro each takes eight times as long."""
    opening = cell_opening(label if text else "", extra, is_long=len(text) > LONGEST_IN_LINE)
    return Markup(f"{opening}{escape(text)}</td>")  # noqa: S704 - escaped


@cache
def _frame() -> tuple[str, str]:
    """What every page has between its language and its title, and between that and its body."""
    source = files("chargeback.publish.pages").joinpath("style.css").read_text("utf-8")
    lines = (line.strip() for line in source.splitlines())
    style = "\n".join(line for line in lines if line and not line.startswith("/*"))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return _HEAD.format(policy=escape(policy)), f"</title>\n<style>{style}</style>\n</head>\n<body>\n"


def document(body: Iterable[str], *, title: str, skip: str = "Skip to the content", lang: str = "en") -> Iterator[str]:
    """A whole page around its body; ``title`` is a text, ``skip``, which leads past what every page has, HTML."""
    before, after = _frame()
    yield f'<!DOCTYPE html>\n<html lang="{lang}">\n{before}{plain(title)}{after}'
    yield f'<a class="skip" href="#content">{skip}</a>\n'
    yield from body
    yield "\n</body>\n</html>"


def written(body: Iterable[str], *, title: str) -> Iterator[bytes]:
    """The page around its body, as UTF-8."""
    return (part.encode() for part in document(body, title=title))
