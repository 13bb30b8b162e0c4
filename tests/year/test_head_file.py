"""The head that is kept elsewhere: an archive that is not the one it was is told, and nothing is written on top."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.kit.office import Office

from .conftest import Opening


@pytest.fixture
def office(opening: Opening) -> Office:
    """Two months, and the head elsewhere."""
    office = opening()
    office.head_file = True
    assert office.run_at("2026-05-05T03:00:00Z").exit == 0
    assert office.run_at("2026-06-05T03:00:00Z").exit == 0
    return office


def files(office: Office) -> dict[str, bytes]:
    """Everything there is, the lock's text aside."""
    return {
        str(path.relative_to(office.root)): path.read_bytes() if path.is_file() else b""
        for path in office.root.rglob("*")
        if path.name != ".lock"
    }


def assert_told_and_nothing_written(office: Office, words: str) -> None:
    before = files(office)
    for dry_run in (False, True):
        ended = office.run_at("2026-07-05T03:00:00Z", dry_run=dry_run)
        assert ended.exit == 7
        assert words in ended.messages
    assert files(office) == before


def test_a_missing_mount(office: Office) -> None:
    office.archive.rename(office.root / "unmounted")
    assert_told_and_nothing_written(office, "missing, not mounted or was rolled back")
    assert not office.archive.exists()


def test_an_empty_mount_point(office: Office) -> None:
    office.archive.rename(office.root / "unmounted")
    office.archive.mkdir()
    assert_told_and_nothing_written(office, "missing, not mounted or was rolled back")
    assert list(office.archive.iterdir()) == []


def test_a_restored_backup(office: Office) -> None:
    backup = office.root / "backup"
    shutil.copytree(office.archive, backup)
    office.shared = "even"
    assert office.run_at("2026-06-06T03:00:00Z").results[0].written
    shutil.rmtree(office.archive)
    backup.rename(office.archive)
    assert_told_and_nothing_written(office, "rolled back")


def test_a_deleted_latest_revision(office: Office) -> None:
    shutil.rmtree(office.archive / "2026-05/r1")
    assert_told_and_nothing_written(office, "rolled back")


def test_a_deleted_earlier_revision(office: Office) -> None:
    shutil.rmtree(office.archive / "2026-04/r1")
    office.shared = "even"
    assert office.run_at("2026-06-06T03:00:00Z").exit == 7, "the oldest month deleted was noticed by verify alone"


def test_two_heads(office: Office) -> None:
    other = office.root / "other"
    shutil.copytree(office.archive, other)
    assert office.run_at("2026-07-05T03:00:00Z").exit == 0
    here = office.root / "here"
    office.archive.rename(here)
    other.rename(office.archive)
    office.head_path.unlink()
    office.shared = "even"
    assert office.run_at("2026-06-06T03:00:00Z").results[0].revision == 2
    shutil.copytree(here / "2026-06", office.archive / "2026-06")
    assert_told_and_nothing_written(office, "two heads")


def test_the_file_is_written_again_when_nothing_is_new(office: Office) -> None:
    head = office.head_path.read_text()
    office.head_path.unlink()
    ended = office.run_at("2026-06-06T03:00:00Z")
    assert not ended.results[0].written
    assert "not there yet" in ended.lines[0]
    assert len(ended.lines) == 1
    assert office.head_path.read_text() == head


def test_the_folder_of_the_file_is_not_mounted(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(office.head_path.parent)
    config = office.config
    shutil.rmtree(office.head_path.parent)
    monkeypatch.setattr(Office, "config", config)
    ended = office.run_at("2026-07-05T03:00:00Z")
    assert ended.exit == 9
    assert not (office.archive / "2026-06").exists()


def test_the_very_first_run_has_no_head_and_no_archive(opening: Opening, tmp_path: Path) -> None:
    office = opening(root=tmp_path)
    office.head_file = True
    ended = office.run_at("2026-06-05T03:00:00Z")
    assert (ended.exit, ended.lines) == (0, [])
    assert office.head_path.exists()
