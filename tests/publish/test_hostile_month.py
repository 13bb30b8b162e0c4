"""A month of yen with a tolerance in percent, forty shared projects and names that mean harm, in every file that people
open: the figures are the ledger's, and nothing of a name has an effect."""

from __future__ import annotations

import csv
import io
from functools import cache

import openpyxl
import pytest

from chargeback.publish import revision_files
from tests.kit.months import account, invoice, month, of, report
from tests.kit.opened import Opened
from tests.kit.some import some

NAMES = (
    '=cmd|"/c calc"!A1', "<script>alert(1)</script>", "ร้านกาแฟ & ลูก", "\u202eevil", "a" * 120,
    '"; DROP TABLE', "\u202e", "@SUM(1)", "{{7*7}}", "| pipe | x",
)  # fmt: skip
SHARED = [f"shared-{place:02}" for place in range(40)]
TEAMS = "".join(
    f'[[teams]]\nid = "t{place}"\nname = "ทีม <b>{place}</b>"\nprojects = ["own-{place}"]\nbudget = "3000 JPY"\n'
    for place in range(6)
)
CONFIG = (
    'timezone = "Asia/Bangkok"\n[reconciliation]\ntolerance = { absolute = "0", percent = "0.5" }\n'
    f'{TEAMS}[[shared]]\nproject = "shared-*"\nsplit = "even"\n[publish]\nlanguage = "both"\n'
)


@cache
def files() -> dict[str, bytes]:
    """Every published file."""
    lines = [*(of(sid, 101 + 7 * place) for place, sid in enumerate(SHARED)), of("own-0", 5333)]
    rows = [(sid, NAMES[place % len(NAMES)], 101 + 7 * place, 1) for place, sid in enumerate(SHARED)]
    listed = [{"id": str(place), "project": sid, "name": NAMES[place % len(NAMES)]} for place, sid in enumerate(SHARED)]
    booked = account(invoice("INV-1", *lines, currency="JPY"), report=report(*rows, ("own-0", "CPU", 5333, 1)))
    made = month(booked, config=CONFIG, projects=listed)
    published = revision_files.files(made.books(), made.settings, made.evidence())
    return {path: b"".join(chunks) for path, chunks in published}


def lines_of(path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files()[path].decode("utf-8-sig"), newline="")))


def test_yen_that_six_teams_share_foot_to_the_invoice() -> None:
    whole = sum(101 + 7 * place for place in range(40)) + 5333
    assert sum(int(row["gross"]) for row in lines_of("ledgers/all.csv")) == whole
    assert sum(int(row["gross"]) for place in range(6) for row in lines_of(f"ledgers/t{place}.csv")) == whole
    assert f"{whole:,}" in files()["index.html"].decode()


@pytest.mark.parametrize("path", ["index.html", "ledgers/t0.html", "ledgers/t5.html"])
def test_no_name_has_an_effect_on_a_page(path: str) -> None:
    text = files()[path].decode()
    assert "<script" not in text and "<b>0" not in text and "\u202e" not in text
    assert "ร้านกาแฟ &amp; ลูก" in text and "{{7*7}}" in text


def test_no_cell_begins_a_formula_and_a_statement_says_what_its_ledger_says() -> None:
    cells = [cell for path in some(files()) if path.endswith(".csv") for row in lines_of(path) for cell in row.values()]
    assert not [cell for cell in cells if cell and cell[0] in "=+@"]
    for place in range(6):
        gross = sum(int(row["gross"]) for row in lines_of(f"ledgers/t{place}.csv"))
        assert f"{gross:,}" in files()[f"ledgers/t{place}.html"].decode()


def test_every_workbook_opens_and_holds_no_formula_of_a_name() -> None:
    for path in some(path for path in files() if path.endswith(".xlsx")):
        book = openpyxl.load_workbook(io.BytesIO(files()[path]))
        formulas = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
        assert not [formula for formula in formulas if "cmd" in str(formula) or str(formula).startswith("=@")], path
    assert Opened.of([files()["ledgers/t0.xlsx"]])
