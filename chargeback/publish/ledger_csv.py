"""``ledgers/all.csv`` and ``ledgers/<team>.csv``: UTF-8 with BOM, CRLF, RFC 4180 quoting (INTERFACE; BOOKING 8)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

from chargeback.model.books import Books
from chargeback.model.ledger import COLUMNS, LedgerLine
from chargeback.model.spreadsheet_text import guarded

BYTE_ORDER_MARK = "\ufeff"
_ROWS_A_CHUNK = 5_000
_NUMERIC = frozenset(
    COLUMNS.index(name) for name in ("usage", "share_percent", "net", "tax", "gross", "line", "invoice_line")
)
"""Columns that the program writes itself as numbers: a minus sign there is no formula."""


def files(books: Books) -> Iterator[tuple[str, Iterable[bytes]]]:
    """``all.csv``, then one file for each team of the ledger, lines or not."""
    period = books.ledger.period
    by_team: dict[str, list[LedgerLine]] = {team.id: [] for team in books.ledger.teams}
    for line in books.ledger.lines:
        by_team[line.team.id].append(line)
    yield "ledgers/all.csv", chunks(period, books.ledger.lines)
    for team, lines in by_team.items():
        yield f"ledgers/{team}.csv", chunks(period, lines)


def chunks(period: str, lines: Sequence[LedgerLine]) -> Iterator[bytes]:
    """The file's bytes, some thousands of rows at a time."""
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    buffer.write(BYTE_ORDER_MARK)
    writer.writerow(COLUMNS)
    for start in range(0, len(lines), _ROWS_A_CHUNK):
        writer.writerows(csv_row(period, line) for line in lines[start : start + _ROWS_A_CHUNK])
        yield _drain(buffer)
    if not lines:
        yield _drain(buffer)


def csv_row(period: str, line: LedgerLine) -> list[str]:
    """The line's cells, text from outside made inert."""
    return [cell if place in _NUMERIC else guarded(cell) for place, cell in enumerate(line.cells(period))]


def _drain(buffer: StringIO) -> bytes:
    data = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return data
