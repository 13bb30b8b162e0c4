"""``ledgers/<team>.xlsx``: what a team's people open, one workbook a team: Summary, Lines, Notes.

A workbook holds its team's lines and nothing of another team's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from chargeback.config import Config
from chargeback.model.bookkeeping import LedgerTeam
from chargeback.model.books import AcceptedTotal, Books
from chargeback.model.check import REPORTED
from chargeback.model.ledger import Lines
from chargeback.model.totals import add_up_columns
from chargeback.model.wording import status_text
from chargeback.publish.team_history import TeamHistory
from chargeback.publish.team_workbook import notes, summary
from chargeback.publish.team_workbook.month import ReportedChecks, TeamMonth, path_of
from chargeback.publish.team_workbook.totals import totals_of_lines
from chargeback.publish.xlsx.book import Book


def files(books: Books, config: Config) -> Iterator[tuple[str, Iterable[bytes]]]:
    """(path in the revision, the file's bytes in chunks), one workbook for each team of the ledger, in its order."""
    for team, month in team_months(books, config):
        yield path_of(team.id), _chunks(month)


def team_months(
    books: Books, config: Config, *, by_resource: bool = True
) -> Iterator[tuple[LedgerTeam, Callable[[], TeamMonth]]]:
    """Each team, in the ledger's order, and what makes its month as its workbook and its statement show it: where that
    is needed, by whichever process that is. Its totals are by resource, or by project alone."""
    # Once a month and not once a team.
    checks, borne = ReportedChecks.of(books.having(*REPORTED)), _invoices_with_borne_tax(books, config)
    history = TeamHistory(books)
    standing = status_text(books.status, 0, AcceptedTotal(books.accepted.count, ()), books.not_performed)
    for team in books.ledger.teams:

        def month(team: LedgerTeam = team) -> TeamMonth:
            mine = books.ledger.of_team(team.id)
            totals = totals_of_lines(mine, by_resource=by_resource)
            return TeamMonth(books, config, team, mine, totals, history, checks, _borne_tax(mine, borne), standing)

        yield team, month


def _invoices_with_borne_tax(books: Books, config: Config) -> frozenset[tuple[str, str]]:
    """Account and id of the invoices whose tax cannot be reclaimed, and so is cost (BOOKING 9)."""
    bookkeeping = config.bookkeeping
    return frozenset(
        (invoice.account, invoice.id)
        for posting in books.posting.postings
        for invoice in posting.month.booked
        if not bookkeeping.reclaims_tax(invoice.account, invoice.buyer or posting.month.facts.kind)
    )


def _borne_tax(lines: Lines, invoices: frozenset[tuple[str, str]]) -> Mapping[str, int]:
    borne: dict[str, int] = {}
    for some in lines.batches() if invoices else ():
        sums = add_up_columns(some.net, some.tax, some.gross, some.labels.codes)
        for (code,), each in sums.items():
            label = some.labels.table[code]
            if (label.account, label.invoice_id) in invoices:
                borne[label.currency] = borne.get(label.currency, 0) + each.tax
    return borne


def _chunks(made: Callable[[], TeamMonth]) -> Iterator[bytes]:
    month = made()
    lines = month.sheet_lines
    shapes = [*summary.shapes(month), *lines.shapes(), *notes.shapes(month)]
    book = Book(month.books.posting.run.run_at, f"{month.title}, {month.books.period}", month.footer, shapes)
    yield from summary.write(book, month)
    yield from lines.write(book)
    yield from notes.write(book, month)
    yield from book.finish()
