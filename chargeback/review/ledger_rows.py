"""The archived ledger read back: ``ledgers/all.csv``, proved by the manifest, a tuple a line with amounts as
integers."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from operator import attrgetter

from chargeback.archive.boundary import damaged, interpreting
from chargeback.archive.revision import Revision
from chargeback.errors import AnswerError
from chargeback.evidence.period import Period
from chargeback.job import csv_rows
from chargeback.model.ledger import Lines
from chargeback.model.ledger_register import COLUMNS, LedgerRow, read_row, written_rows
from chargeback.model.money import format_minor, minor_digits, minor_units
from chargeback.model.spreadsheet_text import guarded, unguarded
from chargeback.model.totals import Amounts, add_up

PATH = "ledgers/all.csv"
_CURRENCY = COLUMNS.index("currency")


def read_rows(revision: Revision) -> list[LedgerRow]:
    """All lines of the revision, in order; ``DamagedError`` where they cannot be read or do not foot to the
    manifest."""
    rows = revision.interpret(PATH, _rows)
    with interpreting(revision.root / PATH):
        _require_footing(revision, rows)
    return rows


def _rows(data: bytes) -> list[LedgerRow]:
    try:
        lines = csv_rows.rows(io.BytesIO(data))
        if tuple(next(lines, ())) != COLUMNS:
            raise ValueError("its first line does not name the ledger's columns")
        return [_row(cells) for cells in lines]
    except ValueError as error:
        raise AnswerError(f"not a ledger: {error}") from error


def rows_of(period: Period, lines: Lines) -> Iterator[LedgerRow]:
    """Lines that were posted just now as they would be read back from an archive."""
    written = written_rows(period, lines, lambda text: unguarded(guarded(text)))
    labels = chain.from_iterable(some.labels for some in lines.batches())
    for label, row in zip(labels, written, strict=True):
        yield read_row(row, label.digits)


def totals_of(rows: Iterable[LedgerRow]) -> dict[str, Amounts]:
    """Currency -> the lines added up, in order of currency."""
    return dict(sorted(add_up(rows, attrgetter("currency")).items()))


def by_account(rows: Iterable[LedgerRow]) -> dict[str, list[LedgerRow]]:
    """Account -> its lines, in order."""
    grouped: dict[str, list[LedgerRow]] = defaultdict(list)
    for row in rows:
        grouped[row.account].append(row)
    return dict(grouped)


def _require_footing(revision: Revision, rows: list[LedgerRow]) -> None:
    stated: dict[str, Amounts] = {}
    for total in revision.manifest.totals:  # which names currencies as they came, and the ledgers as they are written
        code = unguarded(guarded(total.currency))
        amounts = (minor_units(text, minor_digits(code)) for text in (total.net, total.tax, total.gross))
        stated[code] = stated.get(code, Amounts()).plus(Amounts(*amounts))
    found = totals_of(rows)
    if found != stated:
        raise damaged(
            revision.root / PATH, f"its lines add up to {_in_words(found)}, the manifest says {_in_words(stated)}"
        )


def _in_words(totals: Mapping[str, Amounts]) -> str:
    return str({code: tuple(written(amount, code) for amount in amounts) for code, amounts in totals.items()})


def written(amount: int, currency: str) -> str:
    """Minor units with the currency's digits, as every file has them."""
    return format_minor(amount, minor_digits(currency))


def _row(cells: list[str]) -> LedgerRow:
    if len(cells) != len(COLUMNS):
        raise ValueError(f"a line has {len(cells)} columns, {len(COLUMNS)} were expected")
    return read_row([unguarded(cell) if cell[:1] == "'" else cell for cell in cells], minor_digits(cells[_CURRENCY]))
