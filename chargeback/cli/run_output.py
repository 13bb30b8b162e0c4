"""A run as a person or cron sees it: progress on a terminal, one line a month, exceptions on stderr, or JSON."""

from __future__ import annotations

import os
import sys
from typing import Any

from msgspec.structs import asdict

from chargeback.cli.outcome import error_lines, failure
from chargeback.cli.printing import progress_on_terminal, say, tell, write_json
from chargeback.collect.clock import Clock, SystemClock
from chargeback.config import Config
from chargeback.evidence import RestatementEvent
from chargeback.evidence.period import Period
from chargeback.job.restatement import change_row
from chargeback.job.results import MonthResult, exit_of
from chargeback.job.run import RunRequest, Surroundings, run
from chargeback.job.stages import CLOSE, COLLECT, LIST, WRITE
from chargeback.model.archive_overview import event_text, restatement_lines
from chargeback.model.books import Books, Status
from chargeback.model.catalogue import operator_remedy
from chargeback.model.check import Code, Outcome
from chargeback.model.money import format_minor
from chargeback.model.wording import books_status_text, counted, finding_text
from chargeback.operate.notify import watched
from chargeback.publish.reconciliation import document

_MOST_LINES = 30
STAGES = {
    LIST: "asks which months have changed",
    COLLECT: "asks the platform",
    CLOSE: "closes the month",
    WRITE: "writes files",
}


def run_and_tell(
    config: Config,
    *,
    period: str | None = None,
    only: tuple[str, ...] = (),
    dry_run: bool = False,
    catch_up: bool = False,
    json_output: bool = False,
    verbose: bool = False,
    clock: Clock | None = None,
) -> int:
    """Run, tell what came of it, and return the exit code."""
    request = RunRequest(None if period is None else Period.parse(period), only, dry_run, catch_up)
    clock = clock or SystemClock()
    with watched(config, os.environ, clock, tell, silent=dry_run) as watcher, progress_on_terminal(STAGES) as progress:
        results = watcher.results = run(config, request, Surroundings(os.environ, clock, progress, tell))
    for result in results:
        _tell_result(result, json_output=json_output, chatty=verbose or dry_run or sys.stdout.isatty())
    if json_output:
        documents = [to_document(result) for result in results]
        write_json(_of_periods(documents, results) if catch_up else documents[-1])
    return exit_of(results)


def _tell_result(result: MonthResult, *, json_output: bool, chatty: bool) -> None:
    for line in error_lines(result.errors):
        tell(line, error=True)
    books = result.books
    if books is None:
        return
    if not json_output and (result.written or chatty or result.exit):
        say(summary_line(result, books))
    _tell_findings(books)
    restates = f"r{result.revision} restates" if result.written else "would restate"
    for line in restatement_lines(result.changes, result.events, result.period):
        tell(f"{result.period} {restates} {line}")


def summary_line(result: MonthResult, books: Books) -> str:
    """The month in one line: status, totals, where it is, and the head to keep elsewhere."""
    amounts = ", ".join(f"{format_minor(total.gross, total.digits)} {total.currency}" for total in books.totals)
    parts = [
        f"{result.period}",
        books_status_text(books),
        counted(len(books.posting.postings), "account"),
        amounts or "nothing billed",
    ]
    if result.is_new and not result.written:
        parts.append(f"a run would write r{(result.revision or 0) + 1}")
    elif result.path is not None:
        state = "written" if result.written else "nothing new" if result.exit in (0, 3) else "latest"
        parts += [f"{state}: {result.path}", f"head {result.head}"]
    return "  ".join(parts)


def _tell_findings(books: Books) -> None:
    findings = [finding for finding in books.open_findings if finding.code is not Code.PRIOR_PERIODS]
    for finding in findings[:_MOST_LINES]:
        tell(f"{books.period} {finding_text(finding)} -> {operator_remedy(finding.code)}")
    if len(findings) > _MOST_LINES:
        more = counted(len(findings) - _MOST_LINES, "more finding")
        tell(f"{books.period}: and {more}: chargeback findings {books.period}")
    later = [check for check in books.having(Outcome.EXCEPTION) if check.code is Code.PRIOR_PERIODS]
    if later:
        months = ", ".join(sorted({check.subject_name for check in later}))
        differing = f"{counted(len(later), 'invoice')} of {months} {'differs' if len(later) == 1 else 'differ'}"
        tell(f"{books.period} prior-periods: {differing} from the archive: run --catch-up")


def to_document(result: MonthResult) -> dict[str, Any]:
    """INTERFACE's JSON of one month of a run."""
    if result.books is None:
        if result.exit == 4:
            return _not_ready(result)
        states = [{"account": account, "status": status.value} for account, status in result.states]
        return {**failure(result.errors, result.exit), "period": str(result.period), "accounts": states}
    return {
        **document(result.books),
        "revision": result.revision,
        "path": str(result.path) if result.path else None,
        "head": result.head,
        "changes": _changes(result),
        "events": [{**asdict(event), "message": event_text(event)} for event in _events(result)],
    }


def _changes(result: MonthResult) -> list[dict[str, str]] | None:
    """Those of the revision that was written; where none was, of the latest one, None if there is none."""
    found = result.changes if result.written else result.standing
    return None if found is None else [change_row(change) for change in found]


def _events(result: MonthResult) -> tuple[RestatementEvent, ...]:
    """As ``_changes``."""
    return result.events if result.written else result.standing_events


def _of_periods(documents: list[dict[str, Any]], results: list[MonthResult]) -> dict[str, Any]:
    """All months of a run; on a failing exit with what failed in any of them."""
    code = exit_of(results)
    failed = {} if code in (0, 3, 4) else failure(tuple(error for each in results for error in each.errors), code)
    return {"schema": 1, **failed, "periods": documents}


def _not_ready(result: MonthResult) -> dict[str, Any]:
    return {
        "schema": 1,
        "period": str(result.period),
        "status": Status.NOT_READY.value,
        "revision": result.revision,
        "endpoint": None,
        "accepted": {"count": 0, "amounts": []},
        "not_performed": 0,
        "accounts": [],
        "checks": [],
        "findings": [],
        "path": None,
        "head": None,
        "changes": None,
        "events": [],
        "errors": failure(result.errors, result.exit)["errors"],
    }
