"""How a month ends: the exit, and what the exceptions or the error say."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from chargeback import config, month_end
from chargeback.collect.pdf_text import currencies_beside, names_number, names_total
from chargeback.errors import ChargebackError, error_exit
from chargeback.evidence import (
    Answer,
    DocumentRecord,
    EarlierInvoice,
    EarlierMonth,
    EarlierTotal,
    Evidence,
    MemoryStore,
    RunRecord,
    sha256_of,
)
from chargeback.evidence.period import Period
from chargeback.job.results import EXIT_OF_STATUS
from chargeback.model.check import Check, Outcome

from .answers import AccountAnswers, Month, calls, digits_of, stamp

ENDPOINT = "https://api.deploys.app/"


@dataclass(frozen=True, slots=True)
class Named:
    """Something that was told as wrong: a check's code (an error's is "error"), and all texts that name it."""

    code: str
    account: str
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the month ended."""

    exit: int
    named: tuple[Named, ...]
    checks: tuple[Check, ...] = ()

    def __str__(self) -> str:
        return "\n".join([f"exit {self.exit}", *(f"  {each.code} {each.account} {each.text}" for each in self.named)])


def closed(month: Month) -> Verdict:
    """The month closed from evidence, without any network."""
    try:
        settings = config.parse(month.config().encode(), Path("/config.toml"))
        books = month_end.close_month(evidence_of(month), settings)
    except ChargebackError as error:
        return Verdict(error_exit(error), (Named("error", error.account, error.message),))
    return Verdict(EXIT_OF_STATUS[books.status], named_by(books.checks), books.checks)


def named_by(checks: tuple[Check, ...]) -> tuple[Named, ...]:
    """The exceptions, as what they name."""
    return tuple(
        Named(check.code.value, check.account, " | ".join((check.invoice, check.subject_name, check.message)))
        for check in checks
        if check.outcome is Outcome.EXCEPTION
    )


def evidence_of(month: Month) -> Evidence:
    """What the job would have kept of the month's answers."""
    store, answers = MemoryStore(), []
    for account, function, asked, request, data in calls(month):
        name = f"{function}-{asked}" if asked else function
        path = f"evidence/{account or '_platform'}/{name}.json"
        store.write(path, data)
        sha256 = sha256_of(data)
        when, date = stamp(month.run_at), month.date_header
        answers.append(Answer(path, account, function, ENDPOINT, request, when, date, 200, len(data), sha256))
    run = RunRecord(
        period=Period.parse(month.period),
        run_at=stamp(month.run_at),
        endpoint=ENDPOINT,
        revision=1,
        previous=None,
        accounts=tuple(account.id for account in month.accounts),
        known_accounts=month.known_accounts,
        earlier=_earlier(month),
        documents=tuple(record for account in month.accounts for record in documents_of(account)),
    )
    return Evidence(tuple(answers), run, store)


def _earlier(month: Month) -> tuple[EarlierMonth, ...]:
    invoices = [(account.id, each) for account in month.accounts for each in account.archived or ()]
    if all(account.archived is None for account in month.accounts):
        return ()
    before = tuple(
        EarlierInvoice(account, each.invoice, each.number, each.currency, each.total, False)
        for account, each in invoices
    )
    totals = tuple(EarlierTotal("red", each.currency, each.total) for each in before)
    accounts = month.known_accounts or tuple(account.id for account in month.accounts)
    return (EarlierMonth(Period.parse(month.previous), 1, accounts, before, totals),)


def documents_of(account: AccountAnswers) -> list[DocumentRecord]:
    """What reading each booked invoice's documents comes to."""
    found = []
    for invoice in account.booked:
        detail = account.detail(invoice)
        kinds = ("invoice", "receipt") if detail["status"] == "paid" else ("invoice",)
        found += [_record(account, invoice, kind) for kind in kinds]
    return found


def _record(account: AccountAnswers, invoice: str, kind: str) -> DocumentRecord:
    detail = account.detail(invoice)
    refusal = account.documents.get((invoice, kind))
    number = str(detail["number"]) or invoice
    if isinstance(refusal, str):
        return DocumentRecord(account.id, invoice, number, kind, "unavailable", refusal)
    shown = "\n".join(account.text(invoice, kind))
    digits = digits_of(str(detail["currency"] or ""))
    receipt = str(detail.get("receiptNumber") or number)
    named = names_number(shown, number) or (kind == "receipt" and names_number(shown, receipt))
    minor = int(Decimal(detail["total"] or 0).scaleb(digits).to_integral_value())
    return DocumentRecord(
        account=account.id,
        invoice=invoice,
        number=number,
        kind=kind,
        outcome="read",
        path=f"invoices/{invoice}.pdf",
        names_number=named,
        names_total=names_total(shown, minor, digits),
        currencies=currencies_beside(shown, minor, digits),
    )
