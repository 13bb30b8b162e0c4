"""The product's own answer to a month, in memory: evidence is built, the month is closed, nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from chargeback import config, month_end
from chargeback.errors import ConfigurationError, NotReadyError
from chargeback.evidence import Answer, Evidence, MemoryStore, RunRecord, sha256_of
from chargeback.evidence.period import Period
from chargeback.evidence.records import EarlierInvoice, EarlierMonth, ProjectPair
from chargeback.model.booking import is_before_the_first_bill
from chargeback.model.books import Books
from chargeback.publish import ledger_csv, reconciliation

from .answers import Month, Reply
from .checking import Check
from .findings import Finding

SHARED = {
    "invoice-issued",
    "invoice-identity",
    "invoice-arithmetic",
    "invoice-tax",
    "invoice-withholding",
    "invoice-footing",
    "line-arithmetic",
    "invoice-cutoff",
    "invoice-duplicate",
    "report-period",
    "report-chart",
    "report-total",
    "report-project",
    "report-resource",
    "currency",
    "ownership",
    "prior-periods",
}
"""The checks that follow from a month's own answers."""
ENDPOINT = "https://api.deploys.app/"


def books_of(month: Month) -> Books:
    """The month's books; an error of ``chargeback.errors`` where there are none, or none that the job keeps."""
    books = month_end.close_month(evidence_of(month), config.parse(month.config.encode(), Path("config.toml")))
    first = is_before_the_first_bill(account.month for account in books.posting.postings)
    if first is not None:
        raise ConfigurationError(f"{month.period} lies before {first}")
    if books.status == "not-ready":
        raise NotReadyError(f"{month.period} is not ready")
    return books


def ledgers_of(books: Books) -> dict[str, bytes]:
    """The ledgers: path -> bytes."""
    return {path: b"".join(chunks) for path, chunks in ledger_csv.files(books)}


def checks_of(books: Books) -> list[Check]:
    """The checks that the second opinion has too, as it has them; idle acceptances are left out."""
    return [check_of(row) for row in reconciliation.document(books)["checks"] if is_shared(row)]


def is_shared(row: dict[str, Any]) -> bool:
    """Whether the second opinion has that check: of an account, and of the month's own answers."""
    return bool(row["check"] in SHARED and row["account"] and "covered nothing" not in row["message"])


def check_of(row: dict[str, Any]) -> Check:
    """A check of ``reconciliation.json``, its amounts as fractions."""
    amounts = (row[name] for name in ("expected", "actual", "variance", "tolerance"))
    texts = (row[name] for name in ("check", "account", "invoice", "subject", "outcome"))
    figures = (None if each is None else Fraction(each) for each in amounts)
    return Check(*texts, *figures, row["currency"] or "", row["cause"], row["finding"])


def findings_of(books: Books) -> list[Finding]:
    """The findings of the checks that the second opinion has too, as it has them."""
    document = reconciliation.document(books)
    shared = {row["finding"] for row in document["checks"] if is_shared(row)}
    return [finding_of(each) for each in document["findings"] if each["id"] in shared]


def finding_of(row: dict[str, Any]) -> Finding:
    """A finding of ``reconciliation.json``, its amount as a fraction."""
    texts = (row[name] for name in ("id", "check", "account", "invoice"))
    figure = None if row["amount"] is None else Fraction(row["amount"])
    return Finding(*texts, row["subject"]["name"], figure, row["currency"], row["checks"])


def evidence_of(month: Month) -> Evidence:
    """The month's answers as the job would have kept them."""
    store, answers = MemoryStore(), []
    for account, function, name, request, reply in calls(month):
        folder = f"evidence/{account}" if account else "evidence"
        path = f"{folder}/{function}{name}.json"
        store.write(path, reply.body)
        answers.append(answer_of(path, account, function, request, reply))
    run = RunRecord(
        period=Period.parse(month.period),
        run_at=month.run_at,
        endpoint=ENDPOINT,
        revision=1,
        previous=None,
        accounts=tuple(sorted(month.accounts)),
        known_accounts=tuple(sorted(month.accounts)),
        earlier=tuple(earlier_months(month)),
        projects=tuple(ProjectPair(*pair) for pair in month.booked),
        account_names=dict(month.account_names),
    )
    return Evidence(tuple(answers), run, store)


def earlier_months(month: Month) -> Iterator[EarlierMonth]:
    """The earlier months that the archive holds, as the run records them."""
    for period, accounts in sorted(month.archived.items()):
        invoices = tuple(
            EarlierInvoice(each.account, each.id, each.number, each.currency, each.total, each.void)
            for each in month.earlier
            if each.period == period
        )
        yield EarlierMonth(Period.parse(period), 1, accounts, invoices, ())


def calls(month: Month) -> Iterator[tuple[str, str, str, dict[str, Any], Reply]]:
    """Account, function, ending of the file's name, request and answer of every call."""
    yield "", "project.list", "", {}, month.projects
    for account, answers in sorted(month.accounts.items()):
        yield account, "billing.get", "", {"id": account}, answers.get
        yield account, "billing.report", "", {"id": account, "billingAccount": account}, answers.report
        yield account, "billing.listInvoices", "", {"id": account, "billingAccountId": account}, answers.invoices
        for id_, detail in sorted(answers.details.items()):
            yield account, "billing.getInvoice", f"-{id_}", {"id": id_, "invoiceId": id_}, detail


def answer_of(path: str, account: str, function: str, request: dict[str, Any], reply: Reply) -> Answer:
    """The record of an answer."""
    return Answer(
        path=path,
        account=account,
        function=function,
        endpoint=ENDPOINT,
        request=request,
        requested_at=reply.requested_at,
        date=reply.date,
        status=200,
        size=len(reply.body),
        sha256=sha256_of(reply.body),
    )
