"""What the tie-out compares: report rows and invoice lines that belong together, one group a row of the sheet.

By project where all lines are by project, by resource where all are by SKU; otherwise in total (BOOKING 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from chargeback.model.posting import PostedLine, Posting, by_project, by_resource, shapes


class Grain(StrEnum):
    """How finely an account's lines and report rows are compared."""

    PROJECT = "project"
    RESOURCE = "resource"
    TOTAL = "total"
    CURRENCY = "currency"


class Group(Struct, frozen=True):
    """Lines and report rows (positions) that are compared; ``currency`` "" where the rows name none."""

    grain: Grain
    subject: str
    currency: str
    lines: Sequence[PostedLine]
    rows: Sequence[int]


def groups_of(posting: Posting) -> list[Group]:
    """The account's groups; each line and each row of the proved report is in one of them, in a fixed order."""
    month = posting.month
    lines, report = posting.invoice_lines, month.report
    currencies = sorted({invoice.currency for invoice in month.booked})
    every = range(len(report.rows)) if report else range(0)
    if len(currencies) > 1:
        return _by_currency(lines, currencies, every)
    currency, found = month.currency, shapes(posting)
    if report is not None and len(found) == 1:
        grain, group = (Grain.PROJECT, by_project) if found == {True} else (Grain.RESOURCE, by_resource)
        return [Group(grain, each.name, currency, each.lines, each.rows) for each in group(lines, report)]
    return [Group(Grain.TOTAL, "", currency, lines, every)]


def _by_currency(lines: list[PostedLine], currencies: list[str], every: range) -> list[Group]:
    groups = [Group(Grain.CURRENCY, "the report, which names no currency", "", [], every)]
    for currency in currencies:
        mine = [line for line in lines if line.invoice.currency == currency]
        groups.append(Group(Grain.CURRENCY, currency, currency, mine, []))
    return groups
