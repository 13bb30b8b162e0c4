"""The line of a message is the one on which somebody finds the key, however the file is laid out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.config.key_path import line_of

LAYOUTS = st.sampled_from([
    'archive = "a"\n',
    "# teams = 1\n",
    "\n",
    "[api]\nconcurrency = 8\n",
    '[[accounts]]\nid = "ba_1"\n',
    'x = [\n  "[[teams]]",\n  1,\n]\n',
    'y = """\n[[teams]]\nid = "not this one"\n"""\n',
    "z = { a = 1, b = [2, 3] }\n",
])  # fmt: skip


@given(st.lists(LAYOUTS, unique=True), st.lists(LAYOUTS, unique=True), st.integers(0, 3))
def test_the_line_is_that_of_the_statement(before: list[str], after: list[str], places: int) -> None:
    head = "".join(sorted(before, key=lambda text: text.startswith("[")))  # keys of the file stand before its tables
    blocks = [f'[[teams]]\n# one\nid = "t{place}"\nprojects = [\n  "a",\n  "b",\n]\n' for place in range(places + 1)]
    tail = "".join(text for text in after if text.startswith("[") and text not in before)
    source = head + "".join(blocks) + tail
    lines = source.split("\n")
    assert lines[line_of(source.encode(), ("teams", places)) - 1] == "[[teams]]"
    assert lines[line_of(source.encode(), ("teams", places, "id")) - 1] == f'id = "t{places}"'
    assert lines[line_of(source.encode(), ("teams", places, "projects", 1)) - 1] == "projects = ["
    assert line_of(source.encode(), ("teams", places, "projects")) > line_of(source.encode(), ("teams", places, "id"))


@pytest.mark.parametrize(
    ("source", "parts", "line"),
    [
        ("", ("a",), 0),
        ("a = 1\n", ("b",), 0),
        ("[api]\n", ("api", "endpoint"), 1),
        ("\ufeffa = 1\r\n\r\nb = 2\r\n", ("b",), 3),
        ('a.b = 1\n"c d".e = 2', ("c d", "e"), 2),
        ("not toml", ("a",), 0),
    ],
)
def test_what_is_not_there_has_the_line_of_what_holds_it(source: str, parts: tuple[str, ...], line: int) -> None:
    assert line_of(source.encode(), parts) == line


def test_a_list_over_a_thousand_lines_takes_no_thousand_readings() -> None:
    source = "teams = [\n" + '  "a",\n' * 5_000 + "]\nwrong = 1\n"
    assert line_of(source.encode(), ("wrong",)) in (0, 5_003)


@pytest.mark.parametrize(
    ("written", "language"),
    [('{"archive": "a"}', "JSON"), ("archive: a\n", "YAML"), ("---\narchive: a\n", "YAML"), ("# c\n- a\n", "YAML")],
)
def test_another_language_is_called_by_its_name(written: str, language: str, refused: object) -> None:
    assert callable(refused)
    refused(written, f"this is {language}, and the configuration is TOML", "config.example.toml")
