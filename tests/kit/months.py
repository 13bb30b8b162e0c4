"""Small months by hand: an account's answers in a few words, the evidence they make, and the books that follow.

Amounts are texts or numbers, and reach the evidence with the digits they are written with. What is not said is right: a
month is May 2026 in Bangkok, closed on 3 June; an invoice is open, covers the month, and its header follows from its
lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from chargeback.config import Config, parse
from chargeback.evidence import (
    Answer,
    DocumentRecord,
    EarlierMonth,
    Evidence,
    MemoryStore,
    ProjectPair,
    RunRecord,
    SettlementRecord,
    UnsettledPayment,
    sha256_of,
)
from chargeback.evidence.period import Period
from chargeback.model.booking import AccountMonth
from chargeback.model.books import Books
from chargeback.model.check import Check, Code, Outcome
from chargeback.month_end import close_month, post_month, read_month

PERIOD = "2026-05"
START, END = "2026-04-30T17:00:00Z", "2026-05-31T17:00:00Z"
RUN_AT, DATE = "2026-06-03T03:00:00Z", "Wed, 03 Jun 2026 03:00:00 GMT"
MIDDLE = "2026-05-15T17:00:00Z"
APRIL = {"periodStart": "2026-03-31T17:00:00Z", "periodEnd": START, "issuedAt": "2026-05-02T00:00:00Z"}
"""An invoice's times where it is of the month before."""
ENDPOINT = "http://127.0.0.1/"
A = "1042"
INACTIVE = "api: billing account not active, please contact us via email to activate billing account"
TEAMS = """
timezone = "Asia/Bangkok"
[[teams]]
id = "web"
name = "Web"
cost_center = "CC-100"
gl_account = "6420"
projects = ["acme-web", "acme-web-*"]
[[teams]]
id = "data"
name = "Data"
projects = ["acme-data"]
[[shared]]
project = "acme-platform"
split = { web = 60, data = 40 }
"""
_DETAIL_ONLY = ("lineItems", "taxRate", "withholdingTaxRate", "withholdingTaxAmount", "billingAccountId")


def dec(text: str | int | Decimal) -> Decimal:
    """An exact amount."""
    return Decimal(text)


def encoded(value: object) -> str:
    """JSON in which a ``Decimal`` keeps its digits."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)}: {encoded(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(encoded(each) for each in value) + "]"
    return f"{value:f}" if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)


def of(project: str, amount: str | int, **fields: Any) -> dict[str, Any]:
    """A line by project: gross."""
    return {"project": project, "description": project.title(), "amount": dec(amount), **fields}


def sku(name: str, amount: str | int, **fields: Any) -> dict[str, Any]:
    """A line by SKU: net."""
    return {"sku": name, "amount": dec(amount), **fields}


def invoice(
    number: str = "INV-1",
    *lines: Mapping[str, Any],
    tax: str | int | None = None,
    subtotal: str | int | None = None,
    total: str | int | None = None,
    row: Mapping[str, Any] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """An invoice's detail; ``row`` is what the list says otherwise. The tax is nothing unless given."""
    footed = sum((line["amount"] for line in lines), Decimal(0))
    by_sku = bool(lines) and "sku" in lines[0]
    taxed = dec(tax or 0)
    whole = dec(total) if total is not None else footed + taxed if by_sku else footed
    return {
        "id": number.lower() or "i0",
        "number": number,
        "currency": "THB",
        "status": "open",
        "periodStart": START,
        "periodEnd": END,
        "issuedAt": "2026-06-01T17:00:00Z",
        "subtotal": dec(subtotal) if subtotal is not None else whole - taxed,
        "taxAmount": taxed,
        "total": whole,
        "taxRate": 0 if not taxed else None,
        "lineItems": list(lines),
        **fields,
        "_row": row or {},
    }


def report(
    *rows: tuple[str, str, str | int, str | int],
    day: str | None = "2026-05-10",
    chart: str | int | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """A report of (project, resource, usage, value) rows; its chart shows their sum on one day, None for no day."""
    total = sum((dec(value) for *_, value in rows), Decimal(0))
    listed = [
        {"projectSid": project, "name": name, "usageValue": dec(usage), "billingValue": dec(value)}
        for project, name, usage, value in rows
    ]
    points = [total if chart is None else dec(chart)]
    shown = {"categories": [day], "series": [{"name": "all", "data": points}]} if day else {}
    return {"range": "prev_month", "list": listed, "chart": shown, **fields}


class Account(Struct):
    """An account's answers; a text in place of an answer is a refusal.

    ``carried`` is a report that an earlier run proved. ``refusals`` are invoices' ids whose detail is refused.
    """

    invoices: Sequence[Mapping[str, Any]] | str = ()
    report: Mapping[str, Any] | str | None = None
    id: str = A
    name: str = "Acme"
    carried: Mapping[str, Any] | None = None
    refusals: Mapping[str, str] = field(default_factory=dict)
    documents: tuple[DocumentRecord, ...] | None = None
    date: str | None = DATE
    more_rows: Sequence[Mapping[str, Any]] = ()


def account(*invoices: Mapping[str, Any], **fields: Any) -> Account:
    """An account with these invoices; without a report it is one that ties out by project."""
    return Account(invoices, **fields)


class Month(Struct):
    """Accounts' answers, the configuration, and what the run knows besides."""

    accounts: Sequence[Account]
    config: str = TEAMS
    projects: Sequence[Mapping[str, Any]] | str = ()
    period: str = PERIOD
    run_at: str = RUN_AT
    known_accounts: tuple[str, ...] = ()
    earlier: tuple[EarlierMonth, ...] = ()
    booked: tuple[ProjectPair, ...] = ()
    account_names: Mapping[str, str] = field(default_factory=dict)
    settlements: tuple[SettlementRecord, ...] = ()
    settled: tuple[SettlementRecord, ...] = ()
    unsettled: tuple[UnsettledPayment, ...] = ()
    reverse: bool = False

    @property
    def settings(self) -> Config:
        """The configuration, parsed."""
        return parse(self.config.encode(), Path("/config.toml"))

    def evidence(self) -> Evidence:
        """The evidence that the answers make."""
        store, answers = MemoryStore(), list[Answer]()
        answers.append(self._kept(store, "", "project.list", "", {}, _listed(self.projects)))
        for each in self.accounts:
            answers += self._answers(store, each)
        documents = tuple(record for each in self.accounts for record in _documents(each))
        run = RunRecord(
            period=Period.parse(self.period),
            run_at=self.run_at,
            endpoint=ENDPOINT,
            revision=1,
            previous=None,
            accounts=tuple(sorted(each.id for each in self.accounts)),
            known_accounts=self.known_accounts,
            earlier=self.earlier,
            documents=documents,
            projects=self.booked,
            account_names=self.account_names,
            settlements=self.settlements,
            settled=self.settled,
            unsettled=self.unsettled,
            versions={"chargeback": "1"},
        )
        return Evidence(tuple(reversed(answers) if self.reverse else answers), run, store)

    def _answers(self, store: MemoryStore, each: Account) -> Iterable[Answer]:
        me = {"id": each.id}
        yield self._kept(store, each.id, "billing.get", "", me, {"id": each.id, "name": each.name}, each.date)
        given = report() if each.report is None else each.report
        yield self._kept(store, each.id, "billing.report", "", me, given, each.date)
        if each.carried is not None:
            yield self._kept(store, each.id, "billing.report", "-carried", me, each.carried, each.date)
        rows = _rows(each)
        yield self._kept(store, each.id, "billing.listInvoices", "", me, rows, each.date)
        for detail in () if isinstance(each.invoices, str) else each.invoices:
            asked = str(_row(detail)["id"])
            answer = each.refusals.get(asked, _shown(detail))
            request = {"id": asked, "invoiceId": asked}
            yield self._kept(store, each.id, "billing.getInvoice", f"-{asked}", request, answer, each.date)

    def _kept(
        self,
        store: MemoryStore,
        account_id: str,
        function: str,
        suffix: str,
        request: Mapping[str, Any],
        result: Mapping[str, Any] | str,
        date: str | None = DATE,
    ) -> Answer:
        refused = isinstance(result, str)
        body = encoded({"ok": False, "error": {"message": result}} if refused else {"ok": True, "result": result})
        path = f"evidence/{account_id or '_platform'}/{function}{suffix}.json"
        store.write(path, body.encode())
        sha256 = sha256_of(body.encode())
        return Answer(path, account_id, function, ENDPOINT, request, self.run_at, date, 200, len(body.encode()), sha256)

    def months(self) -> list[AccountMonth]:
        """The accounts, decided."""
        return read_month(self.evidence(), self.settings, Period.parse(self.period))[0]

    def posting(self) -> Any:
        """The accounts, allocated, not yet reconciled."""
        evidence, period = self.evidence(), Period.parse(self.period)
        months, projects = read_month(evidence, self.settings, period)
        return post_month(months, self.settings, evidence, period, projects)

    def books(self) -> Books:
        """The month's books."""
        return close_month(self.evidence(), self.settings)


def _listed(projects: Sequence[Mapping[str, Any]] | str) -> Mapping[str, Any] | str:
    return projects if isinstance(projects, str) else {"items": list(projects)}


def _rows(each: Account) -> Mapping[str, Any] | str:
    if isinstance(each.invoices, str):
        return each.invoices
    return {"items": [*(_row(detail) for detail in each.invoices), *each.more_rows]}


def _row(detail: Mapping[str, Any]) -> dict[str, Any]:
    """The list row of an invoice."""
    found = {name: value for name, value in detail.items() if name not in _DETAIL_ONLY and name != "_row"}
    return {**found, **detail.get("_row", {})}


def _shown(detail: Mapping[str, Any]) -> dict[str, Any]:
    """The detail as answered: a field that is None is left out."""
    return {name: value for name, value in detail.items() if name != "_row" and value is not None}


def _documents(each: Account) -> tuple[DocumentRecord, ...]:
    """What the documents came to: all is well, unless said otherwise."""
    if each.documents is not None:
        return each.documents
    details = () if isinstance(each.invoices, str) else each.invoices
    return tuple(
        document(str(_row(detail)["id"]), kind, account=each.id, number=str(_row(detail)["number"]))
        for detail in details
        for kind in ("invoice", "receipt")
    )


def document(invoice_id: str, kind: str = "invoice", **fields: Any) -> DocumentRecord:
    """The record of a PDF that names number and total."""
    right = DocumentRecord(A, invoice_id, invoice_id.upper(), kind, "read", names_number=True, names_total=True)
    return replace(right, **fields)


def settled(number: str = "I", **fields: Any) -> SettlementRecord:
    """The record of a payment of 1.00, nothing withheld, of an invoice of this month."""
    right = SettlementRecord(
        account=A,
        invoice=number.lower(),
        number=number,
        receipt="",
        concerns=Period.parse(PERIOD),
        currency="THB",
        total=100,
        tax=0,
        withheld=0,
        tax_pending=0,
        tax_rate="",
        withholding_rate="",
        paid_at="",
        tax_id="",
        buyer="",
        detail=f"evidence/{A}/billing.getInvoice-{number.lower()}.json",
    )
    return replace(right, **fields)


def month(*accounts: Account, **fields: Any) -> Month:
    """A month of these accounts."""
    return Month(accounts, **fields)


def lines(books: Books, *names: str) -> list[tuple[str, ...]]:
    """The chosen columns of every ledger line, as they are written."""
    from chargeback.model.ledger_register import COLUMNS, written_rows

    places = [COLUMNS.index(name) for name in names]
    rows = written_rows(books.period, books.ledger.lines)
    return [tuple(row[place] for place in places) for row in rows]


def checks(books: Books, code: Code | str) -> list[Check]:
    """The checks of a code, in order."""
    return [check for check in books.checks if check.code == code]


def outcomes(books: Books, code: Code | str) -> list[tuple[str, str]]:
    """(subject, outcome) of the checks of a code."""
    return [(check.subject_name, check.outcome.value) for check in checks(books, code)]


def exceptions(books: Books) -> list[str]:
    """The codes of the exceptions, in order."""
    return [check.code.value for check in books.having(Outcome.EXCEPTION)]
