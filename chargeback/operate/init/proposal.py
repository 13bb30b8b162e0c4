"""Teams, shared projects and environments as the projects' names suggest them: guesses, to be looked over by a person.

``acme-web``, ``acme-web-staging``, ``acme-shop``: ``-staging`` is an environment; ``acme`` begins the names of several
different things, so it is the organisation, and ``web`` and ``shop`` are teams. Where names share their beginning and
are few (``siam-app``, ``siam-cloud``), that beginning is the team.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chargeback.config.key_path import KeyPath
from chargeback.config.ownership import team_id
from chargeback.errors import ConfigurationError

ENVIRONMENTS: Mapping[str, str] = {
    "staging": "staging",
    "stage": "staging",
    "stg": "staging",
    "dev": "development",
    "development": "development",
    "test": "test",
    "qa": "test",
    "uat": "test",
    "preview": "preview",
    "prod": "production",
    "production": "production",
}
"""Last word of a sid -> the environment that it means."""
SHARED_WORDS = frozenset(
    {"platform", "shared", "common", "infra", "infrastructure", "monitoring", "logging", "observability", "gateway"}
)
"""Last words of projects that usually serve every team."""
MANY = 3
"""A first word that begins so many different names is an organisation's, not a team's."""


@dataclass(frozen=True, slots=True)
class ProposedTeam:
    """A team and the projects that it seems to own, in order of their sids."""

    id: str
    projects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Everything that was guessed from the sids; ``environments``: name -> globs."""

    teams: tuple[ProposedTeam, ...]
    shared: tuple[str, ...]
    environments: Mapping[str, tuple[str, ...]]


def propose(sids: Iterable[str]) -> Proposal:
    """Every project in one team or shared; environments that occur."""
    known = sorted(set(sids))
    shared = [sid for sid in known if _words(base_of(sid))[-1] in SHARED_WORDS]
    owned = [sid for sid in known if sid not in shared]
    teams: dict[str, list[str]] = defaultdict(list)
    titles = _titles({base_of(sid) for sid in owned})
    for sid in owned:
        teams[_team_id(titles[base_of(sid)])].append(sid)
    if not teams:
        shared = []  # there is nobody to share among
    proposed = tuple(ProposedTeam(name, tuple(projects)) for name, projects in sorted(teams.items()))
    return Proposal(proposed, tuple(shared), _environments(known))


def base_of(sid: str) -> str:
    """The sid without the word that says the environment."""
    head, _, last = sid.rpartition("-")
    return head if head and last.lower() in ENVIRONMENTS else sid


def patterns(projects: Iterable[str]) -> list[str]:
    """The sids, and for each of which another environment is there a glob, so that the next one is owned too."""
    known = list(projects)
    bases = {base_of(sid) for sid in known if base_of(sid) != sid}
    exact = [sid for sid in known if base_of(sid) not in bases or sid in bases]
    return sorted({*exact, *(f"{base}-*" for base in bases)})


def _titles(bases: set[str]) -> dict[str, str]:
    """Base name -> what its team is called."""
    groups: dict[str, list[str]] = defaultdict(list)
    for base in sorted(bases):
        groups[_words(base)[0]].append(base)
    return {base: _title(base, group) for group in groups.values() for base in group}


def _title(base: str, group: list[str]) -> str:
    """The second word within an organisation, else the words that the whole group shares."""
    words = _words(base)
    seconds = {_words(each)[1] for each in group if len(_words(each)) > 1}
    if len(seconds) >= MANY and len(words) > 1:
        return words[1]
    shared = 0
    while all(len(_words(each)) > shared + 1 and _words(each)[shared] == words[shared] for each in group):
        shared += 1
    return "-".join(words[: shared or None]) if len(group) > 1 else base


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[-_.]", name.lower()) if word] or [name]


def _team_id(title: str) -> str:
    """The title as a team's id; with a word in front where it would be the name of something else."""
    cleaned = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:56] or "team"
    try:
        return team_id(KeyPath(""), cleaned)
    except ConfigurationError:
        return f"team-{cleaned}"


def _environments(sids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = defaultdict(set)
    for sid in sids:
        last = sid.rpartition("-")[2]
        if base_of(sid) != sid and ENVIRONMENTS[last.lower()] != "production":
            found[ENVIRONMENTS[last.lower()]].add(f"*-{last}")
    return {name: tuple(sorted(globs)) for name, globs in sorted(found.items())}
