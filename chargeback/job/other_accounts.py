"""Where the other accounts stand when some of a month's failed: each state is reported (INTERFACE, exit codes)."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from chargeback.config import Config
from chargeback.errors import ChargebackError, NotReadyError, each_error
from chargeback.evidence import Evidence
from chargeback.model.books import Books, Status
from chargeback.model.check import Code, Outcome
from chargeback.month_end import close_month


class OtherAccounts(Struct, frozen=True):
    """The accounts that did not fail: ``states`` by id, and ``not_ready`` those of them that are not, as errors."""

    states: tuple[tuple[str, Status], ...] = ()
    not_ready: tuple[NotReadyError, ...] = ()

    def lines(self) -> list[str]:
        """What is reported of those that are ready."""
        ready = [(account, status) for account, status in self.states if status is not Status.NOT_READY]
        found = [f"account {account} has exceptions" for account, status in ready if status is Status.EXCEPTIONS]
        clean = len(ready) - len(found)
        if clean:
            others = "1 other account reconciles" if clean == 1 else f"{clean} other accounts reconcile"
            found.append(f"{others}; nothing is archived until all can be")
        return found


def other_accounts(evidence: Evidence, config: Config, errors: Iterable[ChargebackError]) -> OtherAccounts:
    """The month closed with them alone, as far as their answers allow; nothing of that is written."""
    failed = {cause.account for error in errors for cause in each_error(error)}
    accounts = tuple(account for account in evidence.run.accounts if account not in failed)
    if not accounts:
        return OtherAccounts()
    try:
        books = close_month(replace(evidence, run=replace(evidence.run, accounts=accounts)), config)
    except ChargebackError:
        return OtherAccounts()  # what failed is reported already, and is why the month does not close
    states = {summary.account: summary.status for summary in books.accounts}
    return OtherAccounts(tuple(states.items()), tuple(_not_ready(books)))


def _not_ready(books: Books) -> Iterable[NotReadyError]:
    waiting = {summary.account for summary in books.accounts if summary.status is Status.NOT_READY}
    for check in books.checks:
        if check.code is Code.INVOICE_ISSUED and check.account in waiting and check.outcome is not Outcome.PASS:
            yield NotReadyError(
                f"account {check.account}: not ready: {check.message}", remedy="run again later", account=check.account
            )
