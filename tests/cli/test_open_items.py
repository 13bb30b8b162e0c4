"""``show --by open-items``: it foots to *payable* over all journals, and the workpaper has the same rows."""

from __future__ import annotations

import csv
from collections import Counter
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from chargeback.sandbox import Clock, Month, Platform, instant, small_world
from chargeback.sandbox.timeline import paying, voided_after_payment
from tests.cli.calling import call
from tests.kit.office import Office, answering
from tests.year import ledgers

MAY = Month(2026, 5)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """May to July; one invoice of May paid late, another one paid and void afterwards."""
    world = small_world().changed(
        paying("1043", MAY, instant("2026-06-20T00:00:00Z")),
        voided_after_payment("1042", MAY, instant("2026-07-10T00:00:00Z")),
    )
    platform = Platform(world, "D", clock=Clock("2026-06-05T03:00:00Z"))
    office = Office(tmp_path_factory.mktemp("office"), platform)
    with answering(platform):
        assert office.run_at("2026-06-05T03:00:00Z").exit in (0, 3)
        assert office.run_at("2026-07-05T03:00:00Z").exit in (0, 3)
        assert office.run_at("2026-08-05T03:00:00Z").exit in (0, 3)
    return office.archive


def payable(archive: Path, until: str) -> Counter[str]:
    """By currency, the balance of payable over the first journals and all changes: a credit is above zero."""
    found: Counter[str] = Counter()
    for month, revisions in ledgers.months(archive).items():
        for place, revision in enumerate(revisions if month <= until else ()):
            name = "journal-change.csv" if place else "journal.csv"
            for row in ledgers.rows(revision / "exports" / name):
                if row["gl_account"] == "2110":
                    found[row["currency"]] += ledgers.cents(row["credit"]) - ledgers.cents(row["debit"])
    return found


@pytest.mark.parametrize("period", ["2026-06", "2026-07"])
def test_open_items_foot_to_payable(archive: Path, period: str) -> None:
    document = call("show", period, "--by", "open-items", "--output", "json", "--archive", archive).document
    totals = Counter({each["currency"]: ledgers.cents(each["outstanding"]) for each in document["totals"]})
    assert totals == payable(archive, period)
    by_age = Counter({each["currency"]: sum(map(ledgers.cents, each["ages"].values())) for each in document["totals"]})
    assert by_age == totals


def test_an_invoice_that_was_paid_and_is_void_is_in_dispute(archive: Path) -> None:
    shown = call("show", "--by", "open-items", "--output", "csv", "--archive", archive).out
    rows = list(csv.DictReader(StringIO(shown.removeprefix("\ufeff"), newline="")))
    states = Counter(row["state"] for row in rows if row["month"] == "2026-05")
    assert states["settled"] >= 1
    (disputed,) = [row for row in rows if row["state"] == "in dispute"]
    assert Decimal(disputed["outstanding"]) == -Decimal(disputed["settled"]) < 0


def test_the_text_says_what_is_owed_by_age(archive: Path) -> None:
    shown = call("show", "--by", "open-items", "--archive", archive)
    assert shown.exit == 0
    assert shown.out.splitlines()[0] == "2026-07 r1  open items on 2026-07-31"
    assert "payable THB" in shown.out and "days" in shown.out and "in dispute" in shown.out
    refused = call("show", "--by", "open-items", "--team", "web", "--archive", archive)
    assert refused.exit == 2


def test_the_workpaper_has_the_same_rows_from_its_own_evidence(archive: Path) -> None:
    document = call("show", "2026-07", "--by", "open-items", "--output", "json", "--archive", archive).document
    book = load_workbook(archive / "2026-07/r1/reconciliation/reconciliation.xlsx", data_only=True)
    rows = [row for row in book["Open items"].iter_rows(min_row=5, values_only=True) if row[1]]
    assert [(row[1], row[2], Decimal(str(row[9]))) for row in rows] == [
        (row["invoice"], row["month"], Decimal(row["outstanding"])) for row in document["rows"]
    ]
    (total,) = [row for row in book["Open items"].iter_rows(values_only=True) if row[0] == "Payable THB"]
    assert ledgers.cents(str(total[9])) == payable(archive, "2026-07")["THB"]


def test_all_files_of_the_books_follow_from_the_evidence(archive: Path) -> None:
    """Workbooks of journal and change, tax list and open items among them."""
    assert {path.name for path in (archive / "2026-05/r2/exports").glob("journal*")} >= {
        "journal.xlsx", "journal-change.xlsx"
    }  # fmt: skip
    assert call("verify", archive).exit == 0
