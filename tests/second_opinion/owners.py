"""Whose a project is, its name and its environment, from the configuration and project.list (BOOKING 5)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

from .answers import Fields, Reply, StopError, composed, first_text, items, text

UNASSIGNED, ADJUSTMENTS = "unassigned", "adjustments"
PRODUCTION = "production"
EXACT = 10**9
"""Stronger than any glob."""


@dataclass(frozen=True)
class Claim:
    """A sid or glob; ``owner`` is a team's id, an environment's name or, of a shared project, its split."""

    pattern: str
    owner: Any
    since: str = ""
    until: str = "9999-12"

    def strength_for(self, sid: str) -> int:
        """How strongly it claims the project: an exact sid beats a glob, then literal characters count; 0 for not."""
        pattern, sid = composed(self.pattern), composed(sid)
        if not set(pattern) & set("*?["):
            return EXACT if pattern == sid else 0
        literal = re.sub(r"\[.[^]]*\]|[*?]", "", pattern)
        return len(literal) + 1 if fnmatchcase(sid, pattern) else 0


class Named(NamedTuple):
    """What a source states of a project: id, sid and name, "" for what it leaves out; ``source`` counts from 0."""

    source: int
    id: str
    sid: str
    name: str = ""


@dataclass(frozen=True)
class Directory:
    """Pairs of id, sid and name, as the sources state them, the earlier statement first: it wins."""

    statements: Sequence[Named]
    shown: frozenset[str] = frozenset()
    stated: tuple[str, ...] = ()

    @cached_property
    def of_lines(self) -> Mapping[str, str]:
        """The sids that the revision has and lines state: each is its own, whatever a later source says of an id."""
        return {composed(sid): self.spelled(sid) for sid in self.stated}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Sid -> name."""
        return {composed(each.sid): each.name for each in reversed(self.statements) if each.sid and each.name}

    @cached_property
    def sids(self) -> Mapping[str, str]:
        """Id -> sid."""
        return {composed(each.id): each.sid for each in reversed(self.statements) if each.id and each.sid}

    @cached_property
    def spellings(self) -> Mapping[str, str]:
        """Sid as it is compared -> as the first source spells it."""
        return {composed(each.sid): each.sid for each in reversed(self.statements) if each.sid}

    def name(self, sid: str) -> str:
        """The project's name, "" where no source has one."""
        return self.names.get(composed(sid), "")

    def of_line(self, sid: str, id_: str) -> str:
        """The sid of a line's project: what it states, and only where it states none by its id."""
        return self.spelled(sid) if sid else self.sids.get(composed(id_), id_)

    def of_row(self, sid: str, id_: str) -> str:
        """The sid of a row's project: a server may name it by its id, or by a sid of another time."""
        if composed(sid) in self.of_lines:
            return self.of_lines[composed(sid)]
        if composed(sid) in self.spellings:
            return self.as_booked(sid)
        for name in (sid, id_):
            if composed(name) in self.sids:
                return self.sids[composed(name)]
        return sid or id_

    def as_booked(self, sid: str) -> str:
        """The sid that counts of a project that is called so: of its id, the earliest statement has it."""
        winners = {composed(each) for each in self.sids.values()}
        ids = [each.id for each in self.statements if each.id and composed(each.sid) == composed(sid)]
        return self.spelled(sid) if composed(sid) in winners or not ids else self.sids[composed(ids[0])]

    def spelled(self, sid: str) -> str:
        """The sid as the first source spells it."""
        return self.spellings.get(composed(sid), sid)


def directory_of(
    booked: Iterable[tuple[str, str, str]], lines: Iterable[Fields], reports: Iterable[Fields], listed: Reply
) -> Directory:
    """The sources in their order: the latest revision, lines that state id and sid, ``projectList``, project.list."""
    archived = [Named(0, *each) for each in booked]
    stated = [Named(1, text(line.get("projectId")), text(line.get("project"))) for line in lines]
    answered = [
        Named(2, first_text(each, "id", "projectId"), text(each.get("sid")), text(each.get("name"))) for each in reports
    ]
    known = [
        Named(3, text(item.get("id")), first_text(item, "project", "id"), text(item.get("name")))
        for item in items(listed.result)
    ]
    both = [each for each in stated if each.id and each.sid]
    sids = tuple(each.sid for each in [*archived, *stated] if each.sid)
    return Directory([*archived, *both, *answered, *known], frozenset(each.sid for each in known), sids)


@dataclass(frozen=True)
class Rules:
    """The configuration, for one month."""

    period: str
    document: Mapping[str, Any]

    @classmethod
    def of(cls, period: str, config: str) -> Rules:
        """The rules that the configuration's text gives for the month."""
        return cls(period, tomllib.loads(config, parse_float=Decimal))

    @property
    def zone(self) -> str:
        """Whose calendar months."""
        return str(self.document.get("timezone", "UTC"))

    @cached_property
    def teams(self) -> Mapping[str, Mapping[str, Any]]:
        """The teams by id, in configuration order."""
        return {team["id"]: team for team in self.document.get("teams", ())}

    @property
    def accepted(self) -> list[Mapping[str, Any]]:
        """The accepted exceptions that still hold in the month."""
        return [entry for entry in self.document.get("accepted", ()) if entry["until"] >= self.period]

    @property
    def report_is_gross(self) -> bool:
        """Whether the report's values include tax."""
        return bool(self.document.get("reconciliation", {}).get("tax_basis", "gross") == "gross")

    def is_within(self, entry: Mapping[str, Any], variance: Fraction | None) -> bool:
        """Whether an acceptance reaches that far; it reaches whatever has no variance."""
        return variance is None or ("up_to" in entry and abs(variance) <= Fraction(entry["up_to"]))

    def tolerance(self, expected: Fraction) -> Fraction:
        """What a report may differ by: the larger of an amount and a percentage."""
        given = self.document.get("reconciliation", {}).get("tolerance", {})
        absolute, percent = Fraction(given.get("absolute", "0.05")), Fraction(given.get("percent", "0"))
        return max(absolute, abs(expected) * percent / 100)

    def account_name(self, account: str, platform: str) -> str:
        """The configured name, else the platform's."""
        for entry in self.document.get("accounts", ()):
            if entry["id"] == account and entry.get("name"):
                return str(entry["name"])
        return platform

    def claims(self) -> Iterator[Claim]:
        """Every claim of teams and shared projects."""
        for team in self.teams.values():
            for entry in team.get("projects", ()):
                yield claim(entry, team["id"])
        for shared in self.document.get("shared", ()):
            limits = {key: shared[key] for key in ("from", "until") if key in shared}
            yield claim({"match": shared["project"], **limits}, shared)

    def owner(self, sid: str) -> Any:
        """The id of the team that owns the project, the ``[[shared]]`` table that it falls under, or None."""
        return strongest((each for each in self.claims() if each.since <= self.period <= each.until), sid)

    def environment(self, sid: str) -> str:
        """The project's environment; "" without a project."""
        if not sid:
            return ""
        claims = [
            Claim(pattern, name)
            for name, patterns in self.document.get("environments", {}).items()
            for pattern in ([patterns] if isinstance(patterns, str) else patterns)
        ]
        return strongest(claims, sid) or PRODUCTION


def claim(entry: Any, owner: Any) -> Claim:
    """A claim as it stands in the configuration: a pattern, or a table with months."""
    if isinstance(entry, str):
        return Claim(entry, owner)
    return Claim(entry["match"], owner, entry.get("from", ""), entry.get("until", "9999-12"))


def strongest(claims: Iterable[Claim], sid: str) -> Any:
    """Whose the project is by the strongest claim; None where nobody claims it; exit 2 where two are equal."""
    ranked = sorted(((each.strength_for(sid), each.owner) for each in claims), key=lambda pair: -pair[0])
    if not ranked or not ranked[0][0]:
        return None
    if any(strength == ranked[0][0] and owner != ranked[0][1] for strength, owner in ranked):
        raise StopError(2, f"{sid!r} is claimed twice alike")
    return ranked[0][1]
