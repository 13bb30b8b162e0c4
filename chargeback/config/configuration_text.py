"""A configuration as it is understood: every key with the value that holds, written or by default.

Made from the declarations that read it, so that no key is left out. What is shown stands in the file or is a default:
no variable's value, no secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from chargeback.config.address import Address
from chargeback.config.ownership import Budget, ProjectClaim
from chargeback.config.reading import keys_of
from chargeback.config.settings import Config
from chargeback.evidence.period import Period


def understood(config: Config) -> dict[str, Any]:
    """Every key with its value as JSON has it: amounts as texts, months as YYYY-MM, paths whole, None where there is
    none."""
    return {key.name: _plain(getattr(config, key.field)) for key in keys_of(Config)}


def understood_lines(config: Config) -> Iterator[str]:
    """The same in lines, ``table.key = value``; a list of tables by number."""
    for key, value in understood(config).items():
        yield from _lines(key, value)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (Path, Address, Period, Budget)):
        return str(value)
    keys = {key.name: _plain(getattr(value, key.field)) for key in keys_of(type(value))}
    if type(value) is ProjectClaim:
        given = {name: inner for name, inner in keys.items() if inner is not None}
        return given if len(given) > 1 else value.pattern
    return keys or value


def _lines(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for inner_key, inner in value.items():
            yield from _lines(f"{key}.{inner_key}", inner)
    elif isinstance(value, list) and any(isinstance(entry, dict) for entry in value):
        for number, entry in enumerate(value, start=1):
            yield from _lines(f"{key}[{number}]", entry)
    else:
        yield f"{key} = {_shown(value)}"


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_shown, value)) or "(none)"
    return "(none)" if value in (None, "", {}) else str(value)
