"""The month's journal: each event in its own period, each invoice in the books of its own company (BOOKING 9).

An *accrual* is one balanced entry an invoice that the month books: each team's net cost and the tax that is not due yet
are debited, the supplier is credited. A *settlement* is one an invoice that was paid: its tax becomes due, what was
withheld is owed to the revenue office instead of the supplier, and the rest was paid. A *correction* is what a
restatement changes in an earlier journal; it is reckoned where two journals meet (``publish.exports.change``).

Texts of a row are as ``journal.csv`` shows them, made inert for spreadsheets, so that a row read back equals the row
written. An amount is positive where it is debited, negative where it is credited, with the currency's minor digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct

from chargeback.evidence import SettlementRecord
from chargeback.model.bookkeeping import ADJUSTMENTS, NO_TEAM, UNASSIGNED, Bookkeeping, LedgerTeam, Leg
from chargeback.model.invoice import Invoice
from chargeback.model.money import from_minor, minor_digits
from chargeback.model.posting import MonthPosting
from chargeback.model.settlement import InvoiceKey, document_date, posting_date
from chargeback.model.spreadsheet_text import guarded
from chargeback.model.text import cleaned


class Event(StrEnum):
    """What a row's entry books."""

    ACCRUAL = "accrual"
    SETTLEMENT = "settlement"
    CORRECTION = "correction"


class JournalRow(NamedTuple):
    """One row of an entry: one account's debit (``amount`` above zero) or credit (below); never zero.

    Dates are ISO, ``document_date`` "" where the invoice says none; ``receipt`` is "" but on settlements; ``concerns``
    the invoice's month; ``tax_base`` its net on legs of tax and withholding, None on others; ``team`` and
    ``cost_center`` are "" on all legs but cost; ``gl_account`` is "" where neither team nor ``[journal]`` names one;
    ``bookable`` is False on every row of an entry that lacks an account, or of a month with exceptions.
    """

    leg: Leg
    entry: str
    event: Event
    company: str
    posting_date: str
    document_date: str
    account: str
    tax_id: str
    invoice: str
    receipt: str
    concerns: str
    tax_base: Decimal | None
    team: str
    cost_center: str
    gl_account: str
    amount: Decimal
    currency: str
    bookable: bool
    memo: str


class MonthJournal:
    """The month's entries; rows are made when they are asked for, from what each team bears of an invoice.

    ``is_sound``: the month's status is not ``exceptions``, so that its entries may be booked.
    """

    def __init__(
        self, posting: MonthPosting, bookkeeping: Bookkeeping, timezone: ZoneInfo, *, is_sound: bool = True
    ) -> None:
        self.posting = posting
        self.bookkeeping = bookkeeping
        self.timezone = timezone
        self.is_sound = is_sound
        self._places = {team.id: place for place, team in enumerate(posting.ledger.teams)}
        self._buyers = {each.month.account: each.month.facts.kind for each in posting.postings}
        self._names = {each.month.account: each.month.facts.name for each in posting.postings}
        self._tax_ids = {each.month.account: each.month.facts.tax_id for each in posting.postings}

    @property
    def currencies(self) -> list[str]:
        """Every currency of an entry, in order."""
        booked = {invoice.currency for invoice in _booked(self.posting)}
        return sorted(booked | {record.currency for record in self.posting.run.settlements or ()})

    def rows(self) -> Iterator[JournalRow]:
        """Every entry's rows: the accruals by account, invoice and id, then the settlements likewise."""
        for invoice in _booked(self.posting):
            document = self._document(invoice.account, invoice.label, invoice.total_minor)
            yield from self._rows(self._blank_accrual(invoice), document, invoice.digits, self._accrual(invoice))
        yield from self.settlements()

    def legs(self) -> Iterator[tuple[Leg, LedgerTeam]]:
        """Which legs the entries have, each with its team, in the order of ``rows``: without the rows' texts, which are
        most of what an entry costs."""
        for invoice in _booked(self.posting):
            yield from ((part.leg, part.team) for part in self._accrual(invoice) if part.units)
        for record in self.posting.run.settlements or ():
            yield from ((part.leg, part.team) for part in self._settlement(record) if part.units)

    def accrued_payable(self) -> dict[tuple[str, str], int]:
        """What the accruals credit to payable, by account and currency in minor units: without the rows' texts too."""
        found: dict[tuple[str, str], int] = {}
        for invoice in _booked(self.posting):
            key = (invoice.account, invoice.currency)
            credited = sum(part.units for part in self._accrual(invoice) if part.leg is Leg.PAYABLE)
            found[key] = found.get(key, 0) - credited
        return found

    def settlements(self) -> Iterator[JournalRow]:
        """The rows of the settlements alone, in their order."""
        for record in self.posting.run.settlements or ():
            document = self._document(record.account, record.number, record.total)
            digits = minor_digits(record.currency)
            yield from self._rows(self._blank_settlement(record), document, digits, self._settlement(record))

    def accrued_tax(self, invoice: Invoice) -> int:
        """The tax that the invoice's accrual leaves on *input VAT not due*, in minor units: none where it is cost."""
        key = (invoice.account, invoice.id)
        return self._tax_of(key) if self._reclaims(invoice) else 0

    def _rows(self, blank: JournalRow, document: str, digits: int, parts: Iterable[_Part]) -> Iterator[JournalRow]:
        """The entry's rows: what they share, the words that end each memo, and the legs with the accounts that they are
        booked on."""
        booked = [part for part in parts if part.units]
        accounts = [guarded(self.bookkeeping.chart.of(part.leg, part.team) or "") for part in booked]
        bookable, shared = self.is_sound and all(accounts), blank[1:11]  # from the entry's name to what it concerns
        for part, account in zip(booked, accounts, strict=True):
            yield JournalRow(
                part.leg,
                *shared,
                None if part.base is None else from_minor(part.base, digits),
                guarded(part.team.id),
                guarded(part.team.cost_center),
                account,
                from_minor(part.units, digits),
                blank.currency,
                bookable,
                f"{part.words or _cost_of(part.team)}, {document} for {blank.concerns}",
            )

    def _accrual(self, invoice: Invoice) -> Iterator[_Part]:
        key = (invoice.account, invoice.id)
        parts = sorted(self.posting.ledger.parts.get(key, ()), key=lambda part: self._places[part.team.id])
        reclaims = self._reclaims(invoice)
        for part in parts:
            yield _Part(Leg.COST, part.net if reclaims else part.net + part.tax, team=part.team)
        total_net, total_tax = sum(part.net for part in parts), sum(part.tax for part in parts)
        if reclaims:
            yield _Part(Leg.TAX_PENDING, total_tax, Leg.TAX_PENDING, base=total_net)
        yield _Part(Leg.PAYABLE, -(total_net + total_tax), f"{Leg.PAYABLE} to the supplier")

    def _settlement(self, record: SettlementRecord) -> Iterator[_Part]:
        base = record.total - record.tax
        yield _Part(Leg.INPUT_VAT, record.tax_pending, Leg.INPUT_VAT, base=base)
        yield _Part(Leg.TAX_PENDING, -record.tax_pending, Leg.TAX_PENDING, base=base)
        yield _Part(Leg.PAYABLE, record.total, f"{Leg.PAYABLE} to the supplier")
        yield _Part(Leg.WITHHOLDING, -record.withheld, f"{Leg.WITHHOLDING} to pay over", base=base)
        yield _Part(Leg.CLEARING, record.withheld - record.total, Leg.CLEARING)

    def _reclaims(self, invoice: Invoice) -> bool:
        return self.bookkeeping.reclaims_tax(invoice.account, invoice.buyer or self._buyer(invoice.account))

    def _buyer(self, account: str) -> str:
        """What kind of buyer the account is, as the platform says it."""
        return self._buyers.get(account, "")

    def _tax_of(self, key: InvoiceKey) -> int:
        return sum(part.tax for part in self.posting.ledger.parts.get(key, ()))

    def _company(self, account: str, tax_id: str) -> str:
        """Whose books an invoice belongs to; where it names no tax id, that of its account counts."""
        return self.bookkeeping.company(account, tax_id or self._tax_ids.get(account, ""))

    def _document(self, account: str, label: str, total: int) -> str:
        kind = "credit note" if total < 0 else "invoice"
        return f"{kind} {cleaned(label)} of {cleaned(self._names.get(account) or account)}"

    def _blank_accrual(self, invoice: Invoice) -> JournalRow:
        """What all rows of an invoice's accrual share."""
        period, issued = self.posting.period, invoice.issued_at
        return self._blank(invoice.account, invoice.tax_id, invoice.label, invoice.currency)._replace(
            event=Event.ACCRUAL,
            posting_date=period.last_day.isoformat(),
            document_date=issued.astimezone(self.timezone).date().isoformat() if issued else "",
            concerns=str(period),
        )

    def _blank_settlement(self, record: SettlementRecord) -> JournalRow:
        """What all rows of a settlement share."""
        period, blank = self.posting.period, self._blank(record.account, record.tax_id, record.number, record.currency)
        return blank._replace(
            entry=f"{blank.entry}-paid",
            event=Event.SETTLEMENT,
            posting_date=posting_date(record, period, self.timezone).isoformat(),
            document_date=document_date(record, period, self.timezone).isoformat(),
            receipt=guarded(record.receipt),
            concerns=str(record.concerns),
        )

    def _blank(self, account: str, tax_id: str, number: str, currency: str) -> JournalRow:
        """What all rows of an entry share, whichever its event."""
        return JournalRow(
            leg=Leg.PAYABLE,
            entry=guarded(f"{self.posting.period}-r{self.posting.run.revision}-{account}-{number}"),
            event=Event.ACCRUAL,
            company=guarded(self._company(account, tax_id)),
            posting_date="",
            document_date="",
            account=guarded(account),
            tax_id=guarded(tax_id),
            invoice=guarded(number),
            receipt="",
            concerns="",
            tax_base=None,
            team="",
            cost_center="",
            gl_account="",
            amount=Decimal(0),
            currency=guarded(currency),
            bookable=True,
            memo="",
        )


class _Part(Struct, frozen=True):
    """A leg of an entry, in minor units, no row if there are none; ``words`` begin its memo, "" for its team's."""

    leg: Leg
    units: int
    words: str = ""
    team: LedgerTeam = NO_TEAM
    base: int | None = None


def _booked(posting: MonthPosting) -> list[Invoice]:
    """The booked invoices by account, number (or id) and id."""
    found = [invoice for each in posting.postings for invoice in each.month.booked]
    return sorted(found, key=lambda invoice: (invoice.account, *invoice.sort_key))


def _cost_of(team: LedgerTeam) -> str:
    """A cost row's words; they begin the memo, so that no name from outside does."""
    if team.id == UNASSIGNED:
        return f"{Leg.COST} of projects that nobody owns"
    if team.id == ADJUSTMENTS:
        return f"{Leg.COST} beyond the invoice's lines"
    return f"{Leg.COST} of team {cleaned(team.name) or team.id}"
