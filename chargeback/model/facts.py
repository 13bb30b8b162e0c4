"""One account's answers of a month, decoded: what the platform said, before anything is decided (CONTRACT,
functions).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from msgspec.structs import replace

from chargeback.errors import AnswerError
from chargeback.evidence import Answer, DocumentRecord, Evidence
from chargeback.evidence.period import Period
from chargeback.model import answers as wire
from chargeback.model.answers import InvoiceAnswer, text_of
from chargeback.model.instants import parse_instant
from chargeback.model.invoice import Invoice, InvoiceStatus, booking_month, is_unknown_status, merge, read_status
from chargeback.model.projects import ProjectDirectory
from chargeback.model.report import Report, read_report
from chargeback.model.spool import Held, Spool
from chargeback.model.strict_json import parse

Read = TypeVar("Read")
_LATER = "run again later; if it stays so, show the answer to the platform's support"


class ListedInvoice(Struct, frozen=True):
    """A row of ``billing.listInvoices`` with the month that it belongs to, None where it has no time at all.

    ``status`` is None where the row has none, or one that is not known: then ``unknown_status`` is what it says.
    """

    row: InvoiceAnswer
    month: Period | None
    status: InvoiceStatus | None
    unknown_status: str = ""

    @property
    def paid_at(self) -> datetime | None:
        """The time of payment that the row states; ``AnswerError`` where that is none."""
        try:
            return parse_instant(self.row.paid_at)
        except AnswerError as error:
            raise AnswerError(f"billing.listInvoices: paidAt of {self.label[:80]}: {error.message}") from error

    @property
    def id(self) -> str:
        """The invoice's id."""
        return text_of(self.row.id)

    @property
    def label(self) -> str:
        """Its number, or its id if there is none."""
        return text_of(self.row.number) or self.id


class Readings(Struct, frozen=True):
    """Answers that were decoded when they came in, so that closing the month does not decode them again: by the SHA-256
    of their bytes, which the index has too. All others are read from the evidence.

    ``reports`` are read in the configured time zone; ``details`` are invoices; what they and the month's books have
    much of is kept in ``spool``. Threads may add to them.
    """

    reports: dict[str, Report] = field(default_factory=dict)
    details: dict[str, Held[InvoiceAnswer]] = field(default_factory=dict)
    spool: Spool = field(default_factory=Spool)

    def add_report(self, report: Report) -> None:
        """Keep a report that came in."""
        self.reports[report.answer.sha256] = report.kept_in(self.spool)

    def add_detail(self, answer: Answer, detail: InvoiceAnswer) -> None:
        """Keep an invoice that came in."""
        self.details[answer.sha256] = self.spool.keep(detail, len(detail.line_items or ()))

    def report(self, answer: Answer) -> Report | None:
        """The report that this very answer holds: what its chart names depends on when it was asked for too."""
        known = self.reports.get(answer.sha256)
        return known if known is not None and known.answer == answer else None


class AccountFacts(Struct, frozen=True):
    """What the platform said of one account.

    ``name`` is the configuration's, else ``stated_name``: what the month was booked with, else the platform's of now.
    ``listed`` are all rows of the invoice list, every month's,
    each id once; ``repeated`` the labels of the month's invoices whose id was listed more than once; ``invoices``
    those of the month with their details, drafts aside, by number then id; ``drafts`` how many drafts of the month
    were listed. ``reports`` in order of preference; ``report_refusal`` why the platform gave none. ``inactive``: a
    call was refused because the account is not active; ``list_refused``: the one for the invoice list was. ``kind``:
    what kind of buyer the platform says that the account is, "" where it says none; ``tax_id`` likewise.
    """

    account: str
    name: str
    stated_name: str = ""
    listed: tuple[ListedInvoice, ...] = ()
    repeated: tuple[str, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    drafts: int = 0
    reports: tuple[Report, ...] = ()
    report_refusal: str = ""
    inactive: bool = False
    list_refused: bool = False
    documents: tuple[DocumentRecord, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    tax_id: str = ""


def platform_account(evidence: Evidence, account: str) -> wire.AccountAnswer | None:
    """What the platform says of the account itself; None where it gives no such answer."""
    for answer in evidence.of("billing.get", account):
        _, found = _read(evidence, answer, lambda value: wire.decode(value, wire.AccountAnswer, "billing.get"))
        if found:
            return found
    return None


def read_detail(evidence: Evidence, answer: Answer) -> InvoiceAnswer:
    """The invoice in an answer to ``billing.getInvoice``; ``AnswerError`` where it holds none."""
    refused, detail = _read(evidence, answer, lambda value: wire.decode(value, InvoiceAnswer, answer.function))
    if detail is None:
        raise AnswerError(f"{answer.path}: {refused}")
    return detail


def read_project_lists(evidence: Evidence, directory: ProjectDirectory) -> None:
    """Put into the directory every project that ``project.list`` shows to any credential; a refusal is kept as such."""
    for answer in evidence.of("project.list"):
        refused, items = _read(
            evidence, answer, lambda value: wire.decode_items(value, wire.ProjectAnswer, "project.list")
        )
        if refused:
            directory.refusals.append(refused)
        directory.add(items or [])


@contextmanager
def naming(account: str) -> Iterator[None]:
    """Within, an answer that cannot be understood is reported with the account, unless the message names it already."""
    try:
        yield
    except AnswerError as error:
        if error.account or not account:
            raise
        remedy = error.remedy or _LATER
        raise AnswerError(f"account {account}: {error.message}", account=account, remedy=remedy) from error


def _read(evidence: Evidence, answer: Answer, read: Callable[[Any], Read]) -> tuple[str | None, Read | None]:
    """The refusal, or the value that ``read`` makes of the envelope; ``AnswerError`` names account, function and
    file.
    """
    where = f"{answer.function} of account {answer.account}" if answer.account else answer.function
    try:
        value = parse(evidence.body(answer))
        message = wire.refusal(value)
        return (message, None) if message is not None else (None, read(value))
    except AnswerError as error:
        raise AnswerError(
            f"{where}: {error.message}",
            account=answer.account,
            remedy=_LATER,
        ) from error


def read_account(
    evidence: Evidence,
    account: str,
    configured_name: str,
    period: Period,
    timezone: ZoneInfo,
    by_account: Mapping[str, list[Answer]],
    documents: Mapping[str, list[DocumentRecord]] | None = None,
    readings: Readings | None = None,
) -> AccountFacts:
    """The facts of one account; ``AnswerError`` where an answer cannot be understood, or is another account's.

    ``documents``: the run's by account, from who reads many accounts; ``readings``: what is decoded already, and where
    what is decoded is kept.
    """
    mine = by_account.get(account, [])
    kept = (documents_by_account(evidence) if documents is None else documents).get(account, [])
    reader = _AccountReader(evidence, account, period, timezone, mine, tuple(kept), readings or Readings())
    with naming(account):
        return reader.facts(configured_name)


def answers_by_account(evidence: Evidence) -> dict[str, list[Answer]]:
    """The index's answers whose bytes are kept, grouped by account, in the index's order."""
    grouped: dict[str, list[Answer]] = {}
    for answer in evidence.kept():
        grouped.setdefault(answer.account, []).append(answer)
    return grouped


def documents_by_account(evidence: Evidence) -> dict[str, list[DocumentRecord]]:
    """What came of each document, grouped by account, in the record's order."""
    grouped: dict[str, list[DocumentRecord]] = {}
    for record in evidence.run.documents:
        grouped.setdefault(record.account, []).append(record)
    return grouped


def decode_listed(value: Any, account: str, timezone: ZoneInfo) -> tuple[ListedInvoice, ...]:
    """The rows of a ``billing.listInvoices`` envelope, one that is there twice too.

    ``AnswerError`` for a row without id or of another account, for a row without times that may be issued, and for two
    rows of one id that differ in month or status: which of them is booked must not hang on their order.
    """
    rows = wire.decode_items(value, InvoiceAnswer, "billing.listInvoices")
    for position, row in enumerate(rows):
        if not text_of(row.id):
            raise AnswerError(f"items[{position}] has no id")
    listed = tuple(_listed(row, account, timezone) for row in rows)
    standing: dict[str, tuple[Period | None, InvoiceStatus | None, str]] = {}
    for each in listed:
        says = (each.month, each.status, each.unknown_status)
        if standing.setdefault(each.id, says) != says:
            raise AnswerError(f"the invoice {each.label[:80]} is listed twice, with another month or status")
    return listed


def refuse_unknown(listed: Iterable[ListedInvoice], period: Period) -> None:
    """``AnswerError`` for an unknown status of an invoice of the month: nobody knows whether it is to be booked. One
    that names no month counts as of this one; another month's holds up that one alone (BOOKING 1)."""
    for row in listed:
        if row.unknown_status and row.month in (period, None):
            known = ", ".join(InvoiceStatus)
            raise AnswerError(
                f'invoice {row.label[:80]}: the status "{row.unknown_status[:40]}" is not known (known: {known})'
            )


def each_once(listed: Iterable[ListedInvoice]) -> tuple[ListedInvoice, ...]:
    """The rows with each id once: the first of it counts."""
    return tuple({row.id: row for row in reversed(tuple(listed))}.values())[::-1]


def by_month(listed: Iterable[ListedInvoice]) -> dict[Period | None, list[ListedInvoice]]:
    """The rows by the month that they belong to, drafts aside, in the list's order."""
    found: dict[Period | None, list[ListedInvoice]] = {}
    for row in listed:
        if row.status is not InvoiceStatus.DRAFT:
            found.setdefault(row.month, []).append(row)
    return found


def _listed(row: InvoiceAnswer, account: str, timezone: ZoneInfo) -> ListedInvoice:
    label = text_of(row.number) or text_of(row.id)
    owner = text_of(row.billing_account_id)
    if owner and owner != account:
        raise AnswerError(f"the listed invoice {label[:80]} is of account {owner[:80]}")
    status = None if is_unknown_status(row) else read_status(row, f"invoice {label[:80]}")
    unknown = row.status or "" if is_unknown_status(row) else ""
    try:
        month = booking_month(row, timezone)
    except AnswerError as error:
        raise AnswerError(f"invoice {label[:80]}: {error.message}") from error
    if month is None and not unknown and status not in (InvoiceStatus.VOID, InvoiceStatus.DRAFT):
        raise AnswerError(f"the invoice {label[:80]} has neither a period nor a time of issue or creation")
    return ListedInvoice(row, month, status, unknown)


class _AccountReader(Struct):
    evidence: Evidence
    account: str
    period: Period
    timezone: ZoneInfo
    answers: list[Answer]
    documents: tuple[DocumentRecord, ...]
    readings: Readings
    inactive: bool = False
    list_refused: bool = False

    def facts(self, configured_name: str) -> AccountFacts:
        platform = self._platform_account()
        stated = self.evidence.run.account_names.get(self.account) or (platform.name if platform else None) or ""
        rows = self._listed()
        listed, times = each_once(rows), Counter(row.id for row in rows)
        of_month = [row for row in listed if row.month == self.period]
        reports, refusal = self._reports()
        return AccountFacts(
            account=self.account,
            name=configured_name or stated,
            stated_name=stated,
            kind=(platform.type if platform else None) or "",
            tax_id=text_of(platform.tax_id) if platform else "",
            listed=listed,
            repeated=tuple(sorted(row.label for row in of_month if times[row.id] > 1)),
            invoices=self._invoices(of_month),
            drafts=sum(row.status is InvoiceStatus.DRAFT for row in of_month),
            reports=reports,
            report_refusal=refusal,
            inactive=self.inactive,
            list_refused=self.list_refused,
            documents=self.documents,
            sources={f"{answer.function} {_asked(answer)}".strip(): answer.path or "" for answer in self.answers},
        )

    def _of(self, function: str) -> list[Answer]:
        return [answer for answer in self.answers if answer.function == function]

    def _note(self, refused: str | None) -> str:
        if refused and wire.is_inactive_refusal(refused):
            self.inactive = True
        return refused or ""

    def _platform_account(self) -> wire.AccountAnswer | None:
        for answer in self._of("billing.get"):
            refused, found = _read(self.evidence, answer, self._own_account)
            self._note(refused)
            if found:
                return found
        return None

    def _own_account(self, value: Any) -> wire.AccountAnswer:
        found = wire.decode(value, wire.AccountAnswer, "billing.get")
        if text_of(found.id) != self.account:
            raise AnswerError(f"the answer is of account {text_of(found.id)[:80]}")
        return found

    def _listed(self) -> tuple[ListedInvoice, ...]:
        listed: tuple[ListedInvoice, ...] = ()
        for answer in self._of("billing.listInvoices"):
            refused, rows = _read(self.evidence, answer, self._own_rows)
            self.list_refused = bool(self._note(refused))
            listed = rows or listed
        return listed

    def _own_rows(self, value: Any) -> tuple[ListedInvoice, ...]:
        rows = decode_listed(value, self.account, self.timezone)
        refuse_unknown(rows, self.period)
        return rows

    def _invoices(self, rows: list[ListedInvoice]) -> tuple[Invoice, ...]:
        details = {_asked(answer): answer for answer in self._of("billing.getInvoice")}
        found = [self._invoice(row, details.get(row.id)) for row in rows if row.status is not InvoiceStatus.DRAFT]
        return tuple(sorted(found, key=lambda invoice: invoice.sort_key))

    def _invoice(self, row: ListedInvoice, answer: Answer | None) -> Invoice:
        detail, problem = None, "the platform was not asked for it"
        if answer is not None:
            problem, detail = self._detail(row, answer)
        invoice = merge(self.account, row.row, detail, problem)
        return replace(invoice, lines=self.readings.spool.sequence(invoice.lines))

    def _detail(self, row: ListedInvoice, answer: Answer) -> tuple[str, InvoiceAnswer | None]:
        refused, known = None, self.readings.details.get(answer.sha256)
        detail = known.value if known is not None else None
        if detail is None:
            refused, detail = _read(
                self.evidence, answer, lambda value: wire.decode(value, InvoiceAnswer, "billing.getInvoice")
            )
        if detail is None:
            return f'the platform does not give it: "{refused}"', None
        problem = identity_problem(detail, row.id, self.account)
        return problem, None if problem else detail

    def _reports(self) -> tuple[tuple[Report, ...], str]:
        reports, refusal = [], ""
        for answer in self._of("billing.report"):
            report = self.readings.report(answer)
            if report is None:
                refused, report = _read(self.evidence, answer, partial(decode_report, answer, timezone=self.timezone))
                refusal = self._note(refused) or refusal
                report = report and report.kept_in(self.readings.spool)
            if report is not None:
                reports.append(report)
        return tuple(reports), refusal


def decode_report(answer: Answer, value: Any, *, timezone: ZoneInfo) -> Report:
    """The report in the envelope of an answer to ``billing.report``; ``AnswerError`` where it holds none."""
    return read_report(answer, wire.decode(value, wire.ReportAnswer, "billing.report"), timezone)


def identity_problem(detail: InvoiceAnswer, asked: str, account: str) -> str:
    """Why a detail is not that of the invoice asked for, of this account; "" where it is (CONTRACT,
    ``billing.getInvoice``).
    """
    came, owner = text_of(detail.id), text_of(detail.billing_account_id)
    if came != asked:
        return f'invoice "{came[:80]}" came back, "{asked[:80]}" was asked for'
    if owner and owner != account:
        return f'an invoice of account "{owner[:80]}" came back'
    return ""


def _asked(answer: Answer) -> str:
    """The invoice id that a request named, "" where it named none."""
    return str(answer.request.get("invoiceId", ""))
