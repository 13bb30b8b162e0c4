"""*Tie-out*: the usage report against the invoices' lines, by project or resource, each side added up by a formula."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache, partial

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
    constant,
    largest,
    rounding_of,
)
from chargeback.publish.xlsx.sheets import FIRST, Criterion, SheetTable, Written
from chargeback.publish.xlsx.styles import Kind
from chargeback.publish.xlsx.tables import Column, Form, Record, Value, note

_Checks = Mapping[tuple[Code, str], Check]


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


def _rows(written: Written, paper: Paper) -> OfAccounts:
    checks = Checks.in_order(paper.books.checks).accounts
    allowance = cache(partial(_allowance, paper))
    return lambda accounts: written.rows.rows(
        record
        for account in accounts
        for record in _records(paper, account, checks.get(account.account, ()), allowance)
    )


def _records(
    paper: Paper, account: AccountPaper, checks: Iterable[Check], allowance: Callable[[str], Exact]
) -> Iterator[Record]:
    first, month = account.report_rows, account.posting.month
    report_digits = None if month.report is None else minor_digits(month.currency)
    mine = {(check.code, check.subject_name): check for check in checks}
    for row, group in enumerate(account.groups, start=account.first_group):
        supplied = _supplied(paper, account, group, row, first, report_digits)
        is_compared = TieOut.report in supplied and TieOut.lines in supplied
        judged = _judged(group, mine, allowance(group.currency), is_compared=is_compared)
        yield Record(supplied | judged, minor_digits(group.currency))
        first += len(group.rows)


def _allowance(paper: Paper, currency: str) -> Exact:
    """What the two sides may differ by: the larger of the configured tolerance and what rounding can explain."""
    settings = paper.config.reconciliation
    share = constant(settings.tolerance.percent) / constant(100) * abs(TieOut.lines)
    rounding = rounding_of(TieOut.parts, minor_digits(currency))
    return Exact(largest(constant(settings.tolerance.absolute), share, rounding), 4, reach=TieOut.lines)


def _supplied(
    paper: Paper, account: AccountPaper, group: Group, row: int, first: int, report_digits: int | None
) -> dict[Column, Value]:
    """What is compared in that row; ``first`` is the first of the group's report rows, ``report_digits`` are the minor
    digits that the account's report is rounded to, None where none is proved."""
    table, is_by_currency = TieOut, group.grain is Grain.CURRENCY
    supplied: dict[Column, Value] = {
        table.number: account.number,
        table.account: account.account,
        table.compared_by: group.grain.value,
        table.subject: group.subject or _UNNAMED.get(group.grain, ""),
        table.parts: rounded_parts(group.lines, paper.basis),
        table.currency: group.currency,
    }
    if group.rows:
        supplied[table.first_row] = EvidenceTable.place(first)[1]
        supplied[table.last_row] = EvidenceTable.place(first + len(group.rows) - 1)[1]
    if report_digits is not None and not (is_by_currency and group.currency):
        report = paper.written(EvidenceTable).total(EvidenceTable.value, first, len(group.rows))
        supplied[table.report] = Exact(report, report_digits)
    if not is_by_currency or group.currency:
        supplied[table.lines] = Exact(_lines(paper, account, row))
    return supplied


def _lines(paper: Paper, account: AccountPaper, row: int) -> Expression:
    """Σ of the account's lines that name that row."""
    amounts = InvoiceLines.gross if paper.basis == "gross" else InvoiceLines.net
    key = FIRST + row
    criterion = Criterion(InvoiceLines.compared_in, Decimal(key), str(key))
    lines = paper.written(InvoiceLines)
    return lines.total_where(amounts, [criterion], account.first_line, account.line_count)


def _judged(group: Group, checks: _Checks, allowance: Exact, *, is_compared: bool) -> dict[Column, Value]:
    table, code = TieOut, _CODES.get(group.grain)
    check = checks.get((code, group.subject)) if code else None
    outcome = {table.outcome: check.outcome.value if check else NOT_PERFORMED}
    if check is None or check.actual is None or not is_compared:
        return {**outcome, table.recomputed: note(NOT_PERFORMED)}
    return {**outcome, table.allowed: allowance}


DECLARED = Declaration(
    reference="B-1",
    source="the usage report's rows, on Evidence, and the invoices' lines, on Invoice lines",
    procedure="Each side is added up by project, by resource or in total, and compared within tolerance or rounding.",
    conclusion=concluded(*_CODES.values()),
)
SHEET = account_sheet(TieOut, _rows, _count, DECLARED, reads=(EvidenceTable.name, InvoiceLines.name))
