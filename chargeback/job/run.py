"""``run``: collect a month, close it, write a revision where the result is new; with ``--catch-up`` earlier months
first.

Everything that follows evidence is ``month_end`` and ``publish``; here it is only joined with the network and the
archive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from threading import Thread
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from chargeback.archive.archive_writer import ArchiveWriter
from chargeback.archive.chain import Base
from chargeback.archive.file_checks import litter_note, require_intact
from chargeback.archive.head_file import check_head_file, write_head_file
from chargeback.archive.locked_archive import open_for_writing
from chargeback.archive.reading import Archive
from chargeback.archive.registers import read_dispositions, read_signatures
from chargeback.collect.clock import Clock
from chargeback.config import Config
from chargeback.errors import (
    ChargebackError,
    ConfigurationError,
    CredentialError,
    InterruptedRunError,
    LockedError,
    NotReadyError,
    PlatformError,
    StorageError,
    each_error,
)
from chargeback.evidence import EarlierMonth, Evidence, MemoryStore, WatchedStore
from chargeback.evidence.period import Period, last_month
from chargeback.evidence.run_log import report
from chargeback.job.catch_up import months_to_catch_up, refuse_moved_away
from chargeback.job.collection import (
    Background,
    Collected,
    Collector,
    background,
    open_collector,
    proved_reports,
)
from chargeback.job.cover import refresh_covers
from chargeback.job.overview import refresh_overview
from chargeback.job.restatement import restated
from chargeback.job.results import MonthResult, of_books, of_errors, other_accounts
from chargeback.job.same_result import is_same_result, result_digest
from chargeback.job.sealing import seal
from chargeback.job.stages import CLOSE, COLLECT, LIST, WRITE, Progress, Stages
from chargeback.job.workers import Engine, engine_of, shards_closed
from chargeback.model.booking import is_before_the_first_bill
from chargeback.model.books import Books, Status
from chargeback.model.check import Code, Outcome
from chargeback.model.instants import format_instant
from chargeback.month_end import close_month
from chargeback.publish import month_summary, revision_files

PENDING_EXITS = (4, 6)
"""Runs that end so keep what they proved (INTERFACE, archive)."""
_FATAL = (LockedError, StorageError, InterruptedRunError)
"""What ends a whole run, whatever the month."""


class RunRequest(Struct, frozen=True):
    """What a run is asked to do; ``period`` None for last month; ``only``: accounts, for a dry run alone."""

    period: Period | None = None
    only: tuple[str, ...] = ()
    dry_run: bool = False
    catch_up: bool = False


class Surroundings(Struct, frozen=True):
    """What a run takes from outside: environment variables, clock, where to show progress and say things."""

    environ: Mapping[str, str]
    clock: Clock
    progress: Progress = lambda stage, done, known: None
    tell: Callable[[str], None] = lambda line: None


def chosen_period(request: RunRequest, config: Config, now: datetime) -> Period:
    """The month to close; ``NotReadyError`` where it is not over, ``ConfigurationError`` where it has not begun."""
    newest = last_month(now, config.timezone)
    period = request.period or newest
    if period == newest.plus(1):
        raise NotReadyError(
            f"{period} is not over in {config.timezone_name}", remedy=f"run again from {period.plus(1)}-01 on"
        )
    if period > newest:
        raise ConfigurationError(f"{period} lies in the future", remedy=f"the last month that is over is {newest}")
    return period


def run(config: Config, request: RunRequest, surroundings: Surroundings) -> list[MonthResult]:
    """Every month's result, oldest first; the errors of a single month are in its result.

    What ends the whole run is raised: ``LockedError``, ``StorageError``, ``DamagedError`` of the head, an interruption.
    """
    if request.only and not request.dry_run:
        raise ConfigurationError("-a restricts a dry run: a revision holds all accounts", remedy="add --dry-run")
    now = surroundings.clock.now()
    try:
        period = chosen_period(request, config, now)
    except NotReadyError as error:
        return [of_errors([error], last_month(now, config.timezone).plus(1))]
    check_head_file(config.head_file, Archive(config.archive, Base(config.base_manifest)))
    if not request.dry_run:
        engine_of(config.workers).require()
    with _opened(config, request, now) as (archive, writer):
        difference = check_head_file(config.head_file, archive)
        if difference:
            surroundings.tell(difference)
        refuse_moved_away(archive, period, config)
        stages = Stages(surroundings.clock, surroundings.progress)
        asked = stages.progress_of(COLLECT)
        with open_collector(config, surroundings.environ, MemoryStore(), surroundings.clock, asked) as c:
            read_signatures(archive.root)  # before anything is written: its page shows them
            read_dispositions(archive.root)
            return _Run(config, request, archive, writer, c, now, surroundings.tell, stages).months(period)


@contextmanager
def _opened(config: Config, request: RunRequest, now: datetime) -> Iterator[tuple[Archive, ArchiveWriter | None]]:
    """The archive, locked for writing; for a dry run as it stands, without a lock."""
    base = Base(config.base_manifest)
    if request.dry_run:
        yield Archive(config.archive, base), None
        return
    with open_for_writing(config.archive, started=format_instant(now), base=base) as writer:
        yield writer.archive, writer


def _import_formats() -> None:
    with suppress(Exception):  # it is met again where the files are made, and said there
        revision_files.prepare()


@contextmanager
def _formats_imported(*, is_likely: bool) -> Iterator[None]:
    """Import what files are made with while the platform is asked, where a revision is likely to be written."""
    if not is_likely:
        yield
        return
    thread = Thread(target=_import_formats, name="imports", daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()


class _Run:
    def __init__(
        self,
        config: Config,
        request: RunRequest,
        archive: Archive,
        writer: ArchiveWriter | None,
        collector: Collector,
        now: datetime,
        tell: Callable[[str], None],
        stages: Stages,
    ) -> None:
        self.tell = tell
        self.stages = stages
        self.config = config
        self.request = request
        self.archive = archive
        self.writer = writer
        self.collector = collector
        self.now = now
        self.tried: dict[Period, EarlierMonth] = {}
        self.is_outdated = False
        self.engine = engine_of(config.workers)

    def months(self, period: Period) -> list[MonthResult]:
        """The earlier months that are to be caught up, then the month itself."""
        try:
            earlier = self._earlier(period) if self.request.catch_up else []
        except _FATAL:
            raise
        except ChargebackError as error:
            refused = all(isinstance(cause, CredentialError) for cause in each_error(error))
            return [self._refused(error, period) if refused else of_errors([error], period)]
        try:
            results = list(self._each((*earlier, period)))
        except BaseException:
            with suppress(ChargebackError):
                self._refresh()
            raise
        return self._refreshed(results)

    def _earlier(self, period: Period) -> list[Period]:
        with self.stages.at(LIST, period):
            return months_to_catch_up(self.archive, period, self.collector)

    def _each(self, months: Sequence[Period]) -> Iterator[MonthResult]:
        for position, month in enumerate(months):
            self.collector.months_left = len(months) - position
            result = self._month(month)
            _report(result)
            yield result

    def _refused(self, error: ChargebackError, period: Period) -> MonthResult:
        """The month's result where an account could not even be asked for its list: nothing is archived, and the states
        of the others are reported."""
        try:
            known = background(self.archive, period)
            collected = self.collector.collect(period, known, MemoryStore(), self.now)
        except _FATAL:
            raise
        except ChargebackError:
            return of_errors([error], period)
        reported = {cause.account for cause in each_error(error)}
        also = [cause for cause in collected.errors if cause.account not in reported]
        return self._failed((error, *also), period, collected.evidence)

    def _failed(self, errors: Sequence[ChargebackError], period: Period, evidence: Evidence) -> MonthResult:
        """The result of a month of which some accounts failed; the states of the others are reported."""
        others = other_accounts(evidence, self.config, errors)
        for line in others.lines():
            self.tell(f"{period} {line}")
        return of_errors((*errors, *others.not_ready), period, others.states)

    def _month(self, period: Period) -> MonthResult:
        try:
            return self._closed(period)
        except _FATAL:
            raise
        except ChargebackError as error:
            return of_errors([error], period)

    def _closed(self, period: Period) -> MonthResult:
        known = background(self.archive, period).after(self.tried)
        for revision in {id(each): each for each in (known.latest, known.head) if each}.values():
            require_intact(revision)
            if left := litter_note(revision):
                self.tell(f"{period} {left}")
        if self.writer is None:
            with self.stages.at(COLLECT, period):
                collected = self.collector.collect(period, known, MemoryStore(), self.now, self.request.only)
            return self._tried(*self._judged(collected, known, period), known)
        with self.writer.stage() as staging:
            with self.stages.at(COLLECT, period), _formats_imported(is_likely=known.latest is None):
                collected = self.collector.collect(period, known, staging, self.now)
            result, is_new = self._judged(collected, known, period)
            if result.exit in PENDING_EXITS:
                self._keep_pending(period, collected.evidence)
            if is_new and result.books is not None:
                restatement = restated(result.books, self.config, known.latest)
                digest = partial(result_digest, result.books, self.config)
                engine = self._engine(result.books)
                evidence, go_on = collected.evidence, self.collector.session.run_time.left
                try:
                    with self.stages.at(WRITE, period):
                        revision = seal(
                            self.writer, staging, result.books, self.config, evidence, known.latest, restatement,
                            digest, go_on, engine, self.stages.counting_files(WRITE),
                        )  # fmt: skip
                except PlatformError:  # no time left, or no cluster: what was proved is kept for the next run
                    self._keep_pending(period, evidence)
                    raise
                result = of_books(result.books, period, revision, written=True, is_new=True, restated=restatement)
            self._leave(result)
        return result

    def _engine(self, books: Books) -> Engine:
        """What makes the month's files; several processes are forked from one that has no other thread, so the
        children that read PDFs, and the thread that holds them, are ended."""
        if self.engine.processes(len(books.ledger.lines)) > 1:
            self.collector.reader.close()
        return self.engine

    def _shards_closed(self, function: Callable[[Any], Any], shards: Sequence[Any]) -> Iterator[Any]:
        if len(shards) > 1:
            self.collector.reader.close()
        return shards_closed(self.engine, function, shards)

    def _tried(self, result: MonthResult, is_new: bool, known: Background) -> MonthResult:
        """A dry run's month: what a run would write is kept in mind, since later months would be held against it."""
        if not is_new or result.books is None or self.request.only:
            return result
        self.tried[result.period] = month_summary.summary(result.books, self.config)
        restatement = restated(result.books, self.config, known.latest)
        return replace(result, is_new=True, changes=restatement.changes, events=restatement.events)

    def _judged(self, collected: Collected, known: Background, period: Period) -> tuple[MonthResult, bool]:
        """The month's result, and whether it is one to be written."""
        for message in collected.messages:
            self.tell(f"{period} {message}")
        if collected.errors:
            return self._failed(collected.errors, period, collected.evidence), False
        go_on = self.collector.session.run_time.left
        watched = replace(collected.evidence, store=WatchedStore(collected.evidence.store, go_on))
        try:
            with self.stages.at(CLOSE, period):
                books = close_month(watched, self.config, readings=collected.readings, each=self._shards_closed)
                go_on()
        except ChargebackError as error:
            return of_errors([error], period), False
        _refuse_unbalanced(books)
        if not self.request.only:
            _refuse_mistyped(books)
        result = of_books(books, period, known.latest)
        if books.status is Status.NOT_READY or (known.latest and is_same_result(books, self.config, known.latest)):
            return result, False
        return result, True

    def _keep_pending(self, period: Period, evidence: Evidence) -> None:
        if self.writer is not None:
            for answer, body in proved_reports(evidence, self.config):
                self.writer.pending.store(period, answer, body)

    def _leave(self, result: MonthResult) -> None:
        """After 0 and 3: what stands beside the revisions is brought up to date."""
        if self.writer is None or result.exit not in (0, 3):
            return
        self.writer.pending.remove(result.period)
        self.is_outdated = True
        refresh_covers(self.writer, result.period)
        head = self.archive.head()
        if self.config.head_file and head:
            write_head_file(self.config.head_file, head.sha256)

    def _refreshed(self, results: list[MonthResult]) -> list[MonthResult]:
        """The results, once the archive's page is up to date; what keeps it from that is the last month's error."""
        try:
            self._refresh()
        except _FATAL:
            raise
        except ChargebackError as error:
            results[-1] = of_errors([error], results[-1].period)
        return results

    def _refresh(self) -> None:
        """The archive's page, once a run: it shows every month, and would be made again for each of them."""
        if self.writer is not None and self.is_outdated:
            refresh_overview(self.writer, self.config.timezone)


def _report(result: MonthResult) -> None:
    """The month's result, to the log."""
    status = result.books.status.value if result.books else "failed"
    revision = f"r{result.revision}" if result.revision else None
    report(
        "month",
        period=str(result.period),
        status=status,
        exit=result.exit,
        revision=revision,
        written=result.written,
        head=result.head,
    )


def _refuse_mistyped(books: Books) -> None:
    """A month before any bill of which nothing is proved is somebody's typing error: none is archived (BOOKING 2)."""
    first = is_before_the_first_bill(account.month for account in books.posting.postings)
    if first is not None:
        raise ConfigurationError(
            f"{books.period} lies before {first}, the first month that any account was billed for, and no report "
            "proves anything of it",
            remedy=f"name a month from {first} on with -p",
        )


def _refuse_unbalanced(books: Books) -> None:
    """The ledgers foot to the invoices exactly, or nothing is written at all."""
    failed = [
        check
        for check in books.having(*(outcome for outcome in Outcome if outcome is not Outcome.PASS))
        if check.code is Code.LEDGER_CONTROL
    ]
    if failed:
        raise ChargebackError(
            f"account {failed[0].account}: {failed[0].message}",
            remedy="report this with the evidence",
            account=failed[0].account,
        )
