"""Writing the ledgers' workbooks stays near the time that their bare cells take, and needs little memory."""

from __future__ import annotations

import tracemalloc
from decimal import Decimal

import pytest
from msgspec.structs import replace

from chargeback.evidence.period import Period
from chargeback.model.ledger_register import COLUMNS, written_rows
from chargeback.model.spreadsheet_text import guarded
from chargeback.publish.team_workbook import files
from tests.kit import sample
from tests.kit.large_month import large_books, measure
from tests.kit.ledger_lines import columns
from tests.publish.team_workbook.workbooks import changed, lines_alone, of_team, opened


@pytest.mark.nightly
def test_a_hundred_thousand_lines_in_forty_teams() -> None:
    found = min((measure() for _ in range(3)), key=lambda measured: measured.ratio)
    assert found.ratio <= 1.5, found


def test_memory_does_not_grow_with_the_lines_of_a_workbook() -> None:
    """30,000 lines in one team: the workbook has 26 MB of XML, and what is held are sums and texts of its projects."""
    books, config = large_books(30_000, 1)
    list(files(large_books(10, 1)[0], config))
    tracemalloc.start()
    try:
        for _, chunks in files(books, config):
            for _chunk in chunks:
                pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40 * 2**20, peak


NUMBERS = {"usage", "share_percent", "net", "tax", "gross", "line", "invoice_line"}


@pytest.mark.parametrize("team", ["web", "data", "unassigned", "adjustments"])
def test_lines_hold_what_the_csv_holds(team: str) -> None:
    lines = list(sample.books().ledger.of_team(team))
    rows = of_team(team).rows("Lines")
    assert tuple(rows[0]) == COLUMNS
    for line, found in zip(lines, rows[1:], strict=False):
        for name, text, value in zip(COLUMNS, next(written_rows(Period(2026, 5), columns([line]))), found, strict=True):
            if name in NUMBERS and text:
                assert isinstance(value, int | float)
                assert Decimal(str(value)) == Decimal(text)
            else:
                assert (value or "") == guarded(text)


def test_lines_are_a_table_with_filters_under_a_frozen_header() -> None:
    book = of_team("web")
    sheet = book.formulas["Lines"]
    table = sheet.tables["Lines"]
    assert table.ref == table.autoFilter.ref == "A1:V7"
    assert [column.name for column in table.tableColumns] == list(COLUMNS)
    assert sheet.freeze_panes == "A2"
    assert sheet.print_title_rows == "$1:$1"


def test_more_lines_than_a_sheet_holds_continue_on_the_next() -> None:
    books = sample.books()
    lines = list(books.ledger.of_team("web"))
    found = lines_alone(lines, most=5)
    assert found.values.sheetnames == ["Lines", "Lines 2"]
    assert [sheet.tables[name].ref for sheet, name in zip(found.formulas, ("Lines", "Lines_2"), strict=True)] == [
        "A1:V6",
        "A1:V2",
    ]
    assert [row[19] for row in found.rows("Lines", 2)] == [line.line for line in lines[:5]]
    formulas = [text for sheet, _, text, _ in found.formula_cells() if sheet == "Lines 2"]
    assert 'SUMIF(Lines[currency],"THB",Lines[net])+SUMIF(Lines_2[currency],"THB",Lines_2[net])' in formulas[0]


def test_a_full_last_sheet_leaves_its_totals_to_the_summary() -> None:
    lines = list(sample.books().ledger.of_team("web"))
    assert not list(lines_alone(lines, most=len(lines)).formula_cells())


def test_amounts_beyond_a_number_cell_are_texts_and_no_formula_is_made_of_them() -> None:
    first = sample.books().ledger.lines[0]
    huge = first._replace(net=10**17, tax=7 * 10**15, gross=107 * 10**15)
    book = opened(changed(sample.books(), huge, first._replace(line=2)), first.team.id)
    row = book.rows("Lines", 2)[0]
    assert row[14:17] == ["1000000000000000.00", "70000000000000.00", "1070000000000000.00"]
    assert not [text for _, _, text, _ in book.formula_cells() if "SUM(" in text or "SUMIF(" in text]


def test_a_credit_beyond_a_number_cell_is_a_text_that_still_reads_as_the_amount() -> None:
    first = sample.books().ledger.lines[0]
    credit = first._replace(net=-(10**17), tax=-7 * 10**15, gross=-107 * 10**15)
    book = opened(changed(sample.books(), credit), first.team.id)
    amounts = ["-1000000000000000.00", "-70000000000000.00", "-1070000000000000.00"]
    assert book.rows("Lines", 2)[0][14:17] == amounts, "an apostrophe would make them no amounts"
    assert set(amounts) <= {str(cell) for row in book.rows("Summary") for cell in row}
    assert not [text for text in book.texts() if text.startswith("'-")]


@pytest.mark.parametrize("currencies", [("*", "THB"), ("thb", "THB"), ("<>", "USD")])
def test_a_currency_that_a_criterion_reads_otherwise_is_no_formula(currencies: tuple[str, str]) -> None:
    first = sample.books().ledger.lines[0]
    lines = [first._replace(label=replace(first.label, currency=currency)) for currency in currencies]
    book = opened(changed(sample.books(), *lines), first.team.id)
    assert not [text for _, _, text, _ in book.formula_cells() if "IF(Lines" in text]
