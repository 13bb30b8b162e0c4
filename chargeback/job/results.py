"""What came of a month: books, where they stand, what changed, what failed; and the exit code of it all.

Where some accounts failed, the state of each other one is reported (INTERFACE, exit codes).
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from chargeback.archive.revision import Revision
from chargeback.config import Config
from chargeback.config.address import Place
from chargeback.errors import EXCEPTIONS, RECONCILED, ChargebackError, NotReadyError, decisive_exit, each_error
from chargeback.evidence import Evidence, RestatedTotal, RestatementEvent
from chargeback.evidence.period import Period
from chargeback.job.restatement_events import Restated
from chargeback.model.books import Books, Status
from chargeback.model.check import Code, Outcome
from chargeback.month_end import close_month


class MonthResult(Struct, frozen=True):
    """One month of a run.

    ``books`` are None where the month could not be closed. ``revision``, ``path`` and ``head`` are those of the month's
    latest revision, None if there is none; ``written``: this run made it; ``is_new``: the result is another one than
    that revision's, be it written or, of a dry run, not. ``changes`` and ``events`` are those of such a result,
    ``standing`` and ``standing_events`` those that the latest revision made where none was written, None and none where
    there is none. ``states``: of a month that failed, where the accounts stand that did not.
    """

    period: Period
    exit: int
    books: Books | None = None
    errors: tuple[ChargebackError, ...] = ()
    revision: int | None = None
    path: Place | None = None
    head: str | None = None
    changes: tuple[RestatedTotal, ...] = ()
    events: tuple[RestatementEvent, ...] = ()
    written: bool = False
    is_new: bool = False
    standing: tuple[RestatedTotal, ...] | None = None
    standing_events: tuple[RestatementEvent, ...] = ()
    states: tuple[tuple[str, Status], ...] = ()


EXIT_OF_STATUS = {
    Status.RECONCILED: RECONCILED,
    Status.EXCEPTIONS: EXCEPTIONS,
    Status.NOT_READY: NotReadyError.exit_code,
}


def of_books(
    books: Books,
    period: Period,
    latest: Revision | None,
    *,
    written: bool = False,
    is_new: bool = False,
    restated: Restated | None = None,
) -> MonthResult:
    """The result of a month whose books could be closed, ready or not."""
    return MonthResult(
        period=period,
        exit=EXIT_OF_STATUS[books.status],
        books=books,
        revision=latest.name.number if latest else None,
        path=latest.root if latest else None,
        head=latest.sha256 if latest else None,
        changes=restated.changes if restated else (),
        events=restated.events if restated else (),
        written=written,
        is_new=is_new,
        standing=latest.run_record().restated if latest and not written else None,
        standing_events=latest.run_record().events if latest and not written else (),
    )


def of_errors(
    errors: Iterable[ChargebackError], period: Period, states: tuple[tuple[str, Status], ...] = ()
) -> MonthResult:
    """The result of a month that failed."""
    causes = tuple(cause for error in errors for cause in each_error(error))
    return MonthResult(period, decisive_exit(cause.exit_code for cause in causes), errors=causes, states=states)


def exit_of(results: Iterable[MonthResult]) -> int:
    """The exit code of a whole run: the first of the table's precedence among its months'."""
    return decisive_exit(result.exit for result in results)


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
            message = f"account {check.account}: {check.message}"
            yield NotReadyError(message, remedy="run again later", account=check.account)
