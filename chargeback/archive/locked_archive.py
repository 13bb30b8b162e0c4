"""The only way to write into an archive: in a folder, under its lock, each file and revision named by one rename.

One run at a time writes, and one user: the lock is one of the kernel's, on ``<archive>/.lock``. The kernel drops it
when the process ends, however it ends; whether the file exists means nothing, and what it says (host, process, start)
is for the message alone. ``fcntl`` is used directly: ``filelock`` empties the file before it knows whether the lock is
free, so that no message could name who holds it, and falls back to a file's existence where the file system has no
locks, which here is an error (exit 9). What another user writes (root, once, by hand) the job could not read or
replace.
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from chargeback.archive.archive_writer import ArchiveWriter
from chargeback.archive.chain import Base
from chargeback.archive.file_system import (
    OTHER_FILE_MODE,
    STAGING_PREFIX,
    FileSystem,
    ensure_folder,
    ensure_root,
    remove_quietly,
    remove_tree,
    replace_file,
    scratch_name,
    storage_errors,
    sync,
    write_new,
)
from chargeback.archive.manifest import Manifest
from chargeback.archive.pending import PendingReports
from chargeback.archive.revision import Revision, read_revision
from chargeback.archive.staging import Staging
from chargeback.config.address import Address, Place
from chargeback.errors import LockedError, StorageError

LOCK_NAME = ".lock"
_LONGEST_HOLDER = 1000
_ATTEMPTS = 10
_held: set[int] = set()


def _let_go_in_child() -> None:
    """A child forked while the lock is held must not keep it when its parent dies (it may hang in a broken PDF)."""
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_let_go_in_child)


class ArchiveLock:
    """The lock of one archive, held within ``with``; ``started`` says since when, for whom it keeps out.

    ``LockedError`` (exit 8) where another process holds it; ``StorageError`` (exit 9) where it cannot be had at all.
    """

    def __init__(self, root: Path, *, started: str, file_system: FileSystem | None = None) -> None:
        self.root = root
        self.path = root / LOCK_NAME
        self.file_system = file_system or FileSystem()
        self._started = started
        self._descriptor: int | None = None

    def __enter__(self) -> ArchiveLock:
        with storage_errors(self.path):
            descriptor = self._acquire()
        _held.add(descriptor)
        self._descriptor = descriptor
        try:
            self._tell_holder(descriptor)
        except BaseException:
            self.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def release(self) -> None:
        """Let the next run in; the file stays."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor in _held:
            _held.remove(descriptor)
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)

    def confirm(self) -> None:
        """``StorageError`` unless the lock is held and is still the archive's: somebody may have removed the file."""
        if self._descriptor is None or not _is_named(self._descriptor, self.path):
            raise StorageError(
                f"{self.path}: the lock was removed or replaced during the run",
                remedy="leave that file alone (it blocks nothing), then run again",
            )

    def _acquire(self) -> int:
        """The locked descriptor of the file that the name stands for, though others may remove and create it."""
        for _ in range(_ATTEMPTS):
            descriptor = self._lock_once()
            if _is_named(descriptor, self.path):
                return descriptor
            os.close(descriptor)
        raise StorageError(
            f"{self.path}: the lock file keeps being replaced", remedy="find out by whom, then run again"
        )

    def _lock_once(self) -> int:
        descriptor = self.file_system.open_lock(self.path)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise StorageError(f"{self.path}: not a regular file", remedy="remove it, then run again")
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = _holder(descriptor)
            os.close(descriptor)
            raise _locked_error(self.root, holder) from error
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _tell_holder(self, descriptor: int) -> None:
        """Write who holds the lock, for the message of who is kept out."""
        holder = {"host": socket.gethostname(), "pid": os.getpid(), "started": self._started}
        with storage_errors(self.path):
            self.file_system.set_mode(descriptor, OTHER_FILE_MODE)
            self.file_system.truncate(descriptor)
            self.file_system.write(descriptor, (json.dumps(holder) + "\n").encode())


def _is_named(descriptor: int, path: Path) -> bool:
    """Whether the path stands for the open file."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except OSError:
        return False


def _locked_error(root: Path, holder: str) -> LockedError:
    return LockedError(
        f"{root}: another run holds the archive's lock ({holder})",
        remedy="nothing to do: the next scheduled run goes on from what that one leaves",
    )


def _holder(descriptor: int) -> str:
    """Who holds the lock, as the file says; it may be empty or nonsense."""
    try:
        value = json.loads(os.pread(descriptor, _LONGEST_HOLDER, 0))
        parts = (f"host {value['host']}", f"process {value['pid']}", f"since {value['started']}")
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return "its file does not say by whom"
    return "".join(character for character in ", ".join(parts) if character.isprintable())


def user_name(number: int) -> str:
    """The user's name, or the number where the system has none."""
    try:
        return pwd.getpwuid(number).pw_name
    except (KeyError, OSError):
        return f"#{number}"


def owner_of(root: Path) -> int | None:
    """Whose archive it is: who made its lock file, as the first run does; for root also whose the folder is. None where
    nobody has written there yet."""
    with storage_errors(root):
        for path, counts in ((root / LOCK_NAME, True), (root, os.geteuid() == 0)):
            if counts and os.path.lexists(path):
                return path.lstat().st_uid
    return None


def refuse_other_owner(root: Path, file_system: FileSystem) -> None:
    """``StorageError`` where this user is not the archive's: nothing may be written.

    Some file systems give every file to one user, whoever writes it: so, where the numbers differ, it is tried.
    """
    owner = owner_of(root)
    if owner is None or owner == os.geteuid() or owner == _owner_of_new(root, file_system):
        return
    name = user_name(owner)
    raise StorageError(
        f"{root}: belongs to {name}, and this is {user_name(os.geteuid())}: {name} could not use what is written now",
        remedy=f"run it as that user: sudo -u {name} chargeback …",
    )


def _owner_of_new(root: Path, file_system: FileSystem) -> int:
    scratch = scratch_name(root)
    try:
        write_new(file_system, scratch, b"")
        with storage_errors(scratch):
            return scratch.lstat().st_uid
    finally:
        remove_quietly(file_system, scratch)


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
