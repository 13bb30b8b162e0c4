"""LibreOffice opens every workbook, calculates every formula anew, and finds exactly the stored values."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from chargeback.config import Config
from chargeback.evidence import Evidence
from chargeback.month_end import close_month
from chargeback.publish.team_workbook import files
from chargeback.publish.workpaper import workpaper
from chargeback.publish.xlsx import sheets
from tests.kit import sample
from tests.kit.opened import Opened, differences, needs_libreoffice
from tests.publish.team_workbook.test_summary import with_budget, years

Case = Callable[[], tuple[Evidence, Config]]
pytestmark = needs_libreoffice


def plain() -> tuple[Evidence, Config]:
    """The sample as it is."""
    return sample.evidence(), sample.config()


CASES = [plain, sample.two_currencies, sample.unproved_report, sample.huge_amounts, sample.refused_detail]


@pytest.mark.parametrize("case", CASES, ids=[case.__name__ for case in CASES])
def test_the_workpaper_recalculates_to_what_it_stores(case: Case, tmp_path: Path) -> None:
    evidence, config = case()
    ((_, chunks),) = workpaper(close_month(evidence, config), config, evidence)
    assert differences(Opened.of(chunks), tmp_path) == []


@pytest.mark.parametrize("team", ["web", "idle", "unassigned"])
def test_a_ledger_recalculates_to_what_it_stores(team: str, tmp_path: Path) -> None:
    books = dict(files(sample.books(), sample.config()))
    assert differences(Opened.of(books[f"ledgers/{team}.xlsx"]), tmp_path) == []


def test_months_and_a_budget_recalculate_too(tmp_path: Path) -> None:
    books = dict(files(years((6, 100, 107), (4, None, 21_400), (1, 90_000, 96_300)), with_budget("1000.005")))
    assert differences(Opened.of(books["ledgers/web.xlsx"]), tmp_path) == []


def test_divided_sheets_recalculate_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "_MOST_ROWS", 4)
    ((_, chunks),) = workpaper(sample.books(), sample.config(), sample.evidence())
    assert differences(Opened.of(chunks), tmp_path) == []


def test_huge_amounts_recalculate_in_ledgers_too(tmp_path: Path) -> None:
    evidence, config = sample.huge_amounts()
    books = dict(files(close_month(evidence, config), config))
    assert differences(Opened.of(books["ledgers/unassigned.xlsx"]), tmp_path) == []


def test_a_value_that_a_formula_does_not_have_is_found(tmp_path: Path) -> None:
    """The check itself works: LibreOffice does calculate anew."""
    data = b"".join(dict(files(sample.books(), sample.config()))["ledgers/web.xlsx"])
    wrong = BytesIO()
    with ZipFile(BytesIO(data)) as source, ZipFile(wrong, "w") as target:
        for name in source.namelist():
            part = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                part = re.sub(rb"(</f><v>)1211\.15(</v>)", rb"\g<1>1211.16\2", part)
            target.writestr(name, part)
    assert differences(Opened.of([wrong.getvalue()]), tmp_path)
