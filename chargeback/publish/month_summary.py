"""``reconciliation/month.json``: what later months need of this one, so that they need not read all of its evidence."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from chargeback.errors import DamagedError, SchemaError
from chargeback.evidence import EarlierInvoice, EarlierMonth, EarlierTotal
from chargeback.evidence.records import canonical_json, earlier_month
from chargeback.model.books import Books
from chargeback.model.facts import by_month
from chargeback.model.invoice import Status, as_listed, listed_total
from chargeback.model.posting import Posting

PATH = "reconciliation/month.json"
SCHEMA = 1


def files(books: Books) -> Iterator[tuple[str, Iterable[bytes]]]:
    """The summary's file."""
    yield PATH, [canonical_json({"schema": SCHEMA, **asdict(summary(books)), "listed": _listed(books)})]


def summary(books: Books) -> EarlierMonth:
    """The month's accounts, its invoices as listed, and its teams' totals."""
    return EarlierMonth(
        period=str(books.period),
        revision=books.revision,
        accounts=books.posting.run.accounts,
        invoices=tuple(invoice for posting in books.posting.postings for invoice in _invoices(posting)),
        totals=tuple(team_totals(books)),
    )


def read(data: bytes) -> EarlierMonth:
    """Read a summary back; ``DamagedError`` where it is none, ``SchemaError`` where a newer version wrote it."""
    try:
        value = json.loads(data)
        schema = value.pop("schema")
        if schema > SCHEMA:
            raise SchemaError(f"{PATH}: schema {schema}, this version reads {SCHEMA}", remedy="upgrade chargeback")
        return earlier_month(value)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DamagedError(f"{PATH}: not a month's summary ({error})", remedy="restore the revision") from error


def read_listed(data: bytes) -> dict[tuple[str, str], dict[str, str]]:
    """By account and id, what the list said of each invoice, as far as the version that wrote the summary kept it."""
    try:
        value = json.loads(data)
        if "listed" in value:
            return {(row["account"], row["invoice"]): dict(row["row"]) for row in value["listed"]}
        if value.get("paid") is None:
            return {}
        paid = {(row["account"], row["invoice"]) for row in value["paid"]}  # version 0.1 kept no more than that
        issued = [(row["account"], row["invoice"]) for row in value["invoices"] if not row["void"]]
        return {key: {"status": (Status.PAID if key in paid else Status.OPEN).value} for key in issued}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DamagedError(f"{PATH}: not a month's summary ({error})", remedy="restore the revision") from error


def team_totals(books: Books) -> list[EarlierTotal]:
    """Every team's gross by currency, configured teams without lines aside."""
    gross: Counter[tuple[str, str]] = Counter()
    for line in books.ledger.lines:
        gross[line.team.id, line.label.currency] += line.gross
    return [EarlierTotal(team, currency, gross[team, currency]) for team, currency in sorted(gross)]


def _invoices(posting: Posting) -> Iterator[EarlierInvoice]:
    """The invoices of the month as the account lists them, drafts aside: later lists are compared with that."""
    month = posting.month
    totals = {invoice.id: invoice.total_minor for invoice in month.facts.invoices}
    for row in by_month(month.facts.listed).get(month.period, []):
        total = listed_total(row.row)
        yield EarlierInvoice(
            account=month.account,
            invoice=row.id,
            number=row.label,
            currency=row.row.currency or "",
            total=totals.get(row.id, 0) if total is None else total,
            void=row.status is Status.VOID,
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
