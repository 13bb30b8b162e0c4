"""Dividing whole minor units so that the parts add up to the whole, always (BOOKING 4, largest remainder)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from chargeback.model.money import exact_sum, floor_minor, to_minor


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
    divided = [divmod(amount * weight, total) for weight in weights]
    parts = [part for part, _ in divided]
    missing = amount - sum(parts)
    if missing:
        remainders = [abs(remainder) for _, remainder in divided]  # a remainder has the divisor's sign
        order = sorted(range(len(weights)), key=lambda place: (-remainders[place], -weights[place], place))
        for place in order[:missing]:
            parts[place] += 1
    return parts


def round_together(amounts: Sequence[Decimal], digits: int) -> list[int]:
    """Exact amounts as minor units that add up to their rounded exact sum (BOOKING 4.2).

    Each is floored towards -infinity; then as many units as the sum needs go one each to the largest fractional parts,
    ties to the earlier.
    """
    floored = [floor_minor(amount, digits) for amount in amounts]
    parts = [floor for floor, _ in floored]
    missing = to_minor(exact_sum(amounts), digits) - sum(parts)
    order = sorted(range(len(parts)), key=lambda place: (-floored[place][1], place))
    for place in order[:missing]:
        parts[place] += 1
    return parts


def divide(gross: int, tax: int, weights: Sequence[int]) -> tuple[list[int], list[int]]:
    """Gross of each part and tax of each part: gross first, then tax by the parts' gross, or by the weights where these
    are all zero.
    """
    parts = largest_remainder(gross, weights)
    return parts, largest_remainder(tax, parts if any(parts) else weights)
