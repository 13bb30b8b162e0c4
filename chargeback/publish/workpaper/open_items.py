"""*Open items*: every invoice that this month and the ones before it have accrued, and what is owed of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from chargeback.model.check import Code
from chargeback.model.money import minor_digits
from chargeback.model.settlement import OpenItem, open_items
from chargeback.publish import month_summary
from chargeback.publish.workpaper.numbered_accounts import Paper
from chargeback.publish.workpaper.sheet import Declaration, concluded, table_sheet
from chargeback.publish.xlsx.cells import EMPTY_ROW
from chargeback.publish.xlsx.expressions import Exact, Total
from chargeback.publish.xlsx.rounding import names_apart
from chargeback.publish.xlsx.sheets import Criterion, SheetTable, Written
from chargeback.publish.xlsx.styles import Kind
from chargeback.publish.xlsx.tables import Column, Form, Record, Value


class OpenItems(SheetTable):
    """One row an invoice."""

    name = "Open items"
    purpose = "What is owed of every invoice accrued until the month's end; the sum is the balance of payable (credit)."
    frozen_columns = 2
    account = Column("Account", 16)
    invoice = Column("Invoice", 20)
    concerns = Column("Month", 10)
    document_date = Column("Issued (else the month's end)", 14, Form.DATE)
    age = Column("Age in days", 9, Form.INTEGER)
    age_group = Column("Days", 9)
    state = Column("State", 22)
    accrued = Column("Accrued", 15, Form.MONEY, is_kept=True)
    settled = Column("Settled", 15, Form.MONEY, is_kept=True)
    outstanding = Column("Outstanding", 15, Form.MONEY, Exact(accrued - settled), is_kept=True)
    currency = Column("Currency", 10, is_kept=True)


def _items(paper: Paper) -> list[OpenItem]:
    if paper.open_items is None:
        books, config = paper.books, paper.config
        months = (*books.posting.run.earlier, month_summary.summary(books, config))
        paper.open_items = open_items(months, books.period, config.timezone)
    return paper.open_items


def _rows(written: Written, paper: Paper) -> Iterator[str]:
    items = _items(paper)
    yield from written.rows.rows(map(_record, items))
    if items:
        yield EMPTY_ROW
    yield from _totals(written, sorted({item.currency for item in items}))


def _record(item: OpenItem) -> Record:
    table = OpenItems
    supplied: dict[Column, Value] = {
        table.account: item.account,
        table.invoice: item.invoice,
        table.concerns: str(item.concerns),
        table.document_date: date.fromisoformat(item.document_date),
        table.age: item.age,
        table.age_group: item.age_group,
        table.state: item.state.value,
        table.accrued: item.accrued,
        table.settled: item.settled,
        table.currency: item.currency,
    }
    return Record(supplied, minor_digits(item.currency))


def _totals(written: Written, currencies: list[str]) -> Iterator[str]:
    """One row a currency; without a formula where a criterion would find other currencies too."""
    table, is_found = OpenItems, names_apart(currencies)
    for currency in currencies:
        criterion = Criterion(table.currency, currency, f'"{currency}"' if is_found else "")
        sums: dict[Column, Value] = {
            column: Total(written.total_here(column, criterion))
            for column in (table.accrued, table.settled, table.outstanding)
        }
        label: dict[Column, Value] = {table.account: f"Payable {currency}", table.currency: currency}
        yield written.rows.row({**label, **sums}, minor_digits(currency), kind=Kind.TOTAL)


DECLARED = Declaration(
    reference="E-2",
    source="reconciliation/month.json of the months before, and the settlements that this month's journal books",
    procedure="What was settled is subtracted from each accrued invoice; the rest is aged at the month's end.",
    conclusion=concluded(Code.SETTLEMENT),
)
SHEET = table_sheet(OpenItems, _rows, lambda paper: len(_items(paper)), DECLARED)
