"""``ledgers/<team>.xlsx``: what a team's people open, one workbook a team: Summary, Lines, Notes.

A workbook holds its team's lines and nothing of another team's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from chargeback.config import Config
from chargeback.model.books import Books
from chargeback.model.ledger import LedgerLine
from chargeback.publish.team_workbook import notes, summary
from chargeback.publish.team_workbook.month import TeamMonth
from chargeback.publish.team_workbook.team_checks import TOLD
from chargeback.publish.team_workbook.totals import totals_of_lines
from chargeback.publish.xlsx.book import Book


def files(books: Books, config: Config) -> Iterator[tuple[str, Iterable[bytes]]]:
    """(path in the revision, the file's bytes in chunks), one workbook for each team of the ledger, in its order."""
    by_team = _by_team(books)
    checks = tuple(books.having(*TOLD))
    for team in books.ledger.teams:
        mine = by_team.get(team.id, ())
        month = TeamMonth(books, config, team, mine, totals_of_lines(mine), checks)
        yield month.path, _chunks(month)


def _by_team(books: Books) -> Mapping[str, Sequence[LedgerLine]]:
    by_team: dict[str, list[LedgerLine]] = defaultdict(list)
    for line in books.ledger.lines:
        by_team[line.team.id].append(line)
    return by_team


def _chunks(month: TeamMonth) -> Iterator[bytes]:
    lines = month.sheet_lines
    shapes = [*summary.shapes(month), *lines.shapes(), *notes.shapes(month)]
    book = Book(month.books.posting.run.run_at, f"{month.title}, {month.books.period}", month.footer, shapes)
    yield from summary.write(book, month)
    yield from lines.write(book)
    yield from notes.write(book, month)
    yield from book.finish()
