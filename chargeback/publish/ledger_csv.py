"""``ledgers/all.csv`` and ``ledgers/<team>.csv``: UTF-8 with BOM, CRLF, RFC 4180 quoting (INTERFACE; BOOKING 8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

from chargeback.model.books import Books
from chargeback.model.ledger import COLUMNS, LedgerLine
from chargeback.model.money import format_minor
from chargeback.model.spreadsheet_text import csv_row, guarded

BYTE_ORDER_MARK = "\ufeff"
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
    buffer = StringIO()
    buffer.write(BYTE_ORDER_MARK)
    buffer.write(csv_row(COLUMNS))
    for start in range(0, len(lines), _ROWS_A_CHUNK):
        buffer.writelines(csv_row(cells(period, line)) for line in lines[start : start + _ROWS_A_CHUNK])
        yield drained(buffer)
    if not lines:
        yield drained(buffer)


def cells(period: str, line: LedgerLine) -> tuple[str, ...]:
    """The line's cells in the order of ``COLUMNS``, text from outside made inert; numbers are the program's own."""
    label, team, digits = line.label, line.team, line.label.digits
    return (
        period,
        guarded(label.account),
        guarded(label.account_name),
        guarded(label.invoice),
        label.status,
        team.id,
        guarded(team.cost_center),
        guarded(team.gl_account),
        guarded(line.project),
        guarded(line.project_name),
        guarded(line.environment),
        guarded(line.resource),
        line.usage,
        line.share_percent,
        format_minor(line.net, digits),
        format_minor(line.tax, digits),
        format_minor(line.gross, digits),
        guarded(label.currency),
        line.basis.value,
        str(line.line),
        str(line.invoice_line) if line.invoice_line else "",
        guarded(line.description),
    )


def drained(buffer: StringIO) -> bytes:
    """What the buffer holds, as UTF-8; it is empty afterwards."""
    data = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return data
