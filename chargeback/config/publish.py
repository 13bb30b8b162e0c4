"""``[publish]`` and ``[vendor]``: how a revision's files are written, and who issued the invoices.

The user's own profiles of ERP files: read once, when a month is to be closed, and kept in its evidence.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, cast

from chargeback.config.key_path import KeyPath
from chargeback.config.scalars import choice, identifier, text
from chargeback.config.settings import Config, Publish, Vendor
from chargeback.config.table import Table, each
from chargeback.errors import ConfigurationError
from chargeback.model.erp_profile import LARGEST, read_profile


def read_profiles(config: Config) -> dict[str, str]:
    """By name, the text of each profile that ``[journal] format`` names by its path; ``ConfigurationError`` where one
    cannot be read or is none."""
    return {entry.stem: _read(entry) for entry in config.journal.format if isinstance(entry, Path)}


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        remedy = "correct the path in [journal] format"
        raise ConfigurationError(f"{path}: the profile cannot be read: {error}", remedy=remedy) from error
    if len(data) > LARGEST:
        raise ConfigurationError(f"{path}: more than {LARGEST} bytes", remedy="a profile is a small TOML file")
    read_profile(path.stem, data, str(path))
    return data.decode()


PUBLISH_KEYS = ("language", "focus", "leave_out")
VENDOR_KEYS = ("name", "tax_id", "branch")


def publish(place: KeyPath, value: object) -> Publish:
    """The ``[publish]`` table."""
    table, default = Table.of(place, value, PUBLISH_KEYS), Publish()
    return Publish(
        language=table.optional("language", language, default.language),
        focus=table.optional("focus", focus, default.focus),
        leave_out=table.optional("leave_out", each(choice("xlsx")), default.leave_out),
    )


def language(place: KeyPath, value: object) -> Literal["en", "th", "both"]:
    """The language of statements and tax lists."""
    return cast(Literal["en", "th", "both"], choice("en", "th", "both")(place, value))


def focus(place: KeyPath, value: object) -> Literal["1.2", "1.4"]:
    """The version of FOCUS that the exports follow."""
    return cast(Literal["1.2", "1.4"], choice("1.2", "1.4")(place, value))


def vendor(place: KeyPath, value: object) -> Vendor:
    """The ``[vendor]`` table."""
    table = Table.of(place, value, VENDOR_KEYS)
    return Vendor(
        name=table.required("name", text),
        tax_id=table.required("tax_id", identifier),
        branch=table.optional("branch", identifier, ""),
    )
