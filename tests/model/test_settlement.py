"""What is owed of each invoice at a month's end, and since when."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from chargeback.evidence import EarlierInvoice, EarlierMonth
from chargeback.evidence.period import Period
from chargeback.model.settlement import OpenItem, open_items
from tests.kit.small_books import paid

ZONE = ZoneInfo("Asia/Bangkok")
APRIL, MAY, JUNE = (Period(2026, month) for month in (4, 5, 6))


def invoice(name: str, **changes: object) -> EarlierInvoice:
    made = EarlierInvoice("1042", name, name, "THB", 10_700, void=False, accrued=10_700)
    return replace(made, **{"issued_at": "2026-05-01T17:00:00Z", **changes})


def month(period: Period, *invoices: EarlierInvoice, **changes: object) -> EarlierMonth:
    return replace(EarlierMonth(period, 1, ("1042",), invoices, (), settlements=()), **changes)


def payment(name: str, **changes: object) -> object:
    return paid(name, account="1042", invoice=name, **changes)


def item(*months: EarlierMonth, until: Period = MAY) -> OpenItem:
    (found,) = open_items(months, until, ZONE)
    return found


def test_an_invoice_is_open_until_a_month_settles_it() -> None:
    months = (month(APRIL, invoice("9")), month(JUNE, settlements=(payment("9"),)))
    before, after = item(*months), item(*months, until=JUNE)
    assert (before.state, before.outstanding, before.document_date, before.age) == ("open", 10_700, "2026-05-02", 29)
    assert (after.state, after.outstanding, after.age) == ("settled", 0, 59)


@pytest.mark.parametrize(
    ("changes", "outstanding"),
    [({"booked": False, "void": True, "accrued": 0}, -10_700), ({"accrued": 11_000}, 300), ({"disputed": True}, 0)],
    ids=["void", "another amount", "open again"],
)
def test_what_is_otherwise_than_it_was_paid_is_in_dispute(changes: dict[str, object], outstanding: int) -> None:
    found = item(month(APRIL, invoice("9", **changes), settlements=(payment("9"),)))
    assert (found.state, found.outstanding) == ("in dispute", outstanding)


def test_an_invoice_that_was_never_accrued_is_no_item() -> None:
    assert open_items([month(APRIL, invoice("9", booked=False))], MAY, ZONE) == []
    assert open_items([month(JUNE, invoice("9"))], MAY, ZONE) == []


def test_what_an_earlier_version_booked_is_named_and_not_counted() -> None:
    found = item(month(APRIL, invoice("9", accrued=0, issued_at=""), settlements=None))
    assert (found.state, found.outstanding, found.document_date) == ("booked by an earlier version", 0, "2026-04-30")
    settled = item(month(APRIL, invoice("9", accrued=0), settlements=None), month(MAY, settlements=(payment("9"),)))
    assert (settled.state, settled.accrued, settled.outstanding) == ("settled", 10_700, 0)


@pytest.mark.parametrize(
    ("issued", "age", "group"),
    [
        ("2026-06-01T00:00:00Z", 0, "0–30"),
        ("2026-05-01T00:00:00Z", 30, "0–30"),
        ("2026-04-30T00:00:00Z", 31, "31–60"),
        ("2026-04-01T00:00:00Z", 60, "31–60"),
        ("2026-03-31T00:00:00Z", 61, "61–90"),
        ("2026-03-02T00:00:00Z", 90, "61–90"),
        ("2026-03-01T00:00:00Z", 91, "older"),
    ],
)
def test_ages_are_in_days_from_the_day_of_issue(issued: str, age: int, group: str) -> None:
    found = item(month(APRIL, invoice("9", issued_at=issued)))
    assert (found.age, found.age_group) == (age, group)
