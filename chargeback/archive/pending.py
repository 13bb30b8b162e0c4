"""Reports that were proved by a run which could not close the month yet (BOOKING 3): kept until the month closes.

In a folder ``pending/<period>/<account>/answer.json`` is the answer's row of the index; it names its body,
``<sha256>.json`` beside it. The body is written first and the row replaced in one step: there is always a whole report,
the new or the old one. In object storage ``pending/<period>/<account>/<sha256>.json`` is row and body in one object
that is never replaced: the latest report counts, and the others are removed after it was created.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from chargeback.archive.boundary import reading
from chargeback.archive.bucket import Bucket
from chargeback.archive.file_system import (
    FileSystem,
    ensure_folder,
    remove_quietly,
    remove_tree,
    replace_file,
    scratch_name,
    storage_error,
    storage_errors,
)
from chargeback.archive.manifest import is_safe_path, is_sha256
from chargeback.archive.no_follow import read_inside
from chargeback.archive.store import ArchiveStore, is_litter
from chargeback.config.address import Place
from chargeback.errors import ChargebackError, DamagedError
from chargeback.evidence import Answer, sha256_of
from chargeback.evidence.period import Period
from chargeback.evidence.records import canonical_json
from chargeback.evidence.stores import LARGEST_FILE
from chargeback.model.file_names import safe_name

ROW_NAME = "answer.json"
_LARGEST_ROW = 1 << 20
_TEXTS = ("account", "function", "endpoint", "requested_at")


class PendingReport(Struct, frozen=True):
    """A report's row of the index, with its original ``requested_at``, and the bytes received."""

    answer: Answer
    body: bytes


class PendingReports:
    """The archive's ``pending/``; writing and removing need the archive's lock, reading does not."""

    def __init__(self, root: Path, file_system: FileSystem | None = None) -> None:
        self._root = root
        self._file_system = file_system or FileSystem()

    def store(self, period: Period, answer: Answer, body: bytes) -> None:
        """Keep an account's proved report, in place of an earlier one of the month; ``StorageError`` where it fails."""
        row = asdict(answer)
        if not _is_row(row) or (len(body), sha256_of(body)) != (answer.size, answer.sha256):
            raise ChargebackError(f"{answer.path}: row and body of a report do not fit (a bug)")
        folder = self._make_folder(period, answer.account)
        self._replace(folder / _body_name(answer), body)
        self._replace(folder / ROW_NAME, canonical_json({"schema": 1, **row}))
        self._remove_others(folder, {ROW_NAME, _body_name(answer)})

    def read(self, period: Period) -> dict[str, PendingReport]:
        """The reports kept for a month, by account; ``DamagedError`` where one is not what was stored."""
        folder = self._root / "pending" / str(period)
        names = self._names(folder)
        reports = [report for name in names if (report := self._read_one(period, name)) is not None]
        return {report.answer.account: report for report in reports}

    def periods(self) -> tuple[Period, ...]:
        """The months for which reports are kept, in order; other names in ``pending/`` are ignored."""
        found = []
        for name in self._names(self._root / "pending"):
            with suppress(ChargebackError):
                found.append(Period.parse(name))
        return tuple(found)

    def remove(self, period: Period) -> None:
        """Remove a month's reports, all in one step: the month is closed, its revision holds them."""
        folder = self._root / "pending" / str(period)
        scratch = scratch_name(self._root)
        with storage_errors(folder):
            try:
                self._file_system.rename(folder, scratch)
            except FileNotFoundError:
                return
            remove_tree(self._file_system, scratch)
        with suppress(OSError):
            self._file_system.remove_folder(folder.parent)

    def _make_folder(self, period: Period, account: str) -> Path:
        folder = self._root
        for part in ("pending", str(period), safe_name(account)):
            folder = folder / part
            ensure_folder(self._file_system, folder)
        return folder

    def _remove_others(self, folder: Path, kept: set[str]) -> None:
        for name in self._names(folder):
            if name not in kept:
                remove_quietly(self._file_system, folder / name)

    def _replace(self, path: Path, data: bytes) -> None:
        replace_file(self._file_system, path, data, scratch_name(self._root))

    def _names(self, folder: Path) -> list[str]:
        try:
            names = (entry.name for entry in folder.iterdir())
            return sorted(name for name in names if not name.startswith(".") and not is_litter(name))
        except FileNotFoundError:
            return []
        except NotADirectoryError as error:
            raise _damaged(folder, "not a folder") from error
        except OSError as error:
            raise storage_error(folder, error) from error

    def _read_one(self, period: Period, name: str) -> PendingReport | None:
        """One account's report; None where a dead run got no further than its folder."""
        place = f"pending/{period}/{name}"
        row = self._read_file(f"{place}/{ROW_NAME}", _LARGEST_ROW, missing_is_none=True)
        if row is None:
            return None
        answer = _answer(self._root / place / ROW_NAME, row)
        if safe_name(answer.account) != name:
            raise _damaged(self._root / place, f"holds a report of {answer.account!a}")
        return PendingReport(answer, self._body(place, answer))

    def _body(self, place: str, answer: Answer) -> bytes:
        path = f"{place}/{_body_name(answer)}"
        body = self._read_file(path, min(answer.size, LARGEST_FILE)) or b""
        if (len(body), sha256_of(body)) != (answer.size, answer.sha256):
            raise _damaged(self._root / path, "not the bytes that its row names")
        return body

    def _read_file(self, path: str, largest: int, *, missing_is_none: bool = False) -> bytes | None:
        with reading(self._root / path):
            try:
                return read_inside(self._root, path, largest)
            except FileNotFoundError:
                if missing_is_none:
                    return None
                raise


class PendingObjects:
    """The ``pending/`` of an archive in object storage."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def store(self, period: Period, answer: Answer, body: bytes) -> None:
        """Keep an account's proved report, in place of earlier ones of the month; ``StorageError`` where it fails."""
        row = asdict(answer)
        if not _is_row(row) or (len(body), sha256_of(body)) != (answer.size, answer.sha256):
            raise ChargebackError(f"{answer.path}: row and body of a report do not fit (a bug)")
        data = canonical_json({"schema": 2, "answer": row, "body": base64.b64encode(body).decode()})
        folder = f"pending/{period}/{safe_name(answer.account)}"
        key = f"{folder}/{sha256_of(data)}.json"
        with storage_errors(self._bucket.address / key):
            self._bucket.create(key, data)
            earlier = [listed.key for listed in self._bucket.objects(folder) if listed.key != key]
            self._bucket.delete(each for each in earlier if self._is_earlier(each, answer))

    def read(self, period: Period) -> dict[str, PendingReport]:
        """The reports kept for a month, by account, each the latest; ``DamagedError`` where one is not what was
        stored."""
        found: dict[str, PendingReport] = {}
        for key in self._keys(f"pending/{period}"):
            report = self._read_one(key)
            before = found.get(report.answer.account)
            if before is None or before.answer.requested_at < report.answer.requested_at:
                found[report.answer.account] = report
        return found

    def periods(self) -> tuple[Period, ...]:
        """The months for which reports are kept, in order."""
        found = set()
        for key in self._keys("pending"):
            with suppress(ChargebackError):
                found.add(Period.parse(key.split("/")[1]))
        return tuple(sorted(found))

    def remove(self, period: Period) -> None:
        """Remove a month's reports: the month is closed, its revision holds them."""
        folder = f"pending/{period}"
        with storage_errors(self._bucket.address / folder):
            self._bucket.delete(self._keys(folder))

    def _keys(self, folder: str) -> list[str]:
        with storage_errors(self._bucket.address / folder):
            listed = self._bucket.objects(folder)
        return [each.key for each in listed if each.key.count("/") == 3 and not is_litter(each.key)]

    def _is_earlier(self, key: str, answer: Answer) -> bool:
        """Whether this report may go; one that is none is left for a person."""
        with suppress(ChargebackError):
            return self._read_one(key).answer.requested_at <= answer.requested_at
        return False

    def _read_one(self, key: str) -> PendingReport:
        where = self._bucket.address / key
        with reading(where):
            data = self._bucket.read(key, 2 * LARGEST_FILE)
        try:
            value = json.loads(data)
            body = base64.b64decode(value["body"], validate=True)
            if value["schema"] != 2 or not _is_row(value["answer"]):
                raise _damaged(where, "not a report that was kept")
            answer = Answer(**value["answer"])
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise _damaged(where, f"not a report that was kept ({error})") from error
        name = key.split("/")
        if name[2] != safe_name(answer.account) or name[3] != f"{sha256_of(data)}.json":
            raise _damaged(where, "not the report of its name")
        if (len(body), sha256_of(body)) != (answer.size, answer.sha256):
            raise _damaged(where, "not the bytes that its row names")
        return PendingReport(answer, body)


def pending_reports(archive: ArchiveStore) -> PendingReports | PendingObjects:
    """The archive's ``pending/``, to be read."""
    from chargeback.archive.object_store import ObjectStore

    if isinstance(archive, ObjectStore):
        return PendingObjects(archive.bucket)
    return PendingReports(Path(str(archive.place)))


def _body_name(answer: Answer) -> str:
    return f"{answer.sha256}.json"


def _answer(path: Path, data: bytes) -> Answer:
    """The row of the index in these bytes, each value of its type."""
    try:
        value: dict[str, Any] = json.loads(data)
        if value.pop("schema") != 1 or not _is_row(value):
            raise _damaged(path, "not a row of the index")
        return Answer(**value)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _damaged(path, f"not a row of the index ({error})") from error


def _is_row(value: Mapping[str, Any]) -> bool:
    return (
        set(value) == set(Answer.__struct_fields__)
        and all(isinstance(value[name], str) for name in _TEXTS)
        and all(type(value[name]) is int and value[name] >= 0 for name in ("status", "size"))
        and isinstance(value["request"], dict)
        and (value["date"] is None or isinstance(value["date"], str))
        and is_safe_path(value["path"])
        and is_sha256(value["sha256"])
    )


def _damaged(path: Place, problem: str) -> DamagedError:
    return DamagedError(
        f"{path}: {problem}",
        remedy="move it out of the archive: the report is asked for again while the platform has it",
    )
