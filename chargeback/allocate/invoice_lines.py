"""From an invoice's header and lines to whole minor units: rounding, adjustment, tax by line (BOOKING 4.1-4.4)."""

from __future__ import annotations

from collections.abc import Sequence

from chargeback.model.answers import LineItem, amount_of
from chargeback.model.invoice import Invoice, Shape
from chargeback.model.money import largest_remainder, round_together
from chargeback.model.posting import PostedLine
from chargeback.model.projects import ProjectDirectory


def bookable_lines(invoice: Invoice) -> Sequence[LineItem]:
    """The lines that are booked as lines: none of an invoice whose lines are of both shapes."""
    return () if invoice.shape is Shape.MIXED else invoice.lines


def post_lines(invoice: Invoice, projects: ProjectDirectory) -> list[PostedLine]:
    """The invoice's lines and, where they do not foot or tax is left, its adjustment; they add up to total and tax."""
    items = bookable_lines(invoice)
    header = invoice.net_minor if invoice.shape is Shape.BY_SKU else invoice.total_minor
    amounts = round_together([amount_of(item.amount) for item in items], invoice.digits)
    difference = header - sum(amounts)
    tax = invoice.tax_minor
    weights = [*amounts, difference]
    taxes = largest_remainder(tax, weights) if sum(weights) else [0] * len(amounts) + [tax]
    posted = [
        _posted(invoice, number, item, amount, part, projects)
        for number, (item, amount, part) in enumerate(zip((*items, None), weights, taxes, strict=True), start=1)
    ]
    return posted if difference or taxes[-1] else posted[:-1]


def _posted(
    invoice: Invoice, number: int, item: LineItem | None, amount: int, tax: int, projects: ProjectDirectory
) -> PostedLine:
    gross = amount + tax if invoice.shape is Shape.BY_SKU else amount
    if item is None:
        return PostedLine(invoice, 0, None, gross - tax, tax, gross)
    return PostedLine(invoice, number, item, gross - tax, tax, gross, projects.of_line(item))
