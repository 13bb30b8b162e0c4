"""What a run does to the disk, done once in a scratch folder: so that ``doctor`` knows before a run fails."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from chargeback.archive.bucket import Bucket
from chargeback.archive.file_checks import check_files
from chargeback.archive.file_system import (
    FileSystem,
    ensure_folder,
    remove_tree,
    replace_file,
    scratch_name,
    storage_errors,
)
from chargeback.archive.locked_archive import ArchiveLock
from chargeback.archive.manifest import Manifest
from chargeback.archive.revision import read_revision
from chargeback.archive.staging import Staging
from chargeback.errors import StorageError
from chargeback.evidence.period import Period

_MOMENT = "2000-01-01T00:00:00Z"
_MANIFEST = Manifest(Period(2000, 1), 1, "reconciled", "0", _MOMENT, "", None, ())
_MOUNTS = Path("/proc/self/mountinfo")
_NO_CREATE = "use an object store that honours If-None-Match: two runs at once would overwrite each other here"
_OCTAL = {r"\040": " ", r"\011": "\t", r"\012": "\n", r"\134": "\\"}


def rehearse(place: Path, file_system: FileSystem | None = None) -> None:
    """Lock, write, flush, rename, replace and read a whole revision below a folder that exists, by the very code of a
    run; nothing is left. ``StorageError`` where one of these is not possible there."""
    system = file_system or FileSystem()
    scratch = scratch_name(place)
    try:
        ensure_folder(system, scratch)
        _write_archive(scratch, system)
    finally:
        if os.path.lexists(scratch):
            remove_tree(system, scratch)


def rehearse_bucket(bucket: Bucket) -> bool:
    """Whether the bucket keeps versions. An object is created, a second one of its name must be refused, and what is
    read back the first; then it is removed. ``StorageError`` where one of these is not so there."""
    key = f".rehearsal-{secrets.token_hex(8)}"
    where = bucket.address / key
    with storage_errors(where):
        written = bucket.create(key, b"one")
        try:
            bucket.create(key, b"other")
        except FileExistsError:
            pass
        else:
            raise StorageError(f"{where}: a second object was created over the first", remedy=_NO_CREATE)
        if bucket.read(key, 100) != b"one":
            raise StorageError(f"{where}: what was read back is not what was written", remedy=_NO_CREATE)
        bucket.delete([key])
    return written.version is not None


def _write_archive(root: Path, system: FileSystem) -> None:
    target = root / "2000-01" / "r1"
    with ArchiveLock(root, started=_MOMENT, file_system=system) as lock:
        with Staging(root / "stage", system, confirm=lock.confirm) as staging:
            staging.add("ledgers/all.csv", b"rehearsal\r\n")
            staging.seal(_MANIFEST, target)
        for data in (b"one", b"other"):
            replace_file(system, root / "index.html", data, root / "index.new")
    if problems := check_files(read_revision(target)):
        raise StorageError(
            f"{root}: what was read back is not what was written: {problems[0]}", remedy="use another file system"
        )


def file_system_name(path: Path) -> str:
    """The type of the file system that holds the path (``ext4``, ``nfs4``, ``fuse.s3fs``); "" if the system does not
    say. Of type ``fuse`` alone it has its source's name, as Mountpoint for Amazon S3 and BlobFuse2 give theirs there.
    """
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    real = Path(os.path.realpath(path))
    found, longest = "", -1
    for line in lines:
        fields, _, about = line.partition(" - ")
        parts = fields.split(" ")
        if len(parts) < 5 or not about:
            continue
        mounted = Path(_plain(parts[4]))
        if real.is_relative_to(mounted) and len(mounted.parts) >= longest:
            kind, source, *_ = [*about.split(" "), ""]
            found, longest = f"fuse.{_plain(source)}" if kind == "fuse" else kind, len(mounted.parts)
    return found


def _plain(text: str) -> str:
    for code, character in _OCTAL.items():
        text = text.replace(code, character)
    return text
