"""A report that was proved while the invoice was still missing is used when that comes."""

from __future__ import annotations

import json

from chargeback.sandbox import Month, instant
from chargeback.sandbox.timeline import issued

from . import ledgers
from .conftest import Opening

JUNE = Month(2026, 6)


def test_it_is_used_two_months_later(opening: Opening) -> None:
    """Kind C answers only for last month: in September June's report can no longer be had."""
    office = opening(issued("1042", JUNE, instant("2026-09-02T00:00:00Z")))
    office.run_at("2026-06-05T03:00:00Z")
    assert office.run_at("2026-07-05T03:00:00Z").exit == 4
    assert office.run_at("2026-07-20T03:00:00Z").exit == 4
    kept = sorted(path.parent.name for path in office.archive.glob("pending/2026-06/*/answer.json"))
    assert kept == ["1042", "1043", "1044", "1045"]
    ended = office.run_at("2026-09-05T03:00:00Z")
    june = ended.of("2026-06")
    assert june is not None
    assert june.exit == 0, june.errors
    checks = ledgers.checks(office.archive / "2026-06/r1")
    (period,) = [check for check in checks if (check["check"], check["account"]) == ("report-period", "1042")]
    assert period["outcome"] == "pass"
    assert "asked for at 2026-07-20" in period["message"]
    (answer,) = [each for each in index(office.archive / "2026-06/r1") if "carried" in str(each["path"])
                 and each["account"] == "1042"]  # fmt: skip
    assert str(answer["requested_at"]).startswith("2026-07-20")
    assert not (office.archive / "pending").exists()


def index(revision) -> list[dict[str, object]]:  # type: ignore[no-untyped-def]
    found: list[dict[str, object]] = json.loads((revision / "evidence/index.json").read_bytes())
    return found


def test_the_report_of_a_closed_month_is_carried_into_its_restatement(opening: Opening) -> None:
    office = opening(issued("1045", JUNE, instant("2026-10-02T00:00:00Z")))
    for moment in ("2026-06-05T03:00:00Z", "2026-07-05T03:00:00Z", "2026-08-05T03:00:00Z"):
        office.run_at(moment)
    ended = office.run_at("2026-10-05T03:00:00Z")
    june = ended.of("2026-06")
    assert june is not None
    assert (june.exit, june.revision) == (0, 2)
    (total,) = [
        check
        for check in ledgers.checks(office.archive / "2026-06/r2")
        if (check["check"], check["account"]) == ("report-total", "1045")
    ]
    assert total["outcome"] == "pass"


def test_what_is_left_of_it_goes_when_nothing_is_new(opening: Opening) -> None:
    office = opening()
    office.run_at("2026-06-05T03:00:00Z")
    stale = office.archive / "pending/2026-05/1042"
    stale.mkdir(parents=True)
    (office.archive / "index.html").unlink()
    assert not office.run_at("2026-06-06T03:00:00Z").results[0].written
    assert not (office.archive / "pending").exists()
    assert (office.archive / "index.html").exists()
