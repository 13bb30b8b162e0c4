"""``config.example.toml`` has every key, and loads as it is."""

from __future__ import annotations

import re
import tomllib
import typing
from pathlib import Path
from typing import Any

import pytest

from chargeback.config import Config, load, parse
from chargeback.config.reading import keys_of

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
COMMENTED_OUT = re.compile(r"^# (?=(?:head_file|base_manifest|token_file) = )", re.MULTILINE)


def tables(record: type = Config, prefix: str = "") -> dict[str, list[str]]:
    """By table, "" for the file itself, the keys that its record declares."""
    known = {prefix: [key.name for key in keys_of(record)]}
    for key in keys_of(record):
        for part in (key.kind, *typing.get_args(key.kind), *map(bare, typing.get_args(bare(key.kind)))):
            if isinstance(part, type) and keys_of(part):
                known |= tables(part, f"{prefix}.{key.name}".lstrip("."))
    return known


def bare(kind: object) -> object:
    """A type without what annotates it."""
    return typing.get_args(kind)[0] if typing.get_origin(kind) is typing.Annotated else kind


KNOWN = tables()


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
    assert {f"{prefix}{key}" for key in KNOWN[table]} <= shown_keys(everything())


def test_every_table_is_looked_at() -> None:
    assert {"teams.projects", "reconciliation.tolerance", "shared", "journal", "api"} < set(KNOWN) and len(KNOWN) == 14


@pytest.mark.parametrize("without", ["token_command", "token_file"])
def test_it_sets_every_field(without: str) -> None:
    config = parse(re.sub(rf"(?m)^{without} = .*$", "", everything()).encode(), EXAMPLE)
    entries: list[Any] = [
        config,
        config.api,
        *(listed[0] for listed in (config.accounts, config.teams, config.shared, config.accepted)),
    ]
    entries += [config.teams[0].projects[-1], config.shared[0], config.reconciliation, config.journal]
    entries += [config.notify, config.usage, config.publish, config.vendor]
    unset = {
        f"{type(entry).__name__}.{name}"
        for entry in entries
        for name in entry.__struct_fields__
        if getattr(entry, name) in (None, "", ())
    }
    assert unset == {f"Api.{without}"}


def test_every_field_is_a_key_of_the_file() -> None:
    assert set(Config.__struct_fields__) - {key.field for key in keys_of(Config)} == {
        "source",
        "path",
    }


def test_it_shows_each_kind_of_split() -> None:
    splits = [entry.split for entry in load(EXAMPLE, network=False).shared]
    assert {split if isinstance(split, str) else "weights" for split in splits} == {"even", "proportional", "weights"}
