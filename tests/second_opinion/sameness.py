"""Whether two results of a month are the same (BOOKING 7): where they are, the later run writes nothing.

What documents there are is left out, as everywhere in the second opinion.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from fractions import Fraction
from typing import Any, NamedTuple

from .answers import amount, instant, text
from .arithmetic import digits_of, to_minor
from .booking import Booking
from .checking import Check, judged
from .findings import OUTCOMES
from .invoices import AMOUNTS, Invoice

ACCOUNT_NAME, INVOICE_STATUS, PROJECT_NAME = 2, 4, 9
"""Columns of the ledgers that make no new result."""
UNCOUNTED = {ACCOUNT_NAME, INVOICE_STATUS, PROJECT_NAME}
OF_A_PAYMENT = {"invoice-withholding"}
"""Checks of what came with a payment."""


class Result(NamedTuple):
    """What is compared: the ledgers, what the exports follow from, and the exceptions."""

    teams: list[str]
    ledger: list[tuple[str, ...]]
    exported: list[Any]
    exceptions: Counter[Any]


def is_same(before: Booking, after: Booking) -> bool:
    """Whether the later result is the earlier one's; what a payment brought since is none, of an open invoice."""
    unpaid = {
        (invoice.account, invoice.number)
        for account in before.accounts
        for invoice in account.booked
        if invoice.row.get("status") == "open"
    }
    return result_of(before, unpaid) == result_of(after, unpaid)


def result_of(books: Booking, unpaid: Collection[tuple[str, str]]) -> Result:
    """What of a month's result counts."""
    ledger = [books.cells(number, posting) for number, posting in enumerate(books.postings, 1)]
    exceptions = (
        compared(check)
        for check in judged(books)
        if check.outcome in OUTCOMES
        if not (check.check in OF_A_PAYMENT and (check.account, check.invoice) in unpaid)
    )
    return Result(
        teams=sorted(books.rules.teams),
        ledger=[tuple(cell for place, cell in enumerate(cells) if place not in UNCOUNTED) for cells in ledger],
        exported=[exported(invoice) for account in books.accounts for invoice in account.booked],
        exceptions=Counter(exceptions),
    )


def compared(check: Check) -> tuple[Any, ...]:
    """An exception, its figures in minor units; its message, cause and finding do not count."""
    figures = (in_units(check, figure) for figure in (check.expected, check.actual, check.variance))
    return (check.check, check.account, check.invoice, check.subject, check.outcome, check.currency, *figures)


def in_units(check: Check, figure: Fraction | None) -> int | None:
    """A figure in minor units of the check's currency."""
    return None if figure is None else to_minor(figure, digits_of(check.currency))


def exported(invoice: Invoice) -> tuple[Any, ...]:
    """The invoice's own facts, which the exports state besides the ledgers."""
    fields = invoice.fields
    return (
        invoice.id,
        invoice.currency,
        *(invoice.header(key) for key in sorted(AMOUNTS)),
        *(instant(fields.get(key)) for key in ("periodStart", "periodEnd", "issuedAt")),
        amount(fields, "taxRate"),
        [(text(item.get("sku")), amount(item, "quantity"), amount(item, "unitPrice")) for item in invoice.items],
    )
