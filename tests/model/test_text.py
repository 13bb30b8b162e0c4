"""Normalization: as Unicode has it for texts that people write, and never slow for texts that they don't."""

from __future__ import annotations

import ast
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import chargeback
from chargeback.model.text import MOST_MARKS, normalized


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
