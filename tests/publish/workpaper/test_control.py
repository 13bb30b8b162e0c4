"""*Ledger control*: ledgers and invoices agree without tolerance."""

from __future__ import annotations

from decimal import Decimal

from tests.kit import sample
from tests.publish.workpaper.papers import paper, table


def test_the_ledgers_are_controlled_without_tolerance() -> None:
    controls = [row["Control"] for row in table(paper(), "Ledger control") if row["Control"]]
    assert controls == ["agrees", "agrees"]
    parts = [row for row in table(paper(), "Ledger parts") if row["Invoice"] == "INV-2026-0009"]
    assert {row["Team"]: row["Gross"] for row in parts} == {
        "adjustments": 3.67, "data": 663.4, "unassigned": 107, "web": 1295.93,
    }  # fmt: skip


def test_each_teams_totals_are_those_of_its_own_workbook() -> None:
    found = {(row["Account"], row["Currency"]): row["Ledgers: gross [F]"] for row in table(paper(), "Ledger control")}
    for (team, currency), gross in found.items():
        lines = [line for line in sample.books().ledger.of_team(team) if line.label.currency == currency]
        if lines:
            assert Decimal(str(gross)).scaleb(2) == sum(line.gross for line in lines)
    assert {team for team, _ in found} >= {"web", "data", "unassigned", "adjustments"}
