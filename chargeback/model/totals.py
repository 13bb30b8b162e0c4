"""Adding up: the one way from ledger lines to totals, by whatever they have in common.

Lines of several currencies are told apart by the key; amounts are in minor units and exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import NamedTuple, Protocol, TypeVar

from msgspec import Struct


class HasGross(Protocol):
    """What has a gross amount."""

    @property
    def gross(self) -> int:
        """With tax."""


class Line(HasGross, Protocol):
    """What has amounts: a part of the ledger, or a line that was read back."""

    @property
    def net(self) -> int:
        """Without tax."""

    @property
    def tax(self) -> int:
        """The tax."""


class Counted(Line, Protocol):
    """What has amounts and is of several lines."""

    @property
    def lines(self) -> int:
        """How many."""

    @property
    def magnitude(self) -> int:
        """The sum of the amounts' absolute values."""


Key = TypeVar("Key")
Each = TypeVar("Each", bound=Line)
Gross = TypeVar("Gross", bound=HasGross)


class Amounts(NamedTuple):
    """Net, tax and gross in minor units."""

    net: int = 0
    tax: int = 0
    gross: int = 0

    def plus(self, other: Amounts) -> Amounts:
        """Both added up."""
        return Amounts(self.net + other.net, self.tax + other.tax, self.gross + other.gross)

    def minus(self, other: Amounts) -> Amounts:
        """What these are more than the others."""
        return Amounts(self.net - other.net, self.tax - other.tax, self.gross - other.gross)


class Sums(Struct):
    """Amounts in minor units of one currency, how many lines they are of, and the sum of their absolute values."""

    net: int = 0
    tax: int = 0
    gross: int = 0
    lines: int = 0
    magnitude: int = 0

    def add(self, other: Counted) -> None:
        """Add the other's amounts."""
        self.net += other.net
        self.tax += other.tax
        self.gross += other.gross
        self.lines += other.lines
        self.magnitude += other.magnitude


def add_up(lines: Iterable[Each], by: Callable[[Each], Key]) -> dict[Key, Amounts]:
    """The lines added up by a key, in the order in which keys come first."""
    sums: dict[Key, list[int]] = {}
    for line in lines:
        key = by(line)
        total = sums.get(key)
        if total is None:
            sums[key] = [line.net, line.tax, line.gross]
        else:
            total[0] += line.net
            total[1] += line.tax
            total[2] += line.gross
    return {key: Amounts(*total) for key, total in sums.items()}


def gross_by(entries: Iterable[Gross], by: Callable[[Gross], Key]) -> Counter[Key]:
    """The gross alone, added up by a key; 0 for a key that no entry has."""
    sums: Counter[Key] = Counter()
    for entry in entries:
        sums[by(entry)] += entry.gross
    return sums


def add_up_columns(
    net: Sequence[int], tax: Sequence[int], gross: Sequence[int], *codes: Iterable[int]
) -> dict[tuple[int, ...], Sums]:
    """Lines in columns added up by their codes, in the order in which these come first."""
    sums: dict[tuple[int, ...], Sums] = {}
    is_signed = any(column and min(column) < 0 for column in (net, tax, gross))
    # Where no amount is negative, the absolute values add up to the amounts themselves.
    magnitudes = map(_magnitude, net, tax, gross) if is_signed else repeat(0, len(net))
    columns = zip(zip(*codes, strict=True), net, tax, gross, magnitudes, strict=True)
    for key, line_net, line_tax, line_gross, magnitude in columns:
        total = sums.get(key)
        if total is None:
            sums[key] = Sums(line_net, line_tax, line_gross, 1, magnitude)
        else:
            total.net += line_net
            total.tax += line_tax
            total.gross += line_gross
            total.lines += 1
            total.magnitude += magnitude
    if not is_signed:
        for total in sums.values():
            total.magnitude = total.net + total.tax + total.gross
    return sums


def total(sums: Iterable[Counted]) -> Sums:
    """All of them added up."""
    whole = Sums()
    for each in sums:
        whole.add(each)
    return whole


def _magnitude(net: int, tax: int, gross: int) -> int:
    return abs(net) + abs(tax) + abs(gross)
