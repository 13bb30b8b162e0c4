"""What the report alone states: figures of the ledgers that no second source confirms (BOOKING 4.5 and 6).

The tie-out compares at the grain that the invoice's lines have: a by-project line says nothing of resources, a by-SKU
line nothing of projects. How such a line was divided further follows from the report by itself, and an error there
would move cost between projects or resources without a difference in any check.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from chargeback.model.invoice import Shape
from chargeback.model.posting import Posting


class Grain(StrEnum):
    """What of a ledger line the report alone states."""

    PROJECT = "which project used a resource"
    RESOURCE = "which resources a project's cost consists of"


@dataclass(frozen=True, slots=True)
class OneSource:
    """How many ledger lines of a currency have it so, and their gross as amounts without sign, in minor units."""

    grain: Grain
    currency: str
    digits: int
    lines: int
    gross: int


def stated_by_the_report_alone(postings: Iterable[Posting]) -> list[OneSource]:
    """One entry a grain and currency that occurs, in that order."""
    found: dict[tuple[Grain, str, int], list[int]] = {}
    for posting in postings:
        shapes = {invoice.id: invoice.shape for invoice in posting.month.booked}
        for line in posting.lines:
            grain = Grain.PROJECT if shapes[line.label.invoice_id] is Shape.BY_SKU else Grain.RESOURCE
            if line.project and line.resource:  # a line that was not divided lacks the one that it does not name
                sums = found.setdefault((grain, line.label.currency, line.label.digits), [0, 0])
                sums[0] += 1
                sums[1] += abs(line.gross)
    order = list(Grain)
    keys = sorted(found, key=lambda key: (order.index(key[0]), key[1]))
    return [OneSource(*key, *found[key]) for key in keys]
