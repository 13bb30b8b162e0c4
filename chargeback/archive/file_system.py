"""The system calls by which an archive is written, in one small class, so that a test can let any one of them fail.

Nothing in this room writes past it. Every method raises ``OSError`` as the system does; ``storage_errors`` turns that
into the one line that a person reads.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chargeback.config.address import Place
from chargeback.errors import StorageError

FOLDER_MODE = 0o750
REVISION_FILE_MODE = 0o440
OTHER_FILE_MODE = 0o640

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
