"""A folder that becomes a revision outside of any archive."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from chargeback.archive.file_checks import check_files
from chargeback.archive.revision import Revision
from chargeback.archive.staging import seal_rebuild, stage_rebuild
from chargeback.errors import StorageError
from tests.kit.archives import FILES, FailingFileSystem, QuickFileSystem, manifest, write_archive
from tests.kit.some import some

pytestmark = pytest.mark.usefixtures("shape")


def rebuild(folder: Path, system: QuickFileSystem | None = None) -> Revision:
    with stage_rebuild(folder, system or QuickFileSystem()) as staging:
        for path, data in FILES.items():
            staging.add(path, data)
        return seal_rebuild(staging, manifest(), folder)


@pytest.mark.parametrize("there", [False, True])
def test_an_absent_or_empty_folder_becomes_the_revision(tmp_path: Path, there: bool) -> None:
    folder = tmp_path / "rebuilt"
    if there:
        folder.mkdir()
    assert check_files(rebuild(folder)) == ()
    assert list(tmp_path.iterdir()) == [folder]


def test_bytes_are_those_of_the_archive(root: Path, tmp_path: Path, shape: str) -> None:
    original = write_archive(root, "2026-05").revisions()[0]
    with stage_rebuild(tmp_path / "rebuilt") as staging:
        for path in original.records:
            staging.add(path, original.read(path))
        rebuilt = seal_rebuild(staging, manifest(), tmp_path / "rebuilt")
    assert rebuilt.sha256 == original.sha256
    assert bool(rebuilt.manifest.parts) == (shape == "tree")


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "rebuilt").mkdir()
    (tmp_path / "rebuilt" / "mine").touch()
    (tmp_path / "link").symlink_to(tmp_path / "rebuilt")
    (tmp_path / "file").touch()
    for name in ("rebuilt", "link", "file"):
        with pytest.raises(StorageError, match="must be absent or empty"):
            rebuild(tmp_path / name)
    assert (tmp_path / "rebuilt" / "mine").exists()


def test_a_folder_that_is_filled_meanwhile_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "rebuilt"
    with stage_rebuild(folder) as staging:
        folder.mkdir()
        (folder / "mine").touch()
        with pytest.raises(StorageError, match="must be absent or empty"):
            seal_rebuild(staging, manifest(), folder)
    assert list(tmp_path.iterdir()) == [folder]


def test_what_a_dead_rebuild_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".staging-rebuilt" / "ledgers").mkdir(parents=True)
    rebuild(tmp_path / "rebuilt")
    assert list(tmp_path.iterdir()) == [tmp_path / "rebuilt"]


def test_a_fault_at_any_call_leaves_no_revision(tmp_path: Path) -> None:
    counted = FailingFileSystem()
    rebuild(tmp_path / "counted", counted)
    for number in some(range(1, len(counted.calls) + 1)):
        home = tmp_path / str(number)
        home.mkdir()
        with pytest.raises(StorageError):
            rebuild(home / "rebuilt", FailingFileSystem(number, errno.ENOSPC))
        assert list(home.iterdir()) == []
