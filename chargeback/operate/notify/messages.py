"""What there is to say of a run or a daily look: occasions, a title, a text, and the state that it stands for.

Everything in a message is public within the company: amounts, names, paths, the head's SHA-256; no secret has a way
here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from msgspec import Struct

from chargeback.archive.reading import Archive
from chargeback.config import Config
from chargeback.errors import ChargebackError, each_cause_once, each_error, error_exit
from chargeback.evidence.period import day_start, last_month
from chargeback.job.results import MonthResult, exit_of
from chargeback.model.archive_overview import restatement_lines
from chargeback.model.catalogue import operator_remedy
from chargeback.model.money import format_minor
from chargeback.model.text import one_line
from chargeback.model.wording import books_status_text, counted, finding_text
from chargeback.publish.month_summary import team_totals

if TYPE_CHECKING:
    from chargeback.operate.usage.report import UsageReport

QUIET_EXITS = (0, 4, 8, 130)
"""Neither failures nor exceptions: reconciled, not ready, another run at work, interrupted by a person."""
ONCE = frozenset({"archived", "restated"})
"""Occasions that happen; the others are states that last."""
_MOST_FINDINGS = 20


class News(Struct, frozen=True):
    """``kind``: whose state it is; ``occasions``: on which it is sent; ``state``: equal as long as nothing changes."""

    kind: str
    occasions: frozenset[str]
    title: str
    text: str
    state: str


def of_run(results: Iterable[MonthResult]) -> News:
    """What a run says of its months."""
    months = list(results)
    code = exit_of(months)
    parts = [line for month in months for line in _month_lines(month)]
    titles = ", ".join(f"{month.period} {_status(month)}" for month in months)
    state = [line for month in months for line in _state_lines(month)]
    return News("run", _occasions(months, code), f"chargeback: {titles}", _text(parts), fingerprint(code, state))


def of_failure(error: ChargebackError, kind: str = "run") -> News:
    """What a run, or a daily look, that ended with an error says."""
    code = error_exit(error)
    occasions = frozenset() if code in QUIET_EXITS else frozenset({"failed"})
    lines = list(_error_lines(each_error(error)))
    noun = "run" if kind == "run" else kind
    state = fingerprint(code, map(_identity, each_error(error)))
    return News(kind, occasions, f"chargeback: {noun} failed (exit {code})", _text(lines), state)


def of_usage(report: UsageReport) -> News:
    """What a daily look says: its alerts, those that go on too."""
    lines = [alert.line() for alert in report.alerts]
    names = ", ".join(alert.project for alert in report.alerts[:5])
    state = [f"{alert.project} {alert.since} {alert.last_new}" for alert in report.alerts]
    occasions = frozenset({"alert"}) if lines else frozenset[str]()
    return News(
        "usage",
        occasions,
        one_line(f"chargeback: daily cost far above usual: {names}"),
        _text(lines),
        fingerprint(0, state),
    )


def overdue(config: Config, now: datetime) -> News | None:
    """Last month without a revision, from ``close_by`` on; its state is another one each day, so it is sent daily."""
    today = now.astimezone(config.timezone).date()
    period = last_month(now, config.timezone)
    if not is_overdue(config, now):
        return None
    due = config.notify.close_by
    text = f"Day {today.day} of the month, and {period} has no revision in {config.archive} (close_by = {due})."
    return News("overdue", frozenset({"overdue"}), f"chargeback: {period} is overdue", text, f"{period} {today}")


def is_overdue(config: Config, now: datetime) -> bool:
    """Whether last month should have a revision by now and has none; a month before the first run is not due."""
    if now.astimezone(config.timezone).day < config.notify.close_by:
        return False
    archive = Archive(config.archive)
    return not archive.names(last_month(now, config.timezone))


def close_due(config: Config, now: datetime) -> datetime:
    """When the first month that has no revision yet becomes overdue: ``close_by`` of the month after it.

    That is the month after the newest with a revision; last month where there is none at all.
    """
    archived = Archive(config.archive).periods()
    waiting = archived[-1].plus(1) if archived else last_month(now, config.timezone)
    return day_start(waiting.plus(1).first_day.replace(day=config.notify.close_by), config.timezone)


def _text(lines: Iterable[str]) -> str:
    """A message's lines; no name from outside makes a line of its own in it, or steers whatever shows it."""
    return "\n".join(one_line(line, keep_spaces=True) for line in lines)


def _occasions(months: list[MonthResult], code: int) -> frozenset[str]:
    found = set()
    if any(month.exit == 3 for month in months):
        found.add("exceptions")
    if code not in (*QUIET_EXITS, 3):
        found.add("failed")
    for month in months:
        if month.written:
            found.add("archived" if month.revision == 1 else "restated")
    return frozenset(found)


def _status(month: MonthResult) -> str:
    if month.books is None:
        return "not ready" if month.exit == 4 else f"failed (exit {month.exit})"
    status = books_status_text(month.books)
    return f"{status}, r{month.revision}" if month.revision else status


def _month_lines(month: MonthResult) -> Iterator[str]:
    yield f"{month.period}: {_status(month)}"
    yield from _error_lines(month.errors)
    yield from _findings(month)
    yield from _totals(month)
    for line in restatement_lines(month.changes, month.events, month.period):
        yield f"  restates {line}"
    if month.path is not None:
        yield f"  {month.path}"
        yield f"  head {month.head}"


def _totals(month: MonthResult) -> Iterator[str]:
    """Each team's gross by currency."""
    if month.books is None:
        return
    digits = {total.currency: total.digits for total in month.books.totals}
    for total in team_totals(month.books):
        yield f"  {total.team}: {format_minor(total.gross, digits[total.currency])} {total.currency}"


def _findings(month: MonthResult) -> Iterator[str]:
    if month.books is None:
        return
    found = month.books.open_findings
    for finding in found[:_MOST_FINDINGS]:
        yield f"  finding {finding_text(finding)}"
        yield f"    to do: {finding.remedy}"
        yield f"    operator: {operator_remedy(finding.code)}"
    if len(found) > _MOST_FINDINGS:
        yield f"  and {counted(len(found) - _MOST_FINDINGS, 'more finding')}: chargeback findings {month.period}"


def _state_lines(month: MonthResult) -> Iterator[str]:
    yield f"{month.period} {month.exit} {month.revision}"
    yield from map(_identity, month.errors)
    for finding in month.books.open_findings if month.books else ():
        yield f"{finding.id} {finding.amount} {finding.checks} {finding.message}"


def _identity(error: ChargebackError) -> str:
    """What an error is, however often and however long was tried."""
    return f"{error.account} {error.cause or error.message}"


def _error_lines(errors: Iterable[ChargebackError]) -> Iterator[str]:
    for message, remedy in each_cause_once(errors):
        yield f"  {message} -> {remedy}" if remedy else f"  {message}"


def fingerprint(code: int, lines: Iterable[str]) -> str:
    """A short name of a state: its exit code and what it consists of."""
    text = "\n".join([str(code), *lines])
    return sha256(text.encode()).hexdigest()[:16]
