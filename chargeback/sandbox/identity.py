"""Ids and numbers: unique, computed from place and month, so that a large world needs no index.

Kind C shows int64 numbers as strings (`1042`), kind D opaque strings (`ba_1042`, `inv_…`). A world has one of the
two spellings; serving the same world as both kinds shows the same ids in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from chargeback.sandbox.months import Month

Spelling = Literal["numbers", "prefixed"]
SLOTS = 8  # invoices that one account can have for one month
FIRST_ACCOUNT = 1042
FIRST_PROJECT = 1001
ACCOUNTS_LIMIT = 100_000


@dataclass(frozen=True, slots=True)
class Identity:
    """How a world spells its ids, and how many accounts share one sequence of invoice numbers."""

    spelling: Spelling = "numbers"
    accounts: int = 8

    def account_id(self, position: int) -> str:
        return self._spelled("ba", FIRST_ACCOUNT + position)

    def project_id(self, position: int) -> str:
        return self._spelled("prj", FIRST_PROJECT + position)

    def invoice_id(self, position: int, month: Month, slot: int) -> str:
        return self._spelled("inv", (month.ordinal * ACCOUNTS_LIMIT + position) * SLOTS + slot)

    def invoice_place(self, invoice_id: str) -> tuple[int, Month] | None:
        """The account's position and the month that an invoice id was made from; None for no such id."""
        digits = invoice_id.removeprefix("inv_") if self.spelling == "prefixed" else invoice_id
        if not digits.isascii() or not digits.isdigit() or len(digits) > 18:
            return None
        month_index, position = divmod(int(digits) // SLOTS, ACCOUNTS_LIMIT)
        return position, Month.of_ordinal(month_index)

    def invoice_number(self, position: int, month: Month, slot: int) -> str:
        """`INV-2026-0009`: counted within the year in which a month is billed."""
        billed = month.plus(1)
        return f"INV-{billed.year}-{self._sequence(billed.month - 1, position, slot):04d}"

    def receipt_number(self, position: int, month: Month, slot: int) -> str:
        """`DPLY-RC-202605-0001`, counted within the month that is billed."""
        return f"DPLY-RC-{month.year}{month.month:02d}-{self._sequence(0, position, slot):04d}"

    def _sequence(self, months: int, position: int, slot: int) -> int:
        return (months * self.accounts + position) * SLOTS + slot + 1

    def _spelled(self, prefix: str, value: int) -> str:
        return f"{prefix}_{value}" if self.spelling == "prefixed" else str(value)
