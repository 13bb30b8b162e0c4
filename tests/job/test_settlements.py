"""What may be settled: invoices that a month's journal has accrued, and that none has settled."""

from __future__ import annotations

from msgspec.structs import replace

from chargeback.evidence import EarlierInvoice, EarlierMonth
from chargeback.evidence.period import Period
from chargeback.job.settlements import open_accruals
from chargeback.model.settlement import Accrual, settlement_of
from tests.kit.small_books import WEB, Bill, Line, make_books, paid

INVOICE = EarlierInvoice("ba_1", "inv_1", "INV-1", "THB", 10_700, void=False, tax_pending=700)


def month(*invoices: EarlierInvoice, **changes: object) -> EarlierMonth:
    return replace(EarlierMonth(Period(2026, 4), 1, ("ba_1",), invoices, (), settlements=()), **changes)


def test_what_a_month_booked_and_none_settled_is_open() -> None:
    found = open_accruals([(None, month(INVOICE))], None)
    assert found.accruals == {("ba_1", "inv_1"): Accrual(Period(2026, 4), 700)}
    settled = month(period=Period(2026, 5), settlements=(paid(account="ba_1", invoice="inv_1"),))
    assert open_accruals([(None, month(INVOICE)), (None, settled)], None).accruals == {}


def test_an_invoice_that_was_listed_and_not_booked_owes_nothing() -> None:
    """Its detail said void: nothing was accrued, so that its payment would stand on payable for ever."""
    assert open_accruals([(None, month(replace(INVOICE, booked=False)))], None).accruals == {}


def test_tax_as_the_invoice_states_it_at_payment_becomes_due_and_none_where_it_is_cost() -> None:
    """An invoice corrected before it was paid: its month is restated by the difference, with or before the payment."""
    books = make_books([Bill("ba_1", "INV-1", (Line(WEB, 20_000, 1_400),))])
    (invoice,) = books.posting.postings[0].month.booked
    made = [settlement_of(invoice, Accrual(Period(2026, 4), pending), "x").tax_pending for pending in (700, None, 0)]
    assert made == [1_400, 1_400, 0]
