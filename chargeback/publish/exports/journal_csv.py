"""``exports/journal.csv``, written and read back: UTF-8 with BOM, CRLF, RFC 4180, as the ledgers (INTERFACE)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from io import SEEK_END, StringIO

from chargeback.errors import DamagedError
from chargeback.model.bookkeeping import JOURNAL_COLUMNS, Leg
from chargeback.model.journal import Event, JournalRow
from chargeback.model.money import EXACT
from chargeback.model.spreadsheet_text import BYTE_ORDER_MARK, csv_row, drained

_CHARACTERS_A_CHUNK = 1 << 19
_WRITTEN_BOOLEANS = {True: "yes", False: "no"}
_WORDS_OF_0_2 = {"Input VAT": Leg.INPUT_VAT, "Payable": Leg.PAYABLE, "Withholding tax": Leg.WITHHOLDING}
"""How versions before the events began the memo of a leg that is no cost: their files have no other sign of it."""


def chunks(rows: Iterable[JournalRow]) -> Iterator[bytes]:
    """The file's bytes; a heading alone where there are no rows."""
    buffer = StringIO(BYTE_ORDER_MARK)
    buffer.seek(0, SEEK_END)
    buffer.write(csv_row(JOURNAL_COLUMNS))
    for row in rows:
        buffer.write(csv_row(cells(row)))
        if buffer.tell() > _CHARACTERS_A_CHUNK:
            yield drained(buffer)
    yield drained(buffer)


def accruals(data: bytes) -> list[JournalRow]:
    """The accruals of an archived ``journal.csv``, of 0.2.0 too; ``DamagedError`` where the bytes are no such file."""
    try:
        reader = csv.DictReader(StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        if "event" in (reader.fieldnames or ()):
            return [_read_row(cells) for cells in reader if cells["event"] == Event.ACCRUAL]
        return [_read_row_of_0_2(cells) for cells in reader]
    except (UnicodeDecodeError, csv.Error, KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise DamagedError(
            f"exports/journal.csv of the revision before is not a journal ({type(error).__name__}: {error})",
            remedy="verify the archive: chargeback verify",
        ) from error


def written(amount: Decimal) -> str:
    """An amount without sign, with the currency's digits."""
    return f"{amount.copy_abs():f}"


def cells(row: JournalRow) -> tuple[str, ...]:
    """The row's cells, in the order of ``JOURNAL_COLUMNS``."""
    debited = row.amount > 0
    return (
        row.entry,
        row.event.value,
        row.company,
        row.posting_date,
        row.document_date,
        row.account,
        row.tax_id,
        row.invoice,
        row.receipt,
        row.concerns,
        "" if row.tax_base is None else f"{row.tax_base:f}",
        row.team,
        row.cost_center,
        row.gl_account,
        written(row.amount) if debited else "",
        "" if debited else written(row.amount),
        row.currency,
        _WRITTEN_BOOLEANS[row.bookable],
        row.memo,
    )


def _read_row(cells: Mapping[str, str]) -> JournalRow:
    """A row of an accrual: cost names a team, tax its base, and what is left is owed."""
    leg = Leg.COST if cells["team"] else Leg.TAX_PENDING if cells["tax_base"] else Leg.PAYABLE
    typed = ("event", "tax_base", "bookable", "debit", "credit")
    texts = {name: cells[name] for name in JOURNAL_COLUMNS if name not in typed}
    return JournalRow(
        leg=leg,
        event=Event(cells["event"]),
        tax_base=Decimal(cells["tax_base"]) if cells["tax_base"] else None,
        bookable=cells["bookable"] == _WRITTEN_BOOLEANS[True],
        amount=_amount(cells),
        **texts,
    )


def _read_row_of_0_2(cells: Mapping[str, str]) -> JournalRow:
    """A row of a journal without events: all of it was booked on the month's last day."""
    words = next((words for words in _WORDS_OF_0_2 if cells["memo"].startswith(words)), "")
    if not cells["team"] and not words:
        raise ValueError(f'no leg of an entry is called "{cells["memo"][:40]}"')
    shared = ("entry", "posting_date", "document_date", "account", "tax_id", "invoice", "receipt")
    texts = {name: cells[name] for name in (*shared, "team", "cost_center", "gl_account", "currency", "memo")}
    return JournalRow(
        leg=Leg.COST if cells["team"] else _WORDS_OF_0_2[words],
        event=Event.ACCRUAL,
        company="",
        concerns=cells["posting_date"][:7],
        tax_base=None,
        bookable=True,
        amount=_amount(cells),
        **texts,
    )


def _amount(cells: Mapping[str, str]) -> Decimal:
    return EXACT.subtract(Decimal(cells["debit"] or 0), Decimal(cells["credit"] or 0))
