"""*Lead*: one row an account and currency, each figure a live formula over the sheet behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from chargeback.evidence import EarlierMonth
from chargeback.model.books import AccountSummary, Status
from chargeback.model.check import Outcome
from chargeback.model.journal import MonthJournal
from chargeback.model.money import minor_digits
from chargeback.model.wording import books_status_text
from chargeback.publish.workpaper.control import LedgerControl
from chargeback.publish.workpaper.exceptions import Exceptions, counted
from chargeback.publish.workpaper.numbered_accounts import AccountPaper, Paper
from chargeback.publish.workpaper.sheet import Declaration, OfAccounts, account_sheet
from chargeback.publish.workpaper.tie_out import TieOut
from chargeback.publish.xlsx.cells import EMPTY_ROW
from chargeback.publish.xlsx.expressions import Choice, Exact, Expression, constant
from chargeback.publish.xlsx.rounding import names_apart
from chargeback.publish.xlsx.sheets import Criterion, SheetTable, Written
from chargeback.publish.xlsx.styles import Kind
from chargeback.publish.xlsx.tables import Column, Form, Record, Styled, Value, note


class Lead(SheetTable):
    """One row an account and currency, then the totals by currency."""

    name = "Lead"
    purpose = (
        "Per account: what the usage report shows, the invoices bill, the ledgers hold. Follow a figure to its sheet."
    )
    frozen_columns = 2
    number = Column("No.", 6, Form.INTEGER, kind=Kind.QUIET)
    account = Column("Account", 18)
    account_name = Column("Name", 26)
    currency = Column("Currency", 9, is_kept=True)
    invoices = Column("Invoices", 22, kind=Kind.WRAPPED)
    report = Column("Usage report (Tie-out)", 18, Form.EXACT, is_kept=True)
    lines = Column("Invoice lines (Tie-out)", 15, Form.MONEY, is_kept=True)
    variance = Column("Variance: report − lines", 16, Form.EXACT, Exact(report.less(lines), like=report), is_kept=True)
    invoice_total = Column("Invoices (Ledger control)", 15, Form.MONEY, is_kept=True)
    net = Column("Ledgers: net", 15, Form.MONEY, is_kept=True)
    tax = Column("Ledgers: tax", 14, Form.MONEY, is_kept=True)
    ledger_total = Column("Ledgers (Ledger control)", 15, Form.MONEY, is_kept=True)
    difference = Column("Ledgers − invoices", 12, Form.MONEY, Exact(ledger_total - invoice_total), is_kept=True)
    journal = Column("Accrued in journal.csv: payable", 15, Form.MONEY, is_kept=True)
    unjournalled = Column("Ledgers − journal", 12, Form.MONEY, Exact(ledger_total - journal), is_kept=True)
    before = Column("Month before: invoices", 15, Form.MONEY, is_kept=True)
    change = Column("Change", 13, Form.MONEY, Exact(ledger_total - before), is_kept=True)
    exceptions = Column("Exceptions", 11, Form.COUNT, is_kept=True)
    accepted = Column("Accepted", 10, Form.COUNT, is_kept=True)
    status = Column("Status", 14, kind=Kind.VERDICT)
    totalled_by = (currency,)
    totalled = (report, lines, variance, invoice_total, net, tax, ledger_total, difference, journal, unjournalled,
                before, change, exceptions, accepted)  # fmt: skip


_CHARACTERS, _MOST_LINES = 22, 12
"""Characters that a line of the invoices holds, and lines that a row shows."""
_STATUS = Choice(Lead.exceptions > constant(0), Status.EXCEPTIONS.value, Status.RECONCILED.value)
_COUNTS = (Lead.exceptions, Lead.accepted)


def month_total(paper: Paper, currency: str) -> tuple[Expression, Decimal]:
    """The month's gross in a currency, over the accounts' rows, as other sheets refer to it; and its value."""
    currencies = {summary.currency for summary in paper.books.accounts}
    criterion = Criterion(Lead.currency, currency, f'"{currency}"')
    is_found = names_apart({*currencies, currency})
    total = paper.written(Lead).total_where(Lead.ledger_total, [criterion], 0, _count(paper), is_found=is_found)
    return total, total.known_figure[0]


def _count(paper: Paper) -> int:
    return len(paper.books.accounts)


def _rows(written: Written, paper: Paper) -> OfAccounts:
    payable = MonthJournal(paper.books.posting, paper.config.bookkeeping, paper.config.timezone).accrued_payable()
    before = _before(paper)
    return lambda accounts: written.rows.rows(
        _record(paper, account, summary, payable, before(summary))
        for account in accounts
        for summary in account.summaries
    )


def _record(
    paper: Paper,
    account: AccountPaper,
    summary: AccountSummary,
    payable: Mapping[tuple[str, str], int],
    before: Value,
) -> Record:
    table = Lead
    invoices = ", ".join(summary.invoices) or "none"
    return Record(
        {
            table.number: account.number,
            table.account: summary.account,
            table.account_name: summary.name,
            table.currency: summary.currency,
            table.invoices: invoices,
            **_compared(paper, account, summary),
            **_booked(paper, account, summary),
            table.journal: payable.get((summary.account, summary.currency), 0),
            table.before: before,
            **_status(paper, account, summary),
        },
        summary.digits,
        height=14.0 * min(-(-len(invoices) // _CHARACTERS), _MOST_LINES) + 2,
    )


def _compared(paper: Paper, account: AccountPaper, summary: AccountSummary) -> dict[Column, Value]:
    """The two sides of the tie-out; the variance between them only where they are compared."""
    table, tie_out, month = Lead, paper.written(TieOut), account.posting.month
    supplied: dict[Column, Value] = {table.report: note("not proved")}
    if month.report is not None and len(account.summaries) > 1:
        supplied[table.report] = note("names no currency")
    elif month.report is not None:
        report = tie_out.total(TieOut.report, account.first_group, account.group_count)
        supplied[table.report] = Exact(report, minor_digits(month.currency))
    own = [place for place, group in enumerate(account.groups) if group.currency == summary.currency]
    if own:
        first, count = account.first_group + own[0], own[-1] - own[0] + 1
        supplied[table.lines] = Exact(tie_out.total(TieOut.lines, first, count))
    if summary.variance is None:
        supplied[table.variance] = None
    return supplied


def _booked(paper: Paper, account: AccountPaper, summary: AccountSummary) -> dict[Column, Value]:
    """What the invoices and the ledgers come to."""
    control = paper.written(LedgerControl)
    rows = [
        invoice.control
        for invoice in account.invoices
        if invoice.booked and invoice.invoice.currency == summary.currency
    ]
    return {
        Lead.net: Exact(control.total_of(LedgerControl.net, rows)),
        Lead.tax: Exact(control.total_of(LedgerControl.tax, rows)),
        Lead.invoice_total: Exact(control.total_of(LedgerControl.invoice_total, rows)),
        Lead.ledger_total: Exact(control.total_of(LedgerControl.gross, rows)),
    }


def _month_before(paper: Paper) -> EarlierMonth | Styled:
    """The month before; a remark where it is not archived, or a version without accruals wrote it."""
    previous = paper.books.period.plus(-1)
    month = next((each for each in paper.books.posting.run.earlier if each.period == previous), None)
    if month is None or month.settlements is None:
        return note("not archived" if month is None else "not known")
    return month


def _before(paper: Paper) -> Callable[[AccountSummary], Value]:
    """By account and currency, what the invoices of the month before came to; a remark where that is not known."""
    month = _month_before(paper)
    if isinstance(month, Styled):
        return lambda summary: month
    accrued = Counter[tuple[str, str]]()
    for invoice in month.invoices:
        if invoice.booked:
            accrued[invoice.account, invoice.currency] += invoice.accrued
    return lambda summary: accrued[summary.account, summary.currency]


def _status(paper: Paper, account: AccountPaper, summary: AccountSummary) -> dict[Column, Value]:
    table, number = Lead, Decimal(account.number)
    exceptions, accepted = (
        counted(paper, Exceptions.number, number, table.number, outcome)
        for outcome in (Outcome.EXCEPTION, Outcome.ACCEPTED)
    )
    is_open = bool(exceptions.expression.known_figure[0])
    follows = summary.status is (Status.EXCEPTIONS if is_open else Status.RECONCILED)
    status = _STATUS if follows else Styled(summary.status.value, Kind.VERDICT)
    return {table.exceptions: exceptions, table.accepted: accepted, table.status: status}


def _totals(written: Written, paper: Paper) -> Iterator[str]:
    """One row a currency, over the accounts' rows."""
    yield EMPTY_ROW
    table = Lead
    digits = {summary.currency: summary.digits for summary in paper.books.accounts}
    apart = names_apart(digits)
    criteria = {
        currency: Criterion(table.currency, currency, f'"{currency}"' if apart else "") for currency in sorted(digits)
    }
    is_compared = isinstance(_month_before(paper), EarlierMonth)
    columns = [column for column in table.totalled if is_compared or column not in (table.before, table.change)]
    totals = {
        currency: {column: _total(written, column, criterion) for column in columns}
        for currency, criterion in criteria.items()
    }
    for currency, sums in totals.items():
        blank: dict[Column, Value] = dict.fromkeys(table.columns, "")
        labels = {table.account: f"Total {currency}", table.currency: currency}
        yield written.rows.row({**blank, **labels, **sums}, digits[currency], kind=Kind.TOTAL)


def _total(written: Written, column: Column, criterion: Criterion) -> Exact:
    return Exact(written.total_here(column, criterion), 0 if column in _COUNTS else None)


DECLARED = Declaration(
    reference="A-1",
    source="Tie-out, Ledger control, Exceptions; exports/journal.csv; reconciliation/month.json of the month before",
    procedure="Each account's figures are formulas over the sheets behind; every column foots for each currency.",
    conclusion=lambda paper: f"{books_status_text(paper.books)}.",
)
SHEET = account_sheet(
    Lead,
    _rows,
    _count,
    DECLARED,
    reads=(TieOut.name, LedgerControl.name, Exceptions.name),
    below=_totals,
)
