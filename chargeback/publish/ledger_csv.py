"""``ledgers/all.csv`` and ``ledgers/<team>.csv``: UTF-8 with BOM, CRLF, RFC 4180 quoting (INTERFACE; BOOKING 8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from chargeback.model.books import Books
from chargeback.model.ledger import COLUMNS, LedgerLine, written_columns
from chargeback.model.spreadsheet_text import BYTE_ORDER_MARK, csv_field, csv_row, guarded

_ROWS_A_CHUNK = 5_000


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
    heading = BYTE_ORDER_MARK + csv_row(COLUMNS)
    if not lines:
        yield heading.encode()
    for start in range(0, len(lines), _ROWS_A_CHUNK):
        columns = written_columns(period, lines[start : start + _ROWS_A_CHUNK], _field)
        rows = "\r\n".join(map(",".join, zip(*columns, strict=True)))
        yield f"{'' if start else heading}{rows}\r\n".encode()


def _field(text: str) -> str:
    """A text from outside as a field: made inert, in quotes where it must be. All else in a line needs neither."""
    return csv_field(guarded(text))
