"""Which project a name, an id or both mean, and what it is called (BOOKING 5; CONTRACT, ``billing.report``).

A project is named by its sid in one place and may be named by its id in another. Four sources say which belong
together; the earlier one wins, so that what a month was booked with stays: a project that is renamed, deleted or no
longer shown afterwards moves no money. Text is compared after NFC, and keeps the spelling of its first statement.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from sys import intern

from msgspec import Struct, field

from chargeback.evidence import ProjectPair
from chargeback.model.answers import LineItem, ProjectAnswer, text_of
from chargeback.model.text import normalized


class Source(IntEnum):
    """Who states a pair, the earlier the stronger."""

    REVISION = 1
    LINE = 2
    REPORT = 3
    LIST = 4

    @property
    def title(self) -> str:
        """How a message calls it."""
        return _TITLES[self]


_TITLES = {
    Source.REVISION: "the month's latest revision",
    Source.LINE: "an invoice line",
    Source.REPORT: "the report's projectList",
    Source.LIST: "project.list",
}


class Project(Struct, frozen=True):
    """A project that ``project.list`` shows; ``name`` and ``account`` are "" where the list does not say."""

    sid: str
    id: str
    name: str
    account: str


class Contradiction(Struct, frozen=True):
    """Two statements that do not agree: ``kept`` is the earlier one's sid or name, ``other`` the later one's.

    ``id`` is that of a project with two sids, "" where it is the name of the project ``sid`` that differs.
    """

    id: str
    sid: str
    kept: str
    kept_by: Source
    other: str
    other_by: Source

    @property
    def projects(self) -> tuple[str, ...]:
        """The sids concerned."""
        return (self.kept, self.other) if self.id else (self.sid,)

    def __str__(self) -> str:
        """One sentence for a person."""
        what = f'the project of id "{self.id}"' if self.id else self.sid
        return (
            f'{what} is "{self.kept}" in {self.kept_by.title} and "{self.other}" in {self.other_by.title}: '
            f'it is booked as "{self.kept}"'
        )


class ProjectDirectory(Struct):
    """All that is known of projects; ``by_sid`` are those that ``project.list`` shows now, ``refusals`` say why one of
    these lists could not be had.
    """

    by_sid: dict[str, Project] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    contradictions: list[Contradiction] = field(default_factory=list)
    _spellings: dict[str, str] = field(default_factory=dict)
    _sids: dict[str, Source] = field(default_factory=dict)
    _ids: dict[str, tuple[str, Source]] = field(default_factory=dict)
    _names: dict[str, tuple[str, Source]] = field(default_factory=dict)
    _with_id: set[str] = field(default_factory=set)
    _renamed: dict[str, str] = field(default_factory=dict)

    def state(self, pair: ProjectPair, source: Source) -> None:
        """Take in what a source says; sources come in their order, and of one source the earlier statement counts."""
        sid = self.spelled(pair.sid)
        if not sid:
            return
        self._sids.setdefault(_key(sid), source)
        if pair.id:
            self._state_id(pair.id, sid, source)
        if pair.name:
            self._state_name(sid, pair.name, source)

    def _state_id(self, identifier: str, sid: str, source: Source) -> None:
        kept, kept_by = self._ids.setdefault(_key(identifier), (sid, source))
        if kept == sid:
            self._with_id.add(_key(sid))
            return
        self.contradictions.append(Contradiction(identifier, kept, kept, kept_by, sid, source))
        self._renamed.setdefault(_key(sid), kept)

    def _state_name(self, sid: str, name: str, source: Source) -> None:
        kept, kept_by = self._names.setdefault(_key(sid), (name, source))
        if source is not kept_by and normalized(kept) != normalized(name):
            self.contradictions.append(Contradiction("", sid, kept, kept_by, name, source))

    def add(self, items: Iterable[ProjectAnswer]) -> None:
        """Take in the items of one ``project.list``; of two entries for one project the first counts."""
        for item in items:
            sid, identifier = text_of(item.project) or text_of(item.id), text_of(item.id)
            if not sid:
                continue
            name = intern(item.name or "")
            self.state(ProjectPair(identifier, sid, name), Source.LIST)
            project = Project(self.spelled(sid), identifier, name, text_of(item.billing_account))
            self.by_sid.setdefault(project.sid, project)

    def spelled(self, sid: str) -> str:
        """The sid in the spelling in which it was met first."""
        return self._spellings.setdefault(_key(sid), sid)

    def resolve(self, name: str, identifier: str = "") -> str:
        """The sid of the project that a report's row names by sid (or by id where sids stand), and perhaps by id too.

        A sid that the month was booked with, or that a line states, stands. Else an id counts as it was paired before
        the list of now; then what any source knows of the two, and at last the name as it came.
        """
        if self._sids.get(_key(name), Source.LIST) <= Source.LINE:
            return self.spelled(name)
        sid, source = self._ids.get(_key(identifier), ("", Source.LIST))
        if sid and source < Source.LIST:
            return sid
        if _key(name) in self._sids:
            renamed = None if _key(name) in self._with_id else self._renamed.get(_key(name))
            return renamed or self.spelled(name)
        by_id, _ = self._ids.get(_key(name), (sid, source))
        if by_id:
            return by_id
        return self.spelled(identifier if _key(identifier) in self._sids else name or identifier)

    def of_line(self, line: LineItem) -> str:
        """The sid of the project that a by-project line names, "" where it names none: a line that states a sid is of
        that sid; its id counts only where it states none.
        """
        name, identifier = text_of(line.project), text_of(line.project_id)
        if name and _key(name) in self._sids:
            return self.spelled(name)
        sid, _ = self._ids.get(_key(name or identifier), ("", Source.LIST))
        return sid or self.spelled(name or identifier)

    def name_of(self, sid: str) -> str:
        """The display name of the project, "" where no source has one."""
        name, _ = self._names.get(_key(sid), ("", Source.LIST))
        return name

    def pairs_of(self, sids: Iterable[str]) -> tuple[ProjectPair, ...]:
        """What is known of these projects, one pair an id, by sid and then id: what a later revision goes on from."""
        wanted = {_key(sid): sid for sid in sids if sid}
        pairs = [(sid, identifier) for identifier, (sid, _) in self._ids.items() if _key(sid) in wanted]
        with_id = {_key(sid) for sid, _ in pairs}
        pairs += [(self.spelled(sid), "") for key, sid in wanted.items() if key not in with_id]
        return tuple(ProjectPair(identifier, sid, self.name_of(sid)) for sid, identifier in sorted(pairs))


def _key(text: str) -> str:
    return text if text.isascii() else normalized(text)
