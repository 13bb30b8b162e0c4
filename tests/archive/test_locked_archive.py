"""Sealing: a revision appears whole or not at all, with its modes, on top of a sound chain."""

from __future__ import annotations

import errno
import io
import os
import stat
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from chargeback.archive.file_checks import check_files
from chargeback.archive.file_system import FileSystem
from chargeback.archive.locked_archive import open_for_writing
from chargeback.archive.reading import Archive
from chargeback.errors import ChargebackError, StorageError
from chargeback.evidence import sha256_of
from tests.kit.archives import (
    CALLS,
    FILES,
    STARTED,
    FailingFileSystem,
    QuickFileSystem,
    hidden,
    manifest,
    seal,
    visible,
    write_archive,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_sealed_revision_holds_what_was_added(root: Path) -> None:
    with open_for_writing(root, started=STARTED) as writer:
        revision = seal(writer)
    assert {path: revision.read(path) for path in FILES} == FILES
    assert check_files(revision) == ()
    assert hidden(root) == []


def test_modes_do_not_depend_on_the_umask(root: Path, any_umask: int) -> None:
    with open_for_writing(root, started=STARTED) as writer:
        seal(writer)
        writer.replace("index.html", b"<!doctype html>\n")
        writer.append("usage/2026-06.csv", b"day\r\n", b"2026-06-01\r\n")
    below = [path for path in root.rglob("*") if not path.is_dir()]
    expected = {path: 0o440 if "r1" in path.parts else 0o640 for path in below}
    assert {path: mode(path) for path in below} == expected
    folders = [root, *(path for path in root.rglob("*") if path.is_dir())]
    assert {mode(path) for path in folders} == {0o750}


def test_a_group_handed_down_stays(root: Path) -> None:
    root.mkdir()
    root.chmod(0o2750)
    write_archive(root, "2026-05")
    assert mode(root / "2026-05" / "r1" / "ledgers") == 0o2750


def test_content_may_come_in_chunks_or_from_a_function(root: Path) -> None:
    def workbook(file: BinaryIO) -> None:
        with zipfile.ZipFile(file, "w") as package:
            package.writestr("sheet.xml", "<sheet/>")

    with open_for_writing(root, started=STARTED) as writer, writer.stage() as staging:
        chunks = staging.add("ledgers/all.csv", (b"x" * 1000 for _ in range(5000)))
        package = staging.add("ledgers/all.xlsx", workbook)
        assert (chunks.size, chunks.sha256) == (5_000_000, sha256_of(b"x" * 5_000_000))
        data = staging.read("ledgers/all.xlsx")
        assert (package.size, package.sha256) == (len(data), sha256_of(data))
        assert zipfile.ZipFile(io.BytesIO(data)).read("sheet.xml") == b"<sheet/>"


def test_an_error_of_the_content_is_passed_on_and_nothing_stays(root: Path) -> None:
    def broken(file: BinaryIO) -> None:
        raise KeyError("no such team")

    with open_for_writing(root, started=STARTED) as writer, pytest.raises(KeyError), writer.stage() as staging:
        staging.add("ledgers/all.csv", broken)
    assert (visible(root), hidden(root)) == ([], [])


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../x", "a/../b", "a//b", "a\\b", "a\nb", "manifest.json", "SHA256SUMS"]
)
def test_a_path_cannot_leave_the_revision(root: Path, path: str) -> None:
    with (
        open_for_writing(root, started=STARTED) as writer,
        writer.stage() as staging,
        pytest.raises(ValueError, match="path"),
    ):
        staging.add(path, b"")


def test_a_path_is_written_once(root: Path) -> None:
    with open_for_writing(root, started=STARTED) as writer, writer.stage() as staging:
        staging.add("a", b"1")
        with pytest.raises(StorageError, match="File exists"):
            staging.add("a", b"2")
        staging.remove("a")
        staging.remove("a")
        staging.add("a", b"3")
        assert staging.read("a") == b"3"
        assert [record.path for record in staging.files] == ["a"]


@pytest.mark.parametrize("name", ["write", "set_mode", "close"])
def test_a_file_that_could_not_be_written_is_no_part_of_the_revision(root: Path, name: str) -> None:
    class Full(QuickFileSystem):
        fails = False

        def __getattribute__(self, called: str) -> Any:
            if called == name and super().__getattribute__("fails"):
                self.fails = False
                return refuse
            return super().__getattribute__(called)

    def refuse(descriptor: int, *arguments: object) -> None:
        if name == "close":
            os.close(descriptor)
        raise OSError(errno.ENOSPC, "No space left on device")

    system = Full()
    with open_for_writing(root, started=STARTED, file_system=system) as writer, writer.stage() as staging:
        staging.add("a", b"1")
        system.fails = True
        with pytest.raises(StorageError, match="No space"):
            staging.add("b", b"2")
        revision = writer.seal(staging, manifest())
    assert check_files(revision) == ()
    assert [record.path for record in revision.manifest.files] == ["a"]


def test_a_link_in_the_way_is_not_written_through(root: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    with open_for_writing(root, started=STARTED) as writer, writer.stage() as staging:
        (staging.folder / "a").symlink_to(elsewhere)
        with pytest.raises(StorageError):
            staging.add("a", b"1")
    assert not elsewhere.exists()


def test_what_is_not_sealed_is_removed(root: Path) -> None:
    with open_for_writing(root, started=STARTED) as writer:
        with writer.stage() as staging:
            staging.add("a/b/c", b"1")
            assert len(hidden(root)) == 1
        assert hidden(root) == []


def test_a_revision_is_never_replaced(root: Path) -> None:
    archive = write_archive(root, "2026-05")
    before = archive.revisions()[0].sha256
    with open_for_writing(root, started=STARTED) as writer, writer.stage() as staging:
        staging.add("a", b"1")
        with pytest.raises(StorageError, match="already"):
            staging.seal(manifest(previous=before), root / "2026-05" / "r1")
    assert Archive(root).revisions()[0].sha256 == before


def test_only_the_next_revision_of_the_chain_is_sealed(root: Path) -> None:
    write_archive(root, "2026-05")
    with open_for_writing(root, started=STARTED) as writer, writer.stage() as staging:
        with pytest.raises(ChargebackError, match="head"):
            writer.seal(staging, manifest("2026-06", 1, None))
        head = writer.archive.revisions()[0].sha256
        with pytest.raises(ChargebackError, match="head"):
            writer.seal(staging, manifest("2026-05", 3, head))


def test_nothing_is_sealed_when_the_lock_was_taken_away(root: Path) -> None:
    with open_for_writing(root, started=STARTED) as writer:
        (root / ".lock").unlink()
        with pytest.raises(StorageError, match="lock"):
            seal(writer)
    assert visible(root) == []


def test_leftovers_of_dead_runs_are_removed(root: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("stays")
    leftover = root / ".staging-0123456789abcdef"
    (leftover / "ledgers").mkdir(parents=True)
    (leftover / "ledgers" / "all.csv").touch(0o440)
    (leftover / "link").symlink_to(precious)
    (root / ".staging-link").symlink_to(precious)
    (root / ".staging-file").touch()
    (root / "2026-04").mkdir()
    with open_for_writing(root, started=STARTED):
        pass
    assert (visible(root), hidden(root)) == ([], [])
    assert (precious / "file").read_text() == "stays"


def test_replace_writes_only_other_bytes(root: Path) -> None:
    with open_for_writing(root, started=STARTED) as writer:
        assert writer.replace("index.html", b"one")
        before = (root / "index.html").stat()
        assert not writer.replace("index.html", b"one")
        assert (root / "index.html").stat().st_ino == before.st_ino
        assert writer.replace("index.html", b"two")
    assert (root / "index.html").read_bytes() == b"two"


def test_replace_takes_the_place_of_a_link(root: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"one")
    with open_for_writing(root, started=STARTED) as writer:
        (root / "index.html").symlink_to(elsewhere)
        writer.replace("index.html", b"two")
    assert elsewhere.read_bytes() == b"one"
    assert not (root / "index.html").is_symlink()


def test_append_writes_the_header_once(root: Path) -> None:
    with open_for_writing(root, started=STARTED) as writer:
        writer.append("usage/2026-06.csv", b"day\r\n", b"1\r\n")
        writer.append("usage/2026-06.csv", b"day\r\n", b"2\r\n")
    assert (root / "usage" / "2026-06.csv").read_bytes() == b"day\r\n1\r\n2\r\n"


def whole_run(root: Path, system: FileSystem) -> None:
    """Everything that a run writes: leftovers cleared, a month sealed, pages and signatures."""
    with open_for_writing(root, started=STARTED, file_system=system) as writer:
        seal(writer, "2026-06", {"ledgers/all.csv": b"period\r\n"})
        writer.replace("index.html", b"<!doctype html>\n")
        writer.append("signatures.csv", b"signed_at\r\n", b"2026-06-03\r\n")


def prepare(root: Path) -> None:
    with open_for_writing(root, started=STARTED, file_system=QuickFileSystem()) as writer:
        seal(writer, "2026-05", {"config.toml": b""})
    (root / ".staging-dead" / "a").mkdir(parents=True)
    (root / ".staging-dead" / "a" / "b").touch()


def calls_of_a_run(tmp_path: Path) -> list[str]:
    system = FailingFileSystem()
    prepare(tmp_path / "counted")
    whole_run(tmp_path / "counted", system)
    return system.calls


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.ENOENT, errno.EIO])
def test_a_fault_at_any_write_call_leaves_nothing_half_written(tmp_path: Path, code: int) -> None:
    calls = calls_of_a_run(tmp_path)
    survived = []
    for number in range(1, len(calls) + 1):
        root = tmp_path / f"archive-{number}"
        prepare(root)
        before = visible(root)
        try:
            whole_run(root, FailingFileSystem(number, code))
        except StorageError as error:
            assert "\n" not in error.message
            assert str(root) in error.message
            assert error.remedy
        else:
            survived.append(calls[number - 1])
        archive = Archive(root)
        assert all(check_files(revision) == () for revision in archive.revisions())
        assert archive.chain().problems == ()
        sealed = len(archive.names()) == 2
        assert sealed or visible(root) == before
        if sealed:
            whole_run_again(root)
        else:
            whole_run(root, QuickFileSystem())
        assert hidden(root) == []
        assert (root / "index.html").read_bytes() == b"<!doctype html>\n"
        assert (root / "signatures.csv").read_bytes().startswith(b"signed_at\r\n2026-06-03\r\n")
    assert set(survived) <= {"remove_file", "remove_folder"}
    assert set(calls) == set(CALLS)


def whole_run_again(root: Path) -> None:
    """The next run: nothing new but what the failed one did not get to."""
    with open_for_writing(root, started=STARTED, file_system=QuickFileSystem()) as writer:
        writer.replace("index.html", b"<!doctype html>\n")
        if not (root / "signatures.csv").exists():
            writer.append("signatures.csv", b"signed_at\r\n", b"2026-06-03\r\n")


def test_the_fault_tests_know_every_call() -> None:
    assert sorted(CALLS) == sorted(name for name in vars(FileSystem) if not name.startswith("_"))


@pytest.mark.parametrize("sticks", [False, True])
def test_a_revision_that_cannot_be_made_to_last_is_taken_back(root: Path, sticks: bool) -> None:
    class Unflushed(FileSystem):
        renamed = 0

        def rename(self, source: Path, target: Path) -> None:
            self.renamed += 1
            if sticks and self.renamed == 2:
                raise OSError(errno.EIO, "Input/output error")
            super().rename(source, target)

        def sync(self, path: Path) -> None:
            if path.name == "2026-05":
                raise OSError(errno.EIO, "Input/output error")
            super().sync(path)

    told = "complete and stays" if sticks else "Input/output error"
    with (
        open_for_writing(root, started=STARTED, file_system=Unflushed()) as writer,
        pytest.raises(StorageError, match=told),
    ):
        seal(writer)
    assert [str(name) for name in Archive(root).names()] == (["2026-05/r1"] if sticks else [])
    assert hidden(root) == []


ORDINARY_USER = """
import os, sys
from pathlib import Path
sys.path[:0] = [sys.argv[2]]
from kit.archives import write_archive
write_archive(Path(sys.argv[1]).parent / "warm", "2026-05")
os.setgid(65534)
os.setuid(65534)
write_archive(Path(sys.argv[1]), "2026-05", "2026-05")
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="all tests run as an ordinary user already")
def test_an_ordinary_user_can_seal() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        home.chmod(0o777)
        command = [sys.executable, "-c", ORDINARY_USER, str(home / "archive"), str(Path(__file__).parent.parent)]
        subprocess.run(command, check=True, timeout=60)
        archive = Archive(home / "archive")
        assert [check_files(revision) for revision in archive.revisions()] == [(), ()]
        assert (archive.root / "2026-05" / "r2").stat().st_uid == 65534


def test_an_archive_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="file"), open_for_writing(tmp_path / "file" / "archive", started=STARTED):
        pass
    with pytest.raises(StorageError, match="file"), open_for_writing(tmp_path / "file", started=STARTED):
        pass
