"""When a spreadsheet's formula gives exactly the amount that the books have.

A spreadsheet adds binary floats. Rounded to the minor unit, a sum is exact as long as the addends, their signs aside,
stay below 15 digits in minor units; names in criteria must not differ in case alone, nor hold what criteria read
otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable

from chargeback.publish.xlsx.cells import LARGEST_EXACT


def is_safe_sum(magnitude: int) -> bool:
    """Whether adding up amounts whose absolute values make ``magnitude`` minor units, and rounding, is exact."""
    return magnitude < LARGEST_EXACT


def names_apart(names: Iterable[str]) -> bool:
    """Whether each of the names, as a criterion, finds itself alone."""
    found = list(names)
    plain = all(name.isascii() and name.isalpha() for name in found)
    return plain and len({name.casefold() for name in found}) == len(found)
