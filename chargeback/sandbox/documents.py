"""Invoices and receipts as small real PDFs, written by hand, and signed links to them, on another host than the API,
good for a short while.

One page, Helvetica, one line of text an operator, a correct cross-reference table. The base fonts have no Thai, so
what is not Latin-1 is left out; number and total are always exact.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from chargeback.sandbox.records import Invoice, printed

DocumentKind = Literal["invoice", "receipt"]


@dataclass(slots=True)
class Links:
    """How links are made and proved; `base` is set by the server that serves the files."""

    base: str = "http://files.sandbox.invalid"
    lifetime: timedelta = timedelta(minutes=5)
    key: bytes = b"sandbox"

    def make(self, kind: DocumentKind, invoice_id: str, now: datetime) -> tuple[str, datetime]:
        """The link to a document, and when it expires."""
        expires_at = (now + self.lifetime).replace(microsecond=0)
        path = f"/dropbox/{kind}/{invoice_id}.pdf"
        stamp = int(expires_at.timestamp())
        return f"{self.base}{path}?expires={stamp}&signature={self._sign(path, stamp)}", expires_at

    def prove(self, target: str, now: datetime) -> tuple[DocumentKind, str] | None:
        """The document that a link is for; None if it is forged or has expired."""
        parts = urlsplit(target)
        query = parse_qs(parts.query)
        pieces = parts.path.split("/")
        stamp = query.get("expires", [""])[0]
        if len(pieces) != 4 or not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
            return None
        signature = query.get("signature", [""])[0]
        if not hmac.compare_digest(signature.encode(), self._sign(parts.path, int(stamp)).encode()):
            return None
        if int(stamp) <= now.timestamp():
            return None
        return ("receipt" if pieces[2] == "receipt" else "invoice"), pieces[3].removesuffix(".pdf")

    def _sign(self, path: str, stamp: int) -> str:
        return hmac.new(self.key, f"{path}?{stamp}".encode(), hashlib.sha256).hexdigest()[:32]


def invoice_pdf(invoice: Invoice, made_at: datetime | None = None) -> bytes:
    """The invoice's PDF, or what stands in its place where the invoice says so."""
    if invoice.document == "unreadable":
        return b"<!doctype html><title>Sign in</title><p>Please sign in to see this document.</p>"
    if invoice.document == "scanned":
        return written_pdf([], made_at or invoice.issued_at)
    if invoice.document == "other":
        invoice = replace(invoice, number="INV-1999-9999", total=1)
    if invoice.document == "wrong-total":
        invoice = replace(invoice, total=invoice.total + 100_000)
    currency = invoice.currency
    lines = [f"{line.description}   {printed(line.amount, currency)}" for line in invoice.lines]
    texts = [
        "Tax Invoice",
        f"Number: {invoice.number}",
        *_buyer(invoice),
        f"Period: {invoice.start:%Y-%m-%dT%H:%MZ} to {invoice.end:%Y-%m-%dT%H:%MZ}",
        *lines[:30],
        f"Subtotal: {printed(invoice.subtotal, currency)} {currency}",
        f"VAT: {printed(invoice.tax, currency)} {currency}",
        f"Total: {printed(invoice.total, currency)} {currency}",
    ]
    return written_pdf(texts, made_at or invoice.issued_at)


def receipt_pdf(invoice: Invoice, made_at: datetime | None = None) -> bytes:
    """The receipt's PDF, of a paid invoice."""
    paid_at = invoice.paid_at or invoice.issued_at
    texts = [
        "Receipt",
        f"Number: {invoice.receipt_number}",
        f"Invoice: {invoice.number}",
        *_buyer(invoice),
        f"Paid: {paid_at:%Y-%m-%d}",
        f"Withholding tax: {printed(invoice.withholding, invoice.currency)} {invoice.currency}",
        f"Total: {printed(invoice.total, invoice.currency)} {invoice.currency}",
    ]
    return written_pdf(texts, made_at or paid_at)


def _buyer(invoice: Invoice) -> list[str]:
    account = invoice.account
    return [f"Buyer: {account.tax_name}", f"Tax id: {account.tax_id}", f"Account: {account.id}"]


def written_pdf(texts: list[str], made_at: datetime) -> bytes:
    """A PDF of one page with these lines of text."""
    content = b"BT /F1 11 Tf 16 TL 56 790 Td\n" + b"".join(b"(" + _escaped(text) + b") Tj T*\n" for text in texts)
    content += b"ET"
    stamp = f"D:{made_at:%Y%m%d%H%M%S}Z".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Producer (chargeback sandbox) /CreationDate (%s) >>" % stamp,
    ]
    return _assembled(objects)


def _assembled(objects: list[bytes]) -> bytes:
    """Objects, cross-reference table and trailer; the first object is the catalog, the last the information."""
    body = b"%PDF-1.4\n"
    offsets = []
    for place, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (place, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\n" % (count, len(objects))
    return body + b"xref\n0 %d\n0000000000 65535 f \n%s%sstartxref\n%d\n%%%%EOF\n" % (count, table, trailer, len(body))


def _escaped(text: str) -> bytes:
    """A PDF string's inside; characters outside Latin-1, and control characters, are left out."""
    shown = "".join(character for character in text if character.isprintable())
    raw = shown.encode("latin-1", "ignore")
    return raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
