"""In which order effects reach the disk: what is visible is whole and flushed, or it is not visible.

A power failure keeps what was flushed, in no order for the rest. So each file and folder of a revision is flushed
before the one rename that shows it, and the names that the rename made after it; a replaced file likewise.
"""

from __future__ import annotations

from pathlib import Path
from threading import Barrier, Lock

import pytest

from chargeback.archive import boundary, staging
from chargeback.archive.file_system import FOLDER_MODE, OTHER_FILE_MODE, REVISION_FILE_MODE, FileSystem
from chargeback.archive.head_file import write_head_file
from chargeback.archive.locked_archive import open_for_writing
from chargeback.archive.manifest import MANIFEST_PATH, SUMS_PATH
from chargeback.errors import StorageError
from chargeback.evidence import RunRecord
from chargeback.evidence.period import Period
from tests.kit.archives import FILES, STARTED, QuickFileSystem, hidden, manifest, seal, visible, write_archive

Event = tuple[str, Path]


class TracingFileSystem(FileSystem):
    """Does everything and writes down, in order, what was written, flushed and renamed."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.lock = Lock()
        self.paths: dict[int, Path] = {}

    def note(self, what: str, path: Path) -> None:
        with self.lock:
            self.events.append((what, path))

    def create(self, path: Path) -> int:
        descriptor = super().create(path)
        self.paths[descriptor] = path
        return descriptor

    def write(self, descriptor: int, data: bytes | memoryview) -> None:
        super().write(descriptor, data)
        if descriptor in self.paths:
            self.note("write", self.paths[descriptor])

    def close(self, descriptor: int) -> None:
        super().close(descriptor)
        self.note("close", self.paths.pop(descriptor))

    def sync(self, path: Path) -> None:
        super().sync(path)
        self.note("sync", path)

    def rename(self, source: Path, target: Path) -> None:
        super().rename(source, target)
        self.note("rename", target)

    def places(self, what: str, path: Path) -> list[int]:
        """Where in the order that happened to the path."""
        return [place for place, event in enumerate(self.events) if event == (what, path)]


@pytest.mark.usefixtures("shape")
def test_every_file_and_folder_of_a_revision_is_flushed_before_it_is_visible_and_its_name_after(root: Path) -> None:
    system = TracingFileSystem()
    with open_for_writing(root, started=STARTED, file_system=system) as writer:
        revision = seal(writer)
    (renamed,) = system.places("rename", revision.root)
    stage = next(path for what, path in system.events if what == "write" and path.name == MANIFEST_PATH).parent
    parts = [part.path for part in revision.manifest.parts]
    paths = [*FILES, "evidence/run.json", "evidence/index.json", *parts, MANIFEST_PATH, SUMS_PATH]
    assert sorted(paths) == sorted([*revision.records, *parts, MANIFEST_PATH, SUMS_PATH])
    for path in paths:
        (closed,), (synced,) = system.places("close", stage / path), system.places("sync", stage / path)
        assert max(system.places("write", stage / path), default=-1) < closed < synced < renamed, path
    files_synced = max(place for path in paths for place in system.places("sync", stage / path))
    folders = {parent for path in paths for parent in (stage / path).parents if parent.is_relative_to(stage)}
    assert len(folders) == (9 if parts else 8)
    for folder in folders:
        (synced,) = system.places("sync", folder)
        assert files_synced < synced < renamed, folder
    after = [path for what, path in system.events[renamed + 1 :] if what == "sync"]
    assert after[:2] == [revision.root.parent, root], "the month's names, then, as the month is new, the archive's"


def test_a_second_revision_of_a_month_flushes_the_month_alone(root: Path) -> None:
    write_archive(root, "2026-05")
    system = TracingFileSystem()
    with open_for_writing(root, started=STARTED, file_system=system) as writer:
        revision = seal(writer)
    (renamed,) = system.places("rename", revision.root)
    assert [path for what, path in system.events[renamed + 1 :] if what == "sync"] == [revision.root.parent]


def test_a_replaced_file_is_flushed_before_it_gets_its_name_and_its_folder_after(root: Path) -> None:
    system = TracingFileSystem()
    with open_for_writing(root, started=STARTED, file_system=system) as writer:
        system.events.clear()
        assert writer.replace("usage/2026-05.csv", b"one")
    (scratch,) = {path for what, path in system.events if what == "write"}
    target = root / "usage/2026-05.csv"
    assert system.events[-5:] == [
        ("write", scratch), ("close", scratch), ("sync", scratch), ("rename", target), ("sync", target.parent)
    ]  # fmt: skip


def test_the_head_file_likewise(tmp_path: Path) -> None:
    system, path = TracingFileSystem(), tmp_path / "head"
    assert write_head_file(path, "0" * 64, system)
    assert [what for what, _ in system.events] == ["write", "close", "sync", "rename", "sync"]
    assert system.events[-1] == ("sync", tmp_path)


@pytest.mark.usefixtures("shape")
def test_modes_are_those_of_the_documents_whatever_the_umask(root: Path) -> None:
    import os

    before = os.umask(0o777)
    try:
        with open_for_writing(root, started=STARTED, file_system=QuickFileSystem()) as writer:
            revision = seal(writer)
            writer.replace("index.html", b"page")
            writer.replace("usage/2026-05.csv", b"usage")
    finally:
        os.umask(before)
    assert (REVISION_FILE_MODE, OTHER_FILE_MODE, FOLDER_MODE) == (0o440, 0o640, 0o750)
    for path in [root, *root.rglob("*")]:
        of_revision = path.is_relative_to(revision.root)
        expected = 0o750 if path.is_dir() else 0o440 if of_revision else 0o640
        assert path.stat().st_mode & 0o777 == expected, path


def test_a_file_that_no_reader_would_open_is_not_sealed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boundary, "LARGEST_FILE", 10)
    with (
        open_for_writing(root, started=STARTED, file_system=QuickFileSystem()) as writer,
        pytest.raises(StorageError, match="evidence/big has 11 bytes, at most 10 are ever read"),
        writer.stage() as stage,
    ):
        stage.add("ledgers/all.csv", b"x" * 11)
        stage.add("evidence/big", b"x" * 11)
    assert (visible(root), hidden(root)) == ([], [])


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"path": "evidence/run.json", "data": b"{}"}, "run.json"),
        ({"path": "evidence/index.json", "data": b'{"answers": []}'}, "index.json"),
        ({"path": "evidence/index.json", "data": b"[]", "largest_manifest": 100}, "manifest.json"),
    ],
)
def test_a_revision_that_cannot_be_read_back_is_not_sealed(
    root: Path, changes: dict[str, object], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chargeback.archive import revision

    run = RunRecord(Period(2026, 5), STARTED, "https://api.deploys.app/", 1, None, ("ba_1",)).to_json()
    files = {"evidence/run.json": run, "evidence/index.json": b"[]", str(changes["path"]): changes["data"]}
    monkeypatch.setattr(revision, "LARGEST_MANIFEST", changes.get("largest_manifest", boundary.LARGEST_MANIFEST))
    with (
        open_for_writing(root, started=STARTED, file_system=QuickFileSystem()) as writer,
        pytest.raises(StorageError, match="this revision could not be read back") as raised,
        writer.stage() as stage,
    ):
        for path, data in files.items():
            assert isinstance(data, bytes)
            stage.add(path, data)
        writer.seal(stage, manifest())
    assert problem in str(raised.value)
    assert raised.value.exit_code == StorageError.exit_code == 9
    assert (visible(root), hidden(root)) == ([], [])
    assert staging.largest is boundary.largest, "what writes asks the limits that what reads asks"


def test_a_small_revision_s_files_are_flushed_side_by_side(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits for the disk: one after the other a month of some files took as long as one of hundreds."""
    together = Barrier(8, timeout=20)
    with open_for_writing(root, started=STARTED) as writer, writer.stage() as stage:
        paths = [f"evidence/{number}.json" for number in range(8)]
        for path in paths:
            stage.add(path, b"{}")
        monkeypatch.setattr(staging, "sync", lambda system, path: together.wait())
        stage._sync(paths)
