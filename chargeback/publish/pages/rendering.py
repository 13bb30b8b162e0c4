"""Templates into bytes: escaping is on, text from outside is isolated, and one style element is all that a page uses.

The content security policy names that element by its hash, so that not even a hostile name that got past the escaping
could bring in a style, a script, a picture or a connection.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from chargeback.model.readable_text import readable
from chargeback.publish.pages.outside_text import isolated, sentence

_CHUNK_PARTS = 2_000


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
