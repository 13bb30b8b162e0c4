"""Which account books a leg, whose books an invoice belongs to, and who may reclaim its tax."""

from __future__ import annotations

import pytest

from chargeback.model.bookkeeping import ADJUSTMENTS, UNASSIGNED, Bookkeeping, ChartOfAccounts, LedgerTeam, Leg, key_of

CHART = ChartOfAccounts(expense="5100", unassigned="5900", payable="2100")


@pytest.mark.parametrize(
    ("leg", "team", "account"),
    [
        (Leg.COST, LedgerTeam("web"), "5100"),
        (Leg.COST, LedgerTeam("data", gl_account="5210"), "5210"),
        (Leg.COST, LedgerTeam(UNASSIGNED), "5900"),
        (Leg.COST, LedgerTeam(ADJUSTMENTS), "5100"),
        (Leg.PAYABLE, LedgerTeam("data", gl_account="5210"), "2100"),
        (Leg.WITHHOLDING, LedgerTeam(""), None),
    ],
)
def test_a_leg_has_the_account_of_its_key_and_cost_that_of_its_team(
    leg: Leg, team: LedgerTeam, account: str | None
) -> None:
    assert CHART.of(leg, team) == account


def test_every_leg_is_named_by_a_key_of_the_chart() -> None:
    assert {key_of(leg) for leg in Leg} <= set(ChartOfAccounts.__struct_fields__)


def test_an_invoice_belongs_to_who_is_configured_else_to_its_tax_id_else_to_its_account() -> None:
    books = Bookkeeping(companies={"ba_1": "Acme"})
    assert books.company("ba_1", "0105561234567") == "Acme"
    assert books.company("ba_2", "0105561234567") == "0105561234567"
    assert books.company("ba_2", "") == "ba_2"


def test_an_individual_reclaims_no_tax_unless_the_configuration_says_so() -> None:
    books = Bookkeeping(reclaims={"ba_1": True})
    assert [books.reclaims_tax(account, " Individual ") for account in ("ba_1", "ba_2")] == [True, False]
    assert books.reclaims_tax("ba_2", "company")
