"""``[journal]``: the accounts of the journal's legs, by the books' chart of accounts, and further files for an ERP."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, cast

from chargeback.config.key_path import KeyPath, listed, shown
from chargeback.config.scalars import choice, identifier, location, text
from chargeback.config.settings import Journal
from chargeback.config.table import Table, each
from chargeback.model.erp_profile import NAME

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


def journal(place: KeyPath, value: object) -> Journal:
    """The ``[journal]`` table; None for every account that it does not name."""
    table, default = Table.of(place, value, JOURNAL_KEYS), Journal()
    return Journal(
        **{key: table.optional(key, identifier, None) for key in LEG_KEYS},
        corrections=table.optional("corrections", corrections, default.corrections),
        format=table.optional("format", formats, default.format),
    )


def corrections(place: KeyPath, value: object) -> Literal["open", "original"]:
    """Where a restatement posts."""
    return cast(Literal["open", "original"], choice("open", "original")(place, value))


def formats(place: KeyPath, value: object) -> tuple[str | Path, ...]:
    """The further files for an ERP, none of them twice: a profile's file name names what it makes."""
    read = each(one_format)(place, value)
    names = [entry if isinstance(entry, str) else entry.stem for entry in read]
    if len(set(names)) != len(names):
        raise place.error("a format is there twice", "list each once; two profiles need two names")
    return read


def one_format(place: KeyPath, value: object) -> str | Path:
    """A profile that comes with the program, or the path of one: that has a folder or an extension."""
    name = text(place, value)
    if name in PROFILES:
        return name
    if "/" not in name and "." not in name:
        raise place.error(
            f"{shown(name)} is not a format that comes with the program",
            f'write {listed(PROFILES)}, or the path of a profile, such as "profiles/{name[:20]}.toml"',
        )
    path = location(place, name)
    if not NAME.fullmatch(path.stem) or path.stem.startswith("change") or path.stem in PROFILES:
        raise place.error(
            f"{shown(path.name)}: a profile's file name names the files that it makes",
            'write it in small letters, digits and -, not "change…" nor a name of the program\'s own',
        )
    return path
