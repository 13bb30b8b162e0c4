"""The report's values as weights: of a project over its resources, of a SKU over the projects (BOOKING 4.5, 4.6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct, field

from chargeback.model.answers import LineItem
from chargeback.model.report import Report
from chargeback.model.text import normalized


class ReportShare(Struct, frozen=True):
    """One part of a division: the project or resource it goes to, its weight, and the report rows behind it."""

    name: str
    weight: int
    rows: tuple[int, ...]


class Division(Struct, frozen=True):
    """How a line is divided: its parts by code point, and the resource that a by-SKU line gets."""

    shares: tuple[ReportShare, ...]
    resource: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """What each part goes to."""
        return tuple(share.name for share in self.shares)

    @property
    def weights(self) -> tuple[int, ...]:
        """What each part weighs."""
        return tuple(share.weight for share in self.shares)

    @property
    def has_weight(self) -> bool:
        """Whether any part weighs anything."""
        return any(self.weights)


class ReportWeights(Struct):
    """A proved report, ready to divide lines by; a negative value weighs nothing."""

    report: Report
    _weights: list[int] = field(default_factory=list)
    _divisions: dict[str, Division] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._weights = [max(value, 0) for value in self.report.rows.values]

    def over_resources(self, project: str) -> Division:
        """The division of a by-project line over the resources of its project; without parts where no row names it."""
        if project not in self._divisions:
            rows, resources = self.report.by_project.get(project, ()), self.report.rows.resources
            self._divisions[project] = Division(self._shares(rows, [resources[row] for row in rows]))
        return self._divisions[project]

    def over_projects(self, line: LineItem) -> Division:
        """The division of a by-SKU line over projects; by the whole report, then without rows behind it, where no row
        is named like its SKU or, if there is none, its description.
        """
        rows = self.report.rows_named_like(line)
        if rows:
            resource = min(self.report.rows.resources[row] for row in rows)
            return Division(self._shares(rows, [self.report.rows.projects[row] for row in rows]), resource)
        every = range(len(self.report.rows))
        shares = self._shares(every, self.report.rows.projects)
        return Division(tuple(ReportShare(share.name, share.weight, ()) for share in shares), line.sku_label)

    def _shares(self, rows: Iterable[int], names: Sequence[str]) -> tuple[ReportShare, ...]:
        """A share a name, as NFC has it; of several spellings the first by code point stands (BOOKING 4.5 and 5)."""
        if len(set(names)) == len(names) and all(map(str.isascii, names)):  # NFC changes no ASCII: no two are alike
            return tuple(
                ReportShare(name, self._weights[row], (row,)) for name, row in sorted(zip(names, rows, strict=True))
            )
        grouped: dict[str, list[int]] = {}
        spelling: dict[str, str] = {}
        for row, name in zip(rows, names, strict=True):
            key = normalized(name)
            grouped.setdefault(key, []).append(row)
            spelling[key] = min(name, spelling.get(key, name))
        return tuple(
            ReportShare(spelling[key], sum(self._weights[row] for row in grouped[key]), tuple(grouped[key]))
            for key in sorted(grouped, key=spelling.__getitem__)
        )
