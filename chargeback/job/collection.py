"""One month's evidence: what the archive knows already, what the platform answers, and the record of the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from chargeback.archive.pending import PendingReports
from chargeback.archive.reading import Archive
from chargeback.archive.registers import register_states
from chargeback.archive.revision import Revision
from chargeback.collect.clock import Clock
from chargeback.collect.documents import CarriedDocument, MonthDocuments
from chargeback.collect.month_collector import Assignment, CarriedReport, Collection, MonthCollector
from chargeback.collect.pdf_reader import PdfReader
from chargeback.collect.session import Session, open_session
from chargeback.config import Config
from chargeback.config.profiles import read_profiles
from chargeback.errors import ChargebackError
from chargeback.evidence import Answer, EarlierMonth, Evidence, MemoryStore, RunRecord, SettlementRecord, Store
from chargeback.job.dispositions import known_dispositions
from chargeback.job.former_accounts import carry_former_accounts
from chargeback.job.reperformed_revision import booking_again
from chargeback.job.settlements import carry_settlements, open_accruals, settled_elsewhere, with_own_tax
from chargeback.model.booking import choose_report, was_billed
from chargeback.model.facts import ListedInvoice, answers_by_account, read_account
from chargeback.model.instants import format_instant
from chargeback.model.period import Period, last_month
from chargeback.model.project_sources import BookedNames, booked_names
from chargeback.model.settlement import OpenAccruals, in_order
from chargeback.model.versions import versions
from chargeback.month_end import read_month
from chargeback.publish import month_summary

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Background:
    """What the archive knows before a month is collected: read once a run.

    ``others``: the archive's other months in order, each with its latest revision's summary; ``latest`` and
    ``month_accounts``: the month's own latest revision and its accounts.
    """

    archive: Archive
    pending: PendingReports
    period: Period
    others: tuple[tuple[Revision | None, EarlierMonth], ...]
    known_accounts: tuple[str, ...]
    month_accounts: tuple[str, ...]
    latest: Revision | None
    head: Revision | None

    @property
    def earlier(self) -> tuple[EarlierMonth, ...]:
        """The months before this one."""
        return tuple(month for _, month in self.others if month.period < str(self.period))

    @property
    def accruals(self) -> OpenAccruals | None:
        """What may be settled in the month; None where its latest revision has its settlements already."""
        if self.latest:
            return None
        is_cut = self.archive.base is not None and self.archive.base.sha256 is not None
        return open_accruals(self.others, min(self.archive.periods(), default=None) if is_cut else None)

    @property
    def settled(self) -> tuple[SettlementRecord, ...]:
        """The settlements of the month's own invoices that other months book."""
        return settled_elsewhere(self.period, self.others)

    def after(self, tried: Mapping[Period, EarlierMonth]) -> Background:
        """As it would be with these months written too, in their order: what a dry run goes on from."""
        if not tried:
            return self
        others: dict[str, tuple[Revision | None, EarlierMonth]] = {each[1].period: each for each in self.others}
        others |= {month.period: (None, month) for month in tried.values()}
        *_, newest = tried.values()
        months = tuple(others[period] for period in sorted(others))
        return replace(self, others=months, known_accounts=newest.accounts)


def background(archive: Archive, period: Period) -> Background:
    """What the archive knows for a month; ``DamagedError`` where what it is built on does not prove itself."""
    head = archive.head()
    others = [
        (revision, revision.interpret(month_summary.PATH, month_summary.read))
        for month, revision in archive.latest_of_each().items()
        if month != period
    ]
    latest = archive.latest(period)
    newest, of_month = (
        each.interpret(month_summary.PATH, month_summary.read) if each else None for each in (head, latest)
    )
    return Background(
        archive=archive,
        pending=PendingReports(archive.root),
        period=period,
        others=tuple(others),
        known_accounts=newest.accounts if newest else (),
        month_accounts=of_month.accounts if of_month else (),
        latest=latest,
        head=head,
    )


class ProvedReports(Mapping[str, CarriedReport]):
    """By account, the report of the month that was proved in time: the latest revision's, else the pending one."""

    def __init__(self, known: Background, config: Config, period: Period) -> None:
        self._config = config
        self._period = period
        self._earlier = known.earlier
        self._pending = known.pending.read(period)
        self._latest = known.latest
        self._evidence = known.latest.evidence() if known.latest else None
        self._answers = answers_by_account(self._evidence) if self._evidence else {}

    def __getitem__(self, account: str) -> CarriedReport:
        archived = self._archived(account)
        if archived is not None:
            return archived
        pending = self._pending[account]
        return CarriedReport(pending.answer, pending.body)

    def __iter__(self) -> Iterator[str]:
        return iter({**self._answers, **self._pending})

    def __len__(self) -> int:
        return len({**self._answers, **self._pending})

    def _archived(self, account: str) -> CarriedReport | None:
        latest, evidence = self._latest, self._evidence
        if latest is None or evidence is None or account not in self._answers:
            return None
        with booking_again(latest):
            return self._proved(account, evidence)

    def _proved(self, account: str, evidence: Evidence) -> CarriedReport | None:
        timezone = self._config.timezone
        facts = read_account(evidence, account, "", self._period, timezone, self._answers)
        billed_before = was_billed(facts, self._period.plus(-1), self._earlier)
        report, _ = choose_report(facts, self._period, timezone, billed_before=billed_before)
        return CarriedReport(report.answer, evidence.body(report.answer)) if report else None


@dataclass(slots=True)
class Collected:
    """A month's evidence, what failed (books can be closed only where nothing did), and what is to be told."""

    evidence: Evidence
    errors: list[ChargebackError] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


class Collector:
    """Collects months within one run: the deadline, the credentials and what is given up are the run's."""

    def __init__(self, config: Config, session: Session, reader: PdfReader, progress: Progress) -> None:
        self.config = config
        self.session = session
        self.reader = reader
        self.progress = progress
        self.profiles = read_profiles(config)
        self.months_left = 1
        """With the one that is collected: they share the time for documents."""

    def collect(
        self, period: Period, known: Background, store: Store, now: datetime, only: tuple[str, ...] = ()
    ) -> Collected:
        """The month's evidence, its bytes in the store."""
        session = self.session
        api = session.api.into(store)
        task_pool = session.task_pool(self.progress)
        carried, months = _carried_documents(known.latest), self.months_left
        month_documents = MonthDocuments(api, session.downloads, store, self.reader, carried, session.run_time, months)
        reports = ProvedReports(known, self.config, period)
        accounts, of_month = ((), ()) if only else (known.known_accounts, known.month_accounts)
        assignment = Assignment(self.config, period, reports, accounts, of_month, only, known.accruals)
        collection = MonthCollector(assignment, api, session.credentials, store, task_pool, month_documents).collect()
        newest = last_month(now, self.config.timezone)
        told = carry_former_accounts(collection, known.latest, self.config, newest, store)
        if known.latest is not None:
            carry_settlements(collection, known.latest, store)
        run = self._record(period, known, collection, now)
        evidence = Evidence(tuple(collection.answers), run, store)
        return Collected(with_own_tax(evidence, self.config), collection.errors, told)

    def listed(self, period: Period, known: Background, since: Period) -> dict[str, tuple[ListedInvoice, ...]]:
        """By account of the month, and of those that were ours in an earlier one since then, every invoice that it
        lists; ``CombinedError`` with what failed."""
        session, store = self.session, MemoryStore()
        api = session.api.into(store)
        task_pool = session.task_pool(self.progress)
        month_documents = MonthDocuments(api, session.downloads, store, self.reader, {}, session.run_time)
        assignment = Assignment(self.config, period, {}, known.known_accounts)
        return MonthCollector(assignment, api, session.credentials, store, task_pool, month_documents).listed(since)

    def _record(self, period: Period, known: Background, collection: Collection, now: datetime) -> RunRecord:
        booked = _booked_names(known.latest, self.config, period) if known.latest else BookedNames()
        return RunRecord(
            period=str(period),
            run_at=format_instant(now),
            endpoint=self.session.endpoint,
            revision=known.latest.name.number + 1 if known.latest else 1,
            previous=known.head.sha256 if known.head else None,
            accounts=collection.accounts,
            known_accounts=known.known_accounts,
            earlier=known.earlier,
            documents=tuple(collection.documents),
            projects=booked.projects,
            account_names=booked.account_names,
            registers=register_states(known.archive.root),
            profiles=self.profiles,
            settlements=in_order(collection.settlements),
            settled=known.settled,
            unsettled=tuple(collection.unsettled),
            dispositions=known_dispositions(known.archive, period),
            versions=versions(),
        )


@contextmanager
def open_collector(
    config: Config, environ: Mapping[str, str], store: Store, clock: Clock, progress: Progress
) -> Iterator[Collector]:
    """A collector whose run's time begins now."""
    with (
        open_session(config, environ, store, clock=clock) as session,
        PdfReader(environ, left=session.run_time.left, gate=session.gate) as reader,
    ):
        session.run_time.at_stop(reader.abort)
        yield Collector(config, session, reader, progress)


def _carried_documents(latest: Revision | None) -> dict[tuple[str, str, str], list[CarriedDocument]]:
    found: dict[tuple[str, str, str], list[CarriedDocument]] = {}
    for record in latest.run_record().documents if latest else ():
        if latest and record.path is not None:
            document = CarriedDocument(record, _reading(latest, record.path))
            found.setdefault((record.account, record.number, record.kind), []).append(document)
    return found


def _reading(revision: Revision, path: str) -> Callable[[], bytes]:
    return lambda: revision.read(path)


def _booked_names(latest: Revision, config: Config, period: Period) -> BookedNames:
    """What the month's latest revision was booked with; of a version that did not keep it, as its evidence says."""
    kept = latest.interpret(month_summary.PATH, month_summary.read_booked)
    if kept is not None:
        return kept
    with booking_again(latest):
        months, projects = read_month(latest.evidence(), config, period)
        return booked_names(months, projects)


def proved_reports(evidence: Evidence, config: Config) -> list[tuple[Answer, bytes]]:
    """Of the accounts whose answers can be read: the reports that prove the month, to be kept for a later run."""
    period = Period.parse(evidence.run.period)
    grouped = answers_by_account(evidence)
    found = []
    for account in evidence.run.accounts:
        try:
            facts = read_account(evidence, account, "", period, config.timezone, grouped)
        except ChargebackError:
            continue  # told already, as the reason why the month does not close
        billed_before = was_billed(facts, period.plus(-1), evidence.run.earlier)
        report, _ = choose_report(facts, period, config.timezone, billed_before=billed_before)
        if report is not None:
            found.append((report.answer, evidence.body(report.answer)))
    return found
