"""Tables stand under each other in any script and fit the terminal; nothing is cut in a pipe."""

from __future__ import annotations

import io

import pytest

from chargeback.review.terminal import (
    Terminal,
    TerminalColumn,
    TextRow,
    cell_len,
    padded,
    table_lines,
    table_width,
    terminal_of,
    wrapped,
)

COLUMNS = [TerminalColumn("team", shrinks=True), TerminalColumn("gross", right=True)]
ROWS = [TextRow(("web", "1.00")), TextRow(("ทีมข้อมูลและการวิเคราะห์", "12,345.00"), strong=True)]


class Screen(io.StringIO):
    """A stream that is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_columns_stand_under_each_other_whatever_the_script() -> None:
    lines = table_lines(COLUMNS, ROWS, Terminal())
    assert {cell_len(line) for line in lines} == {table_width(COLUMNS, ROWS)}
    assert lines[1].startswith("web ") and lines[1].endswith(" 1.00")


@pytest.mark.parametrize("width", [20, 25])
def test_a_column_that_may_shrink_is_cut_so_that_the_table_fits(width: int) -> None:
    lines = table_lines(COLUMNS, ROWS, Terminal(width=width))
    assert max(map(cell_len, lines)) <= width
    assert "…" in lines[2] and lines[2].endswith("12,345.00")


def test_no_rows_are_no_table() -> None:
    assert table_lines(COLUMNS, [], Terminal()) == []


@pytest.mark.parametrize(("text", "width", "shown"), [
    ("abc", 5, "abc  "), ("abcdef", 4, "abc…"), ("abc", 1, "…"), ("ＡＢＣ", 5, "ＡＢ…"), ("กี่", 3, "กี่  "),
])  # fmt: skip
def test_a_text_takes_just_its_cells(text: str, width: int, shown: str) -> None:
    assert padded(text, width) == shown
    assert cell_len(padded(text, width)) == width


def test_a_sentence_is_broken_at_spaces_and_a_path_stays_whole() -> None:
    path = "evidence/1042/billing.getInvoice.json#/result/total"
    lines = wrapped(f"the total stands in {path} as sent", Terminal(width=30), indent="  ")
    assert f"  {path}" in lines
    assert all(len(line) <= 30 for line in lines if path not in line)
    assert wrapped("a b c", Terminal()) == ["a b c"]


def test_a_bar_is_as_long_as_its_share_and_a_negative_one_looks_different() -> None:
    shown = Terminal(blocks=True)
    assert shown.bar(100, 100, 10) == "█" * 10
    assert shown.bar(50, 100, 10) == "█" * 5
    assert shown.bar(-50, 100, 10) == "░" * 5
    assert shown.bar(1, 10**9, 10) != ""
    assert shown.bar(0, 100, 10) == ""
    assert Terminal().bar(50, 100, 10) == "#" * 5


def test_no_colour_is_kept_where_a_person_or_a_dumb_terminal_asks_for_none() -> None:
    assert terminal_of(Screen(), {"TERM": "xterm"}).colour
    assert not terminal_of(Screen(), {"TERM": "xterm", "NO_COLOR": "1"}).colour
    assert not terminal_of(Screen(), {"TERM": "dumb"}).colour
    assert terminal_of(io.StringIO(), {}) == Terminal()
