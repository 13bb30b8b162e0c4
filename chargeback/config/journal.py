"""``[journal]``: the accounts of the journal's legs, by the books' chart of accounts, and further files for an ERP."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, cast

from chargeback.config.place import Place, listed, shown
from chargeback.config.scalars import choice, identifier, location, text
from chargeback.config.settings import Journal
from chargeback.config.table import Table, each

LEG_KEYS = (
    "expense",
    "unassigned",
    "adjustments",
    "input_vat",
    "input_vat_pending",
    "payable",
    "withholding",
    "clearing",
)
JOURNAL_KEYS = (*LEG_KEYS, "corrections", "format")

PROFILES = ("odoo", "erpnext", "xero")
"""The formats that come with the program; any other one is the path of a profile."""


def journal(place: Place, value: object) -> Journal:
    """The ``[journal]`` table; None for every account that it does not name."""
    table, default = Table.of(place, value, JOURNAL_KEYS), Journal()
    return Journal(
        **{key: table.optional(key, identifier, None) for key in LEG_KEYS},
        corrections=table.optional("corrections", corrections, default.corrections),
        format=table.optional("format", formats, default.format),
    )


def corrections(place: Place, value: object) -> Literal["open", "original"]:
    """Where a restatement posts."""
    return cast(Literal["open", "original"], choice("open", "original")(place, value))


def formats(place: Place, value: object) -> tuple[str | Path, ...]:
    """The further files for an ERP, none of them twice."""
    read = each(one_format)(place, value)
    if len(set(read)) != len(read):
        raise place.error("a format is there twice", "list each once")
    return read


def one_format(place: Place, value: object) -> str | Path:
    """A profile that comes with the program, or the path of one: that has a folder or an extension."""
    name = text(place, value)
    if name in PROFILES:
        return name
    if "/" not in name and "." not in name:
        raise place.error(
            f"{shown(name)} is no format that comes with the program",
            f'write {listed(PROFILES)}, or the path of a profile, such as "profiles/{name[:20]}.toml"',
        )
    return location(place, name)
