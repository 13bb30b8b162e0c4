"""The archive: can a run write there (done as a run does it), is there space, who holds the lock, is it whole."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from chargeback.archive.bucket import Listed
from chargeback.archive.chain import Base
from chargeback.archive.commits import orphans
from chargeback.archive.file_checks import check_files, litter_note
from chargeback.archive.file_system import FileSystem, storage_errors
from chargeback.archive.head_file import check_head_file
from chargeback.archive.locked_archive import LOCK_NAME, owner_of, refuse_other_owner, user_name
from chargeback.archive.object_store import ObjectStore
from chargeback.archive.reading import Archive
from chargeback.archive.rehearsal import file_system_name, rehearse, rehearse_bucket
from chargeback.config import Config
from chargeback.config.address import Address
from chargeback.errors import DamagedError, StorageError
from chargeback.model.wording import counted
from chargeback.operate.doctor.lines import DoctorLine, good, notice, wrong

BUCKET_MOUNTS = (
    "s3fs", "mountpoint-s3", "goofys", "geesefs", "tigrisfs", "rclone", "gcsfuse", "blobfuse", "blobfuse2", "ossfs",
    "cosfs", "obsfs",
)  # fmt: skip
"""File systems that show a bucket as a folder."""
_WRITE = 'write the address of the bucket instead: archive = "s3://bucket/prefix" (docs/object-storage.md)'
ORPHAN_AGE = timedelta(days=7)
"""After which no run can be at work there."""
LITTLE_SPACE, NO_SPACE = 1 << 30, 50 << 20
"""Bytes free: below the first it is reported, below the second a run would fail."""


def archive(config: Config, now: datetime, *, clean: bool = False) -> Iterator[DoctorLine]:
    """Everything about the archive; ``clean`` removes what dead runs left in object storage more than a week ago;
    ``DamagedError``, ``StorageError`` and ``SchemaError`` as reading does."""
    root, base = config.archive, Base(config.base_manifest)
    if isinstance(root, Address):
        yield from _in_bucket(root, config, now if clean else None)
        return
    head = check_head_file(config.head_file, Archive(root, base))  # an archive that went missing is not a new one
    yield from _writing(root)
    yield from _space(root)
    if root.is_dir():
        yield from _lock(root)
        yield from _newest(Archive(root, base))
    yield _head_file(config, head)


def _in_bucket(root: Address, config: Config, clean: datetime | None) -> Iterator[DoctorLine]:
    """Whether a run could write there, what dead runs left, and whether the newest revision is whole."""
    archive = Archive(root, Base(config.base_manifest))
    head = check_head_file(config.head_file, archive)
    store = ObjectStore(root)
    store.require()
    try:
        versions = rehearse_bucket(store.bucket)
    except StorageError as error:
        yield wrong("archive", error.message, error.remedy)
        return
    kept = "the bucket keeps versions" if versions else "the bucket keeps no versions: who may write may also replace"
    yield good("archive", f"{root}: an object was created there, not created twice, read back and removed; {kept}")
    yield from _orphans(store, clean)
    yield from _newest(archive)
    yield _head_file(config, head)


def _orphans(store: ObjectStore, clean: datetime | None) -> Iterator[DoctorLine]:
    """What runs left that died, or came too late, before their link was there; one at work has some too."""
    with storage_errors(store.place):
        found = orphans(store.bucket, store.commits.all())
        old = [] if clean is None else [place for place in found if _is_old(found[place], clean)]
        for place in old:
            store.bucket.delete_orphans(listed.key for listed in found[place])
    if old:
        yield good("archive orphans", f"{len(old)} removed: {', '.join(old)}")
    if left := [place for place in found if place not in old]:
        remedy = "chargeback doctor --clean removes those older than a week"
        yield notice("archive orphans", f"{len(left)}, of runs that wrote no revision: {', '.join(left)[:300]}", remedy)
    elif not old:
        yield good("archive orphans", "none")


def _is_old(objects: list[Listed], now: datetime) -> bool:
    return all(now - listed.modified > ORPHAN_AGE for listed in objects)


def _head_file(config: Config, difference: str) -> DoctorLine:
    if config.head_file is None:
        return notice(
            "head file",
            "none is kept: an archive that was put back to an earlier state would not be noticed",
            "name a file outside of the archive, best on other storage, as head_file",
        )
    if difference:
        return notice("head file", difference, "run once")
    if not config.head_file.exists():
        return good("head file", f"{config.head_file} will be written by the first run")
    return good("head file", f"the archive holds the revision that {config.head_file} names")


def _writing(root: Path) -> Iterator[DoctorLine]:
    """Whose archive it is, and whether a run could write there: by doing, in a scratch folder, what a run does."""
    place = _existing(root)
    if root.exists() and not root.is_dir():
        yield wrong("archive", f"{root} is not a folder", "name another folder as archive")
        return
    yield from _user(root)
    kind = file_system_name(place)
    where = f"{place} ({kind})" if kind else str(place)
    if kind.startswith("fuse.") and kind.removeprefix("fuse.") in BUCKET_MOUNTS:
        problem = f"{where} is a bucket mounted as a folder: it has no lock and no rename in one step"
        yield wrong("archive", problem, _WRITE)
        return
    try:
        rehearse(place)
    except StorageError as error:
        remedy = f"{error.remedy}; docs/operations.md, 'Where an archive can lie', names file systems that can"
        yield wrong("archive", f"{where} cannot hold an archive: {error.message}", remedy)
        return
    done = "a revision was locked, written, flushed, renamed and read back there"
    if root.exists():
        yield good("archive", f"{where}: {done}")
    else:
        yield good("archive", f"{root} will be created by the first run; in {where} {done}")


def _user(root: Path) -> Iterator[DoctorLine]:
    me = user_name(os.geteuid())
    owner = owner_of(root) if root.is_dir() else None
    if owner is None or owner == os.geteuid():
        yield good("user", f"this is {me}, whose archive it is" if owner is not None else f"this is {me}")
        return
    try:
        refuse_other_owner(root, FileSystem())
    except StorageError as error:
        yield wrong("user", error.message, error.remedy)
        return
    yield good("user", f"this is {me}; the file system gives all files to {user_name(owner)}")


def _space(root: Path) -> Iterator[DoctorLine]:
    free = shutil.disk_usage(_existing(root)).free
    space = f"{free / (1 << 30):.1f} GiB free"
    if free < NO_SPACE:
        yield wrong("archive space", space, "free space, or move the archive")
    elif free < LITTLE_SPACE:
        yield notice("archive space", space, "free space, or move the archive, before it is full")
    else:
        yield good("archive space", space)


def _lock(root: Path) -> Iterator[DoctorLine]:
    """Whether another run holds the lock; looked at without taking it for longer than an instant."""
    with suppress(FileNotFoundError):
        descriptor = os.open(root / LOCK_NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            yield notice("archive lock", "a run holds it right now", "nothing to do")
            return
        finally:
            os.close(descriptor)
    yield good("archive lock", "free")


def _newest(archive: Archive) -> Iterator[DoctorLine]:
    """The chain of all revisions, and every file of the newest: what the next run builds on."""
    head = archive.head()
    if head is None and isinstance(archive.root, Path) and os.path.lexists(archive.root / LOCK_NAME):
        yield notice(
            "archive verify",
            f"no revision, though a run has used this archive ({LOCK_NAME} is there)",
            "chargeback run, if none has ever closed a month; else mount or restore what the archive held",
        )
        return
    if head is None:
        yield notice("archive verify", "no revision yet", "chargeback run")
        return
    findings = check_files(head)
    count = len(archive.names())
    if left := litter_note(head):
        yield notice("archive verify", left, "remove it when you like")
    if findings:
        remedies = "; ".join(dict.fromkeys(finding.remedy for finding in findings))
        yield wrong("archive verify", "; ".join(map(str, findings))[:500], remedies, DamagedError.exit_code)
    else:
        yield good(
            "archive verify",
            f"{counted(count, 'revision')} in an unbroken chain, {head.name} intact "
            "(`chargeback verify` proves them all)",
        )


def _existing(path: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(folder for folder in (path.absolute(), *path.absolute().parents) if folder.exists())
