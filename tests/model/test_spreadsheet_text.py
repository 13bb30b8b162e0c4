"""Text from outside, inert for people who open it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.model.spreadsheet_text import csv_table, guarded
from chargeback.model.text import cleaned

STARTS = "=+-@＝＋－＠"


@pytest.mark.parametrize(("text", "cell"), [
    ("=1+1", "'=1+1"),
    ("+66 2 123", "'+66 2 123"),
    ("-2+3", "'-2+3"),
    ("@SUM(A1)", "'@SUM(A1)"),
    ("＝1", "'＝1"),
    ("－5", "'－5"),
    ("  =1", "'  =1"),
    ("\t=1", "'=1"),
    ("\r\n=1", "'=1"),
    ("\u200b\u202e=1", "'\u200b\u202e=1"),
    ("\ufeff@x", "'\ufeff@x"),
    ("\u00a0\u3000+1", "'\u00a0\u3000+1"),
    ("\x00-1", "'-1"),
    ("a=1", "a=1"),
    ("'=1", "'=1"),
    ("", ""),
    ("   ", "   "),
    ("บริษัท", "บริษัท"),
    ("a\x07b\x1b[31mc", "ab[31mc"),
])  # fmt: skip
def test_a_text_that_would_start_a_formula_gets_a_quote(text: str, cell: str) -> None:
    assert guarded(text) == cell


@given(st.text())
def test_a_guarded_text_is_the_cleaned_one_and_never_a_formula(text: str) -> None:
    cell = guarded(text)
    assert cell in (cleaned(text), "'" + cleaned(text))
    assert not cell.lstrip().startswith(tuple(STARTS))
    assert all(unicodedata.category(character) != "Cc" for character in cell)


@given(st.text())
def test_cleaning_keeps_every_other_character_and_is_done_once(text: str) -> None:
    kept = [character for character in text if unicodedata.category(character) != "Cc"]
    assert list(cleaned(text)) == kept
    assert cleaned(cleaned(text)) == cleaned(text)


def test_a_table_has_inert_texts_and_figures_that_add_up() -> None:
    text = csv_table(["name", "net"], [["-1+1", "-1.00"], ["a;b", "2.00"]], figures=["net"])
    assert text == '\ufeffname,net\r\n\'-1+1,-1.00\r\n"a;b",2.00\r\n'
