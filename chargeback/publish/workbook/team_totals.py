"""A team's lines added up: by currency, project, resource, environment and basis, all from one pass over them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from chargeback.model.ledger import Basis, InvoiceLabel, LedgerLine

Key = TypeVar("Key", bound=Hashable)
Finer = TypeVar("Finer", bound=Hashable)


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
    """Amounts in minor units of one currency, and how many lines they are of; ``magnitude`` is Σ of their absolute values."""

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
    """A team's lines of the month, added up; ``labels`` are the invoices that they are of, in order.

    ``parts`` are the finest sums; ``coarse`` the same without project, resource and share, for what needs no project.
    """

    parts: dict[Part, Sums]
    labels: list[InvoiceLabel]
    coarse: dict[Part, Sums] = field(init=False)
    currencies: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.coarse = grouped(
            self.parts, lambda part: part._replace(project="", project_name="", resource="", share_percent="")
        )
        self.currencies = dict(sorted({(part.currency, part.digits) for part in self.coarse}))

    def by(self, key: Callable[[Part], Key]) -> dict[Key, Sums]:
        """The sums by what ``key`` says of each part; projects, resources and shares are not told apart."""
        return grouped(self.coarse, key)

    def by_cell(self, currency: str) -> dict[tuple[str, str], Sums]:
        """The sums in one currency by project and resource."""
        return grouped(
            {part: sums for part, sums in self.parts.items() if part.currency == currency},
            lambda part: (part.project, part.resource),
        )

    @property
    def names(self) -> dict[str, str]:
        """The projects of the lines, with their display names."""
        return {part.project: part.project_name for part in self.parts if part.project}

    @property
    def resources(self) -> set[str]:
        """The resources of the lines."""
        return {part.resource for part in self.parts if part.resource}


def grouped(sums: Mapping[Finer, Sums], key: Callable[[Finer], Key]) -> dict[Key, Sums]:
    """Sums added up by what ``key`` says of each, in the order in which they first appear."""
    groups: dict[Key, Sums] = {}
    for finer, amounts in sums.items():
        coarser = key(finer)
        group = groups.get(coarser)
        if group is None:
            group = groups[coarser] = Sums()
        group.add(amounts)
    return groups


def add_up(lines: Iterable[LedgerLine]) -> TeamTotals:
    """The totals of the lines."""
    found: dict[tuple[object, ...], list[int]] = {}
    labels: dict[int, InvoiceLabel] = {}
    last = None
    for line in lines:
        label = line.label
        if label is not last:
            last = labels[id(label)] = label
        key = (label.currency, label.digits, line.project, line.project_name, line.environment, line.resource, line.basis,
               line.share_percent)  # fmt: skip
        sums = found.get(key)
        net, tax, gross = line.net, line.tax, line.gross
        if sums is None:
            found[key] = [net, tax, gross, 1, abs(net) + abs(tax) + abs(gross)]
        else:
            sums[0] += net
            sums[1] += tax
            sums[2] += gross
            sums[3] += 1
            sums[4] += abs(net) + abs(tax) + abs(gross)
    parts = {Part(*key): Sums(*sums) for key, sums in found.items()}  # type: ignore[arg-type]
    return TeamTotals(parts, list(dict.fromkeys(labels.values())))


def largest_first(sums: dict[str, Sums]) -> Sequence[str]:
    """The keys, the one with the largest gross first, ties by code point."""
    return sorted(sums, key=lambda name: (-sums[name].gross, name))
