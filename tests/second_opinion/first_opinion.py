"""The product's own answer to a month, in memory: evidence is built, the month is closed, nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chargeback import config, month_end
from chargeback.errors import NotReadyError
from chargeback.evidence import Answer, Evidence, MemoryStore, RunRecord, sha256_of
from chargeback.model.books import Books
from chargeback.publish import ledger_csv, reconciliation

from .answers import Month, Reply

ENDPOINT = "https://api.deploys.app/"


def books_of(month: Month) -> Books:
    """The month's books; an error of ``chargeback.errors`` where there are none, or none that are kept."""
    books = month_end.close_month(evidence_of(month), config.parse(month.config.encode(), Path("config.toml")))
    if books.status == "not-ready":
        raise NotReadyError(f"{month.period} is not ready")
    return books


def ledgers_of(books: Books) -> dict[str, bytes]:
    """The ledgers: path -> bytes."""
    return {path: b"".join(chunks) for path, chunks in ledger_csv.files(books)}


def document_of(books: Books) -> dict[str, Any]:
    """What ``reconciliation.json`` holds."""
    return reconciliation.document(books)


def evidence_of(month: Month) -> Evidence:
    """The month's answers as the job would have kept them."""
    store, answers = MemoryStore(), []
    for account, function, name, request, reply in calls(month):
        folder = f"evidence/{account}" if account else "evidence"
        path = f"{folder}/{function}{name}.json"
        store.write(path, reply.body)
        answers.append(answer_of(path, account, function, request, reply))
    run = RunRecord(
        period=month.period,
        run_at=month.run_at,
        endpoint=ENDPOINT,
        revision=1,
        previous=None,
        accounts=tuple(sorted(month.accounts)),
        known_accounts=tuple(sorted(month.accounts)),
    )
    return Evidence(tuple(answers), run, store)


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
