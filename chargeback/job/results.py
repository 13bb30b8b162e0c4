"""What came of a month: books, where they stand, what changed, what failed; and the exit code of it all."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from chargeback.archive.revision import Revision
from chargeback.config.address import Place
from chargeback.errors import EXCEPTIONS, RECONCILED, ChargebackError, NotReadyError, decisive_exit, each_error
from chargeback.evidence import RestatedTotal, RestatementEvent
from chargeback.evidence.period import Period
from chargeback.job.restatement_events import Restated
from chargeback.model.books import Books, Status


class MonthResult(Struct, frozen=True):
    """One month of a run.

    ``books`` are None where the month could not be closed. ``revision``, ``path`` and ``head`` are those of the month's
    latest revision, None where there is none; ``written``: this run made it; ``is_new``: the result is another one than
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
    told: Restated | None = None,
) -> MonthResult:
    """The result of a month whose books could be closed, ready or not."""
    return MonthResult(
        period=period,
        exit=EXIT_OF_STATUS[books.status],
        books=books,
        revision=latest.name.number if latest else None,
        path=latest.root if latest else None,
        head=latest.sha256 if latest else None,
        changes=told.changes if told else (),
        events=told.events if told else (),
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
