"""The entry that finance books: sides, accounts, dates, withholding, and that it balances whatever the ledger."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from chargeback.config import Config, Journal
from chargeback.model.invoice import Status
from chargeback.publish.exports.journal import Journal as Entries
from chargeback.publish.exports.journal import JournalRow, Leg

from ...some import some
from .small_books import ADJUSTMENTS, CONFIG, DATA, OPS, TEAMS, UNASSIGNED, WEB, Bill, Line, make_books

UNMAPPED = Config(archive=Path("archive"))


def rows_of(*bills: Bill, config: Config = CONFIG) -> list[JournalRow]:
    return list(Entries(make_books(bills), config).rows())


def legs(rows: list[JournalRow]) -> list[tuple[str, str, str]]:
    return [(row.team or row.leg.value, row.gl_account, str(row.amount)) for row in rows]


def one(**changes: object) -> Bill:
    return replace(Bill("ba_1", "INV-1", (Line(WEB, 90_000, 6_300), Line(DATA, 10_000, 700))), **changes)


def test_open_invoice_debits_each_team_and_tax_and_credits_the_payable() -> None:
    assert legs(rows_of(one())) == [
        ("web", "6420", "900.00"),
        ("data", "6400", "100.00"),
        ("Input VAT", "1155", "70.00"),
        ("Payable", "2110", "-1070.00"),
    ]


def test_paid_invoice_claims_its_tax() -> None:
    assert legs(rows_of(one(status=Status.PAID)))[2] == ("Input VAT", "1154", "70.00")


def test_open_invoice_without_a_pending_account_claims_its_tax_at_once() -> None:
    config = replace(CONFIG, journal=replace(CONFIG.journal, input_vat_pending=None))
    assert legs(rows_of(one(), config=config))[2] == ("Input VAT", "1154", "70.00")


def test_withheld_tax_is_owed_to_the_revenue_office_and_not_to_the_platform() -> None:
    assert legs(rows_of(one(status=Status.PAID, withheld="30.00")))[3:] == [
        ("Payable", "2110", "-1040.00"),
        ("Withholding tax", "2160", "-30.00"),
    ]


def test_nothing_is_withheld_from_an_invoice_that_is_not_paid() -> None:
    assert legs(rows_of(one(withheld="30.00")))[3:] == [("Payable", "2110", "-1070.00")]


def test_credit_note_turns_every_side() -> None:
    note = Bill("ba_1", "CN-1", (Line(OPS, -500, -35),), status=Status.PAID, withheld="-0.15")
    rows = rows_of(note)
    assert legs(rows) == [
        ("'-ops", "6420 ก", "-5.00"),
        ("Input VAT", "1154", "-0.35"),
        ("Payable", "2110", "5.20"),
        ("Withholding tax", "2160", "0.15"),
    ]
    assert all("credit note CN-1 of Acme Billing for 2026-05" in row.memo for row in rows)


def test_unassigned_and_adjustments_have_accounts_of_their_own_else_the_expense_account() -> None:
    bill = one(lines=(Line(UNASSIGNED, 100, 0), Line(ADJUSTMENTS, -1, 0)))
    assert [row.gl_account for row in rows_of(bill)[:2]] == ["6499", "6498"]
    config = replace(CONFIG, journal=Journal(expense="6400"))
    assert [row.gl_account for row in rows_of(bill, config=config)[:2]] == ["6400", "6400"]


def test_without_accounts_the_rows_are_there_and_their_account_is_empty() -> None:
    bill = one(lines=(Line(DATA, 100, 7), Line(UNASSIGNED, 1, 0)), status=Status.PAID, withheld="0.03")
    rows = rows_of(bill, config=UNMAPPED)
    assert [(row.leg, row.gl_account) for row in rows] == [
        (Leg.COST, ""),
        (Leg.COST, ""),
        (Leg.INPUT_VAT, ""),
        (Leg.PAYABLE, ""),
        (Leg.WITHHOLDING, ""),
    ]


def test_legs_of_zero_and_entries_of_zero_have_no_rows() -> None:
    bill = one(lines=(Line(WEB, 100, 0), Line(WEB, -100, 0), Line(DATA, 5, 0)))
    assert legs(rows_of(bill)) == [("data", "6400", "0.05"), ("Payable", "2110", "-0.05")]
    assert rows_of(one(lines=(Line(WEB, 100, 7), Line(WEB, -100, -7)))) == []


def test_void_invoice_is_not_booked() -> None:
    assert rows_of(one(status=Status.VOID)) == []


def test_entry_names_period_revision_account_and_invoice_and_is_dated_in_the_configured_time_zone() -> None:
    row = next(Entries(make_books([one(receipt="RC-1", tax_id="0105")], revision=3), CONFIG).rows())
    assert row.entry == "2026-05-r3-ba_1-INV-1"
    assert (row.posting_date, row.document_date) == ("2026-05-31", "2026-06-01")
    assert (row.account, row.invoice, row.receipt, row.tax_id) == ("ba_1", "INV-1", "RC-1", "0105")
    assert rows_of(one(), config=UNMAPPED)[0].document_date == "2026-05-31"
    assert rows_of(one(issued=None))[0].document_date == ""


def test_entries_stand_in_the_order_of_account_and_invoice() -> None:
    bills = [one(account="b", number="1"), one(account="a", number="2"), one(account="a", number="10")]
    entries = dict.fromkeys(row.entry for row in rows_of(*bills))
    assert list(entries) == ["2026-05-r1-a-10", "2026-05-r1-a-2", "2026-05-r1-b-1"]


def test_text_from_outside_begins_no_formula_and_holds_no_control_character() -> None:
    bill = one(number="=1+1\r\n", name="\x07@SUM(1)", tax_id="+66", receipt="-1")
    for row in some(rows_of(bill)):
        assert (row.invoice, row.tax_id, row.receipt) == ("'=1+1", "'+66", "'-1")
        assert row.memo.endswith(", invoice =1+1 of @SUM(1) for 2026-05")


amounts = st.integers(-(10**12), 10**12)
ledgers = st.lists(st.builds(Line, st.sampled_from(TEAMS), amounts, amounts), min_size=1, max_size=8)


@given(ledgers, st.sampled_from(["THB", "JPY", "KWD", "CLF"]), st.sampled_from([Status.OPEN, Status.PAID]), amounts)
def test_every_entry_balances_and_equals_the_ledger(
    lines: list[Line], currency: str, status: Status, withheld: int
) -> None:
    bill = one(lines=tuple(lines), currency=currency, status=status, withheld=str(withheld))
    books = make_books([bill])
    rows = list(Entries(books, CONFIG).rows())
    digits = books.posting.postings[0].month.booked[0].digits
    assert sum(row.amount for row in rows) == 0
    assert all(row.amount and row.amount.as_tuple().exponent == -digits for row in rows)
    booked: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        booked[row.team.removeprefix("'") or row.leg.value] += row.amount
    for team in TEAMS:
        net = sum(line.net for line in lines if line.team is team)
        assert booked[team.id] == Decimal(net).scaleb(-digits)
    total = sum(line.net + line.tax for line in lines)
    assert booked["Payable"] + booked["Withholding tax"] == -Decimal(total).scaleb(-digits)
