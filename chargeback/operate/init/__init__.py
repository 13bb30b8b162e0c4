"""``init``: from a credential to a ``config.toml`` that loads, with everything that was guessed shown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from chargeback.allocate.ownership import Ownership
from chargeback.archive.file_system import storage_error
from chargeback.config import Config, parse
from chargeback.errors import ConfigurationError
from chargeback.model.period import Period
from chargeback.operate.init.config_text import plain, written
from chargeback.operate.init.proposal import Proposal, propose
from chargeback.operate.init.survey import Survey, survey

__all__ = ["Draft", "draft", "refuse_existing", "survey", "write"]

FALLBACK_TIMEZONE = "Asia/Bangkok"
"""Where no invoice tells: the platform's operator and most of its users are there (CONTRACT)."""
FILE_MODE = 0o640


@dataclass(frozen=True, slots=True)
class Draft:
    """A configuration that is not written yet: what it rests on, its text, and what that text loads as."""

    survey: Survey
    proposal: Proposal
    text: str
    config: Config
    unowned: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """What was found and what was guessed, a line each."""
        known = self.survey.timezone == self.config.timezone_name
        reason = f"{self.survey.invoices} invoices say so" if known else "assumed: no invoice shows it"
        yield f"platform   {self.survey.endpoint} with {self.survey.credential}"
        yield f"time zone  {self.config.timezone_name} ({reason})"
        for account in self.survey.accounts:
            note = f": {account.problem}" if account.problem else ""
            yield f"account    {account.id} {plain(account.name)} ({account.role or 'role unknown'}){note}"
        for team in self.proposal.teams:
            yield f"team       {team.id} (guessed): {', '.join(team.projects)}"
        for sid in self.proposal.shared:
            yield f"shared     {sid} (guessed), proportional to the teams' direct cost"
        for name, globs in self.proposal.environments.items():
            yield f"env        {name} (guessed): {', '.join(globs)}"
        if self.unowned:
            yield f"unowned    {', '.join(self.unowned)}"

    def to_json(self, path: Path) -> dict[str, Any]:
        """The same for machines."""
        return {
            "schema": 1,
            "path": str(path),
            "timezone": self.config.timezone_name,
            "accounts": [
                {"id": each.id, "name": each.name, "role": each.role, "readable": each.readable}
                for each in self.survey.accounts
            ],
            "teams": [{"id": team.id, "projects": list(team.projects)} for team in self.proposal.teams],
            "shared": list(self.proposal.shared),
            "environments": {name: list(globs) for name, globs in self.proposal.environments.items()},
            "unowned": list(self.unowned),
        }


def draft(found: Survey, path: Path, now: datetime, *, archive: str = "archive", timezone: str | None = None) -> Draft:
    """The configuration for what was found; it is loaded before anybody sees it."""
    zone_name = timezone or found.timezone or FALLBACK_TIMEZONE
    proposal = propose(project.sid for project in found.projects)
    place, kept_in = (os.path.normpath(path.absolute().parent / name) for name in ("x", archive))
    keeps_head = not Path(place).is_relative_to(kept_in)
    try:
        text = written(found, proposal, archive=archive, timezone=zone_name, keeps_head=keeps_head)
        config = parse(text.encode(), path)
        unowned = _unowned(found, config, now)
    except ConfigurationError:
        # A name from outside that the configuration refuses: it works without.
        proposal = Proposal(proposal.teams, proposal.shared, {})
        text = written(found, proposal, archive=archive, timezone=zone_name, names=False, keeps_head=keeps_head)
        config = parse(text.encode(), path)
        unowned = _unowned(found, config, now)
    return Draft(found, proposal, text, config, unowned)


def _unowned(found: Survey, config: Config, now: datetime) -> tuple[str, ...]:
    claims = Ownership.of(config, Period.holding(now, config.timezone))
    return tuple(project.sid for project in found.projects if claims.owner(project.sid).is_nobody)


def refuse_existing(path: Path) -> None:
    """``ConfigurationError`` where something has the name already: nothing is ever overwritten."""
    if os.path.lexists(path):
        raise ConfigurationError(
            f"{path}: exists already, and is never overwritten", remedy="name another file with -c"
        )


def write(path: Path, text: str) -> None:
    """Write a new file; ``ConfigurationError`` where the name is taken, ``StorageError`` where it cannot be written."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, FILE_MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
    except FileExistsError:
        refuse_existing(path)
    except OSError as error:
        raise storage_error(path, error) from error
