"""The report's values as weights: of a project over its resources, of a SKU over the projects (BOOKING 4.5, 4.6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from chargeback.model.answers import LineItem
from chargeback.model.report import Report
from chargeback.model.text import normalized


class Division(Struct, frozen=True):
    """How a line is divided: by code point the projects or resources that its parts go to, what each of them weighs and
    the report rows behind it; and the resource that a by-SKU line gets."""

    names: Sequence[str]
    weights: Sequence[int]
    rows: Sequence[tuple[int, ...]]
    resource: str = ""

    @property
    def has_weight(self) -> bool:
        """Whether any part weighs anything."""
        return any(self.weights)


class ReportWeights:
    """A proved report, ready to divide lines by; a negative value weighs nothing."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self._rows, self._by_project = report.rows, report.by_project
        self._weights = [max(value, 0) for value in self._rows.values]
        self._divisions: dict[str, Division] = {}

    def rows_of(self, project: str) -> tuple[int, ...]:
        """The positions of the project's rows."""
        return self._by_project.get(project, ())

    def negative_among(self, rows: Iterable[int]) -> tuple[int, ...]:
        """Those of the rows whose value is negative."""
        return self._rows.negative_among(rows)

    def over_resources(self, project: str) -> Division:
        """The division of a by-project line over the resources of its project; without parts where no row names it."""
        if project not in self._divisions:
            rows, resources = self.rows_of(project), self._rows.resources
            self._divisions[project] = self._division(rows, [resources[row] for row in rows])
        return self._divisions[project]

    def over_projects(self, line: LineItem) -> Division:
        """The division of a by-SKU line over projects; by the whole report, then without rows behind it, where no row
        is named like its SKU or, if there is none, its description.
        """
        rows = self.report.rows_named_like(line)
        if rows:
            resource = min(self._rows.resources[row] for row in rows)
            return self._division(rows, [self._rows.projects[row] for row in rows], resource)
        whole = self._division(range(len(self._rows)), self._rows.projects, line.sku_label)
        return replace(whole, rows=[()] * len(whole.rows))

    def _division(self, rows: Sequence[int], names: Sequence[str], resource: str = "") -> Division:
        """A part a name, as NFC has it; of several spellings the first by code point stands (BOOKING 4.5 and 5)."""
        if len(set(names)) == len(names) and "".join(names).isascii():  # NFC changes no ASCII: no two are alike
            ordered = sorted(zip(names, rows, strict=True))
            weights = [self._weights[row] for _, row in ordered]
            return Division([name for name, _ in ordered], weights, [(row,) for _, row in ordered], resource)
        grouped: dict[str, list[int]] = {}
        spelling: dict[str, str] = {}
        for row, name in zip(rows, names, strict=True):
            key = normalized(name)
            grouped.setdefault(key, []).append(row)
            spelling[key] = min(name, spelling.get(key, name))
        keys = sorted(grouped, key=spelling.__getitem__)
        weights = [sum(self._weights[row] for row in grouped[key]) for key in keys]
        return Division([spelling[key] for key in keys], weights, [tuple(grouped[key]) for key in keys], resource)
