"""``usage/YYYY-MM.csv``: a day is kept once, reads back as it was written, and another file is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from chargeback.archive.locked_archive import open_for_writing
from chargeback.errors import DamagedError
from chargeback.evidence.period import Period
from chargeback.operate.usage.snapshot import Snapshot, keep, paths, read

from .test_daily import row

MAY = Period(2026, 5)
USAGE, _ = paths(MAY)


def kept(root: Path, day: str, *rows: object) -> Snapshot:
    with open_for_writing(root, started="2026-05-12T01:00:00Z") as writer:
        return keep(writer, MAY, date.fromisoformat(day), Snapshot(rows))  # type: ignore[arg-type]


def test_a_day_reads_back_as_it_was_kept_and_names_stay_what_they_were(tmp_path: Path) -> None:
    first = replace(row("2026-05-10", 100), project_name="=acme(1)")
    second = row("2026-05-11", 104)
    kept(tmp_path, "2026-05-11", second)
    whole = kept(tmp_path, "2026-05-10", first)
    assert whole.usage == (first, second)
    assert read(tmp_path, [MAY.plus(-1), MAY]).usage == (first, second)
    assert b"'=acme(1)" in (tmp_path / USAGE).read_bytes()


def test_a_second_look_at_a_day_takes_the_place_of_the_first_and_an_equal_one_changes_no_byte(tmp_path: Path) -> None:
    first, later = row("2026-05-10", 100), row("2026-05-10", 101)
    kept(tmp_path, "2026-05-10", first)
    before = (tmp_path / USAGE).read_bytes()
    kept(tmp_path, "2026-05-10", replace(first, taken_at=first.taken_at.replace(hour=23)))
    assert (tmp_path / USAGE).read_bytes() == before
    assert kept(tmp_path, "2026-05-10", later).usage == (later,)


def test_a_file_that_somebody_else_wrote_is_refused_by_its_name(tmp_path: Path) -> None:
    kept(tmp_path, "2026-05-10", row("2026-05-10", 100))
    (tmp_path / USAGE).write_text("date,cost\n2026-05-10,1\n")
    with pytest.raises(DamagedError, match=str(tmp_path / USAGE)):
        read(tmp_path, [MAY])
