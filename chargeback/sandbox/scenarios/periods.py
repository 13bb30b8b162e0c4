"""Cut-off, duplicates, shapes of lines and currencies: what is billed when, twice, or in which money."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from chargeback.sandbox.billing import header, paid, sku_lines
from chargeback.sandbox.months import Month
from chargeback.sandbox.records import Account, Books, Invoice, Line, Row
from chargeback.sandbox.scenario import OPEN, PARTS, TIE_OUT, Scenario, Setup, by_sku, editing, finds
from chargeback.sandbox.timeline import LATE_SLOT, in_month, supplement
from chargeback.sandbox.world import World


def _mixed(invoice: Invoice) -> Invoice:
    first, *rest = invoice.lines
    sku = Line("CPU", first.amount, sku="cpu", unit="vCPU-hour", quantity=first.amount, price=100)
    return replace(invoice, lines=(sku, *rest))


def _same_number(setup: Setup) -> Setup:
    def change(world: World, books: Books) -> Books:
        first, *rest = books.invoices
        return replace(books, invoices=(first, *(replace(invoice, number=first.number) for invoice in rest)))

    return setup.changed(in_month(setup.account(PARTS).id, setup.month, change))


def _billed_twice(setup: Setup) -> Setup:
    def change(world: World, books: Books) -> Books:
        again = supplement(world, books, books.invoices[-1].issued_at, books.invoices[-1].lines, LATE_SLOT)
        return replace(books, invoices=(*books.invoices, again))

    return setup.changed(in_month(setup.account(OPEN).id, setup.month, change))


def _other_currency(invoice: Invoice, currency: str) -> Invoice:
    return replace(invoice, account=replace(invoice.account, currency=currency))


def _shapes_a_part_each(setup: Setup) -> Setup:
    """Account 2's first invoice by SKU, its second by project: both right, each by its own shape."""

    def change(world: World, books: Books) -> Books:
        first, *rest = books.invoices
        lines = sku_lines(books.account, books.rows, 0, 15)
        subtotal, tax, total = header(books.account, lines)
        by_sku = paid(replace(first, lines=lines, subtotal=subtotal, tax=tax, total=total), first.paid_at)
        return replace(books, invoices=(by_sku, *rest))

    return setup.changed(in_month(setup.account(PARTS).id, setup.month, change))


def _starts_late(setup: Setup) -> Setup:
    """Account 3 uses nothing before the tenth, and its invoice's period starts there."""
    tenth = setup.month.start(setup.world.zone) + timedelta(days=9)

    def change(account: Account, month: Month, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        if (account.position, month) != (OPEN, setup.month):
            return rows
        idle = (0,) * 9
        return tuple(replace(row, usage=idle + row.usage[9:], values=idle + row.values[9:]) for row in rows)

    return setup.metered(change).edited(OPEN, lambda invoice: replace(invoice, start=tenth))


PERIODS: dict[str, Scenario] = {
    "by-sku": Scenario("an account billed by SKU", by_sku),
    "cutoff-outside": Scenario("an invoice reaches into the next month",
        editing(OPEN, lambda invoice: replace(invoice, end=invoice.end + timedelta(days=1))), finds("invoice-cutoff")),
    "cutoff-gap": Scenario("days with cost that no invoice covers",
        editing(PARTS, lambda invoice: replace(invoice, start=invoice.start + timedelta(days=4)), 1),
        finds("invoice-cutoff")),
    "cutoff-overlap": Scenario("two invoices bill the same days",
        editing(PARTS, lambda invoice: replace(invoice, start=invoice.start - timedelta(days=4)), 1),
        finds("invoice-cutoff", "invoice-duplicate")),
    "idle-days": Scenario("the invoice starts when the usage starts, on the tenth", _starts_late),
    "duplicate-number": Scenario("two invoices have one number", _same_number, finds("invoice-duplicate")),
    "duplicate-project": Scenario("projects are billed twice", _billed_twice,
        finds("invoice-duplicate", "report-total", "report-project", entails=("invoice-cutoff",))),
    "two-currencies": Scenario("two invoices of a month have two currencies",
        editing(PARTS, lambda invoice: _other_currency(invoice, "USD"), 1), finds("currency", entails=TIE_OUT)),
    "unknown-currency": Scenario("a currency that ISO 4217 does not know",
        editing(OPEN, lambda invoice: _other_currency(invoice, "XQZ")), finds("currency")),
    "mixed-shapes": Scenario("one invoice has lines of both shapes", editing(OPEN, _mixed),
        finds("invoice-footing", entails=("line-arithmetic", *TIE_OUT))),
    "shapes-a-part-each": Scenario("one invoice by SKU and one by project", _shapes_a_part_each),
    "no-lines": Scenario("an invoice without lines", editing(OPEN, lambda invoice: replace(invoice, lines=())),
        finds("invoice-footing", entails=TIE_OUT)),
}  # fmt: skip
