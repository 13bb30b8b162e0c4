"""What allocation hands on: invoice lines in minor units, ledger lines, and what could not be divided or has no owner;
and what the tie-out compares: an account's invoice lines and report rows that belong together (BOOKING 4.5 and 6).

By project: a project's by-project lines and its rows. By resource: the by-SKU lines that were matched to the same rows,
and these; a line matches by its SKU, and only where no row is named so by its description, so that no line joins two
groups. What is zero after rounding is of no shape: an invoice of nothing decides nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field

from chargeback.evidence import RunRecord
from chargeback.evidence.period import Period
from chargeback.model.answers import LineItem
from chargeback.model.booking import AccountMonth
from chargeback.model.check import Subject
from chargeback.model.invoice import Invoice
from chargeback.model.ledger import Ledger
from chargeback.model.projects import Contradiction, ProjectDirectory
from chargeback.model.report import Report
from chargeback.model.spool import Spool
from chargeback.model.text import normalized


class PostedLine(Struct, frozen=True):
    """One invoice line, or the adjustment, in minor units: gross = net + tax; ``number`` from 1, 0 for the adjustment.

    ``project`` is the sid that a by-project line names, "" for any other.
    """

    invoice: Invoice
    number: int
    item: LineItem | None
    net: int
    tax: int
    gross: int
    project: str = ""

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from the other lines of its account: the invoice's id and its number."""
        return self.invoice.id, self.number


class UndividedLine(Struct, frozen=True):
    """A line that a proved report could not divide: no row, or no weight. ``report_rows`` are those that name it."""

    posted: PostedLine
    subject: Subject
    report_rows: tuple[int, ...]


class NegativeRows(Struct, frozen=True):
    """Report rows with a negative value among those that divided a line: they weigh nothing there (BOOKING 4.6)."""

    posted: PostedLine
    subject: Subject
    report_rows: tuple[int, ...]


class Posting(Struct, frozen=True):
    """One account's books: every posted invoice line, what could not be divided, and what negative rows divided too.
    Its ledger lines stand in the month's ledger."""

    month: AccountMonth
    posted: Sequence[PostedLine] = ()
    undivided: Sequence[UndividedLine] = ()
    negative: Sequence[NegativeRows] = ()

    @property
    def invoice_lines(self) -> list[PostedLine]:
        """The posted lines that the invoices have, adjustments aside."""
        return [posted for posted in self.posted if posted.item is not None]


class OwnershipFindings(Struct, frozen=True):
    """``unowned``: account -> projects of the month that nobody owns; ``idle``: listed, unowned, without cost;
    ``unmatched``: (pattern, who claims) of configured projects that appear nowhere; ``contradictions``: what two
    sources state differently of a project of the month."""

    unowned: Mapping[str, tuple[str, ...]]
    idle: tuple[str, ...]
    unmatched: tuple[tuple[str, str], ...]
    contradictions: tuple[Contradiction, ...] = ()


class MonthPosting(Struct, frozen=True):
    """All accounts of a month after allocation: what reconciliation looks at. ``spool`` holds what is large of them."""

    period: Period
    run: RunRecord
    postings: tuple[Posting, ...]
    ledger: Ledger
    projects: ProjectDirectory
    ownership: OwnershipFindings
    spool: Spool = field(default_factory=Spool)


class TieOutGroup(Struct, frozen=True):
    """Lines and report rows (positions) that are compared; ``name`` is the project's sid, or the resource."""

    name: str
    lines: Sequence[PostedLine]
    rows: Sequence[int]


def is_by_project(posted: PostedLine) -> bool:
    """Whether the line has a project: a line by project, whose amount is gross."""
    return posted.item is not None and posted.item.is_by_project


def shapes(posting: Posting) -> frozenset[bool]:
    """Which shapes the account's booked lines have, True for by project: those that are zero on their own basis aside,
    unless all are."""
    lines = posting.invoice_lines
    counting = [line for line in lines if (line.gross if is_by_project(line) else line.net)]
    return frozenset(is_by_project(line) for line in counting or lines)


def rounded_parts(lines: Iterable[PostedLine], tax_basis: str) -> int:
    """How many rounded amounts stand in the lines' sum on the report's basis: one a line, three where its part of the
    tax is added to it or taken off (BOOKING 6, tolerance)."""
    return sum(1 if is_by_project(line) == (tax_basis == "gross") else 3 for line in lines)


def by_project(lines: Iterable[PostedLine], report: Report) -> list[TieOutGroup]:
    """One group a project that has lines or rows, by sid."""
    grouped: dict[str, list[PostedLine]] = defaultdict(list)
    for line in lines:
        grouped[line.project].append(line)
    rows = report.by_project
    return [
        TieOutGroup(project, grouped.get(project, []), rows.get(project, ())) for project in sorted({*grouped, *rows})
    ]


def by_resource(lines: Iterable[PostedLine], report: Report) -> list[TieOutGroup]:
    """Lines that were matched to the same rows stand together, lines without rows by their label, rows that no line
    names by their resource, after NFC; by name, those with lines first."""
    matched: dict[tuple[tuple[int, ...], str], list[PostedLine]] = defaultdict(list)
    for line in lines:
        rows = report.rows_named_like(line.item) if line.item else ()
        matched[rows, "" if rows else normalized(_label(line))].append(line)
    unnamed: dict[str, list[int]] = defaultdict(list)
    named = {row for rows, _ in matched for row in rows}
    for position, resource in enumerate(report.rows.resources):
        if position not in named:
            unnamed[normalized(resource)].append(position)
    groups = [
        TieOutGroup(_first_name(report, rows) if rows else min(map(_label, group)), group, rows)
        for (rows, _), group in matched.items()
    ]
    groups += [TieOutGroup(_first_name(report, rows), (), rows) for rows in unnamed.values()]
    return sorted(groups, key=lambda group: (group.name, not group.lines))


def _label(line: PostedLine) -> str:
    return line.item.sku_label if line.item else ""


def _first_name(report: Report, rows: Iterable[int]) -> str:
    """The rows' name, of several the first by code point."""
    return min(report.rows.resources[row] for row in rows)
