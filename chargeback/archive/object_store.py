"""An archive in object storage, read like a folder: months and revisions from the chain's links, files by their place.

``2026-05/r1/ledgers/all.csv`` is the object ``ledgers/all.csv`` under the prefix that the revision's link names, in the
version that it names. ``signatures.csv`` and the other registers are made of ``signatures/<n>.json``, a line each.
"""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Iterator
from io import BufferedReader
from itertools import chain

from chargeback.archive.boundary import damaged, interpreting, reading
from chargeback.archive.bucket import Bucket, open_bucket
from chargeback.archive.commits import Commit, Commits
from chargeback.archive.file_system import storage_error
from chargeback.archive.manifest import MANIFEST_PATH
from chargeback.archive.no_follow import OversizedError
from chargeback.config.address import Address
from chargeback.errors import SchemaError
from chargeback.evidence import sha256_of
from chargeback.evidence.records import canonical_json

REGISTERS = ("signatures", "dispositions", "deliveries")
"""What is only ever appended to: a folder of lines, and a CSV file that is made of them for people."""

_REVISION = re.compile(r"(\d{4}-\d{2}/r[1-9]\d{0,8})(?:/(.+))?", re.ASCII)
_MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)
_LARGEST_LINE = 1 << 20


class ObjectStore:
    """An archive in a bucket, or a folder of one; what it sees of the chain does not change."""

    def __init__(self, place: Address, commits: Commits | None = None) -> None:
        self.place = place
        self.commits = commits or Commits(open_bucket(place))
        self._beside: set[str] | None = None
        self._lines: dict[str, tuple[bytes, bytes]] = {}  # a line is created once and never changes

    @property
    def bucket(self) -> Bucket:
        """The bucket."""
        return self.commits.bucket

    def require(self) -> None:
        """``StorageError`` where the bucket cannot be listed; a prefix without a chain is an empty archive."""
        self.commits.all()

    def at(self, folder: str) -> ObjectStore:
        """The folder within."""
        return ObjectStore(self.place / folder, self.commits)

    def names(self, folder: str = "") -> list[str]:
        """The months that have a revision and what else lies beside them; the revisions of a month."""
        if self._path(folder):
            month = f"{self._path(folder)}/"
            names = [str(each.name) for each in self._commits()]
            return sorted(name.removeprefix(month) for name in names if name.startswith(month))
        return sorted({*(str(each.name.period) for each in self._commits()), *self._others()})

    readers = 16

    def folder(self) -> str | None:
        """The prefix of the run that wrote the revision."""
        return self._revision().place

    def walk(self) -> Iterator[tuple[str, bool]]:
        """Each object of the revision; the lists of versions are the link's."""
        commit = self._revision()
        start, lists = len(commit.place) + 1, {part.path for part in commit.lists}
        paths = (listed.key[start:] for listed in self.bucket.objects(commit.place))
        return ((path, True) for path in paths if path not in lists)

    def open(self, path: str) -> BufferedReader:
        """The object, in the version that the revision's link names."""
        return self.bucket.open(*self._object(path))

    def read(self, path: str, largest: int) -> bytes:
        """The object's bytes; those of a register are made of its lines."""
        if self._path(path).removesuffix(".csv") in REGISTERS:
            header, lines = self.register_lines(path)
            if not lines:
                raise FileNotFoundError(errno.ENOENT, "no line yet", path)
            data = b"".join((header, *lines))
            if len(data) > largest:
                raise OversizedError(path, len(data), largest)
            return data
        key, version = self._object(path)
        data = self.bucket.read(key, largest, version)
        if path == MANIFEST_PATH and (commit := self._revision()).manifest != sha256_of(data):
            raise damaged(self.place / path, f"not the manifest that {commit.key} names")
        return data

    def hidden(self) -> Iterator[tuple[str, str]]:
        """Objects of a revision over which another version or a marker lies: path, and what lies there. Those that
        were written are there still, and are what ``read`` gives."""
        commit = self._revision()
        if not any(each.version for each in commit.files.values()):
            return
        start = len(commit.place) + 1
        present = {listed.key[start:]: listed.tag for listed in self.bucket.objects(commit.place)}
        lists = ((part.path, written) for part, written in commit.lists.items())
        for path, written in chain(commit.files.items(), lists):
            if path not in present:
                yield path, f"a delete marker hides it; version {written.version}, as it was written, is there"
            elif present[path] != written.tag:
                yield path, f"another object ({present[path]}) lies over version {written.version}, which is there"

    def register_lines(self, path: str) -> tuple[bytes, list[bytes]]:
        """A register's header and its lines; "" and none where it has no line yet; ``DamagedError`` where one of its
        lines is missing or none."""
        folder = path.removesuffix(".csv")
        name = re.compile(rf"{folder}/([1-9]\d{{0,8}})\.json", re.ASCII)
        numbers = [int(match[1]) for each in self.bucket.objects(folder) if (match := name.fullmatch(each.key))]
        for number in range(1, max(numbers, default=0) + 1):
            if (key := f"{folder}/{number}.json") not in self._lines:
                self._lines[key] = self._line(key)
        read = [self._lines[f"{folder}/{number}.json"] for number in range(1, max(numbers, default=0) + 1)]
        header = read[0][0] if read else b""
        for number, (each, _) in enumerate(read, start=1):
            if each != header:
                raise damaged(self.place / f"{folder}/{number}.json", "has another header than the first line")
        return header, [line for _, line in read]

    def _line(self, key: str) -> tuple[bytes, bytes]:
        where = self.place / key
        with reading(where):
            data = self.bucket.read(key, _LARGEST_LINE)
        with interpreting(where, "not a line of the register"):
            value = json.loads(data)
            if value["schema"] != 1:
                raise SchemaError(f"{where}: schema {value['schema']!a:.20}", remedy="upgrade chargeback")
            return value["header"].encode(), value["line"].encode()

    def _others(self) -> set[str]:
        """What lies beside the months and is not hidden, asked for once."""
        if self._beside is None:
            try:
                names = self.bucket.names()
            except OSError as error:
                raise storage_error(self.place, error) from error
            own = ("chain", *REGISTERS)
            self._beside = {
                name for name in names if not (_MONTH.fullmatch(name) or name in own or name.startswith("."))
            }
        return self._beside

    def _commits(self) -> list[Commit]:
        return self.commits.all()

    def _path(self, path: str) -> str:
        return f"{self.place.inside}/{path}".strip("/")

    def _revision(self) -> Commit:
        match = _REVISION.fullmatch(self.place.inside)
        commit = self.commits.of(match[1]) if match else None
        if commit is None:
            raise FileNotFoundError(errno.ENOENT, "no such revision", str(self.place))
        return commit

    def _object(self, path: str) -> tuple[str, str | None]:
        """The object that a path within the archive means, and its version."""
        match = _REVISION.fullmatch(self._path(path))
        if match is None or not match[2]:
            return self._path(path), None
        commit = self.commits.of(match[1])
        if commit is None:
            raise FileNotFoundError(errno.ENOENT, "no such revision", path)
        written = commit.files.get(match[2])
        return f"{commit.place}/{match[2]}", written.version if written else None


def register_line(header: bytes, line: bytes) -> bytes:
    """The object of one line of a register."""
    return canonical_json({"schema": 1, "header": header.decode(), "line": line.decode()})
