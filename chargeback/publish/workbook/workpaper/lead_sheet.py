"""*Lead*: one row an account and currency, each figure a live formula over the sheet behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chargeback.model.books import AccountSummary, Status
from chargeback.model.check import Outcome
from chargeback.model.money import EXACT, from_minor, minor_digits
from chargeback.publish.workbook.exact_formula import names_apart
from chargeback.publish.workbook.package import Book
from chargeback.publish.workbook.recomputed import Rounded, is_carried_whole, rounded, summed, summed_minor
from chargeback.publish.workbook.workpaper.comparison import report_side, units_of
from chargeback.publish.workbook.workpaper.control_sheet import CONTROL, GROSS
from chargeback.publish.workbook.workpaper.exceptions_sheet import NUMBER, count_cell
from chargeback.publish.workbook.workpaper.groups import Group
from chargeback.publish.workbook.workpaper.plan import FIRST, AccountPlan, Plan
from chargeback.publish.workbook.workpaper.sheet import Heading, Layout, add_sheet
from chargeback.publish.workbook.workpaper.tie_out_sheet import INVOICED, REPORT, TIE_OUT
from chargeback.publish.xlsx.cells import EMPTY_ROW, ROW, Cells, row
from chargeback.publish.xlsx.styles import EXACT as EXACT_FORMAT
from chargeback.publish.xlsx.styles import INTEGER, Kind, look, money

LEAD = Layout(
    "Lead",
    "Per account: what the usage report shows, the invoices bill, the ledgers hold. Follow a figure to its sheet.",
    {
        "A": Heading("No.", 6, True),
        "B": Heading("Account", 18),
        "C": Heading("Name", 28),
        "D": Heading("Currency", 9),
        "E": Heading("Invoices", 24),
        "F": Heading("Usage report (Tie-out)", 16, True),
        "G": Heading("Invoice lines (Tie-out)", 16, True),
        "H": Heading("Invoices (Ledger control)", 16, True),
        "I": Heading("Ledgers (Ledger control)", 16, True),
        "J": Heading("Variance: report − lines", 14, True),
        "K": Heading("Ledgers − invoices", 13, True),
        "L": Heading("Exceptions", 11, True),
        "M": Heading("Accepted", 10, True),
        "N": Heading("Status", 14),
    },
)
_MOST_TERMS = 60


def add_lead(book: Book, plan: Plan) -> None:
    """Add the sheet."""
    rows = _rows(book.cells, plan)
    add_sheet(book, plan, LEAD, rows, len(plan.books.accounts), verdicts="N")


def _rows(cells: Cells, plan: Plan) -> Iterator[str]:
    counts = _counts(plan)
    for account in plan.accounts:
        groups = account.groups()
        report = _report(account, groups)
        for summary in account.summaries:
            sides, variance = _compared(cells, plan, account, summary, groups, report)
            totals, difference = _booked(cells, account, summary)
            status = _status(cells, plan, account, summary, counts)
            yield row([*_named(cells, account, summary), *sides, *totals, variance, difference, *status])
    yield EMPTY_ROW
    yield from _totals(cells, plan)


def _report(account: AccountPlan, groups: Sequence[Group]) -> Rounded | None:
    """The sum of the tie-out's rows: the report's total, less what its rows were rounded by; None without a report."""
    report = account.posting.month.report
    if report is None:
        return None
    digits = minor_digits(account.posting.month.currency)
    if is_carried_whole(report.total) and all(row.value >= 0 for row in report.rows):
        return rounded(report.total, digits)
    return summed([side.value for group in groups if (side := report_side(account, group)) is not None], digits)


def _named(cells: Cells, account: AccountPlan, summary: AccountSummary) -> list[str]:
    invoices = ", ".join(summary.invoices) or "none"
    texts = (summary.account, summary.name, summary.currency, invoices)
    number = cells.number("A", str(account.number), look(Kind.QUIET, INTEGER))
    return [number, *(cells.text(letters, text, look()) for letters, text in zip("BCDE", texts, strict=True))]


def _compared(
    cells: Cells,
    plan: Plan,
    account: AccountPlan,
    summary: AccountSummary,
    groups: Sequence[Group],
    report: Rounded | None,
) -> tuple[list[str], str]:
    """The two sides of the tie-out, and the variance between them."""
    exact, amount = look(Kind.PLAIN, EXACT_FORMAT), look(Kind.PLAIN, money(summary.digits))
    own = [place for place, group in enumerate(groups) if group.currency == summary.currency]
    first, last = account.tie_out, account.tie_out + len(groups) - 1
    found = [cells.text("F", "not proved", look(Kind.NOTE))]
    if report is not None:
        found = [report.cell(cells, "F", f"SUM({TIE_OUT.range(REPORT, first, last)})", exact)]
    if not own:
        return found, ""
    lines = summed_minor([units for place in own for units in units_of(groups[place].lines, plan)], summary.digits)
    place = TIE_OUT.range(INVOICED, first + own[0], first + own[-1])
    found.append(lines.cell(cells, "G", f"SUM({place})", amount))
    if report is None or summary.variance is None:
        return found, ""
    reach = max(report.value.copy_abs(), lines.value.copy_abs())
    variance = rounded(EXACT.subtract(report.value, lines.value), report.places, reach)
    return found, variance.cell(cells, "J", f"F{ROW}-G{ROW}", exact)


def _booked(cells: Cells, account: AccountPlan, summary: AccountSummary) -> tuple[list[str], str]:
    """What the invoices and the ledgers come to, and the difference."""
    digits, amount = summary.digits, look(Kind.PLAIN, money(summary.digits))
    rows = [plan.control for plan in account.invoices if plan.control and plan.invoice.currency == summary.currency]
    totals = (("H", "J", summary.invoice_total), ("I", GROSS, summary.ledger_total))
    found = []
    for column, source, units in totals:
        total = rounded(from_minor(units, digits), digits)
        formula = _sum_of(source, rows)
        found.append(
            total.cell(cells, column, formula, amount) if formula else cells.minor(column, units, digits, amount)
        )
    difference = rounded(from_minor(summary.ledger_total - summary.invoice_total, digits), digits)
    return found, difference.cell(cells, "K", f"I{ROW}-H{ROW}", amount)


def _sum_of(column: str, rows: Sequence[int]) -> str:
    """Σ of these rows of *Ledger control*: a range where they stand together, else each by itself; "" for too many."""
    if not rows:
        return "0"
    if rows[-1] - rows[0] + 1 == len(rows):
        return f"SUM({CONTROL.range(column, rows[0], rows[-1])})"
    return "+".join(CONTROL.cell(column, number) for number in rows) if len(rows) <= _MOST_TERMS else ""


def _counts(plan: Plan) -> dict[tuple[str, Outcome], int]:
    counts: dict[tuple[str, Outcome], int] = {}
    for check in plan.books.checks:
        key = (check.account, check.outcome)
        counts[key] = counts.get(key, 0) + 1
    return counts


def _status(
    cells: Cells, plan: Plan, account: AccountPlan, summary: AccountSummary, counts: dict[tuple[str, Outcome], int]
) -> list[str]:
    found = [
        count_cell(cells, column, plan, NUMBER, f"A{ROW}", outcome, counts.get((account.account, outcome), 0))
        for column, outcome in (("L", Outcome.EXCEPTION), ("M", Outcome.ACCEPTED))
    ]
    formula = f'IF(L{ROW}>0,"{Status.EXCEPTIONS.value}","{Status.RECONCILED.value}")'
    expected = Status.EXCEPTIONS if counts.get((account.account, Outcome.EXCEPTION)) else Status.RECONCILED
    if summary.status is not expected:
        return [*found, cells.text("N", summary.status.value, look(Kind.VERDICT))]
    return [*found, cells.formula("N", formula, summary.status.value, look(Kind.VERDICT))]


def _totals(cells: Cells, plan: Plan) -> Iterator[str]:
    """One row a currency, over the accounts' rows."""
    last = FIRST + len(plan.books.accounts) - 1
    by_currency: dict[str, list[AccountSummary]] = {}
    for summary in plan.books.accounts:
        by_currency.setdefault(summary.currency, []).append(summary)
    apart = names_apart(by_currency)
    for currency in sorted(by_currency):
        mine, style = by_currency[currency], look(Kind.TOTAL)
        amount = look(Kind.TOTAL, money(mine[0].digits))
        found = [
            cells.blank("A", style),
            cells.text("B", f"Total {currency}", style),
            cells.blank("C", style),
            cells.text("D", currency, style),
            *(cells.blank(letters, style) for letters in "EF"),
        ]
        for column, units in zip("GHI", _sums(mine), strict=True):
            total = summed_minor(units, mine[0].digits)
            formula = f'SUMIF($D${FIRST}:$D${last},"{currency}",{column}${FIRST}:{column}${last})'
            found.append(
                total.cell(cells, column, formula, amount) if apart else cells.exact(column, total.value, amount)
            )
        yield row([*found, *(cells.blank(letters, style) for letters in "JKLMN")])


def _sums(summaries: Sequence[AccountSummary]) -> tuple[list[int], list[int], list[int]]:
    return (
        [summary.line_total for summary in summaries],
        [summary.invoice_total for summary in summaries],
        [summary.ledger_total for summary in summaries],
    )
