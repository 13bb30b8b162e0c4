"""Why a comparison with the report differs: causes, each by its own figure (BOOKING 6, finding and cause).

It knows figures alone. What the figures are of, ``checking`` has: lines on the report's basis, void invoices, days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

NONE = "none"
ZERO = Fraction(0)


class Charge(NamedTuple):
    """A booked line of the comparison, with its amount on the report's basis.

    ``invoice``: its invoice's id, ``rate`` that one's tax rate (0 where it states none), ``total`` its total.
    """

    invoice: str
    amount: Fraction
    rate: Fraction
    total: int


@dataclass(frozen=True)
class Difference:
    """A row that differs: the variance, what may be left of it, and the figures that might explain it.

    ``uncovered``: the cost of the uncovered days; ``void``: what void invoices of the month charge here; ``shown``: the
    values that the report shows here; ``rounding``: what rounding explains.
    """

    variance: Fraction
    allowed: Fraction
    rounding: Fraction
    uncovered: Fraction
    void: Sequence[Fraction]
    charges: Sequence[Charge]
    shown: Sequence[Fraction]


def cause_of(row: Difference) -> str:
    """The first cause whose figure is the whole variance, else what the uncovered days leave of it, else ``none``."""
    for left in (row.variance, row.variance - row.uncovered):
        for cause, figure in figures(row):
            if figure and abs(left - figure) <= row.allowed:
                return cause
        if abs(left) <= row.rounding:
            return "rounding"
    return NONE


def figures(row: Difference) -> Iterator[tuple[str, Fraction]]:
    """Each cause with each of its figures, in order; as a variance: above zero where the report shows more."""
    yield "uncovered-days", row.uncovered
    yield from (("void-invoice", total) for total in row.void)
    yield from (("credit", -amount) for amount in credits_in(row))
    yield from (("tax-basis", figure) for figure in off_by_the_rate(row))
    yield from (("counted-twice", -amount) for amount in counted_twice(row))


def credits_in(row: Difference) -> Iterator[Fraction]:
    """Credit notes and negative lines that the report does not show: each, and all together."""
    if any(value < 0 for value in row.shown):
        return
    lines = [each.amount for each in row.charges if each.amount < 0]
    yield from lines
    notes = by_invoice([each for each in row.charges if each.total < 0])
    yield from (amount for amount in notes.values() if amount < 0)
    yield sum(lines, ZERO)


def by_invoice(charges: Sequence[Charge]) -> dict[str, Fraction]:
    """What each invoice charges here."""
    found: dict[str, Fraction] = defaultdict(Fraction)
    for each in charges:
        found[each.invoice] += each.amount
    return found


def off_by_the_rate(row: Difference) -> Iterator[Fraction]:
    """All lines with tax where the report has none, or the other way round: each line by its own invoice's rate."""
    within = sum((each.amount * each.rate / (1 + each.rate) for each in row.charges if each.rate > -1), ZERO)
    on_top = sum((each.amount * each.rate for each in row.charges), ZERO)
    yield from (-within, on_top)


def counted_twice(row: Difference) -> Iterator[Fraction]:
    """The positive invoices and lines, of several, where the report shows something."""
    if sum(row.shown, ZERO) <= 0:
        return
    invoices = by_invoice(row.charges)
    if len(invoices) > 1:
        issued = {each.invoice for each in row.charges if each.total > 0}
        yield from (amount for invoice, amount in invoices.items() if invoice in issued and amount > 0)
    if len(row.charges) > 1:
        yield from (each.amount for each in row.charges if each.amount > 0)
