"""*Lead*: one row an account and currency, each figure a live formula over the sheet behind it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from chargeback.model.books import AccountSummary, Status
from chargeback.model.check import Outcome
from chargeback.model.money import minor_digits
from chargeback.publish.workpaper.control import LedgerControl
from chargeback.publish.workpaper.exceptions import Exceptions, counted
from chargeback.publish.workpaper.numbered_accounts import AccountPaper, Paper
from chargeback.publish.workpaper.sheet import table_sheet
from chargeback.publish.workpaper.tie_out import TieOut
from chargeback.publish.xlsx.cells import EMPTY_ROW
from chargeback.publish.xlsx.expressions import Choice, Exact, Row, constant
from chargeback.publish.xlsx.rounding import names_apart
from chargeback.publish.xlsx.sheets import Criterion, SheetTable, Written
from chargeback.publish.xlsx.styles import Kind
from chargeback.publish.xlsx.tables import Column, Form, Styled, Value, note


class Lead(SheetTable):
    """One row an account and currency, then the totals by currency."""

    name = "Lead"
    purpose = (
        "Per account: what the usage report shows, the invoices bill, the ledgers hold. Follow a figure to its sheet."
    )
    number = Column("No.", 6, Form.INTEGER, kind=Kind.QUIET)
    account = Column("Account", 18)
    account_name = Column("Name", 28)
    currency = Column("Currency", 9, is_kept=True)
    invoices = Column("Invoices", 24)
    report = Column("Usage report (Tie-out)", 16, Form.EXACT)
    lines = Column("Invoice lines (Tie-out)", 16, Form.MONEY, is_kept=True)
    invoice_total = Column("Invoices (Ledger control)", 16, Form.MONEY, is_kept=True)
    ledger_total = Column("Ledgers (Ledger control)", 16, Form.MONEY, is_kept=True)
    variance = Column("Variance: report − lines", 14, Form.EXACT, Exact(report.less(lines), like=report))
    difference = Column("Ledgers − invoices", 13, Form.MONEY, Exact(ledger_total - invoice_total))
    exceptions = Column("Exceptions", 11, Form.COUNT)
    accepted = Column("Accepted", 10, Form.COUNT)
    status = Column("Status", 14, kind=Kind.VERDICT)


_STATUS = Choice(Lead.exceptions > constant(0), Status.EXCEPTIONS.value, Status.RECONCILED.value)
_TOTALS = (Lead.lines, Lead.invoice_total, Lead.ledger_total)


def _count(paper: Paper) -> int:
    return len(paper.books.accounts)


def _rows(written: Written, paper: Paper) -> Iterator[str]:
    for account in paper.accounts:
        for summary in account.summaries:
            yield _row(written, paper, account, summary)
    yield EMPTY_ROW
    yield from _totals(written, paper)


def _row(written: Written, paper: Paper, account: AccountPaper, summary: AccountSummary) -> str:
    table = Lead
    return written.rows.row(
        {
            table.number: account.number,
            table.account: summary.account,
            table.account_name: summary.name,
            table.currency: summary.currency,
            table.invoices: ", ".join(summary.invoices) or "none",
            **_compared(paper, account, summary),
            **_booked(paper, account, summary),
            **_status(paper, account, summary),
        },
        summary.digits,
    )


def _compared(paper: Paper, account: AccountPaper, summary: AccountSummary) -> dict[Column, Value]:
    """The two sides of the tie-out; the variance between them only where they are compared."""
    table, tie_out, month = Lead, paper.written(TieOut), account.posting.month
    supplied: dict[Column, Value] = {table.report: note("not proved")}
    if month.report is not None:
        report = tie_out.total(TieOut.report, account.first_group, len(account.groups))
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
        if invoice.posted and invoice.invoice.currency == summary.currency
    ]
    return {
        Lead.invoice_total: Exact(control.total_of(LedgerControl.invoice_total, rows)),
        Lead.ledger_total: Exact(control.total_of(LedgerControl.gross, rows)),
    }


def _status(paper: Paper, account: AccountPaper, summary: AccountSummary) -> dict[Column, Value]:
    table, number = Lead, Decimal(account.number)
    exceptions, accepted = (
        counted(paper, Exceptions.number, number, table.number, outcome)
        for outcome in (Outcome.EXCEPTION, Outcome.ACCEPTED)
    )
    is_open = bool(exceptions.result(Row({})).value)
    follows = summary.status is (Status.EXCEPTIONS if is_open else Status.RECONCILED)
    status = _STATUS if follows else Styled(summary.status.value, Kind.VERDICT)
    return {table.exceptions: exceptions, table.accepted: accepted, table.status: status}


def _totals(written: Written, paper: Paper) -> Iterator[str]:
    """One row a currency, over the accounts' rows."""
    table = Lead
    digits = {summary.currency: summary.digits for summary in paper.books.accounts}
    apart = names_apart(digits)
    criteria = {
        currency: Criterion(table.currency, currency, f'"{currency}"' if apart else "") for currency in sorted(digits)
    }
    totals = {
        currency: {column: Exact(written.total_here(column, criterion)) for column in _TOTALS}
        for currency, criterion in criteria.items()
    }
    for currency, sums in totals.items():
        blank: dict[Column, Value] = dict.fromkeys(table.columns, "")
        labels = {table.account: f"Total {currency}", table.currency: currency}
        yield written.rows.row({**blank, **labels, **sums}, digits[currency], kind=Kind.TOTAL)


SHEET = table_sheet(Lead, _rows, _count, reads=(TieOut.name, LedgerControl.name, Exceptions.name))
