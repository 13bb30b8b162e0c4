"""A revision while it is made: a hidden folder in the archive that becomes visible, whole, by one rename.

Files are hashed while they are written, and flushed to the disk only when the revision is sealed: a run that finds
nothing new costs no flush. A folder keeps its write permission (0750): without it nobody but root could rename it.

A folder that becomes a revision outside of any archive: what ``rebuild`` writes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from chargeback.archive.boundary import largest
from chargeback.archive.file_system import (
    REVISION_FILE_MODE,
    STAGING_PREFIX,
    Content,
    FileSystem,
    ensure_folder,
    ensure_root,
    remove_quietly,
    remove_tree,
    storage_errors,
    sync,
    write_new,
)
from chargeback.archive.manifest import FileRecord, Manifest, is_safe_path
from chargeback.archive.manifest_parts import proof_of
from chargeback.archive.no_follow import read_inside
from chargeback.archive.reading import Archive
from chargeback.archive.revision import Revision, read_revision
from chargeback.errors import ChargebackError, ConfigurationError, DamagedError, SchemaError, StorageError
from chargeback.evidence import sha256_of
from chargeback.evidence.records import INDEX_PATH, RUN_PATH
from chargeback.model.manifest_division import FILES_A_MANIFEST


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


_FLUSHERS = 8
"""Threads that flush files: the disk groups what arrives together."""
_MOST_TOGETHER = 16
"""Files that a thread flushes before it is given further ones; of few files each thread takes its part."""


class Staging:
    """The next revision, not yet visible; within ``with``, what is not sealed in the end is removed.

    It is a ``Store`` too: what is collected goes straight to where it stays. Threads may write at the same time.
    """

    files_a_manifest = FILES_A_MANIFEST
    """Files of which there is one manifest; more are divided over parts of at most so many."""

    def __init__(
        self, folder: Path, file_system: FileSystem, *, confirm: Callable[[], None], flushers: int = _FLUSHERS
    ) -> None:
        self.folder = folder
        self._confirm = confirm
        self._file_system = file_system
        self._flushers = flushers
        self._files: dict[str, FileRecord] = {}
        self.proof: list[str] = []
        """Paths of what proves the files, as it was written: the manifest, with which every reader begins, is last."""
        self._made = {""}
        ensure_folder(file_system, folder)

    def __enter__(self) -> Staging:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()

    @property
    def files(self) -> tuple[FileRecord, ...]:
        """What was written so far, in order of path."""
        return tuple(self._files[path] for path in sorted(self._files))

    def add(self, path: str, content: Content) -> FileRecord:
        """Write a file of the revision (mode 0440) and return its size and checksum.

        ``StorageError`` where that fails, or the path is taken; the path comes from this program: ``ValueError``
        where it could leave the revision.
        """
        if not is_safe_path(path):
            raise ValueError(f"{path!a} is not a path within a revision")
        self._make_folders(path)
        record = FileRecord(path, *write_new(self._file_system, self.folder / path, content, REVISION_FILE_MODE))
        if record.size > largest(path):
            raise _unreadable(f"{path} has {record.size} bytes, at most {largest(path)} are ever read")
        self._files[path] = record
        return record

    def take_over(self, record: FileRecord) -> None:
        """Count a file among the revision's that a process forked from this one has added to the same folder."""
        self._files[record.path] = record

    def write(self, path: str, data: bytes) -> None:
        """Keep the bytes as a file of the revision."""
        self.add(path, data)

    def read(self, path: str) -> bytes:
        """The bytes of a file that was written; ``StorageError`` if there is none."""
        with storage_errors(self.folder / path):
            return read_inside(self.folder, path, largest(path))

    def remove(self, path: str) -> None:
        """Take a file out again; nothing if there is none."""
        if self._files.pop(path, None) is not None:
            with storage_errors(self.folder / path):
                self._file_system.remove_file(self.folder / path)

    def seal(self, manifest: Manifest, target: Path) -> str:
        """Make the revision visible as the target; the SHA-256 of its manifest, which is given without ``files``.

        ``StorageError`` where anything fails, or the target is there already: then nothing is visible.
        """
        sha256 = self.prove(manifest)
        self._flush()
        self._publish(target)
        return sha256

    def prove(self, manifest: Manifest) -> str:
        """Write manifest and sums, and read all back as a reader will; the SHA-256 of the manifest, which is given
        without ``files``. ``StorageError`` where no reader could open what was staged."""
        for path, data in proof_of(manifest, self.files, self.files_a_manifest):
            self._write_proof(path, data)
        self._require_readable()
        return sha256_of(data)

    def discard(self) -> None:
        """Remove what was not sealed; where that fails, the next run does it."""
        remove_quietly(self._file_system, self.folder)

    def _require_readable(self) -> None:
        """What no reader could open must not become visible: so the readers themselves are asked, before it does."""
        try:
            revision = read_revision(self.folder)
            for path, read in ((RUN_PATH, revision.run_record), (INDEX_PATH, revision.evidence)):
                if path in self._files:
                    read()
        except (DamagedError, SchemaError) as error:
            raise _unreadable(error.message.replace(f"{self.folder}/", "")) from error

    def _write_proof(self, path: str, data: bytes) -> None:
        self._make_folders(path)
        self.proof.append(path)
        write_new(self._file_system, self.folder / path, data, REVISION_FILE_MODE)

    def _make_folders(self, path: str) -> None:
        """Create the folders of a path; several threads may do so at once."""
        above = path.rpartition("/")[0]
        if above not in self._made:
            self._make_folders(above)
            ensure_folder(self._file_system, self.folder / above)
            self._made.add(above)

    def _flush(self) -> None:
        """Everything that the revision holds is on the disk before it gets its name: files first, then folders."""
        paths = (*self._files, *self.proof)
        folders = {""}
        for path in paths:
            while (path := path.rpartition("/")[0]) not in folders:
                folders.add(path)
        self._sync(paths)
        self._sync(sorted(folders, reverse=True))

    def _sync(self, paths: Sequence[str]) -> None:
        """Flush each of the paths, some after one another in each of several threads."""
        count = min(_MOST_TOGETHER, -(-len(paths) // self._flushers)) or 1
        some = [paths[start : start + count] for start in range(0, len(paths), count)]
        with ThreadPoolExecutor(self._flushers) as pool:
            for _ in pool.map(self._sync_some, some):
                pass

    def _sync_some(self, paths: Sequence[str]) -> None:
        for path in paths:
            sync(self._file_system, self.folder / path)

    def _publish(self, target: Path) -> None:
        created = ensure_folder(self._file_system, target.parent)
        try:
            self._rename(target)
            self._make_last(target, [target.parent, *([target.parent.parent] if created else [])])
        except BaseException:
            if created:
                with suppress(OSError):
                    self._file_system.remove_folder(target.parent)
            raise

    def _rename(self, target: Path) -> None:
        """The one step that makes the revision visible.

        What exists is never replaced: it is looked for under the lock, and the system itself replaces a folder only
        where it is empty.
        """
        self._confirm()
        with storage_errors(target):
            if target.is_symlink() or target.exists():
                raise StorageError(
                    f"{target}: a file or folder of this name exists already", remedy="move it away, then run again"
                )
            self._file_system.rename(self.folder, target)

    def _make_last(self, target: Path, folders: Iterable[Path]) -> None:
        """Flush the new name to the disk; where that fails the revision is taken back."""
        try:
            for folder in folders:
                sync(self._file_system, folder)
        except BaseException as error:
            self._take_back(target, error)
            raise

    def _take_back(self, target: Path, error: BaseException) -> None:
        try:
            self._file_system.rename(target, self.folder)
        except OSError:
            reason = error.message if isinstance(error, ChargebackError) else str(error)
            raise StorageError(
                f"{reason}; the revision {target} is complete and stays, but may not outlast a power failure",
                remedy="repair the file system, then run again",
            ) from error


def _unreadable(problem: str) -> StorageError:
    return StorageError(
        f"{problem}: this revision could not be read back, so it is not written",
        remedy="report this: nothing was written, and nothing is lost",
    )
