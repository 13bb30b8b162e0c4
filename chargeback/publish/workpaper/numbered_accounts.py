"""The month as all sheets of the workpaper show it, and where its figures were written.

Every account has a number, and its rows stand together on every sheet. A sheet that is written notes where the figures
of an account or invoice stand, counted in rows from 0; a sheet that refers to them is written after it. An account's
lines and groups are at hand while its rows are written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from chargeback.config import Config
from chargeback.evidence import Answer, Evidence
from chargeback.model.answers import LineItem
from chargeback.model.books import AccountSummary, Books
from chargeback.model.check import REPORTED, Check
from chargeback.model.facts import answers_by_account
from chargeback.model.invoice import Invoice
from chargeback.model.ledger import LedgerPart
from chargeback.model.posting import PostedLine, Posting
from chargeback.model.settlement import OpenItem
from chargeback.model.spool import Held
from chargeback.model.wording import counted
from chargeback.publish.workpaper.groups import Group, groups_of
from chargeback.publish.workpaper.sources import InvoiceSource, invoice_sources, priced
from chargeback.publish.xlsx.cells import Cells
from chargeback.publish.xlsx.sheets import SheetTable, Written

PATH = "reconciliation/reconciliation.xlsx"
AGREES, DIFFERS, NOT_PERFORMED = "agrees", "differs", "not performed"
VERDICTS = (
    (AGREES, "good"),
    (DIFFERS, "bad"),
    ("exception", "bad"),
    ("exceptions", "bad"),
    ("accepted", "known"),
    ("reconciled", "good"),
)
"""The words of verdicts, and how they are coloured."""
_BYTES_AN_ENTRY = 300
"""Of deflated bytes that wait: what an entry of the spool has, of which so many stay in memory."""
_ROWS_AT_ONCE = 4_000
"""Rows of accounts that are written together: enough for columns to be made at once, few enough to hold."""


class InvoicePaper(Struct):
    """One invoice: where it comes from, what was booked of it, and where its figures stand; ``lines`` are those that
    its detail states, ``priced`` how many of them have a quantity and a price, ``booked`` how many lines were posted,
    which are ``posted`` while the account is written, ``part_count`` how many teams bear a part of them.

    ``first_figure`` is the row of *Evidence* where its header begins, ``amounts`` and ``prices`` where its lines' do;
    ``row`` is on *Invoices*, ``first_line`` on *Invoice lines*, ``first_part`` on *Ledger parts*, ``control`` on
    *Ledger control*.
    """

    source: InvoiceSource
    priced: int
    booked: int
    part_count: int
    posted: Sequence[PostedLine] = ()
    first_figure: int = 0
    amounts: int = 0
    prices: int = 0
    row: int = 0
    first_line: int = 0
    first_part: int = 0
    control: int = 0

    @property
    def invoice(self) -> Invoice:
        """The invoice."""
        return self.source.invoice

    @property
    def lines(self) -> Sequence[LineItem]:
        """Its lines as the detail states them; none where it has no detail."""
        return self.source.items


class AccountPaper(Struct):
    """One account; ``number`` names it on every sheet; ``report_count`` is how many rows the proved report has,
    ``group_count`` how many groups the tie-out compares, which are ``groups`` while the account is written.

    ``report_rows`` is the first row of its report on *Evidence*, ``first_line`` its first one on *Invoice lines*,
    ``first_group`` its first one on *Tie-out*.
    """

    number: int
    posting: Posting
    summaries: Sequence[AccountSummary]
    invoices: Sequence[InvoicePaper]
    report_count: int
    group_count: int
    first_group: int
    groups: Sequence[Group] = ()
    report_rows: int = 0
    first_line: int = 0

    @property
    def account(self) -> str:
        """The account's id."""
        return self.posting.month.account

    @property
    def line_count(self) -> int:
        """How many lines were booked."""
        return sum(invoice.booked for invoice in self.invoices)

    def open(self) -> None:
        """Have the groups and the posted lines at hand."""
        posted = _posted(self.posting)
        self.groups = groups_of(self.posting)
        for invoice in self.invoices:
            invoice.posted = posted.get(invoice.source.invoice.id, ())

    def close(self) -> None:
        """Let go of them."""
        self.groups = ()
        for invoice in self.invoices:
            invoice.posted = ()


class Paper:
    """The whole workpaper, and what was written of each of its tables."""

    def __init__(self, books: Books, config: Config, evidence: Evidence) -> None:
        self.books, self.config, self.evidence = books, config, evidence
        self._written: dict[type[SheetTable], Written] = {}
        self.open_items: list[OpenItem] | None = None
        summaries: dict[str, list[AccountSummary]] = defaultdict(list)
        for summary in books.accounts:
            summaries[summary.account].append(summary)
        answers = answers_by_account(evidence)
        self.accounts: list[AccountPaper] = []
        groups = 0
        for number, posting in enumerate(books.posting.postings, start=1):
            account = posting.month.account
            mine = _invoices(posting, evidence, answers.get(account, ()), books)
            report, compared = posting.month.report, len(groups_of(posting))
            rows = len(report.rows) if report else 0
            self.accounts.append(AccountPaper(number, posting, summaries[account], mine, rows, compared, groups))
            groups += compared

    @property
    def basis(self) -> str:
        """ "gross" or "net": what the report's values include, and so which amount of a line is compared."""
        return self.config.reconciliation.tax_basis

    @property
    def remark(self) -> str:
        """Month, revision, and when and by what it was made."""
        books, run = self.books, self.books.posting.run
        version = run.versions.get("chargeback", "")
        prepared = f"prepared by chargeback {version} from answers of {run.run_at}"
        return f"{books.period} · revision {books.revision} · {prepared}"

    @property
    def footer(self) -> str:
        """The footer's left part."""
        return f"{PATH} · {self.books.period} revision {self.books.revision}"

    @property
    def population(self) -> str:
        """What the month consists of, in words."""
        books = self.books
        booked = sum(len(posting.month.booked) for posting in books.posting.postings)
        invoices = counted(sum(len(account.invoices) for account in self.accounts), "invoice")
        return ", ".join(
            (
                counted(len(self.accounts), "billing account"),
                f"{invoices} of the month, {booked:,} of them booked",
                counted(sum(account.line_count for account in self.accounts), "posted invoice line"),
                counted(sum(account.report_count for account in self.accounts), "report row"),
                counted(len(books.ledger.lines), "ledger line"),
            )
        )

    @property
    def scope(self) -> str:
        """How much of the population was looked at, in words."""
        checks = counted(len(self.books.checks), "check")
        return f"100 % re-performed, no sampling: {checks}, {self.books.not_performed:,} of them not performed."

    def invoices(self) -> Iterator[tuple[AccountPaper, InvoicePaper]]:
        """Every invoice of the month with its account."""
        for account in self.accounts:
            for invoice in account.invoices:
                yield account, invoice

    def parts(self, invoice: InvoicePaper) -> list[LedgerPart]:
        """What each team bears of a booked invoice, teams by id; nothing of any other."""
        key = (invoice.invoice.account, invoice.invoice.id)
        return sorted(self.books.ledger.parts.get(key, ()), key=lambda part: part.team.id) if invoice.booked else []

    def some_at_once(self) -> Iterator[Sequence[AccountPaper]]:
        """All accounts, those of some thousand rows at a time, with their groups and posted lines until the next ones
        are asked for."""
        some, rows = list[AccountPaper](), 0
        for account in self.accounts:
            some.append(account)
            rows += account.line_count + account.report_count
            if rows >= _ROWS_AT_ONCE or account is self.accounts[-1]:
                for each in some:
                    each.open()
                yield some
                for each in some:
                    each.close()
                some, rows = [], 0

    def kept(self, data: bytes) -> Held[bytes]:
        """Bytes of a sheet that waits for its turn, in memory or in the month's file."""
        return self.books.posting.spool.keep(data, len(data) // _BYTES_AN_ENTRY)

    def reported_checks(self) -> list[Check]:
        """The checks that did not simply pass: exceptions first, then accepted ones, then notices."""
        return sorted(self.books.having(*REPORTED), key=lambda check: REPORTED.index(check.outcome))

    def begin(self, cells: Cells, table: type[SheetTable]) -> Written:
        """Begin to write a table."""
        self._written[table] = Written(cells, table)
        return self._written[table]

    def written(self, table: type[SheetTable]) -> Written:
        """What was written of a table; ``KeyError`` where it is not begun yet."""
        return self._written[table]


def _invoices(posting: Posting, evidence: Evidence, answers: Sequence[Answer], books: Books) -> list[InvoicePaper]:
    booked = {invoice: len(lines) for invoice, lines in _posted(posting).items()}
    account, parts = posting.month.account, books.ledger.parts
    return [
        InvoicePaper(
            replace(source, header=books.posting.spool.sequence(source.header)),
            sum(map(priced, source.items)),
            booked.get(source.invoice.id, 0),
            len(parts.get((account, source.invoice.id), ())) if source.invoice.id in booked else 0,
        )
        for source in invoice_sources(posting.month.facts, evidence, answers)
    ]


def _posted(posting: Posting) -> Mapping[str, Sequence[PostedLine]]:
    """The posted lines by their invoice's id."""
    found: dict[str, list[PostedLine]] = defaultdict(list)
    for line in posting.posted:
        found[line.invoice.id].append(line)
    return found
