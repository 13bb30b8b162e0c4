"""Every file of a revision against its manifest: missing, added, changed, of another size, not a regular file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from functools import partial
from itertools import chain
from typing import Protocol

from msgspec import Struct

from chargeback.archive.boundary import RESTORE, largest
from chargeback.archive.file_system import storage_error
from chargeback.archive.litter import is_litter, litter
from chargeback.archive.manifest import MANIFEST_PATH, SUMS_PATH, FileRecord, ManifestPart, place_of, sums_lines
from chargeback.archive.no_follow import NotRegularError, OversizedError
from chargeback.archive.revision import Revision, files_of
from chargeback.archive.store import size_of
from chargeback.errors import DamagedError
from chargeback.evidence import sha256_of

TAKE_OUT = (
    "move it out of the revision, which holds nothing but what the manifest names; find out who or what put it there"
)

FileCounter = Callable[[str], None]
"""Called with each file before it is read, for progress; of a tree with each part, once its files were read."""


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


class FileFinding(Struct, frozen=True):
    """One thing that is wrong; ``path`` begins with the revision (``2026-05/r1/config.toml``), "" for the archive."""

    kind: FileFindingKind
    path: str
    detail: str
    remedy: str = RESTORE

    def __str__(self) -> str:
        return f"{self.path or 'archive'}: {self.kind}: {self.detail}" if self.detail else f"{self.path}: {self.kind}"


class Divide(Protocol):
    """Who does the parts of a tree: what ``check`` finds in each, in their order."""

    def __call__(
        self, check: Callable[[ManifestPart], list[FileFinding]], parts: Sequence[ManifestPart], /
    ) -> Iterator[list[FileFinding]]:
        """What is found in each part."""


def check_files(
    revision: Revision, on_file: FileCounter = lambda path: None, divide: Divide = map
) -> tuple[FileFinding, ...]:
    """What is wrong with a revision's files, in order of path; empty where every byte is as it was sealed.

    Where a part of the manifest is damaged, it is named, and the files that it would name are not looked at.
    ``StorageError`` (exit 9) where the system cannot read what is there.
    """
    try:
        present = dict(revision.store.walk())
    except OSError as error:
        raise storage_error(revision.root, error) from error
    findings = [*_check_proof(revision), *_check_strays(revision, present)]
    findings += _check_files(revision, revision.manifest.files, on_file)
    parts = revision.manifest.parts
    for part, found in zip(parts, divide(partial(_check_part, revision), parts), strict=True):
        on_file(f"{revision.name}/{part.path}")
        findings += found
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
    found = [f"{revision.name}/{path}" for path in litter(revision.store) if not _may_be_named(revision, path)]
    return f"left by other programs, no damage: {', '.join(found)}" if found else ""


def _may_be_named(revision: Revision, path: str) -> bool:
    """Whether the manifest names the path; or nobody knows, as the part that would is damaged."""
    try:
        return path in revision.records
    except DamagedError:
        return True


def _finding(revision: Revision, kind: FileFindingKind, path: str, detail: str = "") -> FileFinding:
    return FileFinding(kind, f"{revision.name}/{path}", detail)


def _check_strays(revision: Revision, present: dict[str, bool]) -> Iterator[FileFinding]:
    """What lies in the revision and is not in its manifest, litter aside."""
    unnamed = present.keys() - {MANIFEST_PATH, SUMS_PATH, *(record.path for record in revision.manifest.files)}
    for part in revision.manifest.parts:
        unnamed.discard(part.path)
        try:
            unnamed.difference_update(record.path for record in files_of(revision.store, part))
        except DamagedError:
            unnamed = {path for path in unnamed if not _may_name(part, path)}
    for path in unnamed:
        if not (present[path] and is_litter(path)):
            yield FileFinding(FileFindingKind.ADDED, f"{revision.name}/{path}", "not in the manifest", TAKE_OUT)


def _may_name(part: ManifestPart, path: str) -> bool:
    return place_of(part.first) <= place_of(path) <= place_of(part.last)


def _check_proof(revision: Revision) -> Iterator[FileFinding]:
    """``SHA256SUMS`` says the same as the manifest, and what the manifest itself is."""
    expected = _sums_record(revision)
    try:
        found = revision.store.read(SUMS_PATH, expected.size if expected else largest(SUMS_PATH))
    except OSError as error:
        yield _reading_finding(revision, SUMS_PATH, error)
        return
    if _names_another_manifest(revision, found):  # that is how a changed manifest shows, whatever else is
        yield _finding(revision, FileFindingKind.CHANGED, MANIFEST_PATH, f"{SUMS_PATH} names another checksum for it")
    elif expected and sha256_of(found) != expected.sha256:
        yield _finding(revision, FileFindingKind.CHANGED, SUMS_PATH, "not what the manifest says")


def _sums_record(revision: Revision) -> FileRecord | None:
    """``SHA256SUMS`` as it follows from the manifest, line by line; None where a part is damaged, which is reported."""
    manifest, digest, size = revision.manifest, hashlib.sha256(), 0
    files = chain(manifest.files, chain.from_iterable(files_of(revision.store, part) for part in manifest.parts))
    try:
        for line in sums_lines(files, revision.sha256, manifest.parts):
            digest.update(line)
            size += len(line)
    except DamagedError:
        return None
    return FileRecord(SUMS_PATH, size, digest.hexdigest())


def _names_another_manifest(revision: Revision, sums: bytes) -> bool:
    named = {line for line in sums.split(b"\n") if line.endswith(f"  {MANIFEST_PATH}".encode())}
    return bool(named) and f"{revision.sha256}  {MANIFEST_PATH}".encode() not in named


def _check_part(revision: Revision, part: ManifestPart) -> list[FileFinding]:
    """What is wrong with a part of the manifest; where nothing is, what is wrong with the files that it names."""
    findings = list(_check_file(revision, part.record))
    if findings:
        return findings
    try:
        files = files_of(revision.store, part)
    except DamagedError as error:
        detail = error.message.removeprefix(f"{revision.root / part.path}: ")
        return [_finding(revision, FileFindingKind.MANIFEST, part.path, detail)]
    return list(_check_files(revision, files))


def _check_files(
    revision: Revision, files: Iterable[FileRecord], on_file: FileCounter = lambda path: None
) -> Iterator[FileFinding]:
    """Each file against its checksum, as many at a time as is best for the store."""

    def check(record: FileRecord) -> list[FileFinding]:
        on_file(f"{revision.name}/{record.path}")
        return list(_check_file(revision, record))

    if revision.store.readers == 1:
        yield from chain.from_iterable(map(check, files))
        return
    with ThreadPoolExecutor(revision.store.readers) as pool:
        yield from chain.from_iterable(pool.map(check, files))


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
