"""What desktop programs and file systems leave in folders that somebody opened: it is reported, and is no damage
(INTERFACE)."""

from __future__ import annotations

from fnmatch import fnmatchcase

from chargeback.archive.file_system import storage_errors
from chargeback.archive.store import ArchiveStore

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


def is_litter(path: str) -> bool:
    """Whether a file of that name is one that such programs leave."""
    name = path.rpartition("/")[2]
    return any(fnmatchcase(name, pattern) for pattern in PATTERNS)


def litter(store: ArchiveStore) -> tuple[str, ...]:
    """The regular files of the revision that have the name of litter, by relative path, in order; the manifest may name
    some: those are the revision's own."""
    with storage_errors(store.place):
        return tuple(sorted(path for path, regular in store.walk() if regular and is_litter(path)))
