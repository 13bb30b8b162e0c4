"""Small archives for the tests of this room, and a file system that fails at one call."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

from chargeback.archive.archive_writer import ArchiveWriter
from chargeback.archive.file_system import FileSystem
from chargeback.archive.locked_archive import open_for_writing
from chargeback.archive.manifest import Manifest, ManifestTotal
from chargeback.archive.reading import Archive
from chargeback.archive.revision import Revision
from chargeback.evidence import Answer, Evidence, MemoryStore, RunRecord, sha256_of
from chargeback.evidence.period import Period
from chargeback.model.file_names import safe_name

STARTED = "2026-06-03T01:00:00Z"

REPORT = b'{"ok":true,"result":{"range":"prev_month","list":[]}}'

FILES: dict[str, bytes] = {
    "config.toml": b'archive = "archive"\n',
    "index.html": b"<!doctype html><title>May</title>\n",
    "ledgers/all.csv": b"\xef\xbb\xbfperiod,account\r\n2026-05,ba_1\r\n",
    "ledgers/web.csv": b"\xef\xbb\xbfperiod,account\r\n",
    "invoices/ba_1/INV-2026-0009.pdf": b"%PDF-1.7\n",
    "reconciliation/reconciliation.json": b"{}\n",
    "evidence/ba_1/billing.report.json": REPORT,
    "exports/empty.csv": b"",
}


def answer(account: str = "ba_1", body: bytes = REPORT, path: str | None = None) -> Answer:
    """A report's row of the index."""
    return Answer(
        path=path or f"evidence/{safe_name(account)}/billing.report.json",
        account=account,
        function="billing.report",
        endpoint="https://api.deploys.app/",
        request={"id": account},
        requested_at="2026-06-01T01:00:00Z",
        date=None,
        status=200,
        size=len(body),
        sha256=sha256_of(body),
    )


def manifest(period: str = "2026-05", revision: int = 1, previous: str | None = None) -> Manifest:
    """A manifest without its files."""
    return Manifest(
        period=Period.parse(period),
        revision=revision,
        status="reconciled",
        version="0.1.0",
        created=STARTED,
        endpoint="https://api.deploys.app/",
        previous=previous,
        totals=(ManifestTotal("THB", "100.00", "7.00", "107.00"),),
    )


def seal(writer: ArchiveWriter, period: str = "2026-05", files: dict[str, bytes] | None = None) -> Revision:
    """Write the month's next revision at the end of the chain."""
    head = writer.archive.head()
    previous = None if head is None else head.sha256
    number = sum(str(name.period) == period for name in writer.archive.names()) + 1
    with writer.stage() as staging:
        chosen = FILES if files is None else files
        for path, data in chosen.items():
            staging.add(path, data)
        answers = (answer(),) if answer().path in chosen else ()
        run = RunRecord(Period.parse(period), STARTED, "https://api.deploys.app/", number, previous, ("ba_1",))
        staging.add("evidence/run.json", run.to_json())
        staging.add("evidence/index.json", Evidence(answers, run, MemoryStore()).index_json())
        return writer.seal(staging, manifest(period, number, previous))


def write_archive(root: Path, *periods: str) -> Archive:
    """An archive with a revision for each month named, in this order."""
    for period in periods:
        with open_for_writing(root, started=STARTED, file_system=QuickFileSystem()) as writer:
            seal(writer, period)
    return Archive(root)


CALLS = (
    "make_folder",
    "set_folder_mode",
    "create",
    "write",
    "set_mode",
    "close",
    "sync",
    "rename",
    "remove_file",
    "remove_folder",
    "open_lock",
    "truncate",
)
"""Every method of ``FileSystem``: a test compares."""


class QuickFileSystem(FileSystem):
    """Does not wait for the disk."""

    def sync(self, path: Path) -> None:
        """Fail where there is nothing to flush, as flushing would."""
        path.lstat()


class FailingFileSystem(QuickFileSystem):
    """Fails at the n-th call (from 1; 0 for never) and counts and names the calls."""

    def __init__(self, fail_at: int = 0, code: int = errno.ENOSPC) -> None:
        self.fail_at = fail_at
        self.code = code
        self.calls: list[str] = []
        self.lock = Lock()

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        return self.counted(name, found) if name in CALLS else found

    def counted(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        """The method, counted, and failing when it is its turn."""

        def call(*arguments: Any) -> Any:
            with self.lock:
                self.calls.append(name)
                fails = len(self.calls) == self.fail_at
            if fails:
                if name == "close":
                    method(*arguments)
                raise OSError(self.code, os.strerror(self.code))
            return method(*arguments)

        return call


def visible(root: Path) -> list[str]:
    """Every name below the archive that is not hidden, in order."""
    if not root.exists():
        return []
    paths = (path.relative_to(root) for path in root.rglob("*"))
    return sorted(str(path) for path in paths if not any(part.startswith(".") for part in path.parts))


def hidden(root: Path) -> list[str]:
    """Every hidden name of the archive but its lock."""
    return sorted(path.name for path in root.glob(".*") if path.name != ".lock")
