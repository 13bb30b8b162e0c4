"""The only way to write into an archive: in a folder, under its lock, each file and revision named by one rename."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from chargeback.archive.archive_writer import ArchiveWriter
from chargeback.archive.atomic_files import (
    STAGING_PREFIX,
    ensure_folder,
    ensure_root,
    remove_quietly,
    remove_tree,
    replace_file,
    scratch_name,
    sync,
)
from chargeback.archive.chain import Base
from chargeback.archive.file_system import FileSystem, storage_errors
from chargeback.archive.lock import ArchiveLock, refuse_other_owner
from chargeback.archive.manifest import Manifest
from chargeback.archive.pending import PendingReports
from chargeback.archive.revision import Revision, read_revision
from chargeback.archive.staging import Staging
from chargeback.config.address import Address, Place


class FolderWriter(ArchiveWriter):
    """A locked archive in a folder; made by ``open_for_writing``."""

    def __init__(self, lock: ArchiveLock, file_system: FileSystem, base: Base | None = None) -> None:
        super().__init__(lock.root, base, PendingReports(lock.root, file_system))
        self.folder = lock.root
        self.file_system = file_system
        self._lock = lock

    def stage(self) -> Staging:
        """A hidden folder of the archive."""
        return Staging(scratch_name(self.folder), self.file_system, confirm=self._lock.confirm)

    def _make_visible(self, staging: Staging, manifest: Manifest) -> Revision:
        target = self.folder / str(manifest.period) / f"r{manifest.revision}"
        staging.seal(manifest, target)
        return read_revision(target)

    def replace(self, path: str, data: bytes) -> bool:
        """The file gets its name, and mode 0640, by one rename."""
        target = self.folder / path
        if target.parent != self.folder:
            ensure_folder(self.file_system, target.parent)
        return replace_file(self.file_system, target, data, scratch_name(self.folder))

    def claim(self, path: str, data: bytes) -> bool:
        """The lock keeps every other writer out, so looking is enough."""
        with storage_errors(self.folder / path):
            if os.path.lexists(self.folder / path):
                return False
        if ensure_folder(self.file_system, (self.folder / path).parent):
            sync(self.file_system, self.folder)
        return self.replace(path, data)

    def release(self, path: str) -> None:
        """The file's folder goes with the last one in it."""
        target = self.folder / path
        with storage_errors(target):
            self.file_system.remove_file(target)
        sync(self.file_system, target.parent)
        with suppress(OSError):  # another file is in it
            self.file_system.remove_folder(target.parent)

    def clear_leftovers(self) -> None:
        """Remove what dead runs left: unfinished files and folders, and months that never got their revision."""
        with storage_errors(self.folder):
            leftovers = sorted(entry for entry in self.folder.iterdir() if entry.name.startswith(STAGING_PREFIX))
        for entry in leftovers:
            remove_tree(self.file_system, entry)
        for entry in self._empty_periods():
            remove_quietly(self.file_system, entry)

    def _empty_periods(self) -> list[Path]:
        """Folders of months that hold nothing at all: a run died before it could name its revision."""
        folders = [self.folder / str(period) for period in self.archive.all_periods()]
        with storage_errors(self.folder):
            return [folder for folder in folders if folder.is_dir() and not any(folder.iterdir())]


@contextmanager
def open_for_writing(
    root: Place, *, started: str, file_system: FileSystem | None = None, base: Base | None = None
) -> Iterator[ArchiveWriter]:
    """The archive, locked and rid of what dead runs left; its folder is created (0750) where it is missing. In object
    storage there is no lock: there a revision is refused where another run was faster.

    ``started`` is the run's time, shown to whom the lock keeps out; ``base`` as ``Archive`` takes it. ``LockedError``
    (exit 8) where another run holds it; ``StorageError`` (exit 9) where the archive cannot be written or locked.
    """
    if isinstance(root, Address):
        from chargeback.archive.object_writer import open_object_archive

        with open_object_archive(root, base) as object_writer:
            yield object_writer
        return
    system = file_system or FileSystem()
    ensure_root(system, root)
    refuse_other_owner(root, system)
    with ArchiveLock(root, started=started, file_system=system) as lock:
        writer = FolderWriter(lock, system, base)
        writer.clear_leftovers()
        yield writer
