"""``chargeback verify`` as it is called: nothing is called proved that is not, and no damage hides behind an error."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from chargeback.archive.manifest import MANIFEST_PATH, SUMS_PATH
from chargeback.archive.reading import Archive
from chargeback.evidence import RegisterState, RunRecord
from tests.cli.calling import Called, call
from tests.job.test_verify import resealed
from tests.kit.reviewed import APRIL, MARCH, MAY, Reviewed, spoil

from .test_sign import sign

pytestmark = pytest.mark.usefixtures("offline")


def verify(*arguments: str | Path) -> Called:
    return call("verify", "--quick", *arguments)


def head(office: Reviewed) -> str:
    newest = Archive(office.root).head()
    assert newest is not None
    return newest.sha256


def lose_all(office: Reviewed) -> None:
    """Every revision is deleted."""
    for month in office.root.glob("20*"):
        shutil.rmtree(month)


def keep_head(office: Reviewed) -> str:
    """The newest head, which from now on is kept elsewhere too, as the configuration says."""
    path, newest = office.config.with_name("head"), head(office)
    path.write_text(f"{newest}\n")
    spoil(office.config, lambda data: f'head_file = "{path}"\n'.encode() + data)
    return newest


@pytest.mark.parametrize("quick", [("--quick",), ()])
def test_a_folder_without_a_revision_is_not_called_proved(tmp_path: Path, quick: tuple[str, ...]) -> None:
    (tmp_path / "papers.txt").touch()
    called = call("verify", tmp_path, *quick)
    assert (called.exit, called.out) == (2, "")
    assert "holds no revision, so there is nothing to prove -> name an archive, a month or a revision" in called.err
    document = call("verify", tmp_path, *quick, "--output", "json").document
    assert (document["status"], document["exit"], document["paths"]) == ("failed", 2, [])


def test_a_month_that_lost_its_revisions_is_not_called_proved(own_office: Reviewed) -> None:
    for revision in (own_office.root / MAY).iterdir():
        shutil.rmtree(revision)
    called = verify(own_office.root / MAY)
    assert (called.exit, called.out) == (2, "")


def test_an_archive_that_lost_all_its_revisions_is_damaged_where_somebody_knows_of_one(own_office: Reviewed) -> None:
    known = head(own_office)
    assert sign(own_office, MAY, "--by", "Ann").exit == 0
    lose_all(own_office)
    assert verify(own_office.root).exit == 7, "signatures.csv names a head"
    (own_office.root / "signatures.csv").unlink()
    assert verify(own_office.root).exit == 2
    assert verify(own_office.root, "--head", known).exit == 7
    assert verify(own_office.root, "--base", known).exit == 7


@pytest.mark.parametrize("folder", [True, False])
def test_an_archive_that_is_away_is_damaged_where_the_head_file_knows_one(own_office: Reviewed, folder: bool) -> None:
    newest = keep_head(own_office)
    lose_all(own_office)
    if not folder:
        shutil.rmtree(own_office.root)
    called = verify("-c", own_office.config)
    assert called.exit == 7, called.err
    assert newest in called.out + called.err


def test_damage_is_told_also_where_another_path_cannot_be_verified(own_office: Reviewed, tmp_path: Path) -> None:
    spoil(own_office.root / f"{MAY}/r1/ledgers/all.csv", lambda data: data + b"x")
    called = verify(own_office.root, tmp_path / "nowhere")
    assert called.exit == 7
    assert "ledgers/all.csv" in called.out
    assert "nowhere" in called.err
    document = verify(own_office.root, tmp_path / "nowhere", "--output", "json").document
    told = [error["message"] for error in document["errors"]]
    assert len(told) == 2 and "all.csv" in told[0] and "nowhere" in told[1]


def test_signatures_of_what_was_moved_away_are_excused_and_those_of_what_is_lost_are_not(own_office: Reviewed) -> None:
    for month in (MARCH, APRIL, MAY):
        assert sign(own_office, month, "--by", "Ann").exit == 0
    first, *_, last = Archive(own_office.root).chain().order
    shutil.rmtree(own_office.root / str(first.name))
    assert verify(own_office.root, "--base", first.sha256).exit == 0
    shutil.rmtree(own_office.root / str(last.name))
    called = verify(own_office.root, "--base", first.sha256)
    assert called.exit == 7
    assert called.out.count("Ann signed") == 1
    assert f"Ann signed {last.name} at head {last.sha256}, which is gone" in called.out


def lose_oldest(office: Reviewed) -> str:
    """The oldest revision is deleted; the SHA-256 of its manifest."""
    first = Archive(office.root).chain().order[0]
    shutil.rmtree(office.root / str(first.name).partition("/")[0])
    return first.sha256


def configure_base(office: Reviewed, sha256: str) -> None:
    text = office.config.read_text(encoding="utf-8")
    office.config.write_text(f'base_manifest = "{sha256}"\n{text}', encoding="utf-8")


READERS = {
    "verify": ("verify", "--quick"),
    "list": ("list",),
    "run": ("run", "-p", MAY, "--dry-run"),
    "sign": ("sign", MAY, "--by", "Ann"),
}


@pytest.mark.parametrize("arguments", READERS.values(), ids=READERS)
def test_the_oldest_month_deleted_is_exit_7_unless_the_configuration_names_it(
    own_office: Reviewed, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DEPLOYS_TOKEN", raising=False)
    first = lose_oldest(own_office)
    called = call(*arguments, "-c", own_office.config)
    assert called.exit == 7, called.err
    assert f"follows the manifest {first}, which is not in the archive" in called.out + called.err
    configure_base(own_office, first)
    assert call(*arguments, "-c", own_office.config).exit == (5 if arguments[0] == "run" else 0)


@pytest.mark.parametrize("arguments", READERS.values(), ids=READERS)
def test_a_base_that_the_chain_does_not_follow_is_exit_7(own_office: Reviewed, arguments: tuple[str, ...]) -> None:
    configure_base(own_office, "0" * 64)
    called = call(*arguments, "-c", own_office.config)
    assert called.exit == 7, called.err
    assert "follows nothing, not the base 0000" in called.out + called.err


def test_the_base_on_the_command_line_wins(own_office: Reviewed) -> None:
    first = lose_oldest(own_office)
    configure_base(own_office, "0" * 64)
    assert verify("--quick", "-c", own_office.config).exit == 7
    assert verify("--quick", "-c", own_office.config, "--base", first).exit == 0


def test_the_configuration_in_use_counts_for_its_own_archive_alone(
    own_office: Reviewed, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = lose_oldest(own_office)
    monkeypatch.chdir(own_office.config.parent)
    assert call("list", "--archive", own_office.root).exit == 7
    configure_base(own_office, first)
    assert call("list", "--archive", own_office.root).exit == 0
    assert verify("--quick", own_office.root).exit == 0
    text = own_office.config.read_text(encoding="utf-8").replace(str(own_office.root), str(own_office.root) + "-other")
    own_office.config.write_text(
        'archive = "elsewhere"\n' + "\n".join(line for line in text.splitlines() if not line.startswith("archive")),
        encoding="utf-8",
    )
    assert call("list", "--archive", own_office.root).exit == 7


def test_signatures_cut_after_a_revision_was_written_are_found(own_office: Reviewed) -> None:
    """A revision names what ``signatures.csv`` was when it was written, so that cutting its end does not go unseen."""
    for month in (MARCH, APRIL):
        assert sign(own_office, month, "--by", "Ann").exit == 0
    whole = (own_office.root / "signatures.csv").read_bytes()
    newest = Archive(own_office.root).head()
    assert newest is not None
    state = RegisterState("signatures.csv", len(whole), hashlib.sha256(whole).hexdigest())
    record_registers(newest.root, state)
    assert "signatures.csv" not in verify(own_office.root).out
    (own_office.root / "signatures.csv").write_bytes(b"".join(whole.splitlines(keepends=True)[:2]))
    called = verify(own_office.root)
    assert called.exit == 7
    assert f"signatures.csv: changed: is not what it was when {newest.name} was written" in called.out


def record_registers(root: Path, *states: RegisterState) -> None:
    """The revision as if its run had found these registers, its checksums mended."""
    spoil(root / "evidence/run.json", lambda data: replace(RunRecord.from_json(data), registers=states).to_json())
    for path in (root / MANIFEST_PATH, root / SUMS_PATH):
        spoil(path, bytes)  # the copy is made of links
    resealed(root)


@pytest.mark.parametrize(("damaged", "verdict"), [(1, "DAMAGED: 1 finding, "), (2, "DAMAGED: 2 findings, ")])
def test_the_verdict_counts_what_is_damaged(own_office: Reviewed, damaged: int, verdict: str) -> None:
    for month in (APRIL, MAY)[:damaged]:
        spoil(own_office.root / month / "r1" / "config.toml", lambda data: data + b"#")
    called = verify(own_office.root)
    assert called.exit == 7
    assert called.out.splitlines()[-1].startswith(verdict)
