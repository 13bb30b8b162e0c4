"""The archive: may it be written, is there space, who holds the lock, does the newest revision prove itself."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from chargeback.archive.chain import Base
from chargeback.archive.checking import check_files, litter_note
from chargeback.archive.head_file import check_head_file
from chargeback.archive.lock import LOCK_NAME
from chargeback.archive.reading import Archive
from chargeback.config import Config
from chargeback.errors import DamagedError
from chargeback.operate.doctor.findings import Finding, good, notice, wrong

LITTLE_SPACE, NO_SPACE = 1 << 30, 50 << 20
"""Bytes free: below the first it is told, below the second a run would fail."""


def archive(config: Config) -> Iterator[Finding]:
    """Everything about the archive's folder; ``DamagedError``, ``StorageError`` and ``SchemaError`` as reading does."""
    root, base = config.archive, Base(config.base_manifest)
    yield from _permission(root)
    yield from _space(root)
    if root.is_dir():
        yield from _lock(root)
        yield from _newest(Archive(root, base))
    if config.head_file is not None:
        told = check_head_file(config.head_file, Archive(root, base))
        yield (
            notice("head file", told, "run once")
            if told
            else good("head file", f"{config.head_file} is in the archive")
        )


def _permission(root: Path) -> Iterator[Finding]:
    place = _existing(root)
    if root.exists() and not root.is_dir():
        yield wrong("archive", f"{root} is not a folder", "name another folder as archive")
    elif not os.access(place, os.W_OK | os.X_OK):
        yield wrong("archive", f"{place} cannot be written by this user", "let the job's user read and write there")
    elif not root.exists():
        yield good("archive", f"{root} will be created by the first run")
    else:
        yield good("archive", f"{root} can be written")


def _space(root: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(_existing(root)).free
    shown = f"{free / (1 << 30):.1f} GiB free"
    if free < NO_SPACE:
        yield wrong("archive space", shown, "free space, or move the archive")
    elif free < LITTLE_SPACE:
        yield notice("archive space", shown, "free space, or move the archive, before it is full")
    else:
        yield good("archive space", shown)


def _lock(root: Path) -> Iterator[Finding]:
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


def _newest(archive: Archive) -> Iterator[Finding]:
    """The chain of all revisions, and every file of the newest: what the next run builds on."""
    head = archive.head()
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
            f"{count} revisions in an unbroken chain, {head.name} intact (`chargeback verify` proves them all)",
        )


def _existing(path: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(folder for folder in (path.absolute(), *path.absolute().parents) if folder.exists())
