"""One month's evidence: what the archive knows already, what the platform answers, and the record of the run.

Accounts that are no longer ours, and that the platform no longer shows: a month that is done again keeps theirs.

An account with an ``until`` belongs to the months before it, though nobody may be left who could read it. Where one of
those months changes for another account, what its latest revision has of this one is carried into the new revision's
evidence with its original ``requested_at``, as a report is that was proved in time (BOOKING 3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from chargeback import __version__
from chargeback.archive.pending import PendingObjects, PendingReports, pending_reports
from chargeback.archive.reading import Archive
from chargeback.archive.registers import register_states
from chargeback.archive.revision import Revision
from chargeback.archive.staging import Staging
from chargeback.collect.clock import Clock
from chargeback.collect.documents import CarriedDocument, MonthDocuments
from chargeback.collect.month_collector import Assignment, CarriedReport, Collection, MonthCollector, index_key
from chargeback.collect.pdf_reader import PdfReader
from chargeback.collect.session import Session, open_session
from chargeback.config import Config
from chargeback.config.loader import read_profiles
from chargeback.errors import ChargebackError, CredentialError
from chargeback.evidence import (
    Answer,
    DocumentRecord,
    EarlierManifest,
    EarlierMonth,
    Evidence,
    MemoryStore,
    RunRecord,
    SettlementRecord,
    Store,
)
from chargeback.evidence.period import Period, last_month
from chargeback.job.dispositions import known_dispositions
from chargeback.job.reperformed_revision import booking_again
from chargeback.job.settlements import carry_settlements, open_accruals, settled_elsewhere, with_own_tax
from chargeback.model import archived_summary
from chargeback.model.archived_summary import BookedNames
from chargeback.model.booking import billed_accounts, choose_report, was_billed
from chargeback.model.facts import ListedInvoice, Readings, answers_by_account, read_account
from chargeback.model.instants import format_instant
from chargeback.model.project_sources import booked_names
from chargeback.model.settlement import OpenAccruals, in_order
from chargeback.model.versions import versions
from chargeback.month_end import billed_before, read_month


def carry_former_accounts(
    collection: Collection, latest: Revision | None, config: Config, newest: Period, store: Store
) -> list[str]:
    """Put into the collection what the month's latest revision has of each account that is refused, or for which
    there is no credential any more, and whose ``until`` lies before the newest month; a sentence for each, to be
    reported."""
    former = {entry.id for entry in config.accounts if entry.is_former(newest)}
    sentences = []
    for error in _refusals(collection, former):
        if latest is not None and _carry(error.account, collection, latest, store):
            collection.errors.remove(error)
            sentences.append(
                f"account {error.account} is refused and no longer ours: {latest.name}'s answers are carried"
            )
    return sentences


def _refusals(collection: Collection, former: set[str]) -> Iterator[ChargebackError]:
    for error in list(collection.errors):
        if isinstance(error, CredentialError) and error.account in former:
            yield error


def _carry(account: str, collection: Collection, latest: Revision, store: Store) -> bool:
    """Whether the revision has the account, and its answers and documents now stand in for the refused ones."""
    evidence = latest.evidence()
    if account not in evidence.run.accounts:
        return False
    answers = [answer for answer in evidence.answers if answer.account == account]
    documents = [record for record in evidence.run.documents if record.account == account]
    _discard([answer.path for answer in collection.answers if answer.account == account], store)
    _discard([record.path for record in collection.documents if record.account == account], store)
    for answer in answers:
        if answer.path is not None:
            store.write(answer.path, evidence.body(answer))
    for record in documents:
        if record.path is not None:
            store.write(record.path, latest.read(record.path))
    _put(account, answers, documents, collection)
    return True


def _discard(paths: Iterable[str | None], store: Store) -> None:
    """Take out what the refusals left, so that the carried files can have their names."""
    for path in paths:
        if path is not None and isinstance(store, Staging):
            store.remove(path)
        elif path is not None and isinstance(store, MemoryStore):
            store.files.pop(path, None)


def _put(account: str, answers: list[Answer], documents: list[DocumentRecord], collection: Collection) -> None:
    """The collection's account is now as it was."""
    others = [answer for answer in collection.answers if answer.account != account]
    collection.answers[:] = sorted((*others, *answers), key=index_key)
    kept = [record for record in collection.documents if record.account != account]
    carried = (replace(record, carried=record.path is not None) for record in documents)
    collection.documents[:] = sorted(
        (*kept, *carried), key=lambda record: (record.account, record.number, record.invoice, record.kind)
    )


Progress = Callable[[int, int], None]


class Background(Struct):
    """What the archive knows before a month is collected: read once a run.

    ``others``: the archive's other months in order, each with its latest revision's summary; ``latest`` and
    ``month_accounts``: the month's own latest revision and its accounts.
    """

    archive: Archive
    pending: PendingReports | PendingObjects
    period: Period
    others: tuple[tuple[Revision | None, EarlierMonth], ...]
    known_accounts: tuple[str, ...]
    month_accounts: tuple[str, ...]
    latest: Revision | None
    head: Revision | None

    @property
    def earlier(self) -> tuple[EarlierMonth, ...]:
        """The months before this one."""
        return tuple(month for _, month in self.others if month.period < self.period)

    @property
    def earlier_manifests(self) -> tuple[EarlierManifest, ...]:
        """The revisions that say so of these months, none for a month that a dry run would have written."""
        return tuple(
            EarlierManifest(month.period, month.revision, revision.sha256)
            for revision, month in self.others
            if revision is not None and month.period < self.period
        )

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
        others: dict[Period, tuple[Revision | None, EarlierMonth]] = {each[1].period: each for each in self.others}
        others |= {month.period: (None, month) for month in tried.values()}
        *_, newest = tried.values()
        months = tuple(others[period] for period in sorted(others))
        return replace(self, others=months, known_accounts=newest.accounts)


def background(archive: Archive, period: Period) -> Background:
    """What the archive knows for a month; ``DamagedError`` where what it is built on does not prove itself."""
    head = archive.head()
    others = [(revision, revision.summary()) for month, revision in archive.latest_of_each().items() if month != period]
    latest = archive.latest(period)
    newest, of_month = (each.summary() if each else None for each in (head, latest))
    return Background(
        archive=archive,
        pending=pending_reports(archive.store),
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
        self._billed = billed_accounts(known.earlier, period.plus(-1))
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
        billed_before = was_billed(facts, self._period.plus(-1), self._billed)
        report, _ = choose_report(facts, self._period, timezone, billed_before=billed_before)
        return CarriedReport(report.answer, evidence.body(report.answer)) if report else None


class Collected(Struct):
    """A month's evidence, what failed (books can be closed only where nothing did), the messages to print, and what was
    decoded of the evidence as it came in."""

    evidence: Evidence
    errors: list[ChargebackError] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    readings: Readings = field(default_factory=Readings)


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
        messages = carry_former_accounts(collection, known.latest, self.config, newest, store)
        if known.latest is not None:
            carry_settlements(collection, known.latest, store)
        run = self._record(period, known, collection, now)
        evidence = Evidence(tuple(collection.answers), run, store)
        return Collected(with_own_tax(evidence, self.config), collection.errors, messages, collection.readings)

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
            period=period,
            run_at=format_instant(now),
            endpoint=self.session.endpoint,
            revision=known.latest.name.number + 1 if known.latest else 1,
            previous=known.head.sha256 if known.head else None,
            accounts=collection.accounts,
            known_accounts=known.known_accounts,
            earlier=known.earlier,
            earlier_manifests=known.earlier_manifests,
            billed_before=tuple(sorted(billed_accounts(known.earlier, period.plus(-1)))),
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
    run = latest.run_record() if latest else None
    for record in run.documents if run else ():
        if latest and run and record.path is not None:
            is_read_alike = run.versions.get("chargeback") == __version__
            document = CarriedDocument(record, _reading(latest, record.path), is_read_alike)
            found.setdefault((record.account, record.number, record.kind), []).append(document)
    return found


def _reading(revision: Revision, path: str) -> Callable[[], bytes]:
    return lambda: revision.read(path)


def _booked_names(latest: Revision, config: Config, period: Period) -> BookedNames:
    """What the month's latest revision was booked with; of a version that did not keep it, as its evidence says."""
    kept = latest.interpret(archived_summary.PATH, archived_summary.read_booked)
    if kept is not None:
        return kept
    with booking_again(latest):
        months, projects = read_month(latest.evidence(), config, period)
        return booked_names(months, projects)


def proved_reports(evidence: Evidence, config: Config) -> list[tuple[Answer, bytes]]:
    """Of the accounts whose answers can be read: the reports that prove the month, to be kept for a later run."""
    period = evidence.run.period
    grouped, archived = answers_by_account(evidence), billed_before(evidence, period)
    found = []
    for account in evidence.run.accounts:
        try:
            facts = read_account(evidence, account, "", period, config.timezone, grouped)
        except ChargebackError:
            continue  # reported already, as the reason why the month does not close
        expects_cost = was_billed(facts, period.plus(-1), archived)
        report, _ = choose_report(facts, period, config.timezone, billed_before=expects_cost)
        if report is not None:
            found.append((report.answer, evidence.body(report.answer)))
    return found
