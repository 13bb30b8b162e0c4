"""One call of a function, and what its caller may see: the rules of access, in one place."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from chargeback.sandbox.credentials import BILLING_ROLES, Credential
from chargeback.sandbox.dialect import ApiError, Dialect
from chargeback.sandbox.documents import Links
from chargeback.sandbox.events import Absent, Inactive, holding
from chargeback.sandbox.records import Account, Invoice, Project, Status
from chargeback.sandbox.world import World

INACTIVE = "api: billing account not active, please contact us via email to activate billing account"
NO_PERMISSION = "api: you do not have permission to perform this action on the billing account"


class Reply(NamedTuple):
    """A result to be made, and the key it may be kept under."""

    key: Hashable | None
    make: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a function by an admitted caller, at an instant."""

    function: str
    payload: Mapping[str, Any]
    caller: Credential
    now: datetime
    world: World
    dialect: Dialect
    links: Links

    @property
    def subject(self) -> str:
        return self.dialect.subject(self.function, self.payload)

    def sees(self, account_id: str) -> bool:
        return self.caller.sees(account_id) and self.world.listed(account_id, self.now)

    def active(self, account_id: str) -> bool:
        return all(event.account != account_id for event in holding(self.world.events, Inactive, self.now))

    def account(self) -> Account:
        """The account asked for, if the caller may read its billing."""
        account = self.world.account(self.subject)
        if account is None or not self.caller.sees(account.id):
            raise ApiError("api: billing account not found")
        for event in holding(self.world.events, Absent, self.now):
            if event.account == account.id:
                raise ApiError(event.message)
        if self.caller.role not in BILLING_ROLES:
            raise ApiError(NO_PERMISSION)
        return account

    def invoice(self) -> tuple[Invoice, Status]:
        """The invoice asked for as it is now, if the caller may see it; drafts only where they are shown."""
        invoice = self.world.invoice(self.subject)
        status = invoice.status(self.now) if invoice else None
        if invoice is None or status is None or not self.sees(invoice.account.id):
            raise ApiError("api: invoice not found")
        if status == "draft" and not self.world.drafts_shown:
            raise ApiError("api: invoice not found")
        if self.caller.role not in BILLING_ROLES:
            raise ApiError(NO_PERMISSION)
        return invoice, status

    def projects(self) -> list[Project]:
        """The projects that the caller sees, which may be fewer than are billed."""
        visible = [project for project in self.world.projects if self.sees(project.account)]
        if self.caller.projects == "none":
            return []
        if self.caller.projects == "few":
            return list({project.account: project for project in reversed(visible)}.values())[::-1]
        return visible

    def project(self) -> Project:
        """The project asked for, if the caller sees it."""
        found = [project for project in self.projects() if project.sid == self.subject]
        if not found:
            raise ApiError("api: project not found")
        return found[0]
