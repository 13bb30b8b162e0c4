"""Files that are whole or absent: written anew, flushed to the disk, and given their name in one step.

Used for what is not a revision: ``index.html``, ``signatures.csv``, ``usage/``, ``pending/``, the head file; and, file
by file, for a revision while it is staged.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from chargeback.archive.file_system import OTHER_FILE_MODE, FileSystem, storage_errors
from chargeback.errors import ChargebackError, StorageError

Content = bytes | Iterable[bytes] | Callable[[BinaryIO], object]
"""A file's bytes: whole, in chunks, or what a function writes into a file that is open for writing (it cannot seek)."""

STAGING_PREFIX = ".staging-"
"""What unfinished files and folders in an archive are called; the next run that has the lock removes them."""

_BUFFER = 1 << 20


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
