"""One user writes an archive: what another one writes (root, once, by hand) the job could not read or replace."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from chargeback.archive.atomic_files import remove_quietly, scratch_name, write_new
from chargeback.archive.file_system import FileSystem, storage_errors
from chargeback.archive.lock import LOCK_NAME
from chargeback.errors import StorageError


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
