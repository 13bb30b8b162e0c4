"""``[[teams]]``, ``[[shared]]`` and ``[environments]``: who owns a project, who shares it, what it is for (BOOKING 5).

Decides what can be seen without the platform: ids, months, weights, and the same sid or glob claimed twice. Which of
several different claims wins for a project is decided where the projects are known.

The same sid or glob claimed twice: seen in the file, before any project is known (BOOKING 5).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Literal, cast

from chargeback.config.key_path import KeyPath, did_you_mean, kind, listed, shown
from chargeback.config.notify import service_url
from chargeback.config.platform import months, refuse_repeated
from chargeback.config.scalars import amount, choice, number, pattern, text
from chargeback.config.settings import Budget, ProjectClaim, SharedProject, Team
from chargeback.config.table import Reader, Table, each, entries
from chargeback.model.ledger import RESERVED_TEAMS
from chargeback.model.money import known_digits

Claimed = tuple[KeyPath, str, ProjectClaim]
"""Where the claim stands, whose it is, and the claim."""


def refuse_clashes(claims: Iterable[Claimed]) -> None:
    """``ConfigurationError`` that names both where two claims of one pattern hold in the same month."""
    earlier: dict[str, list[Claimed]] = {}
    for here, owner, claim in claims:
        same = earlier.setdefault(claim.pattern, [])
        for there, other, claimed in same:
            if overlap(claim, claimed):
                problem = f"{shown(claim.pattern)} of {owner} is claimed already by {other}, at {there.key}"
                raise here.error(problem, "keep one of them, or give them months that do not overlap (from, until)")
        same.append((here, owner, claim))


def refuse_shared_pattern(place: KeyPath, environments: Mapping[str, tuple[ProjectClaim, ...]]) -> None:
    """``ConfigurationError`` where two environments, or one twice, have the same pattern."""
    seen: dict[str, str] = {}
    for name, claims in environments.items():
        for claim in claims:
            if claim.pattern in seen:
                problem = f"{shown(claim.pattern)} stands for {shown(seen[claim.pattern])} already"
                raise place.child(name).error(problem, "keep one of them")
            seen[claim.pattern] = name


def overlap(one: ProjectClaim, other: ProjectClaim) -> bool:
    """Whether there is a month in which both claims hold."""
    return _reaches(one, other) and _reaches(other, one)


def _reaches(one: ProjectClaim, other: ProjectClaim) -> bool:
    """Whether the one has begun when the other ends."""
    return one.since is None or other.until is None or one.since <= other.until


TEAM_KEYS = ("id", "name", "cost_center", "gl_account", "company", "notify", "budget", "projects")
CLAIM_KEYS = ("match", "from", "until")
SHARED_KEYS = ("project", "from", "until", "split")

ALL = "all"
"""``ledgers/all.csv`` has every team's lines, so no team may be called that."""
_TEAM_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)
_DEVICE = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]", re.ASCII)

NO_ENVIRONMENTS: Mapping[str, tuple[ProjectClaim, ...]] = MappingProxyType({})
Split = Literal["even", "proportional"] | Mapping[str, Decimal]


def teams(place: KeyPath, value: object) -> tuple[Team, ...]:
    """The ``[[teams]]`` in order, no id twice."""
    read = each(team)(place, value)
    refuse_repeated(place, (entry.id for entry in read), "team")
    return read


def team(place: KeyPath, value: object) -> Team:
    """One ``[[teams]]`` entry; without a name it is called by its id."""
    table = Table.of(place, value, TEAM_KEYS)
    name = table.required("id", team_id)
    return Team(
        id=name,
        name=table.optional("name", text, name),
        cost_center=table.optional("cost_center", text, ""),
        gl_account=table.optional("gl_account", text, ""),
        company=table.optional("company", text, ""),
        notify=table.optional("notify", each(service_url), ()),
        budget=table.optional("budget", budget, None),
        projects=table.optional("projects", each(claim), ()),
    )


def budget(place: KeyPath, value: object) -> Budget:
    """What a team may cost in a month: an amount and its currency, as in ``"12000.00 THB"``."""
    remedy = 'write an amount and a currency of ISO 4217, such as "12000.00 THB"'
    written, separator, currency = text(place, value).partition(" ")
    if not separator or known_digits(currency) is None:
        raise place.error(f"{shown(value)} is not an amount with its currency", remedy)
    return Budget(amount(place, written), currency)


def team_id(place: KeyPath, value: object) -> str:
    """A team's id, which names its files on every file system."""
    checked = text(place, value)
    if not _TEAM_ID.fullmatch(checked):
        raise place.error(f"{shown(checked)} is not a team id", "write at most 64 of a-z, 0-9 and -, no - first")
    if checked == ALL or checked in RESERVED_TEAMS:
        raise place.error(f"{shown(checked)} is the name of another ledger", "choose another id")
    if _DEVICE.fullmatch(checked):
        raise place.error(f"{shown(checked)} is the name of a device on Windows", "choose another id")
    return checked


def claim(place: KeyPath, value: object) -> ProjectClaim:
    """A sid or glob, or a table of one with the months it holds for."""
    if not isinstance(value, dict):
        return ProjectClaim(pattern(place, value))
    table = Table.of(place, value, CLAIM_KEYS)
    since, until = months(table)
    return ProjectClaim(table.required("match", pattern), since, until)


def shared(among: tuple[Team, ...]) -> Reader[tuple[SharedProject, ...]]:
    """A reader of ``[[shared]]``, whose splits are among these teams."""

    def read(place: KeyPath, value: object) -> SharedProject:
        table = Table.of(place, value, SHARED_KEYS)
        since, until = months(table)
        claimed = ProjectClaim(table.required("project", pattern), since, until)
        return SharedProject(claimed, table.required("split", split(among)))

    return each(read)


def split(among: tuple[Team, ...]) -> Reader[Split]:
    """A reader of one split: a word, or a table of weights by team id, kept in the order of the teams."""

    def read(place: KeyPath, value: object) -> Split:
        if isinstance(value, dict):
            return _weights(place, value, [team.id for team in among])
        if not isinstance(value, str):
            raise place.error(
                f"this is {kind(value)}, not a split", 'write "even", "proportional" or { team = weight, … }'
            )
        word = choice("even", "proportional")(place, value)
        if not among:
            raise place.error(f'"{word}" needs teams to share the cost, and there are none', "add [[teams]]")
        return cast(Literal["even", "proportional"], word)

    return read


def environments(place: KeyPath, value: object) -> Mapping[str, tuple[ProjectClaim, ...]]:
    """The ``[environments]`` in order: the sids or globs of each, none of them twice."""
    read = {text(place, name): _patterns(place.child(name), given) for name, given in entries(place, value).items()}
    refuse_shared_pattern(place, read)
    return MappingProxyType(read)


def refuse_competing(file: KeyPath, owners: tuple[Team, ...], shares: tuple[SharedProject, ...]) -> None:
    """``ConfigurationError`` where the same sid or glob is claimed twice for the same month."""
    claims = [
        (file.child("teams").item(t).child("projects").item(c), f'team "{owner.id}"', claimed)
        for t, owner in enumerate(owners)
        for c, claimed in enumerate(owner.projects)
    ]
    claims += [(file.child("shared").item(s), "[[shared]]", entry.claim) for s, entry in enumerate(shares)]
    refuse_clashes(claims)


def _weights(place: KeyPath, value: Mapping[str, object], known: list[str]) -> Mapping[str, Decimal]:
    for name in value:
        if name not in known:
            remedy = did_you_mean(name, known, f"teams are: {listed(known)}" if known else "add [[teams]]")
            raise place.child(name).error("there is no such team", remedy)
    weights = {name: number(place.child(name), value[name]) for name in known if name in value}
    if not any(weights.values()):
        raise place.error("no team has a weight above zero", "give at least one, such as { web = 60, data = 40 }")
    return MappingProxyType(weights)


def _patterns(place: KeyPath, value: object) -> tuple[ProjectClaim, ...]:
    if isinstance(value, list):
        return tuple(ProjectClaim(read) for read in each(pattern)(place, value))
    return (ProjectClaim(pattern(place, value)),)
