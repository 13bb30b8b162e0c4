"""``exports/journal.csv``, written and read back: UTF-8 with BOM, CRLF, RFC 4180, as the ledgers (INTERFACE)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from io import SEEK_END, StringIO

from chargeback.errors import DamagedError
from chargeback.model.csv_text import csv_row
from chargeback.model.money import EXACT
from chargeback.publish.exports.journal import JournalRow, Leg

COLUMNS = (
    "entry",
    "posting_date",
    "document_date",
    "account",
    "tax_id",
    "invoice",
    "receipt",
    "team",
    "cost_center",
    "gl_account",
    "debit",
    "credit",
    "currency",
    "memo",
)
_BYTE_ORDER_MARK = "\ufeff"
_CHARACTERS_A_CHUNK = 1 << 19
_WITHOUT_TEAM = (Leg.INPUT_VAT, Leg.PAYABLE, Leg.WITHHOLDING)


def chunks(rows: Iterable[JournalRow]) -> Iterator[bytes]:
    """The file's bytes; a heading alone where there are no rows."""
    buffer = StringIO(_BYTE_ORDER_MARK)
    buffer.seek(0, SEEK_END)
    buffer.write(csv_row(COLUMNS))
    for row in rows:
        buffer.write(csv_row(_cells(row)))
        if buffer.tell() > _CHARACTERS_A_CHUNK:
            yield _drain(buffer)
    yield _drain(buffer)


def read(data: bytes) -> list[JournalRow]:
    """The rows of an archived ``journal.csv``; ``DamagedError`` where the bytes are no such file."""
    try:
        reader = csv.DictReader(StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        return [_read_row(cells) for cells in reader]
    except (UnicodeDecodeError, csv.Error, KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise DamagedError(
            f"exports/journal.csv of the revision before is not a journal ({type(error).__name__}: {error})",
            remedy="verify the archive: chargeback verify",
        ) from error


def written(amount: Decimal) -> str:
    """An amount without sign, with the currency's digits."""
    return f"{abs(amount):f}"


def _drain(buffer: StringIO) -> bytes:
    data = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return data


def _cells(row: JournalRow) -> tuple[str, ...]:
    debited = row.amount > 0
    return (
        row.entry,
        row.posting_date,
        row.document_date,
        row.account,
        row.tax_id,
        row.invoice,
        row.receipt,
        row.team,
        row.cost_center,
        row.gl_account,
        written(row.amount) if debited else "",
        "" if debited else written(row.amount),
        row.currency,
        row.memo,
    )


def _read_row(cells: Mapping[str, str]) -> JournalRow:
    texts = {name: cells[name] for name in COLUMNS if name not in ("debit", "credit")}
    amount = EXACT.subtract(Decimal(cells["debit"] or 0), Decimal(cells["credit"] or 0))
    return JournalRow(leg=_leg(texts["team"], texts["memo"]), amount=amount, **texts)


def _leg(team: str, memo: str) -> Leg:
    if team:
        return Leg.COST
    for leg in _WITHOUT_TEAM:
        if memo.startswith(leg):
            return leg
    raise ValueError(f'no leg of an entry is called "{memo[:40]}"')
