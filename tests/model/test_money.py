"""Amounts: exact sums, rounding half away from zero, how they are written, and parts that add up to the whole."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chargeback.model.money import (
    divide,
    exact_sum,
    floor_minor,
    format_exact,
    format_minor,
    from_minor,
    known_digits,
    largest_remainder,
    minor_digits,
    round_together,
    rounding_allowance,
    to_minor,
    to_minors,
)
from tests.kit.some import some

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


@given(st.lists(AMOUNTS | st.decimals(-(10**30), 10**30, places=0).map(Decimal.normalize)), st.integers(0, 30))
def test_many_amounts_are_rounded_as_each_of_them(amounts: list[Decimal], digits: int) -> None:
    assert to_minors(amounts, digits) == [to_minor(amount, digits) for amount in amounts]


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


WHOLE_AMOUNTS = st.integers(-(10**6), 10**6) | st.integers(-(10**30), 10**30)
WEIGHTS = st.lists(st.integers(0, 5) | st.integers(0, 10**24), min_size=1, max_size=12).filter(any)
SIGNED = st.lists(st.integers(-9, 9) | st.integers(-(10**24), 10**24), min_size=1, max_size=12).filter(sum)
DECIMALS = st.decimals(-(10**12), 10**12, places=5, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(("amount", "weights", "parts"), [
    (100, [60, 40], [60, 40]),
    (10, [1, 1, 1], [4, 3, 3]),
    (11, [1, 1, 1], [4, 4, 3]),
    (-10, [1, 1, 1], [-4, -3, -3]),
    (-11, [1, 1, 1], [-4, -4, -3]),
    (1, [1, 3], [0, 1]),
    (3, [1, 1, 2], [1, 1, 1]),
    (2, [1, 1, 2], [1, 0, 1]),
    (1, [1, 1], [1, 0]),
    (1, [1, 2, 1], [0, 1, 0]),
    (5, [2, 6, 2], [1, 3, 1]),
    (0, [1, 2], [0, 0]),
    (7, [0, 1, 0], [0, 7, 0]),
    (7, [5], [7]),
    (7, [0], [7]),
    (100, [3, -1], [150, -50]),
    (100, [-3, 1], [150, -50]),
    (1, [2, -1], [2, -1]),
    (7, [100, 100, -5], [4, 3, 0]),
])  # fmt: skip
def test_missing_units_go_to_the_largest_fractions_ties_to_the_larger_weight_then_the_earlier(
    amount: int, weights: list[int], parts: list[int]
) -> None:
    assert largest_remainder(amount, weights) == parts


@given(WHOLE_AMOUNTS, SIGNED)
def test_parts_add_up_and_each_is_its_share_rounded_down_or_up(amount: int, weights: list[int]) -> None:
    parts = largest_remainder(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(amount * weight, sum(weights))) < 1 or len(parts) == 1


@given(WHOLE_AMOUNTS, SIGNED)
def test_a_negative_amount_is_the_mirror_of_the_positive_one(amount: int, weights: list[int]) -> None:
    assert largest_remainder(-amount, weights) == [-part for part in largest_remainder(amount, weights)]


@given(WHOLE_AMOUNTS, WEIGHTS, st.integers(1, 10**12))
def test_only_the_proportion_of_the_weights_counts(amount: int, weights: list[int], factor: int) -> None:
    assert largest_remainder(amount, [weight * factor for weight in weights]) == largest_remainder(amount, weights)


@given(WHOLE_AMOUNTS, WEIGHTS)
def test_without_negative_weights_none_gets_the_wrong_sign_and_no_weight_gets_nothing(
    amount: int, weights: list[int]
) -> None:
    assume(len(weights) > 1)
    for part, weight in some(zip(largest_remainder(amount, weights), weights, strict=True)):
        assert part * amount >= 0
        assert weight or not part


@given(WHOLE_AMOUNTS, WEIGHTS, st.randoms())
def test_the_order_decides_nothing_but_equal_weights(amount: int, weights: list[int], random: Random) -> None:
    places = list(range(len(weights)))
    random.shuffle(places)
    shuffled = largest_remainder(amount, [weights[place] for place in places])
    expected = largest_remainder(amount, weights)
    by_weight = {weight: sorted(expected[p] for p, w in enumerate(weights) if w == weight) for weight in weights}
    for weight, parts in some(by_weight.items()):
        assert sorted(part for part, place in zip(shuffled, places, strict=True) if weights[place] == weight) == parts


@given(WHOLE_AMOUNTS, st.integers(2, 9))
def test_of_equal_weights_the_earlier_gets_the_missing_unit(amount: int, count: int) -> None:
    parts = largest_remainder(amount, [1] * count)
    assert [abs(part) for part in parts] == sorted((abs(part) for part in parts), reverse=True)


@pytest.mark.parametrize(("amounts", "digits", "units"), [
    (["0.005", "0.005"], 2, [1, 0]),
    (["0.004", "0.004"], 2, [1, 0]),
    (["0.333", "0.333", "0.333"], 2, [34, 33, 33]),
    (["-0.005", "0.005"], 2, [0, 0]),
    (["-0.015", "-0.015"], 2, [-1, -2]),
    (["1155.6"], 2, [115560]),
    (["10.700000000000001", "0.1"], 2, [1070, 10]),
    (["0.4", "0.4", "0.4"], 0, [1, 0, 0]),
    (["0.006", "0.009"], 2, [1, 1]),
    ([], 2, []),
])  # fmt: skip
def test_lines_are_floored_and_the_units_of_their_rounded_sum_go_to_the_largest_fractions(
    amounts: list[str], digits: int, units: list[int]
) -> None:
    assert round_together([Decimal(amount) for amount in amounts], digits) == units


@given(st.lists(DECIMALS, max_size=20), st.integers(0, 3))
def test_rounded_lines_add_up_to_their_rounded_sum_and_move_less_than_a_unit(
    amounts: list[Decimal], digits: int
) -> None:
    units = round_together(amounts, digits)
    assert sum(units) == to_minor(exact_sum(amounts), digits)
    for amount, unit in zip(amounts, units, strict=True):
        assert abs(Fraction(amount) * 10**digits - unit) <= 1


@given(WHOLE_AMOUNTS, WHOLE_AMOUNTS, WEIGHTS)
def test_gross_and_tax_are_divided_each_to_the_whole(gross: int, tax: int, weights: list[int]) -> None:
    parts, taxes = divide(gross, tax, weights)
    assert (sum(parts), sum(taxes)) == (gross, tax)


def test_tax_follows_the_parts_gross_and_the_weights_where_there_is_none() -> None:
    assert divide(3, 10, [1, 1, 1]) == ([1, 1, 1], [4, 3, 3])
    assert divide(1, 10, [1, 1, 1]) == ([1, 0, 0], [10, 0, 0])
    assert divide(0, 10, [2, 3]) == ([0, 0], [4, 6])


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        (3, [1, 3, 2], [0, 2, 1]),  # ½, 1½ and 1: of equal fractions the larger weight's is first
        (3, [3, 1, 2], [2, 0, 1]),
        (-3, [1, 3, 2], [0, -2, -1]),
        (1, [1, 1], [1, 0]),  # then the earlier
        (2, [1, 1, 1, 1], [1, 1, 0, 0]),
        (3, [-1, 4, 3], [-1, 2, 2]),  # -½, 2 and 1½: by the signed weight
    ],
)
def test_equal_fractions_go_to_the_larger_signed_weight_then_to_the_earlier(
    amount: int, weights: list[int], parts: list[int]
) -> None:
    assert largest_remainder(amount, weights) == parts


@pytest.mark.parametrize(
    ("amounts", "units"),
    [
        (["0.004", "0.006"], [0, 1]),
        (["0.006", "0.004"], [1, 0]),
        (["0.002", "0.009", "0.005", "0.004"], [0, 1, 1, 0]),  # 0.020 needs two: .9 and .5
        (["-0.004", "0.014"], [0, 1]),  # floors -1 and 1, fractions .6 and .4
        (["-0.006", "0.016"], [-1, 2]),
        (["1.115", "2.225"], [112, 222]),  # equal fractions: the earlier
        (["0.005" + "0" * 30 + "1", "0.005" + "0" * 30 + "2"], [0, 1]),  # of 28 digits they would be equal
    ],
)
def test_missing_units_go_to_the_largest_fractions(amounts: list[str], units: list[int]) -> None:
    assert round_together([Decimal(amount) for amount in amounts], 2) == units
