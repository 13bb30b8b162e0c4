"""How a listed invoice differs from what an earlier month's latest revision has."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from chargeback.evidence import EarlierInvoice, EarlierMonth
from chargeback.evidence.period import Period
from chargeback.model.answers import InvoiceAnswer
from chargeback.model.archived_month import ArchivedMonth, difference
from chargeback.model.facts import ListedInvoice
from chargeback.model.invoice import InvoiceStatus

ARCHIVED = ArchivedMonth.of(
    EarlierMonth(
        period=Period(2026, 4),
        revision=2,
        accounts=("A",),
        invoices=(
            EarlierInvoice("A", "i1", "INV-1", "THB", 10700, void=False),
            EarlierInvoice("A", "i2", "INV-2", "THB", 5000, void=True),
        ),
        totals=(),
    )
)


def row(invoice: str, status: InvoiceStatus = InvoiceStatus.OPEN, **fields: Any) -> ListedInvoice:
    answer = InvoiceAnswer(**{"id": invoice, "number": f"INV-{invoice[1:]}", "currency": "THB", "total": 107, **fields})
    return ListedInvoice(answer, Period(2026, 4), status)


@pytest.mark.parametrize(("account", "listed"), [
    ("A", row("i1")),
    ("A", row("i1", InvoiceStatus.PAID)),
    ("A", row("i1", total=Decimal("107.004"))),
    ("A", row("i1", total=None)),
    ("A", row("i1", currency="")),
    ("A", row("i2", InvoiceStatus.VOID, total=50)),
    ("A", row("i2", InvoiceStatus.VOID, total=51)),
    ("A", row("i3", InvoiceStatus.VOID)),
])  # fmt: skip
def test_an_invoice_that_stands_there_as_listed_does_not_differ(account: str, listed: ListedInvoice) -> None:
    assert difference(account, listed, ARCHIVED) == ""


@pytest.mark.parametrize(("account", "listed", "told"), [
    ("A", row("i3"), "INV-3 is not in 2026-04 r2"),
    ("B", row("i1"), "INV-1 is not in 2026-04 r2"),
    ("A", row("i1", InvoiceStatus.VOID), "INV-1 is void now, and issued in 2026-04 r2"),
    ("A", row("i2"), "INV-2 is issued now, and void in 2026-04 r2"),
    ("A", row("i1", total=Decimal("107.01")), "INV-1 is 107.01 THB now, 107.00 THB in 2026-04 r2"),
    ("A", row("i1", currency="USD"), "INV-1 is 107.00 USD now, 107.00 THB in 2026-04 r2"),
])  # fmt: skip
def test_what_differs_is_told_with_what_to_do(account: str, listed: ListedInvoice, told: str) -> None:
    found = difference(account, listed, ARCHIVED)
    assert found.startswith(told)
    assert found.endswith("run --catch-up books it")
