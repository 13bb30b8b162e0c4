"""The layers of checksums and of the chain: attacks on files, manifests and whole revisions, each told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from chargeback.archive.locked_archive import open_for_writing
from chargeback.archive.manifest import MANIFEST_PATH, SUMS_PATH, Manifest, sums_lines
from chargeback.archive.reading import Archive, selected_revisions
from chargeback.archive.registers import append_signature
from chargeback.archive.revision import Revision
from chargeback.archive.verification import Layer, verify_chain, verify_files
from chargeback.evidence import sha256_of
from chargeback.evidence.period import Period
from chargeback.model.archive_overview import Signature
from tests.kit.archives import FILES, STARTED, QuickFileSystem, seal, write_archive


@pytest.fixture
def archive(root: Path) -> Archive:
    return write_archive(root, "2026-04", "2026-05", "2026-06", "2026-05")


def files(path: Path) -> Layer:
    return verify_files(selected_revisions(path))


def chain(path: Path, base: str | None = None, *heads: str) -> Layer:
    return verify_chain(selected_revisions(path), base=base, heads=heads)


def told(layer: Layer) -> str:
    return "\n".join(map(str, layer.findings))


def overwrite(revision: Revision, changed: Manifest) -> str:
    """Write a revision's manifest and sums anew, as one would who can write the archive."""
    data = changed.to_json()
    for path, content in ((MANIFEST_PATH, data), (SUMS_PATH, b"".join(sums_lines(changed.files, sha256_of(data))))):
        (revision.root / path).unlink()
        (revision.root / path).write_bytes(content)
    return sha256_of(data)


def test_a_sound_archive_passes_with_its_counts(archive: Archive) -> None:
    files_layer, chain_layer = files(archive.root), chain(archive.root)
    assert (files_layer.sound, files_layer.count, files_layer.note) == (True, 4 * (len(FILES) + 4), "")
    assert (chain_layer.sound, chain_layer.count) == (True, 4)


def test_a_month_and_a_revision_have_their_own_counts(archive: Archive) -> None:
    assert files(archive.root / "2026-05").count == 2 * (len(FILES) + 4)
    assert files(archive.root / "2026-05" / "r2").count == len(FILES) + 4
    assert chain(archive.root / "2026-05" / "r2").count == 4


def test_a_revision_that_stands_alone_has_no_chain(archive: Archive, tmp_path: Path) -> None:
    shutil.copytree(archive.root / "2026-05" / "r2", tmp_path / "mailed")
    assert files(tmp_path / "mailed").sound
    layer = chain(tmp_path / "mailed")
    assert (layer.sound, layer.count) == (True, 0)
    assert "alone" in layer.note


def test_an_empty_archive_passes(tmp_path: Path) -> None:
    assert (files(tmp_path).count, chain(tmp_path).count, files(tmp_path).sound, chain(tmp_path).sound) == (
        0,
        0,
        True,
        True,
    )


def test_each_damaged_file_is_named(archive: Archive) -> None:
    (archive.root / "2026-04/r1/config.toml").unlink()
    (archive.root / "2026-05/r2/stranger").touch()
    assert told(files(archive.root)) == (
        "2026-04/r1/config.toml: missing\n2026-05/r2/stranger: added: not in the manifest"
    )
    assert all(finding.remedy for finding in files(archive.root).findings)
    assert files(archive.root / "2026-06").sound


def test_what_is_not_the_archives_own_is_told_and_no_damage(archive: Archive) -> None:
    (archive.root / "notes.txt").touch()
    layer = files(archive.root)
    assert layer.sound
    assert "notes.txt" in layer.note


def test_a_broken_manifest_does_not_hide_the_rest(archive: Archive) -> None:
    path = archive.root / "2026-05/r1" / MANIFEST_PATH
    path.chmod(0o640)
    path.write_bytes(b"{")
    (archive.root / "2026-06/r1/config.toml").unlink()
    layer = files(archive.root)
    assert "2026-05/r1: manifest: manifest.json: not a manifest" in told(layer)
    assert "2026-06/r1/config.toml: missing" in told(layer)
    assert "2026-05/r1: manifest" in told(chain(archive.root))


def test_a_rewritten_manifest_breaks_the_chain(archive: Archive) -> None:
    revision = archive.revisions()[0]
    overwrite(revision, replace(revision.manifest, status="exceptions"))
    assert files(archive.root).sound
    assert "which is not in the archive" in told(chain(archive.root))


def test_a_rewritten_head_is_caught_by_a_head_kept_elsewhere(archive: Archive) -> None:
    revision = archive.head()
    assert revision is not None
    overwrite(revision, replace(revision.manifest, status="exceptions"))
    assert files(archive.root).sound
    assert chain(archive.root).sound
    assert f"no revision has the head {revision.sha256}" in told(chain(archive.root, None, revision.sha256))


def test_a_deleted_latest_revision_is_caught_by_a_head_kept_elsewhere(archive: Archive) -> None:
    revision = archive.head()
    assert revision is not None
    shutil.rmtree(revision.root)
    assert chain(archive.root).sound
    assert not chain(archive.root, None, revision.sha256).sound


def test_a_deleted_latest_revision_is_caught_by_its_signature(archive: Archive) -> None:
    revision = archive.head()
    assert revision is not None
    with open_for_writing(archive.root, started=STARTED, file_system=QuickFileSystem()) as writer:
        append_signature(writer, Signature(STARTED, Period(2026, 5), 2, revision.sha256, "preparer", "Somchai"))
    assert chain(archive.root).sound
    shutil.rmtree(revision.root)
    assert "Somchai signed 2026-05/r2" in told(chain(archive.root))
    (archive.root / "signatures.csv").write_text("nonsense")
    assert "signatures.csv: changed" in told(chain(archive.root))


def test_a_deleted_revision_in_the_middle_is_told(archive: Archive) -> None:
    shutil.rmtree(archive.root / "2026-05" / "r1")
    assert "2026-06/r1 follows the manifest" in told(chain(archive.root))


def test_two_heads_are_told(archive: Archive, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(archive.root, copy)
    write_archive(archive.root, "2026-07")
    with open_for_writing(copy, started=STARTED, file_system=QuickFileSystem()) as writer:
        seal(writer, "2026-08")
    shutil.copytree(copy / "2026-08", archive.root / "2026-08")
    assert "2026-07/r1 and 2026-08/r1 both follow 2026-05/r2: two heads" in told(chain(archive.root))


def test_two_revisions_that_changed_places_are_told(archive: Archive) -> None:
    month = archive.root / "2026-05"
    (month / "r1").rename(month / "x")
    (month / "r2").rename(month / "r1")
    (month / "x").rename(month / "r2")
    assert "its manifest is that of 2026-05/r2" in told(files(archive.root))


def test_old_months_that_were_moved_away_need_a_base(archive: Archive) -> None:
    base = archive.revisions()[0].sha256
    shutil.rmtree(archive.root / "2026-04")
    assert "name it with --base" in told(chain(archive.root))
    assert chain(archive.root, base).sound
    assert "not the base" in told(chain(archive.root, "0" * 64))
    assert files(archive.root).sound


def test_an_archive_from_its_first_revision_on_has_no_base(archive: Archive) -> None:
    assert "follows nothing, not the base" in told(chain(archive.root, "0" * 64))


def test_signatures_of_months_that_were_moved_away_are_no_loss(archive: Archive) -> None:
    first = archive.revisions()[0]
    with open_for_writing(archive.root, started=STARTED, file_system=QuickFileSystem()) as writer:
        append_signature(writer, Signature(STARTED, Period(2026, 4), 1, first.sha256, "preparer", "Somchai"))
    shutil.rmtree(archive.root / "2026-04")
    assert chain(archive.root, first.sha256).sound


def test_a_signature_of_a_deleted_newest_month_is_no_moved_one(archive: Archive) -> None:
    """Moving old months away must not hide that a later, signed one is gone."""
    first, last = archive.revisions()[0], archive.head()
    assert last is not None
    sign(archive, first)
    sign(archive, last)
    shutil.rmtree(archive.root / "2026-04")
    shutil.rmtree(last.root)
    assert told(chain(archive.root, first.sha256)) == (
        f"signatures.csv: head: Somchai signed 2026-05/r2 at head {last.sha256}, which is gone"
    )


def test_a_signature_of_the_base_itself_is_excused(root: Path) -> None:
    """April was restated before May's reviewer signed; then everything up to May's first revision was moved away."""
    archive = write_archive(root, "2026-04", "2026-05", "2026-04", "2026-06")
    base = archive.revisions(Period.parse("2026-05"))[0]
    sign(archive, base, "2026-06-20T00:00:00Z")
    shutil.rmtree(root / "2026-04/r1")
    shutil.rmtree(root / "2026-05")
    assert told(chain(root, base.sha256)) == ""


def sign(archive: Archive, revision: Revision, at: str = STARTED) -> None:
    name = revision.name
    signature = Signature(at, name.period, name.number, revision.sha256, "preparer", "Somchai")
    with open_for_writing(archive.root, started=at, file_system=QuickFileSystem()) as writer:
        append_signature(writer, signature)
