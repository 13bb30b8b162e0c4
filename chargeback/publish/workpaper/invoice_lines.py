"""*Invoice lines*: what each invoice bills, recomputed, and what was booked of it in whole minor units."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from chargeback.model.answers import LineItem
from chargeback.model.check import Code
from chargeback.model.money import EXACT
from chargeback.model.posting import PostedLine
from chargeback.publish.workpaper.evidence import EvidenceTable
from chargeback.publish.workpaper.numbered_accounts import AGREES, DIFFERS, AccountPaper, InvoicePaper, Paper
from chargeback.publish.workpaper.sheet import Declaration, OfAccounts, account_sheet, concluded
from chargeback.publish.workpaper.sources import priced
from chargeback.publish.xlsx.expressions import Choice, Exact, Plain, constant
from chargeback.publish.xlsx.rounding import SLACK, half_unit
from chargeback.publish.xlsx.sheets import FIRST, SheetTable, Written
from chargeback.publish.xlsx.styles import Kind
from chargeback.publish.xlsx.tables import Column, Form, Record, Value


class InvoiceLines(SheetTable):
    """One row a booked line: of an invoice, or the adjustment for what does not foot."""

    name = "Invoice lines"
    purpose = "Every line of every booked invoice: amounts and prices as in Evidence; net, tax and gross as booked."
    number = Column("No.", 6, Form.INTEGER, kind=Kind.QUIET)
    account = Column("Account", 16)
    invoice = Column("Invoice", 18)
    line = Column("Line", 10)
    of = Column("Project or SKU", 24)
    description = Column("Description", 30)
    quantity = Column("Quantity [E]", 14, Form.EXACT)
    price = Column("Unit price [E]", 14, Form.EXACT)
    product = Column("Quantity × unit price [R]", 18, Form.EXACT, Exact(quantity * price))
    amount = Column("Amount as sent [E]", 18, Form.EXACT)
    price_check = Column("Price check", 13, kind=Kind.VERDICT)
    net = Column("Booked net", 14, Form.MONEY, is_kept=True)
    tax = Column("Booked tax", 13, Form.MONEY)
    gross = Column("Booked gross", 14, Form.MONEY, is_kept=True)
    compared_in = Column("Compared in row of Tie-out", 12, Form.INTEGER, kind=Kind.QUIET, is_kept=True)


def _count(paper: Paper) -> int:
    return sum(account.line_count for account in paper.accounts)


def _rows(written: Written, paper: Paper) -> OfAccounts:
    return lambda accounts: written.rows.rows(_records(paper, accounts, written.count))


def _records(paper: Paper, accounts: Iterable[AccountPaper], first: int) -> Iterator[Record]:
    """The accounts' lines, from the row at ``first`` on."""
    for account in accounts:
        account.first_line = first
        compared_in = {
            line.key: FIRST + row
            for row, group in enumerate(account.groups, start=account.first_group)
            for line in group.lines
        }
        for invoice in account.invoices:
            invoice.first_line, prices = first, invoice.prices
            first += invoice.booked
            for posted in invoice.posted:
                yield _record(paper, account, invoice, posted, prices, compared_in)
                prices += 2 * (posted.item is not None and priced(posted.item))


def _record(
    paper: Paper,
    account: AccountPaper,
    invoice: InvoicePaper,
    posted: PostedLine,
    prices: int,
    compared_in: Mapping[tuple[str, int], int],
) -> Record:
    table, item = InvoiceLines, posted.item
    supplied: dict[Column, Value] = {
        table.number: account.number,
        table.account: account.account,
        table.invoice: posted.invoice.label,
        table.net: posted.net,
        table.tax: posted.tax,
        table.gross: posted.gross,
    }
    if item is None:
        supplied |= {table.line: "adjustment", table.description: "what the lines do not foot to"}
    else:
        supplied |= {
            table.line: str(posted.number),
            table.of: posted.project or item.sku_label,
            table.description: item.description or "",
            **_sent(paper, invoice, posted, item, prices),
            table.compared_in: compared_in[posted.key],
        }
    return Record(supplied, posted.invoice.digits)


def _sent(paper: Paper, invoice: InvoicePaper, posted: PostedLine, item: LineItem, prices: int) -> dict[Column, Value]:
    """The figures of the line as they stand in the evidence, and whether quantity × price gives the amount."""
    table, evidence = InvoiceLines, paper.written(EvidenceTable)
    amount = Plain(evidence.cell(EvidenceTable.value, invoice.amounts + posted.number - 1))
    if not priced(item):
        return {table.amount: amount}
    allowed = constant(EXACT.add(half_unit(posted.invoice.digits), SLACK))
    agrees = abs(table.product - table.amount) <= allowed
    return {
        table.quantity: Plain(evidence.cell(EvidenceTable.value, prices)),
        table.price: Plain(evidence.cell(EvidenceTable.value, prices + 1)),
        table.amount: amount,
        table.price_check: Choice(agrees, AGREES, DIFFERS),
    }


DECLARED = Declaration(
    reference="C-2",
    source="the lines of billing.getInvoice, on Evidence; net, tax and gross as they were posted",
    procedure="Quantity times unit price is computed again for every line that states both.",
    conclusion=concluded(Code.LINE_ARITHMETIC),
)
SHEET = account_sheet(InvoiceLines, _rows, _count, DECLARED, reads=(EvidenceTable.name,))
