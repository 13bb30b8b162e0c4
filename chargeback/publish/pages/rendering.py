"""Templates into bytes: escaping is on, text from outside is isolated, and one style element is all that a page uses.

The content security policy names that element by its hash, so that not even a hostile name that got past the escaping
could bring in a style, a script, a picture or a connection.

Where figures came from: an address on this computer is not the platform's.

Text from outside as a page shows it: readable whatever it holds, and without effect on what stands around it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from chargeback.config.endpoint import is_loopback
from chargeback.model.text import readable

_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"


def isolated(text: str) -> Markup:
    """The text as an element of its own direction, which cannot reorder what stands around it."""
    return Markup(f"<bdi>{escape(readable(text))}</bdi>")  # noqa: S704 - what comes from outside is escaped


def isolated_text(text: str) -> str:
    """The same where no element may stand, as in a tooltip: between Unicode's isolate characters (UAX 9)."""
    return f"{_FIRST_STRONG_ISOLATE}{readable(text)}{_POP_ISOLATE}" if text else ""


def sentence(text: str) -> Markup:
    """A sentence of ours that may hold names from outside: it reads from left to right whatever it begins with."""
    return Markup(f'<bdi dir="ltr">{escape(readable(text))}</bdi>')  # noqa: S704 (escaped)


def number_cell(text: str, label: str, extra: str = "") -> Markup:
    """A table's cell of a figure, with its column's name where a narrow screen stacks the cells; ``extra`` is a class
    after a space. A page has thousands of them: as a macro each takes eight times as long."""
    long = " long" if len(text) > _LONGEST_IN_LINE else ""
    named = f' data-label="{escape(readable(label))}"' if text else ""
    return Markup(f'<td role="cell" class="n{long}{escape(extra)}"{named}>{escape(text)}</td>')  # noqa: S704 - escaped


def is_on_loopback(endpoint: str) -> bool:
    """Whether the address is this machine's own: then the figures are not the platform's."""
    try:
        return is_loopback(urlsplit(endpoint).hostname or "")
    except ValueError:
        return False


_CHUNK_PARTS = 2_000
_LONGEST_IN_LINE = 22
"""Characters of a figure that is not broken."""


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("chargeback.publish.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["number_cell"] = number_cell
    environment.filters.update(outside=isolated, sentence=sentence, plain=readable)
    return environment


@cache
def _style() -> Markup:
    source = _environment().loader.get_source(_environment(), "style.css")[0]  # type: ignore[union-attr]
    lines = (line.strip() for line in source.splitlines())
    return Markup("\n".join(line for line in lines if line and not line.startswith("/*")))  # noqa: S704 ours


@cache
def _policy() -> str:
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def render(template: str, **values: object) -> Iterator[bytes]:
    """The page in chunks of UTF-8."""
    stream = _environment().get_template(template).stream(style=_style(), policy=_policy(), **values)
    stream.enable_buffering(_CHUNK_PARTS)
    return (part.encode("utf-8") for part in stream)
