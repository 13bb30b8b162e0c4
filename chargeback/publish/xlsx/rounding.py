"""When a spreadsheet's formula finds exactly the figure that we have, and how far it rounds.

A spreadsheet computes in binary floats. A formula of ours therefore ends in ROUND, to as many decimals as the exact
result has where floats carry them, and never where the exact result lies so near a tie that a float could fall to its
other side. Names in criteria must not differ in case alone, nor hold what criteria read otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import cache

from chargeback.model.money import EXACT
from chargeback.publish.xlsx.cells import FIFTEEN, LARGEST_EXACT, fits

MOST_PLACES = 9
_RELIABLE_DIGITS = 13
"""Digits of a sum of a few thousand floats that are surely right."""
_HALF = Decimal("0.5")
_NEAR_TIE = Decimal("0.001")
LARGEST = Decimal(10) ** 13
_EASY = Decimal(10) ** 9
"""Below it, an amount in minor digits is surely found by a sum of floats."""
_NOTHING, _ONE = Decimal(0), Decimal(1)
SLACK = Decimal("0.0000001")
"""What comparisons in formulas allow for binary floats, below any minor unit."""
_NEAR_A_NUDGED_TIE = Decimal("0.0000003")


def half_unit(digits: int) -> Decimal:
    """Half a minor unit: what rounding one amount can make of a difference."""
    return Decimal(5).scaleb(-digits - 1)


def numeric(amount: Decimal) -> Decimal:
    """The amount as a number cell holds it: itself, or rounded to 15 significant digits."""
    return amount if fits(amount) else FIFTEEN.plus(amount)


def decimals(amount: Decimal) -> int:
    """Decimals of the amount, trailing zeros aside."""
    exponent = amount.normalize(EXACT).as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def quantized(amount: Decimal, places: int) -> Decimal:
    """The amount rounded half away from zero to so many decimals."""
    return amount.quantize(_unit(places), ROUND_HALF_UP, EXACT)


@cache
def _unit(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


def rounded_result(exact: Decimal, digits: int, reach: Decimal, most: int = MOST_PLACES) -> tuple[Decimal, int, bool]:
    """The exact result rounded no further than ``most`` decimals, no coarser than ``digits``; to how many; and whether
    a formula of floats finds it.

    ``reach`` is what the largest of its addends and sums may reach.
    """
    plain = quantized(exact, digits)
    if plain == exact and -_EASY < exact < _EASY and reach < _EASY:
        return plain, digits, True
    reach = max(exact.copy_abs(), reach, _ONE)
    carried = _RELIABLE_DIGITS - max(reach.adjusted() + 1, 0)
    own = decimals(exact)
    places = min(max(own, digits), most, max(carried, digits))
    while digits < places < own and _is_near_tie(exact, places):
        places -= 1
    is_safe = reach < LARGEST and carried >= digits and (places >= own or not _is_near_tie(exact, places))
    return quantized(exact, places), places, is_safe


def _is_near_tie(exact: Decimal, places: int) -> bool:
    scaled = exact.copy_abs().scaleb(places, EXACT)
    fraction = EXACT.subtract(scaled, scaled.to_integral_value(ROUND_FLOOR, EXACT))
    return EXACT.subtract(fraction, _HALF).copy_abs() < _NEAR_TIE


def distance_to_tie(exact: Decimal, digits: int) -> Decimal:
    """How far the amount is from the next half of a minor unit."""
    size = exact.copy_abs()
    off = EXACT.subtract(size, quantized(size, digits)).copy_abs()
    return EXACT.subtract(half_unit(digits), off).copy_abs()


def is_found_after_a_nudge(exact: Decimal, digits: int) -> bool:
    """Whether floats that are moved away from zero by ``SLACK`` round a product or quotient as it is to be rounded."""
    gap = distance_to_tie(exact, digits)
    return exact.copy_abs() < _EASY and (not gap or gap > _NEAR_A_NUDGED_TIE)


def rounds_as_floats_do(sent: Decimal, digits: int) -> bool:
    """Whether a float of the amount, rounded to minor digits, cannot fall to the other side of a tie."""
    return distance_to_tie(sent, digits) >= _NEAR_A_NUDGED_TIE


def is_safe_sum(reach: Decimal, digits: int) -> bool:
    """Whether adding up amounts in minor digits whose absolute values make ``reach``, and rounding, is exact."""
    return reach.scaleb(digits, EXACT) < LARGEST_EXACT


def names_apart(names: Iterable[str]) -> bool:
    """Whether each of the names, as a criterion, finds itself alone."""
    found = list(names)
    plain = all(name.isascii() and name.isalpha() for name in found)
    return plain and len({name.casefold() for name in found}) == len(found)
