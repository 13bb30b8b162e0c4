"""Which questions a month takes, and what follows from each answer (CONTRACT, functions; BOOKING 1 and 3).

Both spellings go in one request; what must be checked is the answer (CONTRACT, speaking both at once). Nothing is
decided here but what to ask next: every decision is ``model``'s, and is made again from the evidence.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

from msgspec import Struct, field
from msgspec.structs import astuple, replace

from chargeback.collect.client import ApiClient
from chargeback.collect.credentials import Credential, Credentials
from chargeback.collect.documents import MonthDocuments
from chargeback.collect.envelope import Reply
from chargeback.collect.failures import NotAskedError, quoted
from chargeback.collect.task_pool import TaskPool
from chargeback.config import AccountEntry, Config
from chargeback.errors import (
    AccessError,
    AnswerError,
    ChargebackError,
    CombinedError,
    CredentialError,
    PlatformError,
)
from chargeback.evidence import Answer, DocumentRecord, SettlementRecord, Store, UnsettledPayment
from chargeback.evidence.period import Period, zone
from chargeback.model import answers as wire
from chargeback.model.facts import (
    ListedInvoice,
    Readings,
    by_month,
    decode_listed,
    decode_report,
    each_once,
    identity_problem,
    naming,
    refuse_unknown,
)
from chargeback.model.file_names import safe_name
from chargeback.model.instants import format_instant
from chargeback.model.invoice import Invoice, merge
from chargeback.model.report import Report, prove
from chargeback.model.settlement import Accrual, OpenAccruals, in_order, is_paid_by, settlement_of

PLATFORM_FOLDER = "_platform"
"""Where answers lie that concern no account: no safe name begins with ``_``."""


class CarriedReport(Struct, frozen=True):
    """A report of the month that an earlier run proved: its row of the index, and its bytes."""

    answer: Answer
    body: bytes


class Assignment(Struct, frozen=True):
    """What to collect: a month, and what the archive already has.

    ``reports``: by account, what an earlier run proved; ``known_accounts``: those of the archive's newest revision;
    ``month_accounts``: those of the month's latest one; ``only``: the accounts to restrict a dry run to, empty for all;
    ``accruals``: whose payments to look for, None where the month has its settlements already.
    """

    config: Config
    period: Period
    reports: Mapping[str, CarriedReport] = field(default_factory=dict)
    known_accounts: tuple[str, ...] = ()
    month_accounts: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    accruals: OpenAccruals | None = None


class Collection(Struct):
    """What came back: answers in the index's order, what was decoded of them, documents, the accounts of the month, and
    what failed."""

    answers: list[Answer]
    documents: list[DocumentRecord]
    accounts: tuple[str, ...]
    errors: list[ChargebackError]
    settlements: list[SettlementRecord] = field(default_factory=list)
    unsettled: list[UnsettledPayment] = field(default_factory=list)
    readings: Readings = field(default_factory=Readings)


class MonthCollector:
    """Collects one month."""

    def __init__(
        self,
        assignment: Assignment,
        client: ApiClient,
        credentials: Credentials,
        store: Store,
        task_pool: TaskPool,
        month_documents: MonthDocuments,
    ) -> None:
        self.assignment = assignment
        self.config = assignment.config
        self.period = assignment.period
        self.client = client
        self.credentials = credentials
        self.store = store
        self.task_pool = task_pool
        self.month_documents = month_documents
        self._answers: list[Answer] = []
        self._asked: tuple[str, ...] = ()
        self._without_credential: list[ChargebackError] = []
        self._settlements: list[SettlementRecord] = []
        self._unsettled: list[UnsettledPayment] = []
        self._readings = Readings()
        self._lock = threading.Lock()
        self._documents: list[Callable[[], None]] = []

    def collect(self) -> Collection:
        """All answers of the month, and what failed; ``CombinedError`` where not even the accounts could be had."""
        entries = self._entries()
        self.task_pool.submit(partial(self.month_documents.prepare, len(entries)))
        for credential, position in self._each_credential(entries):
            self.task_pool.submit(self._task(self._projects, credential, position))
        for entry, credential in entries:
            for ask in (self._account, self._report, self._invoices):
                self.task_pool.submit(self._task(ask, entry, credential))
        for entry, credential in self._former_with_accruals():
            self.task_pool.submit(self._task(self._payments, entry, credential))
        self.task_pool.settle()
        self.month_documents.begin()
        for fetch in self._documents:
            self.task_pool.submit(fetch)
        errors = _one_each([*self._without_credential, *self.task_pool.finish()])
        answers = sorted((*self._answers, *self.month_documents.answers()), key=index_key)
        return Collection(
            answers,
            self.month_documents.records(),
            self._asked,
            errors,
            list(in_order(self._settlements)),
            sorted(self._unsettled, key=astuple),
            self._readings,
        )

    def listed(self, since: Period) -> dict[str, tuple[ListedInvoice, ...]]:
        """By account, every invoice that it lists, whatever the month; ``CombinedError`` with what failed. An account
        that is refused as inactive lists nothing, and is left out.

        Asked are the accounts of the month, and those that were ours in an earlier month since then, as long as the
        platform still gives access to them.
        """
        found: dict[str, tuple[ListedInvoice, ...]] = {}

        def note(entry: AccountEntry, credential: Credential) -> None:
            rows = self._rows(entry, credential)
            if rows is not None:
                found[entry.id] = rows

        def note_former(entry: AccountEntry, credential: Credential) -> None:
            with suppress(CredentialError):
                note(entry, credential)

        for entry, credential in self._entries():
            self.task_pool.submit(self._task(note, entry, credential))
        for entry, credential in self._former(since):
            self.task_pool.submit(self._task(note_former, entry, credential))
        errors = _one_each([*self._without_credential, *self.task_pool.finish()])
        if errors:
            raise CombinedError(errors)
        return found

    def _task(self, ask: Callable[..., None], *arguments: Any) -> Callable[[], None]:
        """The task; what cannot be understood in it is reported with the account that it was for."""
        asked = arguments[0].entry if isinstance(arguments[0], _Binder) else arguments[0]
        account = asked.id if isinstance(asked, AccountEntry) else ""

        def task() -> None:
            with naming(account):
                ask(*arguments)

        return task

    def _entries(self) -> list[tuple[AccountEntry, Credential]]:
        """The accounts of the month by id, each with its credential."""
        configured = [entry for entry in self.config.accounts if entry.ours_in(self.period)]
        entries = configured if self.config.accounts else self._listed_accounts()
        if not entries:
            where = "the configuration names none for this month" if self.config.accounts else "billing.list is empty"
            raise AccessError(f"no billing account: {where}", remedy="list [[accounts]], or ask for access to one")
        self._check_account_set({entry.id for entry in entries})
        chosen = [entry for entry in entries if not self.assignment.only or entry.id in self.assignment.only]
        self._check_chosen({entry.id for entry in entries})
        self._asked = tuple(sorted(entry.id for entry in chosen))
        return self._with_credentials(sorted(chosen, key=lambda entry: entry.id))

    def _former(self, since: Period) -> list[tuple[AccountEntry, Credential]]:
        """The configured accounts that are not ours in the month but were since an earlier one, if they can be asked:
        a missing credential of theirs is no reason not to close a month."""
        found = []
        for entry in self.config.accounts:
            if (entry.since or since) < self.period and entry.is_former(self.period):
                with suppress(CredentialError):
                    found.append((entry, self.credentials.of(entry)))
        return found

    def _former_with_accruals(self) -> list[tuple[AccountEntry, Credential]]:
        """Accounts that are ours no more and still owe what an archived month accrued (BOOKING 9)."""
        accruals = self.assignment.accruals
        if accruals is None or self.assignment.only:
            return []
        return [pair for pair in self._former(self.period.plus(-1)) if pair[0].id in accruals.accounts()]

    def _check_account_set(self, present: set[str]) -> None:
        """``account-set``: an account of the newest revision, or of the month's latest one, that is gone is never a
        quietly shorter ledger.
        """
        not_ours = {entry.id for entry in self.config.accounts if not entry.ours_in(self.period)}
        of_month = dict.fromkeys(self.assignment.month_accounts, f"the latest revision of {self.period}")
        known = {**of_month, **dict.fromkeys(self.assignment.known_accounts, "the archive's newest revision")}
        errors = [
            AccessError(
                f"account {account} is in {known[account]}, and {self._not_here()}",
                remedy="restore the access, or list the accounts and give this one an until",
                account=account,
            )
            for account in sorted(set(known) - present - not_ours)
        ]
        if errors:
            raise CombinedError(errors)

    def _not_here(self) -> str:
        return "the configuration no longer lists it" if self.config.accounts else "billing.list no longer shows it"

    def _check_chosen(self, present: set[str]) -> None:
        unknown = sorted(set(self.assignment.only) - present)
        if unknown:
            raise AccessError(
                f"account {unknown[0]}: not among the accounts of {self.period}",
                remedy=f"name one of these: {', '.join(sorted(present)[:10])}",
                account=unknown[0],
            )

    def _with_credentials(self, entries: list[AccountEntry]) -> list[tuple[AccountEntry, Credential]]:
        """Those that have a credential; the others are reported at the end, unless none has one."""
        found = []
        for entry in entries:
            try:
                found.append((entry, self.credentials.of(entry)))
            except CredentialError as error:
                refused = CredentialError(error.message, remedy=error.remedy, account=entry.id, cause=error.message)
                self._without_credential.append(refused)
        if not found:
            raise CombinedError({error.message: error for error in reversed(self._without_credential)}.values())
        return found

    def _listed_accounts(self) -> list[AccountEntry]:
        reply = self._ask("billing.list", {}, self.credentials.of(), "", "billing.list")
        message = wire.refusal(reply.value)
        if message is not None:
            raise _refused("billing.list", "", message)
        items = _read(reply, lambda value: wire.decode_items(value, wire.AccountAnswer, "billing.list"))
        ids = [wire.text_of(item.id) for item in items]
        if len(set(ids)) != len(ids) or not all(ids):
            raise AnswerError("billing.list: an account is listed twice, or has no id", remedy="run again later")
        return [AccountEntry(identifier) for identifier in ids]

    def _each_credential(self, entries: list[tuple[AccountEntry, Credential]]) -> list[tuple[Credential, int]]:
        unique = list({id(credential): credential for _, credential in entries}.values())
        return [(credential, position) for position, credential in enumerate(unique)]

    def _ask(self, function: str, request: Mapping[str, Any], credential: Credential, account: str, name: str) -> Reply:
        path = _evidence_path(account, name)
        reply = self.client.call(function, request, credential=credential, account=account, path=path)
        for answer in (reply.answer, reply.as_received):
            if answer is not None:
                self._keep(answer)
        return reply

    def _keep(self, answer: Answer) -> None:
        with self._lock:
            self._answers.append(answer)

    def _projects(self, credential: Credential, position: int) -> None:
        name = "project.list" if not position else f"project.list-{position + 1}"
        reply = self._ask("project.list", {}, credential, "", name)
        message = wire.refusal(reply.value)
        if message is None:
            _read(reply, lambda value: wire.decode_items(value, wire.ProjectAnswer, "project.list"))

    def _account(self, entry: AccountEntry, credential: Credential) -> None:
        reply = self._ask("billing.get", {"id": entry.id}, credential, entry.id, "billing.get")
        message = wire.refusal(reply.value)
        if message is not None and not wire.is_inactive_refusal(message):
            raise _refused("billing.get", entry.id, message)

    def _report(self, entry: AccountEntry, credential: Credential) -> None:
        """Ask with the month's bounds in the configured zone, then in UTC where that does not prove the month."""
        bounds = {
            "billing.report": (self.period.start(self.config.timezone), self.period.end(self.config.timezone)),
            "billing.report-utc": (self.period.start(zone("UTC")), self.period.end(zone("UTC"))),
        }
        if len(set(bounds.values())) == 1:
            del bounds["billing.report-utc"]
        if not any(self._is_proved_by(entry, credential, *bounds[name], name) for name in bounds):
            self._carry(entry.id)

    def _is_proved_by(
        self, entry: AccountEntry, credential: Credential, start: datetime, end: datetime, name: str
    ) -> bool:
        """Whether an answer proves its month by itself, whatever else the account's answers say."""
        request = {
            "id": entry.id,
            "billingAccount": entry.id,
            "from": format_instant(start),
            "to": format_instant(end),
            "range": "prev_month",
            "projectSids": [],
        }
        reply = self._ask("billing.report", request, credential, entry.id, name)
        message = wire.refusal(reply.value)
        if message is not None:
            if wire.is_access_refusal(message):
                raise _refused("billing.report", entry.id, message)
            return False
        report: Report = _read(reply, partial(decode_report, reply.answer, timezone=self.config.timezone))
        if reply.is_kept_as_received:
            self._readings.add_report(report)
        return prove(report.shown, self.period, self.config.timezone, billed_before=True, rows_before=True).proved

    def _carry(self, account: str) -> None:
        """Put the report that was proved in time beside answers that do not prove their month."""
        carried = self.assignment.reports.get(account)
        if carried is not None:
            path = f"evidence/{safe_name(account)}/billing.report-carried.json"
            self.store.write(path, carried.body)
            self._keep(replace(carried.answer, path=path))

    def _invoices(self, entry: AccountEntry, credential: Credential) -> None:
        rows = self._rows(entry, credential, refuse_unknown) or ()
        of_month = by_month(rows).get(self.period, [])
        self._details(entry, credential, [*of_month, *self._paid(entry.id, rows)])

    def _payments(self, entry: AccountEntry, credential: Credential) -> None:
        """What a former account has paid of what it owed; where it may no longer be asked, nothing is known of that."""
        with suppress(CredentialError):
            self._details(entry, credential, self._paid(entry.id, self._rows(entry, credential) or ()))

    def _details(self, entry: AccountEntry, credential: Credential, rows: list[ListedInvoice]) -> None:
        binder = _Binder(entry, credential, len(rows))
        for row in rows:
            self.task_pool.submit(self._task(self._invoice, binder, row))

    def _paid(self, account: str, rows: Iterable[ListedInvoice]) -> list[ListedInvoice]:
        """Of other months' rows those whose payment this month's journal books; why it books none of the others that
        were paid in the month is kept."""
        accruals, timezone = self.assignment.accruals, self.config.timezone
        found: list[ListedInvoice] = []
        for row in rows:
            paid_at, month = row.paid_at, row.month
            if accruals is None or month is None or month == self.period:
                continue
            if not is_paid_by(row.status, paid_at, self.period, timezone):
                continue
            key = (account, row.id)
            if accruals.accrual_of(key, month, paid_at, timezone) is not None:
                found.append(row)
            elif key not in accruals.settled and paid_at and Period.holding(paid_at, timezone) == self.period:
                reason = accruals.reasons.get(key, f"{month} is not archived")
                self._unsettled.append(UnsettledPayment(account, row.label, month, reason))
        return found

    def _rows(
        self,
        entry: AccountEntry,
        credential: Credential,
        judge: Callable[[tuple[ListedInvoice, ...], Period], None] = lambda rows, period: None,
    ) -> tuple[ListedInvoice, ...] | None:
        """What the account lists, each invoice once; None where it is refused as inactive (BOOKING 1). ``judge`` raises
        where the month cannot be closed by such a list."""

        def read(value: Any) -> tuple[ListedInvoice, ...]:
            rows = decode_listed(value, entry.id, self.config.timezone)
            judge(rows, self.period)
            return rows

        request = {"id": entry.id, "billingAccountId": entry.id}
        reply = self._ask("billing.listInvoices", request, credential, entry.id, "billing.listInvoices")
        message = wire.refusal(reply.value)
        if message is None:
            return each_once(_read(reply, read))
        if wire.is_inactive_refusal(message):
            return None
        raise _refused("billing.listInvoices", entry.id, message)

    def _invoice(self, binder: _Binder, row: ListedInvoice) -> None:
        """Ask for an invoice's detail; with the account's last one its documents are known: what a document is called
        depends on the numbers of all of them, as the details have them. They are fetched when every answer is there."""
        entry, credential = binder.entry, binder.credential
        request = {"id": row.id, "invoiceId": row.id}
        reply = self._ask("billing.getInvoice", request, credential, entry.id, _detail_name(row.id))
        message = wire.refusal(reply.value)
        detail = None
        if message is None:
            detail = _read(reply, lambda value: wire.decode(value, wire.InvoiceAnswer, "billing.getInvoice"))
            if reply.is_kept_as_received:
                self._readings.add_detail(reply.answer, detail)
        problem = identity_problem(detail, row.id, entry.id) if detail else "refused"
        merged = merge(entry.id, row.row, None if problem else detail, problem)
        invoice = replace(merged, lines=())  # else those of every account lie in memory until the documents are fetched
        wanted = [(each, self._kinds(of, each)) for of, each in binder.with_one_more(row, invoice)]
        labels = Counter(each.label for each, kinds in wanted if kinds)
        for each, kinds in wanted:
            with self._lock:
                self._documents += self.month_documents.tasks(each, kinds, credential, unique=labels[each.label] == 1)

    def _kinds(self, row: ListedInvoice, invoice: Invoice) -> list[str]:
        """The documents of an invoice that are evidence of the month: its own, and the receipt of what it settles."""
        own = ["invoice"] if row.month == self.period and invoice.is_issued else []
        return [*own, "receipt"] if self._settle(row, invoice) else own

    def _settle(self, row: ListedInvoice, invoice: Invoice) -> bool:
        """Whether the month's journal books the invoice's payment; then it is kept as one of its settlements."""
        accruals, timezone = self.assignment.accruals, self.config.timezone
        if accruals is None or not is_paid_by(invoice.status, invoice.paid_at, self.period, timezone):
            return False
        month = row.month or self.period
        key = (invoice.account, invoice.id)
        accrual = accruals.accrual_of(key, month, invoice.paid_at, timezone) if month != self.period else Accrual(month)
        if accrual is None:
            return False
        if not invoice.has_detail:
            reason = invoice.identity_problem
            self._unsettled.append(UnsettledPayment(invoice.account, invoice.label, month, reason))
            return False
        path = _evidence_path(invoice.account, _detail_name(invoice.id))
        self._settlements.append(settlement_of(invoice, accrual, path))
        return True


class _Binder(Struct):
    """One account's invoices of the month as their details come in, from several threads at once."""

    entry: AccountEntry
    credential: Credential
    expected: int
    _pairs: list[tuple[ListedInvoice, Invoice]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def with_one_more(self, row: ListedInvoice, invoice: Invoice) -> list[tuple[ListedInvoice, Invoice]]:
        """All of them once all are there, none before."""
        with self._lock:
            self._pairs.append((row, invoice))
            return list(self._pairs) if len(self._pairs) == self.expected else []


def _evidence_path(account: str, name: str) -> str:
    """Where an answer lies, "" for an account that a call concerns none of."""
    return f"evidence/{safe_name(account) if account else PLATFORM_FOLDER}/{name}.json"


def _detail_name(invoice: str) -> str:
    return f"billing.getInvoice-{safe_name(invoice)}"


def _read(reply: Reply, read: Callable[[Any], Any]) -> Any:
    try:
        return read(reply.value)
    except AnswerError as error:
        account, function = reply.answer.account, reply.answer.function
        where = f"{function} of account {account}" if account else function
        remedy = error.remedy or "run again later; if it stays so, report it to the platform's support"
        cause = f"{function}: {error.message}"
        raise AnswerError(f"{where}: {error.message}", account=account, remedy=remedy, cause=cause) from error


def _refused(function: str, account: str, message: str) -> ChargebackError:
    cause = f'{function} was refused: "{quoted(message)}"'
    where = f"account {account}: {cause}" if account else cause
    if wire.is_access_refusal(message):
        remedy = "check the account's id, and that the credential's owner is at least its accountant"
        return AccessError(where, remedy=remedy, account=account, cause=cause)
    return PlatformError(where, remedy="run again later", account=account, cause=cause)


def _one_each(errors: list[ChargebackError]) -> list[ChargebackError]:
    """The first error of each account, by account; calls that were only not asked count where it has no other."""
    first: dict[str, ChargebackError] = {}
    for error in sorted(errors, key=lambda error: isinstance(error, NotAskedError)):
        first.setdefault(error.account, error)
    return [first[account] for account in sorted(first)]


_REPORT_RANKS = ("billing.report.json", "billing.report-utc.json", "billing.report-carried.json")


def index_key(answer: Answer) -> tuple[str, str, int, str, str]:
    """By account and function; reports in the order of preference: asked for, asked for in UTC, carried."""
    name = (answer.path or "").rpartition("/")[2]
    rank = _REPORT_RANKS.index(name) if name in _REPORT_RANKS else 0
    return (answer.account, answer.function, rank, answer.path or "", str(answer.request))
