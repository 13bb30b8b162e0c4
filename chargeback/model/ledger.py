"""The ledger line, and the register of its columns: their names, what they hold, and how they are written as text
(INTERFACE, ``ledgers/*.csv``; BOOKING 4.7)."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Any

from chargeback.model.money import format_minor

csv.field_size_limit(2**31 - 1)
"""What the program writes it reads back: a name from outside may be longer than the csv module's 131,072 characters."""

UNASSIGNED = "unassigned"
"""The team of projects that nobody owns."""
ADJUSTMENTS = "adjustments"
"""The team of what an invoice holds beyond its lines."""
RESERVED_TEAMS = (UNASSIGNED, ADJUSTMENTS)
_ROWS_AT_ONCE = 5_000


class Basis(StrEnum):
    """How a line came to its team and resource (BOOKING 4.7)."""

    INVOICE_LINE = "invoice-line"
    REPORT_SHARE = "report-share"
    SHARED_SPLIT = "shared-split"
    ADJUSTMENT = "adjustment"


@dataclass(frozen=True, slots=True)
class LedgerTeam:
    """A team as the ledgers name it; ``cost_center`` and ``gl_account`` are "" where it has none."""

    id: str
    name: str = ""
    cost_center: str = ""
    gl_account: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceLabel:
    """What all lines of one invoice share; ``invoice`` is the number, or the id where there is none."""

    account: str
    account_name: str
    invoice: str
    invoice_id: str
    status: str
    currency: str
    digits: int


@dataclass(slots=True)
class LedgerLine:
    """One row an invoice line × project × resource × team; ``net``, ``tax`` and ``gross`` in minor units, gross = net
    + tax.

    ``usage`` and ``share_percent`` are written text, "" where there is none; ``invoice_line`` counts ``lineItems`` from
    1, 0 for an adjustment; ``line`` counts the rows of ``all.csv`` from 1.
    """

    label: InvoiceLabel
    team: LedgerTeam
    project: str
    project_name: str
    environment: str
    resource: str
    usage: str
    share_percent: str
    net: int
    tax: int
    gross: int
    basis: Basis
    invoice_line: int
    description: str
    line: int = 0

    @property
    def sort_key(self) -> tuple[str, str, str, str, str, str, int]:
        """Account, invoice (number, then id), project, resource, team, invoice line; raw text by code point."""
        label = self.label
        return (
            label.account,
            label.invoice,
            label.invoice_id,
            self.project,
            self.resource,
            self.team.id,
            self.invoice_line,
        )


@dataclass(frozen=True, slots=True)
class Ledger:
    """All lines of a month, sorted and numbered; ``teams`` are those that get a file, configured ones first."""

    period: str
    lines: tuple[LedgerLine, ...]
    teams: tuple[LedgerTeam, ...]

    def of_team(self, team: str) -> Iterator[LedgerLine]:
        """The team's lines, in order."""
        return (line for line in self.lines if line.team.id == team)


class ColumnKind(StrEnum):
    """What a column holds, and so how each format writes it and how it is read back."""

    TEXT = "text"
    """From outside: made inert for spreadsheets (BOOKING 8)."""
    WORD = "word"
    """The program's own, or checked by it."""
    QUANTITY = "quantity"
    """A decimal as written; "" where there is none."""
    AMOUNT = "amount"
    """Minor units of the line's currency, written with its minor digits."""
    NUMBER = "number"
    """Counts from 1; 0 where there is none, which is written as ""."""

    @property
    def is_number(self) -> bool:
        """Whether spreadsheets hold numbers in such a column."""
        return self not in (ColumnKind.TEXT, ColumnKind.WORD)


@dataclass(frozen=True, slots=True)
class LedgerColumn:
    """One column of the ledger: ``of`` is where a ``LedgerLine`` has it, "" for the month, which all lines share."""

    name: str
    kind: ColumnKind
    of: str


REGISTER = (
    LedgerColumn("period", ColumnKind.WORD, ""),
    LedgerColumn("account", ColumnKind.TEXT, "label.account"),
    LedgerColumn("account_name", ColumnKind.TEXT, "label.account_name"),
    LedgerColumn("invoice", ColumnKind.TEXT, "label.invoice"),
    LedgerColumn("invoice_status", ColumnKind.WORD, "label.status"),
    LedgerColumn("team", ColumnKind.WORD, "team.id"),
    LedgerColumn("cost_center", ColumnKind.TEXT, "team.cost_center"),
    LedgerColumn("gl_account", ColumnKind.TEXT, "team.gl_account"),
    LedgerColumn("project", ColumnKind.TEXT, "project"),
    LedgerColumn("project_name", ColumnKind.TEXT, "project_name"),
    LedgerColumn("environment", ColumnKind.TEXT, "environment"),
    LedgerColumn("resource", ColumnKind.TEXT, "resource"),
    LedgerColumn("usage", ColumnKind.QUANTITY, "usage"),
    LedgerColumn("share_percent", ColumnKind.QUANTITY, "share_percent"),
    LedgerColumn("net", ColumnKind.AMOUNT, "net"),
    LedgerColumn("tax", ColumnKind.AMOUNT, "tax"),
    LedgerColumn("gross", ColumnKind.AMOUNT, "gross"),
    LedgerColumn("currency", ColumnKind.TEXT, "label.currency"),
    LedgerColumn("basis", ColumnKind.WORD, "basis"),
    LedgerColumn("line", ColumnKind.NUMBER, "line"),
    LedgerColumn("invoice_line", ColumnKind.NUMBER, "invoice_line"),
    LedgerColumn("description", ColumnKind.TEXT, "description"),
)
"""The ledger's columns in INTERFACE's order: every writer and every reader back is made from these."""
COLUMNS = tuple(column.name for column in REGISTER)
AMOUNTS = tuple(column.name for column in REGISTER if column.kind is ColumnKind.AMOUNT)

_values = attrgetter(*(column.of for column in REGISTER if column.of))


def column_values(lines: Sequence[LedgerLine]) -> dict[str, Sequence[Any]]:
    """Each column's values, a value a line as the line has it; the month, which no line has, is left out."""
    columns = list(zip(*map(_values, lines), strict=True)) or [()] * (len(REGISTER) - 1)
    return dict(zip(COLUMNS[1:], columns, strict=True))


def written_columns(period: str, lines: Sequence[LedgerLine], text: Callable[[str], str]) -> Iterator[Sequence[str]]:
    """Each column as text, in order; ``text`` writes what came from outside, and is asked once a different text."""
    values = column_values(lines)
    digits = [line.label.digits for line in lines]
    for column in REGISTER:
        if not column.of:
            yield [period] * len(lines)
        elif column.kind is ColumnKind.AMOUNT:
            yield list(map(format_minor, values[column.name], digits))
        elif column.kind is ColumnKind.NUMBER:
            yield [str(number) if number else "" for number in values[column.name]]
        elif column.kind is ColumnKind.TEXT:
            known = {each: text(each) for each in set(values[column.name])}
            yield [known[each] for each in values[column.name]]
        else:
            yield values[column.name]


def written_rows(
    period: str, lines: Sequence[LedgerLine], text: Callable[[str], str] = str
) -> Iterator[tuple[str, ...]]:
    """The lines as text, a row of ``COLUMNS`` a line; ``text`` writes what came from outside."""
    for start in range(0, len(lines), _ROWS_AT_ONCE):
        yield from zip(*written_columns(period, lines[start : start + _ROWS_AT_ONCE], text), strict=True)
