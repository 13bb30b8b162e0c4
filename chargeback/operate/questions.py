"""Single questions to the platform for commands that keep no evidence: ``init``, ``doctor``, ``usage``.

The answers are decoded as the monthly job decodes them; a refusal is an error here, since nothing is booked from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from chargeback.collect.credentials import Credential
from chargeback.collect.envelope import Reply
from chargeback.collect.session import Session
from chargeback.config import AccountEntry, Config
from chargeback.errors import AccessError, AnswerError, ChargebackError, PlatformError
from chargeback.evidence.period import Period
from chargeback.model import answers as wire
from chargeback.model.projects import ProjectDirectory

Decoded = TypeVar("Decoded")


class PlatformQuestions:
    """Asks within one session; threads share it."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def reply(
        self, function: str, request: Mapping[str, Any], credential: Credential, *, account: str = "", subject: str = ""
    ) -> Reply:
        """The answer, which is no refusal; ``subject`` is named in errors where no account is concerned.

        ``AccessError`` where access is refused, ``PlatformError`` for any other refusal, and the errors of a call.
        """
        reply = self.session.api.call(function, request, credential=credential, account=account)
        message = wire.refusal(reply.value)
        if message is not None:
            raise refused(function, account, message, subject)
        return reply

    def items(
        self,
        function: str,
        request: Mapping[str, Any],
        kind: type[Decoded],
        credential: Credential,
        *,
        account: str = "",
        subject: str = "",
    ) -> list[Decoded]:
        """The items of a list, whole; ``AnswerError`` where they cannot be understood or are incomplete."""
        reply = self.reply(function, request, credential, account=account, subject=subject)
        return understood(reply, lambda value: wire.decode_items(value, kind, function))

    def listed_accounts(self, credential: Credential) -> list[wire.AccountAnswer]:
        """Every account that the credential's owner may see."""
        return self.items("billing.list", {}, wire.AccountAnswer, credential)

    def projects(self, credentials: list[Credential]) -> tuple[ProjectDirectory, dict[str, Credential]]:
        """The projects that any credential shows, and by sid which one does; refusals are in the directory."""
        directory = ProjectDirectory()
        shown_by: dict[str, Credential] = {}
        for credential in credentials:
            try:
                items = self.items("project.list", {}, wire.ProjectAnswer, credential)
            except AccessError as error:
                directory.refusals.append(error.message)
                continue
            directory.add(items)
            for item in items:
                shown_by.setdefault(wire.text_of(item.project) or wire.text_of(item.id), credential)
        return directory, shown_by


def understood(reply: Reply, read: Callable[[Any], Decoded]) -> Decoded:
    """What the answer says; ``AnswerError`` with the function's name where it cannot be understood."""
    try:
        return read(reply.value)
    except AnswerError as error:
        raise AnswerError(
            f"{reply.answer.function}: {error.message}", account=reply.answer.account, remedy="run again later"
        ) from error


def refused(function: str, account: str, message: str, subject: str = "") -> ChargebackError:
    """The platform's refusal as an error: access, or anything else."""
    where = f"account {account}: {function}" if account else f"{function} of {subject}" if subject else function
    reason = " ".join(message.split())[:200]
    if wire.is_access_refusal(message):
        return AccessError(
            f'{where} was refused: "{reason}"',
            remedy="ask an owner of the account for the role accountant, or correct the id",
            account=account,
        )
    return PlatformError(f'{where} was refused: "{reason}"', remedy="run again later", account=account)


def credentials_of(session: Session, config: Config, period: Period) -> list[Credential]:
    """Each credential once: those of the configured accounts that are ours in the month or later, or the one that calls
    without an account use."""
    ours = [entry for entry in config.accounts if not entry.is_former(period)]
    entries: list[AccountEntry | None] = [*ours] or [None]
    found = [session.credentials.of(entry) for entry in entries]
    return list({id(credential): credential for credential in found}.values())
