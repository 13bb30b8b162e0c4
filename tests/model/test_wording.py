"""The one wording of a month's state, of counts and of findings, wherever they are shown."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chargeback.evidence import DispositionRecord
from chargeback.evidence.period import Period
from chargeback.model.books import AcceptedTotal, Status
from chargeback.model.check import Code, Finding, Subject, SubjectKind
from chargeback.model.wording import booking_text, counted, finding_text, grouped, money_list, status_text

NOTHING = AcceptedTotal(0, ())


@pytest.mark.parametrize(
    ("status", "exceptions", "accepted", "text"),
    [
        (Status.RECONCILED, 0, NOTHING, "reconciled"),
        (Status.RECONCILED, 0, AcceptedTotal(2, (("THB", Decimal("12.50")),)), "reconciled, 2 accepted (12.50 THB)"),
        (Status.RECONCILED, 0, AcceptedTotal(1, ()), "reconciled, 1 accepted"),
        (Status.EXCEPTIONS, 1, NOTHING, "1 exception"),
        (
            Status.EXCEPTIONS,
            1204,
            AcceptedTotal(3, (("THB", Decimal("1000.00")), ("USD", Decimal("3.00")))),
            "1,204 exceptions, 3 accepted (1,000.00 THB + 3.00 USD)",
        ),
        (Status.NOT_READY, 2, NOTHING, "not ready"),
    ],
)
def test_a_status_always_says_what_is_accepted_and_what_was_not_performed(
    status: Status, exceptions: int, accepted: AcceptedTotal, text: str
) -> None:
    assert status_text(status, exceptions, accepted, 0) == text
    assert status_text(status, exceptions, accepted, 1) == f"{text}, 1 check not performed"
    assert status_text(status, exceptions, accepted, 1206) == f"{text}, 1,206 checks not performed"


def test_counts_are_grouped_and_agree_with_their_noun() -> None:
    assert [counted(number, "day") for number in (0, 1, 1200)] == ["0 days", "1 day", "1,200 days"]


def test_a_month_with_open_exceptions_is_not_to_be_booked_and_others_are() -> None:
    assert booking_text(Status.EXCEPTIONS).startswith("not to be booked")
    assert (booking_text(Status.RECONCILED), booking_text(Status.NOT_READY)) == ("", "")


def test_thousands_are_grouped_and_what_is_written_else_stays() -> None:
    assert [grouped(text) for text in ("1155.60", "-1155.60", "0.05", "-0.05", "1234567")] == [
        "1,155.60", "-1,155.60", "0.05", "-0.05", "1,234,567"
    ]  # fmt: skip


def test_amounts_of_several_currencies_stand_in_a_row() -> None:
    assert money_list([("12.50", "THB"), ("3.00", "USD")]) == "12.50 THB + 3.00 USD"
    assert money_list([("12.50", "")]) == "12.50"


def test_a_finding_says_what_where_how_much_and_what_was_decided() -> None:
    subject = Subject(SubjectKind.PROJECT, "acme-web")
    one = Finding("F-0123456789", Code.REPORT_TOTAL, "ba_1", "", subject, None, "", 1, "the report is higher", "look")
    assert finding_text(one) == "F-0123456789 report-total ba_1 acme-web: the report is higher"
    decided = DispositionRecord(
        "F-0123456789", Period(2026, 5), 1, "credit note", "Ann", "2026-06-03T02:00:00Z", "1", 2
    )
    many = Finding(
        "F-0123456789", Code.INVOICE_TAX, "ba_1", "INV-1", None, Decimal("1234.00"), "THB", 12, "tax", "ask", decided
    )
    assert finding_text(many) == (
        "F-0123456789 invoice-tax ba_1 INV-1: tax; 12 checks, 1,234.00 THB; decided: credit note (Ann, 2026-06-03)"
    )
