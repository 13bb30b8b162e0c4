"""What changed between two ledgers: each side's amounts, what is new or gone, and what differs besides amounts."""

from __future__ import annotations

from chargeback.model.ledger_register import LedgerRow
from chargeback.review.changes import changes_csv, invoice_changes, line_changes, team_changes, total_changes

ROW = LedgerRow(
    period="2026-05",
    account="ba_1",
    account_name="Acme",
    invoice="INV-1",
    invoice_status="open",
    team="web",
    cost_center="",
    gl_account="",
    project="acme-web",
    project_name="Acme Web",
    environment="production",
    resource="CPU",
    usage="1",
    share_percent="",
    net=1000,
    tax=70,
    gross=1070,
    currency="THB",
    basis="project",
    line=1,
    invoice_line=1,
    description="Web",
    digits=2,
)


def test_a_total_is_there_whether_it_differs_or_not() -> None:
    (total,) = total_changes([ROW], [ROW])
    assert (total.currency, tuple(total.difference)) == ("THB", (0, 0, 0))


def test_a_project_that_moved_is_gone_from_one_team_and_new_in_another() -> None:
    moved = ROW._replace(team="data")
    by_team = {change.key: change.difference.gross for change in team_changes([ROW], [moved])}
    assert by_team == {("web",): -1070, ("data",): 1070}
    assert {(change.key[-1], change.note) for change in line_changes([ROW], [moved])} == {
        ("web", "gone"),
        ("data", "new"),
    }


def test_an_invoice_that_was_paid_is_a_change_without_an_amount() -> None:
    paid = ROW._replace(invoice_status="paid")
    (change,) = invoice_changes([ROW], [paid])
    assert (change.key, change.note, any(change.difference)) == (("ba_1", "INV-1"), "open -> paid", False)
    assert line_changes([ROW], [paid]) == []


def test_a_line_that_says_something_else_names_the_columns() -> None:
    (change,) = line_changes([ROW], [ROW._replace(environment="test", description="Other", line=9)])
    assert change.note == "environment, description"


def test_a_line_of_an_invoice_that_was_replaced_is_compared_with_its_own_before() -> None:
    replaced = ROW._replace(invoice="INV-1R", gross=1177, net=1100, tax=77, description="Corrected")
    (change,) = line_changes([ROW], [replaced])
    assert (change.key[1], change.replaces, change.difference.gross) == ("INV-1R", "INV-1", 107)
    header, line = changes_csv([change]).splitlines()
    row = dict(zip(header.removeprefix("\ufeff").split(","), line.split(","), strict=True))
    assert (row["invoice"], row["replaces"], row["invoice_line"], row["gross_difference"]) == (
        "INV-1R",
        "INV-1",
        "",
        "1.07",
    )
