"""``invoice-pdf``: the documents are there and name what they must; they never hold up the books (BOOKING 6)."""

from __future__ import annotations

from collections.abc import Iterator

from chargeback.config import Config
from chargeback.evidence import DocumentRecord
from chargeback.model.check import Check, Code, Outcome, Subject, SubjectKind
from chargeback.model.invoice import Invoice, Status
from chargeback.model.posting import Posting

RECEIPT = "receipt"


def invoice_pdf(posting: Posting, config: Config) -> Iterator[Check]:
    """One check a booked invoice, and one more with the subject ``receipt`` where it is paid."""
    records = {(record.invoice, record.kind): record for record in posting.month.facts.documents}
    for invoice in posting.month.booked:
        yield _check(invoice, records.get((invoice.id, "invoice")), None)
        if invoice.status is Status.PAID:
            yield _check(invoice, records.get((invoice.id, RECEIPT)), Subject(SubjectKind.DOCUMENT, RECEIPT))


def _check(invoice: Invoice, record: DocumentRecord | None, subject: Subject | None) -> Check:
    outcome, message = _judge(invoice, record)
    return Check(Code.INVOICE_PDF, outcome, message, invoice.account, invoice.label, subject)


def _judge(invoice: Invoice, record: DocumentRecord | None) -> tuple[Outcome, str]:
    if record is None:
        return Outcome.EXCEPTION, "the document was not asked for: run again"
    if record.outcome == "unreadable":
        return Outcome.NOTICE, f"the PDF is kept, its text could not be checked: {record.detail}"
    if record.outcome == "fragment":
        return Outcome.EXCEPTION, f"a fragment of a PDF came, which is not kept: {record.detail}"
    if record.outcome != "read":
        return Outcome.EXCEPTION, f"no PDF could be had: {record.detail or record.outcome}"
    missing = [name for name in record.misses(invoice.currency) if name != "currency"]
    if missing:
        return (
            Outcome.EXCEPTION,
            f"the PDF does not name the invoice's {' and '.join(missing)}: is it another invoice's?",
        )
    if record.misses(invoice.currency):
        shown = " or ".join(record.currencies)
        return Outcome.EXCEPTION, f"the PDF states the total in {shown}, the invoice is in {invoice.currency}"
    return Outcome.PASS, "the PDF names number and total"
