"""Adding up: the one way from ledger lines to totals, by whatever they have in common.

Lines of several currencies are told apart by the key; amounts are in minor units and exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol, TypeVar

from chargeback.model.ledger import LedgerLine


class Line(Protocol):
    """A line with amounts: a ``LedgerLine``, or one that was read back."""

    @property
    def net(self) -> int:
        """Without tax."""

    @property
    def tax(self) -> int:
        """The tax."""

    @property
    def gross(self) -> int:
        """With tax."""


Key = TypeVar("Key")
Each = TypeVar("Each", bound=Line)


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


def by_team(line: LedgerLine) -> tuple[str, str]:
    """A team's id and the currency."""
    return line.team.id, line.label.currency


def by_currency(line: LedgerLine) -> str:
    """The currency."""
    return line.label.currency
