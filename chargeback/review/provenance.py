"""Where the figures behind a ledger line stand: file of evidence, JSON pointer (RFC 6901), checksum of the file."""

from __future__ import annotations

from dataclasses import dataclass

from chargeback.evidence import Answer
from chargeback.model.answers import amount_of
from chargeback.model.booking import AccountMonth
from chargeback.model.invoice import Invoice
from chargeback.model.money import format_exact
from chargeback.model.report import Report
from chargeback.publish.workpaper.sources import InvoiceSource, invoice_sources, pointer
from chargeback.review.reposted_accounts import RepostedAccounts

_HEADER = ("total", "taxAmount", "subtotal")


@dataclass(frozen=True, slots=True)
class Source:
    """One figure as the platform sent it: ``of`` says of what; ``pointer`` resolves to ``value`` in the file."""

    of: str
    name: str
    value: str
    path: str
    pointer: str
    sha256: str

    @property
    def place(self) -> str:
        """File and pointer in one, as a URI fragment has them."""
        return f"{self.path}#{self.pointer}"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an invoice's header and lines stand, and its account's report (None where none is proved)."""

    invoice: InvoiceSource
    report: Report | None

    def header(self) -> list[Source]:
        """Total, tax and subtotal of the invoice."""
        figures = {figure.name: figure for figure in self.invoice.header}
        return [
            _source("invoice", name, str(figures[name].value), figures[name].answer, figures[name].pointer)
            for name in _HEADER
            if name in figures
        ]

    def amount_of_line(self, number: int) -> Source | None:
        """The amount of the invoice's line, counted from 1; None for the adjustment, which no answer states."""
        if not number or self.invoice.lines is None:
            return None
        item = self.invoice.invoice.lines[number - 1]
        figure = self.invoice.line(number - 1, "amount", amount_of(item.amount))
        return _source(f"line {number}", "amount", format_exact(amount_of(item.amount)), figure.answer, figure.pointer)

    def report_row(self, row: int) -> Source:
        """The value of a row of the proved report, counted from 0."""
        assert self.report is not None  # noqa: S101 (only a report has rows)
        found = self.report.rows[row]
        place = pointer("result", "list", row, "billingValue")
        of = f"report, {found.project}, {found.resource}"
        return _source(of, "billingValue", format_exact(found.value), self.report.answer, place)


def provenance(again: RepostedAccounts, month: AccountMonth, invoice: Invoice) -> Provenance:
    """Where the figures of one of the account's invoices stand."""
    sources = invoice_sources(month.facts, again.evidence, again.answers.get(month.account, ()))
    mine = next(source for source in sources if source.invoice.id == invoice.id)
    return Provenance(mine, month.report)


def _source(of: str, name: str, value: str, answer: Answer, place: str) -> Source:
    return Source(of, name, value, answer.path or "", place, answer.sha256)
