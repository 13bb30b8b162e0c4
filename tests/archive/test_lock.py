"""One run at a time: the kernel's lock, whatever the lock file says or whether it is there."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chargeback.archive.file_system import FileSystem
from chargeback.archive.locked_archive import ArchiveLock
from chargeback.errors import LockedError, StorageError
from tests.kit.archives import STARTED

HOLDER = """
import sys, time
from pathlib import Path
from chargeback.archive.locked_archive import ArchiveLock
with ArchiveLock(Path(sys.argv[1]), started="2026-06-01T00:00:00Z"):
    print("held", flush=True)
    time.sleep(60)
"""

FORKING_HOLDER = """
import os, sys, time
from pathlib import Path
from chargeback.archive.locked_archive import ArchiveLock
with ArchiveLock(Path(sys.argv[1]), started="2026-06-01T00:00:00Z"):
    if os.fork() == 0:
        print("held", os.getpid(), sep="\\n", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def hold(home: Path, program: str = HOLDER) -> subprocess.Popen[str]:
    """Another process that holds the archive's lock."""
    process = subprocess.Popen([sys.executable, "-c", program, str(home)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def end(process: subprocess.Popen[str], how: int) -> None:
    process.send_signal(how)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def test_a_second_process_is_kept_out_and_told_by_whom(home: Path) -> None:
    process = hold(home)
    try:
        with pytest.raises(LockedError, match=f"process {process.pid}, since 2026-06-01T00:00:00Z") as caught:
            ArchiveLock(home, started=STARTED).__enter__()
        assert caught.value.exit_code == 8
        assert "nothing to do" in caught.value.remedy
    finally:
        end(process, signal.SIGTERM)


def test_a_process_that_was_killed_holds_nothing(home: Path) -> None:
    end(hold(home), signal.SIGKILL)
    assert (home / ".lock").exists()
    with ArchiveLock(home, started=STARTED):
        pass


@pytest.mark.parametrize("content", [b"", b"nonsense", b"[1]", b"{}", b"\xff" * 5000, b"[" * 100_000])
def test_what_the_file_says_keeps_nobody_out(home: Path, content: bytes) -> None:
    (home / ".lock").write_bytes(content)
    with ArchiveLock(home, started=STARTED):
        assert json.loads((home / ".lock").read_text())["pid"] == os.getpid()


@pytest.mark.parametrize("content", ["", "nonsense", '{"host": "a\\nb\\u001b[31m", "pid": 1, "started": "x"}'])
def test_the_message_is_one_line_whatever_the_file_says(home: Path, content: str) -> None:
    with ArchiveLock(home, started=STARTED):
        (home / ".lock").write_text(content)
        with pytest.raises(LockedError, match="another run holds") as caught:
            ArchiveLock(home, started=STARTED).__enter__()
        assert caught.value.message.isprintable()


def test_the_lock_is_free_after_use(home: Path) -> None:
    lock = ArchiveLock(home, started=STARTED)
    for _ in range(2):
        with lock:
            lock.confirm()
        lock.release()
    with pytest.raises(StorageError, match="removed or replaced"):
        lock.confirm()


def test_a_removed_lock_file_is_noticed(home: Path) -> None:
    with ArchiveLock(home, started=STARTED) as lock:
        (home / ".lock").unlink()
        with ArchiveLock(home, started=STARTED) as other:
            other.confirm()
            with pytest.raises(StorageError, match="removed or replaced"):
                lock.confirm()


def test_a_lock_file_that_is_replaced_meanwhile_is_not_the_lock(home: Path) -> None:
    class Replaced(FileSystem):
        times = 0

        def open_lock(self, path: Path) -> int:
            descriptor = super().open_lock(path)
            self.times += 1
            if self.times == 1:
                path.unlink()
            return descriptor

    with ArchiveLock(home, started=STARTED, file_system=Replaced()) as lock:
        lock.confirm()


def test_a_lock_file_that_keeps_being_replaced_is_told(home: Path) -> None:
    class Replaced(FileSystem):
        def open_lock(self, path: Path) -> int:
            descriptor = super().open_lock(path)
            path.unlink()
            return descriptor

    with pytest.raises(StorageError, match="keeps being replaced"):
        ArchiveLock(home, started=STARTED, file_system=Replaced()).__enter__()


def test_a_link_or_pipe_is_no_lock(home: Path, tmp_path: Path) -> None:
    (home / ".lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match=r"\.lock"):
        ArchiveLock(home, started=STARTED).__enter__()
    (home / ".lock").unlink()
    os.mkfifo(home / ".lock")
    with pytest.raises(StorageError, match="not a regular file"):
        ArchiveLock(home, started=STARTED).__enter__()
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_not_there_is_told(home: Path) -> None:
    with pytest.raises(StorageError, match="No such file"):
        ArchiveLock(home / "gone", started=STARTED).__enter__()


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_told(home: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(StorageError, match=os.strerror(code)) as caught:
        ArchiveLock(home, started=STARTED).__enter__()
    assert caught.value.exit_code == 9


def test_no_descriptor_stays_open_after_a_failure(home: Path) -> None:
    before = list(Path("/dev/fd").iterdir())
    with ArchiveLock(home, started=STARTED), pytest.raises(LockedError):
        ArchiveLock(home, started=STARTED).__enter__()
    assert len(list(Path("/dev/fd").iterdir())) == len(before)


def test_a_child_that_outlives_its_killed_parent_does_not_keep_the_lock(home: Path) -> None:
    process = hold(home, FORKING_HOLDER)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    end(process, signal.SIGKILL)
    try:
        with ArchiveLock(home, started=STARTED):
            os.kill(child, 0)
    finally:
        os.kill(child, signal.SIGKILL)
