"""The sample's workbooks, and those of other books, opened."""

from __future__ import annotations

from functools import cache

from msgspec.structs import replace

from chargeback.model.books import Books
from chargeback.model.ledger import LedgerLine
from chargeback.publish.team_history import TeamHistory
from chargeback.publish.team_workbook import files
from chargeback.publish.team_workbook.month import TeamMonth
from chargeback.publish.team_workbook.totals import totals_of_lines
from chargeback.publish.xlsx.book import Book
from tests.kit import sample
from tests.kit.ledger_lines import columns
from tests.kit.opened import Opened


@cache
def workbooks() -> dict[str, Opened]:
    """The sample's workbooks by path."""
    return {path: Opened.of(chunks) for path, chunks in files(sample.books(), sample.config())}


def of_team(team: str) -> Opened:
    """One team's workbook."""
    return workbooks()[f"ledgers/{team}.xlsx"]


def changed(books: Books, *lines: LedgerLine) -> Books:
    """The books with these lines instead."""
    ledger = replace(books.ledger, lines=columns(lines))
    return replace(books, posting=replace(books.posting, ledger=ledger), checks=())


def opened(books: Books, team: str) -> Opened:
    """A team's workbook of other books."""
    return next(Opened.of(chunks) for path, chunks in files(books, sample.config()) if path == f"ledgers/{team}.xlsx")


def lines_alone(of: list[LedgerLine], most: int) -> Opened:
    """A workbook of nothing but these lines, so many a sheet."""
    books = sample.books()
    team = next(team for team in books.ledger.teams if team.id == "web")
    month = TeamMonth(books, sample.config(), team, columns(of), totals_of_lines(columns(of)), TeamHistory(books))
    lines = replace(month.sheet_lines, most=most)
    book = Book("2026-06-01T01:00:00Z", "", "", lines.shapes())
    return Opened.of([*lines.write(book), *book.finish()])
