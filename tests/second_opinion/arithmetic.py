"""Rounding, the largest remainder, and how figures are written (BOOKING 4 and 6)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor, isqrt

MINOR_DIGITS = {"THB": 2, "USD": 2, "EUR": 2, "JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3, "CLF": 4}
"""Of the currencies that the tests use, as ISO 4217 has them."""
UNKNOWN_DIGITS = 2


def digits_of(currency: str) -> int:
    """The minor digits of a currency; two of one that ISO 4217 does not know."""
    return MINOR_DIGITS.get(currency, UNKNOWN_DIGITS)


def half_away(value: Fraction) -> int:
    """The nearest whole number, halves away from zero."""
    whole = floor(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


def to_minor(value: Fraction, digits: int) -> int:
    """An amount in minor units, rounded half away from zero."""
    return half_away(value * 10**digits)


def rounded_together(amounts: Sequence[Fraction], digits: int) -> list[int]:
    """The lines of an invoice in minor units: floors, then one unit each to the largest fractional parts.

    As many units as the rounded exact sum needs; of equal fractional parts the earlier line's first.
    """
    exact = [each * 10**digits for each in amounts]
    floors = [floor(each) for each in exact]
    needed = half_away(sum(exact, Fraction(0))) - sum(floors)
    order = sorted(range(len(exact)), key=lambda index: (floors[index] - exact[index], index))
    return [whole + (index in order[:needed]) for index, whole in enumerate(floors)]


def divided(whole: int, weights: Sequence[Fraction]) -> list[int]:
    """The parts of a whole by weights that do not add up to zero, by the largest remainder."""
    if whole < 0:
        return [-part for part in divided(-whole, weights)]
    total = sum(weights, Fraction(0))
    shares = [whole * weight / total for weight in weights]
    floors = [floor(share) for share in shares]
    missing = whole - sum(floors)
    order = sorted(range(len(shares)), key=lambda index: (floors[index] - shares[index], -weights[index], index))
    return [part + (index in order[:missing]) for index, part in enumerate(floors)]


def divided_twice(gross: int, tax: int, weights: Sequence[Fraction]) -> list[tuple[int, int]]:
    """Gross and tax of each part: gross by the weights, then tax by the parts' gross (all zero: by the weights)."""
    parts = divided(gross, weights)
    taxes = divided(tax, [Fraction(part) for part in parts] if any(parts) else weights)
    return list(zip(parts, taxes, strict=True))


def rounding_allowance(parts: int, digits: int) -> Fraction:
    """What so many rounded parts can differ by for their rounding alone (BOOKING 6)."""
    return Fraction(min(5 * parts, 10 + isqrt(100 * parts)), 10 * 10**digits)


def money(minor: int, digits: int) -> str:
    """An amount in minor units, written with its currency's digits."""
    sign, figures = ("-" if minor < 0 else ""), str(abs(minor)).rjust(digits + 1, "0")
    return sign + (f"{figures[:-digits]}.{figures[-digits:]}" if digits else figures)


def trimmed(scaled: int, digits: int) -> str:
    """A figure of so many decimals without trailing zeros."""
    written = money(scaled, digits)
    return written.rstrip("0").rstrip(".") if "." in written else written


def exact_text(value: Fraction) -> str:
    """A decimal figure with all its digits, none of them a trailing zero."""
    digits = 0
    while (value * 10**digits).denominator != 1:
        digits += 1
    return trimmed(int(value * 10**digits), digits)
