"""The sheets *Input VAT* and *Withholding*: what a company reports, in the columns of the Thai returns.

Input VAT is รายงานภาษีซื้อ (the report of purchases that a registered buyer keeps), withholding the attachment of ภ.ง.ด.53
(tax withheld from companies). A table a company and currency; its sums are the journal's legs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct

from chargeback.model.money import minor_digits
from chargeback.publish.bilingual import THAI, Language, said
from chargeback.publish.exports.tax_csv import TaxEntry
from chargeback.publish.xlsx.book import Book
from chargeback.publish.xlsx.shape import Fill, SheetShape
from chargeback.publish.xlsx.stack import Stack
from chargeback.publish.xlsx.styles import Kind
from chargeback.publish.xlsx.tables import Column, Form, Record, Rows, Table, Value, note

NAMES = ("Input VAT", "Withholding")
_FROZEN = 2
_HEADING_HEIGHT = 20
_HEADINGS = (Kind.HEADING, Kind.HEADING_RIGHT)
_AT_PAYMENT = "1"
"""The condition that ภ.ง.ด.53 calls 1: the tax was withheld when paying."""


class Seller(Struct, frozen=True):
    """Who issues the invoices, "" where the configuration does not say."""

    name: str
    tax_id: str
    branch: str


class InputVat(Table):
    """One row a receipt: รายงานภาษีซื้อ."""

    number = Column("No.", 8, Form.INTEGER, kind=Kind.QUIET)
    date = Column("Date of tax invoice", 20, Form.DATE)
    receipt = Column("Tax invoice no.", 28)
    seller = Column("Seller", 30)
    seller_tax_id = Column("Seller's tax id", 28)
    branch = Column("Head office or branch", 24)
    base = Column("Value of services", 24, Form.MONEY, is_kept=True)
    tax = Column("Value added tax", 24, Form.MONEY, is_kept=True)
    currency = Column("Currency", 12)
    invoice = Column("Invoice", 22)
    account = Column("Billing account", 20)
    event = Column("Event", 14)


class Withholding(Table):
    """One row a payment of which tax was withheld: the attachment of ภ.ง.ด.53."""

    number = Column("No.", 8, Form.INTEGER, kind=Kind.QUIET)
    seller_tax_id = Column("Payee's tax id", 28)
    seller = Column("Payee", 30)
    branch = Column("Branch", 14)
    date = Column("Date of payment", 20, Form.DATE)
    kind = Column("Type of income", 24)
    rate = Column("Rate of tax", 14, Form.RATE)
    base = Column("Amount paid", 24, Form.MONEY, is_kept=True)
    withheld = Column("Tax withheld", 24, Form.MONEY, is_kept=True)
    condition = Column("Condition", 14)
    currency = Column("Currency", 12)
    invoice = Column("Invoice", 22)
    account = Column("Billing account", 20)


_TITLES = {NAMES[0]: "Input VAT report", NAMES[1]: "Tax withheld (P.N.D. 53)"}
_Values = Callable[[TaxEntry, Seller, Language], Mapping[Column, Value]]


class TaxSheet(Struct, frozen=True):
    """One of the sheets: its table, what of the entries it reports, and what a row says."""

    name: str
    table: type[Table]
    amount: Callable[[TaxEntry], Decimal]
    values: _Values
    sums: tuple[Column, ...]

    def shape(self, language: Language) -> SheetShape:
        """The sheet's shape, whatever it holds."""
        return SheetShape(self.name, len(self.table.columns), _FROZEN, plain_from=1)

    def write(
        self, book: Book, taxes: Sequence[TaxEntry], seller: Seller, language: Language, subtitle: str, footer: str
    ) -> Iterator[bytes]:
        """Write the sheet: companies in order, of each a table a currency with its sums."""
        stack = Stack(book.cells)
        stack.title(said(_TITLES[self.name], language, " · "), subtitle)
        stack.gap()
        reported: dict[tuple[str, str], list[TaxEntry]] = defaultdict(list)
        for each in taxes:
            if self.amount(each):
                reported[each.company, each.currency].append(each)
        for key in sorted(reported):
            self._company(stack, reported[key], seller, language)
        if not reported:
            stack.texts(note(said("Nothing to report.", language)))
        fill = Fill(self.table.widths(), footer, last_row=len(stack.rows))
        yield from book.sheet(self.name, stack.rows, fill)

    def _company(self, stack: Stack, mine: Sequence[TaxEntry], seller: Seller, language: Language) -> None:
        first, thai = mine[0], {column: THAI[column.heading] for column in self.table.columns}
        buyers = ", ".join(dict.fromkeys(each.tax_id for each in mine if each.tax_id))
        heading = f"{said('Company', language)}: {first.company}"
        heading += f" · {said('tax id', language)} {buyers}" if buyers else ""
        stack.section(heading, len(self.table.columns))
        if language == "both":
            stack.rows.append(Rows(stack.cells, self.table).heading(_HEADINGS, _HEADING_HEIGHT, thai))
        block = stack.table(self.table, _HEADING_HEIGHT, headings=thai if language == "th" else {})
        digits = minor_digits(first.currency)
        block.add_all(
            Record({self.table.columns[0]: number, **self.values(each, seller, language)}, digits)
            for number, each in enumerate(mine, start=1)
        )
        label: dict[Column, Value] = dict.fromkeys(self.table.columns, "")
        label[self.table.columns[2]] = f"{said('Total', language)} {first.currency}"
        block.total(label, self.sums, digits)
        stack.gap()


def _input_vat(each: TaxEntry, seller: Seller, language: Language) -> Mapping[Column, Value]:
    table = InputVat
    return {
        table.date: _day(each.date),
        table.receipt: each.receipt,
        table.seller: seller.name,
        table.seller_tax_id: seller.tax_id,
        table.branch: seller.branch,
        table.base: each.base,
        table.tax: each.tax,
        table.currency: each.currency,
        table.invoice: each.invoice,
        table.account: each.account,
        table.event: each.event.value,
    }


def _withholding(each: TaxEntry, seller: Seller, language: Language) -> Mapping[Column, Value]:
    table = Withholding
    return {
        table.seller_tax_id: seller.tax_id,
        table.seller: seller.name,
        table.branch: seller.branch,
        table.date: _day(each.date),
        table.kind: said("Services", language),
        table.rate: Decimal(each.withholding_rate) if each.withholding_rate else None,
        table.base: each.base,
        table.withheld: each.withheld,
        table.condition: _AT_PAYMENT,
        table.currency: each.currency,
        table.invoice: each.invoice,
        table.account: each.account,
    }


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


INPUT_VAT = TaxSheet(NAMES[0], InputVat, lambda each: each.tax, _input_vat, (InputVat.base, InputVat.tax))
WITHHOLDING = TaxSheet(
    NAMES[1], Withholding, lambda each: each.withheld, _withholding, (Withholding.base, Withholding.withheld)
)
