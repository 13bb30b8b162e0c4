"""What the platform says to somebody who has no configuration yet: accounts, roles, projects, time zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chargeback.collect.clock import Clock
from chargeback.collect.credentials import Credential
from chargeback.collect.session import open_session
from chargeback.config import Config
from chargeback.errors import AccessError, AnswerError, ChargebackError
from chargeback.evidence import MemoryStore
from chargeback.model import answers as wire
from chargeback.model.projects import Project
from chargeback.operate.doctor.platform import ROLES
from chargeback.operate.doctor.timezone import guessed_zone, invoice_starts
from chargeback.operate.questions import PlatformQuestions


@dataclass(frozen=True, slots=True)
class SurveyedAccount:
    """A billing account; ``readable`` where its invoices may be read, ``problem`` says why not."""

    id: str
    name: str
    role: str
    readable: bool
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """``timezone`` is None where no invoice tells; ``invoices`` counts those that told."""

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
