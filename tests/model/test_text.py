"""Text that is compared has one spelling; text that people see is inert, and the same value where it is data."""

from __future__ import annotations

import ast
import csv
import io
import json
import tomllib
import unicodedata
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

import chargeback
from chargeback.model.spreadsheet_text import csv_field, csv_row
from chargeback.model.text import MOST_MARKS, json_text, normalized, one_line, readable
from chargeback.operate.deploy.yaml_text import yaml as yaml_of
from chargeback.operate.init import plain, quoted


@given(st.text(max_size=MOST_MARKS))
def test_a_text_with_few_marks_has_the_normal_form_of_unicode(text: str) -> None:
    assert normalized(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("mark", ["\u0301", "\u0f73", "\uff9e", "\u0344"])
@pytest.mark.parametrize("form", ["NFC", "NFKC"])
def test_a_run_of_marks_stays_as_it_is(mark: str, form: str) -> None:
    text = "a" + mark * 200_000  # the platform's own function takes minutes for it, the test run's limit is shorter
    assert normalized(text, form) is text  # type: ignore[arg-type]


def test_nothing_else_normalizes_text() -> None:
    package = Path(chargeback.__file__).parent
    callers = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Attribute) and node.attr in ("normalize", "is_normalized")
        if isinstance(node.value, ast.Name) and node.value.id == "unicodedata"
    }
    assert callers == {"model/text.py"}


HOSTILE = st.text(
    st.one_of(
        st.sampled_from("\x1b\x9b\r\n\t\x00\x7f\x85\u2028\u2029\u202e\u2066\u200f\u061c;|,\"'[31m =#"), st.characters()
    ),
    max_size=20,
)
BIDI = {"\u061c", "\u200e", "\u200f", *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}
PACKAGE = Path(__file__).parents[2] / "chargeback"


def unseen(text: str) -> list[str]:
    """What must not be written to a terminal, a crontab, a comment or a mail within a line."""
    kinds = ("Cc", "Zl", "Zp", "Cs")
    return [character for character in text if unicodedata.category(character) in kinds or character in BIDI]


@given(HOSTILE)
def test_one_line_holds_nothing_that_steers(text: str) -> None:
    for shown in (one_line(text), one_line(text, keep_spaces=True), plain(text)):
        assert unseen(shown) == []
        assert len(shown.splitlines()) <= 1
        assert one_line(shown) == one_line(text)


@given(HOSTILE)
def test_readable_text_keeps_every_other_character(text: str) -> None:
    assert [each for each in readable(text) if each in BIDI or unicodedata.category(each) in ("Cc", "Cs")] == []
    kept = [each for each in text if not unseen(each)]
    assert [each for each in readable(text) if not unseen(each) and each != "\ufffd"][: len(kept) or None] or not kept


@given(st.dictionaries(HOSTILE, HOSTILE))
def test_json_for_people_is_inert_and_the_same_value(value: dict[str, str]) -> None:
    text = json_text(value, indent=2)
    assert [each for each in unseen(text) if each != "\n"] == []
    assert json.loads(text) == value


@example("\n")
@example("a\n\n")
@given(HOSTILE.filter(lambda text: not any("\ud800" <= each <= "\udfff" for each in text)))
def test_toml_and_yaml_read_the_same_value_from_one_inert_line(text: str) -> None:
    written = quoted(text)
    assert unseen(written) == []
    assert tomllib.loads(f"x = {written}") == {"x": text}
    assert [each for each in unseen(yaml_of({"x": text})) if each != "\n"] == []
    assert yaml.safe_load(yaml_of({"x": text})) == {"x": text}


@given(st.lists(HOSTILE, min_size=2))
def test_a_csv_row_reads_back_and_no_spreadsheet_splits_a_cell(cells: list[str]) -> None:
    written = csv_row(cells)
    assert written == ",".join(map(csv_field, cells)) + "\r\n"
    assert next(csv.reader(io.StringIO(written, newline=""), strict=True)) == cells
    outside = "".join(part for place, part in enumerate(written.replace('""', "").split('"')) if place % 2 == 0)
    assert not set(outside) & set(";\t|")


@pytest.mark.parametrize("module", sorted((PACKAGE / "cli").glob("*.py")), ids=lambda path: path.stem)
def test_commands_write_lines_through_the_gate_alone(module: Path) -> None:
    """``say``, ``tell``, ``say_document``, ``print_lines`` and ``write_json``: what they write is made inert."""
    calls = [node.func for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Call)]
    names = {call.id for call in calls if isinstance(call, ast.Name)}
    echoed = [call for call in calls if isinstance(call, ast.Attribute) and call.attr in ("echo", "secho")]
    assert "print" not in names
    assert not echoed or module.stem in ("outcome", "printing", "log"), module
