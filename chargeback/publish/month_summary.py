"""``reconciliation/month.json``: what later months need of this one, so that they need not read all of its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import asdict

from chargeback.config import Config
from chargeback.evidence import EarlierInvoice, EarlierMonth, EarlierTotal
from chargeback.evidence.records import canonical_chunks
from chargeback.model.archived_checks import CurrencySum, Standing
from chargeback.model.archived_summary import PATH, SCHEMA
from chargeback.model.books import Books
from chargeback.model.check import Code, Outcome
from chargeback.model.facts import by_month
from chargeback.model.instants import format_instant
from chargeback.model.invoice import InvoiceStatus, as_listed, listed_total
from chargeback.model.journal import MonthJournal
from chargeback.model.ledger import by_team
from chargeback.model.money import format_exact
from chargeback.model.posting import Posting
from chargeback.model.project_sources import booked_names
from chargeback.model.totals import add_up


def files(books: Books, config: Config) -> Iterator[tuple[str, Iterable[bytes]]]:
    """The summary's file."""
    yield PATH, _chunks(books, config)


def _chunks(books: Books, config: Config) -> Iterator[bytes]:
    teams = [{"id": team.id, "name": team.name} for team in books.ledger.teams]
    value = {
        "schema": SCHEMA, **asdict(summary(books, config)), "listed": _listed(books), **_booked(books),
        "teams": teams, "standing": _standing(books),
    }  # fmt: skip
    yield from canonical_chunks(value)


def summary(books: Books, config: Config) -> EarlierMonth:
    """The month's accounts, its invoices as listed, its teams' totals, and the payments that it books."""
    journal = MonthJournal(books.posting, config.bookkeeping, config.timezone)
    found = (check for check in books.having(Outcome.EXCEPTION, Outcome.ACCEPTED) if check.code is Code.SETTLEMENT)
    disputed = frozenset((check.account, check.invoice) for check in found)
    return EarlierMonth(
        period=books.period,
        revision=books.revision,
        accounts=books.posting.run.accounts,
        invoices=tuple(
            invoice for posting in books.posting.postings for invoice in _invoices(posting, journal, disputed)
        ),
        totals=tuple(team_totals(books)),
        settlements=books.posting.run.settlements,
    )


def _standing(books: Books) -> Standing:
    amounts = tuple(CurrencySum(currency, format_exact(amount)) for currency, amount in books.accepted.amounts)
    exceptions = sum(1 for _ in books.having(Outcome.EXCEPTION))
    return Standing(exceptions, books.not_performed, books.accepted.count, amounts)


def _booked(books: Books) -> dict[str, object]:
    postings = books.posting.postings
    return asdict(booked_names([posting.month for posting in postings], books.posting.projects))


def team_totals(books: Books) -> list[EarlierTotal]:
    """Every team's gross and net by currency, configured teams without lines aside."""
    totals = add_up(books.ledger.every_part(), by_team)
    return [EarlierTotal(*key, totals[key].gross, totals[key].net) for key in sorted(totals)]


def _invoices(
    posting: Posting, journal: MonthJournal, disputed: frozenset[tuple[str, str]]
) -> Iterator[EarlierInvoice]:
    """The invoices of the month as the account lists them, drafts aside: later lists are compared with that."""
    month = posting.month
    totals = {invoice.id: invoice.total_minor for invoice in month.facts.invoices}
    booked = {invoice.id: invoice for invoice in month.booked}
    for row in by_month(month.facts.listed).get(month.period, []):
        total, accrued = listed_total(row.row), booked.get(row.id)
        yield EarlierInvoice(
            account=month.account,
            invoice=row.id,
            number=row.label,
            currency=row.row.currency or "",
            total=totals.get(row.id, 0) if total is None else total,
            void=row.status is InvoiceStatus.VOID,
            tax_pending=journal.accrued_tax(accrued) if accrued else 0,
            booked=accrued is not None,
            accrued=accrued.total_minor if accrued else 0,
            issued_at=format_instant(accrued.issued_at) if accrued and accrued.issued_at else "",
            disputed=(month.account, row.label) in disputed,
        )


def _listed(books: Books) -> Iterator[dict[str, object]]:
    """The month's invoices as the list shows them: what differs from that later is a difference of the month.

    Where a row has no receipt's number it is the one that is booked, as the list may show it later than the payment.
    """
    for posting in books.posting.postings:
        receipts = {invoice.id: invoice.receipt_number for invoice in posting.month.facts.invoices}
        for row in by_month(posting.month.facts.listed).get(posting.month.period, []):
            yield {
                "account": posting.month.account,
                "invoice": row.id,
                "row": {"receipt_number": receipts.get(row.id, ""), **as_listed(row.row)},
            }
