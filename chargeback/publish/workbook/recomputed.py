"""Formulas whose result a spreadsheet must find again: how far they round, and when only the value may stand.

A spreadsheet computes in binary floats. A formula of ours therefore ends in ROUND, to as many decimals as the exact
result has where floats carry them, and never where the exact result lies so near a tie that a float could fall to its
other side.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import cache

from chargeback.model.money import EXACT, exact_sum, from_minor
from chargeback.publish.xlsx.cells import FIFTEEN, Cells, fits

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


def half_unit(digits: int) -> Decimal:
    """Half a minor unit: what rounding one amount can make of a difference."""
    return Decimal(5).scaleb(-digits - 1)


def rounding_formula(parts: str, digits: int) -> str:
    """``rounding_allowance`` as a formula over the cell that says how many rounded parts are compared."""
    return f"MIN(5*{parts},10+INT(10*SQRT({parts})))/{10 ** (digits + 1)}"


@dataclass(frozen=True, slots=True)
class Rounded:
    """An exact result rounded to ``places``; ``is_safe`` where a formula of floats finds the same."""

    value: Decimal
    places: int
    is_safe: bool

    def cell(self, cells: Cells, column: str, expression: str, look: int) -> str:
        """The formula, rounded, with its value; the value alone where the formula might not find it."""
        if not self.is_safe:
            return cells.exact(column, self.value, look)
        return cells.formula(column, f"ROUND({expression},{self.places})", self.value, look)


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


def rounded(exact: Decimal, digits: int, magnitude: Decimal | None = None, most: int = MOST_PLACES) -> Rounded:
    """The exact result, rounded no further than ``most`` decimals, no coarser than the currency's ``digits``.

    ``magnitude`` is what the largest of its addends and sums may reach, the result's own where None.
    """
    plain = quantized(exact, digits)
    if plain == exact and -_EASY < exact < _EASY and (magnitude is None or magnitude < _EASY):
        return Rounded(plain, digits, True)
    reach = max(exact.copy_abs(), magnitude or _NOTHING, _ONE)
    carried = _RELIABLE_DIGITS - max(reach.adjusted() + 1, 0)
    places = min(max(decimals(exact), digits), most, max(carried, digits))
    while places > digits and _is_near_tie(exact, places):
        places -= 1
    safe = reach < LARGEST and carried >= digits and not _is_near_tie(exact, places)
    return Rounded(quantized(exact, places), places, safe)


def _is_near_tie(exact: Decimal, places: int) -> bool:
    scaled = exact.copy_abs().scaleb(places, EXACT)
    fraction = EXACT.subtract(scaled, scaled.to_integral_value(ROUND_FLOOR, EXACT))
    return EXACT.subtract(fraction, _HALF).copy_abs() < _NEAR_TIE


def is_carried_whole(total: Decimal) -> bool:
    """Whether floats carry every digit of the sum and, where none of them is negative, of each of its addends."""
    exponent = total.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) else MOST_PLACES + 1
    return places <= MOST_PLACES and max(total.adjusted() + 1, 0) + max(places, 0) <= _RELIABLE_DIGITS


def summed(amounts: Iterable[Decimal], digits: int) -> Rounded:
    """The sum of amounts that stand in number cells."""
    found = list(amounts)
    total = exact_sum(found)
    if not found or min(found) >= 0:
        return rounded(total, digits)
    return rounded(total, digits, exact_sum(amount.copy_abs() for amount in found))


def summed_minor(amounts: Iterable[int], digits: int) -> Rounded:
    """The sum of amounts in minor units."""
    found = list(amounts)
    magnitude = from_minor(sum(map(abs, found)), digits)
    return rounded(from_minor(sum(found), digits), digits, magnitude)
