"""Usage divided over the ledger rows that a report row's value reached."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.allocate.posting import divide_usage
from chargeback.model.ledger import format_usage
from chargeback.model.money import to_minor
from chargeback.model.report import Report
from tests.kit.months import account, dec, invoice, month, of, report


def with_usage(*usages: str) -> Report:
    given = report(*(("web", f"R{place}", usage, 1) for place, usage in enumerate(usages)))
    (found,) = month(account(invoice("I", of("web", 1)), report=given)).months()
    assert found.report is not None
    return found.report


@pytest.mark.parametrize(("usage", "gross", "parts"), [
    ("10", [60, 40], ["6", "4"]),
    ("1", [1, 1, 1], ["0.333334", "0.333333", "0.333333"]),
    ("10", [-5, 5], ["0", "10"]),
    ("10", [0, 0], ["10", "0"]),
    ("10", [-1, -1], ["10", "0"]),
    ("-3", [1, 2], ["-1", "-2"]),
    ("0", [1, 2], ["0", "0"]),
    ("0.0000005", [1], ["0.000001"]),
    ("1.23456749", [1], ["1.234567"]),
])  # fmt: skip
def test_usage_follows_the_rows_gross_to_the_millionth(usage: str, gross: list[int], parts: list[str]) -> None:
    found = divide_usage(with_usage(usage), {0: list(range(len(gross)))}, gross)
    assert [format_usage(found[row]) for row in range(len(gross))] == parts


def test_a_ledger_row_that_several_report_rows_reach_gets_their_sum() -> None:
    assert divide_usage(with_usage("1.5", "2"), {0: [0, 1], 1: [0]}, [5, 5]) == {0: 2_750_000, 1: 750_000}


@pytest.mark.parametrize(("millionths", "text"), [
    (0, "0"), (1, "0.000001"), (1_500_000, "1.5"), (720_000_000, "720"), (-250_000, "-0.25"),
])  # fmt: skip
def test_usage_is_written_without_trailing_zeros(millionths: int, text: str) -> None:
    assert format_usage(millionths) == text


@given(st.decimals(-(10**9), 10**9, places=8), st.lists(st.integers(-50, 50), min_size=1, max_size=8))
def test_no_usage_is_lost(usage: object, gross: Sequence[int]) -> None:
    found = divide_usage(with_usage(f"{usage:f}"), {0: list(range(len(gross)))}, list(gross))
    assert sum(found.values()) == to_minor(dec(f"{usage:f}"), 6)
