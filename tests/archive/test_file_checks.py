"""Real corruption: whatever is done to a file of a revision is found, and told by its name."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from chargeback.archive.file_checks import FileFindingKind, check_files, require_intact
from chargeback.archive.reading import Archive
from chargeback.archive.revision import Revision
from chargeback.errors import ChargebackError, DamagedError, StorageError
from tests.kit.archives import FILES, write_archive

PROVED = [*FILES, "evidence/run.json", "evidence/index.json"]
EVERY_FILE = [*PROVED, "manifest.json", "SHA256SUMS"]
PARTS = [f"manifests/000{number}.json" for number in range(1, 5)]

pytestmark = pytest.mark.usefixtures("shape")


@pytest.fixture
def revision(root: Path) -> Revision:
    return write_archive(root, "2026-05").revisions()[0]


def found(root: Path) -> list[tuple[str, str]]:
    """What is wrong with the only revision, its manifest read anew."""
    revision = Archive(root).revisions()[0]
    return [(finding.path.removeprefix("2026-05/r1/"), finding.kind.value) for finding in check_files(revision)]


def flip(path: Path, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.chmod(0o640)
    path.write_bytes(data)


def test_a_sealed_revision_is_sound_and_each_file_is_told(revision: Revision, shape: str) -> None:
    told: list[str] = []
    assert check_files(revision, told.append) == ()
    assert sorted(told) == sorted(f"2026-05/r1/{path}" for path in (PARTS if shape == "tree" else PROVED))
    require_intact(revision)


@pytest.mark.parametrize("path", [path for path in PROVED if FILES.get(path) != b""])
def test_a_flipped_bit_of_a_file_is_found(root: Path, revision: Revision, path: str) -> None:
    target = revision.root / path
    for bit in range(0, 8 * target.stat().st_size, 13):
        flip(target, bit)
        assert found(root) == [(path, "changed")]
        flip(target, bit)
    assert found(root) == []


@pytest.mark.parametrize("path", ["manifest.json", "SHA256SUMS"])
def test_a_flipped_bit_of_the_proof_is_found(root: Path, revision: Revision, path: str) -> None:
    target = revision.root / path
    missed = []
    for bit in range(0, 8 * target.stat().st_size, 13):
        flip(target, bit)
        try:
            if not found(root):
                missed.append(bit)
        except ChargebackError:
            pass
        flip(target, bit)
    assert missed == []
    assert found(root) == []


def test_a_changed_manifest_is_told_by_its_name(root: Path, revision: Revision) -> None:
    target = revision.root / "manifest.json"
    target.chmod(0o640)
    target.write_bytes(target.read_bytes().replace(b"100.00", b"100.01"))
    assert found(root) == [("manifest.json", "changed")]


@pytest.mark.parametrize("path", EVERY_FILE)
def test_a_missing_file_is_found(root: Path, revision: Revision, path: str) -> None:
    (revision.root / path).unlink()
    if path == "manifest.json":
        with pytest.raises(DamagedError, match=r"manifest\.json: missing"):
            found(root)
    else:
        assert found(root) == [(path, "missing")]


@pytest.mark.parametrize("path", [path for path in EVERY_FILE if path != "manifest.json"])
def test_a_longer_file_is_found(root: Path, revision: Revision, path: str) -> None:
    target = revision.root / path
    target.chmod(0o640)
    with target.open("ab") as file:
        file.write(b"\n")
    assert found(root) == [(path, "wrong size")]


@pytest.mark.parametrize("path", [path for path in PROVED if FILES.get(path) != b""])
def test_a_shorter_file_is_found(root: Path, revision: Revision, path: str) -> None:
    target = revision.root / path
    target.chmod(0o640)
    os.truncate(target, target.stat().st_size - 1)
    assert found(root) == [(path, "wrong size")]


def as_link(path: Path) -> None:
    copy = path.parent.parent.parent / "copy"
    path.rename(copy)
    path.symlink_to(copy)


def as_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def as_device(path: Path) -> None:
    path.unlink()
    try:
        os.mknod(path, 0o020640, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root may make devices")


@pytest.mark.parametrize("path", ["config.toml", "ledgers/all.csv", "SHA256SUMS"])
@pytest.mark.parametrize("become", [as_link, as_pipe, as_folder, as_device])
def test_what_is_no_regular_file_is_not_opened(
    root: Path, revision: Revision, path: str, become: Callable[[Path], None]
) -> None:
    become(revision.root / path)
    findings = found(root)
    assert (path, "not a regular file") in findings
    assert {kind for _, kind in findings} <= {"not a regular file"}


@pytest.mark.parametrize("become", [as_link, as_pipe, as_folder])
def test_a_manifest_that_is_no_regular_file_is_damage(
    root: Path, revision: Revision, become: Callable[[Path], None]
) -> None:
    become(revision.root / "manifest.json")
    with pytest.raises(DamagedError, match=r"manifest\.json"):
        found(root)


def test_a_linked_folder_is_not_followed(root: Path, revision: Revision, tmp_path: Path) -> None:
    (revision.root / "ledgers").rename(tmp_path / "ledgers")
    (revision.root / "ledgers").symlink_to(tmp_path / "ledgers")
    assert found(root) == [
        ("ledgers", "added"),
        ("ledgers/all.csv", "not a regular file"),
        ("ledgers/web.csv", "not a regular file"),
    ]
    with pytest.raises(DamagedError, match="link"):
        revision.read("ledgers/all.csv")


def test_added_files_are_found_hidden_ones_too(root: Path, revision: Revision) -> None:
    (revision.root / "ledgers" / ".secret").touch()
    (revision.root / "new" / "deep").mkdir(parents=True)
    (revision.root / "new" / "deep" / "file").touch()
    (revision.root / "loop").symlink_to(revision.root)
    assert found(root) == [("ledgers/.secret", "added"), ("loop", "added"), ("new/deep/file", "added")]


def test_two_files_that_changed_places_are_found(root: Path, revision: Revision) -> None:
    one, other = revision.root / "config.toml", revision.root / "index.html"
    one.rename(revision.root / "x")
    other.rename(one)
    (revision.root / "x").rename(other)
    assert found(root) == [("config.toml", "wrong size"), ("index.html", "wrong size")]


def test_a_hard_link_counts_by_its_bytes(root: Path, revision: Revision, tmp_path: Path) -> None:
    (tmp_path / "other-name").hardlink_to(revision.root / "config.toml")
    assert found(root) == []
    flip(tmp_path / "other-name", 3)
    assert found(root) == [("config.toml", "changed")]


def test_a_copy_with_other_modes_is_sound(root: Path, revision: Revision, tmp_path: Path) -> None:
    shutil.copytree(root, tmp_path / "copy")
    for path in (tmp_path / "copy").rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o600)
    assert found(tmp_path / "copy") == []


def test_a_damaged_revision_is_not_built_on(root: Path, revision: Revision) -> None:
    flip(revision.root / "config.toml", 3)
    (revision.root / "index.html").unlink()
    with pytest.raises(DamagedError) as caught:
        require_intact(Archive(root).revisions()[0])
    assert "2026-05/r1/config.toml: changed" in caught.value.message
    assert "2026-05/r1/index.html: missing" in caught.value.message
    assert caught.value.exit_code == 7
    assert "backup" in caught.value.remedy


def test_what_the_system_cannot_read_is_no_damage(revision: Revision, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("chargeback.archive.store.open_inside", refuse)
    with pytest.raises(StorageError, match="Permission denied"):
        check_files(revision)


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum on this machine")
def test_sha256sum_proves_a_revision_without_this_program(root: Path, revision: Revision, shape: str) -> None:
    def run() -> subprocess.CompletedProcess[str]:
        command = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
        return subprocess.run(command, cwd=revision.root, capture_output=True, text=True, check=False)

    proved = run()
    assert proved.returncode == 0, proved.stderr
    assert sorted(line.partition(": OK")[0] for line in proved.stdout.splitlines()) == sorted(
        [*PROVED, "manifest.json", *(PARTS if shape == "tree" else [])]
    )
    flip(revision.root / "config.toml", 3)
    assert "config.toml: FAILED" in run().stdout


def test_kinds_are_words_for_people() -> None:
    assert FileFindingKind.NOT_REGULAR == "not a regular file"
