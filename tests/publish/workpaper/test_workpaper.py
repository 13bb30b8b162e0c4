"""The auditor's workpaper: every figure traced, every sum a live formula, every verdict the reconciliation's."""

from __future__ import annotations

import re

import pytest

from chargeback.publish.xlsx import sheets
from tests.kit import sample
from tests.kit.some import some
from tests.publish.workpaper.papers import SHEETS, of, paper, table


def test_the_sheets_are_those_of_an_auditor() -> None:
    assert paper().values.sheetnames == SHEETS
    assert paper().misplaced_cells() == []


def test_rows_that_a_sheet_does_not_hold_go_on_on_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "_MOST_ROWS", 4)
    evidence, config = sample.evidence(), sample.config()
    _, book = of(evidence, config)
    assert "Evidence 2" in book.values.sheetnames
    names = [name for name in book.values.sheetnames if name.startswith("Evidence") and "files" not in name]
    figures = [row for name in names for row in table(book, name)]
    assert [row["JSON pointer"] for row in figures] == [row["JSON pointer"] for row in table(paper(), "Evidence")]
    formulas = {text for name, _, text, _ in book.formula_cells() if name.startswith("Tie-out")}
    assert any("'Evidence 2'!" in text for text in formulas)
    assert book.misplaced_cells() == []


def test_each_sheet_of_one_table_is_a_table_with_a_name_and_the_headings_of_its_cells() -> None:
    names = {}
    for sheet in some(paper().formulas):
        for found in sheet.tables.values():
            first, last = found.ref.split(":")
            assert first == "A4"
            assert [column.name for column in found.tableColumns] == [cell.value for cell in sheet[4]]
            assert len({column.name.casefold() for column in found.tableColumns}) == len(found.tableColumns)
            assert sheet.cell(int(re.sub("[A-Z]", "", last)) + 1, 1).value is None, "nothing touches it"
            names[sheet.title] = found.displayName
    assert names["Tie-out"] == "Tie_out"
    assert set(SHEETS) - set(names) == {"Index", "Cut-off and completeness", "Method", "Configuration"}


def test_no_cell_is_an_error_or_empty() -> None:
    for name, cell, text, value in some(paper().formula_cells()):
        assert value is not None, (name, cell, text)
        assert not str(value).startswith("#"), (name, cell, text)
