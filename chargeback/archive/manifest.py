"""The manifest of a revision: what it holds, byte for byte, what came out, and which manifest it follows.

``manifest.json`` names every file but itself and ``SHA256SUMS``; ``SHA256SUMS`` names every file but itself, so that
``sha256sum -c`` proves a revision without this program. The manifest of a large month is a tree (schema 2): it names
its parts, ``manifests/0001.json`` and so on, and each part names files, so that who proves one account needs one part
(decision record 19). An archive is hostile when it is read: nothing in a manifest is believed before it is checked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain, pairwise
from typing import Any, NoReturn

from msgspec import Struct
from msgspec.structs import asdict

from chargeback.archive.boundary import LARGEST_MANIFEST
from chargeback.errors import ConfigurationError, DamagedError, SchemaError
from chargeback.evidence.period import Period
from chargeback.evidence.records import canonical_json
from chargeback.model.manifest_division import PARTS_FOLDER, part_path, place_of

MANIFEST_PATH = "manifest.json"
SUMS_PATH = "SHA256SUMS"
SCHEMA = 1
"""Of a manifest that names the files itself."""
TREE_SCHEMA = 2
"""Of a manifest that names parts, and of each part."""
STATUSES = ("reconciled", "exceptions")

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_LONGEST_PATH = 1024
_LONGEST_PART = 255

_PART = rb"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}+"
_PATH = rb'(?!(?:manifest\.json|SHA256SUMS|manifests)["/])%s(?:/%s){0,8}+' % (_PART, _PART)
_ROW = (
    rb'    \{\n      "path": "%s",\n      "sha256": "[0-9a-f]{64}",\n      "size": (?:0|[1-9][0-9]{0,17})\n    \}'
    % _PATH
)
_PLAIN_FILES = re.compile(rb'(?<=\n  "files": \[)\n%s(?:,\n%s)*+\n  (?=\])' % (_ROW, _ROW))
"""The list of files as ``to_json`` writes it, of paths in plain letters and short parts."""
_MARK = b"the files are read apart"


class FileRecord(Struct, frozen=True):
    """One file of a revision; ``path`` relative to it, with ``/``; ``size`` in bytes; ``sha256`` in lower-case hex."""

    path: str
    size: int
    sha256: str


class ManifestPart(Struct, frozen=True):
    """One part of a manifest that is a tree: ``path``, ``size`` and ``sha256`` of the file that names the files;
    ``files`` counts them, ``first`` and ``last`` are the paths at its ends, in the order of ``place_of``."""

    path: str
    size: int
    sha256: str
    files: int
    first: str
    last: str

    @property
    def record(self) -> FileRecord:
        """The part as a file."""
        return FileRecord(self.path, self.size, self.sha256)


class ManifestTotal(Struct, frozen=True):
    """The month's total in one currency, written with its minor digits; gross = net + tax."""

    currency: str
    net: str
    tax: str
    gross: str


class Manifest(Struct, frozen=True):
    """A revision's manifest (INTERFACE, archive).

    ``status`` is "reconciled" or "exceptions"; ``version`` the chargeback that wrote it; ``created`` an RFC 3339
    instant; ``previous`` the SHA-256 of the manifest written before this one in the whole archive, None for the first;
    ``files`` in order of path; none where there are ``parts``, which name them.
    """

    period: Period
    revision: int
    status: str
    version: str
    created: str
    endpoint: str
    previous: str | None
    totals: tuple[ManifestTotal, ...]
    files: tuple[FileRecord, ...] = ()
    parts: tuple[ManifestPart, ...] = ()

    def to_json(self) -> bytes:
        """The bytes of ``manifest.json``: sorted keys, two spaces, UTF-8, one newline at the end."""
        value = asdict(self)
        del value["files" if self.parts else "parts"]
        return canonical_json({"schema": TREE_SCHEMA if self.parts else SCHEMA, **value})


def part_json(files: Iterable[FileRecord]) -> bytes:
    """The bytes of a part that names these files, spelled as the manifest is."""
    return canonical_json({"schema": TREE_SCHEMA, "files": list(files)})


def sums_lines(
    files: Iterable[FileRecord], manifest_sha256: str, parts: Iterable[ManifestPart] = ()
) -> Iterator[bytes]:
    """The lines of ``SHA256SUMS`` for ``sha256sum -c``, one a file, ``manifest.json`` too: in order of path; for a tree
    from the top down: the manifest, its parts, then the files in the order in which the parts name them."""
    manifest, named = FileRecord(MANIFEST_PATH, 0, manifest_sha256), [part.record for part in parts]
    ordered = chain([manifest], named, files) if named else sorted([*files, manifest], key=lambda record: record.path)
    return map(sums_line, ordered)


def sums_line(record: FileRecord) -> bytes:
    """The line of ``SHA256SUMS`` for a file."""
    return f"{record.sha256}  {record.path}\n".encode()


def is_sha256(text: object) -> bool:
    """Whether this is a SHA-256 in lower-case hex."""
    return isinstance(text, str) and _SHA256.fullmatch(text) is not None


def is_safe_path(path: object) -> bool:
    """Whether this is a relative path that stays within its folder, that every tool reads alike, and that is none of
    the manifest's own."""
    if not isinstance(path, str) or not path.isprintable() or "\\" in path:
        return False
    if path.partition("/")[0] in (MANIFEST_PATH, SUMS_PATH, PARTS_FOLDER):
        return False
    try:
        parts = [part.encode() for part in path.split("/")]
    except UnicodeEncodeError:
        return False
    return len(path) <= _LONGEST_PATH and all(
        part not in (b"", b".", b"..") and len(part) <= _LONGEST_PART for part in parts
    )


def read_manifest(data: bytes, where: str) -> Manifest:
    """The manifest in these bytes; ``where`` is the file that is named in errors.

    ``SchemaError`` (exit 2) where a newer version wrote it; ``DamagedError`` (exit 7) where it is no manifest.
    """
    reader = _Reader(where)
    value, plain = _without_plain_files(reader, data)
    return _manifest(reader, value, plain)


def _without_plain_files(reader: _Reader, data: bytes) -> tuple[dict[str, Any], tuple[FileRecord, ...] | None]:
    """The object, and apart from it its list of files where that is written as this program writes it, else None.

    Of an archive of years most of the reading went into these rows, one by one; so they are read together, and all
    that is around them exactly. A mark in their place shows that it is the object's own list that was taken out.
    """
    found = None if _MARK in data else _PLAIN_FILES.search(data)
    if found is not None:
        with suppress(DamagedError):  # what is wrong around the list is reported with its place in the whole
            value = reader.decode(b'%s"%s"%s' % (data[: found.start()], _MARK, data[found.end() :]))
            if value.get("files") == [_MARK.decode()]:
                return value, tuple(_plain_files(found.group().decode()))
    return reader.decode(data), None


def _plain_files(rows: str) -> Iterator[FileRecord]:
    """The records of rows that ``_PLAIN_FILES`` matched: in each, ten quotes stand at the same places."""
    texts = rows.split('"')
    for path, sha256, size in zip(texts[3::10], texts[7::10], texts[10::10], strict=True):
        yield FileRecord(path, int(size[2 : size.index("\n")]), sha256)


def read_part(data: bytes, where: str, part: ManifestPart) -> tuple[FileRecord, ...]:
    """The files that a part of a tree names, in the order of ``place_of``; ``DamagedError`` (exit 7) where the bytes
    are no part, or not that of these files."""
    reader = _Reader(where)
    value, plain = _without_plain_files(reader, data)
    reader.take(value, "schema", lambda found: type(found) is int and found == TREE_SCHEMA, f"the schema {TREE_SCHEMA}")
    files = _files(reader, value, plain, place_of)
    if not files or (len(files), files[0].path, files[-1].path) != (part.files, part.first, part.last):
        said = f"{part.files} files from {_shown(part.first)} to {_shown(part.last)}"
        reader.fail(f"files: {len(files)} are named, expected {said}, as {MANIFEST_PATH} says")
    return files


def _manifest(reader: _Reader, value: dict[str, Any], plain: tuple[FileRecord, ...] | None) -> Manifest:
    schema = reader.take(value, "schema", lambda found: type(found) is int and found >= 1, "a schema number")
    if schema > TREE_SCHEMA:
        raise SchemaError(
            f"{reader.where}: schema {schema}, this version reads {TREE_SCHEMA} and earlier ones",
            remedy="upgrade chargeback",
        )
    return Manifest(
        period=Period.parse(reader.take(value, "period", _is_month, "a month as YYYY-MM")),
        revision=reader.take(value, "revision", lambda found: type(found) is int and found >= 1, "a number from 1"),
        status=reader.take(value, "status", lambda found: found in STATUSES, f"one of {', '.join(STATUSES)}"),
        version=reader.text(value, "version"),
        created=reader.text(value, "created"),
        endpoint=reader.text(value, "endpoint"),
        previous=reader.take(value, "previous", lambda found: found is None or is_sha256(found), "a SHA-256 or null"),
        totals=tuple(_total(reader, row) for row in reader.rows(value, "totals")),
        files=_files(reader, value, plain) if schema == SCHEMA else (),
        parts=_parts(reader, value) if schema == TREE_SCHEMA else (),
    )


def _total(reader: _Reader, row: dict[str, Any]) -> ManifestTotal:
    return ManifestTotal(*(reader.text(row, name) for name in ("currency", "net", "tax", "gross")))


def _files(
    reader: _Reader,
    value: dict[str, Any],
    plain: tuple[FileRecord, ...] | None,
    place: Callable[[str], Any] = lambda path: path,
) -> tuple[FileRecord, ...]:
    """The file records; in strict order of their places, so that none is there twice."""
    files = tuple(_file(reader, row) for row in reader.rows(value, "files")) if plain is None else plain
    for one, other in pairwise(files):
        if place(one.path) >= place(other.path):
            reader.fail(f"files: {other.path!r} comes after {one.path!r}, expected each path once, in order")
    return files


def _parts(reader: _Reader, value: dict[str, Any]) -> tuple[ManifestPart, ...]:
    """The parts, in order."""
    parts = tuple(_part(reader, row, number) for number, row in enumerate(reader.rows(value, "parts"), start=1))
    if problem := disorder(parts):
        reader.fail(f"parts: {problem}")
    return parts


def disorder(parts: Sequence[ManifestPart]) -> str:
    """What is wrong with the order of a tree's parts, "" where nothing is: there is one at least, and each begins
    behind the one before, so that no path can be in two."""
    if not parts:
        return "none is named, expected one at least"
    for part in parts:
        if place_of(part.first) > place_of(part.last) or (part.first == part.last) != (part.files == 1):
            return f"{part.path} of {part.files} files ends with {_shown(part.last)}, before it begins"
    for one, other in pairwise(parts):
        if place_of(one.last) >= place_of(other.first):
            return f"{other.path} begins with {_shown(other.first)}, before {one.path} ends"
    return ""


def _part(reader: _Reader, row: dict[str, Any], number: int) -> ManifestPart:
    path = part_path(number)
    size = reader.take(row, "size", lambda found: _is_number(found) and 0 < found <= LARGEST_MANIFEST, "a part's size")
    return ManifestPart(
        path=reader.take(row, "path", lambda found: found == path, path),
        size=size,
        sha256=reader.take(row, "sha256", is_sha256, "a SHA-256 in lower-case hex"),
        files=reader.take(row, "files", lambda found: _is_number(found) and 0 < found <= size, "a number of files"),
        first=reader.take(row, "first", is_safe_path, "a path within the revision"),
        last=reader.take(row, "last", is_safe_path, "a path within the revision"),
    )


def _is_number(found: object) -> bool:
    return type(found) is int


def _file(reader: _Reader, row: dict[str, Any]) -> FileRecord:
    return FileRecord(
        path=reader.take(row, "path", is_safe_path, "a path within the revision"),
        size=reader.take(row, "size", lambda found: type(found) is int and found >= 0, "a size in bytes"),
        sha256=reader.take(row, "sha256", is_sha256, "a SHA-256 in lower-case hex"),
    )


def _is_month(found: object) -> bool:
    try:
        return isinstance(found, str) and str(Period.parse(found)) == found
    except ConfigurationError:
        return False


class _Reader:
    """Takes checked values out of decoded JSON; what is wrong is a ``DamagedError`` that names the file."""

    def __init__(self, where: str) -> None:
        self.where = where

    def fail(self, problem: str) -> NoReturn:
        """Raise what is wrong with the file."""
        raise DamagedError(
            f"{self.where}: not a manifest: {problem}",
            remedy="restore the revision's folder from a backup; do not edit it",
        )

    def decode(self, data: bytes) -> dict[str, Any]:
        """The object in these bytes."""
        try:
            value = json.loads(data, object_pairs_hook=_without_duplicates)
        except (ValueError, RecursionError) as error:
            self.fail(f"not JSON ({error})")
        if not isinstance(value, dict):
            self.fail("not an object")
        return value

    def take(self, value: dict[str, Any], key: str, holds: Callable[[Any], bool], expected: str) -> Any:
        """The value under a key, checked."""
        found = value.get(key)
        if key not in value or not holds(found):
            self.fail(f"{key} is {_shown(found) if key in value else 'missing'}, expected {expected}")
        return found

    def text(self, value: dict[str, Any], key: str) -> str:
        """The text under a key."""
        return str(self.take(value, key, lambda found: isinstance(found, str), "a text"))

    def rows(self, value: dict[str, Any], key: str) -> list[dict[str, Any]]:
        """The list of objects under a key."""
        rows: list[dict[str, Any]] = self.take(value, key, _is_list_of_objects, "a list of objects")
        return rows


def _is_list_of_objects(found: object) -> bool:
    return isinstance(found, list) and all(isinstance(row, dict) for row in found)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key is there twice")
    return value


def _shown(found: object) -> str:
    return ascii(found)[:80]
