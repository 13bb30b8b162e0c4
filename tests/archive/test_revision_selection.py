"""What a path or a revision's name means."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from chargeback.archive.revision_selection import named_revision, selected_revisions
from chargeback.errors import ConfigurationError, DamagedError, StorageError
from tests.kit.archives import write_archive


@pytest.fixture
def archive_root(root: Path) -> Path:
    write_archive(root, "2026-05", "2026-06", "2026-05")
    return root


@pytest.mark.parametrize(
    ("path", "names", "whole"),
    [
        ("", ["2026-05/r1", "2026-05/r2", "2026-06/r1"], True),
        ("2026-05", ["2026-05/r1", "2026-05/r2"], False),
        ("2026-05/r1", ["2026-05/r1"], False),
    ],
)
def test_a_path_within_an_archive(archive_root: Path, path: str, names: list[str], whole: bool) -> None:
    scope = selected_revisions(archive_root / path)
    assert [str(name) for name in scope.names] == names
    assert [str(revision.name) for revision in scope.revisions()] == names
    assert scope.whole is whole
    assert scope.archive is not None
    assert scope.archive.root == archive_root


def test_the_working_directory_counts(archive_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(archive_root / "2026-05")
    assert len(selected_revisions(Path()).names) == 2
    assert len(selected_revisions(Path("..")).names) == 3


def test_a_revision_may_stand_alone(archive_root: Path, tmp_path: Path) -> None:
    shutil.copytree(archive_root / "2026-05" / "r2", tmp_path / "mailed")
    scope = selected_revisions(tmp_path / "mailed")
    assert scope.archive is None
    assert [str(revision.name) for revision in scope.revisions()] == ["2026-05/r2"]


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="gone"):
        selected_revisions(tmp_path / "gone")


def test_a_revision_without_manifest_is_damage(archive_root: Path) -> None:
    (archive_root / "2026-05" / "r1" / "manifest.json").unlink()
    with pytest.raises(DamagedError, match=r"manifest\.json: missing"):
        selected_revisions(archive_root / "2026-05" / "r1").revisions()


def test_an_empty_archive_has_no_revisions(tmp_path: Path) -> None:
    assert selected_revisions(tmp_path).revisions() == ()


@pytest.mark.parametrize(("text", "name"), [("2026-05/r1", "2026-05/r1"), ("2026-05", "2026-05/r2")])
def test_a_revision_by_name(archive_root: Path, text: str, name: str) -> None:
    archive = selected_revisions(archive_root).archive
    assert archive is not None
    assert str(named_revision(archive, text).name) == name
    assert str(named_revision(archive, str(archive_root / text)).name) == name


@pytest.mark.parametrize("text", ["2026-04", "2026-05/r9", "2026-13", "", "nonsense", "/nowhere", "2026-05/r0"])
def test_a_revision_that_is_not_there(archive_root: Path, text: str) -> None:
    archive = selected_revisions(archive_root).archive
    assert archive is not None
    with pytest.raises(ConfigurationError) as caught:
        named_revision(archive, text)
    assert caught.value.exit_code == 2
    assert caught.value.remedy
