"""``chain/<n>.json``: the one object that makes a revision in object storage visible, and keeps every other run out.

A revision's files lie under its run's own prefix. The link names that place, the manifest by its sha256, the versions
of the objects where the bucket keeps versions, and the link before it. It is created last, and only if there is none of
that number: so it is the commit and the lock in one. What no link names is an orphan, and no part of the archive.

Of a revision of many files the link names ``versions/0001.json`` and so on, which lie among the revision's objects, and
these name the versions: every command reads every link.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from msgspec import Struct, field
from msgspec.structs import asdict, replace

from chargeback.archive.boundary import LARGEST_MANIFEST, damaged, interpreting, reading
from chargeback.archive.bucket import Bucket, Listed, WrittenObject
from chargeback.archive.file_system import storage_error
from chargeback.archive.manifest import ManifestPart, disorder, is_sha256
from chargeback.archive.manifest_parts import Parted
from chargeback.errors import SchemaError
from chargeback.evidence import are_those, sha256_of
from chargeback.evidence.period import Period
from chargeback.evidence.records import canonical_json
from chargeback.model.archive_overview import RevisionName
from chargeback.model.manifest_division import place_of

FOLDER = "chain"
SCHEMA = 1
DIVIDED_SCHEMA = 2
"""Of a link that names lists of versions, and of each list."""
READERS = 16
"""Links that are read at a time."""

_NAME = re.compile(r"chain/([1-9]\d{0,8})\.json", re.ASCII)
_PLACE = re.compile(r"(\d{4}-\d{2}/r[1-9]\d{0,8})-[0-9a-f]{16}", re.ASCII)


class Commit(Struct, frozen=True):
    """One link. ``place`` is where the revision's files lie, ``manifest`` and ``previous`` are sha256 of manifests;
    ``files`` have version and tag of each object, empty where the bucket keeps no versions; ``before`` is the link
    before: its sha256, and its version. ``lists`` are those that say what ``files`` has, each with its own version and
    tag; none where the link says it itself."""

    number: int
    name: RevisionName
    manifest: str
    previous: str | None
    place: str
    before: tuple[str, str | None] | None = None
    files: Mapping[str, WrittenObject] = field(default_factory=dict)
    lists: Mapping[ManifestPart, WrittenObject] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The object that it is."""
        return f"{FOLDER}/{self.number}.json"

    def to_json(self) -> bytes:
        """The link's bytes."""
        before = None if self.before is None else {"sha256": self.before[0], "version": self.before[1]}
        if self.lists:
            versions: Any = [{**asdict(part), **written._asdict()} for part, written in self.lists.items()]
        else:
            versions = {path: written._asdict() for path, written in self.files.items()}
        return canonical_json(
            {
                "schema": DIVIDED_SCHEMA if self.lists else SCHEMA,
                "number": self.number,
                "period": str(self.name.period),
                "revision": self.name.number,
                "manifest": self.manifest,
                "previous": self.previous,
                "place": self.place,
                "link_before": before,
                "lists" if self.lists else "files": versions,
            }
        )

    @classmethod
    def from_json(cls, data: bytes) -> Commit:
        """The link in these bytes, without ``files`` where lists say them; ``ValueError`` and its kin where it is none,
        ``SchemaError`` where it is newer."""
        value = json.loads(data)
        schema = value["schema"]
        if type(schema) is int and schema > DIVIDED_SCHEMA:
            raise SchemaError(f"schema {schema}, this version reads {DIVIDED_SCHEMA}", remedy="upgrade chargeback")
        name = RevisionName(Period.parse(value["period"]), _whole(value["revision"]))
        before = value["link_before"]
        commit = cls(
            number=_whole(value["number"]),
            name=name,
            manifest=value["manifest"],
            previous=value["previous"],
            place=value["place"],
            before=None if before is None else (before["sha256"], _text_or_none(before["version"])),
            files={} if schema == DIVIDED_SCHEMA else _versions(value["files"]),
            lists=_lists(value["lists"]) if schema == DIVIDED_SCHEMA else {},
        )
        place = _PLACE.fullmatch(commit.place)
        if not is_sha256(commit.manifest) or not (commit.previous is None or is_sha256(commit.previous)):
            raise ValueError("a sha256 is none")
        if place is None or place[1] != str(name):
            raise ValueError("the place is not one of the revision")
        return commit


class Commits:
    """The links of one archive, read once: what a command sees of a chain does not change under it."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket
        self._read: dict[int, tuple[Commit, str, WrittenObject]] | None = None

    def all(self) -> list[Commit]:
        """The links in order; ``DamagedError`` where one is none, or not the one that the next one names;
        ``StorageError`` where the bucket cannot be read."""
        return [commit for _, (commit, _, _) in sorted(self._links().items())]

    def of(self, name: str) -> Commit | None:
        """The link of a revision (``2026-05/r1``); None if there is none."""
        return next((commit for commit in self.all() if str(commit.name) == name), None)

    def following(self) -> tuple[int, tuple[str, str | None] | None]:
        """The number of the next link, and what that one says of the newest."""
        links = self._links()
        if not links:
            return 1, None
        _, sha256, written = links[max(links)]
        return max(links) + 1, (sha256, written.version)

    def add(self, commit: Commit, written: WrittenObject) -> None:
        """Keep a link that was created just now."""
        self._links()[commit.number] = (commit, sha256_of(commit.to_json()), written)

    def _links(self) -> dict[int, tuple[Commit, str, WrittenObject]]:
        if self._read is None:
            numbers = self._numbers()
            with self.bucket.threads(READERS) as pool:
                read = dict(zip(numbers, pool.map(self._link, numbers), strict=True))
            self._refuse_changed(read)
            self._read = read
        return self._read

    def _numbers(self) -> list[int]:
        try:
            listed = self.bucket.objects(FOLDER)
        except OSError as error:
            raise storage_error(self.bucket.address, error) from error
        return sorted(int(match[1]) for each in listed if (match := _NAME.fullmatch(each.key)))

    def _link(self, number: int) -> tuple[Commit, str, WrittenObject]:
        key = f"{FOLDER}/{number}.json"
        where = self.bucket.address / key
        with reading(where):
            data, written = self.bucket.read_written(key, LARGEST_MANIFEST)
        with interpreting(where, "not a link of the chain"):
            commit = Commit.from_json(data)
        if commit.number != number:
            raise damaged(where, f"is the link {commit.number}")
        if commit.lists:
            commit = replace(commit, files=Parted(tuple(commit.lists), partial(self._listed, commit)))
        return commit, sha256_of(data), written

    def _listed(self, commit: Commit, part: ManifestPart) -> dict[str, WrittenObject]:
        """What one list of a link says; ``DamagedError`` where it is not what the link names, or none."""
        key = f"{commit.place}/{part.path}"
        where = self.bucket.address / key
        with reading(where):
            data = self.bucket.read(key, part.size, commit.lists[part].version)
        if not are_those(data, part.size, part.sha256):
            raise damaged(where, f"not the bytes that {commit.key} names")
        with interpreting(where, "not a list of versions"):
            files = _versions(json.loads(data)["files"])
            ends = sorted(files, key=place_of)
            if (len(files), *ends[:1], *ends[-1:]) != (part.files, part.first, part.last):
                raise ValueError(f"it has other files than {commit.key} says")
        return files

    def _refuse_changed(self, read: Mapping[int, tuple[Commit, str, WrittenObject]]) -> None:
        """Each link but the newest is there, and is the one and version that the next names; no revision has two."""
        for number, (commit, _, _) in read.items():
            if commit.before is None or number == min(read):  # what the first one follows was moved away
                continue
            where = self.bucket.address / f"{FOLDER}/{number - 1}.json"
            was = commit.before[1] or commit.before[0]
            if number - 1 not in read:
                raise damaged(where, f"is gone, or a delete marker hides it: {number} names {was}")
            _, sha256, written = read[number - 1]
            if commit.before[0] != sha256 or (commit.before[1] and commit.before[1] != written.version):
                raise damaged(where, f"was replaced: {written.version or sha256} lies over {was}, which {number} names")
        names = [commit.name for commit, _, _ in read.values()]
        for name in names:
            if names.count(name) > 1:
                raise damaged(self.bucket.address / FOLDER, f"{name} has two links")


def orphans(bucket: Bucket, commits: Iterable[Commit]) -> dict[str, list[Listed]]:
    """What lies under a run's prefix that no link names: the objects by prefix; a run at work has some too."""
    named = {commit.place for commit in commits}
    found: dict[str, list[Listed]] = {}
    for listed in bucket.objects():
        place = "/".join(listed.key.split("/")[:2])
        if _PLACE.fullmatch(place) and place not in named:
            found.setdefault(place, []).append(listed)
    return found


def list_path(number: int) -> str:
    """The object of a link's list of versions, among those of the revision; the first has the number 1."""
    return f"versions/{number:04}.json"


def list_json(files: Mapping[str, WrittenObject]) -> bytes:
    """The bytes of a list of versions."""
    return canonical_json({"schema": DIVIDED_SCHEMA, "files": {path: each._asdict() for path, each in files.items()}})


def _versions(value: Mapping[str, Any]) -> dict[str, WrittenObject]:
    return {path: _written(each) for path, each in value.items()}


def _lists(rows: list[dict[str, Any]]) -> dict[ManifestPart, WrittenObject]:
    """The lists of versions, in the order of a manifest's parts."""
    lists: dict[ManifestPart, WrittenObject] = {}
    for number, row in enumerate(rows, start=1):
        part = ManifestPart(*(row[name] for name in ManifestPart.__struct_fields__))
        if part.path != list_path(number) or not is_sha256(part.sha256):
            raise ValueError(f"its list {number} is none")
        if not _whole(part.files) <= _whole(part.size) <= LARGEST_MANIFEST:
            raise ValueError(f"its list {number} has another size than a list has")
        lists[part] = _written(row)
    if problem := disorder(tuple(lists)):
        raise ValueError(f"its lists: {problem}")
    return lists


def _written(value: Any) -> WrittenObject:
    return WrittenObject(_text_or_none(value["version"]), _text_or_none(value["tag"]))


def _text_or_none(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError("a text was expected")
    return value


def _whole(value: object) -> int:
    if type(value) is not int or value < 1:
        raise ValueError("a number from 1 was expected")
    return value
