"""``invoice-pdf``: the documents are there and name what they must; they never hold up the books (BOOKING 6)."""

from __future__ import annotations

from collections.abc import Iterator

from chargeback.config import Config
from chargeback.evidence import DocumentRecord
from chargeback.model.check import Check, Code, Outcome, Subject, SubjectKind
from chargeback.model.posting import MonthPosting

RECEIPT = "receipt"


def invoice_pdf(posting: MonthPosting, config: Config) -> Iterator[Check]:
    """One check a booked invoice; and one, with the subject ``receipt``, an invoice whose payment the month settles."""
    documents = posting.run.documents
    records = {(record.account, record.invoice, record.kind): record for record in documents}
    for account in posting.postings:
        for invoice in account.month.booked:
            record = records.get((invoice.account, invoice.id, "invoice"))
            yield _check(invoice.account, invoice.label, invoice.currency, record)
    subject = Subject(SubjectKind.DOCUMENT, RECEIPT)
    for settled in posting.run.settlements or ():
        record = records.get((settled.account, settled.invoice, RECEIPT))
        yield _check(settled.account, settled.number, settled.currency, record, subject)


def _check(
    account: str, invoice: str, currency: str, record: DocumentRecord | None, subject: Subject | None = None
) -> Check:
    outcome, message = _judge(currency, record)
    return Check(Code.INVOICE_PDF, outcome, message, account, invoice, subject)


def _judge(currency: str, record: DocumentRecord | None) -> tuple[Outcome, str]:
    if record is None:
        return Outcome.EXCEPTION, "the document was not asked for: run again"
    if record.outcome == "unreadable":
        return Outcome.NOTICE, f"the PDF is kept, its text could not be checked: {record.detail}"
    if record.outcome == "fragment":
        return Outcome.EXCEPTION, f"a fragment of a PDF came, which is not kept: {record.detail}"
    if record.outcome != "read":
        return Outcome.EXCEPTION, f"no PDF could be had: {record.detail or record.outcome}"
    missing = [name for name in record.misses(currency) if name != "currency"]
    if missing:
        return (
            Outcome.EXCEPTION,
            f"the PDF does not name the invoice's {' and '.join(missing)}: is it another invoice's?",
        )
    if record.misses(currency):
        shown = " or ".join(record.currencies)
        return Outcome.EXCEPTION, f"the PDF states the total in {shown}, the invoice is in {currency}"
    return Outcome.PASS, "the PDF names number and total"
