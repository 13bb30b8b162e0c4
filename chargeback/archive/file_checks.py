"""Every file of a revision against its manifest: missing, added, changed, of another size, not a regular file."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from functools import partial
from itertools import chain
from typing import NamedTuple, Protocol

from msgspec import Struct

from chargeback.archive.boundary import RESTORE, largest
from chargeback.archive.file_system import storage_error
from chargeback.archive.manifest import (
    MANIFEST_PATH,
    SUMS_PATH,
    FileRecord,
    ManifestPart,
    read_part,
    sums_line,
    sums_lines,
)
from chargeback.archive.no_follow import NotRegularError, OversizedError
from chargeback.archive.revision import Revision
from chargeback.archive.store import is_litter, litter, size_of
from chargeback.errors import DamagedError
from chargeback.evidence import sha256_of
from chargeback.model.manifest_division import place_of

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


class CheckedPart(NamedTuple):
    """What a part of a manifest came to: what is wrong with it and with what lies between its ends; size and SHA-256 of
    the lines that ``SHA256SUMS`` has of it, None where it is damaged."""

    findings: list[FileFinding]
    sums: tuple[int, str] | None = None


class Divide(Protocol):
    """Who does the parts of a tree: what ``check`` finds in each, in their order."""

    def __call__(
        self, check: Callable[[ManifestPart], CheckedPart], parts: Sequence[ManifestPart], /
    ) -> Iterator[CheckedPart]:
        """What each part came to."""


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
    manifest, parts = revision.manifest, revision.manifest.parts
    named = {MANIFEST_PATH, SUMS_PATH, *(record.path for record in manifest.files), *(part.path for part in parts)}
    between, outside = _by_part(parts, present.keys() - named)
    findings = list(_added(revision, present, outside))
    findings += _check_files(revision, manifest.files, on_file)
    sums: list[tuple[int, str] | None] = [_control(sums_lines(manifest.files, revision.sha256, parts))]
    check = partial(_check_part, revision, present, between)
    for part, checked in zip(parts, divide(check, parts), strict=True):
        on_file(f"{revision.name}/{part.path}")
        findings += checked.findings
        sums.append(checked.sums)
    findings += _check_proof(revision, sums)
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


def _by_part(parts: Sequence[ManifestPart], paths: Iterable[str]) -> tuple[dict[str, list[str]], list[str]]:
    """The paths that each part would name, by its own path; and those that none would."""
    between: dict[str, list[str]] = {part.path: [] for part in parts}
    outside: list[str] = []
    begin = [place_of(part.first) for part in parts]
    for path in paths:
        place = place_of(path)
        number = bisect_right(begin, place) - 1
        is_within = number >= 0 and place <= place_of(parts[number].last)
        (between[parts[number].path] if is_within else outside).append(path)
    return between, outside


def _added(revision: Revision, present: Mapping[str, bool], paths: Iterable[str]) -> Iterator[FileFinding]:
    """What lies in the revision and is not in its manifest, litter aside."""
    for path in paths:
        if not (present[path] and is_litter(path)):
            yield FileFinding(FileFindingKind.ADDED, f"{revision.name}/{path}", "not in the manifest", TAKE_OUT)


def _control(lines: Iterable[bytes]) -> tuple[int, str]:
    """Size and SHA-256 of lines."""
    size, digest = 0, hashlib.sha256()
    for line in lines:
        size += len(line)
        digest.update(line)
    return size, digest.hexdigest()


def _check_proof(revision: Revision, sums: Sequence[tuple[int, str] | None]) -> Iterator[FileFinding]:
    """``SHA256SUMS`` says the same as the manifest, and what the manifest itself is; nobody knows the former where a
    part is damaged, which is reported."""
    expected = [each for each in sums if each]
    is_known = len(expected) == len(sums)
    try:
        most = sum(size for size, _ in expected) if is_known else largest(SUMS_PATH)
        found = revision.store.read(SUMS_PATH, most)
    except OSError as error:
        yield _reading_finding(revision, SUMS_PATH, error)
        return
    if _names_another_manifest(revision, found):  # that is how a changed manifest shows, whatever else is
        yield _finding(revision, FileFindingKind.CHANGED, MANIFEST_PATH, f"{SUMS_PATH} names another checksum for it")
    elif is_known and not _is_of(found, expected):
        yield _finding(revision, FileFindingKind.CHANGED, SUMS_PATH, "not what the manifest says")


def _is_of(data: bytes, controls: Iterable[tuple[int, str]]) -> bool:
    """Whether the bytes are pieces of these sizes and checksums, one after the other."""
    start = 0
    for size, sha256 in controls:
        if sha256_of(data[start : start + size]) != sha256:
            return False
        start += size
    return start == len(data)


def _names_another_manifest(revision: Revision, sums: bytes) -> bool:
    named = {line for line in sums.split(b"\n") if line.endswith(f"  {MANIFEST_PATH}".encode())}
    return bool(named) and f"{revision.sha256}  {MANIFEST_PATH}".encode() not in named


def _check_part(
    revision: Revision, present: Mapping[str, bool], between: Mapping[str, Iterable[str]], part: ManifestPart
) -> CheckedPart:
    """A part of the manifest, which is read once, the files that it names, and what lies among them. Where the part is
    damaged, nothing else is looked at."""
    try:
        with revision.store.open(part.path) as file:
            size = size_of(file)
            data = file.read() if size == part.size else b""
    except OSError as error:
        return CheckedPart([_reading_finding(revision, part.path, error)])
    if wrong := list(_differences(revision, part.record, size, lambda: sha256_of(data))):
        return CheckedPart(wrong)
    where = str(revision.root / part.path)
    try:
        files = read_part(data, where, part)
    except DamagedError as error:
        detail = error.message.removeprefix(f"{where}: ")
        return CheckedPart([_finding(revision, FileFindingKind.MANIFEST, part.path, detail)])
    unnamed = set(between[part.path]).difference(record.path for record in files)
    findings = [*_added(revision, present, unnamed), *_check_files(revision, files)]
    return CheckedPart(findings, _control(map(sums_line, files)))


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
        yield from _differences(
            revision, record, size_of(file), lambda: hashlib.file_digest(file, "sha256").hexdigest()
        )


def _differences(revision: Revision, record: FileRecord, size: int, sha256: Callable[[], str]) -> Iterator[FileFinding]:
    """How a file of this size and checksum is another than the manifest says."""
    if size != record.size:
        detail = f"{size} bytes, the manifest says {record.size}"
        yield _finding(revision, FileFindingKind.WRONG_SIZE, record.path, detail)
    elif sha256() != record.sha256:
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
