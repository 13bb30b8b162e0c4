"""The user's own profiles of ERP files: read once, when a month is to be closed, and kept in its evidence."""

from __future__ import annotations

from pathlib import Path

from chargeback.config.settings import Config
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
