"""The system calls by which an archive is written, in one small class, so that a test can let any one of them fail; and
files that are whole or absent: written anew, flushed to the disk, and given their name in one step.

Nothing in this room writes past the class. Every method raises ``OSError`` as the system does; ``storage_errors`` turns
that into the one line that a person reads. Whole files are what is not a revision: ``index.html``, ``signatures.csv``,
``usage/``, ``pending/``, the head file; and, file by file, a revision while it is staged.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import secrets
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from chargeback.config.address import Place
from chargeback.errors import ChargebackError, StorageError

FOLDER_MODE = 0o750
REVISION_FILE_MODE = 0o440
OTHER_FILE_MODE = 0o640

Content = bytes | Iterable[bytes] | Callable[[BinaryIO], object]
"""A file's bytes: whole, in chunks, or what a function writes into a file that is open for writing (it cannot seek)."""

STAGING_PREFIX = ".staging-"
"""What unfinished files and folders in an archive are called; the next run that has the lock removes them."""

_BUFFER = 1 << 20
_REMEDIES = {
    errno.ENOSPC: "free space on that file system, then run again",
    errno.EDQUOT: "free space or raise the quota, then run again",
    errno.EACCES: "let the job's user read and write there, then run again",
    errno.EPERM: "let the job's user read and write there, then run again",
    errno.EROFS: "mount the file system for writing, then run again",
    errno.ENOENT: "mount or create the folder, then run again",
    errno.ELOOP: "replace the symbolic link by what it stands for, then run again",
    errno.EEXIST: "move it away, then run again",
    errno.EIO: "look at the disk, then run again",
}


class FileSystem:
    """Every call that changes something on disk."""

    def make_folder(self, path: Path) -> None:
        """Create a folder; ``FileExistsError`` where the name is taken."""
        path.mkdir(mode=0o700)

    def set_folder_mode(self, path: Path) -> None:
        """Give a folder its mode whatever the umask; a group handed down by the folder above stays."""
        inherited = path.lstat().st_mode & stat.S_ISGID
        path.chmod(FOLDER_MODE | inherited)

    def create(self, path: Path) -> int:
        """The descriptor of a new file, to be written; ``FileExistsError`` where the name is taken, by a link too."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)

    def write(self, descriptor: int, data: bytes | memoryview) -> None:
        """Write all of the bytes."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]

    def set_mode(self, descriptor: int, mode: int) -> None:
        """Give an open file its mode whatever the umask."""
        os.fchmod(descriptor, mode)

    def close(self, descriptor: int) -> None:
        """Close a written file: some file systems say only now that it could not be kept."""
        os.close(descriptor)

    def sync(self, path: Path) -> None:
        """Return once the file's bytes, or the folder's names, are on the disk."""
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        """Give a file or folder another name, in one step."""
        source.rename(target)

    def remove_file(self, path: Path) -> None:
        """Remove a file or link."""
        path.unlink()

    def remove_folder(self, path: Path) -> None:
        """Remove an empty folder."""
        path.rmdir()

    def open_lock(self, path: Path) -> int:
        """The descriptor of the lock file, created where it is missing."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, OTHER_FILE_MODE)

    def truncate(self, descriptor: int) -> None:
        """Empty an open file."""
        os.ftruncate(descriptor, 0)


def storage_error(path: Place, error: OSError) -> StorageError:
    """The path concerned, the system's own words, and what a person does next."""
    remedy = getattr(error, "remedy", "") or _REMEDIES.get(error.errno or 0, "repair the file system, then run again")
    return StorageError(f"{path}: {error.strerror or error}", remedy=remedy)


@contextmanager
def storage_errors(path: Place) -> Iterator[None]:
    """Within, an ``OSError`` about the path becomes ``StorageError``."""
    try:
        yield
    except OSError as error:
        raise storage_error(path, error) from error


class _HashedFile(io.RawIOBase):
    """A file that is hashed and counted while it is written, so that nothing is read a second time."""

    def __init__(self, file_system: FileSystem, descriptor: int) -> None:
        self._file_system = file_system
        self._descriptor = descriptor
        self.hash = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.size

    def write(self, data: object) -> int:
        """Write all of the bytes and return how many they are."""
        view = memoryview(data).cast("B")  # type: ignore[arg-type]  # whatever has a buffer, as io.RawIOBase says
        self._file_system.write(self._descriptor, view)
        self.hash.update(view)
        self.size += len(view)
        return len(view)


def write_new(file_system: FileSystem, path: Path, content: Content, mode: int = OTHER_FILE_MODE) -> tuple[int, str]:
    """Size and SHA-256 of a new file with that content; not yet flushed to the disk.

    ``StorageError`` where it cannot be written; errors of the content are passed on. Then nothing is left of it.
    """
    with storage_errors(path):
        descriptor = file_system.create(path)
        try:
            return _write_open(file_system, descriptor, content, mode)
        except BaseException:
            remove_quietly(file_system, path)
            raise


def _write_open(file_system: FileSystem, descriptor: int, content: Content, mode: int) -> tuple[int, str]:
    file = _HashedFile(file_system, descriptor)
    try:
        file_system.set_mode(descriptor, mode)
        _pour(content, file)
    except BaseException:
        os.close(descriptor)
        raise
    file_system.close(descriptor)
    return file.size, file.hash.hexdigest()


def _pour(content: Content, file: _HashedFile) -> None:
    if isinstance(content, bytes):
        file.write(content)
        return
    with io.BufferedWriter(file, _BUFFER) as buffer:
        if callable(content):
            content(buffer)
        else:
            buffer.writelines(content)
        buffer.flush()


def ensure_folder(file_system: FileSystem, path: Path) -> bool:
    """Whether the folder had to be created (mode 0750); ``StorageError`` where it cannot be, or is something else."""
    with storage_errors(path):
        try:
            file_system.make_folder(path)
        except FileExistsError:
            if not stat.S_ISDIR(path.lstat().st_mode):
                raise StorageError(f"{path}: not a folder", remedy="move it away, then run again") from None
            return False
        try:
            file_system.set_folder_mode(path)
        except BaseException:
            remove_quietly(file_system, path)
            raise
        return True


def ensure_root(file_system: FileSystem, root: Path) -> None:
    """Create the archive's folder, and those above it, where they are missing; a link to a folder is one here."""
    with storage_errors(root):
        if root.is_dir():
            return
        missing = [folder for folder in (root, *root.parents) if not folder.is_dir()]
    for folder in reversed(missing):
        ensure_folder(file_system, folder)
        sync(file_system, folder.parent)


def sync(file_system: FileSystem, path: Path) -> None:
    """Flush a file, or a folder's names, to the disk."""
    with storage_errors(path):
        file_system.sync(path)


def scratch_name(folder: Path) -> Path:
    """A name in that folder that nobody uses, for what is not finished."""
    return folder / f"{STAGING_PREFIX}{secrets.token_hex(8)}"


def replace_file(file_system: FileSystem, path: Path, data: bytes, scratch: Path) -> bool:
    """Whether the file had other bytes and was replaced, in one step: at any moment it has the old ones or the new.

    ``scratch`` is an unused name on the same file system. ``StorageError`` where that fails; then the old file stands.
    """
    if _has_bytes(path, data):
        return False
    try:
        write_new(file_system, scratch, data)
        sync(file_system, scratch)
        with storage_errors(path):
            file_system.rename(scratch, path)
    except BaseException:
        remove_quietly(file_system, scratch)
        raise
    sync(file_system, path.parent)
    return True


def _has_bytes(path: Path, data: bytes) -> bool:
    """Whether the path is a regular file with these bytes; False where that is not known."""
    try:
        status = path.lstat()
        return stat.S_ISREG(status.st_mode) and status.st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False


def remove_tree(file_system: FileSystem, path: Path) -> None:
    """Remove a file, a link (never what it points to), or a folder with all within."""
    with storage_errors(path):
        if not stat.S_ISDIR(path.lstat().st_mode):
            file_system.remove_file(path)
            return
        for entry in sorted(path.iterdir()):
            remove_tree(file_system, entry)
        file_system.remove_folder(path)


def remove_quietly(file_system: FileSystem, path: Path) -> None:
    """Remove what is left of a failure; where that fails too, the next run does it."""
    with suppress(OSError, ChargebackError):
        remove_tree(file_system, path)
