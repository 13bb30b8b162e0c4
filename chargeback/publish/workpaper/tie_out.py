"""*Tie-out*: the usage report against the invoices' lines, by project or resource, each side added up by a formula."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import chain, groupby, islice
from typing import NamedTuple

from chargeback.model.check import Check, Checks, Code
from chargeback.model.money import minor_digits
from chargeback.model.posting import rounded_parts
from chargeback.publish.workpaper.evidence import EvidenceTable
from chargeback.publish.workpaper.groups import Grain, Group
from chargeback.publish.workpaper.invoice_lines import InvoiceLines
from chargeback.publish.workpaper.numbered_accounts import AGREES, DIFFERS, NOT_PERFORMED, AccountPaper, Paper
from chargeback.publish.workpaper.sheet import Declaration, OfAccounts, account_sheet, concluded
from chargeback.publish.xlsx.expressions import (
    NEARLY_NOTHING,
    Choice,
    Exact,
    Expression,
    RowByRow,
    constant,
    largest,
    rounding_of,
)
from chargeback.publish.xlsx.sheets import FIRST, SheetTable, Written
from chargeback.publish.xlsx.styles import Kind
from chargeback.publish.xlsx.tables import MOST_TOGETHER, Column, Form, Value, note

_CODES = {Grain.PROJECT: Code.REPORT_PROJECT, Grain.RESOURCE: Code.REPORT_RESOURCE, Grain.TOTAL: Code.REPORT_TOTAL}
_UNNAMED = {Grain.PROJECT: "without a project", Grain.RESOURCE: "(empty)", Grain.TOTAL: "all lines"}


class TieOut(SheetTable):
    """One row a group of report rows and invoice lines that belong together."""

    name = "Tie-out"
    purpose = (
        "The usage report against the invoices' lines, like with like: on the tax basis of the report (see Method)."
    )
    number = Column("No.", 6, Form.INTEGER, kind=Kind.QUIET)
    account = Column("Account", 16)
    compared_by = Column("Compared by", 12)
    subject = Column("Project or resource", 30)
    report = Column("Usage report [E]", 18, Form.EXACT, is_kept=True)
    lines = Column("Invoice lines [F]", 16, Form.MONEY, is_kept=True)
    variance = Column("Variance: report − lines", 17, Form.EXACT, Exact(report.less(lines), like=report))
    parts = Column("Rounded parts", 8, Form.COUNT)
    allowed = Column("Allowed: tolerance or rounding", 15, Form.EXACT)
    recomputed = Column(
        "Recomputed",
        14,
        computed=Choice(abs(variance) <= allowed + NEARLY_NOTHING, AGREES, DIFFERS),
        kind=Kind.VERDICT,
    )
    outcome = Column("Outcome of the check", 14, kind=Kind.VERDICT)
    currency = Column("Currency", 9)
    first_row = Column("Report rows: first row of Evidence", 13, Form.INTEGER, kind=Kind.QUIET)
    last_row = Column("last row", 10, Form.INTEGER, kind=Kind.QUIET)


def _count(paper: Paper) -> int:
    return sum(account.group_count for account in paper.accounts)


class _Compared(NamedTuple):
    """A group: its check, its row on the sheet, and the first of its report rows on *Evidence*."""

    group: Group
    check: Check | None
    row: int
    first: int

    @property
    def is_judged(self) -> bool:
        """Whether both sides are there, and were compared."""
        return self.check is not None and self.check.actual is not None and self.group.grain is not Grain.CURRENCY


def _rows(written: Written, paper: Paper) -> OfAccounts:
    checks = Checks.in_order(paper.books.checks).accounts
    allowance = cache(partial(_allowance, paper))
    return lambda accounts: chain.from_iterable(
        _of_account(written, paper, account, checks.get(account.account, ()), allowance) for account in accounts
    )


def _of_account(
    written: Written,
    paper: Paper,
    account: AccountPaper,
    checks: Iterable[Check],
    allowance: Callable[[str], Exact],
) -> Iterator[str]:
    lines_of = _lines(paper, account)
    for (currency, _, _), alike in groupby(_compared(account, checks), _pattern):
        while some := list(islice(alike, MOST_TOGETHER)):
            columns = _columns(paper, account, some, lines_of)
            if some[0].is_judged:
                columns[TieOut.allowed] = allowance(currency)
            else:
                columns[TieOut.recomputed] = note(NOT_PERFORMED)
            yield from written.rows.together(columns, len(some), minor_digits(currency))


def _compared(account: AccountPaper, checks: Iterable[Check]) -> Iterator[_Compared]:
    mine, first = {(check.code, check.subject_name): check for check in checks}, account.report_rows
    for row, group in enumerate(account.groups, start=FIRST + account.first_group):
        code = _CODES.get(group.grain)
        yield _Compared(group, mine.get((code, group.subject)) if code else None, row, first)
        first += len(group.rows)


def _pattern(compared: _Compared) -> tuple[str, bool, bool]:
    """What rows have alike that are made together."""
    return compared.group.currency, bool(compared.group.rows), compared.is_judged


def _allowance(paper: Paper, currency: str) -> Exact:
    """What the two sides may differ by: the larger of the configured tolerance and what rounding can explain."""
    settings = paper.config.reconciliation
    share = constant(settings.tolerance.percent) / constant(100) * abs(TieOut.lines)
    rounding = rounding_of(TieOut.parts, minor_digits(currency))
    return Exact(largest(constant(settings.tolerance.absolute), share, rounding), 4, reach=TieOut.lines)


def _columns(
    paper: Paper, account: AccountPaper, some: Sequence[_Compared], lines_of: Callable[[int], Expression]
) -> dict[Column, Value | list[Value]]:
    """What is compared in rows that have the same columns."""
    table, evidence, month = TieOut, paper.written(EvidenceTable), account.posting.month
    groups = [each.group for each in some]
    grain, currency, has_rows = groups[0].grain, groups[0].currency, bool(groups[0].rows)
    columns: dict[Column, Value | list[Value]] = {
        table.number: account.number,
        table.account: account.account,
        table.compared_by: grain.value,
        table.subject: [group.subject or _UNNAMED.get(group.grain, "") for group in groups],
        table.parts: [rounded_parts(group.lines, paper.basis) for group in groups],
        table.outcome: [each.check.outcome.value if each.check else NOT_PERFORMED for each in some],
        table.currency: currency,
    }
    if has_rows:
        columns[table.first_row] = [EvidenceTable.place(each.first)[1] for each in some]
        columns[table.last_row] = [EvidenceTable.place(each.first + len(each.group.rows) - 1)[1] for each in some]
    if month.report is not None and not (grain is Grain.CURRENCY and currency):
        reports = [evidence.total(EvidenceTable.value, each.first, len(each.group.rows)) for each in some]
        columns[table.report] = Exact(RowByRow(reports), minor_digits(month.currency))
    if grain is not Grain.CURRENCY or currency:
        columns[table.lines] = Exact(RowByRow([lines_of(each.row) for each in some]))
    return columns


def _lines(paper: Paper, account: AccountPaper) -> Callable[[int], Expression]:
    """What gives Σ of the account's lines that name a row."""
    amounts, lines = InvoiceLines.gross if paper.basis == "gross" else InvoiceLines.net, paper.written(InvoiceLines)
    return lines.total_by(amounts, InvoiceLines.compared_in, account.first_line, account.line_count)


DECLARED = Declaration(
    reference="B-1",
    source="the usage report's rows, on Evidence, and the invoices' lines, on Invoice lines",
    procedure="Each side is added up by project, by resource or in total, and compared within tolerance or rounding.",
    conclusion=concluded(*_CODES.values()),
)
SHEET = account_sheet(TieOut, _rows, _count, DECLARED, reads=(EvidenceTable.name, InvoiceLines.name))
