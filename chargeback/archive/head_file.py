"""The newest head, kept outside of the archive: it tells an archive that is missing, unmounted or rolled back.

Checked before a run writes anything, written after the revision is visible. In between the run may die: so an archive
that has gone on since is fine, as long as it holds the manifest that the file names. Were the file written first, a run
that died then would leave a head that no archive ever had.

Where the file cannot be written after the revision was sealed, the revision stands and the run ends with exit 9; the
next run finds the same result, writes no revision, and writes the file: it is written whenever a run ends with 0 or 3.
"""

from __future__ import annotations

import os
from pathlib import Path

from chargeback.archive.file_system import FileSystem, remove_tree, replace_file, storage_error, storage_errors
from chargeback.archive.manifest import is_sha256
from chargeback.archive.reading import Archive
from chargeback.errors import DamagedError, StorageError

_LARGEST = 1000


def read_head_file(path: Path) -> str | None:
    """The SHA-256 of the newest manifest as the file has it; None where there is no file yet.

    ``StorageError`` where it cannot be read, or its folder is missing (it may be unmounted); ``DamagedError`` where it
    holds no head.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST).decode("ascii", "replace").strip()
    except FileNotFoundError as error:
        with storage_errors(path.parent):
            if not path.parent.is_dir():
                raise storage_error(path.parent, error) from error
        return None
    except OSError as error:
        raise storage_error(path, error) from error
    if not is_sha256(text):
        raise DamagedError(
            f"head_file {path}: holds no head, expected one SHA-256 in lower-case hex",
            remedy="compare the archive with the head of the last run's mail, then remove the file",
        )
    return text


def check_head_file(path: Path | None, archive: Archive) -> str:
    """A sentence to be shown ("" for none) where the archive holds the head that the file names, or no file is kept.

    To be asked before anything is created, as the archive may not be mounted, and again under the lock.

    ``DamagedError`` (exit 7) where it does not: nothing may be written on top.
    """
    if path is None:
        return ""
    head = read_head_file(path)
    if head is None:
        first_use = bool(archive.names())
        return f"head_file {path}: not there yet; it is written when this run ends" if first_use else ""
    if not archive.sound_chain().holds(head):
        raise DamagedError(
            f"{archive.root}: lacks the revision with the head {head} that head_file {path} names:"
            " the archive is missing, not mounted or was rolled back",
            remedy="mount or restore the archive; nothing is written until it holds that revision",
        )
    return ""


def write_head_file(path: Path, head: str, file_system: FileSystem | None = None) -> bool:
    """Whether the file named another head and was replaced, in one step; ``StorageError`` where that fails.

    A file that is a link stays one. What an earlier failure left beside it is removed.
    """
    system = file_system or FileSystem()
    target = Path(os.path.realpath(path))
    with storage_errors(target.parent):
        if not target.parent.is_dir():
            raise StorageError(f"{target.parent}: no such folder", remedy="mount or create it, then run again")
    scratch = target.parent / f".{target.name}.staging"
    if os.path.lexists(scratch):
        remove_tree(system, scratch)
    return replace_file(system, target, f"{head}\n".encode(), scratch)
