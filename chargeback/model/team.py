"""The teams of a ledger: those that the configuration names, and the two that stand for what no team owns."""

from __future__ import annotations

from msgspec import Struct

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
