"""What the tie-out compares: report rows and invoice lines that belong together, one group a row of the sheet.

By project where all lines are by project, by resource where all are by SKU; otherwise in total (BOOKING 6).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from chargeback.model.posting import PostedLine, Posting
from chargeback.model.report import Report


class Grain(StrEnum):
    """How finely an account's lines and report rows are compared."""

    PROJECT = "project"
    RESOURCE = "resource"
    TOTAL = "total"
    CURRENCY = "currency"


@dataclass(frozen=True, slots=True)
class Group:
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
    grains = {line.item.is_by_project for line in lines if line.item is not None}
    if report is not None and grains == {True}:
        return _by_project(lines, report, month.currency)
    if report is not None and grains == {False}:
        return _by_resource(lines, report, month.currency)
    return [Group(Grain.TOTAL, "", month.currency, lines, every)]


def _by_currency(lines: list[PostedLine], currencies: list[str], every: range) -> list[Group]:
    groups = [Group(Grain.CURRENCY, "the report, which names no currency", "", [], every)]
    for currency in currencies:
        mine = [line for line in lines if line.invoice.currency == currency]
        groups.append(Group(Grain.CURRENCY, currency, currency, mine, []))
    return groups


def _by_project(lines: list[PostedLine], report: Report, currency: str) -> list[Group]:
    by_project: dict[str, list[PostedLine]] = defaultdict(list)
    for line in lines:
        by_project[line.project].append(line)
    return [
        Group(Grain.PROJECT, project, currency, by_project.get(project, []), report.by_project.get(project, ()))
        for project in sorted({*by_project, *report.by_project})
    ]


def _by_resource(lines: list[PostedLine], report: Report, currency: str) -> list[Group]:
    """Lines that share report rows stand together; rows that no line names stand by their resource."""
    found: list[tuple[set[str], list[PostedLine], set[int]]] = []
    for line in lines:
        names, mine, rows = _named(line, report)
        apart = []
        for group in found:
            if group[2] & rows or (not rows and not group[2] and group[0] & names):
                names, mine, rows = names | group[0], [*group[1], *mine], rows | group[2]
            else:
                apart.append(group)
        found = [*apart, (names, mine, rows)]
    named = {row for _, _, rows in found for row in rows}
    unnamed: dict[str, list[int]] = defaultdict(list)
    for position, row in enumerate(report.rows):
        if position not in named:
            unnamed[row.resource].append(position)
    groups = [
        Group(Grain.RESOURCE, _subject(names, rows, report), currency, mine, sorted(rows))
        for names, mine, rows in found
    ]
    groups += [Group(Grain.RESOURCE, resource, currency, [], rows) for resource, rows in unnamed.items()]
    return sorted(groups, key=lambda group: (group.subject, not group.lines))


def _named(line: PostedLine, report: Report) -> tuple[set[str], list[PostedLine], set[int]]:
    item = line.item
    names = {item.sku_label} if item else set()
    return names, [line], set(report.rows_named_like(item)) if item else set()


def _subject(names: set[str], rows: set[int], report: Report) -> str:
    return min((report.rows[row].resource for row in rows), default=min(names, default=""))
