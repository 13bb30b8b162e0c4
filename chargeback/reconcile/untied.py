"""What a failing check leaves untied: its variance, so that whoever accepts it says up to how much (BOOKING 6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from chargeback.model.booking import AccountMonth
from chargeback.model.facts import ListedInvoice
from chargeback.model.invoice import Invoice, listed_total
from chargeback.model.money import from_minor, minor_digits


def gross_by_currency(month: AccountMonth) -> dict[str, Decimal]:
    """The account's booked gross, by currency; nothing in its currency where nothing is booked."""
    units: dict[str, int] = {}
    for invoice in month.booked:
        units[invoice.currency] = units.get(invoice.currency, 0) + invoice.total_minor
    units = units or {month.currency: 0}
    return {currency: from_minor(units[currency], minor_digits(currency)) for currency in sorted(units)}


def listed_rows(month: AccountMonth) -> Mapping[str, ListedInvoice]:
    """The account's list by the invoices' ids."""
    return {row.id: row for row in month.facts.listed}


def listed_amount(invoice: Invoice, rows: Mapping[str, ListedInvoice]) -> tuple[Decimal, str]:
    """The invoice's total as the list has it, in the list's currency; the detail's where the list has none."""
    row = rows.get(invoice.id)
    total = listed_total(row.row, invoice.currency) if row else None
    if row is None or total is None:
        return from_minor(invoice.total_minor, invoice.digits), invoice.currency
    currency = row.row.currency or invoice.currency
    return from_minor(total, minor_digits(currency)), currency


def is_charge(row: ListedInvoice) -> bool:
    """Whether the list's row is no credit note: its total is not negative."""
    return row.row.total is None or row.row.total >= 0


def charges(invoices: Iterable[Invoice]) -> tuple[Invoice, ...]:
    """The invoices that are no credit notes: these neither cover days nor overlap (BOOKING 6, coverage)."""
    return tuple(invoice for invoice in invoices if invoice.total >= 0)
