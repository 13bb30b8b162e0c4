"""A team's lines added up: by currency, project, resource, environment and basis, all from one pass over them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from chargeback.model.ledger import Basis, InvoiceLabel, LedgerLine

Key = TypeVar("Key", bound=Hashable)


class Part(NamedTuple):
    """What lines have in common that are added up together; ``share_percent`` as written, "" unless shared."""

    currency: str
    digits: int
    project: str
    project_name: str
    environment: str
    resource: str
    basis: Basis
    share_percent: str


@dataclass(slots=True)
class Sums:
    """Amounts in minor units of one currency, and how many lines they are of; ``magnitude`` is Σ|gross| + Σ|tax|."""

    net: int = 0
    tax: int = 0
    gross: int = 0
    lines: int = 0
    magnitude: int = 0

    def add(self, other: Sums) -> None:
        """Add the other's amounts."""
        self.net += other.net
        self.tax += other.tax
        self.gross += other.gross
        self.lines += other.lines
        self.magnitude += other.magnitude


@dataclass(slots=True)
class TeamTotals:
    """A team's lines of the month, added up; ``labels`` are the invoices that they are of, in order."""

    parts: dict[Part, Sums] = field(default_factory=dict)
    labels: list[InvoiceLabel] = field(default_factory=list)

    def by(self, key: Callable[[Part], Key]) -> dict[Key, Sums]:
        """The sums by what ``key`` says of each part, in the order in which they first appear."""
        sums: dict[Key, Sums] = defaultdict(Sums)
        for part, amounts in self.parts.items():
            sums[key(part)].add(amounts)
        return dict(sums)

    def of(self, currency: str) -> TeamTotals:
        """The same of one currency alone."""
        kept = {part: sums for part, sums in self.parts.items() if part.currency == currency}
        return TeamTotals(kept, [label for label in self.labels if label.currency == currency])

    @property
    def currencies(self) -> dict[str, int]:
        """The currencies of the lines with their minor digits, by code."""
        return dict(sorted({(part.currency, part.digits) for part in self.parts}))

    @property
    def projects(self) -> set[str]:
        """The projects of the lines."""
        return {part.project for part in self.parts if part.project}

    @property
    def resources(self) -> set[str]:
        """The resources of the lines."""
        return {part.resource for part in self.parts if part.resource}


def add_up(lines: Iterable[LedgerLine]) -> TeamTotals:
    """The totals of the lines."""
    totals = TeamTotals()
    last = None
    for line in lines:
        label = line.label
        if label is not last:
            last = label
            totals.labels.append(label)
        _add(totals.parts, line, label)
    totals.labels = list(dict.fromkeys(totals.labels))
    return totals


def _add(parts: dict[Part, Sums], line: LedgerLine, label: InvoiceLabel) -> None:
    part = Part(
        label.currency,
        label.digits,
        line.project,
        line.project_name,
        line.environment,
        line.resource,
        line.basis,
        line.share_percent,
    )
    sums = parts.get(part)
    if sums is None:
        sums = parts[part] = Sums()
    sums.net += line.net
    sums.tax += line.tax
    sums.gross += line.gross
    sums.lines += 1
    sums.magnitude += abs(line.gross) + abs(line.tax)


def largest_first(sums: dict[str, Sums]) -> Sequence[str]:
    """The keys, the one with the largest gross first, ties by code point."""
    return sorted(sums, key=lambda name: (-sums[name].gross, name))
