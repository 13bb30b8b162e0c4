"""The projects that the platform lists, and under which of their names a line or a report row means one (CONTRACT).

A project is named by its sid in one place and may be named by its id in another; both resolve to the sid here. A
project that no list shows keeps the name it came with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from chargeback.model.answers import LineItem, ProjectAnswer, text_of


@dataclass(frozen=True, slots=True)
class Project:
    """A listed project; ``name`` and ``account`` are "" where the list does not say."""

    sid: str
    id: str
    name: str
    account: str


@dataclass(slots=True)
class ProjectDirectory:
    """All listed projects by sid and by id; ``refusals`` say why a list could not be had."""

    by_sid: dict[str, Project] = field(default_factory=dict)
    sid_by_id: dict[str, str] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)

    def add(self, items: Iterable[ProjectAnswer]) -> None:
        """Take in the items of one ``project.list``; of two entries for one project the first counts."""
        for item in items:
            sid, identifier = text_of(item.project) or text_of(item.id), text_of(item.id)
            if not sid:
                continue
            project = Project(sid, identifier, item.name or "", text_of(item.billing_account))
            self.by_sid.setdefault(sid, project)
            if identifier:
                self.sid_by_id.setdefault(identifier, sid)

    def resolve(self, name: str, identifier: str = "") -> str:
        """The sid of the project that is named by sid (or by id where sids stand), and perhaps by id too.

        That is the first of the two that a list shows; the name as it came where none does (CONTRACT,
        ``billing.report``).
        """
        listed = self.by_sid.get(name)
        if listed:
            return listed.sid
        found = self.sid_by_id.get(name) or self.sid_by_id.get(identifier)
        return found or (identifier if identifier in self.by_sid else name or identifier)

    def of_line(self, line: LineItem) -> str:
        """The sid of the project that a by-project line names, "" where it names none."""
        return self.resolve(text_of(line.project), text_of(line.project_id))

    def name_of(self, sid: str) -> str:
        """The display name of the project, "" where no list shows it."""
        project = self.by_sid.get(sid)
        return project.name if project else ""
