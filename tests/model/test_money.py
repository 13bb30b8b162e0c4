"""Amounts: exact sums, rounding half away from zero, and how they are written."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.model.money import (
    exact_sum,
    floor_minor,
    format_exact,
    format_minor,
    from_minor,
    known_digits,
    minor_digits,
    rounding_allowance,
    to_minor,
)

AMOUNTS = st.decimals(-(10**30), 10**30, allow_nan=False, allow_infinity=False, places=20)
DIGITS = st.integers(0, 4)


@pytest.mark.parametrize(("currency", "digits"), [
    ("THB", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("LAK", 2), ("USD", 2), ("XQZ", None), ("XAU", None), ("XXX", None),
    ("", None), ("thb", None), ("บาท", None),
])  # fmt: skip
def test_minor_digits_are_iso_4217s_and_two_where_it_knows_none(currency: str, digits: int | None) -> None:
    assert known_digits(currency) == digits
    assert minor_digits(currency) == (2 if digits is None else digits)


@pytest.mark.parametrize(("amount", "digits", "units"), [
    ("1155.6", 2, 115560), ("0.005", 2, 1), ("-0.005", 2, -1), ("0.00499999", 2, 0), ("10.700000000000001", 2, 1070),
    ("0.5", 0, 1), ("-1.5", 0, -2), ("2.5", 0, 3), ("1.0005", 3, 1001), ("-0.0", 2, 0),
])  # fmt: skip
def test_amounts_are_rounded_half_away_from_zero(amount: str, digits: int, units: int) -> None:
    assert to_minor(Decimal(amount), digits) == units


@pytest.mark.parametrize(("units", "digits", "text"), [
    (115560, 2, "1155.60"), (5, 2, "0.05"), (-5, 2, "-0.05"), (0, 2, "0.00"), (-100, 2, "-1.00"), (7, 0, "7"),
    (-1, 3, "-0.001"), (10**40, 2, "1" + "0" * 38 + ".00"),
])  # fmt: skip
def test_minor_units_are_written_with_the_currencys_digits(units: int, digits: int, text: str) -> None:
    assert format_minor(units, digits) == text


@pytest.mark.parametrize(("amount", "text"), [
    ("1E+3", "1000"), ("1e-7", "0.0000001"), ("-0.00", "0.00"), ("10.700000000000001", "10.700000000000001"),
])  # fmt: skip
def test_an_exact_amount_is_written_in_full(amount: str, text: str) -> None:
    assert format_exact(Decimal(amount)) == text


@given(st.lists(AMOUNTS, max_size=30))
def test_sums_lose_no_digit_whatever_the_order(amounts: list[Decimal]) -> None:
    total = sum((Fraction(amount) for amount in amounts), Fraction())
    assert Fraction(exact_sum(amounts)) == total == Fraction(exact_sum(reversed(amounts)))


@given(AMOUNTS, DIGITS)
def test_rounding_is_off_by_half_a_unit_at_most_and_symmetric(amount: Decimal, digits: int) -> None:
    units = to_minor(amount, digits)
    assert abs(units - Fraction(amount) * 10**digits) <= Fraction(1, 2)
    assert to_minor(amount.copy_negate(), digits) == -units


@given(AMOUNTS, DIGITS)
def test_floor_and_fraction_make_the_amount(amount: Decimal, digits: int) -> None:
    floor, fraction = floor_minor(amount, digits)
    assert 0 <= fraction < 1
    assert floor + Fraction(fraction) == Fraction(amount) * 10**digits


@given(st.integers(-(10**40), 10**40), DIGITS)
def test_minor_units_come_back_from_decimals_and_texts(units: int, digits: int) -> None:
    assert to_minor(from_minor(units, digits), digits) == units
    assert Decimal(format_minor(units, digits)) == from_minor(units, digits)
    assert format_exact(from_minor(units, digits)) == format_minor(units, digits)


@pytest.mark.parametrize(
    ("parts", "tenths"),
    [(0, 0), (1, 5), (2, 10), (3, 15), (6, 30), (7, 35), (8, 38), (9, 40), (10, 41), (100, 110), (10_000, 1_010)],
)
def test_the_allowance_of_rounding_in_tenths_of_a_minor_unit(parts: int, tenths: int) -> None:
    """min(5n, 10 + ⌊10·√n⌋), calculated by hand (BOOKING 6, tolerance)."""
    assert rounding_allowance(parts, 2) == Decimal(tenths) / 1000
    assert rounding_allowance(parts, 0) == Decimal(tenths) / 10


@given(st.integers(1, 10**9))
def test_the_allowance_follows_from_the_square_root(parts: int) -> None:
    tenths = int(rounding_allowance(parts, 0) * 10)
    root = tenths - 10
    assert tenths == 5 * parts or root**2 <= 100 * parts < (root + 1) ** 2
    assert tenths <= 5 * parts
