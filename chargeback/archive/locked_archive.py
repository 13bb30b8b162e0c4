"""The only way to write into an archive: under its lock, whole files and whole revisions, on top of a sound chain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from chargeback.archive.atomic_files import (
    STAGING_PREFIX,
    ensure_folder,
    ensure_root,
    remove_quietly,
    remove_tree,
    replace_file,
    scratch_name,
)
from chargeback.archive.chain import Base
from chargeback.archive.file_system import FileSystem, storage_errors
from chargeback.archive.lock import ArchiveLock
from chargeback.archive.manifest import Manifest
from chargeback.archive.no_follow import read_inside
from chargeback.archive.owner import refuse_other_owner
from chargeback.archive.pending import PendingReports
from chargeback.archive.reading import Archive
from chargeback.archive.revision import Revision, read_revision
from chargeback.archive.staging import Staging
from chargeback.errors import ChargebackError
from chargeback.evidence.stores import LARGEST_FILE
from chargeback.model.period import Period


class ArchiveWriter:
    """A locked archive; made by ``open_for_writing``. ``archive`` is the same one for reading."""

    def __init__(self, lock: ArchiveLock, file_system: FileSystem, base: Base | None = None) -> None:
        self.root = lock.root
        self.archive = Archive(lock.root, base)
        self.file_system = file_system
        self.pending = PendingReports(lock.root, file_system)
        self._lock = lock

    def stage(self) -> Staging:
        """A new revision to be filled, for ``with``; ``seal`` makes it visible."""
        return Staging(scratch_name(self.root), self.file_system, confirm=self._lock.confirm)

    def seal(self, staging: Staging, manifest: Manifest) -> Revision:
        """Make the staged revision visible and return it; ``manifest`` comes without ``files``.

        ``DamagedError`` where the chain is broken; ``StorageError`` where writing fails: then nothing is visible.
        """
        head = self.archive.head()
        newest = self.archive.names(Period.parse(manifest.period))[-1:]
        expected = (None if head is None else head.sha256, newest[0].number + 1 if newest else 1)
        if (manifest.previous, manifest.revision) != expected:
            raise ChargebackError(f"{manifest.period}/r{manifest.revision} does not follow the archive's head (a bug)")
        target = self.root / manifest.period / f"r{manifest.revision}"
        staging.seal(manifest, target)
        return read_revision(target)

    def replace(self, path: str, data: bytes) -> bool:
        """Whether a file that is no part of a revision (mode 0640) had other bytes and was replaced, in one step."""
        target = self.root / path
        if target.parent != self.root:
            ensure_folder(self.file_system, target.parent)
        return replace_file(self.file_system, target, data, scratch_name(self.root))

    def append(self, path: str, header: bytes, lines: bytes) -> None:
        """Add whole lines to a file that is no part of a revision, below a header where it is new.

        The file is written again and renamed, so that no failure leaves half a line.
        """
        target = self.root / path
        before = header
        with storage_errors(target), suppress(FileNotFoundError):
            before = read_inside(self.root, path, LARGEST_FILE)
        self.replace(path, before + lines)

    def clear_leftovers(self) -> None:
        """Remove what dead runs left: unfinished files and folders, and months that never got their revision."""
        with storage_errors(self.root):
            leftovers = sorted(entry for entry in self.root.iterdir() if entry.name.startswith(STAGING_PREFIX))
        for entry in leftovers:
            remove_tree(self.file_system, entry)
        for entry in self.archive.empty_periods():
            remove_quietly(self.file_system, entry)


@contextmanager
def open_for_writing(
    root: Path, *, started: str, file_system: FileSystem | None = None, base: Base | None = None
) -> Iterator[ArchiveWriter]:
    """The archive, locked and rid of what dead runs left; its folder is created (0750) where it is missing.

    ``started`` is the run's time, told to whom the lock keeps out; ``base`` as ``Archive`` takes it. ``LockedError``
    (exit 8) where another run holds it; ``StorageError`` (exit 9) where the archive cannot be written or locked.
    """
    system = file_system or FileSystem()
    ensure_root(system, root)
    refuse_other_owner(root, system)
    with ArchiveLock(root, started=started, file_system=system) as lock:
        writer = ArchiveWriter(lock, system, base)
        writer.clear_leftovers()
        yield writer
