"""Who owns a project in a month, and which environment it is (BOOKING 5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from chargeback.config import Config, ProjectClaim, SharedProject, Team
from chargeback.errors import ConfigurationError
from chargeback.model.period import Period

PRODUCTION = "production"


@dataclass(frozen=True, slots=True)
class Owner:
    """A project's owner: one team, a shared entry, or nobody."""

    team: Team | None = None
    shared: SharedProject | None = None

    @property
    def is_nobody(self) -> bool:
        """Whether no claim covers the project."""
        return self.team is None and self.shared is None


NOBODY = Owner()


@dataclass(frozen=True, slots=True)
class _Contender:
    claim: ProjectClaim
    owner: Owner
    title: str

    @property
    def strength(self) -> tuple[bool, int]:
        return (not self.claim.is_glob, self.claim.literal_characters)


@dataclass(slots=True)
class Ownership:
    """All claims of a month; each project is decided once. ``ConfigurationError`` where equal claims meet in a
    project.
    """

    period: Period
    contenders: tuple[_Contender, ...]
    environment_contenders: tuple[_Contender, ...]
    _owners: dict[str, Owner] = field(default_factory=dict)
    _environments: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, config: Config, period: Period) -> Ownership:
        """The claims of the configuration that hold in the month."""
        teams = (
            _Contender(claim, Owner(team=team), f'team "{team.id}"') for team in config.teams for claim in team.projects
        )
        shared = (_Contender(entry.claim, Owner(shared=entry), "a [[shared]] entry") for entry in config.shared)
        environments = (
            _Contender(claim, NOBODY, name) for name, claims in config.environments.items() for claim in claims
        )
        active = tuple(contender for contender in (*teams, *shared) if contender.claim.active_in(period))
        return cls(period, active, tuple(environments))

    def owner(self, project: str) -> Owner:
        """The project's owner in the month."""
        if project not in self._owners:
            best = _strongest(project, self.contenders, "is claimed equally by")
            self._owners[project] = best.owner if best else NOBODY
        return self._owners[project]

    def environment(self, project: str) -> str:
        """The project's environment: "production" where no pattern matches, "" without a project."""
        if not project:
            return ""
        if project not in self._environments:
            best = _strongest(project, self.environment_contenders, "belongs equally to the environments")
            self._environments[project] = best.title if best else PRODUCTION
        return self._environments[project]

    def unmatched(self, projects: Iterable[str]) -> list[tuple[str, str]]:
        """The claims (pattern, who claims) that match none of the projects."""
        known = set(projects)
        return [
            (contender.claim.pattern, contender.title)
            for contender in self.contenders
            if not any(contender.claim.matches(project) for project in known)
        ]


def _strongest(project: str, contenders: Iterable[_Contender], quarrel: str) -> _Contender | None:
    matching = [contender for contender in contenders if contender.claim.matches(project)]
    if not matching:
        return None
    strength = max(contender.strength for contender in matching)
    best = [contender for contender in matching if contender.strength == strength]
    rivals = {(id(contender.owner.team), id(contender.owner.shared), contender.title) for contender in best}
    if len(rivals) > 1:
        claims = " and ".join(f'{contender.title} ("{contender.claim.pattern}")' for contender in best)
        raise ConfigurationError(
            f'project "{project[:80]}" {quarrel} {claims}', remedy="name the project itself in the one it belongs to"
        )
    return best[0]
