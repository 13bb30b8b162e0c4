"""The workpaper's register: each sheet is written after those that it refers to."""

from __future__ import annotations

import pytest

from chargeback.publish.workpaper import SHEETS
from chargeback.publish.workpaper.evidence import EvidenceTable
from chargeback.publish.workpaper.numbered_accounts import Paper
from chargeback.publish.workpaper.sheet import PaperSheet, in_order_of_reading
from tests.kit import sample
from tests.kit.one_sheet import new_book


def sheet(name: str, *reads: str) -> PaperSheet:
    """A sheet of no rows."""
    return PaperSheet(name, "", lambda paper: [], lambda book, paper: iter(()), reads)


def test_a_sheet_comes_after_what_it_reads() -> None:
    order = [each.name for each in in_order_of_reading([sheet("a", "c"), sheet("b", "a", "c"), sheet("c")])]
    assert order == ["c", "a", "b"]


def test_a_circle_is_an_error() -> None:
    with pytest.raises(LookupError, match="wait for each other: a, b"):
        list(in_order_of_reading([sheet("a", "b"), sheet("b", "a"), sheet("c")]))


def test_every_sheet_reads_sheets_that_are_there() -> None:
    names = {each.name for each in SHEETS}
    assert {name for each in SHEETS for name in each.reads} <= names
    assert len(names) == len(SHEETS)
    references = [each.declaration.reference for each in SHEETS if each.declaration]
    assert len(set(references)) == len(references) == len(SHEETS) - 1


def test_a_sheet_that_nobody_waits_for_is_let_go() -> None:
    paper = Paper(sample.books(), sample.config(), sample.evidence())
    paper.begin(new_book().cells, EvidenceTable)
    paper.keep({EvidenceTable.name})
    assert paper.written(EvidenceTable).count == 0
    paper.keep(())
    with pytest.raises(KeyError):
        paper.written(EvidenceTable)
