"""``ledgers/<team>.xlsx``: what a team's people open, one workbook a team: Summary, Lines, Notes (issue 11).

A workbook holds its team's lines and nothing of another team's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from chargeback.config import Config
from chargeback.model.books import Books
from chargeback.model.check import Check
from chargeback.model.ledger import LedgerLine, LedgerTeam
from chargeback.publish.workbook.ledger_lines import add_lines, sheet_count
from chargeback.publish.workbook.ledger_notes import add_notes
from chargeback.publish.workbook.ledger_summary import add_summary
from chargeback.publish.workbook.package import Book
from chargeback.publish.workbook.team_month import TeamMonth, previous_month
from chargeback.publish.workbook.team_totals import add_up
from chargeback.publish.workbook.touching import TOLD, Reach, touching


def files(books: Books, config: Config) -> Iterator[tuple[str, Iterable[bytes]]]:
    """(path in the revision, the file's bytes in chunks), one workbook for each team of the ledger, in its order."""
    lines = _by_team(books)
    told = list(books.having(*TOLD))
    for team in books.ledger.teams:
        yield ledger_path(team.id), _chunks(books, config, team, lines.get(team.id, ()), told)


def ledger_path(team: str) -> str:
    """Where the team's workbook lies in a revision."""
    return f"ledgers/{team}.xlsx"


def _by_team(books: Books) -> Mapping[str, Sequence[LedgerLine]]:
    lines: dict[str, list[LedgerLine]] = defaultdict(list)
    for line in books.ledger.lines:
        lines[line.team.id].append(line)
    return lines


def _chunks(
    books: Books, config: Config, team: LedgerTeam, lines: Sequence[LedgerLine], told: Sequence[Check]
) -> Iterator[bytes]:
    totals = add_up(lines)
    previous, name = previous_month(books, team.id)
    month = TeamMonth(books, config, team, totals, previous, name, sheet_count(lines))
    footer = f"{ledger_path(team.id)} · {books.period} revision {books.revision}"
    book = Book(books.posting.run.run_at, f"{month.title}, {books.period}", footer)
    add_summary(book, month, footer)
    add_lines(book, lines, str(books.period), totals, footer)
    add_notes(book, month, list(touching(told, Reach.of(team.id, totals))), footer)
    yield from book.chunks()
