"""Opening what lies in an archive without trusting it: no links in any part of a path, regular files only.

Errors are ``OSError``, as the system says them; ``NotRegularError`` (a link, pipe, device or folder where a file
should be) and ``OversizedError`` are two more. Callers decide whether that is damage (exit 7) or a fault of the system
(exit 9).
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


class NotRegularError(OSError):
    """The path, or a folder on the way to it, is a link or something else that is not opened here."""

    def __init__(self, path: str) -> None:
        super().__init__(errno.EINVAL, "not a regular file in regular folders", path)


class OversizedError(OSError):
    """The file has more bytes than are read."""

    def __init__(self, path: str, size: int, largest: int) -> None:
        super().__init__(errno.EFBIG, f"{size} bytes, at most {largest} are read", path)
        self._sizes = size, largest

    def __reduce__(self) -> tuple[type[OversizedError], tuple[str, int, int]]:
        """As it is sent to another process."""
        return type(self), (self.filename, *self._sizes)


def open_inside(root: Path, path: str) -> int:
    """The descriptor of the regular file at a relative path below the root, opened without following a link.

    The path is one that ``manifest.is_safe_path`` accepts. The root itself may be reached through links.
    """
    *folders, name = path.split("/")
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in folders:
            folder, above = _open_part(part, _FOLDER, folder, path), folder
            os.close(above)
        return _open_regular(name, folder, path)
    finally:
        os.close(folder)


def _open_regular(name: str, folder: int, path: str) -> int:
    """Asked before opening (opening a device can do things) and after (it may have been swapped in between)."""
    if not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        raise NotRegularError(path)
    descriptor = _open_part(name, _FILE, folder, path)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotRegularError(path)
    return descriptor


def _open_part(name: str, flags: int, folder: int, path: str) -> int:
    try:
        return os.open(name, flags, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise NotRegularError(path) from error
        raise


def read_inside(root: Path, path: str, largest: int) -> bytes:
    """The bytes of the regular file at a relative path; ``OversizedError`` where they are more than ``largest``."""
    with os.fdopen(open_inside(root, path), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > largest:
            raise OversizedError(path, size, largest)
        return file.read(largest + 1)


def walk_inside(root: Path) -> Iterator[tuple[str, bool]]:
    """Each entry below the root that is not a folder: its relative path, and whether it is a regular file."""
    folders = [""]
    while folders:
        folder = folders.pop()
        with os.scandir(root / folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                path = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_dir(follow_symlinks=False):
                    folders.append(path)
                else:
                    yield path, entry.is_file(follow_symlinks=False)
