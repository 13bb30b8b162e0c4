"""One user writes an archive; a scratch revision shows whether a run could."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from unittest.mock import patch

import pytest

from chargeback.archive import locked_archive as owner
from chargeback.archive import rehearsal
from chargeback.archive.locked_archive import open_for_writing, owner_of, refuse_other_owner
from chargeback.archive.rehearsal import file_system_name, rehearse
from chargeback.errors import StorageError
from tests.kit.archives import STARTED, FailingFileSystem, QuickFileSystem, write_archive

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@ROOT
@pytest.mark.parametrize("mine", [".lock", "."])
def test_another_users_run_is_refused_with_the_command_and_writes_nothing(root: Path, mine: str) -> None:
    write_archive(root, "2026-05")
    if mine == ".":
        (root / ".lock").unlink()
    os.chown(root / mine, 12345, 12345)
    before = sorted(root.rglob("*"))
    with (
        pytest.raises(StorageError, match="belongs to #12345, and this is root") as raised,
        open_for_writing(root, started=STARTED, file_system=QuickFileSystem()),
    ):
        pass
    assert raised.value.remedy == "run it as that user: sudo -u #12345 chargeback …"
    assert sorted(root.rglob("*")) == before


@ROOT
def test_a_file_system_that_gives_all_files_to_one_user_is_no_other_user(root: Path) -> None:
    write_archive(root, "2026-05")
    os.chown(root / ".lock", 12345, 12345)
    with patch.object(owner, "_owner_of_new", lambda root, system: 12345):
        refuse_other_owner(root, QuickFileSystem())


def test_a_volume_that_nobody_has_written_to_is_anybodys_but_roots(root: Path) -> None:
    root.mkdir()
    with patch("os.geteuid", lambda: 4711):
        assert owner_of(root) is None
    with patch("os.geteuid", lambda: 0):
        assert owner_of(root) == root.stat().st_uid
    assert owner_of(root / "absent") is None


def test_a_rehearsal_leaves_nothing(root: Path) -> None:
    write_archive(root, "2026-05")
    before = sorted(root.rglob("*"))
    rehearse(root, QuickFileSystem())
    assert sorted(root.rglob("*")) == before


@pytest.mark.parametrize("code", [errno.EPERM, errno.EINVAL, errno.ENOLCK])
def test_a_rehearsal_fails_where_any_call_of_a_run_does(root: Path, code: int) -> None:
    root.mkdir()
    counting = FailingFileSystem()
    rehearse(root, counting)
    assert {"set_folder_mode", "set_mode", "sync", "rename", "open_lock", "truncate", "write"} <= set(counting.calls)
    failed = set()
    for number in range(1, len(counting.calls) + 1):
        system = FailingFileSystem(number, code)
        try:
            rehearse(root, system)
        except StorageError as error:
            failed.add(system.calls[number - 1])
            assert os.strerror(code) in error.message
        for left in root.iterdir():
            assert left.name.startswith(".staging-"), "what a failing removal leaves, the next run removes"
    assert {"set_folder_mode", "set_mode", "sync", "rename", "open_lock", "truncate", "write", "create"} <= failed


def test_a_share_without_locks_is_told(root: Path) -> None:
    root.mkdir()
    with (
        patch("fcntl.flock", side_effect=OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))),
        pytest.raises(StorageError, match="No locks available"),
    ):
        rehearse(root, QuickFileSystem())


def test_the_file_system_is_that_of_the_deepest_mount(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
        f"23 22 0:40 / {tmp_path}/my\\040share rw - cifs //nas/x rw\n"
        "nonsense\n"
    )
    monkeypatch.setattr(rehearsal, "_MOUNTS", mounts)
    assert file_system_name(tmp_path) == "ext4"
    assert file_system_name(tmp_path / "my share" / "archive") == "cifs"
    monkeypatch.setattr(rehearsal, "_MOUNTS", tmp_path / "absent")
    assert file_system_name(tmp_path) == ""
