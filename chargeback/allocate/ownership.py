"""Who owns a project in a month, and which environment it is (BOOKING 5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fnmatch import translate

from msgspec import Struct, field

from chargeback.config import Config, ProjectClaim, SharedProject, Team
from chargeback.errors import ConfigurationError
from chargeback.evidence.period import Period
from chargeback.model.text import normalized

PRODUCTION = "production"


class Owner(Struct, frozen=True):
    """A project's owner: one team, a shared entry, or nobody."""

    team: Team | None = None
    shared: SharedProject | None = None

    @property
    def is_nobody(self) -> bool:
        """Whether no claim covers the project."""
        return self.team is None and self.shared is None


NOBODY = Owner()


class _Contender(Struct, frozen=True):
    claim: ProjectClaim
    owner: Owner
    title: str
    match: Callable[[str], object]
    strength: tuple[bool, int]

    @classmethod
    def of(cls, claim: ProjectClaim, owner: Owner, title: str) -> _Contender:
        match = re.compile(translate(claim.pattern)).match if claim.is_glob else claim.pattern.__eq__
        return cls(claim, owner, title, match, (not claim.is_glob, claim.literal_characters))


class _Contest:
    """Claims of one kind, the exact ones by sid, the globs with the strongest first."""

    def __init__(self, contenders: Iterable[_Contender], quarrel: str) -> None:
        self.contenders = tuple(contenders)
        self._quarrel = quarrel
        self._exact: dict[str, list[_Contender]] = {}
        for contender in self.contenders:
            if not contender.claim.is_glob:
                self._exact.setdefault(contender.claim.pattern, []).append(contender)
        globs = [contender for contender in self.contenders if contender.claim.is_glob]
        self._globs = sorted(globs, key=lambda contender: contender.strength, reverse=True)
        self._by_ends: dict[tuple[int, int], dict[tuple[str, str], list[int]]] = {}
        for place, glob in enumerate(self._globs):
            begins, ends = _ends(glob.claim.pattern)
            alike = self._by_ends.setdefault((len(begins), len(ends)), {})
            alike.setdefault((begins, ends), []).append(place)

    def winner(self, project: str) -> _Contender | None:
        """The strongest claim, None if there is none; ``ConfigurationError`` where equal claims meet."""
        compared = normalized(project)
        best = self._exact.get(compared) or self._best_globs(compared)
        if not best:
            return None
        if len({(id(each.owner.team), id(each.owner.shared), each.title) for each in best}) > 1:
            claims = " and ".join(f'{contender.title} ("{contender.claim.pattern}")' for contender in best)
            raise ConfigurationError(
                f'project "{project[:80]}" {self._quarrel} {claims}',
                remedy="name the project itself in the one it belongs to",
            )
        return best[0]

    def _best_globs(self, project: str) -> list[_Contender]:
        """The strongest globs that match, of equal ones all, in order; only those whose ends the project has are tried:
        every team may have one."""
        places = sorted(
            place
            for (begins, ends), alike in self._by_ends.items()
            for place in alike.get((project[:begins], project[len(project) - ends :]), ())
            if self._globs[place].match(project)
        )
        found = [self._globs[place] for place in places]
        return [each for each in found if each.strength == found[0].strength]


def _ends(glob: str) -> tuple[str, str]:
    """The text before the first wildcard and behind the last, which every project that the glob matches has."""
    return re.split(r"[*?[]", glob, maxsplit=1)[0], re.split(r"[*?\]]", glob)[-1]


class Ownership(Struct):
    """All claims of a month; each project is decided once. ``ConfigurationError`` where equal claims meet."""

    period: Period
    _projects: _Contest
    _environment_patterns: _Contest
    _owners: dict[str, Owner] = field(default_factory=dict)
    _environments: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, config: Config, period: Period) -> Ownership:
        """The claims of the configuration that hold in the month."""
        teams = [(claim, Owner(team=team), f'team "{team.id}"') for team in config.teams for claim in team.projects]
        shared = [(entry, Owner(shared=entry), "a [[shared]] entry") for entry in config.shared]
        active = [_Contender.of(*claimed) for claimed in (*teams, *shared) if claimed[0].active_in(period)]
        environments = [
            _Contender.of(claim, NOBODY, name) for name, claims in config.environments.items() for claim in claims
        ]
        return cls(
            period,
            _Contest(active, "is claimed equally by"),
            _Contest(environments, "belongs equally to the environments"),
        )

    def owner(self, project: str) -> Owner:
        """The project's owner in the month."""
        owner = self._owners.get(project)
        if owner is None:
            best = self._projects.winner(project)
            owner = self._owners[project] = best.owner if best else NOBODY
        return owner

    def environment(self, project: str) -> str:
        """The project's environment: "production" where no pattern matches, "" without a project."""
        if not project:
            return ""
        environment = self._environments.get(project)
        if environment is None:
            best = self._environment_patterns.winner(project)
            environment = self._environments[project] = best.title if best else PRODUCTION
        return environment

    def unmatched(self, projects: Iterable[str]) -> list[tuple[str, str]]:
        """The claims (pattern, who claims) that match none of the projects."""
        known = {normalized(project) for project in projects}
        return [
            (contender.claim.pattern, contender.title)
            for contender in self._projects.contenders
            if not (any(map(contender.match, known)) if contender.claim.is_glob else contender.claim.pattern in known)
        ]
