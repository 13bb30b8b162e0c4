"""Four layers of proof over a real archive: what is sound passes, and whatever is changed is named."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from chargeback.archive.manifest import MANIFEST_PATH, SUMS_PATH, FileRecord
from chargeback.archive.manifest_parts import proof_of
from chargeback.archive.revision import read_revision
from chargeback.cli.verify_output import document, lines, verify_and_tell
from chargeback.evidence.records import canonical_json
from chargeback.job import reperformed_revision
from chargeback.job.verify import LAYERS, Verification, VerifyRequest, verify
from chargeback.model.manifest_division import PARTS_FOLDER
from chargeback.sandbox import prepared, running
from chargeback.sandbox.makers import instant
from tests.kit.some import some
from tests.kit.workplace import NOW, Workplace, ended

MAY, RESTATED = "2026-05/r1", "2026-05/r2"
LINES = "xl/worksheets/sheet2.xml"


@pytest.fixture(scope="session")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of two months, the second one restated: three revisions in a chain."""
    root = tmp_path_factory.mktemp("sealed")
    platform = prepared("clean", now=instant(NOW))
    with running(platform) as server:
        office = Workplace(root, platform, server)
        assert [office.run("2026-04").exit, office.run("2026-05").exit] == [3, 0]  # April's report is gone
        office.configure(shared="even")
        assert office.run("2026-05").exit == 0
    assert office.revisions() == ["2026-04/r1", MAY, RESTATED]
    return office.archive


@pytest.fixture
def archive(sealed: Path, tmp_path: Path) -> Path:
    """A copy to be damaged."""
    shutil.copytree(sealed, tmp_path / "archive")
    for folder in (tmp_path / "archive").rglob("*"):
        folder.chmod(0o750 if folder.is_dir() else 0o640)
    return tmp_path / "archive"


def said(result: Verification) -> str:
    return "\n".join(lines(result, several=False))


def test_a_sound_archive_is_proved_in_four_layers_with_counts(sealed: Path) -> None:
    result = verify(sealed, VerifyRequest())
    assert (result.exit, [layer.name for layer in result.layers]) == (0, list(LAYERS))
    assert all(layer.count > 2 and layer.sound for layer in result.layers), said(result)
    assert said(result).splitlines()[-1] == f"proved, head {result.head}"


def test_an_archive_of_a_configuration_whose_head_file_alone_is_relative_is_proved(tmp_path: Path) -> None:
    platform = prepared("clean", now=instant(NOW))
    with running(platform) as server:
        office = Workplace(tmp_path, platform, server)
        written = office.config_path.read_text(encoding="utf-8")
        absolute = f'archive = "{office.archive}"\nhead_file = "chargeback.head"\n'
        office.config_path.write_text(written.replace('archive = "archive"\n', absolute), encoding="utf-8")
        assert office.run("2026-05").exit == 0
    result = verify(office.archive, VerifyRequest())
    assert (result.exit, (tmp_path / "chargeback.head").exists()) == (0, True), said(result)


def test_quick_stops_after_the_second_layer(sealed: Path) -> None:
    result = verify(sealed, VerifyRequest(quick=True))
    assert [layer.name for layer in result.layers] == ["files", "chain"]
    assert "not checked" in said(result)


@pytest.mark.parametrize("place", ["2026-05", MAY, RESTATED])
def test_a_month_and_a_revision_are_proved_alone(sealed: Path, place: str) -> None:
    assert verify(sealed / place, VerifyRequest()).exit == 0


def test_a_revision_copied_elsewhere_is_proved(sealed: Path, tmp_path: Path) -> None:
    shutil.copytree(sealed / RESTATED, tmp_path / "mailed")
    result = verify(tmp_path / "mailed", VerifyRequest(heads=(read_revision(sealed / RESTATED).sha256,)))
    assert (result.exit, result.layers[1].note) == (0, "the revision stands alone: no chain to verify")
    assert verify(tmp_path / "mailed", VerifyRequest(heads=("0" * 64,))).exit == 7


def test_sha256sum_proves_it_without_this_program(sealed: Path) -> None:
    for name in ("2026-04/r1", MAY, RESTATED):
        subprocess.run(["sha256sum", "--strict", "-c", "--quiet", SUMS_PATH], cwd=sealed / name, check=True)


def test_every_bit_flip_in_every_file_is_caught(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One bit of each file, chosen by its name; the checksum layer says which file it is. A checksum that
    changes within the manifest is one that SHA256SUMS does not have."""
    paths = sorted(path for path in (archive / RESTATED).rglob("*") if path.is_file())
    caught = 0
    for path in paths:
        data = path.read_bytes()
        bit = int.from_bytes(hashlib.sha256(path.name.encode()).digest(), "big") % (8 * len(data))
        path.write_bytes(data[: bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1 :])
        result = verify(archive / RESTATED, VerifyRequest(quick=True))
        named = {str(path.relative_to(archive)), RESTATED}
        if path.name == MANIFEST_PATH:
            named.add(f"{RESTATED}/{SUMS_PATH}")
        caught += result.exit == 7 and not named.isdisjoint(each.path for each in result.findings)
        path.write_bytes(data)
    assert caught == len(paths) > 50
    assert verify(archive / RESTATED, VerifyRequest()).exit == 0
    with capsys.disabled():
        print(f"[{caught} bits flipped in {len(paths)} files, {caught} caught]", end="")


def changed_csv(path: Path, change: Callable[[list[list[str]]], None]) -> None:
    """A CSV rewritten as this program writes it."""
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    change(rows)
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows(rows)
    path.write_bytes(b"\xef\xbb\xbf" + buffer.getvalue().encode())


def resealed(root: Path) -> str:
    """A manifest and sums for what lies there now, as one would make them who can write the archive; the new head. A
    tree stays one, of parts of as many files."""
    manifest = read_revision(root).manifest
    shutil.rmtree(root / PARTS_FOLDER, ignore_errors=True)
    files = []
    for path in sorted(str(each.relative_to(root)) for each in root.rglob("*") if each.is_file()):
        if path not in (MANIFEST_PATH, SUMS_PATH):
            data = (root / path).read_bytes()
            files.append(FileRecord(path, len(data), hashlib.sha256(data).hexdigest()))
    most = max((part.files for part in manifest.parts), default=len(files))
    for path, data in proof_of(replace(manifest, files=(), parts=()), files, most):
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def shifted(column: str, by: str = "1") -> Callable[[list[list[str]]], None]:
    """Add one at the front of the second row's amount."""

    def change(rows: list[list[str]]) -> None:
        place = rows[0].index(column)
        rows[1][place] = by + rows[1][place]

    return change


def test_a_changed_cell_is_named_though_its_checksum_is_wrong(archive: Path) -> None:
    changed_csv(archive / RESTATED / "ledgers/all.csv", shifted("gross"))
    text = said(verify(archive / RESTATED, VerifyRequest()))
    assert f"{RESTATED}/ledgers/all.csv: wrong size" in text
    assert "row 2, gross: " in text
    assert "restore the revision's folder from a backup" in text


def test_a_rewritten_ledger_with_a_rewritten_manifest_is_caught_by_totals_and_evidence(archive: Path) -> None:
    root = archive / RESTATED
    head = verify(archive, VerifyRequest(quick=True)).head
    for name in ("all", "shop"):
        changed_csv(root / f"ledgers/{name}.csv", lambda rows: shifted("gross")(rows) or shifted("net")(rows))
    resealed(root)
    assert verify(archive, VerifyRequest(quick=True)).exit == 0
    assert "no revision has the head" in said(verify(archive, VerifyRequest(quick=True, heads=(str(head),))))
    text = said(verify(archive, VerifyRequest()))
    assert "the lines add up to" in text
    assert "ledgers/all.csv: re-performance: not what the evidence gives: row 2, net: " in text


def test_a_workbook_that_says_otherwise_than_its_csv_is_named_by_cell(archive: Path) -> None:
    path = archive / RESTATED / "ledgers/web.xlsx"
    rewrite_part(path, LINES, lambda text: re.sub(rb'(<c r="Q2"[^>]*><v>)', rb"\g<1>9", text))
    resealed(archive / RESTATED)
    text = said(verify(archive / RESTATED, VerifyRequest()))
    assert "ledgers/web.xlsx: control total: not the CSV's cells: Lines!Q2 (gross): " in text
    assert "ledgers/web.xlsx: re-performance: not what the evidence gives: Lines!Q2: " in text


def rewrite_part(path: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    """A workbook with one part changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            data = old.read(part)
            new.writestr(part, change(data) if part == name else data)
    path.write_bytes(buffer.getvalue())


@pytest.mark.parametrize(
    "hostile",
    [
        lambda text: b"<!DOCTYPE s [<!ENTITY a 'x'>]>" + text,
        lambda text: b'<?xml version="1.0"?>\n<!DOCTYPE s [<!ENTITY a "x">]>' + text,
        lambda text: b" " * 80_000_000 + text,
        lambda text: b"not xml",
        lambda text: text.replace(b"</cellXfs>", b"<xf/>" * 12_000 + b"</cellXfs>"),
        lambda text: text.replace(b"<sheetData>", b"<sheetData>" + b"<row/>" * 2_000_000),
    ],
)
def test_a_hostile_workbook_is_a_finding_and_is_not_unpacked(archive: Path, hostile: Callable[[bytes], bytes]) -> None:
    rewrite_part(archive / RESTATED / "ledgers/web.xlsx", LINES, hostile)
    rewrite_part(archive / RESTATED / "ledgers/web.xlsx", "xl/styles.xml", hostile)
    resealed(archive / RESTATED)
    result = verify(archive / RESTATED, VerifyRequest())
    assert {each.path for each in result.findings} == {f"{RESTATED}/ledgers/web.xlsx"}
    assert result.exit == 7


def test_an_unbalanced_journal_is_a_control_total(archive: Path) -> None:
    changed_csv(archive / RESTATED / "exports/journal.csv", shifted("debit"))
    resealed(archive / RESTATED)
    assert "debits less credits are" in said(verify(archive / RESTATED, VerifyRequest()))


def test_an_added_file_follows_from_nothing(archive: Path) -> None:
    (archive / RESTATED / "ledgers/extra.csv").write_bytes((archive / RESTATED / "ledgers/web.csv").read_bytes())
    resealed(archive / RESTATED)
    text = said(verify(archive / RESTATED, VerifyRequest()))
    assert "ledgers/extra.csv: re-performance: neither evidence nor a file" in text


def test_a_manifest_whose_totals_are_others_is_named(archive: Path) -> None:
    path = archive / RESTATED / MANIFEST_PATH
    path.write_bytes(path.read_bytes().replace(b'"status": "reconciled"', b'"status": "exceptions"'))
    resealed(archive / RESTATED)
    assert "manifest.json: re-performance: status is exceptions" in said(verify(archive / RESTATED, VerifyRequest()))


def test_a_digest_of_another_result_is_named(archive: Path) -> None:
    """Else who can write the archive could have a changed month taken for the same one."""
    path = archive / RESTATED / "evidence/run.json"
    value = json.loads(path.read_bytes())
    value["digest"]["findings"] = "0" * 64
    path.write_bytes(canonical_json(value))
    resealed(archive / RESTATED)
    assert "evidence/run.json: re-performance: its digest is not that" in said(
        verify(archive / RESTATED, VerifyRequest())
    )


def test_evidence_that_was_rewritten_gives_other_ledgers(archive: Path) -> None:
    """Who rewrites an answer, its index and the manifest still has to rewrite everything that follows from it."""
    root = archive / RESTATED
    settled = {str(root / record["detail"]) for record in settlements(root)}
    path = next(path for path in root.glob("evidence/*/billing.getInvoice-*.json") if str(path) not in settled)
    rewrite_answer(path, root, b'"amount":', b'"amount":1')
    found = {each.path.removeprefix(f"{RESTATED}/") for each in verify(root, VerifyRequest()).findings}
    assert "ledgers/all.csv" in found
    assert "reconciliation/reconciliation.json" in found


def settlements(root: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((root / "evidence/run.json").read_bytes())["settlements"]
    return found


def rewrite_answer(path: Path, root: Path, old: bytes, new: bytes) -> None:
    """Change an answer, and mend the index and the manifest."""
    changed = path.read_bytes().replace(old, new, 1)
    assert changed != path.read_bytes()
    path.write_bytes(changed)
    index = json.loads((root / "evidence/index.json").read_bytes())
    for row in index:
        if row["path"] == str(path.relative_to(root)):
            row |= {"size": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    text = json.dumps(index, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    (root / "evidence/index.json").write_text(text, encoding="utf-8")
    resealed(root)


def rewrite_settlements(root: Path, made: list[dict[str, Any]]) -> None:
    """Change what a month settles, and mend the manifest."""
    path = root / "evidence/run.json"
    value = json.loads(path.read_bytes()) | {"settlements": made}
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    resealed(root)


def test_a_payment_that_its_evidence_does_not_show_is_a_control_total(archive: Path) -> None:
    """Who books more input tax than was paid has to forge the invoice's own answer too."""
    root = archive / RESTATED
    (first, *others) = settlements(root)
    rewrite_settlements(root, [first | {"withheld": first["withheld"] + 1}, *others])
    text = said(verify(root, VerifyRequest()))
    assert f"the settlement of {first['number']} is not what {first['detail']} shows: withheld" in text


def test_an_invoice_that_two_months_settle_is_a_control_total(archive: Path) -> None:
    (first, *_) = settlements(archive / RESTATED)
    rewrite_settlements(archive / "2026-04/r1", [first, *settlements(archive / "2026-04/r1")])
    text = said(verify(archive, VerifyRequest()))
    assert f"{first['number']} of {first['account']} is settled in 2026-04 too" in text


def test_a_restatement_that_drops_a_payment_is_a_control_total(archive: Path) -> None:
    rewrite_settlements(archive / RESTATED, settlements(archive / RESTATED)[1:])
    assert "its settlements are not those of the month's revision before" in said(verify(archive, VerifyRequest()))


@pytest.mark.parametrize("name", ["evidence/run.json", "evidence/index.json", "config.toml"])
@pytest.mark.parametrize("content", [b"[]", b"{}", b"\xff", b'[{"path": 7}]', b'{"schema": 1, "period": 5}'])
def test_nonsense_in_place_of_evidence_is_damage_and_no_crash(archive: Path, name: str, content: bytes) -> None:
    (archive / RESTATED / name).write_bytes(content)
    resealed(archive / RESTATED)
    assert verify(archive / RESTATED, VerifyRequest()).exit == 7


def run_json_fields() -> Iterator[tuple[str, object]]:
    for name in (
        "period",
        "run_at",
        "endpoint",
        "revision",
        "accounts",
        "earlier",
        "documents",
        "restated",
        "versions",
    ):
        for value in ([7],):
            yield name, value


def test_a_run_record_of_any_shape_is_damage_or_another_version_and_no_crash(archive: Path) -> None:
    path = archive / MAY / "evidence/run.json"
    original = json.loads(path.read_bytes())
    for name, value in some(run_json_fields()):
        path.write_text(json.dumps({**original, name: value}), encoding="utf-8")
        resealed(archive / MAY)
        told_ = ended(lambda: verify_and_tell(
            [archive / MAY], quick=False, heads=(), base=None, json_output=False, verbose=True
        ))  # fmt: skip
        assert told_.exit in ((0, 3, 7) if name == "versions" else (7,)), (name, value, told_.out, told_.err)
        assert "Traceback" not in told_.err


def test_another_versions_revision_is_compared_as_data(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretended = {**reperformed_revision.versions(), "openpyxl": "9.9.9"}
    monkeypatch.setattr(reperformed_revision, "versions", lambda: pretended)
    result = verify(archive, VerifyRequest())
    assert result.exit == 0
    assert "was made by another version (openpyxl" in said(result)
    assert "its ledgers and checks are the same" in said(result)


def test_another_versions_other_ledgers_are_told_with_the_version_to_verify_with(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reperformed_revision, "versions", lambda: {**performing_versions, "chargeback": "99"})
    performing_versions = {"chargeback": "0"}
    changed_csv(archive / RESTATED / "ledgers/web.csv", shifted("usage"))
    changed_csv(archive / RESTATED / "ledgers/all.csv", shifted("usage"))
    resealed(archive / RESTATED)
    result = verify(archive / RESTATED, VerifyRequest())
    assert any("verify it with" in note and "chargeback 0." in note for note in result.notes)
    assert any("ledgers/all.csv: row 2, usage" in line for line in result.differences)


def test_the_document_of_damage_is_interfaces_failure(archive: Path) -> None:
    (archive / MAY / "config.toml").unlink()
    value = document([verify(archive, VerifyRequest())])
    assert (value["schema"], value["status"], value["exit"]) == (1, "failed", 7)
    assert value["errors"][0]["message"].startswith(f"{MAY}/config.toml: missing")
    assert value["errors"][0]["remedy"]


def test_names_that_steer_a_terminal_are_told_inert(archive: Path) -> None:
    name = os.fsencode(archive / MAY) + b"/\x1b[31m\xe2\x80\xaered\xff.txt"
    Path(os.fsdecode(name)).touch()
    for json_output in (False, True):
        result = ended(lambda json_output=json_output: verify_and_tell(  # type: ignore[misc]
            [archive], quick=True, heads=(), base=None, json_output=json_output, verbose=False
        ))  # fmt: skip
        assert result.exit == 7
        assert "\x1b" not in result.out
        assert "\u202e" not in result.out
        assert "red" in result.out
