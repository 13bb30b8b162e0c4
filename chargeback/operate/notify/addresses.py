"""URLs whose secrets stand in the environment: ``${NAME}`` is replaced right before use, and shown never."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from chargeback.config.forms import VARIABLE


def filled(url: str, environ: Mapping[str, str]) -> str | None:
    """The URL with its variables' values, percent-encoded where they are a part of it; None where one is unset."""
    if missing_variables(url, environ):
        return None
    whole = VARIABLE.fullmatch(url)
    if whole:
        return environ[whole[1]].strip()
    return VARIABLE.sub(lambda match: quote(environ[match[1]].strip(), safe=""), url)


def missing_variables(url: str, environ: Mapping[str, str]) -> list[str]:
    """The variables that the URL names and that are not set."""
    return [match[1] for match in VARIABLE.finditer(url) if not environ.get(match[1], "").strip()]


def scheme_of(url: str) -> str:
    """What may be shown of a URL: its scheme, or the variable that holds all of it."""
    return url.partition("://")[0] if "://" in url else url
