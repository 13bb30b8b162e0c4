"""Rows of the invoice list: each has its month, or is no row that could be booked."""

from __future__ import annotations

from typing import Any

import pytest

from chargeback.errors import AnswerError
from chargeback.evidence.period import Period, zone
from chargeback.model.facts import ListedInvoice, decode_listed


def listed(**fields: Any) -> ListedInvoice:
    """The one row of a list."""
    value = {"ok": True, "result": {"items": [{"id": "i1", "number": "INV-1", **fields}]}}
    (row,) = decode_listed(value, "1042", zone("Asia/Bangkok"))
    return row


@pytest.mark.parametrize("status", [None, "", "open", "paid"])
def test_an_invoice_that_may_be_issued_is_not_left_out_of_every_month_for_lack_of_times(status: str | None) -> None:
    with pytest.raises(AnswerError, match="invoice INV-1 has neither a period nor a time of issue or creation"):
        listed(status=status)


@pytest.mark.parametrize("status", ["void", "draft"])
def test_what_is_never_booked_needs_no_times(status: str) -> None:
    assert listed(status=status).month is None


def test_without_a_status_one_time_is_enough_for_a_month() -> None:
    assert listed(createdAt="2026-06-02T00:00:00Z").month == Period(2026, 5)
