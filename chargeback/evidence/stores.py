"""Where evidence lies while it is read: a folder (a revision, a run's staging area) or memory (a dry run, a test)."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from chargeback.errors import StorageError

LARGEST_FILE = 256 * 1024 * 1024
"""Bytes: no file of evidence is read beyond this size, whatever the archive says."""


def sha256_of(data: bytes) -> str:
    """The lower-case hexadecimal SHA-256 of the bytes (FIPS 180-4)."""
    return hashlib.sha256(data).hexdigest()


def are_those(data: bytes, size: int, sha256: str) -> bool:
    """Whether the bytes are those of a record: so many, with that SHA-256."""
    return len(data) == size and sha256_of(data) == sha256


class Store(Protocol):
    """A place that holds files under relative paths with ``/``."""

    def read(self, path: str) -> bytes:
        """The bytes under the path; ``StorageError`` if there are none."""

    def write(self, path: str, data: bytes) -> None:
        """Keep the bytes under the path; ``StorageError`` where that fails."""


class MemoryStore:
    """Files in memory."""

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.files: dict[str, bytes] = dict(files or {})

    def read(self, path: str) -> bytes:
        """The bytes under the path; ``StorageError`` if there are none."""
        try:
            return self.files[path]
        except KeyError:
            raise StorageError(f"{path}: no such evidence") from None

    def write(self, path: str, data: bytes) -> None:
        """Keep the bytes under the path; ``StorageError`` where there are some already, as in a folder."""
        if path in self.files:
            raise StorageError(f"{path}: File exists")
        self.files[path] = data


class FolderStore:
    """Files in a folder, opened without following links, regular files only, sizes checked before reading."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, path: str) -> bytes:
        """The bytes under the path; ``StorageError`` with path and system error where they cannot be read."""
        target = self.root / path
        try:
            descriptor = os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as file:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_FILE:
                    raise StorageError(f"{target}: not a regular file of at most {LARGEST_FILE} bytes")
                return file.read(LARGEST_FILE + 1)
        except OSError as error:
            raise StorageError(
                f"{target}: {error.strerror or error}", remedy="restore the file, then run again"
            ) from error

    def write(self, path: str, data: bytes) -> None:
        """Keep the bytes under the path, mode 0640 in folders 0750; ``StorageError`` where that fails."""
        target = self.root / path
        try:
            target.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o640)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
        except OSError as error:
            raise StorageError(
                f"{target}: {error.strerror or error}",
                remedy="free space or correct the folder's permission, then run again",
            ) from error


class WatchedStore:
    """A store that asks before each reading whether to go on; ``go_on`` raises what ends the reader's work.

    What is computed from evidence reads an answer at a time, so a deadline is looked at between any two of them, and
    the computation itself stays free of clocks.
    """

    def __init__(self, store: Store, go_on: Callable[[], object]) -> None:
        self._store = store
        self._go_on = go_on

    def read(self, path: str) -> bytes:
        """The bytes under the path, as the store has them; the errors of ``go_on`` too."""
        self._go_on()
        return self._store.read(path)

    def write(self, path: str, data: bytes) -> None:
        """Keep the bytes under the path in the store."""
        self._store.write(path, data)
