"""A month whose manifest is a tree, by every command: what is one manifest for a small month changes nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from chargeback.archive.manifest import MANIFEST_PATH
from chargeback.archive.reading import Archive
from chargeback.archive.revision import Revision, read_revision
from chargeback.archive.staging import Staging
from chargeback.errors import DamagedError
from chargeback.job.rebuild import rebuild
from chargeback.job.verify import VerifyRequest, verify
from chargeback.model.manifest_division import FILES_A_MANIFEST
from chargeback.sandbox import Clock, Platform, prepared, running, scale_world
from chargeback.sandbox.makers import instant
from tests.cli.calling import call
from tests.kit.some import some
from tests.kit.workplace import NOW, Workplace, closing

RESTATED = "2026-05/r2"
MOST = 20
EVIDENCE = (Path(__file__).parents[2] / "docs/evidence.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def offices(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workplace, Workplace]:
    """The same two months, the second one restated, once with one manifest each and once with trees."""
    made = []
    for most in (Staging.files_a_manifest, MOST):
        platform = prepared("clean", now=instant(NOW))
        with running(platform) as server, pytest.MonkeyPatch.context() as patch:
            patch.setattr(Staging, "files_a_manifest", most)
            office = Workplace(tmp_path_factory.mktemp("office"), platform, server)
            assert [office.run("2026-04").exit, office.run("2026-05").exit] == [3, 0]
            office.configure(shared="even")
            assert office.run("2026-05").exit == 0
        made.append(office)
    return made[0], made[1]


@pytest.fixture
def archive(offices: tuple[Workplace, Workplace], tmp_path: Path) -> Path:
    """A copy to be damaged."""
    shutil.copytree(offices[1].archive, tmp_path / "archive")
    for path in (tmp_path / "archive").rglob("*"):
        path.chmod(0o750 if path.is_dir() else 0o640)
    return tmp_path / "archive"


def revisions(office: Workplace) -> tuple[Revision, ...]:
    return Archive(office.archive).revisions()


def test_a_tree_names_the_files_that_one_manifest_names(offices: tuple[Workplace, Workplace]) -> None:
    plain, tree = (revisions(office)[0] for office in offices)
    assert set(plain.records) == set(tree.records)
    assert not plain.manifest.parts
    assert len(tree.manifest.parts) > 3
    assert max(part.files for part in tree.manifest.parts) <= MOST


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_a_tree_is_proved_in_four_layers_by_any_number_of_processes(archive: Path, workers: int) -> None:
    result = verify(archive, VerifyRequest(workers=workers))
    assert (result.exit, result.findings) == (0, ())
    on_disk = sum(path.is_file() for path in archive.glob("2026-*/r*/**/*"))
    assert result.layers[0].count == on_disk, "parts, manifests and sums are counted too"
    for path in ("ledgers/web.csv", "evidence/1042/billing.report.json"):
        target = archive / RESTATED / path
        target.write_bytes(target.read_bytes()[:-1] + b"?")
    result = verify(archive, VerifyRequest(quick=True, workers=workers))
    assert [finding.path for finding in result.findings] == [
        f"{RESTATED}/evidence/1042/billing.report.json",
        f"{RESTATED}/ledgers/web.csv",
    ]


def test_a_tree_is_rebuilt_byte_for_byte(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Staging, "files_a_manifest", MOST)
    result = rebuild(read_revision(archive / RESTATED), tmp_path / "again")
    assert (result.exit, result.differing) == (0, ())
    assert result.revision.sha256 == result.original.sha256
    subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=tmp_path / "again", check=True)


def test_each_changed_bit_of_the_proof_is_caught(archive: Path) -> None:
    revision = archive / RESTATED
    proof = [revision / MANIFEST_PATH, revision / "SHA256SUMS", *sorted((revision / "manifests").iterdir())]
    caught = 0
    for path in some(proof):
        data = path.read_bytes()
        path.write_bytes(data[:-30] + bytes([data[-30] ^ 1]) + data[-29:])
        result = verify(archive, VerifyRequest(quick=True))
        caught += result.exit == 7 and any(path.name in str(finding) for finding in result.findings)
        path.write_bytes(data)
    assert caught == len(proof) > 5


@pytest.mark.parametrize("workers", [1, 2])
def test_a_damaged_part_is_named_and_what_it_would_prove_is_not_performed_again(archive: Path, workers: int) -> None:
    for path in sorted((archive / RESTATED / "manifests").iterdir()):
        data = path.read_bytes()
        path.write_bytes(data.replace(b'"size"', b'"Size"', 1))
        result = verify(archive, VerifyRequest(workers=workers))
        assert result.exit == 7
        assert [finding.path for finding in result.findings] == [f"{RESTATED}/manifests/{path.name}"]
        assert f"{RESTATED} was not performed again: its manifest is damaged" in result.notes
        path.write_bytes(data)
    assert verify(archive, VerifyRequest(quick=True)).exit == 0


def account_alone(archive: Path, folder: Path, shape: str) -> Path:
    """The account's own files, its part and the manifest, and nothing else of the month."""
    source = archive / RESTATED
    names = [path for path in source.rglob("*") if "1042" in path.parts]
    parts = [path for path in (source / "manifests").glob("*") if '"evidence/1042/' in path.read_text("utf-8")]
    assert len(parts) == (1 if shape == "tree" else 0), "an account is in one part"
    for path in (*names, *parts, source / MANIFEST_PATH):
        if path.is_file():
            target = folder / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    return folder


@pytest.mark.parametrize("shape", ["one manifest", "tree"])
def test_an_auditor_proves_one_account_by_the_documented_lines(
    offices: tuple[Workplace, Workplace], tmp_path: Path, shape: str
) -> None:
    page = EVIDENCE.partition("## One account by itself")[2].partition("\n## ")[0]
    script = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)[0]
    if shape == "one manifest":
        script = f"{script.splitlines()[0]}\n{re.findall(r'`(names manifest.json [^`]*)`', page)[0]}"
    folder = account_alone(offices[shape == "tree"].archive, tmp_path / "account", shape)

    def proved() -> tuple[bool, list[str]]:
        ended = subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, text=True, check=False)
        said = ended.stdout.splitlines()
        return ended.returncode == 0, sorted(line.removesuffix(": OK") for line in said if line.endswith(": OK"))

    files = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]
    own = sorted(path for path in files if path != MANIFEST_PATH)
    assert len([path for path in own if "1042" in path]) > 4
    assert proved() == (True, own)
    for path in own:
        data = (folder / path).read_bytes()
        (folder / path).write_bytes(data + b" ")
        assert not proved()[0], path
        (folder / path).unlink()
        if "1042" in path:
            assert not proved()[0], path
        (folder / path).write_bytes(data)
    assert proved() == (True, own)


READING = (
    ("list",), ("show", "2026-05"), ("explain", "2026-05", "line:1"), ("diff", "2026-05"), ("plan", "-p", "2026-05"),
    ("verify",),
)  # fmt: skip


@pytest.mark.parametrize("command", READING, ids=lambda command: command[0])
def test_every_command_says_of_a_tree_what_it_says_of_one_manifest(
    offices: tuple[Workplace, Workplace], command: tuple[str, ...]
) -> None:
    said = []
    for office in offices:
        place = (office.archive,) if command[0] == "verify" else ("--archive", office.archive, "-c", office.config_path)
        called = call(*command, *place)
        assert called.exit in (0, 3), called.err
        heads = re.sub(r"[0-9a-f]{12,64}", "SHA", called.out)
        said.append(re.sub(r"\d+ files|http://127.0.0.1:\d+|" + re.escape(str(office.root)), "", heads))
    assert said[0] == said[1]


def test_a_command_that_needs_a_damaged_part_ends_with_7_and_names_it(
    offices: tuple[Workplace, Workplace], archive: Path
) -> None:
    (archive / RESTATED / "manifests/0001.json").write_bytes(b"{}")
    called = call("show", "2026-05", "--archive", archive, "-c", offices[1].config_path)
    assert called.exit == DamagedError.exit_code
    assert f"{RESTATED}/manifests/0001.json" in called.err
    assert called.err.count("\n") <= 2


@pytest.mark.nightly
def test_a_month_of_1100_accounts_is_a_tree_by_its_size_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    platform = Platform(scale_world(1_100, 1, 1, teams=3), "C", clock=Clock(NOW))
    with closing(tmp_path, platform) as office:
        assert office.run("2026-05").exit == 0
        (revision,) = revisions(office)
        assert [part.files <= FILES_A_MANIFEST for part in some(revision.manifest.parts)] == [True, True]
        assert len(revision.records) > FILES_A_MANIFEST
        page = revision.read("index.html").decode()
        assert [f'"{part.path}"' in page for part in revision.manifest.parts] == [True, True], (
            "its page leaves parts out"
        )
        assert "manifests/0003.json" not in page
        assert verify(office.archive, VerifyRequest(workers=2)).exit == 0
        again = rebuild(revision, tmp_path / "again")
        assert (again.differing, again.revision.sha256) == ((), revision.sha256)
        assert office.run("2026-05").exit == 0
        assert len(revisions(office)) == 1, "an unchanged result is no new revision"
    with capsys.disabled():
        print(f"[{len(revision.records)} files in {len(revision.manifest.parts)} parts]", end="")
