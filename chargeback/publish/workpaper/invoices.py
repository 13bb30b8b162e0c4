"""*Invoices*: every invoice of the month with its fields, footing and tax computed again by formulas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from chargeback.model.check import Code
from chargeback.model.invoice import Invoice, Shape
from chargeback.publish.workpaper.evidence import EvidenceTable
from chargeback.publish.workpaper.invoice_lines import InvoiceLines
from chargeback.publish.workpaper.numbered_accounts import (
    AGREES,
    DIFFERS,
    NOT_PERFORMED,
    AccountPaper,
    InvoicePaper,
    Paper,
)
from chargeback.publish.workpaper.sheet import Declaration, OfAccounts, account_sheet, concluded
from chargeback.publish.xlsx.expressions import (
    NEARLY_NOTHING,
    Choice,
    Exact,
    Expression,
    Nudged,
    Plain,
    ToMinor,
    all_of,
    alone,
    any_of,
    constant,
    rounded_to,
    rounding_of,
)
from chargeback.publish.xlsx.rounding import LARGEST, numeric
from chargeback.publish.xlsx.sheets import SheetTable, Written
from chargeback.publish.xlsx.styles import Kind
from chargeback.publish.xlsx.tables import Column, Form, Record, Value, note


class Invoices(SheetTable):
    """One row an invoice, void ones too."""

    name = "Invoices"
    purpose = "Every invoice of the month, void ones too. Header amounts are read from Evidence, the rest is computed."
    frozen_columns = 3
    number = Column("No.", 6, Form.INTEGER, kind=Kind.QUIET, is_kept=True)
    account = Column("Account", 16)
    invoice = Column("Invoice", 18)
    id = Column("Id", 12)
    receipt = Column("Receipt", 20)
    status = Column("Status", 9)
    currency = Column("Currency", 9)
    start = Column("Period from", 16, Form.MOMENT)
    end = Column("until (exclusive)", 16, Form.MOMENT)
    issued_at = Column("Issued", 16, Form.MOMENT)
    paid_at = Column("Paid", 16, Form.MOMENT)
    tax_id = Column("Buyer's tax id", 16)
    subtotal = Column("Subtotal [E]", 14, Form.MONEY)
    tax = Column("Tax [E]", 13, Form.MONEY, is_kept=True)
    total = Column("Total [E]", 14, Form.MONEY, is_kept=True)
    difference = Column("Subtotal + tax − total", 12, Form.MONEY, Exact(subtotal + tax - total))
    arithmetic = Column("Arithmetic [X]", 13, kind=Kind.VERDICT)
    lines = Column("Lines", 8, Form.COUNT)
    lines_total = Column("Lines add up to [F]", 18, Form.EXACT)
    foot_to = Column("They foot to", 10)
    lines_less_header = Column("Lines − header", 14, Form.EXACT)
    footing = Column("Footing [F]", 13, kind=Kind.VERDICT)
    rate = Column("Tax rate [E]", 9, Form.RATE)
    tax_of_subtotal = Column("Subtotal × rate [R]", 13, Form.MONEY, Nudged(subtotal * rate))
    net_of_total = Column("Total ÷ (1 + rate) [R]", 13, Form.MONEY, Nudged(total / (constant(1) + rate)))
    taxed = Column(
        "Tax [R]",
        13,
        computed=Choice(
            any_of(abs(tax_of_subtotal - tax) <= NEARLY_NOTHING, abs(net_of_total - subtotal) <= NEARLY_NOTHING),
            AGREES,
            DIFFERS,
        ),
        kind=Kind.VERDICT,
    )
    withholding_rate = Column("With-holding rate [E]", 9, Form.RATE)
    withheld = Column("Withheld [E]", 12, Form.MONEY)
    withholding = Column("Subtotal × with-holding rate [R]", 13, Form.MONEY, Nudged(subtotal * withholding_rate))
    withheld_right = Column(
        "With-holding [R]",
        13,
        computed=Choice(
            any_of(withheld.is_(constant(0)), abs(withholding - withheld) <= NEARLY_NOTHING), AGREES, DIFFERS
        ),
        kind=Kind.VERDICT,
    )
    booked = Column("Booked, all lines [F]", 14, Form.MONEY)
    booked_right = Column(
        "Booked = total [L]",
        13,
        computed=Choice(abs(booked - total) <= NEARLY_NOTHING, AGREES, DIFFERS),
        kind=Kind.VERDICT,
    )
    identity = Column("List row and detail", 30)
    totalled_by = (number,)


_HEADERS = (
    (Invoices.subtotal, "subtotal"),
    (Invoices.tax, "taxAmount"),
    (Invoices.total, "total"),
)
_FOOT_TO = {Shape.BY_PROJECT: ("total", Invoices.total), Shape.BY_SKU: ("subtotal", Invoices.subtotal)}


def _count(paper: Paper) -> int:
    return sum(len(account.invoices) for account in paper.accounts)


def _rows(written: Written, paper: Paper) -> OfAccounts:
    return lambda accounts: written.rows.rows(_records(paper, accounts, written.count))


def _records(paper: Paper, accounts: Iterable[AccountPaper], first: int) -> Iterator[Record]:
    mine = ((account, invoice) for account in accounts for invoice in account.invoices)
    for row, (account, invoice) in enumerate(mine, start=first):
        invoice.row = row
        supplied = {
            **_fields(paper, account, invoice.invoice),
            **_header(paper, invoice),
            **_footing(paper, invoice),
            **_tax(paper, invoice),
            **_withholding(paper, invoice),
            **_booked(paper, invoice),
        }
        yield Record(supplied, invoice.invoice.digits)


def _fields(paper: Paper, account: AccountPaper, invoice: Invoice) -> dict[Column, Value]:
    zone, table = paper.config.timezone, Invoices
    times = {
        table.start: invoice.start,
        table.end: invoice.end,
        table.issued_at: invoice.issued_at,
        table.paid_at: invoice.paid_at,
    }
    return {
        table.number: account.number,
        table.account: account.account,
        table.invoice: invoice.label,
        table.id: invoice.id,
        table.receipt: invoice.receipt_number,
        table.status: invoice.status.value,
        table.currency: invoice.currency,
        **{column: time.astimezone(zone) if time else None for column, time in times.items()},
        table.tax_id: invoice.tax_id,
        table.identity: invoice.identity_problem or "; ".join(invoice.disagreements) or "agree",
    }


def _in_evidence(paper: Paper, invoice: InvoicePaper, name: str) -> Expression | None:
    """The figure of the invoice's header as it stands on *Evidence*; None where no answer states it."""
    for row, figure in enumerate(invoice.source.header, start=invoice.first_figure):
        if figure.name == name:
            return paper.written(EvidenceTable).cell(EvidenceTable.value, row)
    return None


def _to_minor(sent: Expression | None, exact: Decimal) -> ToMinor:
    return ToMinor(sent or alone(numeric(exact)), exact)


def _header(paper: Paper, invoice: InvoicePaper) -> dict[Column, Value]:
    """Subtotal, tax and total; that they add up; and that none is finer than the minor unit."""
    table, stated = Invoices, invoice.invoice
    exact = (stated.subtotal, stated.tax, stated.total)
    supplied: dict[Column, Value] = {}
    conditions = [abs(table.difference) <= NEARLY_NOTHING]
    for (column, name), amount in zip(_HEADERS, exact, strict=True):
        sent = _in_evidence(paper, invoice, name)
        supplied[column] = _to_minor(sent, amount)
        if sent is not None and numeric(amount).copy_abs() < LARGEST:
            conditions.append(abs(sent - column) <= NEARLY_NOTHING)
    return {**supplied, table.arithmetic: Choice(all_of(*conditions), AGREES, DIFFERS)}


def _footing(paper: Paper, invoice: InvoicePaper) -> dict[Column, Value]:
    table, lines, digits = Invoices, invoice.invoice.lines, invoice.invoice.digits
    foot_to = _FOOT_TO.get(invoice.invoice.shape)
    if foot_to is None or not invoice.lines:
        return {table.lines: len(lines), table.footing: note(NOT_PERFORMED)}
    name, header = foot_to
    allowed = rounding_of(table.lines, digits) + NEARLY_NOTHING
    total = paper.written(EvidenceTable).total(EvidenceTable.value, invoice.amounts, len(lines))
    return {
        table.lines: len(lines),
        table.lines_total: Exact(total),
        table.foot_to: name,
        table.lines_less_header: Exact(table.lines_total - header, like=table.lines_total),
        table.footing: Choice(abs(rounded_to(table.lines_less_header, digits)) <= allowed, AGREES, DIFFERS),
    }


def _tax(paper: Paper, invoice: InvoicePaper) -> dict[Column, Value]:
    rate, sent = invoice.invoice.tax_rate, _in_evidence(paper, invoice, "taxRate")
    if rate is None or sent is None or rate <= -1:
        return {Invoices.taxed: note(NOT_PERFORMED if invoice.invoice.tax_minor else "no tax")}
    return {Invoices.rate: Plain(sent)}


def _withholding(paper: Paper, invoice: InvoicePaper) -> dict[Column, Value]:
    table, stated = Invoices, invoice.invoice
    rate, sent = stated.withholding_rate, _in_evidence(paper, invoice, "withholdingTaxRate")
    withheld = _to_minor(_in_evidence(paper, invoice, "withholdingTaxAmount"), stated.withheld)
    if rate is None or sent is None:
        word = NOT_PERFORMED if stated.withheld_minor else "nothing withheld"
        return {table.withheld: withheld, table.withheld_right: note(word)}
    return {table.withholding_rate: Plain(sent), table.withheld: withheld}


def _booked(paper: Paper, invoice: InvoicePaper) -> dict[Column, Value]:
    if not invoice.booked:
        return {Invoices.booked_right: note("not booked")}
    lines = paper.written(InvoiceLines)
    return {Invoices.booked: Exact(lines.total(InvoiceLines.gross, invoice.first_line, invoice.booked))}


DECLARED = Declaration(
    reference="C-1",
    source="billing.getInvoice, and billing.listInvoices where the detail lacks a field, on Evidence",
    procedure="Header, footing, tax and tax withheld of every invoice are computed again; list and detail compared.",
    conclusion=concluded(
        Code.INVOICE_IDENTITY, Code.INVOICE_ARITHMETIC, Code.INVOICE_FOOTING, Code.INVOICE_TAX, Code.INVOICE_WITHHOLDING
    ),
)
SHEET = account_sheet(Invoices, _rows, _count, DECLARED, reads=(EvidenceTable.name, InvoiceLines.name))
