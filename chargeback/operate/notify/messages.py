"""What there is to say of a run or a daily look: occasions, a title, a text, and the state that it stands for.

Everything in a message is public within the company: amounts, names, paths, the head's SHA-256; no secret has a way
here.

Beside it what a run leaves for machines: the ping of a dead man's switch on start, success and failure (the way of
healthchecks.io: ``/start``, ``/fail``), and for Prometheus how it ended, and the last month that is closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

from chargeback.archive.reading import Archive
from chargeback.archive.revision import Revision
from chargeback.config import Config
from chargeback.errors import ChargebackError, each_cause_once, each_error, error_exit
from chargeback.evidence.period import day_start, last_month
from chargeback.job.results import MonthResult, exit_of
from chargeback.model import archived_checks
from chargeback.model.archive_overview import restatement_lines
from chargeback.model.archived_checks import read_checks
from chargeback.model.catalogue import operator_remedy
from chargeback.model.instants import parse_instant
from chargeback.model.money import format_minor
from chargeback.model.text import one_line
from chargeback.model.wording import books_status_text, counted, finding_text
from chargeback.operate.metrics import Gauge
from chargeback.operate.notify.services import filled, missing_variables
from chargeback.publish.month_summary import team_totals

if TYPE_CHECKING:
    from chargeback.operate.usage.report import UsageReport


QUIET_EXITS = (0, 4, 8, 130)
"""Neither failures nor exceptions: reconciled, not ready, another run at work, interrupted by a person."""
ONCE = frozenset({"archived", "restated"})
"""Occasions that happen; the others are states that last."""
_MOST_FINDINGS = 20

Signal = Literal["start", "success", "fail"]
SECONDS = 5.0
"""A ping takes no longer, and is not repeated."""
ALWAYS_WELL = (0, 3)
WELL_UNTIL_DUE = (4, 8)
"""Not ready, and another run at work: well as long as the month is not overdue."""

RUN_NAME = "chargeback.prom"
USAGE_NAME = "chargeback_usage.prom"
STATUSES = ("reconciled", "exceptions")


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

    That is the month after the newest with a revision; last month if there is none at all.
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


def signal_of(code: int, *, overdue: bool) -> Signal:
    """What an exit code says to whoever watches."""
    well = code in ALWAYS_WELL or (code in WELL_UNTIL_DUE and not overdue)
    return "success" if well else "fail"


def ping(config: Config, environ: Mapping[str, str], signal: Signal) -> str:
    """What went wrong, "" where nothing did, or where there is nothing to ping; never raises, never shows the URL."""
    if config.notify.healthcheck_url is None:
        return ""
    url = filled(config.notify.healthcheck_url, environ)
    if url is None:
        names = ", ".join(missing_variables(config.notify.healthcheck_url, environ))
        return f"[notify] healthcheck_url: not set: {names}"
    import httpx

    try:
        answer = httpx.post(address(url, signal), timeout=SECONDS, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
        return f"[notify] healthcheck_url: {type(error).__name__}"
    return "" if answer.is_success else f"[notify] healthcheck_url: HTTP {answer.status_code}"


def address(url: str, signal: Signal) -> str:
    """The URL for a signal: its path with ``/start`` or ``/fail``, as it is for success."""
    if signal == "success":
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{signal}"))


def run_families(config: Config, code: int, now: datetime) -> list[Gauge]:
    """The gauges; those of the last closed month are left out as long as there is none."""
    latest = _latest(Archive(config.archive))
    return [
        Gauge("chargeback_run_exit_code", "Exit code of the last run", (({}, code),)),
        Gauge("chargeback_run_timestamp_seconds", "When the last run ended", (({}, now.timestamp()),)),
        Gauge(
            "chargeback_close_due_timestamp_seconds",
            "When the first month without a revision becomes overdue: close_by of the month after it",
            (({}, close_due(config, now).timestamp()),),
        ),
        *(_of_month(latest, config, now) if latest else ()),
    ]


def _latest(archive: Archive) -> Revision | None:
    periods = archive.periods()
    return archive.latest(periods[-1]) if periods else None


def _of_month(latest: Revision, config: Config, now: datetime) -> Iterator[Gauge]:
    """Of the newest month that has a revision."""
    exceptions = latest.interpret(archived_checks.PATH, read_checks).standing.exceptions
    created = parse_instant(latest.manifest.created)
    ended = latest.name.period.end(config.timezone)
    yield Gauge(
        "chargeback_last_closed_period",
        "The newest month with a revision: 1, its name and revision are labels",
        (({"period": str(latest.name.period), "revision": str(latest.name.number)}, 1),),
    )
    yield Gauge(
        "chargeback_last_closed_status",
        "1 for the status that the newest month with a revision has",
        tuple(({"status": status}, int(status == latest.manifest.status)) for status in STATUSES),
    )
    yield Gauge(
        "chargeback_last_closed_exceptions",
        "Exceptions of that month that nobody has accepted",
        (({}, exceptions),),
    )
    yield Gauge(
        "chargeback_last_closed_end_age_seconds",
        "Seconds since that month ended",
        (({}, round((now - ended).total_seconds())),),
    )
    if created is not None:
        yield Gauge(
            "chargeback_last_closed_revision_timestamp_seconds",
            "When that month's latest revision was made",
            (({}, created.timestamp()),),
        )
