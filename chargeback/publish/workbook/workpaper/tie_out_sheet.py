"""*Tie-out*: the usage report against the invoices' lines, by project or resource, each side added up by a formula."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from chargeback.model.check import Check, Code
from chargeback.model.money import EXACT, format_exact, minor_digits
from chargeback.model.posting import PostedLine
from chargeback.publish.workbook.cells import ROW, Cells, row
from chargeback.publish.workbook.package import Book
from chargeback.publish.workbook.recomputed import SLACK, Rounded, half_unit, numeric, rounded, summed, summed_minor
from chargeback.publish.workbook.styles import COUNT, INTEGER, Kind, look, money
from chargeback.publish.workbook.styles import EXACT as EXACT_FORMAT
from chargeback.publish.workbook.workpaper.evidence_sheet import EVIDENCE, VALUE
from chargeback.publish.workbook.workpaper.groups import Grain, Group
from chargeback.publish.workbook.workpaper.lines_sheet import GROSS, KEY, LINES, NET
from chargeback.publish.workbook.workpaper.plan import FIRST, AccountPlan, Plan
from chargeback.publish.workbook.workpaper.sheet import NOT_PERFORMED, Heading, Layout, add_sheet, verdict

TIE_OUT = Layout(
    "Tie-out",
    "The usage report against the invoices' lines, like with like: on the tax basis of the report (see Method).",
    {
        "A": Heading("No.", 6, True),
        "B": Heading("Account", 16),
        "C": Heading("Compared by", 12),
        "D": Heading("Project or resource", 30),
        "E": Heading("Usage report [E]", 16, True),
        "F": Heading("Invoice lines [F]", 16, True),
        "G": Heading("Variance: report − lines", 14, True),
        "H": Heading("Lines", 8, True),
        "I": Heading("Allowed: tolerance or rounding", 14, True),
        "J": Heading("Recomputed", 14),
        "K": Heading("Outcome of the check", 14),
        "L": Heading("Currency", 9),
        "M": Heading("Report rows: first row of Evidence", 13, True),
        "N": Heading("last row", 10, True),
    },
)
REPORT, INVOICED, VARIANCE = "E", "F", "G"
_CODES = {Grain.PROJECT: Code.REPORT_PROJECT, Grain.RESOURCE: Code.REPORT_RESOURCE, Grain.TOTAL: Code.REPORT_TOTAL}


@dataclass(frozen=True, slots=True)
class Compared:
    """One row's figures: the report's side (None where no report is proved), the lines' side, how many lines."""

    report: Rounded | None
    lines: Rounded | None
    count: int

    def variance(self) -> Rounded | None:
        """Report less lines, as exact as the report's side."""
        if self.report is None or self.lines is None:
            return None
        exact = EXACT.subtract(self.report.value, self.lines.value)
        reach = max(self.report.value.copy_abs(), self.lines.value.copy_abs())
        return rounded(exact, self.report.places, reach)


def line_units(line: PostedLine, plan: Plan) -> int:
    """The line's amount in minor units on the basis of the report's values."""
    return line.gross if plan.basis == "gross" else line.net


def compared(account: AccountPlan, group: Group, plan: Plan) -> Compared:
    """The figures of one row."""
    report, digits = account.posting.month.report, minor_digits(account.posting.month.currency)
    values = [numeric(report.rows[place].value) for place in group.rows] if report else []
    has_report = report is not None and (group.grain is not Grain.CURRENCY or not group.currency)
    amounts = [line_units(line, plan) for line in group.lines]
    has_lines = group.grain is not Grain.CURRENCY or bool(group.currency)
    return Compared(
        summed(values, digits) if has_report else None,
        summed_minor(amounts, minor_digits(group.currency)) if has_lines else None,
        len(group.lines),
    )


def add_tie_out(book: Book, plan: Plan) -> None:
    """Add the sheet."""
    count = plan.last.get("tie-out", FIRST - 1) - FIRST + 1
    add_sheet(book, plan, TIE_OUT, _rows(book.cells, plan), count, verdicts="JK")


def _rows(cells: Cells, plan: Plan) -> Iterator[str]:
    checks = {
        (check.code, check.account, check.subject): check
        for check in plan.books.checks
        if check.code in _CODES.values()
    }
    for account in plan.accounts:
        first = account.evidence
        for key, group in enumerate(account.groups(), start=account.tie_out):
            yield row(_row(cells, plan, account, group, key, first, checks))
            first += len(group.rows)


def _row(
    cells: Cells,
    plan: Plan,
    account: AccountPlan,
    group: Group,
    key: int,
    first: int,
    checks: Mapping[tuple[Code, str, str], Check],
) -> list[str]:
    figures = compared(account, group, plan)
    variance = figures.variance()
    exact, last = look(Kind.PLAIN, EXACT_FORMAT), first + len(group.rows) - 1
    found = [
        cells.number("A", str(account.number), look(Kind.QUIET, INTEGER)),
        cells.text("B", account.account, look()),
        cells.text("C", group.grain.value, look()),
        cells.text("D", group.subject or _unnamed(group), look()),
    ]
    if figures.report is not None:
        total = f"SUM({EVIDENCE.range(VALUE, first, last)})" if group.rows else "0"
        found.append(figures.report.cell(cells, REPORT, total, exact))
    if figures.lines is not None:
        formula, amount = _lines_total(plan, account, key), _amount(group)
        lines = figures.lines.cell(cells, INVOICED, formula, amount) if formula else ""
        found.append(lines or cells.exact(INVOICED, figures.lines.value, amount))
    if variance is not None:
        found.append(variance.cell(cells, VARIANCE, f"{REPORT}{ROW}-{INVOICED}{ROW}", exact))
    found.append(cells.number("H", str(figures.count), look(Kind.PLAIN, COUNT)))
    found += _judged(cells, plan, account, group, figures, variance, checks)
    if group.rows:
        style = look(Kind.QUIET, INTEGER)
        places = (EVIDENCE.place(number)[1] for number in (first, last))
        found += [cells.number(letters, str(place), style) for letters, place in zip("MN", places, strict=True)]
    return found


def _unnamed(group: Group) -> str:
    return (
        "all lines"
        if group.grain is Grain.TOTAL
        else "without a project"
        if group.grain is Grain.PROJECT
        else "(empty)"
    )


def _amount(group: Group) -> int:
    return look(Kind.PLAIN, money(minor_digits(group.currency)))


def _lines_total(plan: Plan, account: AccountPlan, key: int) -> str:
    """Σ of the lines that name the row, within the account's rows of *Invoice lines*; "" where no formula does it."""
    last = max((invoice.lines + len(invoice.posted) - 1 for invoice in account.invoices), default=0)
    if last < account.first_line:
        return "0"
    if LINES.is_divided(account.first_line, last):
        return ""
    column = GROSS if plan.basis == "gross" else NET
    keys, amounts = LINES.range(KEY, account.first_line, last), LINES.range(column, account.first_line, last)
    return f"SUMIF({keys},{key},{amounts})"


def _judged(
    cells: Cells,
    plan: Plan,
    account: AccountPlan,
    group: Group,
    figures: Compared,
    variance: Rounded | None,
    checks: Mapping[tuple[Code, str, str], Check],
) -> list[str]:
    code = _CODES.get(group.grain)
    check = checks.get((code, account.account, group.subject)) if code else None
    outcome = check.outcome.value if check else NOT_PERFORMED
    performed = check is not None and check.actual is not None
    currency = cells.text("L", group.currency, look())
    if not performed or figures.lines is None or variance is None:
        return [cells.text("J", NOT_PERFORMED, look(Kind.NOTE)), cells.text("K", outcome, look(Kind.VERDICT)), currency]
    formula, allowed = _allowed(plan, figures.lines.value, figures.count, group.currency)
    return [
        allowed.cell(cells, "I", formula, look(Kind.PLAIN, EXACT_FORMAT)),
        _verdict(cells, variance, allowed),
        cells.text("K", outcome, look(Kind.VERDICT)),
        currency,
    ]


def _verdict(cells: Cells, variance: Rounded, allowed: Rounded) -> str:
    holds = variance.value.copy_abs() <= EXACT.add(allowed.value, SLACK)
    return verdict(cells, "J", f"ABS({VARIANCE}{ROW})<=I{ROW}+{SLACK:f}", holds)


def _allowed(plan: Plan, expected: Decimal, count: int, currency: str) -> tuple[str, Rounded]:
    """The larger of the configured tolerance and half a minor unit a line: formula and value."""
    settings, half = plan.config.reconciliation, half_unit(minor_digits(currency))
    absolute, percent = format_exact(settings.tolerance_absolute), format_exact(settings.tolerance_percent)
    value = max(settings.tolerance_absolute, EXACT.multiply(half, Decimal(count)))
    if settings.tolerance_percent:
        share = EXACT.divide(EXACT.multiply(expected.copy_abs(), settings.tolerance_percent), Decimal(100))
        value = max(value, share)
    formula = f"MAX({absolute},{percent}/100*ABS({INVOICED}{ROW}),{half:f}*H{ROW})"
    return formula, rounded(value, 2, expected.copy_abs())
