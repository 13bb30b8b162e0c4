"""An archived month whose invoices are listed otherwise since then: booked once, and asked for no more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from chargeback.evidence.period import Period
from chargeback.sandbox import Month, instant, small_world
from chargeback.sandbox.functions import Call
from chargeback.sandbox.platform import AnswerChange
from tests.kit.office import Office

from . import ledgers
from .conftest import Opening
from .test_catch_up import done

MAY = Month(2026, 5)
FIRST = small_world(spelling="numbers").billed("1042", MAY)[0]
"""The invoice of May that is told otherwise."""
LISTED, DETAIL = "billing.listInvoices", "billing.getInvoice"
BEGINNING, CHANGED = map(instant, ("2026-01-01T00:00:00Z", "2026-07-05T12:00:00Z"))
Row = dict[str, Any]
Show = Callable[[Row], Row | None]


def told(show: Show, *functions: str, since: datetime = CHANGED, until: datetime | None = None) -> AnswerChange:
    """What the functions say of the invoice from an instant until another; None: it is not there."""

    def change(call: Call, result: Any) -> Any:
        if call.function not in functions or call.now < since or (until and until <= call.now):
            return result
        rows = [result] if call.function == DETAIL else result["items"]
        shown = [show(row) if row["id"] == FIRST.id else row for row in rows]
        return shown[0] if call.function == DETAIL else {"items": [row for row in shown if row is not None]}

    return change


def with_fields(**fields: str) -> Show:
    return lambda row: {**row, **fields}


def with_less_tax(row: Row) -> Row:
    return {**row, "taxAmount": row["taxAmount"] - 1, "subtotal": row["subtotal"] + 1}


def closed(opening: Opening, *answers: AnswerChange) -> Office:
    """May and June, each closed in its time, before anything changes."""
    office = opening(answers=answers)
    assert done(office.run_at("2026-06-05T03:00:00Z")) == [("2026-05", 1, True)]
    assert done(office.run_at("2026-07-05T03:00:00Z")) == [("2026-06", 1, True)]
    return office


def assert_asked_for_no_more(office: Office, moment: str, june: int = 1) -> None:
    """A further run writes nothing, and does not fetch May: another account's invoice stands for all of it."""
    office.platform.recorder.clear()
    assert done(office.run_at(moment)) == [("2026-06", june, False)]
    (other,) = office.platform.world.billed("1043", MAY)
    asked = [request.account for request in office.platform.recorder.of(DETAIL)]
    assert asked
    assert other.id not in asked


def booked(office: Office, revision: str) -> list[tuple[str, ...]]:
    """What an accountant books of 1042: invoice, receipt, legs."""
    names = ("invoice", "receipt", "gl_account", "debit", "credit")
    rows = ledgers.rows(office.archive / revision / "exports/journal.csv")
    return [tuple(row[name] for name in names) for row in rows if row["account"] == "1042"]


SPELT = [
    pytest.param(with_less_tax, id="tax"),
    pytest.param(with_fields(number="INV-2026-9999"), id="number"),
]
"""What leaves the total as it was."""


@pytest.mark.parametrize("show", SPELT)
def test_a_corrected_invoice_of_the_same_total_is_booked_and_asked_for_no_more(opening: Opening, show: Show) -> None:
    office = closed(opening, told(show, LISTED, DETAIL))
    assert done(office.run_at("2026-07-06T03:00:00Z")) == [("2026-05", 2, True), ("2026-06", 1, False)]
    assert booked(office, "2026-05/r2") != booked(office, "2026-05/r1"), "else the old one stays in the books"
    assert_asked_for_no_more(office, "2026-07-07T03:00:00Z")


@pytest.mark.parametrize("show", SPELT)
def test_a_list_that_contradicts_the_detail_is_an_exception_and_asked_for_no_more(opening: Opening, show: Show) -> None:
    office = closed(opening, told(show, LISTED))
    assert done(office.run_at("2026-07-06T03:00:00Z")) == [("2026-05", 2, True), ("2026-06", 1, False)]
    found = [each for each in ledgers.checks(office.archive / "2026-05/r2") if each["outcome"] == "exception"]
    assert [(each["check"], each["account"]) for each in found] == [("invoice-identity", "1042")]
    assert_asked_for_no_more(office, "2026-07-07T03:00:00Z")


IN_JUNE = with_fields(periodStart="2026-05-31T17:00:00Z", periodEnd="2026-06-30T17:00:00Z")


@pytest.mark.parametrize(
    ("show", "june", "months"),
    [pytest.param(IN_JUNE, 2, ["2026-06"], id="in June"), pytest.param(lambda row: None, 1, [], id="nowhere")],
)
def test_an_invoice_that_left_its_month_is_taken_out_of_it_and_asked_for_no_more(
    opening: Opening, show: Show, june: int, months: list[str]
) -> None:
    office = closed(opening, told(show, LISTED), told(lambda row: show(row) or row, DETAIL))
    assert done(office.run_at("2026-07-06T03:00:00Z")) == [("2026-05", 2, True), ("2026-06", june, june == 2)]
    latest = {month: revisions[-1] for month, revisions in ledgers.months(office.archive).items()}
    found = [month for month, revision in latest.items() if ("1042", FIRST.number) in ledgers.invoices(revision)]
    assert found == months, "else teams pay for it twice, or for what nobody bills"
    assert_asked_for_no_more(office, "2026-07-07T03:00:00Z", june)


def test_a_receipt_number_that_comes_after_the_payment_makes_no_new_result(opening: Opening) -> None:
    office = closed(opening, told(with_fields(receiptNumber=""), LISTED, DETAIL, since=BEGINNING, until=CHANGED))
    assert done(office.run_at("2026-07-06T03:00:00Z")) == [("2026-06", 1, False)]
    assert done(office.run_at("2026-07-06T04:00:00Z", period=Period(2026, 5), catch_up=False)) == [
        ("2026-05", 1, False)
    ]
