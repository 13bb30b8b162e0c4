"""The ledger line, its columns, and how it is written as text (INTERFACE, ``ledgers/*.csv``; BOOKING 4.7)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from chargeback.model.money import format_minor

csv.field_size_limit(2**31 - 1)
"""What the program writes it reads back: a name from outside may be longer than the csv module's 131,072 characters."""

UNASSIGNED = "unassigned"
"""The team of projects that nobody owns."""
ADJUSTMENTS = "adjustments"
"""The team of what an invoice holds beyond its lines."""
RESERVED_TEAMS = (UNASSIGNED, ADJUSTMENTS)

COLUMNS = (
    "period",
    "account",
    "account_name",
    "invoice",
    "invoice_status",
    "team",
    "cost_center",
    "gl_account",
    "project",
    "project_name",
    "environment",
    "resource",
    "usage",
    "share_percent",
    "net",
    "tax",
    "gross",
    "currency",
    "basis",
    "line",
    "invoice_line",
    "description",
)


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

    def cells(self, period: str) -> tuple[str, ...]:
        """The line as text, in the order of ``COLUMNS``; raw text from outside, not yet guarded for spreadsheets."""
        label, team, digits = self.label, self.team, self.label.digits
        return (
            period,
            label.account,
            label.account_name,
            label.invoice,
            label.status,
            team.id,
            team.cost_center,
            team.gl_account,
            self.project,
            self.project_name,
            self.environment,
            self.resource,
            self.usage,
            self.share_percent,
            format_minor(self.net, digits),
            format_minor(self.tax, digits),
            format_minor(self.gross, digits),
            label.currency,
            self.basis.value,
            str(self.line),
            str(self.invoice_line) if self.invoice_line else "",
            self.description,
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
