"""A team's lines added up: by currency, project, resource, environment and basis, all from one pass over them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from chargeback.model.ledger import Basis, InvoiceLabel, LedgerLine

Key = TypeVar("Key", bound=Hashable)
Finer = TypeVar("Finer", bound=Hashable)


class Part(NamedTuple):
    """What lines of any project may have in common."""

    currency: str
    digits: int
    environment: str
    basis: Basis


class Cell(NamedTuple):
    """What lines of one part may differ in; ``share_percent`` as written, "" unless shared."""

    project: str
    resource: str
    share_percent: str


@dataclass(slots=True)
class Sums:
    """Amounts in minor units of one currency, how many lines they are of, and the sum of their absolute values."""

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

    def add_line(self, line: LedgerLine) -> None:
        """Add a line's amounts."""
        net, tax, gross = line.net, line.tax, line.gross
        self.net += net
        self.tax += tax
        self.gross += gross
        self.lines += 1
        self.magnitude += abs(net) + abs(tax) + abs(gross)


@dataclass(slots=True)
class TeamTotals:
    """A team's lines of the month, added up; ``labels`` are the invoices that they are of, ``names`` the projects'."""

    cells: Mapping[Part, Mapping[Cell, Sums]]
    labels: Sequence[InvoiceLabel]
    names: Mapping[str, str]
    parts: dict[Part, Sums] = field(init=False)
    currencies: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.parts = {part: total(cells.values()) for part, cells in self.cells.items()}
        self.currencies = dict(sorted({(part.currency, part.digits) for part in self.parts}))

    def by(self, key: Callable[[Part], Key]) -> dict[Key, Sums]:
        """The sums by what ``key`` says of each part."""
        return grouped(self.parts, key)

    def by_cell(self, currency: str) -> dict[tuple[str, str], Sums]:
        """The sums in one currency by project and resource; not to be added to, as most are those of ``cells``."""
        sums: dict[tuple[str, str], Sums] = {}
        for part, cells in self.cells.items():
            if part.currency == currency:
                for cell, amounts in cells.items():
                    key = cell[:2]
                    sums[key] = amounts if key not in sums else total((sums[key], amounts))
        return sums

    @property
    def shared(self) -> set[str]:
        """The projects of which the team has a part, by a split."""
        return {cell.project for cells in self.cells.values() for cell in cells if cell.share_percent}

    @property
    def resources(self) -> set[str]:
        """The resources of the lines."""
        return {cell.resource for cells in self.cells.values() for cell in cells if cell.resource}


def _add(sums: dict[Key, Sums], key: Key, amounts: Sums) -> None:
    group = sums.get(key)
    if group is None:
        group = sums[key] = Sums()
    group.add(amounts)


def grouped(sums: Mapping[Finer, Sums], key: Callable[[Finer], Key]) -> dict[Key, Sums]:
    """Sums added up by what ``key`` says of each, in the order in which they first appear."""
    groups: dict[Key, Sums] = {}
    for finer, amounts in sums.items():
        _add(groups, key(finer), amounts)
    return groups


def total(sums: Iterable[Sums]) -> Sums:
    """All of them added up."""
    whole = Sums()
    for amounts in sums:
        whole.add(amounts)
    return whole


def totals_of_lines(lines: Iterable[LedgerLine]) -> TeamTotals:
    """The totals of the lines."""
    cells: dict[Part, dict[Cell, Sums]] = {}
    labels: dict[int, InvoiceLabel] = {}
    names: dict[str, str] = {}
    for line in lines:
        label = line.label
        labels[id(label)] = label
        part = cells.setdefault(Part(label.currency, label.digits, line.environment, line.basis), {})
        cell = Cell(line.project, line.resource, line.share_percent)
        sums = part.get(cell)
        if sums is None:
            sums = part[cell] = Sums()
            names[line.project] = line.project_name
        sums.add_line(line)
    names.pop("", None)
    return TeamTotals(cells, list(dict.fromkeys(labels.values())), names)
