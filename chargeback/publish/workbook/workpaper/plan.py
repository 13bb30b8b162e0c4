"""Which row of which sheet each figure gets, worked out before any sheet is written, so that formulas can point ahead.

Every account has a number, and its rows stand together on every sheet: a formula over an account is one over a range.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from chargeback.config import Config
from chargeback.evidence import Answer, Evidence
from chargeback.model.answers import LineItem, amount_of
from chargeback.model.books import AccountSummary, Books
from chargeback.model.check import Outcome
from chargeback.model.facts import answers_by_account
from chargeback.model.invoice import Invoice
from chargeback.model.posting import PostedLine, Posting
from chargeback.publish.workbook.workpaper.groups import Group, groups_of
from chargeback.publish.workbook.workpaper.sources import Figure, InvoiceSource, invoice_sources

FIRST = 5
"""The first row of figures on every sheet: title, purpose, an empty row and the headings come before."""
TOLD = (Outcome.EXCEPTION, Outcome.ACCEPTED, Outcome.NOTICE)
"""The outcomes that are told one by one, in this order."""
InvoiceParts = Mapping[str, Mapping[str, Sequence[int]]]
"""Invoice id -> team -> lines, net, tax, gross; amounts in minor units, teams by id."""


@dataclass(slots=True)
class InvoicePlan:
    """Rows of one invoice: ``row`` on *Invoices*; of its header's and lines' figures on *Evidence*.

    Where it is booked: ``lines`` the first on *Invoice lines*, ``control`` on *Ledger control*, ``parts`` the first on
    *Ledger parts*.
    """

    source: InvoiceSource
    row: int
    figures: dict[str, int] = field(default_factory=dict)
    amounts: int = 0
    prices: int = 0
    posted: Sequence[PostedLine] = ()
    lines: int = 0
    control: int = 0
    parts: int = 0

    @property
    def invoice(self) -> Invoice:
        """The invoice."""
        return self.source.invoice


@dataclass(slots=True)
class AccountPlan:
    """Rows of one account; ``number`` names it on every sheet."""

    number: int
    posting: Posting
    summaries: Sequence[AccountSummary]
    lead: int
    tie_out: int
    evidence: int
    invoices: list[InvoicePlan]
    first_line: int = 0

    @property
    def account(self) -> str:
        """The account's id."""
        return self.posting.month.account

    def groups(self) -> list[Group]:
        """What the tie-out compares, in the order of its rows."""
        return groups_of(self.posting)

    def group_rows(self) -> dict[int, int]:
        """The identity of each posted line -> the row of *Tie-out* that compares it."""
        groups = enumerate(self.groups(), start=self.tie_out)
        return {id(line): row for row, group in groups for line in group.lines}

    def report_rows(self) -> int:
        """How many rows the proved report has, each a row of *Evidence*, from ``evidence`` on."""
        report = self.posting.month.report
        return len(report.rows) if report else 0


@dataclass(slots=True)
class Plan:
    """The whole workpaper's rows."""

    books: Books
    config: Config
    evidence: Evidence
    accounts: list[AccountPlan]
    last: Mapping[str, int]

    def invoices(self) -> Iterator[tuple[AccountPlan, InvoicePlan]]:
        """Every invoice of the month with its account."""
        for account in self.accounts:
            for invoice in account.invoices:
                yield account, invoice

    @property
    def basis(self) -> str:
        """ "gross" or "net": what the report's values include, and so which amount of a line is compared."""
        return self.config.reconciliation.tax_basis


def priced(item: LineItem) -> bool:
    """Whether quantity × unit price can be recomputed."""
    return item.quantity is not None and item.unit_price is not None


def line_figures(source: InvoiceSource) -> Iterator[Figure]:
    """The evidence of an invoice's lines: every amount, then quantity and unit price of each that has both."""
    lines = source.invoice.lines if source.lines else ()
    for place, item in enumerate(lines):
        yield source.line(place, "amount", amount_of(item.amount))
    for place, item in enumerate(lines):
        if priced(item):
            yield source.line(place, "quantity", amount_of(item.quantity or 0))
            yield source.line(place, "unitPrice", amount_of(item.unit_price or 0))


class Planner:
    """Hands out rows, account by account."""

    def __init__(self, books: Books, config: Config, evidence: Evidence) -> None:
        self._books, self._config, self._evidence = books, config, evidence
        self._answers: Mapping[str, Sequence[Answer]] = answers_by_account(evidence)
        self._next: Counter[str] = Counter()

    def plan(self) -> Plan:
        """The plan of all accounts."""
        summaries: dict[str, list[AccountSummary]] = defaultdict(list)
        for summary in self._books.accounts:
            summaries[summary.account].append(summary)
        accounts = [
            self._account(number, posting, summaries[posting.month.account])
            for number, posting in enumerate(self._books.posting.postings, start=1)
        ]
        self._take("exceptions", max(sum(1 for _ in self._books.having(*TOLD)), 1))
        last = {sheet: FIRST + rows - 1 for sheet, rows in self._next.items()}
        return Plan(self._books, self._config, self._evidence, accounts, last)

    def _take(self, sheet: str, rows: int) -> int:
        """The first of so many rows of a sheet."""
        first = FIRST + self._next[sheet]
        self._next[sheet] += rows
        return first

    def _account(self, number: int, posting: Posting, summaries: Sequence[AccountSummary]) -> AccountPlan:
        account = AccountPlan(
            number,
            posting,
            summaries,
            lead=self._take("lead", len(summaries)),
            tie_out=self._take("tie-out", len(groups_of(posting))),
            evidence=0,
            invoices=[],
        )
        account.evidence = self._take("evidence", account.report_rows())
        posted: dict[str, list[PostedLine]] = defaultdict(list)
        for line in posting.posted:
            posted[line.invoice.id].append(line)
        account.first_line = FIRST + self._next["lines"]
        sources = invoice_sources(posting.month.facts, self._evidence, self._answers.get(account.account, ()))
        parts = Counter(invoice for invoice, _ in {(line.label.invoice_id, line.team.id) for line in posting.lines})
        account.invoices = [self._invoice(source, posted.get(source.invoice.id, []), parts) for source in sources]
        return account

    def _invoice(self, source: InvoiceSource, posted: Sequence[PostedLine], parts: Counter[str]) -> InvoicePlan:
        plan = InvoicePlan(source, self._take("invoices", 1), posted=posted)
        first = self._take("evidence", len(source.header))
        plan.figures = {figure.name: row for row, figure in enumerate(source.header, start=first)}
        lines = source.invoice.lines if source.lines else ()
        plan.amounts = self._take("evidence", len(lines))
        plan.prices = self._take("evidence", 2 * sum(map(priced, lines)))
        plan.lines = self._take("lines", len(posted))
        if posted:
            plan.control = self._take("control", 1)
            plan.parts = self._take("parts", parts[source.invoice.id])
        return plan


def team_parts(posting: Posting) -> InvoiceParts:
    """What of each of the account's invoices went to which team."""
    sums: dict[str, dict[str, list[int]]] = defaultdict(dict)
    for line in posting.lines:
        parts = sums[line.label.invoice_id].setdefault(line.team.id, [0, 0, 0, 0])
        parts[0] += 1
        parts[1] += line.net
        parts[2] += line.tax
        parts[3] += line.gross
    return {invoice: dict(sorted(parts.items())) for invoice, parts in sums.items()}
