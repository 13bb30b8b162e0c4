"""A configuration as it is understood: every key with the value that holds, written or by default.

Made from the readers' own tables of keys, so that no key is left out. What is shown stands in the file or is a
default: no variable's value, no secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from chargeback.config import journal, loader, notify, ownership, platform, publish, usage
from chargeback.config import reconciliation as reconciliation_keys
from chargeback.config.address import Address
from chargeback.config.settings import Budget, Config, ProjectClaim
from chargeback.model.period import Period

_TABLES: dict[str, Sequence[str]] = {
    "api": platform.API_KEYS,
    "reconciliation": reconciliation_keys.RECONCILIATION_KEYS,
    "journal": journal.JOURNAL_KEYS,
    "notify": notify.NOTIFY_KEYS,
    "usage": usage.USAGE_KEYS,
    "publish": publish.PUBLISH_KEYS,
    "vendor": publish.VENDOR_KEYS,
}
_LISTS: dict[str, Sequence[str]] = {
    "accounts": platform.ACCOUNT_KEYS,
    "teams": ownership.TEAM_KEYS,
    "shared": ownership.SHARED_KEYS,
    "accepted": reconciliation_keys.ACCEPTED_KEYS,
}
_FIELDS = {"timezone": "timezone_name", "from": "since"}
"""Keys whose value has another name in the code."""
_SHARED = {"project": "pattern", "from": "since", "until": "until"}
_TOLERANCE = {"absolute": "tolerance_absolute", "percent": "tolerance_percent"}


def understood(config: Config) -> dict[str, Any]:
    """Every key with its value as JSON has it: amounts as texts, months as YYYY-MM, paths whole, None where there is
    none."""
    return {key: _plain(value) for key, value in _document(config)}


def understood_lines(config: Config) -> Iterator[str]:
    """The same in lines, ``table.key = value``; a list of tables by number."""
    for key, value in understood(config).items():
        yield from _lines(key, value)


def _document(config: Config) -> Iterator[tuple[str, Any]]:
    for key in loader.DOCUMENT_KEYS:
        if key in _TABLES:
            yield key, {inner: _value(key, getattr(config, key), inner) for inner in _TABLES[key]}
        elif key in _LISTS:
            entries = getattr(config, key)
            yield key, [{inner: _value(key, entry, inner) for inner in _LISTS[key]} for entry in entries]
        elif key != "format":  # it is [journal]'s, wherever it was written
            yield key, getattr(config, _FIELDS.get(key, key))


def _value(table: str, entry: Any, key: str) -> Any:
    if table == "shared" and key in _SHARED:
        return getattr(entry.claim, _SHARED[key])
    if table == "reconciliation" and key == "tolerance":
        return {name: getattr(entry, field) for name, field in _TOLERANCE.items()}
    return getattr(entry, _FIELDS.get(key, key))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, ProjectClaim):
        months = {"from": value.since, "until": value.until}
        given = {name: str(month) for name, month in months.items() if month is not None}
        return {"match": value.pattern, **given} if given else value.pattern
    if isinstance(value, Budget):
        return f"{value.amount:f} {value.currency}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value) if isinstance(value, (Path, Address, Period)) else value


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
