"""Invoices' PDFs and receipts: fetched, or carried from the latest revision; they never hold up the books (BOOKING 6).

A document that the latest revision holds for the same number is carried if it still passes, else fetched again; where
that fails, what the latest revision holds stays, so that a PDF that is sometimes unavailable makes no new revision.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from chargeback.collect.client import ApiClient
from chargeback.collect.credentials import Credential
from chargeback.collect.downloads import Downloader
from chargeback.collect.failures import DocumentsOverError, LinkRefusedError, NotAskedError, quoted
from chargeback.collect.pdf_reader import PdfReader, Reading
from chargeback.collect.run_time import RunTime
from chargeback.errors import AnswerError, DeadlineError, PlatformError
from chargeback.evidence import Answer, DocumentRecord, Store, sha256_of
from chargeback.model import answers as wire
from chargeback.model.file_names import safe_name
from chargeback.model.invoice import Invoice
from chargeback.model.money import format_minor

_LINK_NAMES = ("downloadUrl", "url", "link", "href", "signedUrl")
_FUNCTIONS = {"invoice": "billing.downloadInvoice", "receipt": "billing.downloadReceipt"}


class CarriedDocument(Struct, frozen=True):
    """A document of the latest revision, and how to get its bytes; ``is_read_alike``: by the version at work now."""

    record: DocumentRecord
    read: Callable[[], bytes]
    is_read_alike: bool = False

    def reading(self, data: bytes, looked_for: tuple[str, ...]) -> Reading | None:
        """What the revision recorded of these bytes, where reading them again would say no more; None elsewhere."""
        record = self.record
        if not self.is_read_alike or record.looked_for != looked_for or record.sha256 != sha256_of(data):
            return None
        return Reading(record.outcome, record.detail, record.names_number, record.names_total, record.currencies)


CarriedDocuments = Mapping[tuple[str, str, str], Sequence[CarriedDocument]]
"""(account, invoice's label, kind) -> the documents that the latest revision holds: several where invoices share a
number."""


class MonthDocuments:
    """The documents of one collection; threads share it."""

    def __init__(
        self,
        api: ApiClient,
        downloads: Downloader,
        store: Store,
        reader: PdfReader,
        carried: CarriedDocuments,
        run_time: RunTime,
        months: int = 1,
    ) -> None:
        self._api = api
        self._downloads = downloads
        self._time = run_time
        self._months = months
        self._store = store
        self._reader = reader
        self._carried = carried
        self._lock = threading.Lock()
        self._records: list[DocumentRecord] = []
        self._answers: list[Answer] = []

    def prepare(self, documents: int) -> None:
        """Make ready to read about so many, where the latest revision holds none: what it holds is not read again."""
        if not self._carried:
            self._reader.prepare(documents)

    def begin(self) -> None:
        """From now on the time for this month's documents runs: it leaves enough to close it, and those to come."""
        self._time = self._time.for_documents(self._months)
        self._api, self._downloads = self._api.within(self._time), self._downloads.within(self._time)

    def tasks(
        self, invoice: Invoice, kinds: Iterable[str], credential: Credential, *, unique: bool
    ) -> list[Callable[[], None]]:
        """What is to be done for an invoice's documents of those kinds."""
        return [_Errand(self, invoice, credential, kind, unique=unique).run for kind in kinds]

    def records(self) -> list[DocumentRecord]:
        """What came of each document, by account, number, invoice and kind."""
        return sorted(self._records, key=lambda record: (record.account, record.number, record.invoice, record.kind))

    def answers(self) -> list[Answer]:
        """The answers that held signed links: none is kept, their rows of the index are."""
        return list(self._answers)


class _Errand:
    """One document."""

    def __init__(
        self, month_documents: MonthDocuments, invoice: Invoice, credential: Credential, kind: str, *, unique: bool
    ) -> None:
        self._month_documents = month_documents
        self._invoice = invoice
        self._credential = credential
        self._kind = kind
        self._unique = unique
        name = safe_name(invoice.label) if unique else f"{safe_name(invoice.label)}~{safe_name(invoice.id)}"
        suffix = ".receipt.pdf" if kind == "receipt" else ".pdf"
        self._path = f"invoices/{safe_name(invoice.account)}/{name}{suffix}"

    def run(self) -> None:
        record = self._carried_if_passing() or self._fetched()
        with self._month_documents._lock:
            self._month_documents._records.append(record)

    def _old(self) -> CarriedDocument | None:
        """The document of the number; among several invoices with one number, that of the invoice itself."""
        invoice = self._invoice
        held = self._month_documents._carried.get((invoice.account, invoice.label, self._kind), ())
        same = [document for document in held if document.record.invoice == invoice.id]
        return next(iter(same or (held if self._unique and len(held) == 1 else ())), None)

    def _carried_if_passing(self) -> DocumentRecord | None:
        old = self._old()
        if old is None:
            return None
        data = old.read()
        try:
            reading = old.reading(data, self._looked_for()) or self._read(data)
        except (DocumentsOverError, AnswerError):
            return None
        is_passing = reading.outcome == "read" and not self._record(reading).misses(self._invoice.currency)
        return self._kept(data, reading, carried=True) if is_passing else None

    def _fetched(self) -> DocumentRecord:
        try:
            data = self._download()
        except (DeadlineError, NotAskedError):
            raise
        except PlatformError as error:
            return self._without(error)
        try:
            reading = self._read_or_not(data)
        except AnswerError as error:
            return self._without(error)
        if reading.outcome in ("not-pdf", "fragment"):
            return self._carried_as_it_was() or self._record(reading)
        return self._kept(data, reading)

    def _without(self, error: PlatformError) -> DocumentRecord:
        problem = Reading("unavailable", quoted(error.message, 300), False, False)
        return self._carried_as_it_was() or self._record(problem)

    def _carried_as_it_was(self) -> DocumentRecord | None:
        old = self._old()
        if old is None:
            return None
        data = old.read()
        try:
            reading = self._read_or_not(data)
        except AnswerError:
            return None
        return None if reading.outcome == "fragment" else self._kept(data, reading, carried=True)

    def _download(self) -> bytes:
        """The bytes by a signed link; where that is refused, by a fresh one, once (CONTRACT, downloads)."""
        try:
            return self._fetch(self._link())
        except LinkRefusedError:
            return self._fetch(self._link())

    def _fetch(self, link: str) -> bytes:
        document = f"{self._kind} {self._invoice.label}"
        return self._month_documents._downloads.fetch(link, account=self._invoice.account, document=document)

    def _link(self) -> str:
        function = _FUNCTIONS[self._kind]
        request = {"id": self._invoice.id, "invoiceId": self._invoice.id}
        reply = self._month_documents._api.call(
            function, request, credential=self._credential, account=self._invoice.account
        )
        with self._month_documents._lock:
            self._month_documents._answers.append(reply.answer)
        if not reply.ok:
            raise PlatformError(f'{function} was refused: "{quoted(reply.message)}"')
        return link_in(wire.result_of(reply.value), function)

    def _read_or_not(self, data: bytes) -> Reading:
        """The reading; of a document that is there when the time for documents is over, that it was not read."""
        try:
            return self._read(data)
        except DocumentsOverError:
            return Reading("unreadable", "not read: the time for documents has run out")

    def _read(self, data: bytes) -> Reading:
        """A receipt names its own number, or the invoice's."""
        invoice, left = self._invoice, self._month_documents._time.left
        read = partial(self._month_documents._reader.read, total=invoice.total_minor, digits=invoice.digits, left=left)
        reading = read(data, number=invoice.label)
        if (
            self._kind == "receipt"
            and invoice.receipt_number
            and reading.outcome == "read"
            and not reading.names_number
        ):
            return read(data, number=invoice.receipt_number)
        return reading

    def _looked_for(self) -> tuple[str, ...]:
        """All that a reading depends on besides the bytes: the numbers, and the total with its currency."""
        invoice = self._invoice
        total = f"{format_minor(invoice.total_minor, invoice.digits)} {invoice.currency}"
        numbers = (invoice.label, invoice.receipt_number) if self._kind == "receipt" else (invoice.label,)
        return (*numbers, total)

    def _kept(self, data: bytes, reading: Reading, *, carried: bool = False) -> DocumentRecord:
        self._month_documents._store.write(self._path, data)
        record = self._record(reading)
        return replace(record, path=self._path, size=len(data), sha256=sha256_of(data), carried=carried)

    def _record(self, reading: Reading) -> DocumentRecord:
        return DocumentRecord(
            account=self._invoice.account,
            invoice=self._invoice.id,
            number=self._invoice.label,
            kind=self._kind,
            outcome=reading.outcome,
            detail=reading.detail,
            names_number=reading.names_number,
            names_total=reading.names_total,
            currencies=reading.currencies,
            looked_for=self._looked_for() if reading.outcome == "read" else (),
        )


def link_in(result: Any, function: str) -> str:
    """The link in a download's answer, a bare string or an object (CONTRACT); ``PlatformError`` if there is none."""
    if isinstance(result, str):
        return result
    if isinstance(result, dict):
        for name in _LINK_NAMES:
            if isinstance(result.get(name), str):
                return str(result[name])
    raise PlatformError(f"{function}: no link in the answer")
