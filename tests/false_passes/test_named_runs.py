"""What only runs over days can show: what was booked stays, what was broken heals, and no archive begins by mistake."""

from __future__ import annotations

import gzip
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chargeback.job.verify import VerifyRequest, verify

from .answers import Month, Raw, body, document_text
from .by_hand import account, invoice, month, of, old, report, sku
from .serving import pdf, run, verdict

RIGHT = (of("web", 900), of("shop", 100))
REPORT = report(("web", "CPU", 900), ("shop", "CPU", 100))


def right() -> Month:
    """A right month of one account."""
    return month(account(invoice("INV-1", *RIGHT), report=REPORT, rows=[old("INV-0", "500")]))


def revisions(root: Path) -> list[str]:
    """The revisions that are there."""
    return sorted(str(path.relative_to(root / "archive")) for path in (root / "archive").glob("????-??/r*"))


def next_day(before: Month) -> Month:
    """The same answers, a day later."""
    later = before.copy()
    later.run_at += timedelta(days=1)
    return later


def ends(given: Month, root: Path, exit_code: int) -> dict[str, Any]:
    """What the run prints, which ends so."""
    ended = run(given, root)
    assert ended.exit == exit_code, str(verdict(ended))
    found: dict[str, Any] = json.loads(ended.out)
    return found


# --- what a month was booked with stays ------------------------------------------------------------------------------


def by_id() -> Month:
    """The report names projects by id, the invoice is by SKU: only ``project.list`` pairs id and sid."""
    rows = report(("w", "CPU", "642"), ("s", "CPU", "428"))
    return month(account(invoice("INV-1", sku("CPU", 1000)), report=rows, rows=[old("INV-0", "500")]))


@pytest.mark.parametrize("shown", [[], "api: forbidden"])
def test_a_project_that_is_no_longer_shown_keeps_its_team(tmp_path: Path, shown: Any) -> None:
    booked = by_id()
    ends(booked, tmp_path, 0)
    later = next_day(booked)
    later.projects = shown
    ends(later, tmp_path, 0)
    assert revisions(tmp_path) == ["2026-05/r1"]


def test_ids_that_are_given_to_other_projects_afterwards_move_no_money(tmp_path: Path) -> None:
    booked = by_id()
    ends(booked, tmp_path, 0)
    later = next_day(booked)
    assert isinstance(later.projects, list)
    later.projects[0]["id"], later.projects[1]["id"] = later.projects[1]["id"], later.projects[0]["id"]
    ends(later, tmp_path, 0)
    assert revisions(tmp_path) == ["2026-05/r1"]


def test_other_names_of_projects_and_accounts_make_no_new_revision(tmp_path: Path) -> None:
    booked = right()
    ends(booked, tmp_path, 0)
    later = next_day(booked)
    assert isinstance(later.projects, list)
    for project in later.projects:
        project["name"] += " (renamed)"
    later.accounts[0].get = {"id": "ba_1", "name": "Acme renamed", "active": True}
    ends(later, tmp_path, 0)
    assert revisions(tmp_path) == ["2026-05/r1"]


def test_a_line_that_states_id_and_sid_pairs_them(tmp_path: Path) -> None:
    lines = (of("web", 900, projectId="17"), of("shop", 100, projectId="18"))
    rows = report(("17", "CPU", 900), ("18", "CPU", 100))
    paired = month(account(invoice("INV-1", *lines), report=rows), projects="api: forbidden")
    ends(paired, tmp_path, 0)


def test_a_month_booked_right_is_not_divided_again_by_another_years_report(tmp_path: Path) -> None:
    october = [f"Oct {number:02}" for number in range(1, 32)]
    rows = report(("web", "CPU", 900), ("shop", "CPU", 100), days=october)
    booked = month(account(invoice("INV-1", *RIGHT, period="2025-10"), report=rows), period="2025-10")
    booked.run_at = datetime(2025, 11, 5, 3, tzinfo=UTC)
    ends(booked, tmp_path, 0)
    later = booked.copy()
    later.run_at = datetime(2026, 11, 5, 3, tzinfo=UTC)
    later.accounts[0].report = report(("web", "CPU", 100), ("shop", "CPU", 900), days=october)
    ends(later, tmp_path, 0)
    assert revisions(tmp_path) == ["2025-10/r1"]


# --- documents -------------------------------------------------------------------------------------------------------


def test_a_truncated_document_is_told_and_the_whole_one_is_a_new_result(tmp_path: Path) -> None:
    cut = right()
    whole = pdf(cut.accounts[0], "inv-1", "invoice", cut)
    cut.accounts[0].documents["inv-1", "invoice"] = Raw(whole[: len(whole) // 2], content_type="application/pdf")
    told = ends(cut, tmp_path, 3)
    assert {check["check"] for check in told["checks"] if check["outcome"] == "exception"} == {"invoice-pdf"}
    ends(next_day(right()), tmp_path, 0)
    assert revisions(tmp_path) == ["2026-05/r1", "2026-05/r2"]
    kept = next((tmp_path / "archive/2026-05/r2/invoices").rglob("*.pdf"))
    assert kept.read_bytes()[-6:] == whole[-6:]


def test_a_whole_document_is_not_replaced_by_a_fragment(tmp_path: Path) -> None:
    ends(right(), tmp_path, 0)
    later = next_day(right())
    whole = pdf(later.accounts[0], "inv-1", "invoice", later)
    later.accounts[0].documents["inv-1", "invoice"] = Raw(whole[:300], content_type="application/pdf")
    ends(later, tmp_path, 0)
    assert revisions(tmp_path) == ["2026-05/r1"]


def in_members(data: bytes, content_type: str) -> Raw:
    """Compressed in two members, one behind the other."""
    middle = len(data) // 2
    packed = gzip.compress(data[:middle]) + gzip.compress(data[middle:])
    return Raw(packed, 200, (("Content-Encoding", "gzip"),), "whole", content_type)


def test_an_answer_of_several_gzip_members_is_read_whole(tmp_path: Path) -> None:
    packed = right()
    mine = packed.accounts[0]
    whole = pdf(mine, "inv-1", "invoice", packed)
    mine.documents["inv-1", "invoice"] = in_members(whole, "application/pdf")
    assert isinstance(mine.report, dict)
    packed.raw["billing.report", "ba_1"] = in_members(body(mine.report), "application/json")
    ends(packed, tmp_path, 0)
    kept = next((tmp_path / "archive/2026-05/r1/invoices").rglob("*.pdf"))
    assert kept.read_bytes() == whole


def test_data_in_dollars_and_a_document_in_baht_are_told_by_the_run(tmp_path: Path) -> None:
    in_dollars = month(account(invoice("INV-1", *RIGHT, currency="USD"), report=REPORT))
    in_dollars.accounts[0].documents["inv-1", "invoice"] = document_text(invoice("INV-1", *RIGHT), "invoice")
    told = ends(in_dollars, tmp_path, 3)
    assert [check["check"] for check in told["checks"] if check["outcome"] == "exception"] == ["invoice-pdf"]


# --- which months, which accounts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["rows of another month", "nothing"])
def test_a_month_mistyped_by_a_year_is_a_mistake_and_no_archive(tmp_path: Path, answer: str) -> None:
    asked = right()
    if answer == "nothing":
        asked.accounts[0].report = {"list": [], "chart": {"categories": [], "series": []}}
    ended = run(asked, tmp_path, period="2025-01")
    assert ended.exit == 2, str(verdict(ended))
    assert "2025-01" in verdict(ended).named[0].text
    assert revisions(tmp_path) == []


def test_an_old_invoice_with_a_status_of_its_own_holds_up_no_month(tmp_path: Path) -> None:
    strange = old("INV-OLD", "75", period="2026-02", status="uncollectible")
    asked = month(account(invoice("INV-1", *RIGHT), report=REPORT, rows=[strange, old("INV-0", "500")]))
    told = ends(asked, tmp_path, 0)
    notices = [check for check in told["checks"] if check["check"] == "prior-periods" and check["outcome"] == "notice"]
    assert any("INV-OLD" in f"{check['invoice']} {check['message']}" for check in notices)


def test_an_account_that_is_no_longer_listed_is_told(tmp_path: Path) -> None:
    second = account(invoice("INV-2", *RIGHT), report=REPORT, id="ba_2")
    second.rows[-1]["id"] = second.details["inv-2"]["id"]  # type: ignore[index]
    both = month(*right().accounts, second)
    ended = run(both, tmp_path)
    assert ended.exit in (0, 3)
    hidden = next_day(both)
    hidden.hidden = {"ba_2"}
    told = verdict(run(hidden, tmp_path))
    assert told.exit == 5
    assert "ba_2" in told.named[0].account + told.named[0].text
    assert revisions(tmp_path) == ["2026-05/r1"]


def test_the_oldest_month_taken_out_of_the_archive_stops_the_next_run(tmp_path: Path) -> None:
    ends(right(), tmp_path, 0)
    june = [f"2026-06-{number:02}" for number in range(1, 31)]
    of_june = invoice("INV-2", *RIGHT, period="2026-06", end=31)
    rows = [old("INV-0", "500"), {**right().accounts[0].row("inv-1")}]
    mine = account(of_june, report=report(("web", "CPU", 900), ("shop", "CPU", 100), days=june), rows=rows)
    next_month = month(mine, period="2026-06", run_at=datetime(2026, 7, 5, 3, tzinfo=UTC))
    next_month.accounts[0].details["inv-1"] = right().accounts[0].details["inv-1"]
    ends(next_month, tmp_path, 0)
    shutil.rmtree(tmp_path / "archive/2026-05")
    assert run(next_day(next_month), tmp_path).exit == 7


@pytest.mark.parametrize("code", ["=1+1", "THB\n"])
def test_a_currency_that_no_cell_may_hold_is_told_and_verifies(tmp_path: Path, code: str) -> None:
    ends(month(account(invoice("INV-1", *RIGHT, currency=code), report=REPORT)), tmp_path, 3)
    assert verify(tmp_path / "archive", VerifyRequest()).exit == 0
