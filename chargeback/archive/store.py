"""Where an archive lies, and how it is read there: one small interface, and a folder's own way.

Above it everything is one code: nobody asks a store what a month, a revision, a manifest or the chain is. Errors of
``names`` and ``at`` are the program's own. ``walk``, ``open`` and ``read`` raise ``OSError`` as the system says it, and
``NotRegularError`` and ``OversizedError``: the caller decides whether that is damage or a fault of the system.

Writing is each store's own too: ``locked_archive`` has the one writer above. What desktop programs and file systems
leave in folders that somebody opened (``litter``) is reported, and is no damage (INTERFACE).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from fnmatch import fnmatchcase
from io import BufferedReader
from pathlib import Path
from typing import Protocol

from chargeback.archive.boundary import damaged, reading
from chargeback.archive.file_system import storage_error, storage_errors
from chargeback.archive.no_follow import open_inside, read_inside, walk_inside
from chargeback.config.address import Address, Place
from chargeback.errors import StorageError

PATTERNS = (
    ".~lock.*#",
    "~$*",
    ".DS_Store",
    "._*",
    "Thumbs.db",
    "desktop.ini",
    ".nfs*",
    ".fuse_hidden*",
    "*.swp",
)


class ArchiveStore(Protocol):
    """An archive, or a folder of it, to be read; ``place`` is its name for people. Paths are relative, with ``/``."""

    @property
    def place(self) -> Place:
        """Where it is."""

    @property
    def readers(self) -> int:
        """How many files are best read at a time."""

    def require(self) -> None:
        """``StorageError`` (exit 9) where nothing can be read there at all."""

    def folder(self) -> str | None:
        """Where in the archive a revision's files lie; None where that is its name."""

    def at(self, folder: str) -> ArchiveStore:
        """The folder within; ``DamagedError`` where that leads out of the archive."""

    def names(self, folder: str = "") -> list[str]:
        """The visible names in a folder, in order; none where it does not exist; ``DamagedError``, ``StorageError``."""

    def walk(self) -> Iterator[tuple[str, bool]]:
        """Each file below, by relative path, and whether it is a regular one."""

    def open(self, path: str) -> BufferedReader:
        """A regular file, open for reading; it can seek."""

    def read(self, path: str, largest: int) -> bytes:
        """A regular file's bytes; ``OversizedError`` where they are more than ``largest``."""

    def hidden(self) -> Iterator[tuple[str, str]]:
        """Files of a revision that are there, but over which something else lies: path, and what."""


class ArchiveFolder:
    """An archive in a folder, or a folder of one; no link is followed."""

    readers = 1

    def __init__(self, place: Path) -> None:
        self.place = place

    def folder(self) -> None:
        """A revision's files lie under its name."""

    def require(self) -> None:
        """``StorageError`` where the folder is missing or none."""
        with storage_errors(self.place):
            if not stat.S_ISDIR(self.place.stat().st_mode):
                raise StorageError(
                    f"{self.place}: not a folder", remedy="name the archive with --archive or in config.toml"
                )

    def at(self, folder: str) -> ArchiveFolder:
        """The folder within; ``DamagedError`` where it is a link: what that points to is no part of the archive."""
        _refuse_link(self.place / folder)
        return ArchiveFolder(self.place / folder)

    def names(self, folder: str = "") -> list[str]:
        """The names in a folder that have no dot in front; ``DamagedError`` where a month is not a folder; a link to a
        folder is none."""
        path = self.place / folder
        try:
            if folder:
                _refuse_link(path)
            return sorted(entry.name for entry in path.iterdir() if not entry.name.startswith("."))
        except FileNotFoundError:
            return []
        except NotADirectoryError as error:
            raise (damaged(path, "not a folder") if folder else storage_error(path, error)) from error
        except OSError as error:
            raise storage_error(path, error) from error

    def walk(self) -> Iterator[tuple[str, bool]]:
        """Each entry below that is not a folder, and whether it is a regular file."""
        return walk_inside(self.place)

    def open(self, path: str) -> BufferedReader:
        """A regular file, opened without following a link."""
        return os.fdopen(open_inside(self.place, path), "rb")

    def read(self, path: str, largest: int) -> bytes:
        """A regular file's bytes."""
        return read_inside(self.place, path, largest)

    def hidden(self) -> Iterator[tuple[str, str]]:
        """Nothing: a folder keeps one version of a file."""
        return iter(())


def store_of(place: Place) -> ArchiveStore:
    """The store of an archive, or of a folder that stands alone."""
    if isinstance(place, Address):
        from chargeback.archive.object_store import ObjectStore

        return ObjectStore(place)
    return ArchiveFolder(place)


def read_or_none(store: ArchiveStore, path: str, largest: int) -> bytes | None:
    """A file's bytes, None where it is not there; ``DamagedError`` where it is no file, ``StorageError`` where it
    cannot be read."""
    with reading(store.place / path):
        try:
            return store.read(path, largest)
        except FileNotFoundError:
            return None


def size_of(file: BufferedReader) -> int:
    """The bytes of an open file, which then stands at its beginning."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size


def _refuse_link(path: Path) -> None:
    with storage_errors(path):
        linked = path.is_symlink()
    if linked:
        raise damaged(path, "a link where a folder of the archive should be")


def is_litter(path: str) -> bool:
    """Whether a file of that name is one that such programs leave."""
    name = path.rpartition("/")[2]
    return any(fnmatchcase(name, pattern) for pattern in PATTERNS)


def litter(store: ArchiveStore) -> tuple[str, ...]:
    """The regular files of the revision that have the name of litter, by relative path, in order; the manifest may name
    some: those are the revision's own."""
    with storage_errors(store.place):
        return tuple(sorted(path for path, regular in store.walk() if regular and is_litter(path)))
