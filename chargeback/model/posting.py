"""What allocation hands on: invoice lines in minor units, ledger lines, and what could not be divided or has no
owner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from chargeback.evidence import RunRecord
from chargeback.evidence.period import Period
from chargeback.model.answers import LineItem
from chargeback.model.booking import AccountMonth
from chargeback.model.check import Subject
from chargeback.model.invoice import Invoice
from chargeback.model.ledger import Ledger
from chargeback.model.projects import Contradiction, ProjectDirectory
from chargeback.model.spool import Spool


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
