"""Cells: numbers exactly as written, texts inert, formulas with values; what a number cell cannot hold is a text."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from chargeback.model.money import format_minor
from chargeback.model.spreadsheet_text import guarded
from chargeback.publish.xlsx.cells import ROW, Cells, fits, minor_writer, row, serial
from chargeback.publish.xlsx.expressions import Exact, known, sum_and_reach
from chargeback.publish.xlsx.rounding import numeric
from chargeback.publish.xlsx.styles import EXACT, Kind, look, money
from chargeback.publish.xlsx.texts import LONGEST_TEXT, SharedStrings, cell_text, xml_text
from tests.kit.one_sheet import new_book, whole


def read_back(*cells: str) -> list[Any]:
    """The values that openpyxl reads from one row of cells."""
    opened = load_workbook(BytesIO(whole(new_book(), [row(cells)])))
    return [cell.value for cell in opened["One"][1]]


def text_read_back(text: str, most: int = 10) -> Any:
    """The text as openpyxl reads it."""
    book = new_book()
    book.strings = SharedStrings(most)
    book.cells = Cells(book.strings)
    return load_workbook(BytesIO(whole(book, [row([book.cells.text("A", text, look())])])))["One"]["A1"].value


@given(st.integers(min_value=-(10**20), max_value=10**20), st.integers(min_value=0, max_value=5))
def test_prepared_fractions_write_what_format_minor_writes(units: int, digits: int) -> None:
    assert minor_writer(digits)(units) == format_minor(units, digits)


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        (115560, "<v>1155.60</v>"),
        (-5, "<v>-0.05</v>"),
        (0, "<v>0.00</v>"),
        (999_999_999_999_999, "<v>9999999999999.99</v>"),
    ],
)
def test_an_amount_is_written_from_its_minor_units(units: int, expected: str) -> None:
    assert expected in Cells(SharedStrings()).minor("A", units, 2, look(Kind.PLAIN, money(2)))


@pytest.mark.parametrize("units", [10**15, -(10**15), 123456789012345678])
def test_an_amount_of_more_than_fifteen_digits_is_a_text(units: int) -> None:
    cells = Cells(SharedStrings())
    fragment = cells.minor("A", units, 2, look(Kind.PLAIN, money(2)))
    assert f't="inlineStr"><is><t>{format_minor(units, 2)}</t>' in fragment, "a figure of ours gets no apostrophe"


def test_a_report_figure_of_more_digits_is_a_text_and_keeps_them() -> None:
    cells = Cells(SharedStrings())
    fragment = cells.exact("A", Decimal("2076.330000000000001"), look(Kind.PLAIN, EXACT))
    assert 't="inlineStr"><is><t>2076.330000000000001</t>' in fragment
    assert not fits(Decimal("10.700000000000001"))
    assert numeric(Decimal("10.700000000000001")) == Decimal("10.7000000000000")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", " =1", "\u200b=1", '=HYPERLINK("http://e")'])
def test_a_text_that_would_be_a_formula_is_guarded_and_no_formula(text: str) -> None:
    assert text_read_back(text) == guarded(text)
    assert guarded(text).startswith("'")


@pytest.mark.parametrize(
    "text",
    ["_x0041_", "a_x000D_b", "<b>&amp;</b>", "เว็บไซต์หลัก ญี่ปุ่น", "متجر", "  spaced  ", "𝒳 emoji 🧾", "x0041"],
)
@pytest.mark.parametrize("most", [10, 0])
def test_a_text_is_read_back_as_it_is(text: str, most: int) -> None:
    """From the table of texts and, where that is full, from its own cell; openpyxl knows escapes in the table alone."""
    expected = text if most or "_x" not in text else text.replace("_x", "_x005F_x")
    assert text_read_back(text, most) == expected


@pytest.mark.parametrize("text", ["_x0041_", "_x005F_x0041_", "__x0041__", "_x005f_", "_x41_", "x_xD800_y"])
def test_an_escape_is_read_as_the_characters_it_has(text: str) -> None:
    """ECMA-376 part 1, 22.9.2.19: ``_xHHHH_`` stands for the character of that code."""
    decoded = re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), xml_text(text))
    assert decoded == text


def test_what_xml_cannot_hold_is_left_out() -> None:
    assert cell_text("a\ufffeb\uffffc\ud800d\x00e\x0bf") == "abcdef"
    assert text_read_back("a\ufffeb\uffffc\ud800d\x00e") == "abcde"


def test_a_text_longer_than_a_cell_is_cut() -> None:
    assert len(cell_text("x" * 40_000)) == LONGEST_TEXT
    astral = cell_text("🧾" * 20_000)
    assert len(astral.encode("utf-16-le")) // 2 <= LONGEST_TEXT
    assert astral.endswith("…")


@given(st.text(max_size=60).filter(lambda text: "x005F_" not in text))  # openpyxl takes that out of what it reads
def test_any_text_gives_readable_xml(text: str) -> None:
    found = text_read_back(text)
    assert (found or "") == cell_text(text).replace("\r", "")


def test_a_row_number_is_put_into_references_and_formulas() -> None:
    cells = Cells(SharedStrings())
    amount = look(Kind.PLAIN, money(2))
    assert read_back(cells.number("A", "2.5", amount), cells.formula("B", f"A{ROW}*2", Decimal(5), amount)) == [
        2.5,
        "=A1*2",
    ]


def test_a_formula_carries_its_value() -> None:
    cells = Cells(SharedStrings())
    assert "<f>A1&amp;B1</f><v>x &lt; y</v>" in cells.formula("C", "A1&B1", "x < y", look())
    assert 't="b"' in cells.formula("C", "TRUE()", True, look())


def test_dates_and_times_are_serial_numbers() -> None:
    cells = Cells(SharedStrings())
    assert "<v>46173</v>" in cells.day("A", date(2026, 5, 31), look())
    assert serial(datetime(2026, 5, 31, 12, tzinfo=UTC)) == "46173.5"
    assert cells.moment("A", None, look()) == cells.blank("A", look())


@given(st.lists(st.decimals(min_value=-(10**6), max_value=10**6, allow_nan=False, places=4), max_size=30))
def test_a_sum_that_is_called_safe_is_what_floats_find(amounts: list[Decimal]) -> None:
    found = Exact(known("A1", *sum_and_reach(amounts)), 2).known_result(0)
    if found.formula:
        places = int(found.formula.removeprefix("ROUND(A1,").removesuffix(")"))
        assert round(sum(map(float, amounts)), places) == float(found.value)


@pytest.mark.parametrize(
    ("exact", "digits", "value", "places"),
    [
        ("1080.2537", 2, "1080.2537", 4),
        ("10", 2, "10.00", 2),
        ("10.123456789123", 2, "10.123456789", 9),
        ("0.1234567895", 2, "0.12345679", 8),
        ("1500", 0, "1500", 0),
    ],
)
def test_an_exact_result_is_rounded_as_far_as_floats_carry(exact: str, digits: int, value: str, places: int) -> None:
    found = Exact(known("A1", Decimal(exact)), digits).known_result(0)
    assert (found.formula, str(found.value)) == (f"ROUND(A1,{places})", value)


def test_what_floats_cannot_find_is_no_formula() -> None:
    assert Exact(known("A1", Decimal("12345678901234.56")), 2).known_result(0).formula == ""
    assert Exact(known("A1", Decimal("0.005"), Decimal(10) ** 14), 0).known_result(0).formula == ""
