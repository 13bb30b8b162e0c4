"""A folder that becomes a revision outside of any archive: what ``rebuild`` writes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chargeback.archive.atomic_files import STAGING_PREFIX, ensure_root, remove_tree
from chargeback.archive.file_system import FileSystem, storage_errors
from chargeback.archive.manifest import Manifest
from chargeback.archive.reading import Archive
from chargeback.archive.revision import Revision, read_revision
from chargeback.archive.staging import Staging
from chargeback.errors import ConfigurationError, StorageError


@contextmanager
def stage_rebuild(folder: Path, file_system: FileSystem | None = None) -> Iterator[Staging]:
    """A revision to be filled that ``seal_rebuild`` turns into the folder, which must be absent or empty.

    It is made beside the folder under a hidden name; one that a dead rebuild left there is removed. ``StorageError``
    where the folder holds something or cannot be written, ``ConfigurationError`` where it lies in an archive.
    """
    system = file_system or FileSystem()
    _require_absent_or_empty(folder)
    _require_outside_archives(folder)
    place = folder.absolute()
    ensure_root(system, place.parent)
    scratch = place.parent / f"{STAGING_PREFIX}{place.name}"
    if os.path.lexists(scratch):
        remove_tree(system, scratch)
    with Staging(scratch, system, confirm=lambda: _make_way(folder, system)) as staging:
        yield staging


def seal_rebuild(staging: Staging, manifest: Manifest, folder: Path) -> Revision:
    """Make the rebuilt revision visible as the folder; ``StorageError`` where that fails."""
    staging.seal(manifest, folder.absolute())
    return read_revision(folder)


def _require_absent_or_empty(folder: Path) -> None:
    with storage_errors(folder):
        if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
            raise StorageError(f"{folder}: must be absent or empty", remedy="name another folder with -o")


def _require_outside_archives(folder: Path) -> None:
    """A revision that no run wrote would break an archive's chain."""
    for place in Path(os.path.realpath(folder)).parents:
        if Archive(place).names():
            raise ConfigurationError(
                f"{folder}: lies in the archive {place}, where only runs write", remedy="name another folder with -o"
            )


def _make_way(folder: Path, system: FileSystem) -> None:
    _require_absent_or_empty(folder)
    with storage_errors(folder):
        if folder.exists():
            system.remove_folder(folder)
