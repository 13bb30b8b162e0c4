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


class Project(Struct, frozen=True, gc=False):
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


class _Known(Struct, gc=False):
    """What is known of one project by its sid, in the spelling in which it was met first: who states it, None where
    nobody did; its name, "" where nobody says one; whether the sid is the one that an id of it means."""

    sid: str
    source: Source | None = None
    name: str = ""
    named_by: Source | None = None
    has_id: bool = False


class _Meaning(Struct, frozen=True, gc=False):
    """The sid that an id means, and who says so."""

    sid: str
    source: Source


_MEANS_NOTHING = _Meaning("", Source.LIST)


class ProjectDirectory(Struct):
    """All that is known of projects; ``by_sid`` are those that ``project.list`` shows now, ``refusals`` say why one of
    these lists could not be had.
    """

    by_sid: dict[str, Project] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    contradictions: list[Contradiction] = field(default_factory=list)
    _known: dict[str, _Known] = field(default_factory=dict)
    _ids: dict[str, _Meaning] = field(default_factory=dict)
    _renamed: dict[str, str] = field(default_factory=dict)

    def state(self, pair: ProjectPair, source: Source) -> None:
        """Take in what a source says; sources come in their order, and of one source the earlier statement counts."""
        if not pair.sid:
            return
        known = self._met(pair.sid)
        known.source = known.source or source
        if pair.id:
            self._state_id(pair.id, known, source)
        if pair.name:
            self._state_name(pair.name, known, source)

    def _state_id(self, identifier: str, known: _Known, source: Source) -> None:
        meaning = self._ids.setdefault(_key(identifier), _Meaning(known.sid, source))
        kept, kept_by = meaning.sid, meaning.source
        if kept == known.sid:
            known.has_id = True
            return
        self.contradictions.append(Contradiction(identifier, kept, kept, kept_by, known.sid, source))
        self._renamed.setdefault(_key(known.sid), kept)

    def _state_name(self, name: str, known: _Known, source: Source) -> None:
        if known.named_by is None:
            known.name, known.named_by = name, source
        kept, kept_by = known.name, known.named_by
        if source is not kept_by and normalized(kept) != normalized(name):
            self.contradictions.append(Contradiction("", known.sid, kept, kept_by, name, source))

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

    def _met(self, sid: str) -> _Known:
        """What is known of the sid, be it that it is met for the first time."""
        key = _key(sid)
        if (known := self._known.get(key)) is None:
            known = self._known[key] = _Known(sid)
        return known

    def _stated(self, name: str) -> _Known | None:
        """What is known of the sid that a source states, None where none does."""
        known = self._known.get(_key(name))
        return known if known is not None and known.source else None

    def spelled(self, sid: str) -> str:
        """The sid in the spelling in which it was met first."""
        return self._met(sid).sid

    def resolve(self, name: str, identifier: str = "") -> str:
        """The sid of the project that a report's row names by sid (or by id where sids stand), and perhaps by id too.

        A sid that the month was booked with, or that a line states, stands. Else an id counts as it was paired before
        the list of now; then what any source knows of the two, and at last the name as it came.
        """
        stated = self._stated(name)
        if stated and stated.source and stated.source <= Source.LINE:
            return stated.sid
        meaning = self._ids.get(_key(identifier), _MEANS_NOTHING)
        if meaning.sid and meaning.source < Source.LIST:
            return meaning.sid
        if stated:
            renamed = None if stated.has_id else self._renamed.get(_key(name))
            return renamed or stated.sid
        by_id = self._ids.get(_key(name), meaning).sid
        if by_id:
            return by_id
        return self.spelled(identifier if self._stated(identifier) else name or identifier)

    def of_line(self, line: LineItem) -> str:
        """The sid of the project that a by-project line names, "" where it names none: a line that states a sid is of
        that sid; its id counts only where it states none.
        """
        name, identifier = text_of(line.project), text_of(line.project_id)
        if name and (stated := self._stated(name)):
            return stated.sid
        means = self._ids.get(_key(name or identifier), _MEANS_NOTHING)
        return means.sid or self.spelled(name or identifier)

    def name_of(self, sid: str) -> str:
        """The display name of the project, "" where no source has one."""
        known = self._known.get(_key(sid))
        return known.name if known else ""

    def pairs_of(self, sids: Iterable[str]) -> tuple[ProjectPair, ...]:
        """What is known of these projects, one pair an id, by sid and then id: what a later revision goes on from."""
        wanted = {_key(sid): sid for sid in sids if sid}
        pairs = [(means.sid, identifier) for identifier, means in self._ids.items() if _key(means.sid) in wanted]
        pairs += [(known.sid, "") for known in map(self._met, wanted.values()) if not known.has_id]
        return tuple(ProjectPair(identifier, sid, self.name_of(sid)) for sid, identifier in sorted(pairs))


def _key(text: str) -> str:
    return text if text.isascii() else normalized(text)
