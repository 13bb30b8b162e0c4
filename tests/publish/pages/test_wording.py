"""Amounts, shares and instants as people read them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.evidence.period import zone
from chargeback.model.money import from_minor
from chargeback.publish.pages.wording import amount, change_text, instant_text, minor, percent


@pytest.mark.parametrize(
    ("units", "digits", "text"),
    [
        (115560, 2, "1,155.60"),
        (-115560, 2, "-1,155.60"),
        (-5, 2, "-0.05"),
        (0, 2, "0.00"),
        (1234567, 0, "1,234,567"),
        (1234567, 3, "1,234.567"),
    ],
)
def test_minor_units_have_their_currencys_digits_and_grouped_thousands(units: int, digits: int, text: str) -> None:
    assert minor(units, digits) == text


def test_a_reports_figure_keeps_its_digits() -> None:
    assert amount(Decimal("1155.600000000000001")) == "1,155.600000000000001"
    assert amount(Decimal("1E+3")) == "1,000"
    assert amount(Decimal("-0")) == "0"


@given(st.integers(-(10**30), 10**30), st.integers(0, 4))
def test_grouping_changes_no_digit(units: int, digits: int) -> None:
    assert Decimal(minor(units, digits).replace(",", "")) == from_minor(units, digits)


def test_shares_and_changes_are_rounded_half_away_from_zero() -> None:
    assert percent(1, 3) == "33.3 %"
    assert percent(125, 100_000) == "0.1 %"
    assert percent(5, 10_000) == "0.1 %"
    assert percent(-5, 10_000) == "-0.1 %"
    assert percent(1, 0) == ""
    assert change_text(100, 113) == "+13.0 %"
    assert change_text(100, 87) == "-13.0 %"
    assert change_text(0, 5) == "new"
    assert change_text(-100, -50) == "+50.0 %"
    assert change_text(7, 7) == "no change"
    assert change_text(None, 7) == ""


def test_an_instant_is_told_in_the_zone() -> None:
    assert instant_text("2026-05-31T17:05:00Z", zone("Asia/Bangkok")) == "1 June 2026, 00:05"
    assert instant_text("yesterday", zone("UTC")) == "yesterday"
