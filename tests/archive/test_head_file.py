"""The head outside of the archive: what it catches, and what it lets pass."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from chargeback.archive.head_file import check_head_file, read_head_file, write_head_file
from chargeback.archive.reading import Archive
from chargeback.errors import DamagedError, StorageError
from tests.kit.archives import FailingFileSystem, write_archive
from tests.kit.some import some


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chargeback.head"


def head(archive: Archive) -> str:
    revision = archive.head()
    assert revision is not None
    return revision.sha256


def test_first_run_of_all_has_no_file(root: Path, path: Path) -> None:
    assert check_head_file(path, Archive(root)) == ""


def test_a_file_that_is_not_there_yet_is_told(root: Path, path: Path) -> None:
    assert "not there yet" in check_head_file(path, write_archive(root, "2026-05"))


def test_an_archive_that_holds_the_head_passes(root: Path, path: Path) -> None:
    archive = write_archive(root, "2026-05")
    assert write_head_file(path, head(archive))
    assert path.read_text() == f"{head(archive)}\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert not write_head_file(path, head(archive))
    assert check_head_file(path, archive) == ""


def test_an_archive_that_has_gone_on_passes(root: Path, path: Path) -> None:
    write_head_file(path, head(write_archive(root, "2026-05")))
    assert check_head_file(path, write_archive(root, "2026-06")) == ""


@pytest.mark.parametrize("away", ["archive", "archive/2026-06", "archive/2026-05"])
def test_a_missing_or_rolled_back_archive_is_told(root: Path, path: Path, away: str) -> None:
    write_head_file(path, head(write_archive(root, "2026-05", "2026-06")))
    shutil.rmtree(root.parent / away)
    if away == "archive/2026-05":
        assert check_head_file(path, Archive(root)) == ""
        return
    with pytest.raises(DamagedError, match="missing, not mounted or was rolled back") as caught:
        check_head_file(path, Archive(root))
    assert caught.value.exit_code == 7


@pytest.mark.parametrize("content", [b"", b"x", b"0" * 63, b"A" * 64, b"0" * 64 + b" " + b"0" * 64, b"\xff" * 5000])
def test_a_file_without_a_head_is_told(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(DamagedError, match="holds no head"):
        read_head_file(path)


def test_a_missing_folder_is_told_before_and_after(tmp_path: Path) -> None:
    path = tmp_path / "unmounted" / "chargeback.head"
    with pytest.raises(StorageError, match="unmounted: No such file"):
        read_head_file(path)
    with pytest.raises(StorageError, match="unmounted: no such folder"):
        write_head_file(path, "0" * 64)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="Is a directory"):
        read_head_file(tmp_path)


def test_a_link_stays_a_link(path: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    path.symlink_to(tmp_path / "elsewhere" / "head")
    write_head_file(path, "0" * 64)
    assert path.is_symlink()
    assert read_head_file(path) == "0" * 64


def test_a_fault_at_any_call_leaves_the_old_head(path: Path) -> None:
    system = FailingFileSystem()
    write_head_file(path, "0" * 64, system)
    for number in some(range(1, len(system.calls) + 1)):
        path.write_text(f"{'1' * 64}\n")
        with pytest.raises(StorageError):
            write_head_file(path, "0" * 64, FailingFileSystem(number, errno.ENOSPC))
        assert read_head_file(path) in ("0" * 64, "1" * 64)
        assert list(path.parent.iterdir()) == [path]


def test_what_a_killed_run_left_is_removed(path: Path) -> None:
    (path.parent / ".chargeback.head.staging").touch()
    write_head_file(path, "0" * 64)
    assert list(path.parent.iterdir()) == [path]
