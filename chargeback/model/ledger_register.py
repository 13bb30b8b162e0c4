"""The register of the written ledger: the names of its columns, what each holds and where it comes from, how it is
written as text and read back (INTERFACE, ``ledgers/*.csv``; BOOKING 4.7).

A column is declared once, as a field of ``LedgerRow``: every writer and every reader back is made from these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import Annotated, Any, NamedTuple, get_type_hints

from chargeback.evidence.period import Period
from chargeback.model.ledger import Coded, Entry, LedgerLines, Lines, pieces
from chargeback.model.money import minor_units


class ColumnKind(StrEnum):
    """What a column holds, and so how each format writes it and how it is read back."""

    TEXT = "text"
    """From outside: made inert for spreadsheets (BOOKING 8)."""
    WORD = "word"
    """The program's own, or checked by it."""
    QUANTITY = "quantity"
    """A decimal as written; "" if there is none."""
    AMOUNT = "amount"
    """Minor units of the line's currency, written with its minor digits."""
    NUMBER = "number"
    """Counts from 1; 0 if there is none, which is written as ""."""

    @property
    def is_number(self) -> bool:
        """Whether spreadsheets hold numbers in such a column."""
        return self not in (ColumnKind.TEXT, ColumnKind.WORD)


class LedgerColumn(NamedTuple):
    """One column of the written ledger: ``of`` is the column of ``LedgerLines`` that has it, ``part`` what of its
    entries, "" for the whole; ``of`` is "" for the month, which all lines share. ``name`` is the field's."""

    kind: ColumnKind
    of: str = ""
    part: str = ""
    name: str = ""

    @property
    def of_entry(self) -> Callable[[Any], Any]:
        """What gives the column's value of an entry of the table."""
        return attrgetter(self.part) if self.part else _itself


def _itself(entry: Entry) -> Entry:
    return entry


class LedgerRow(NamedTuple):
    """A line of the written ledger, its columns in INTERFACE's order.

    ``net``, ``tax`` and ``gross`` are in minor units of the currency, which has ``digits`` of them; ``invoice_line``
    is 0 for an adjustment; texts are as they came, without the guard that keeps a spreadsheet from calculating them.
    """

    period: Annotated[str, LedgerColumn(ColumnKind.WORD)]
    account: Annotated[str, LedgerColumn(ColumnKind.TEXT, "labels", "account")]
    account_name: Annotated[str, LedgerColumn(ColumnKind.TEXT, "labels", "account_name")]
    invoice: Annotated[str, LedgerColumn(ColumnKind.TEXT, "labels", "invoice")]
    invoice_status: Annotated[str, LedgerColumn(ColumnKind.WORD, "labels", "status")]
    team: Annotated[str, LedgerColumn(ColumnKind.WORD, "teams", "id")]
    cost_center: Annotated[str, LedgerColumn(ColumnKind.TEXT, "teams", "cost_center")]
    gl_account: Annotated[str, LedgerColumn(ColumnKind.TEXT, "teams", "gl_account")]
    project: Annotated[str, LedgerColumn(ColumnKind.TEXT, "projects", "sid")]
    project_name: Annotated[str, LedgerColumn(ColumnKind.TEXT, "projects", "name")]
    environment: Annotated[str, LedgerColumn(ColumnKind.TEXT, "projects", "environment")]
    resource: Annotated[str, LedgerColumn(ColumnKind.TEXT, "resources")]
    usage: Annotated[str, LedgerColumn(ColumnKind.QUANTITY, "usage")]
    share_percent: Annotated[str, LedgerColumn(ColumnKind.QUANTITY, "origins", "share_percent")]
    net: Annotated[int, LedgerColumn(ColumnKind.AMOUNT, "net")]
    tax: Annotated[int, LedgerColumn(ColumnKind.AMOUNT, "tax")]
    gross: Annotated[int, LedgerColumn(ColumnKind.AMOUNT, "gross")]
    currency: Annotated[str, LedgerColumn(ColumnKind.TEXT, "labels", "currency")]
    basis: Annotated[str, LedgerColumn(ColumnKind.WORD, "origins", "basis")]
    line: Annotated[int, LedgerColumn(ColumnKind.NUMBER, "numbers")]
    invoice_line: Annotated[int, LedgerColumn(ColumnKind.NUMBER, "items", "number")]
    description: Annotated[str, LedgerColumn(ColumnKind.TEXT, "items", "description")]
    digits: int


REGISTER = tuple(
    hint.__metadata__[0]._replace(name=name)
    for name, hint in get_type_hints(LedgerRow, include_extras=True).items()
    if name != "digits"
)
"""The ledger's columns in INTERFACE's order."""
COLUMNS = tuple(column.name for column in REGISTER)
AMOUNTS = tuple(column.name for column in REGISTER if column.kind is ColumnKind.AMOUNT)
_AMOUNTS = [place for place, column in enumerate(REGISTER) if column.kind is ColumnKind.AMOUNT]
_NUMBERS = [place for place, column in enumerate(REGISTER) if column.kind is ColumnKind.NUMBER]


class WrittenLines:
    """Lines as text. What many lines share is written once for some thousands of them: neighbouring columns that come
    from one entry are joined to one text beforehand, with ``between`` between them.

    ``text`` writes what came from outside; of the register, the columns that ``left_out`` names are not written.
    Another format has ``of_entry`` and ``of_lines`` of its own.
    """

    def __init__(
        self, period: Period, text: Callable[[str], str], between: str = ",", left_out: Iterable[str] = ()
    ) -> None:
        self.period, self._text, self._between = str(period), text, between
        columns = [column for column in REGISTER if column.name not in left_out]
        # The month, which comes first, is written with the invoice's columns behind it.
        self._runs = [(of, list(run)) for of, run in groupby(columns, key=lambda column: column.of or REGISTER[1].of)]

    def rows(self, lines: LedgerLines) -> Iterator[str]:
        """Each line's row, without what ends it."""
        return map(self._between.join, zip(*(self._texts(lines, of, run) for of, run in self._runs), strict=True))

    def columns(self, lines: LedgerLines) -> Iterator[list[str]]:
        """The text of each column by itself, a value a line."""
        for _, run in self._runs:
            for column in run:
                yield self._texts(lines, column.of or REGISTER[1].of, [column])

    def _texts(self, lines: LedgerLines, of: str, run: Sequence[LedgerColumn]) -> list[str]:
        column = getattr(lines, of)
        if not isinstance(column, Coded):
            return self.of_lines(run[0], lines)
        writers = [self.of_entry(each) for each in run]
        return column.each(lambda entry: self._between.join([write(entry) for write in writers]))

    def of_lines(self, column: LedgerColumn, lines: LedgerLines) -> list[str]:
        """The texts of a column of which each line has its own value."""
        if column.kind is ColumnKind.QUANTITY:
            return lines.usage_texts()
        return lines.amount_texts(column.of) if column.kind is ColumnKind.AMOUNT else list(map(str, lines.numbers))

    def of_entry(self, column: LedgerColumn) -> Callable[[Any], str]:
        """Writes the column's text from an entry of its table."""
        if not column.of:
            return lambda entry: self.period
        part = column.of_entry
        if column.kind is ColumnKind.TEXT:
            return lambda entry: self._text(part(entry))
        if column.kind is ColumnKind.NUMBER:
            return lambda entry: str(part(entry) or "")
        return part


def written_rows(period: Period, lines: Lines, text: Callable[[str], str] = str) -> Iterator[tuple[str, ...]]:
    """The lines as text, a row of ``COLUMNS`` a line; ``text`` writes what came from outside."""
    written = WrittenLines(period, text)
    for some in pieces(lines):
        yield from zip(*written.columns(some), strict=True)


def read_row(written: Sequence[str], digits: int) -> LedgerRow:
    """A row of written texts; ``digits`` are the minor digits of its currency. ``ValueError`` where an amount does not
    have these, or a number is none."""
    values: list[str | int] = list(written)
    for place in _AMOUNTS:
        values[place] = minor_units(written[place], digits)
    for place in _NUMBERS:
        values[place] = int(written[place] or 0)
    return LedgerRow(*values, digits)  # type: ignore[arg-type, call-arg]
