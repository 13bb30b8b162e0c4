"""*Tie-out*: the usage report against the invoices' lines, by project or resource, each side added up by a formula."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import groupby, islice
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
from chargeback.publish.xlsx.tables import MOST_TOGETHER, Column, Columns, Form, note

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
    """A group of an account: the first of its report rows on *Evidence*, both sides where they are there, its check,
    and the minor digits of its currency and of the report's."""

    account: AccountPaper
    group: Group
    first: int
    report: Expression | None
    lines: Expression | None
    check: Check | None
    digits: int
    report_digits: int

    @property
    def is_judged(self) -> bool:
        """Whether both sides are there, and were compared."""
        has_both = self.report is not None and self.lines is not None
        return has_both and self.check is not None and self.check.actual is not None


def _rows(written: Written, paper: Paper) -> OfAccounts:
    checks, allowance = Checks.in_order(paper.books.checks).accounts, cache(partial(_allowance, paper))

    def of_accounts(accounts: Sequence[AccountPaper]) -> Iterator[str]:
        compared = (each for account in accounts for each in _compared(paper, account, checks.get(account.account, ())))
        for _, alike in groupby(compared, _pattern):
            while some := list(islice(alike, MOST_TOGETHER)):
                yield from written.rows.together(_columns(paper, some, allowance), len(some), some[0].digits)

    return of_accounts


def _compared(paper: Paper, account: AccountPaper, checks: Iterable[Check]) -> Iterator[_Compared]:
    mine, first = {(check.code, check.subject_name): check for check in checks}, account.report_rows
    month, of_report = account.posting.month, minor_digits(account.posting.month.currency)
    digits = {currency: minor_digits(currency) for currency in {group.currency for group in account.groups}}
    evidence, lines_of = paper.written(EvidenceTable), _lines(paper, account)
    for row, group in enumerate(account.groups, start=FIRST + account.first_group):
        is_by_currency, code, report, lines = group.grain is Grain.CURRENCY, _CODES.get(group.grain), None, None
        if month.report is not None and not (is_by_currency and group.currency):
            report = evidence.total(EvidenceTable.value, first, len(group.rows))
        if not is_by_currency or group.currency:
            lines = lines_of(row)
        check = mine.get((code, group.subject)) if code else None
        yield _Compared(account, group, first, report, lines, check, digits[group.currency], of_report)
        first += len(group.rows)


def _pattern(compared: _Compared) -> tuple[int, bool, bool, bool, bool]:
    """What rows have alike that are made together."""
    has_report, has_lines = compared.report is not None, compared.lines is not None
    return compared.digits, bool(compared.group.rows), has_report, has_lines, compared.is_judged


def _allowance(paper: Paper, digits: int) -> Exact:
    """What the two sides may differ by: the larger of the configured tolerance and what rounding can explain."""
    settings = paper.config.reconciliation
    share = constant(settings.tolerance.percent) / constant(100) * abs(TieOut.lines)
    rounding = rounding_of(TieOut.parts, digits)
    return Exact(largest(constant(settings.tolerance.absolute), share, rounding), 4, reach=TieOut.lines)


def _columns(paper: Paper, some: Sequence[_Compared], allowance: Callable[[int], Exact]) -> Columns:
    """What is compared in rows of one pattern."""
    table, groups, one = TieOut, [each.group for each in some], some[0]
    columns: Columns = {
        table.number: [each.account.number for each in some],
        table.account: [each.account.account for each in some],
        table.compared_by: [group.grain.value for group in groups],
        table.subject: [group.subject or _UNNAMED.get(group.grain, "") for group in groups],
        table.parts: [rounded_parts(group.lines, paper.basis) for group in groups],
        table.outcome: [each.check.outcome.value if each.check else NOT_PERFORMED for each in some],
        table.currency: [group.currency for group in groups],
    }
    if groups[0].rows:
        columns[table.first_row] = [EvidenceTable.place(each.first)[1] for each in some]
        columns[table.last_row] = [EvidenceTable.place(each.first + len(each.group.rows) - 1)[1] for each in some]
    if one.report is not None:
        reports, digits = [each.report for each in some if each.report], [each.report_digits for each in some]
        columns[table.report] = (
            Exact(RowByRow(reports), digits[0]) if len(set(digits)) == 1 else list(map(Exact, reports, digits))
        )
    if one.lines is not None:
        columns[table.lines] = Exact(RowByRow([each.lines for each in some if each.lines]))
    if one.is_judged:
        columns[table.allowed] = allowance(one.digits)
    else:
        columns[table.recomputed] = note(NOT_PERFORMED)
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
