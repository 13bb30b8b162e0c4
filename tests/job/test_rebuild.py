"""A revision again from its evidence: byte for byte, whatever surrounds it, offline; and what is said where not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from chargeback.archive.reading import Archive, named_revision
from chargeback.archive.revision import read_revision
from chargeback.cli.rebuild_output import document, lines
from chargeback.errors import ConfigurationError, DamagedError, StorageError
from chargeback.job import reperformed_revision
from chargeback.job.rebuild import rebuild
from chargeback.job.verify import VerifyRequest, verify
from tests.cli.calling import call

from .test_verify import MAY, RESTATED, archive, changed_csv, resealed, sealed, shifted

__all__ = ["archive", "sealed"]

OFFLINE = """
import os, runpy, sys
BARRED = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.spawn")
def refuse(event, arguments):
    if event.startswith(BARRED):
        raise AssertionError(f"reached outside: {event}")
sys.addaudithook(refuse)
os.umask(int(os.environ["UMASK"], 8))
sys.argv[0] = "chargeback"
runpy.run_module("chargeback", run_name="__main__")
"""
SURROUNDINGS = [
    {"LC_ALL": "C", "TZ": "UTC", "PYTHONHASHSEED": "0", "UMASK": "022"},
    {"LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "1", "UMASK": "000"},
    {"LC_ALL": "th_TH.UTF-8", "TZ": "America/St_Johns", "PYTHONHASHSEED": "4711", "UMASK": "077"},
]


def same_files(one: Path, other: Path) -> bool:
    """Whether both folders hold the same files with the same bytes and modes."""
    return [_state(one, path) for path in _paths(one)] == [_state(other, path) for path in _paths(other)]


def _paths(root: Path) -> list[Path]:
    return sorted(path.relative_to(root) for path in root.rglob("*") if path.is_file())


def _state(root: Path, path: Path) -> tuple[Path, bytes, int]:
    return path, (root / path).read_bytes(), (root / path).stat().st_mode


@pytest.mark.parametrize("name", ["2026-04", MAY, RESTATED])
def test_a_revision_is_rebuilt_byte_for_byte(sealed: Path, tmp_path: Path, name: str) -> None:
    result = rebuild(named_revision(Archive(sealed), name), tmp_path / "again")
    assert (result.exit, result.differing, result.foreign) == (0, (), ())
    assert same_files(result.original.root, tmp_path / "again")
    assert list(lines(result))[-1] == "byte for byte the same"


@pytest.mark.parametrize("surroundings", SURROUNDINGS)
def test_surroundings_do_not_show_in_a_byte_and_nothing_outside_is_reached(
    sealed: Path, tmp_path: Path, surroundings: dict[str, str]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE, "rebuild", RESTATED, "--archive", str(sealed), "--output", "json"],
        cwd=elsewhere,
        env={**kept, **surroundings},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["identical"] is True
    assert same_files(sealed / RESTATED, elsewhere / "2026-05-r2")
    subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=elsewhere / "2026-05-r2", check=True)


def test_an_archived_configuration_is_never_acted_on(archive: Path, tmp_path: Path) -> None:
    """Neither its token command nor its endpoint; verify and rebuild do what the figures need."""
    ran = tmp_path / "ran"
    path = archive / MAY / "config.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[api]\n", f'[api]\ntoken_command = ["touch", "{ran}"]\n'), encoding="utf-8")
    resealed(archive / MAY)
    rebuild(read_revision(archive / MAY), tmp_path / "again")
    assert not ran.exists()


def test_a_folder_that_holds_something_is_left_alone(sealed: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").touch()
    with pytest.raises(StorageError, match="absent or empty"):
        rebuild(read_revision(sealed / MAY), tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("name", ["evidence/run.json", "evidence/index.json", "config.toml"])
def test_damaged_evidence_is_refused_and_nothing_is_written(archive: Path, tmp_path: Path, name: str) -> None:
    with (archive / MAY / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(DamagedError):
        rebuild(read_revision(archive / MAY), tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_revision_that_does_not_follow_from_its_evidence_is_exit_7_and_what_differs_is_said(
    archive: Path, tmp_path: Path
) -> None:
    changed_csv(archive / MAY / "ledgers/web.csv", shifted("gross"))
    resealed(archive / MAY)
    result = rebuild(read_revision(archive / MAY), tmp_path / "again")
    assert (result.exit, result.differing) == (7, ("ledgers/web.csv",))
    assert document(result)["status"] == "failed"


def test_another_versions_revision_is_said_to_be_one(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = reperformed_revision.versions()
    monkeypatch.setattr(reperformed_revision, "versions", lambda: {**now, "arro3-io": "99"})
    result = rebuild(read_revision(archive / MAY), tmp_path / "again")
    assert (result.exit, result.differences) == (0, ())
    assert result.foreign == (f"arro3-io {now['arro3-io']}",)
    changed_csv(archive / MAY / "ledgers/all.csv", shifted("usage"))
    resealed(archive / MAY)
    result = rebuild(read_revision(archive / MAY), tmp_path / "once-more")
    assert result.exit == 3
    assert any("ledgers/all.csv: row 2, usage" in line for line in result.differences)


def test_another_versions_evidence_that_this_one_cannot_read_names_the_version(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = reperformed_revision.versions()
    monkeypatch.setattr(reperformed_revision, "versions", lambda: {**now, "chargeback": "99"})
    (archive / MAY / "config.toml").write_text("a_later_key = 1\n", encoding="utf-8")
    resealed(archive / MAY)
    with pytest.raises(ConfigurationError, match="another version"):
        rebuild(read_revision(archive / MAY), tmp_path / "again")


def test_a_rebuilt_revision_is_proved_like_any(sealed: Path, tmp_path: Path) -> None:
    rebuild(read_revision(sealed / RESTATED), tmp_path / "again")
    assert verify(tmp_path / "again", VerifyRequest()).exit == 0
    shutil.rmtree(tmp_path / "again")


def test_folders_above_are_created(sealed: Path, tmp_path: Path) -> None:
    rebuilt = call("rebuild", MAY, "-o", tmp_path / "a/b/c", "--archive", sealed)
    assert rebuilt.exit == 0, rebuilt.err
    assert same_files(sealed / MAY, tmp_path / "a/b/c")


@pytest.mark.parametrize("place", ["2026-05/r9", "2026-06/r1", "again", "2026-05/r1/again"])
def test_no_archive_gets_a_revision_that_no_run_wrote(archive: Path, tmp_path: Path, place: str) -> None:
    """It would break the chain: the archive would be damaged, and no run would write to it any more."""
    (tmp_path / "link").symlink_to(archive)
    for root in (archive, tmp_path / "link"):
        refused = call("rebuild", MAY, "-o", root / place, "--archive", archive)
        assert (refused.exit, refused.out) == (2, "")
        assert f"lies in the archive {archive}, where only runs write -> name another folder with -o" in refused.err
    assert not (archive / place).exists()
    assert verify(archive, VerifyRequest(quick=True)).exit == 0
