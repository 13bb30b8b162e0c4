"""Proved reports of months that are not closed: whole or as before, and nothing believed when read back."""

from __future__ import annotations

import errno
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from chargeback.archive.pending import PendingReport, PendingReports
from chargeback.errors import ChargebackError, DamagedError, StorageError
from chargeback.evidence.period import Period
from tests.kit.archives import REPORT, FailingFileSystem, QuickFileSystem, answer, hidden

MAY, JUNE = Period(2026, 5), Period(2026, 6)
LATER = b'{"ok":true,"result":{"list":[{"projectSid":"acme-web"}]}}'


@pytest.fixture
def home(root: Path) -> Path:
    root.mkdir()
    return root


@pytest.fixture
def pending(home: Path) -> PendingReports:
    return PendingReports(home, QuickFileSystem())


def test_a_report_comes_back_as_it_was(pending: PendingReports) -> None:
    pending.store(MAY, answer(), REPORT)
    pending.store(MAY, answer("Ünsafe/../id"), REPORT)
    pending.store(JUNE, answer(), REPORT)
    assert pending.read(MAY) == {
        "ba_1": PendingReport(answer(), REPORT),
        "Ünsafe/../id": PendingReport(answer("Ünsafe/../id"), REPORT),
    }
    assert pending.periods() == (MAY, JUNE)


def test_nothing_is_there_before(pending: PendingReports) -> None:
    assert (pending.read(MAY), pending.periods()) == ({}, ())
    pending.remove(MAY)


def test_a_later_report_takes_the_place_of_the_first(home: Path, pending: PendingReports) -> None:
    pending.store(MAY, answer(), REPORT)
    pending.store(MAY, answer(body=LATER), LATER)
    assert pending.read(MAY)["ba_1"].body == LATER
    assert len(list((home / "pending" / "2026-05" / "ba_1").iterdir())) == 2


def test_a_closed_month_lets_go_of_its_reports(home: Path, pending: PendingReports) -> None:
    pending.store(MAY, answer(), REPORT)
    pending.store(JUNE, answer(), REPORT)
    pending.remove(MAY)
    assert pending.periods() == (JUNE,)
    pending.remove(JUNE)
    assert not (home / "pending").exists()
    assert hidden(home) == []


def test_modes_are_those_of_the_interface(home: Path, any_umask: int) -> None:
    PendingReports(home).store(MAY, answer(), REPORT)
    paths = list((home / "pending").rglob("*"))
    assert {path.stat().st_mode & 0o777 for path in paths if path.is_dir()} == {0o750}
    assert {path.stat().st_mode & 0o777 for path in paths if path.is_file()} == {0o640}


def test_a_body_that_is_not_the_rows_is_a_bug(pending: PendingReports) -> None:
    with pytest.raises(ChargebackError, match="bug"):
        pending.store(MAY, answer(), LATER)
    with pytest.raises(ChargebackError, match="bug"):
        pending.store(MAY, replace(answer(), path=None), REPORT)


def test_a_fault_at_any_call_keeps_the_new_or_the_old_report(tmp_path: Path) -> None:
    def store(home: Path, system: QuickFileSystem) -> None:
        PendingReports(home, system).store(MAY, answer(body=LATER), LATER)

    counted = FailingFileSystem()
    for number in range(20):
        home = tmp_path / str(number)
        home.mkdir()
        PendingReports(home, QuickFileSystem()).store(MAY, answer(), REPORT)
        if number == 0:
            store(home, counted)
            continue
        with suppress(StorageError):
            store(home, FailingFileSystem(number, errno.ENOSPC))
        assert PendingReports(home).read(MAY)["ba_1"].body in (REPORT, LATER)
        assert hidden(home) == []
    assert len(counted.calls) < 20


def test_a_fault_while_removing_keeps_all_or_nothing(tmp_path: Path) -> None:
    for number in range(1, 8):
        home = tmp_path / str(number)
        home.mkdir()
        PendingReports(home, QuickFileSystem()).store(MAY, answer(), REPORT)
        with suppress(StorageError):
            PendingReports(home, FailingFileSystem(number, errno.EIO)).remove(MAY)
        assert PendingReports(home).read(MAY) in ({}, {"ba_1": PendingReport(answer(), REPORT)})


def folder_of(home: Path) -> Path:
    return home / "pending" / "2026-05" / "ba_1"


def test_a_folder_without_a_row_is_a_dead_run(home: Path, pending: PendingReports) -> None:
    folder_of(home).mkdir(parents=True)
    assert pending.read(MAY) == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": 2},
        {"path": "../../../etc/passwd"},
        {"path": 1},
        {"path": None},
        {"account": "ba_2"},
        {"account": None},
        {"request": []},
        {"date": 5},
        {"status": "200"},
        {"size": -1},
        {"size": 10**12},
        {"size": True},
        {"sha256": "../../../etc/passwd"},
        {"sha256": "0" * 64},
        {"more": 1},
    ],
)
def test_a_row_that_was_not_stored_is_damage(home: Path, pending: PendingReports, changes: dict[str, Any]) -> None:
    pending.store(MAY, answer(), REPORT)
    path = folder_of(home) / "answer.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(DamagedError, match="pending/2026-05/ba_1"):
        pending.read(MAY)


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"[" * 100_000, b"\xff", b"{}"])
def test_a_row_that_is_no_json_is_damage(home: Path, pending: PendingReports, data: bytes) -> None:
    pending.store(MAY, answer(), REPORT)
    (folder_of(home) / "answer.json").write_bytes(data)
    with pytest.raises(DamagedError, match=r"answer\.json"):
        pending.read(MAY)


def test_a_changed_missing_or_linked_body_is_damage(home: Path, pending: PendingReports, tmp_path: Path) -> None:
    pending.store(MAY, answer(), REPORT)
    body = next(path for path in folder_of(home).iterdir() if path.name != "answer.json")
    body.write_bytes(REPORT.upper())
    with pytest.raises(DamagedError, match="not the bytes"):
        pending.read(MAY)
    body.rename(tmp_path / "body")
    with pytest.raises(DamagedError, match="missing"):
        pending.read(MAY)
    (tmp_path / "body").write_bytes(REPORT)
    body.symlink_to(tmp_path / "body")
    with pytest.raises(DamagedError, match="link"):
        pending.read(MAY)


def test_what_is_no_folder_is_damage(home: Path, pending: PendingReports) -> None:
    (home / "pending").touch()
    with pytest.raises(DamagedError, match="not a folder"):
        pending.periods()


def test_other_names_are_ignored(home: Path, pending: PendingReports) -> None:
    (home / "pending" / "x").mkdir(parents=True)
    assert pending.periods() == ()
