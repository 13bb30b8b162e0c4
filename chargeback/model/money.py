"""Money: exact decimals until allocation, then whole minor units; how amounts are rounded, divided and written.

An amount in minor units is an ``int`` (satang, cents); the number of minor digits comes from ISO 4217. A ``Decimal``
keeps every digit that the platform sent. Rounding is half away from zero (BOOKING 4.1). Parts of an amount add up to
it, always (BOOKING 4, largest remainder).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, localcontext
from functools import cache
from itertools import repeat
from math import isqrt

from chargeback.model.text import cleaned

EXACT = Context(prec=min(MAX_PREC, 2_000), rounding=ROUND_HALF_UP, Emax=MAX_EMAX, Emin=MIN_EMIN)
"""Sums and products of decoded amounts lose no digit in this context: an answer's number has at most 91."""

UNKNOWN_DIGITS = 2
"""Minor digits of a currency that ISO 4217 does not know (BOOKING 4.1)."""

_MOST_PREPARED = 3
"""Minor digits of which all fractions are written beforehand."""


@cache
def known_digits(currency: str) -> int | None:
    """The currency's minor digits by ISO 4217; None where it has no such code, or no minor unit (XAU, XXX)."""
    from iso4217 import Currency

    try:
        exponent = Currency(currency).exponent
    except ValueError:
        return None
    return exponent if isinstance(exponent, int) else None


def minor_digits(currency: str) -> int:
    """The currency's minor digits; two where ISO 4217 does not know it.

    Those of the code as every file shows it, without control characters: who reads a file back counts as who wrote it.
    """
    digits = known_digits(cleaned(currency))
    return UNKNOWN_DIGITS if digits is None else digits


def exact_sum(amounts: Iterable[Decimal | int]) -> Decimal:
    """The sum with every digit."""
    with localcontext(EXACT):
        return Decimal(sum(amounts, Decimal(0)))


def to_minor(amount: Decimal, digits: int) -> int:
    """The amount in minor units, rounded half away from zero."""
    return int(EXACT.to_integral_value(amount.scaleb(digits, EXACT)))


def to_minors(amounts: Iterable[Decimal | int], digits: int) -> list[int]:
    """``to_minor`` of many amounts with the same digits."""
    scaled = map(EXACT.multiply, amounts, repeat(Decimal(10**digits)))
    return list(map(int, map(EXACT.to_integral_value, scaled)))


def floor_minor(amount: Decimal, digits: int) -> tuple[int, Decimal]:
    """The amount in minor units rounded towards -infinity, and the fraction of a unit that this left, in [0, 1)."""
    scaled = amount.scaleb(digits, EXACT)
    floor = scaled.to_integral_value(ROUND_FLOOR, EXACT)
    return int(floor), EXACT.subtract(scaled, floor)


def minor_units(text: str, digits: int) -> int:
    """The amount that was written with the minor digits of its currency; ``ValueError`` where it was not."""
    whole, _, fraction = text.partition(".")
    if len(fraction) != digits:
        raise ValueError(f'"{text[:40]}" does not have {digits} decimals')
    return int(whole + fraction)


def from_minor(units: int, digits: int) -> Decimal:
    """Minor units as an exact decimal with the currency's digits."""
    return Decimal(units).scaleb(-digits, EXACT)


def whole_numbers(numbers: Sequence[int]) -> Sequence[int]:
    """The numbers in 64 bits each; as Python has them where one does not fit, so that no amount is ever cut."""
    try:
        return array("q", numbers)
    except OverflowError:
        return list(numbers)


def rounding_allowance(parts: int, digits: int) -> Decimal:
    """What rounding alone can explain where so many rounded parts are compared: min(5n, 10 + ⌊10·√n⌋) tenths of a minor
    unit (BOOKING 6, tolerance). Many parts that are all rounded the same way are no rounding."""
    return from_minor(min(5 * parts, 10 + isqrt(100 * parts)), digits + 1)


def format_minor(units: int, digits: int) -> str:
    """Minor units written with the currency's digits: 115560 satang are "1155.60"; never an exponent, never "-0"."""
    if not digits:
        return str(units)
    sign = "-" if units < 0 else ""
    text = str(abs(units)).rjust(digits + 1, "0")
    return f"{sign}{text[:-digits]}.{text[-digits:]}"


def format_minors(units: Sequence[int], digits: int) -> list[str]:
    """``format_minor`` of many amounts with the same digits; the fractions are written once beforehand, as amounts are
    most of a ledger."""
    if not digits:
        return list(map(str, units))
    if digits > _MOST_PREPARED:
        return [format_minor(each, digits) for each in units]
    unit, fractions = 10**digits, _fractions(digits)
    return [
        f"{each // unit}{fractions[each % unit]}" if each >= 0 else f"-{-each // unit}{fractions[-each % unit]}"
        for each in units
    ]


@cache
def _fractions(digits: int) -> tuple[str, ...]:
    return tuple(f".{fraction:0{digits}d}" for fraction in range(10**digits))


def format_exact(amount: Decimal) -> str:
    """A decimal written in full with the digits it has: never an exponent, never "-0"."""
    return f"{amount or amount.copy_abs():f}"


def format_plain(value: Decimal) -> str:
    """A decimal without trailing zeros and without an exponent."""
    text = format_exact(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def largest_remainder(amount: int, weights: Sequence[int]) -> list[int]:
    """The amount divided by signed weights whose sum is not zero; the parts add up to it exactly.

    Each part is the floor of its exact share; the units still missing go one each to the largest fractional parts, ties
    first to the larger weight, then to the earlier. A negative amount is negated before and after.
    """
    if amount < 0:
        return [-part for part in largest_remainder(-amount, weights)]
    if len(weights) == 1:
        return [amount]
    total = sum(weights)
    parts = [amount * weight // total for weight in weights]
    missing = amount - sum(parts)
    if missing:  # a remainder has the divisor's sign
        ranked = [(abs(amount * weight % total), weight, -place) for place, weight in enumerate(weights)]
        for _, _, place in sorted(ranked, reverse=True)[:missing]:
            parts[-place] += 1
    return parts


def round_together(amounts: Sequence[Decimal], digits: int) -> list[int]:
    """Exact amounts as minor units that add up to their rounded exact sum (BOOKING 4.2).

    Each is floored towards -infinity; then as many units as the sum needs go one each to the largest fractional parts,
    ties to the earlier.
    """
    floored = [floor_minor(amount, digits) for amount in amounts]
    parts = [floor for floor, _ in floored]
    missing = to_minor(exact_sum(amounts), digits) - sum(parts)
    order = sorted(range(len(parts)), key=lambda place: floored[place][1], reverse=True)  # of equal ones the first
    for place in order[:missing]:
        parts[place] += 1
    return parts


def divide(gross: int, tax: int, weights: Sequence[int]) -> tuple[list[int], list[int]]:
    """Gross of each part and tax of each part: gross first, then tax by the parts' gross, or by the weights where these
    are all zero.
    """
    parts = largest_remainder(gross, weights)
    return parts, largest_remainder(tax, parts if any(parts) else weights)
