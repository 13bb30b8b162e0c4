"""Teams, shared projects and environments as the projects' names suggest them: guesses, to be looked over by a person.

``acme-web``, ``acme-web-staging``, ``acme-shop``: ``-staging`` is an environment; ``acme`` begins the names of several
different things, so it is the organisation, and ``web`` and ``shop`` are teams. Where names share their beginning and
are few (``siam-app``, ``siam-cloud``), that beginning is the team.

What the platform says to somebody who has no configuration yet: accounts, roles, projects, time zone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from chargeback.collect.clock import Clock
from chargeback.collect.credentials import Credential
from chargeback.collect.session import open_session
from chargeback.config import Config
from chargeback.config.forms import team_id
from chargeback.config.key_path import KeyPath
from chargeback.errors import AccessError, AnswerError, ChargebackError, ConfigurationError
from chargeback.evidence import MemoryStore
from chargeback.model import answers as wire
from chargeback.model.projects import Project
from chargeback.operate.doctor.configuration import guessed_zone, invoice_starts
from chargeback.operate.doctor.platform import ROLES
from chargeback.operate.questions import PlatformQuestions

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


class SurveyedAccount(Struct, frozen=True):
    """A billing account; ``readable`` where its invoices may be read, ``problem`` says why not."""

    id: str
    name: str
    role: str
    readable: bool
    problem: str = ""


class Survey(Struct, frozen=True):
    """``timezone`` is None where no invoice shows one; ``invoices`` counts those that do."""

    endpoint: str
    credential: str
    accounts: tuple[SurveyedAccount, ...]
    projects: tuple[Project, ...]
    timezone: str | None
    invoices: int


def survey(environ: Mapping[str, str], clock: Clock) -> Survey:
    """Ask the platform, with the credential of the environment; the errors of a run (exit 5 and 6)."""
    config = Config(archive=Path("archive"))
    with open_session(config, environ, MemoryStore(), clock=clock) as session:
        questions, credential = PlatformQuestions(session), session.credentials.of()
        listed = questions.listed_accounts(credential)
        if not listed:
            raise AccessError(
                "no billing account: billing.list is empty", remedy="ask for access to one, as accountant"
            )
        surveyed = [_account(questions, credential, item) for item in listed]
        directory, _ = questions.projects([credential])
    ours = {account.id for account, _ in surveyed if account.readable}
    starts = [start for _, invoices in surveyed for start in invoice_starts(invoices)]
    projects = sorted(directory.by_sid.values(), key=lambda project: project.sid)
    return Survey(
        endpoint=session.endpoint,
        credential=credential.source,
        accounts=tuple(account for account, _ in surveyed),
        projects=tuple(project for project in projects if not project.account or project.account in ours),
        timezone=guessed_zone(starts),
        invoices=len(starts),
    )


def _account(
    questions: PlatformQuestions, credential: Credential, item: wire.AccountAnswer
) -> tuple[SurveyedAccount, list[wire.InvoiceAnswer]]:
    """The account, and its invoices where they may be read."""
    identifier, name, role = wire.text_of(item.id), item.name or "", item.role or ""
    if role and role not in ROLES:
        return SurveyedAccount(identifier, name, role, readable=False, problem=f"the role is {role}"), []
    request = {"id": identifier, "billingAccountId": identifier}
    try:
        invoices = questions.items("billing.listInvoices", request, wire.InvoiceAnswer, credential, account=identifier)
    except (AccessError, AnswerError) as error:
        return SurveyedAccount(identifier, name, role, readable=False, problem=error.message), []
    except ChargebackError as error:
        if "not active" not in error.message:
            raise
        return SurveyedAccount(identifier, name, role, readable=True, problem="not active"), []
    return SurveyedAccount(identifier, name, role, readable=True), invoices


class ProposedTeam(Struct, frozen=True):
    """A team and the projects that it seems to own, in order of their sids."""

    id: str
    projects: tuple[str, ...]


class Proposal(Struct, frozen=True):
    """Everything that was guessed from the sids; ``environments``: name -> globs."""

    teams: tuple[ProposedTeam, ...]
    shared: tuple[str, ...]
    environments: Mapping[str, tuple[str, ...]]


def propose(sids: Iterable[str]) -> Proposal:
    """Every project in one team or shared; environments that occur."""
    known = sorted(set(sids))
    shared = [sid for sid in known if _words(base_of(sid))[-1] in SHARED_WORDS]
    owned = sorted(set(known) - set(shared))
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
    """Base name -> what its team is called: the second word within an organisation, else the words that the whole group
    shares. A group begins with the same word."""
    groups: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for base in sorted(bases):
        words = _words(base)
        groups[words[0]][base] = words
    titles: dict[str, str] = {}
    for group in groups.values():
        is_organisation = len({words[1] for words in group.values() if len(words) > 1}) >= MANY
        shared = _words_shared(list(group.values()))
        for base, words in group.items():
            alone = base if len(group) == 1 else "-".join(words[: shared or None])
            titles[base] = words[1] if is_organisation and len(words) > 1 else alone
    return titles


def _words_shared(group: list[list[str]]) -> int:
    """With how many words all begin; each keeps one of its own."""
    most = min(map(len, group)) - 1
    return next((place for place in range(most) if len({words[place] for words in group}) > 1), most)


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
