"""For tests that look at each of several: there must be one, for a loop over nothing asserts nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def some(found: Iterable[T]) -> list[T]:
    """All that was found; an error where that is nothing."""
    items = list(found)
    assert items, "nothing was found that could be looked at"
    return items
