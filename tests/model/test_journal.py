"""The entry that finance books: sides, accounts, dates, withholding, and that it balances whatever the ledger."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chargeback.config import AccountEntry, Config, Journal
from chargeback.evidence import SettlementRecord
from chargeback.model.bookkeeping import Leg
from chargeback.model.books import Status
from chargeback.model.invoice import InvoiceStatus
from chargeback.model.journal import Event, JournalRow
from chargeback.publish.exports import files, month_journal
from tests.kit.small_books import ADJUSTMENTS, CONFIG, DATA, OPS, TEAMS, UNASSIGNED, WEB, Bill, Line, make_books, paid
from tests.kit.some import some

UNMAPPED = Config(archive=Path("archive"))


def rows_of(*bills: Bill, config: Config = CONFIG, settlements: tuple[SettlementRecord, ...] = ()) -> list[JournalRow]:
    return list(month_journal(make_books(bills, settlements=settlements), config).rows())


def legs(rows: list[JournalRow]) -> list[tuple[str, str, str]]:
    return [(row.team or row.leg.value, row.gl_account, str(row.amount)) for row in rows]


def one(**changes: object) -> Bill:
    return replace(Bill("ba_1", "INV-1", (Line(WEB, 90_000, 6_300), Line(DATA, 10_000, 700))), **changes)


@pytest.mark.parametrize("status", [InvoiceStatus.OPEN, InvoiceStatus.PAID])
def test_an_accrual_is_the_same_whether_the_invoice_is_paid_or_not(status: InvoiceStatus) -> None:
    """Payment is an event of its own, in the month of its day: tax claimed with the accrual was in the wrong return."""
    rows = rows_of(one(status=status, withheld="30.00", receipt="RC-1"))
    assert legs(rows) == [
        ("web", "6420", "900.00"),
        ("data", "6400", "100.00"),
        ("Input VAT not due", "1155", "70.00"),
        ("Payable", "2110", "-1070.00"),
    ]
    assert {(row.event, row.receipt, row.concerns) for row in rows} == {(Event.ACCRUAL, "", "2026-05")}
    assert [row.tax_base for row in rows] == [None, None, Decimal("1000.00"), None]


def test_a_settlement_claims_tax_owes_what_was_withheld_and_clears_what_was_paid() -> None:
    rows = rows_of(settlements=(paid(),))
    assert legs(rows) == [
        ("Input VAT", "1154", "7.00"),
        ("Input VAT not due", "1155", "-7.00"),
        ("Payable", "2110", "107.00"),
        ("Withholding tax", "2160", "-3.00"),
        ("Clearing of payments", "1190", "-104.00"),
    ]
    assert {row.entry for row in rows} == {"2026-05-r1-ba_123-INV-2026-0002-paid"}
    assert {(row.event, row.concerns, row.receipt) for row in rows} == {
        (Event.SETTLEMENT, "2026-04", "DPLY-RC-202605-0001")
    }
    assert [str(row.tax_base) for row in rows] == ["100.00", "100.00", "None", "100.00", "None"]


@pytest.mark.parametrize(
    ("paid_at", "posting", "document"),
    [
        ("2026-05-19T18:00:00Z", "2026-05-20", "2026-05-20"),
        ("2026-03-02T05:00:00Z", "2026-05-01", "2026-03-02"),
        ("", "2026-05-31", "2026-05-31"),
    ],
)
def test_a_settlement_is_dated_on_the_day_of_payment_and_posted_in_the_month_that_books_it(
    paid_at: str, posting: str, document: str
) -> None:
    row = rows_of(settlements=(paid(paid_at=paid_at),))[0]
    assert (row.posting_date, row.document_date) == (posting, document)


def test_tax_that_may_not_be_reclaimed_is_cost_divided_like_the_net() -> None:
    config = replace(CONFIG, accounts=(AccountEntry("ba_1", vat="cost"),))
    expected = [("web", "6420", "963.00"), ("data", "6400", "107.00"), ("Payable", "2110", "-1070.00")]
    assert legs(rows_of(one(), config=config)) == expected
    assert legs(rows_of(one(buyer="individual"))) == expected
    recoverable = replace(CONFIG, accounts=(AccountEntry("ba_1", vat="recoverable"),))
    assert legs(rows_of(one(buyer="Individual"), config=recoverable))[2] == ("Input VAT not due", "1155", "70.00")
    assert [row.leg for row in rows_of(settlements=(paid(tax_pending=0),))] == [
        Leg.PAYABLE,
        Leg.WITHHOLDING,
        Leg.CLEARING,
    ]


def test_an_entry_is_in_the_books_of_one_company() -> None:
    named = replace(CONFIG, accounts=(AccountEntry("ba_1", company="Acme Co., Ltd."),))
    assert rows_of(one(tax_id="0105"), config=named)[0].company == "Acme Co., Ltd."
    assert rows_of(one(tax_id="0105"))[0].company == "0105"
    assert rows_of(one(tax_id=""))[0].company == "ba_1"
    books = make_books([one(tax_id="")])
    (posting,) = books.posting.postings
    known = replace(posting, month=replace(posting.month, facts=replace(posting.month.facts, tax_id="0107")))
    books = replace(books, posting=replace(books.posting, postings=(known,)))
    assert next(month_journal(books, CONFIG).rows()).company == "0107"


def test_an_entry_that_lacks_an_account_or_is_of_a_month_with_exceptions_is_not_to_be_booked() -> None:
    assert {row.bookable for row in rows_of(one())} == {True}
    lacking = replace(CONFIG, journal=replace(CONFIG.journal, payable=None))
    assert {row.bookable for row in rows_of(one(), config=lacking)} == {False}
    books = replace(make_books([one()]), status=Status.EXCEPTIONS)
    assert {row.bookable for row in month_journal(books, CONFIG).rows()} == {False}
    made = {path: b"".join(chunks) for path, chunks in files(books, CONFIG, None)}
    assert b"Not to be booked: it has exceptions" in made["exports/journal.beancount"]


def test_credit_note_turns_every_side() -> None:
    note = Bill("ba_1", "CN-1", (Line(OPS, -500, -35),), status=InvoiceStatus.PAID)
    rows = rows_of(note, settlements=(paid("CN-0", total=-535, tax=-35, tax_pending=-35, withheld=-15),))
    assert legs(rows) == [
        ("'-ops", "6420 ก", "-5.00"),
        ("Input VAT not due", "1155", "-0.35"),
        ("Payable", "2110", "5.35"),
        ("Input VAT", "1154", "-0.35"),
        ("Input VAT not due", "1155", "0.35"),
        ("Payable", "2110", "-5.35"),
        ("Withholding tax", "2160", "0.15"),
        ("Clearing of payments", "1190", "5.20"),
    ]
    assert rows[0].memo == 'Cost of team Ops "night", day, credit note CN-1 of Acme Billing for 2026-05'


def test_unassigned_and_adjustments_have_accounts_of_their_own_else_the_expense_account() -> None:
    bill = one(lines=(Line(UNASSIGNED, 100, 0), Line(ADJUSTMENTS, -1, 0)))
    assert [row.gl_account for row in rows_of(bill)[:2]] == ["6499", "6498"]
    config = replace(CONFIG, journal=Journal(expense="6400"))
    assert [row.gl_account for row in rows_of(bill, config=config)[:2]] == ["6400", "6400"]


def test_without_accounts_the_rows_are_there_and_their_account_is_empty() -> None:
    bill = one(lines=(Line(DATA, 100, 7), Line(UNASSIGNED, 1, 0)))
    assert [(row.leg, row.gl_account) for row in rows_of(bill, config=UNMAPPED)] == [
        (Leg.COST, ""),
        (Leg.COST, ""),
        (Leg.TAX_PENDING, ""),
        (Leg.PAYABLE, ""),
    ]


def test_legs_of_zero_and_entries_of_zero_have_no_rows() -> None:
    bill = one(lines=(Line(WEB, 100, 0), Line(WEB, -100, 0), Line(DATA, 5, 0)))
    assert legs(rows_of(bill)) == [("data", "6400", "0.05"), ("Payable", "2110", "-0.05")]
    assert rows_of(one(lines=(Line(WEB, 100, 7), Line(WEB, -100, -7)))) == []


def test_void_invoice_is_not_booked() -> None:
    assert rows_of(one(status=InvoiceStatus.VOID)) == []


def test_entry_names_period_revision_account_and_invoice_and_is_dated_in_the_configured_time_zone() -> None:
    row = next(month_journal(make_books([one(tax_id="0105")], revision=3), CONFIG).rows())
    assert row.entry == "2026-05-r3-ba_1-INV-1"
    assert (row.posting_date, row.document_date) == ("2026-05-31", "2026-06-01")
    assert (row.account, row.invoice, row.receipt, row.tax_id) == ("ba_1", "INV-1", "", "0105")
    assert rows_of(one(), config=UNMAPPED)[0].document_date == "2026-05-31"
    assert rows_of(one(issued=None))[0].document_date == ""


def test_entries_stand_in_the_order_of_account_and_invoice() -> None:
    bills = [one(account="b", number="1"), one(account="a", number="2"), one(account="a", number="10")]
    entries = dict.fromkeys(row.entry for row in rows_of(*bills))
    assert list(entries) == ["2026-05-r1-a-10", "2026-05-r1-a-2", "2026-05-r1-b-1"]


def test_text_from_outside_begins_no_formula_and_holds_no_control_character() -> None:
    bill = one(number="=1+1\r\n", name="\x07@SUM(1)", tax_id="+66")
    for row in some(rows_of(bill)):
        assert (row.invoice, row.tax_id) == ("'=1+1", "'+66")
        assert row.memo.endswith(", invoice =1+1 of @SUM(1) for 2026-05")


amounts = st.one_of(st.integers(-(10**12), 10**12), st.integers(-(2**66), 2**66))
ledgers = st.lists(st.builds(Line, st.sampled_from(TEAMS), amounts, amounts), min_size=1, max_size=8)


@given(ledgers, st.sampled_from(["THB", "JPY", "KWD", "CLF"]), amounts, amounts, amounts, st.booleans())
def test_every_entry_balances_and_equals_the_ledger(
    lines: list[Line], currency: str, total: int, tax: int, withheld: int, reclaims: bool
) -> None:
    bill = one(lines=tuple(lines), currency=currency, buyer="company" if reclaims else "individual")
    record = paid(currency=currency, total=total, tax=tax, withheld=withheld, tax_pending=tax)
    books = make_books([bill], settlements=(record,))
    rows = list(month_journal(books, CONFIG).rows())
    digits = books.posting.postings[0].month.booked[0].digits
    booked: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        booked[row.event, row.team.removeprefix("'") or row.leg.value] += row.amount
    assert all(row.amount and row.amount.as_tuple().exponent == -digits for row in rows)
    for event in (Event.ACCRUAL, Event.SETTLEMENT):
        assert sum(row.amount for row in rows if row.event is event) == 0
    for team in TEAMS:
        cost = sum(line.net + (0 if reclaims else line.tax) for line in lines if line.team is team)
        assert booked[Event.ACCRUAL, team.id] == Decimal(cost).scaleb(-digits)
    gross = sum(line.net + line.tax for line in lines)
    assert booked[Event.ACCRUAL, "Payable"] == -Decimal(gross).scaleb(-digits)
    assert booked[Event.SETTLEMENT, "Payable"] == Decimal(total).scaleb(-digits)
