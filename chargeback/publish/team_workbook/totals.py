"""A team's lines added up: by currency, project, resource, environment and basis, all from one pass over them."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TypeVar

from msgspec import Struct

from chargeback.model.ledger import Basis, Coded, InvoiceLabel, LedgerLines, Lines, used
from chargeback.model.totals import Sums, add_up_columns, total

Key = TypeVar("Key", bound=Hashable)
Finer = TypeVar("Finer", bound=Hashable)


class Part(Struct, frozen=True):
    """What lines of any project may have in common."""

    currency: str
    digits: int
    environment: str
    basis: Basis


class PartKey(Struct, frozen=True):
    """What lines of one part may differ in; ``share_percent`` as written, "" unless shared."""

    project: str
    resource: str
    share_percent: str


@dataclass(slots=True)
class LineTotals:
    """A team's lines of the month, added up; ``labels`` are the invoices that they are of, ``names`` the projects',
    ``resources`` those of the lines. A cell has no resource where they are added up by project alone."""

    cells: Mapping[Part, Mapping[PartKey, Sums]]
    labels: Sequence[InvoiceLabel]
    names: Mapping[str, str]
    resources: AbstractSet[str]
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
                    key = cell.project, cell.resource
                    sums[key] = amounts if key not in sums else total((sums[key], amounts))
        return sums

    @property
    def shared(self) -> set[str]:
        """The projects of which the team has a part, by a split."""
        return {cell.project for cells in self.cells.values() for cell in cells if cell.share_percent}


def grouped(sums: Mapping[Finer, Sums], key: Callable[[Finer], Key]) -> dict[Key, Sums]:
    """Sums added up by what ``key`` says of each, in the order in which they first appear."""
    groups: dict[Key, Sums] = {}
    for finer, amounts in sums.items():
        name = key(finer)
        group = groups.get(name)
        if group is None:
            group = groups[name] = Sums()
        group.add(amounts)
    return groups


def totals_of_lines(lines: Lines, *, by_resource: bool = True) -> LineTotals:
    """The totals of the lines; by project alone where nobody looks at the resources of all of them."""
    cells: dict[Part, dict[PartKey, Sums]] = {}
    names: dict[str, str] = {}
    for some in lines.batches():
        _add_lines(some, cells, names, by_resource=by_resource)
    names.pop("", None)
    labels, resources = used(lines, "labels", "resources")
    return LineTotals(cells, labels, names, set(resources) - {""})


def by_resource(lines: Lines, currency: str, projects: Collection[str]) -> dict[str, dict[str, Sums]]:
    """Of each of these projects, its lines in one currency added up by resource."""
    found: dict[str, dict[str, Sums]] = {}
    for some in lines.batches():
        mine = some.of_projects(projects)
        labels, table, resources = mine.labels.table, mine.projects.table, mine.resources.table
        codes = (mine.labels.codes, mine.projects.codes, mine.resources.codes)
        for (label, project, resource), each in add_up_columns(mine.net, mine.tax, mine.gross, *codes).items():
            if labels[label].currency == currency:
                found.setdefault(table[project].sid, {}).setdefault(resources[resource], Sums()).add(each)
    return found


def _add_lines(
    lines: LedgerLines, cells: dict[Part, dict[PartKey, Sums]], names: dict[str, str], *, by_resource: bool
) -> None:
    labels, projects, origins, resources = lines.labels, lines.projects, lines.origins, lines.resources
    of_resources = resources if by_resource else Coded(array("I", [0]) * len(lines), ("",))
    sums = add_up_columns(
        lines.net, lines.tax, lines.gross, labels.codes, projects.codes, origins.codes, of_resources.codes
    )
    before: tuple[int, ...] = ()
    for key, each in sums.items():
        if key[:3] != before:  # a project's lines stand together
            before = key[:3]
            label, project, origin = labels.table[key[0]], projects.table[key[1]], origins.table[key[2]]
            part = cells.setdefault(Part(label.currency, label.digits, project.environment, origin.basis), {})
            names[project.sid] = project.name
        cell = PartKey(project.sid, of_resources.table[key[3]], origin.share_percent)
        known = part.setdefault(cell, each)
        if known is not each:
            known.add(each)
