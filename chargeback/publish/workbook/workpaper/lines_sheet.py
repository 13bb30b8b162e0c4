"""*Invoice lines*: what each invoice bills, recomputed, and what was booked of it in whole minor units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chargeback.model.answers import LineItem, amount_of
from chargeback.model.money import EXACT
from chargeback.model.posting import PostedLine
from chargeback.publish.workbook.package import Book
from chargeback.publish.workbook.recomputed import SLACK, half_unit, numeric, rounded
from chargeback.publish.workbook.workpaper.evidence_sheet import EVIDENCE, VALUE
from chargeback.publish.workbook.workpaper.plan import FIRST, AccountPlan, InvoicePlan, Plan, priced
from chargeback.publish.workbook.workpaper.sheet import Heading, Layout, add_sheet, verdict
from chargeback.publish.xlsx.cells import ROW, Cells, TextColumn, row
from chargeback.publish.xlsx.styles import EXACT as EXACT_FORMAT
from chargeback.publish.xlsx.styles import INTEGER, Kind, look, money

LINES = Layout(
    "Invoice lines",
    "Every line of every booked invoice: amounts and prices as in Evidence; net, tax and gross as booked.",
    {
        "A": Heading("No.", 6, True),
        "B": Heading("Account", 16),
        "C": Heading("Invoice", 18),
        "D": Heading("Line", 10),
        "E": Heading("Project or SKU", 24),
        "F": Heading("Description", 30),
        "G": Heading("Quantity [E]", 12, True),
        "H": Heading("Unit price [E]", 12, True),
        "I": Heading("Quantity × unit price [R]", 14, True),
        "J": Heading("Amount as sent [E]", 14, True),
        "K": Heading("Price check", 13),
        "L": Heading("Booked net", 14, True),
        "M": Heading("Booked tax", 13, True),
        "N": Heading("Booked gross", 14, True),
        "O": Heading("Compared in row of Tie-out", 12, True),
    },
)
AMOUNT, NET, GROSS, KEY = "J", "L", "N", "O"


def add_lines(book: Book, plan: Plan) -> None:
    """Add the sheet."""
    count = plan.last.get("lines", FIRST - 1) - FIRST + 1
    add_sheet(book, plan, LINES, _rows(book.cells, plan), count, verdicts="K")


def _rows(cells: Cells, plan: Plan) -> Iterator[str]:
    texts = {letters: TextColumn(cells, letters, look()) for letters in "BCDEF"}
    for account in plan.accounts:
        keys = account.group_rows()
        for invoice in account.invoices:
            prices = invoice.prices
            for posted in invoice.posted:
                yield row(_line(cells, texts, account, invoice, posted, prices, keys))
                prices += 2 * (posted.item is not None and priced(posted.item))


def _line(
    cells: Cells,
    texts: dict[str, TextColumn],
    account: AccountPlan,
    invoice: InvoicePlan,
    posted: PostedLine,
    prices: int,
    keys: Mapping[int, int],
) -> list[str]:
    item, digits = posted.item, posted.invoice.digits
    amount = look(Kind.PLAIN, money(digits))
    number = cells.number("A", str(account.number), look(Kind.QUIET, INTEGER))
    known = [number, texts["B"][account.account], texts["C"][posted.invoice.label]]
    booked = [
        cells.minor("L", posted.net, digits, amount),
        cells.minor("M", posted.tax, digits, amount),
        cells.minor("N", posted.gross, digits, amount),
    ]
    if item is None:
        return [*known, texts["D"]["adjustment"], texts["F"]["what the lines do not foot to"], *booked]
    named = [
        texts["D"][str(posted.number)],
        texts["E"][posted.project or item.sku_label],
        texts["F"][item.description or ""],
    ]
    key = cells.number(KEY, str(keys[id(posted)]), look(Kind.QUIET, INTEGER))
    return [*known, *named, *_recomputed(cells, invoice, posted, item, prices), *booked, key]


def _recomputed(cells: Cells, invoice: InvoicePlan, posted: PostedLine, item: LineItem, prices: int) -> list[str]:
    exact, sent = look(Kind.PLAIN, EXACT_FORMAT), numeric(amount_of(item.amount))
    amount_cell = cells.formula(AMOUNT, EVIDENCE.cell(VALUE, invoice.amounts + posted.number - 1), sent, exact)
    if not priced(item):
        return [amount_cell]
    quantity, price = numeric(amount_of(item.quantity or 0)), numeric(amount_of(item.unit_price or 0))
    product = rounded(EXACT.multiply(quantity, price), posted.invoice.digits)
    allowed = EXACT.add(half_unit(posted.invoice.digits), SLACK)
    holds = EXACT.subtract(product.value, sent).copy_abs() <= allowed
    return [
        cells.formula("G", EVIDENCE.cell(VALUE, prices), quantity, exact),
        cells.formula("H", EVIDENCE.cell(VALUE, prices + 1), price, exact),
        product.cell(cells, "I", f"G{ROW}*H{ROW}", exact),
        amount_cell,
        verdict(cells, "K", f"ABS(I{ROW}-J{ROW})<={allowed:f}", holds),
    ]
