"""Projects nobody owns, and configured ones that do not exist: seen before they are an exception of a month."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from chargeback.allocate.ownership import Ownership
from chargeback.collect.credentials import Credential
from chargeback.config import Config
from chargeback.model.period import Period
from chargeback.model.projects import ProjectDirectory
from chargeback.operate.doctor.lines import DoctorLine, good, notice
from chargeback.operate.questions import PlatformQuestions

_MOST_NAMES = 12


def ownership(
    config: Config, questions: PlatformQuestions, credentials: list[Credential], now: datetime
) -> Iterator[DoctorLine]:
    """Who owns what the platform lists, in the current month; ``ConfigurationError`` where claims are equal."""
    directory, _ = questions.projects(credentials)
    ours = projects_of(config, directory)
    if not ours:
        yield notice(
            "projects", "the platform lists none to this credential", "nothing: ledgers name projects by their sid"
        )
        return
    claims = Ownership.of(config, Period.holding(now, config.timezone))
    unowned = [sid for sid in ours if claims.owner(sid).is_nobody]
    if unowned:
        yield notice("unowned projects", enumerated(unowned), "add each to the projects of a team, or to [[shared]]")
    else:
        yield good("projects", f"each of {len(ours)} has an owner")
    missing = [f"{pattern} of {title}" for pattern, title in claims.unmatched(directory.by_sid)]
    if missing and not directory.refusals:
        yield notice("configured projects", f"the platform lists no {enumerated(missing)}", "correct or remove them")


def projects_of(config: Config, directory: ProjectDirectory) -> list[str]:
    """The sids of the listed projects that belong to the configured accounts, or to any where none is configured."""
    accounts = {entry.id for entry in config.accounts}
    return sorted(
        project.sid
        for project in directory.by_sid.values()
        if not accounts or not project.account or project.account in accounts
    )


def enumerated(names: Iterable[str]) -> str:
    """The names, not more than a line holds."""
    known = list(names)
    more = f" and {len(known) - _MOST_NAMES} more" if len(known) > _MOST_NAMES else ""
    return ", ".join(known[:_MOST_NAMES]) + more
