"""``init``: from a credential to a ``config.toml`` that loads, with everything that was guessed shown.

The commented ``config.toml`` that a survey leads to; it loads as it is, and no secret stands in it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from chargeback.allocate.ownership import Ownership
from chargeback.archive.file_system import storage_error
from chargeback.config import Config, parse, settings
from chargeback.errors import ConfigurationError
from chargeback.evidence.period import Period
from chargeback.model.text import json_text, one_line
from chargeback.operate.init.proposal import Proposal, ProposedTeam, Survey, SurveyedAccount, patterns, propose, survey

_HEAD = """\
# The configuration of chargeback, proposed by `chargeback init`: look it over, above all the teams.
# `chargeback doctor` checks it; config.example.toml explains every key. No secret stands here: the credential comes
# from the environment (DEPLOYS_AUTH_USER with DEPLOYS_AUTH_PASS, or DEPLOYS_TOKEN), a command or a file.

# Where every month is kept; relative to this file.
archive = {archive}

# The archive's newest state, kept outside of it, best on other storage: an archive that is not mounted, or was put back
# to an earlier state, stops a run.
{head}head_file = "chargeback.head"

# Whose calendar months. {timezone_reason}
timezone = {timezone}
"""
_API = """
[api]
endpoint = {endpoint}
"""
_ACCOUNTS = """
# ---- Whose bills. Without any of these, every account that the platform lists.
"""
_TEAMS = """
# ---- Who pays, guessed from the projects' names. A project that nobody claims is booked to "unassigned", and reported.
# More for each team: cost_center = "CC-100", gl_account = "6420".
"""
_NO_TEAMS = """
# ---- Who pays. The platform lists no project to this credential, so no team could be guessed:
# [[teams]]
# id = "web"
# projects = ["acme-web", "acme-web-*"]
"""
_SHARED = """
# ---- Whose cost several teams share: "proportional" to their direct cost, "even", or { web = 60, data = 40 }.
"""
_ENVIRONMENTS = """
# ---- What a project is for; nothing matched: production.
[environments]
"""
_REST = """
# ---- Whom the job notifies, and when a day's cost is out of the ordinary (needs the extra notify: docs/operations.md).
# [notify]
# urls = ["${SLACK_URL}"]
# close_by = 10
# [usage]
# floor = "50"
"""

__all__ = ["ProposedConfiguration", "draft", "refuse_existing", "survey", "write"]
FALLBACK_TIMEZONE = "Asia/Bangkok"
"""Where no invoice tells: the platform's operator and most of its users are there (CONTRACT)."""
FILE_MODE = 0o640


def written(survey: Survey, proposal: Proposal, *, archive: str, timezone: str, keeps_head: bool = True) -> str:
    """The configuration's text; ``keeps_head`` False leaves out the head file, where it would lie within the
    archive."""
    parts = _platform_parts(survey, archive, timezone, keeps_head=keeps_head)
    return "".join([*parts, *_ownership_parts(proposal), _REST])


def _platform_parts(survey: Survey, archive: str, timezone: str, *, keeps_head: bool) -> Iterable[str]:
    reason = _reason(survey, timezone)
    yield _HEAD.format(
        archive=quoted(archive), head="" if keeps_head else "# ", timezone=quoted(timezone), timezone_reason=reason
    )
    if survey.endpoint != settings.DEFAULT_ENDPOINT:
        yield _API.format(endpoint=quoted(survey.endpoint))
    yield _ACCOUNTS
    for account in survey.accounts:
        yield _account(account)


def _ownership_parts(proposal: Proposal) -> Iterable[str]:
    yield _TEAMS if proposal.teams else _NO_TEAMS
    for team in proposal.teams:
        yield _team(team)
    if proposal.shared:
        yield _SHARED
    for sid in proposal.shared:
        yield f'[[shared]]\nproject = {quoted(sid)}\nsplit = "proportional"\n\n'
    if proposal.environments:
        yield _ENVIRONMENTS
    for name, globs in proposal.environments.items():
        yield f"{name} = {_listed(globs)}\n"


def _reason(survey: Survey, timezone: str) -> str:
    if survey.timezone == timezone:
        return f"All {survey.invoices} invoices begin at its midnight."
    return "No invoice shows it: check again when there is one (`chargeback doctor`)."


def _account(account: SurveyedAccount) -> str:
    """The account's entry: without a name that the configuration would refuse, and commented out where the account may
    not be read or its id would be refused."""
    named = f"name = {quoted(account.name)}\n" if account.name.strip() else ""
    entries = [f"[[accounts]]\nid = {quoted(account.id)}\n{name}" for name in (named, "")]
    entry = next(filter(_loads, entries), None)
    role = f"# role: {plain(account.role or 'unknown')}\n"
    if account.readable and entry is not None:
        return f"{entry}{role}\n"
    commented = "".join(f"# {line}\n" for line in f"{entry or entries[-1]}{role}".splitlines())
    return f"# Not readable ({plain(account.problem or 'a configuration cannot name its id')}):\n{commented}\n"


def _loads(text: str) -> bool:
    """Whether a configuration may hold the text: what comes from outside can be anything."""
    try:
        parse(text.encode("utf-8", "surrogatepass"), Path("config.toml"))
    except ConfigurationError:
        return False
    return True


def _team(team: ProposedTeam) -> str:
    title = team.id.replace("-", " ").title()
    return (
        f"[[teams]]\nid = {quoted(team.id)}\nname = {quoted(title)}\nprojects = {_listed(patterns(team.projects))}\n\n"
    )


def _listed(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(quoted, texts))}]"


def plain(text: str) -> str:
    """A text from outside within a comment."""
    return one_line(text)


def quoted(text: str) -> str:
    """A TOML basic string of one line; the value stays the platform's, also what is written as an escape."""
    return json_text(text)


class ProposedConfiguration(Struct, frozen=True):
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
            yield f"account    {plain(account.id)} {plain(account.name)} ({account.role or 'role unknown'}){note}"
        for team in self.proposal.teams:
            yield f"team       {team.id} (guessed): {', '.join(team.projects)}"
        for sid in self.proposal.shared:
            yield f"shared     {sid} (guessed), proportional to the teams' direct cost"
        for name, globs in self.proposal.environments.items():
            yield f"env        {name} (guessed): {', '.join(globs)}"
        if self.unowned:
            yield f"unowned    {', '.join(map(plain, self.unowned))}"

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


def draft(
    found: Survey, path: Path, now: datetime, *, archive: str = "archive", timezone: str | None = None
) -> ProposedConfiguration:
    """The configuration for what was found; it is loaded before anybody sees it."""
    zone_name = timezone or found.timezone or FALLBACK_TIMEZONE
    sids = [project.sid for project in found.projects]
    proposal = propose(sid for sid in sids if _loads(_team(ProposedTeam("team", (sid,)))))
    place, kept_in = (os.path.normpath(path.absolute().parent / name) for name in ("x", archive))
    keeps_head = not Path(place).is_relative_to(kept_in)
    try:
        return _proposed(found, proposal, path, now, archive=archive, timezone=zone_name, keeps_head=keeps_head)
    except ConfigurationError:  # environments that claim one project equally: it works without
        proposal = Proposal(proposal.teams, proposal.shared, {})
        return _proposed(found, proposal, path, now, archive=archive, timezone=zone_name, keeps_head=keeps_head)


def _proposed(found: Survey, proposal: Proposal, path: Path, now: datetime, **options: Any) -> ProposedConfiguration:
    text = written(found, proposal, **options)
    config = parse(text.encode(), path)
    return ProposedConfiguration(found, proposal, text, config, _unowned(found, config, now))


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
