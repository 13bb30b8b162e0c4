"""What an archive says it holds: months, revisions, head; that nothing outside of it is read; and what a path means."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from msgspec.structs import replace

from chargeback.archive.locked_archive import open_for_writing
from chargeback.archive.manifest import MANIFEST_PATH, SUMS_PATH, sums_lines
from chargeback.archive.reading import Archive, named_revision, selected_revisions
from chargeback.archive.revision import Revision, read_revision
from chargeback.archive.staging import Staging
from chargeback.errors import ConfigurationError, DamagedError, SchemaError, StorageError
from chargeback.evidence import RunRecord, sha256_of
from chargeback.evidence.period import Period
from chargeback.model.archive_overview import RevisionName
from tests.kit.archives import REPORT, STARTED, QuickFileSystem, answer, manifest, write_archive

MAY, JUNE = Period(2026, 5), Period(2026, 6)


def test_an_archive_that_does_not_exist_is_empty_for_a_run(root: Path) -> None:
    archive = Archive(root)
    assert (archive.periods(), archive.revisions(), archive.head(), archive.latest(MAY)) == ((), (), None, None)


def test_an_archive_that_does_not_exist_is_told_to_a_reader(root: Path) -> None:
    with pytest.raises(StorageError, match="No such file") as caught:
        Archive(root).require()
    assert caught.value.exit_code == 9
    root.touch()
    with pytest.raises(StorageError, match="not a folder"):
        Archive(root).require()


def test_months_and_revisions_are_listed_in_order(root: Path) -> None:
    archive = write_archive(root, "2026-05", "2026-06", "2026-05", "2026-04")
    assert [str(period) for period in archive.periods()] == ["2026-04", "2026-05", "2026-06"]
    assert [str(name) for name in archive.names()] == ["2026-04/r1", "2026-05/r1", "2026-05/r2", "2026-06/r1"]
    assert [str(link.name) for link in archive.sound_chain().order] == [
        "2026-05/r1",
        "2026-06/r1",
        "2026-05/r2",
        "2026-04/r1",
    ]
    latest = {str(period): revision.name.number for period, revision in archive.latest_of_each().items()}
    assert latest == {"2026-04": 1, "2026-05": 2, "2026-06": 1}
    head, newest = archive.head(), archive.latest(MAY)
    assert head is not None
    assert str(head.name) == "2026-04/r1"
    assert newest is not None
    assert newest.name == RevisionName(MAY, 2)


def test_ten_comes_after_nine(root: Path) -> None:
    archive = write_archive(root, *["2026-05"] * 11)
    assert [name.number for name in archive.names()] == list(range(1, 12))


def test_what_is_no_revision_is_left_alone_and_named(root: Path) -> None:
    archive = write_archive(root, "2026-05")
    for name in ("2026-13", "2026-5", "0001-01", "lost+found", "2026-05/r01", "2026-05/r1.bak", "2026-05/x", ".hidden"):
        (root / name).mkdir()
    for name in ("index.html", "signatures.csv", "pending", "usage"):
        (root / name).touch()
    assert len(archive.names()) == 1
    assert archive.strangers() == ("2026-05/r01", "2026-05/r1.bak", "2026-05/x", "2026-13", "2026-5", "lost+found")


def test_a_month_or_revision_that_is_a_link_is_damage(root: Path, tmp_path: Path) -> None:
    write_archive(root, "2026-05")
    (root / "2026-05" / "r1").rename(tmp_path / "r1")
    (root / "2026-05" / "r1").symlink_to(tmp_path / "r1")
    with pytest.raises(DamagedError, match="r1: a link"):
        Archive(root).revisions()
    (root / "2026-05").rename(tmp_path / "2026-05")
    (root / "2026-05").symlink_to(tmp_path / "2026-05")
    with pytest.raises(DamagedError, match="2026-05: a link"):
        Archive(root).names()


def test_a_file_where_a_month_should_be_is_damage(root: Path) -> None:
    root.mkdir()
    (root / "2026-05").touch()
    with pytest.raises(DamagedError, match="2026-05: not a folder"):
        Archive(root).names()


def test_a_revision_that_was_moved_to_another_place_is_damage(root: Path) -> None:
    write_archive(root, "2026-05", "2026-06")
    shutil.move(root / "2026-06" / "r1", root / "2026-05" / "r2")
    with pytest.raises(DamagedError, match="its manifest is that of 2026-06/r1"):
        Archive(root).revisions()


def test_a_newer_schema_is_told(root: Path) -> None:
    revision = write_archive(root, "2026-05").revisions()[0]
    path = revision.root / MANIFEST_PATH
    path.chmod(0o640)
    path.write_bytes(path.read_bytes().replace(b'"schema": 1', b'"schema": 3'))
    with pytest.raises(SchemaError, match="schema 3"):
        Archive(root).head()


def test_a_broken_chain_is_not_built_on(root: Path) -> None:
    write_archive(root, "2026-04", "2026-05", "2026-06")
    shutil.rmtree(root / "2026-05")
    with pytest.raises(DamagedError, match="2026-06/r1 follows the manifest") as caught:
        Archive(root).head()
    assert caught.value.exit_code == 7


def test_old_months_can_be_moved_away_and_a_run_goes_on(root: Path) -> None:
    write_archive(root, "2026-04", "2026-05")
    shutil.rmtree(root / "2026-04")
    assert len(write_archive(root, "2026-06").sound_chain().order) == 2


def test_evidence_comes_back_as_it_was_stored(root: Path) -> None:
    revision = write_archive(root, "2026-05").revisions()[0]
    evidence = revision.evidence()
    assert evidence.answers == (answer(),)
    assert evidence.body(evidence.answers[0]) == REPORT
    assert (evidence.run.period, evidence.run.revision, evidence.run.previous) == (MAY, 1, None)


def test_a_file_can_be_read_piece_by_piece(root: Path) -> None:
    revision = write_archive(root, "2026-05").revisions()[0]
    with revision.open("evidence/ba_1/billing.report.json") as file:
        assert file.read() == REPORT
    path = revision.root / "config.toml"
    path.chmod(0o640)
    path.write_bytes(b"")
    with pytest.raises(DamagedError, match="size"):
        revision.open("config.toml")


@pytest.mark.parametrize("path", ["../../x", "/etc/passwd", "manifest.json", "ledgers/none.csv", ""])
def test_only_what_the_manifest_names_is_read(root: Path, path: str) -> None:
    revision = write_archive(root, "2026-05").revisions()[0]
    with pytest.raises(DamagedError, match="no file of this revision"):
        revision.read(path)
    with pytest.raises(DamagedError, match="no file of this revision"):
        revision.open(path)


def test_changed_missing_and_grown_files_are_not_returned(root: Path) -> None:
    revision = write_archive(root, "2026-05").revisions()[0]
    path = revision.root / "config.toml"
    path.chmod(0o640)
    before = path.read_bytes()
    path.write_bytes(before.upper())
    with pytest.raises(DamagedError, match="not the bytes"):
        revision.read("config.toml")
    path.write_bytes(before * 2)
    with pytest.raises(DamagedError, match="at most"):
        revision.read("config.toml")
    path.unlink()
    with pytest.raises(DamagedError, match="missing"):
        revision.read("config.toml")
    with pytest.raises(DamagedError, match="missing"):
        revision.open("config.toml")


def test_a_sealed_revision_is_not_written_to(root: Path) -> None:
    revision = write_archive(root, "2026-05").revisions()[0]
    with pytest.raises(StorageError, match="sealed"):
        revision.write("config.toml", b"")


def test_what_the_system_cannot_read_is_no_damage(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    revision = write_archive(root, "2026-05").revisions()[0]

    def refuse(*arguments: object, **options: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("chargeback.archive.store.read_inside", refuse)
    with pytest.raises(StorageError, match=r"config\.toml: Permission denied"):
        revision.read("config.toml")
    with pytest.raises(StorageError, match=r"manifest\.json: Permission denied"):
        Archive(root).revisions()
    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(StorageError, match="Permission denied"):
        Archive(root).names()


def forged(root: Path, **files: bytes) -> Revision:
    """A revision whose evidence somebody made up, with a manifest and sums that fit: this program would not seal it."""
    with (
        patch.object(Staging, "_require_readable"),
        open_for_writing(root, started=STARTED, file_system=QuickFileSystem()) as writer,
        writer.stage() as staging,
    ):
        for path, data in files.items():
            staging.add(f"evidence/{path}.json", data)
        return writer.seal(staging, manifest())


RUN = RunRecord(Period(2026, 5), STARTED, "https://api.deploys.app/", 1, None, ()).to_json()


@pytest.mark.parametrize("run", [b"", b"[]", b"{}", b"[" * 100_000, b'{"schema": 1, "period": 1}'])
def test_a_forged_run_record_is_damage(root: Path, run: bytes) -> None:
    with pytest.raises(DamagedError, match="run record"):
        forged(root, run=run, index=b"[]").evidence()


@pytest.mark.parametrize("change", [{"period": "2026-04"}, {"revision": 2}, {"previous": "0" * 64}])
def test_a_run_record_of_another_revision_is_damage(root: Path, change: dict[str, Any]) -> None:
    other = replace(RunRecord.from_json(RUN), **change)
    with pytest.raises(DamagedError, match="another revision"):
        forged(root, run=other.to_json(), index=b"[]").evidence()


@pytest.mark.parametrize("index", [b"", b"[1]", b"{}", b'[{"path": 1}]', b"5"])
def test_a_forged_index_is_damage(root: Path, index: bytes) -> None:
    with pytest.raises(DamagedError, match="index"):
        forged(root, run=RUN, index=index).evidence()


@pytest.mark.parametrize("path", ["../../../etc/passwd", "config.toml", "evidence/run.json"])
def test_an_index_that_names_other_files_is_damage(root: Path, path: str) -> None:
    index = f'[{{"path": "{path}", "account": "", "function": "", "endpoint": "", "request": {{}}, "requested_at": "",\
 "date": null, "status": 200, "size": 1, "sha256": "{"0" * 64}"}}]'
    with pytest.raises(DamagedError, match="otherwise than the manifest"):
        forged(root, run=RUN, index=index.encode()).evidence()


def test_an_answer_that_is_not_kept_needs_no_file(root: Path) -> None:
    index = (
        b'[{"path": null, "account": "", "function": "", "endpoint": "", "request": {}, "requested_at": "",\
 "date": null, "status": 200, "size": 1, "sha256": "%064d"}]'
        % 0
    )
    assert forged(root, run=RUN, index=index).evidence().answers[0].path is None


def test_a_revision_is_read_wherever_it_lies(root: Path, tmp_path: Path) -> None:
    revision = write_archive(root, "2026-05").revisions()[0]
    shutil.copytree(revision.root, tmp_path / "mailed")
    assert read_revision(tmp_path / "mailed").sha256 == revision.sha256


def test_sums_and_manifest_belong_together(root: Path) -> None:
    revision = write_archive(root, "2026-05").revisions()[0]
    assert revision.sha256 == sha256_of((revision.root / MANIFEST_PATH).read_bytes())
    assert (revision.root / SUMS_PATH).read_bytes() == b"".join(sums_lines(revision.manifest.files, revision.sha256))


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
