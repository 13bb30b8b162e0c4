"""Notifies people and monitoring of what came of a run; nothing in here ever fails the run, or changes its exit code.

One message a run, when there is something to say. What goes wrong here is reported on stderr, without addresses.

What was sent already stands in ``<archive>/.told.json``: the same state is sent once, then weekly.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct, field

from chargeback.archive.bucket import open_bucket
from chargeback.archive.file_system import FileSystem, replace_file, storage_errors
from chargeback.archive.store import store_of
from chargeback.collect.clock import Clock
from chargeback.config import Config, Notify
from chargeback.config.address import Address, Place
from chargeback.errors import AnswerError, ChargebackError, InterruptedRunError, error_exit
from chargeback.evidence.records import canonical_json
from chargeback.job.results import MonthResult, exit_of
from chargeback.model.instants import format_instant, parse_instant
from chargeback.operate.metrics import exposition, write_textfile
from chargeback.operate.notify.deliveries import deliver
from chargeback.operate.notify.messages import (
    ONCE,
    RUN_NAME,
    USAGE_NAME,
    News,
    Signal,
    is_overdue,
    of_failure,
    of_run,
    of_usage,
    overdue,
    ping,
    run_families,
    signal_of,
)
from chargeback.operate.notify.services import Message, scheme_of, send_to

if TYPE_CHECKING:
    from chargeback.operate.usage.report import UsageReport


NAME = ".told.json"
AGAIN = timedelta(days=7) - timedelta(hours=1)
"""A state that lasts is sent again after a week; an hour less, as schedulers are not exact."""
_LARGEST = 1 << 16


class SentState(Struct):
    """By kind of state ("run", "usage", "overdue"): the state that was last seen, and when it was sent ("" for not)."""

    states: dict[str, tuple[str, str]]

    @classmethod
    def read(cls, archive: Place) -> SentState:
        """What the archive's folder remembers; nothing where there is no file, or none that can be read."""
        try:
            value = json.loads(store_of(archive).read(NAME, _LARGEST))
            return cls({str(kind): (str(state), str(at)) for kind, (state, at) in value["told"].items()})
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return cls({})

    def is_due(self, kind: str, state: str, now: datetime) -> bool:
        """Whether a state is to be sent: another one than last time, or last sent a week ago."""
        before, at = self.states.get(kind, ("", ""))
        if before != state or not at:
            return True
        with suppress(AnswerError):
            sent_at = parse_instant(at)
            return sent_at is None or now - sent_at >= AGAIN
        return True

    def note(self, kind: str, state: str, now: datetime | None) -> None:
        """Remember a state; ``now`` is None where nothing was sent."""
        before, at = self.states.get(kind, ("", ""))
        self.states[kind] = (state, format_instant(now) if now else at if before == state else "")

    def write(self, archive: Place) -> None:
        """Put it into the archive's folder, in one step, where that is there."""
        data = canonical_json({"schema": 1, "told": {kind: list(state) for kind, state in self.states.items()}})
        if isinstance(archive, Address):
            with storage_errors(archive / NAME):
                open_bucket(archive).replace(NAME, data)
            return
        if not archive.is_dir():
            return
        replace_file(FileSystem(), archive / NAME, data, archive / f"{NAME}.new")


def send(settings: Notify, environ: Mapping[str, str], title: str, text: str) -> tuple[int, list[str]]:
    """How many services took the message, and what went wrong with the others; never raises."""
    message = Message(title, text)
    results = [(scheme_of(url), send_to(url, environ, message)) for url in settings.urls]
    problems = [f"[notify] {scheme}: {problem}" for scheme, problem in results if problem]
    return len(results) - len(problems), list(dict.fromkeys(problems))


__all__ = [
    "Watcher",
    "healthcheck",
    "notify",
    "watched",
    "watched_look",
    "write_metrics",
]


class Watcher(Struct):
    """Where a run's result is sent to, and what came of it: ``results``, once it has ended without an error."""

    config: Config
    environ: Mapping[str, str]
    clock: Clock
    tell: Callable[[str], None]
    results: list[MonthResult] = field(default_factory=list)


@contextmanager
def watched(
    config: Config, environ: Mapping[str, str], clock: Clock, tell: Callable[[str], None], *, silent: bool
) -> Iterator[Watcher]:
    """A run within: start and end are pinged, and a message is sent where there is something to say; ``silent`` for a
    dry run.

    Errors of the run pass through.
    """
    watcher = Watcher(config, environ, clock, tell)
    if silent:
        yield watcher
        return
    healthcheck(watcher, "start")
    try:
        yield watcher
    except ChargebackError as error:
        _end(watcher, error_exit(error), of_failure(error))
        raise
    except KeyboardInterrupt:
        _end(watcher, InterruptedRunError.exit_code, None)
        raise
    except Exception as error:
        _end(watcher, 1, of_failure(ChargebackError(f"unexpected {type(error).__name__}", remedy="look at the log")))
        raise
    _guarded(watcher, lambda: deliver(watcher.config, environ, clock, tell))
    _end(watcher, exit_of(watcher.results), of_run(watcher.results))


def watched_look(watcher: Watcher) -> UsageReport:
    """A daily look: messages say its alerts, its failure and a month that is overdue; its metrics are written.

    Errors of the look pass through.
    """
    from chargeback.operate.usage import look  # with what a run does not need
    from chargeback.operate.usage import report as daily_report

    try:
        report = look(watcher.config, watcher.environ, watcher.clock)
    except ChargebackError as error:
        failure = of_failure(error, "usage")
        _guarded(watcher, lambda: notify(watcher, [failure]))
        raise
    _guarded(watcher, lambda: notify(watcher, [of_usage(report)]))
    metrics = watcher.config.notify.metrics
    if metrics is not None:
        text = exposition(daily_report.families(report))
        _guarded(watcher, lambda: write_textfile(metrics / USAGE_NAME, text))
    return report


def notify(watcher: Watcher, news: Iterable[News]) -> None:
    """Send one message with all news that are due, and remember what was sent."""
    config, now = watcher.config, watcher.clock.now()
    if not config.notify.urls:
        return
    sent_state = SentState.read(config.archive)
    late = overdue(config, now)
    candidates = [*news, *([late] if late else [])]
    due = [each for each in candidates if _is_due(each, sent_state, watcher)]
    count = 0
    if due:
        title = due[0].title if len(due) == 1 else "chargeback: " + "; ".join(_bare(each.title) for each in due)
        count, problems = send(config.notify, watcher.environ, title, "\n\n".join(each.text for each in due))
        for problem in problems:
            watcher.tell(problem)
    for each in candidates:
        sent_state.note(each.kind, each.state, now if each in due and count else None)
    sent_state.write(config.archive)


def _is_due(news: News, sent_state: SentState, watcher: Watcher) -> bool:
    """Whether somebody is to be notified of it, and was not notified just now."""
    wanted = news.occasions & frozenset(watcher.config.notify.on)
    return bool(wanted) and (bool(wanted & ONCE) or sent_state.is_due(news.kind, news.state, watcher.clock.now()))


def healthcheck(watcher: Watcher, signal: Signal) -> None:
    """Ping whoever watches that the job lives."""
    problem = ping(watcher.config, watcher.environ, signal)
    if problem:
        watcher.tell(problem)


def write_metrics(watcher: Watcher, code: int) -> None:
    """Leave the run's metrics for the textfile collector, where a folder is configured."""
    folder = watcher.config.notify.metrics
    if folder is not None:
        families = run_families(watcher.config, code, watcher.clock.now())
        write_textfile(folder / RUN_NAME, exposition(families))


def _end(watcher: Watcher, code: int, news: News | None) -> None:
    """Everything after a run; each part by itself, so that one that fails keeps none of the others."""
    if news is not None:
        _guarded(watcher, lambda: notify(watcher, [news]))
    _guarded(watcher, lambda: write_metrics(watcher, code))
    _guarded(watcher, lambda: healthcheck(watcher, signal_of(code, overdue=_overdue(watcher))))


def _overdue(watcher: Watcher) -> bool:
    try:
        return is_overdue(watcher.config, watcher.clock.now())
    except ChargebackError:
        return True


def _guarded(watcher: Watcher, act: Callable[[], None]) -> None:
    """Whatever goes wrong in sending is written to stderr; the run has its own result."""
    try:
        act()
    except ChargebackError as error:
        watcher.tell(f"[notify]: {error.message}")
    except Exception as error:  # never the run's failure; the error may hold an address
        watcher.tell(f"[notify]: {type(error).__name__}")


def _bare(title: str) -> str:
    return title.removeprefix("chargeback: ")
