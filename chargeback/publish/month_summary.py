"""``reconciliation/month.json``: what later months need of this one, so that they need not read all of its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import TypeVar

import msgspec

from chargeback.config import Config
from chargeback.evidence import EarlierInvoice, EarlierMonth, EarlierTotal, ProjectPair
from chargeback.evidence.records import canonical_json
from chargeback.evidence.typed_json import decoded
from chargeback.model.books import Books
from chargeback.model.check import Code, Outcome
from chargeback.model.facts import by_month
from chargeback.model.instants import format_instant
from chargeback.model.invoice import Status, as_listed, listed_total
from chargeback.model.journal import MonthJournal
from chargeback.model.posting import Posting
from chargeback.model.project_sources import BookedNames, booked_names
from chargeback.model.totals import add_up, by_team

PATH = "reconciliation/month.json"
SCHEMA = 1
Summary = TypeVar("Summary")


def files(books: Books, config: Config) -> Iterator[tuple[str, Iterable[bytes]]]:
    """The summary's file."""
    yield PATH, _chunks(books, config)


def _chunks(books: Books, config: Config) -> Iterator[bytes]:
    teams = [{"id": team.id, "name": team.name} for team in books.ledger.teams]
    value = {
        "schema": SCHEMA, **asdict(summary(books, config)), "listed": _listed(books), **_booked(books), "teams": teams,
    }  # fmt: skip
    yield canonical_json(value)


def summary(books: Books, config: Config) -> EarlierMonth:
    """The month's accounts, its invoices as listed, its teams' totals, and the payments that it books."""
    journal = MonthJournal(books.posting, config.bookkeeping, config.timezone)
    found = (check for check in books.having(Outcome.EXCEPTION, Outcome.ACCEPTED) if check.code is Code.SETTLEMENT)
    disputed = frozenset((check.account, check.invoice) for check in found)
    return EarlierMonth(
        period=str(books.period),
        revision=books.revision,
        accounts=books.posting.run.accounts,
        invoices=tuple(
            invoice for posting in books.posting.postings for invoice in _invoices(posting, journal, disputed)
        ),
        totals=tuple(team_totals(books)),
        settlements=books.posting.run.settlements,
    )


def read(data: bytes) -> EarlierMonth:
    """Read a summary back; ``AnswerError`` where it is none, ``SchemaError`` where a newer version wrote it."""
    return _decoded(data, EarlierMonth)


def read_listed(data: bytes) -> dict[tuple[str, str], Mapping[str, str]]:
    """By account and id, what the list said of each invoice, as far as the version that wrote the summary kept it."""
    kept = _decoded(data, _Listed)
    if kept.listed is not None:
        return {(row.account, row.invoice): row.row for row in kept.listed}
    if kept.paid is None:
        return {}
    paid = {(row.account, row.invoice) for row in kept.paid}  # version 0.1 kept no more than that
    issued = [(row.account, row.invoice) for row in kept.invoices if not row.void]
    return {key: {"status": (Status.PAID if key in paid else Status.OPEN).value} for key in issued}


class TeamName(msgspec.Struct, frozen=True):
    """A team of the ledger by its id, and what it is called."""

    id: str
    name: str


class TeamFigures(msgspec.Struct, frozen=True):
    """A month's teams in the order of the configuration (none where a version before 0.3 wrote it), and their
    totals."""

    totals: tuple[EarlierTotal, ...]
    teams: tuple[TeamName, ...] = ()


def read_teams(data: bytes) -> TeamFigures:
    """What of the summary is about teams, without its invoices."""
    return _decoded(data, TeamFigures)


class _Key(msgspec.Struct, frozen=True):
    account: str
    invoice: str


class _ListedRow(msgspec.Struct, frozen=True):
    account: str
    invoice: str
    row: Mapping[str, str]


class _Listed(msgspec.Struct, frozen=True):
    """What of the summary is about lists: ``listed`` since version 0.2, ``paid`` in 0.1."""

    invoices: tuple[EarlierInvoice, ...]
    listed: tuple[_ListedRow, ...] | None = None
    paid: tuple[_Key, ...] | None = None


class _Booked(msgspec.Struct, frozen=True):
    """What of the summary is about names: since version 0.3."""

    projects: tuple[ProjectPair, ...] | None = None
    account_names: Mapping[str, str] | None = None


def read_booked(data: bytes) -> BookedNames | None:
    """The names that the month was booked with, None where the version that wrote the summary did not keep them."""
    value = _decoded(data, _Booked)
    if value.projects is None or value.account_names is None:
        return None
    return BookedNames(value.projects, value.account_names)


def _booked(books: Books) -> dict[str, object]:
    postings = books.posting.postings
    return asdict(booked_names([posting.month for posting in postings], books.posting.projects))


def _decoded(data: bytes, of: type[Summary]) -> Summary:
    return decoded(data, of, path=PATH, schema=SCHEMA, noun="a month's summary")


def team_totals(books: Books) -> list[EarlierTotal]:
    """Every team's gross and net by currency, configured teams without lines aside."""
    totals = add_up(books.ledger.lines, by_team)
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
            void=row.status is Status.VOID,
            tax_pending=journal.accrued_tax(accrued) if accrued else 0,
            booked=accrued is not None,
            accrued=accrued.total_minor if accrued else 0,
            issued_at=format_instant(accrued.issued_at) if accrued and accrued.issued_at else "",
            disputed=(month.account, row.label) in disputed,
        )


def _listed(books: Books) -> list[dict[str, object]]:
    """The month's invoices as the list shows them: what differs from that later is a difference of the month.

    Where a row has no receipt's number it is the one that is booked, as the list may show it later than the payment.
    """
    receipts = {
        (invoice.account, invoice.id): invoice.receipt_number
        for posting in books.posting.postings
        for invoice in posting.month.facts.invoices
    }
    return [
        {
            "account": posting.month.account,
            "invoice": row.id,
            "row": {"receipt_number": receipts.get((posting.month.account, row.id), ""), **as_listed(row.row)},
        }
        for posting in books.posting.postings
        for row in by_month(posting.month.facts.listed).get(posting.month.period, [])
    ]
