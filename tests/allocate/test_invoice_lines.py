"""From header and lines to whole minor units: rounding, adjustment, tax by line (BOOKING 4.1-4.4)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.allocate.invoice_lines import post_lines
from chargeback.model.projects import ProjectDirectory
from tests.kit.months import account, invoice, month, of, sku

AMOUNTS = st.decimals(-(10**6), 10**6, places=4).map(str)
LINES = st.lists(
    st.builds(of, st.sampled_from(["web", "data"]), AMOUNTS)
    | st.builds(sku, st.sampled_from(["cpu", "disk"]), AMOUNTS),
    max_size=6,
)


def posted(*lines: dict[str, Any], **fields: Any) -> list[tuple[int, int, int, int]]:
    """(number, net, tax, gross) of each line, 0 for the adjustment."""
    (found,) = month(account(invoice("I", *lines, **fields))).months()
    return [(line.number, line.net, line.tax, line.gross) for line in post_lines(found.booked[0], ProjectDirectory())]


@pytest.mark.parametrize(("lines", "fields", "expected"), [
    ([of("web", "900"), of("core", "255.6")], {"tax": "75.6"}, [(1, 84112, 5888, 90000), (2, 23888, 1672, 25560)]),
    ([sku("cpu", "1000"), sku("disk", "80")], {"tax": "75.6"}, [(1, 100000, 7000, 107000), (2, 8000, 560, 8560)]),
    ([of("web", "10")], {"total": "12", "tax": "2"}, [(1, 833, 167, 1000), (0, 167, 33, 200)]),
    ([sku("cpu", "10")], {"total": "14", "tax": "2"}, [(1, 1000, 167, 1167), (0, 200, 33, 233)]),
    ([], {"total": "107", "tax": "7", "subtotal": "100"}, [(0, 10000, 700, 10700)]),
    ([of("web", "5"), of("web", "-5")], {"tax": "1"}, [(1, 500, 0, 500), (2, -500, 0, -500), (0, -100, 100, 0)]),
    ([of("web", "0")], {}, [(1, 0, 0, 0)]),
    ([of("web", "-10")], {"tax": "-0.65"}, [(1, -935, -65, -1000)]),
    ([of("web", "0.005"), of("data", "0.005")], {"total": "0.01"}, [(1, 1, 0, 1), (2, 0, 0, 0)]),
    ([of("web", "10")], {"total": "10", "tax": "0", "subtotal": "7"}, [(1, 1000, 0, 1000)]),
])  # fmt: skip
def test_lines_and_adjustment_make_total_and_tax(
    lines: list[dict[str, Any]], fields: dict[str, Any], expected: list[tuple[int, int, int, int]]
) -> None:
    assert posted(*lines, **fields) == expected


def test_lines_of_both_shapes_are_booked_as_one_adjustment() -> None:
    assert posted(of("web", "10"), sku("cpu", "5"), total="16", tax="1") == [(0, 1500, 100, 1600)]


def test_minor_digits_are_the_currencys() -> None:
    assert posted(of("web", "10.6"), total="11", tax="1", currency="JPY") == [(1, 10, 1, 11)]
    assert posted(of("web", "1.0005"), total="1.0005", currency="KWD") == [(1, 1001, 0, 1001)]


def test_a_line_names_its_project_by_sid_or_by_id() -> None:
    lines = [of("acme-web", 1), {"projectId": "1002", "amount": Decimal(1)}]
    projects = [{"id": 1002, "project": "acme-data"}]
    books = month(account(invoice("I", *lines)), projects=projects).books()
    assert [line.project for line in books.posting.postings[0].posted] == ["acme-web", "acme-data"]


@given(LINES, AMOUNTS, AMOUNTS, AMOUNTS, st.sampled_from(["THB", "JPY", "KWD", "XQZ"]))
def test_footing_is_exact_for_any_invoice(
    items: list[dict[str, Any]], total: str, tax: str, subtotal: str, currency: str
) -> None:
    given = invoice("I", *items, total=total, tax=tax, subtotal=subtotal, currency=currency)
    (found,) = month(account(given)).months()
    booked = found.booked[0]
    result = post_lines(booked, ProjectDirectory())
    assert sum(line.gross for line in result) == booked.total_minor
    assert sum(line.tax for line in result) == booked.tax_minor
    assert all(line.gross == line.net + line.tax for line in result)
