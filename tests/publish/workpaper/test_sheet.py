"""The workpaper's register: each sheet is written after those that it refers to."""

from __future__ import annotations

import pytest

from chargeback.publish.workpaper import SHEETS, exceptions
from chargeback.publish.workpaper.numbered_accounts import Paper
from chargeback.publish.workpaper.sheet import PaperSheet, in_order_of_reading
from chargeback.publish.xlsx.book import Book
from tests.kit import sample
from tests.kit.one_sheet import RUN_AT


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


def test_of_an_account_that_is_written_no_figure_is_kept() -> None:
    book, paper = begun()
    assert exceptions.SHEET.write is not None
    b"".join(exceptions.SHEET.write(book, paper))
    made = [each.begin(book, paper) for each in in_order_of_reading(SHEETS) if each.begin]
    for accounts in paper.some_at_once():
        for rows in made:
            rows.add(accounts)
        for rows in made:
            rows.let_go()
    kept = [len(column) for rows in made for column in rows.written.rows.figures.by_column.values()]
    assert sum(rows.written.count for rows in made) > 0 == sum(kept)
    assert {rows.written.table.name for rows in made if rows.written.totals} == {"Lead", "Invoices", "Ledger parts"}


def begun() -> tuple[Book, Paper]:
    """The workpaper of a small month, and its workbook."""
    paper = Paper(sample.books(), sample.config(), sample.evidence())
    return Book(RUN_AT, "", "", [shape for each in SHEETS for shape in each.shapes(paper)]), paper


def test_an_account_holds_its_lines_while_it_is_written() -> None:
    _, paper = begun()
    held = [
        [len(account.groups), *(len(each.posted) for each in account.invoices)]
        for accounts in paper.some_at_once()
        for account in accounts
    ]
    counted = [[account.group_count, *(each.booked for each in account.invoices)] for account in paper.accounts]
    assert held == counted != []
    assert not any(account.groups or any(each.posted for each in account.invoices) for account in paper.accounts)
