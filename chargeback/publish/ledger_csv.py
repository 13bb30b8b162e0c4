"""``ledgers/all.csv`` and ``ledgers/<team>.csv``: UTF-8 with BOM, CRLF, RFC 4180 quoting (INTERFACE; BOOKING 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from chargeback.evidence.period import Period
from chargeback.model.books import Books
from chargeback.model.ledger import Lines, pieces
from chargeback.model.ledger_register import COLUMNS, WrittenLines
from chargeback.model.spreadsheet_text import BYTE_ORDER_MARK, csv_field, csv_row, guarded


def files(books: Books) -> Iterator[tuple[str, Iterable[bytes]]]:
    """``all.csv``, then one file for each team of the ledger, lines or not."""
    ledger = books.ledger
    yield "ledgers/all.csv", chunks(ledger.period, lambda: ledger.lines)
    for team in ledger.teams:
        yield f"ledgers/{team.id}.csv", chunks(ledger.period, partial(ledger.of_team, team.id))


def chunks(period: Period, lines: Callable[[], Lines]) -> Iterator[bytes]:
    """The file's bytes, some thousands of rows at a time; the lines are asked for when they are written."""
    yield (BYTE_ORDER_MARK + csv_row(COLUMNS)).encode()
    written = WrittenLines(period, _field)
    for some in pieces(lines()):
        rows = "\r\n".join(written.rows(some))
        yield f"{rows}\r\n".encode()


def _field(text: str) -> str:
    """A text from outside as a field: made inert, in quotes where it must be. All else in a line needs neither."""
    return csv_field(guarded(text))
