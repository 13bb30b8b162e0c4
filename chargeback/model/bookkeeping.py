"""How the configuration books: the teams of the ledger, which account each leg of the journal has, and whose books an
invoice belongs to (BOOKING 9).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct, field

UNASSIGNED = "unassigned"
"""The team of projects that nobody owns."""
ADJUSTMENTS = "adjustments"
"""The team of what an invoice holds beyond its lines."""
RESERVED_TEAMS = (UNASSIGNED, ADJUSTMENTS)


class LedgerTeam(Struct, frozen=True):
    """A team as the ledgers name it; ``cost_center`` and ``gl_account`` are "" where it has none."""

    id: str
    name: str = ""
    cost_center: str = ""
    gl_account: str = ""


JOURNAL_COLUMNS = (
    "entry",
    "event",
    "company",
    "posting_date",
    "document_date",
    "account",
    "tax_id",
    "invoice",
    "receipt",
    "concerns",
    "tax_base",
    "team",
    "cost_center",
    "gl_account",
    "debit",
    "credit",
    "currency",
    "bookable",
    "memo",
)
"""The columns of ``journal.csv`` (INTERFACE)."""
NO_TEAM = LedgerTeam("")
"""Stands for the team of a leg that is no cost."""


class Leg(StrEnum):
    """What a row books; its words begin the memo of every row but a team's."""

    COST = "Cost"
    TAX_PENDING = "Input VAT not due"
    INPUT_VAT = "Input VAT"
    PAYABLE = "Payable"
    WITHHOLDING = "Withholding tax"
    CLEARING = "Clearing of payments"


_KEYS = {
    Leg.TAX_PENDING: "input_vat_pending",
    Leg.INPUT_VAT: "input_vat",
    Leg.PAYABLE: "payable",
    Leg.WITHHOLDING: "withholding",
    Leg.CLEARING: "clearing",
}
_COST_KEYS = {UNASSIGNED: "unassigned", ADJUSTMENTS: "adjustments"}


def key_of(leg: Leg, team: LedgerTeam = NO_TEAM) -> str:
    """The key of ``[journal]`` that names the account of a leg, of cost that of its team."""
    return _KEYS.get(leg) or _COST_KEYS.get(team.id, "expense")


class ChartOfAccounts(Struct, frozen=True):
    """Accounts of the journal's legs, by the chart of the company that books it; None where none is named."""

    expense: str | None = None
    unassigned: str | None = None
    adjustments: str | None = None
    input_vat: str | None = None
    input_vat_pending: str | None = None
    payable: str | None = None
    withholding: str | None = None
    clearing: str | None = None

    def of(self, leg: Leg, team: LedgerTeam = NO_TEAM) -> str | None:
        """The account of a leg, of cost that of its team."""
        own = team.gl_account if leg is Leg.COST else None
        named: str | None = getattr(self, key_of(leg, team))
        return own or named or (self.expense if leg is Leg.COST else None)


class Bookkeeping(Struct, frozen=True):
    """How the configuration books: the chart of accounts, and by billing account whose books it belongs to and whether
    its tax may be reclaimed, where the configuration says so.
    """

    chart: ChartOfAccounts = field(default_factory=ChartOfAccounts)
    companies: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    reclaims: Mapping[str, bool] = field(default_factory=lambda: MappingProxyType({}))

    def company(self, account: str, tax_id: str) -> str:
        """Whose books an account's invoice belongs to: as configured, else its tax id, else the account."""
        return self.companies.get(account) or tax_id or account

    def reclaims_tax(self, account: str, buyer: str) -> bool:
        """Whether the tax of an account's invoice may be reclaimed: as configured, else not of an individual."""
        return self.reclaims.get(account, buyer.strip().lower() != "individual")
