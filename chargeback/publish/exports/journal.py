"""The month's booking as rows: for each booked invoice one balanced entry (INTERFACE, ``exports/journal.csv``).

Debited are each team's net cost and the input VAT, credited is what is owed to the platform. Where tax was withheld
when paying, that tax is owed to the revenue office instead, and the platform is owed the total less the tax: so the
payable that the entry leaves is what the bank pays. The payment itself is not booked here.

Texts of a row are as ``journal.csv`` shows them, made inert for spreadsheets, so that a row read back equals the row
written. An amount is positive where it is debited, negative where it is credited, with the currency's minor digits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from itertools import groupby

from chargeback.config import Config
from chargeback.model.books import Books
from chargeback.model.invoice import Invoice, Status
from chargeback.model.ledger import ADJUSTMENTS, UNASSIGNED, LedgerTeam
from chargeback.model.money import from_minor
from chargeback.model.spreadsheet_text import cleaned, guarded

InvoiceKey = tuple[str, str]
"""Account and invoice id."""

_NO_TEAM = LedgerTeam("")


class Leg(StrEnum):
    """What a row books; the memo of every row but a team's begins with these words."""

    COST = "Cost"
    INPUT_VAT = "Input VAT"
    PAYABLE = "Payable"
    WITHHOLDING = "Withholding tax"


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One row of an entry: one account's debit (``amount`` above zero) or credit (below); never zero.

    Dates are ISO, ``document_date`` "" where the invoice says none; ``team`` and ``cost_center`` are "" on all legs but
    cost; ``gl_account`` is "" where neither team nor ``[journal]`` names one.
    """

    leg: Leg
    entry: str
    posting_date: str
    document_date: str
    account: str
    tax_id: str
    invoice: str
    receipt: str
    team: str
    cost_center: str
    gl_account: str
    amount: Decimal
    currency: str
    memo: str


class Journal:
    """The month's entries; the ledger is summed up once, rows are made when they are asked for."""

    def __init__(self, books: Books, config: Config) -> None:
        self.books = books
        self.config = config
        self.currencies = sorted({invoice.currency for _, invoice in _booked(books)})
        self._net, self._tax = _sums(books)

    def rows(self) -> Iterator[JournalRow]:
        """Every entry's rows, by account, invoice and id; in each the teams in order, tax, what is owed."""
        for name, invoice in _booked(self.books):
            key = (invoice.account, invoice.id)
            net, tax = self._net.get(key, {}), self._tax.get(key, 0)
            entry = _Entry(self._blank(invoice), self._document(name, invoice), invoice.digits)
            yield from self._cost_rows(entry, net)
            yield from self._other_rows(entry, invoice, tax, owed=sum(net.values()) + tax)

    def _cost_rows(self, entry: _Entry, net: Mapping[str, int]) -> Iterator[JournalRow]:
        for team in self.books.ledger.teams:
            yield from entry.row(Leg.COST, net.get(team.id, 0), self._cost_account(team), _cost_of(team), team)

    def _other_rows(self, entry: _Entry, invoice: Invoice, tax: int, owed: int) -> Iterator[JournalRow]:
        accounts, withheld = self.config.journal, _withheld(invoice)
        yield from entry.row(Leg.INPUT_VAT, tax, self._vat_account(invoice), Leg.INPUT_VAT)
        yield from entry.row(Leg.PAYABLE, withheld - owed, accounts.payable, f"{Leg.PAYABLE} to deploys.app")
        yield from entry.row(Leg.WITHHOLDING, -withheld, accounts.withholding, f"{Leg.WITHHOLDING} to pay over")

    def _document(self, name: str, invoice: Invoice) -> str:
        kind = "credit note" if invoice.total_minor < 0 else "invoice"
        return f"{kind} {cleaned(invoice.label)} of {cleaned(name or invoice.account)} for {self.books.period}"

    def _vat_account(self, invoice: Invoice) -> str | None:
        journal = self.config.journal
        pending = invoice.status is Status.OPEN and journal.input_vat_pending is not None
        return journal.input_vat_pending if pending else journal.input_vat

    def _cost_account(self, team: LedgerTeam) -> str | None:
        journal = self.config.journal
        own = {UNASSIGNED: journal.unassigned, ADJUSTMENTS: journal.adjustments}.get(team.id, team.gl_account)
        return own or journal.expense

    def _blank(self, invoice: Invoice) -> JournalRow:
        """What all rows of the invoice's entry share."""
        period, issued = self.books.period, invoice.issued_at
        return JournalRow(
            leg=Leg.COST,
            entry=guarded(f"{period}-r{self.books.revision}-{invoice.account}-{invoice.label}"),
            posting_date=period.last_day.isoformat(),
            document_date=issued.astimezone(self.config.timezone).date().isoformat() if issued else "",
            account=guarded(invoice.account),
            tax_id=guarded(invoice.tax_id),
            invoice=guarded(invoice.label),
            receipt=guarded(invoice.receipt_number),
            team="",
            cost_center="",
            gl_account="",
            amount=Decimal(0),
            currency=guarded(invoice.currency),
            memo="",
        )


@dataclass(frozen=True, slots=True)
class _Entry:
    """One invoice's entry: what its rows share, and the words that end each memo."""

    blank: JournalRow
    document: str
    digits: int

    def row(
        self, leg: Leg, units: int, gl_account: str | None, words: str, team: LedgerTeam = _NO_TEAM
    ) -> Iterator[JournalRow]:
        """The row of that many minor units; none where there are none."""
        if units:
            yield replace(
                self.blank,
                leg=leg,
                team=guarded(team.id),
                cost_center=guarded(team.cost_center),
                gl_account=guarded(gl_account or ""),
                amount=from_minor(units, self.digits),
                memo=f"{words}, {self.document}",
            )


def _booked(books: Books) -> list[tuple[str, Invoice]]:
    """The booked invoices with their account's name, by account, number (or id) and id."""
    found = [
        (posting.month.facts.name, invoice) for posting in books.posting.postings for invoice in posting.month.booked
    ]
    return sorted(found, key=lambda pair: (pair[1].account, *pair[1].sort_key))


def _sums(books: Books) -> tuple[dict[InvoiceKey, dict[str, int]], dict[InvoiceKey, int]]:
    """The ledgers' net by invoice and team, and their tax by invoice, in minor units."""
    nets: dict[InvoiceKey, dict[str, int]] = {}
    taxes: dict[InvoiceKey, int] = {}
    for label, lines in groupby(books.ledger.lines, key=lambda line: line.label):
        key = (label.account, label.invoice_id)
        net = nets.setdefault(key, {})
        for line in lines:
            net[line.team.id] = net.get(line.team.id, 0) + line.net
            taxes[key] = taxes.get(key, 0) + line.tax
    return nets, taxes


def _withheld(invoice: Invoice) -> int:
    """Tax withheld, in minor units; none before the payment from which it is withheld."""
    return invoice.withheld_minor if invoice.status is Status.PAID else 0


def _cost_of(team: LedgerTeam) -> str:
    """A cost row's words; they begin the memo, so that no name from outside does."""
    if team.id == UNASSIGNED:
        return f"{Leg.COST} of projects that nobody owns"
    if team.id == ADJUSTMENTS:
        return f"{Leg.COST} beyond the invoice's lines"
    return f"{Leg.COST} of team {cleaned(team.name) or team.id}"
