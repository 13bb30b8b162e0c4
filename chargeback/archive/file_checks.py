"""Every file of a revision against its manifest: missing, added, changed, of another size, not a regular file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from chargeback.archive.boundary import RESTORE
from chargeback.archive.file_system import storage_error
from chargeback.archive.litter import is_litter, litter
from chargeback.archive.manifest import MANIFEST_PATH, SUMS_PATH, FileRecord, sums_text
from chargeback.archive.no_follow import NotRegularError, OversizedError
from chargeback.archive.revision import Revision
from chargeback.archive.store import size_of
from chargeback.errors import DamagedError

TAKE_OUT = (
    "move it out of the revision, which holds nothing but what the manifest names; find out who or what put it there"
)

FileCounter = Callable[[str], None]
"""Called with each file before it is read, for progress."""


class FileFindingKind(StrEnum):
    """What is wrong."""

    MISSING = "missing"
    ADDED = "added"
    CHANGED = "changed"
    WRONG_SIZE = "wrong size"
    NOT_REGULAR = "not a regular file"
    MANIFEST = "manifest"
    CHAIN = "chain"
    HEAD = "head"
    TOTAL = "control total"
    PERFORMANCE = "re-performance"


@dataclass(frozen=True, slots=True)
class FileFinding:
    """One thing that is wrong; ``path`` begins with the revision (``2026-05/r1/config.toml``), "" for the archive."""

    kind: FileFindingKind
    path: str
    detail: str
    remedy: str = RESTORE

    def __str__(self) -> str:
        return f"{self.path or 'archive'}: {self.kind}: {self.detail}" if self.detail else f"{self.path}: {self.kind}"


def check_files(revision: Revision, on_file: FileCounter = lambda path: None) -> tuple[FileFinding, ...]:
    """What is wrong with a revision's files, in order of path; empty where every byte is as it was sealed.

    ``StorageError`` (exit 9) where the system cannot read what is there.
    """
    try:
        present = dict(revision.store.walk())
    except OSError as error:
        raise storage_error(revision.root, error) from error
    findings = [*_check_proof(revision, present), *_check_strays(revision, present)]
    findings += _check_files(revision, on_file)
    try:
        findings += [_finding(revision, FileFindingKind.CHANGED, *hidden) for hidden in revision.store.hidden()]
    except OSError as error:
        raise storage_error(revision.root, error) from error
    return tuple(sorted(findings, key=lambda finding: finding.path))


def require_intact(revision: Revision) -> None:
    """``DamagedError`` (exit 7) that names each damaged file, and what to do with each, where a revision to build on is
    not as it was sealed."""
    findings = check_files(revision)
    if findings:
        remedies = "; ".join(dict.fromkeys(finding.remedy for finding in findings))
        raise DamagedError(f"{revision.root}: damaged: {'; '.join(map(str, findings))}", remedy=remedies)


def litter_note(revision: Revision) -> str:
    """A sentence that names what other programs left in the revision's folders; "" where there is nothing."""
    found = litter(revision.store, set(revision.records))
    names = ", ".join(f"{revision.name}/{path}" for path in found)
    return f"left by other programs, no damage: {names}" if found else ""


def _finding(revision: Revision, kind: FileFindingKind, path: str, detail: str = "") -> FileFinding:
    return FileFinding(kind, f"{revision.name}/{path}", detail)


def _check_strays(revision: Revision, present: dict[str, bool]) -> Iterator[FileFinding]:
    """What lies in the revision and is not in its manifest, litter aside."""
    known = {MANIFEST_PATH, SUMS_PATH, *revision.records}
    for path, is_regular in present.items():
        if path not in known and not (is_regular and is_litter(path)):
            yield FileFinding(FileFindingKind.ADDED, f"{revision.name}/{path}", "not in the manifest", TAKE_OUT)


def _check_proof(revision: Revision, present: dict[str, bool]) -> Iterator[FileFinding]:
    """``SHA256SUMS`` says the same as the manifest, and what the manifest itself is."""
    expected = sums_text(revision.manifest.files, revision.sha256)
    try:
        found = revision.store.read(SUMS_PATH, len(expected))
    except OSError as error:
        yield _reading_finding(revision, SUMS_PATH, error)
        return
    if found != expected:
        yield _proof_finding(revision, expected, found)


def _proof_finding(revision: Revision, expected: bytes, found: bytes) -> FileFinding:
    """The manifest where its own line is another, whatever else is: that is how a changed manifest shows."""
    manifest_line, lines = f"{revision.sha256}  {MANIFEST_PATH}".encode(), found.split(b"\n")
    if manifest_line not in lines and any(line.endswith(f"  {MANIFEST_PATH}".encode()) for line in lines):
        return _finding(revision, FileFindingKind.CHANGED, MANIFEST_PATH, f"{SUMS_PATH} names another checksum for it")
    return _finding(revision, FileFindingKind.CHANGED, SUMS_PATH, "not what the manifest says")


def _check_files(revision: Revision, on_file: FileCounter) -> Iterator[FileFinding]:
    """Each file against its checksum, as many at a time as is best for the store."""

    def check(record: FileRecord) -> list[FileFinding]:
        on_file(f"{revision.name}/{record.path}")
        return list(_check_file(revision, record))

    if revision.store.readers == 1:
        yield from chain.from_iterable(map(check, revision.manifest.files))
        return
    with ThreadPoolExecutor(revision.store.readers) as pool:
        yield from chain.from_iterable(pool.map(check, revision.manifest.files))


def _check_file(revision: Revision, record: FileRecord) -> Iterator[FileFinding]:
    try:
        file = revision.store.open(record.path)
    except OSError as error:
        yield _reading_finding(revision, record.path, error)
        return
    with file:
        size = size_of(file)
        if size != record.size:
            detail = f"{size} bytes, the manifest says {record.size}"
            yield _finding(revision, FileFindingKind.WRONG_SIZE, record.path, detail)
        elif hashlib.file_digest(file, "sha256").hexdigest() != record.sha256:
            yield _finding(revision, FileFindingKind.CHANGED, record.path, "its SHA-256 is not the manifest's")


def _reading_finding(revision: Revision, path: str, error: OSError) -> FileFinding:
    """Damage where the file is gone, no file or too long; ``StorageError`` where the system fails."""
    if isinstance(error, FileNotFoundError):
        return _finding(revision, FileFindingKind.MISSING, path)
    if isinstance(error, NotRegularError):
        return _finding(revision, FileFindingKind.NOT_REGULAR, path)
    if isinstance(error, OversizedError):
        return _finding(revision, FileFindingKind.WRONG_SIZE, path, str(error.strerror))
    raise storage_error(revision.root / path, error) from error
