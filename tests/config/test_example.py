"""``config.example.toml`` has every key, and loads as it is."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from chargeback.config import (
    Config,
    journal,
    load,
    loader,
    notify,
    ownership,
    parse,
    platform,
    publish,
    reconciliation,
    usage,
)

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
COMMENTED_OUT = re.compile(r"^# (?=(?:head_file|base_manifest|token_file) = )", re.MULTILINE)
KNOWN = {
    "": loader.DOCUMENT_KEYS,
    "api": platform.API_KEYS,
    "accounts": platform.ACCOUNT_KEYS,
    "teams": ownership.TEAM_KEYS,
    "teams.projects": ownership.CLAIM_KEYS,
    "shared": ownership.SHARED_KEYS,
    "reconciliation": reconciliation.RECONCILIATION_KEYS,
    "reconciliation.tolerance": reconciliation.TOLERANCE_KEYS,
    "accepted": reconciliation.ACCEPTED_KEYS,
    "journal": journal.JOURNAL_KEYS,
    "notify": notify.NOTIFY_KEYS,
    "usage": usage.USAGE_KEYS,
    "publish": publish.PUBLISH_KEYS,
    "vendor": publish.VENDOR_KEYS,
}


def shown_keys(written: str) -> set[str]:
    """Every key of the text, with its table, entries of lists taken together."""

    def walk(value: object, table: str) -> set[str]:
        if isinstance(value, list):
            return set().union(*(walk(entry, table) for entry in value))
        if not isinstance(value, dict):
            return set()
        return set().union(*({f"{table}{key}"} | walk(inner, f"{table}{key}.") for key, inner in value.items()))

    return walk(tomllib.loads(written), "")


def everything() -> str:
    """The example with its commented-out keys at work."""
    return COMMENTED_OUT.sub("", EXAMPLE.read_text(encoding="utf-8"))


def test_it_loads_as_it_is() -> None:
    config = load(EXAMPLE, network=False)
    assert (config.archive, [team.id for team in config.teams]) == (EXAMPLE.parent / "archive", ["web", "data"])


@pytest.mark.parametrize("table", list(KNOWN))
def test_it_has_every_key(table: str) -> None:
    prefix = f"{table}." if table else ""
    elsewhere = set() if table else {"format"}  # shown as a key of [journal]
    assert {f"{prefix}{key}" for key in {*KNOWN[table]} - elsewhere} <= shown_keys(everything())


@pytest.mark.parametrize("without", ["token_command", "token_file"])
def test_it_sets_every_field(without: str) -> None:
    config = parse(re.sub(rf"(?m)^{without} = .*$", "", everything()).encode(), EXAMPLE)
    entries: list[Any] = [
        config,
        config.api,
        *(listed[0] for listed in (config.accounts, config.teams, config.shared, config.accepted)),
    ]
    entries += [config.teams[0].projects[-1], config.shared[0].claim, config.reconciliation, config.journal]
    entries += [config.notify, config.usage, config.publish, config.vendor]
    unset = {
        f"{type(entry).__name__}.{field.name}"
        for entry in entries
        for field in dataclasses.fields(entry)
        if getattr(entry, field.name) in (None, "", ())
    }
    assert unset == {f"Api.{without}"}


def test_every_field_is_filled_from_a_key() -> None:
    filled = {field.name for field in dataclasses.fields(Config)} - {"source", "path"}
    keys = set(loader.DOCUMENT_KEYS) - {"format"}  # which is a key of [journal] too, and kept there
    assert filled == {"timezone_name" if key == "timezone" else key for key in keys}


def test_it_shows_each_kind_of_split() -> None:
    splits = [entry.split for entry in load(EXAMPLE, network=False).shared]
    assert {split if isinstance(split, str) else "weights" for split in splits} == {"even", "proportional", "weights"}
