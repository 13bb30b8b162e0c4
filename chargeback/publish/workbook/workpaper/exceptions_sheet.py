"""*Exceptions*: every exception, accepted one and notice: what, how much, its cause, where to look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from chargeback.model.check import Check, Code, Outcome
from chargeback.model.money import EXACT
from chargeback.publish.workbook.package import Book
from chargeback.publish.workbook.recomputed import numeric, rounded
from chargeback.publish.workbook.workpaper.plan import FIRST, TOLD, Plan
from chargeback.publish.workbook.workpaper.sheet import Heading, Layout, add_sheet
from chargeback.publish.xlsx.cells import ROW, Cells, row
from chargeback.publish.xlsx.styles import COUNT, INTEGER, Kind, look
from chargeback.publish.xlsx.styles import EXACT as EXACT_FORMAT

EXCEPTIONS = Layout(
    "Exceptions",
    "Whatever did not simply agree. A reviewer's conclusion goes to signatures.csv: `chargeback sign`.",
    {
        "A": Heading("No.", 6, True),
        "B": Heading("Outcome", 12),
        "C": Heading("Check", 20),
        "D": Heading("Account", 16),
        "E": Heading("Invoice", 18),
        "F": Heading("Concerns", 22),
        "G": Heading("Expected", 14, True),
        "H": Heading("Actual", 14, True),
        "I": Heading("Variance [R]", 14, True),
        "J": Heading("Tolerance", 11, True),
        "K": Heading("Currency", 9),
        "L": Heading("What was found", 58),
        "M": Heading("Cause", 38),
        "N": Heading("Where to look", 38),
    },
)
NUMBER, OUTCOME = "A", "B"
_KINDS = {Outcome.EXCEPTION: Kind.BAD, Outcome.ACCEPTED: Kind.KNOWN, Outcome.NOTICE: Kind.QUIET}
_CHARACTERS = {"L": 62, "M": 40, "N": 40}

WHERE: Mapping[Code, str] = MappingProxyType(
    {
        Code.INVOICE_ISSUED: "Cut-off and completeness, section Completeness",
        Code.INVOICE_IDENTITY: "Invoices, last column; both answers in Evidence",
        Code.INVOICE_ARITHMETIC: "Invoices, columns Subtotal to Arithmetic",
        Code.INVOICE_TAX: "Invoices, columns Tax rate to Tax",
        Code.INVOICE_WITHHOLDING: "Invoices, columns Withholding",
        Code.INVOICE_FOOTING: "Invoices, columns Lines to Footing; Invoice lines",
        Code.LINE_ARITHMETIC: "Invoice lines, columns Quantity to Price check",
        Code.INVOICE_CUTOFF: "Cut-off and completeness, sections Invoices and Coverage",
        Code.INVOICE_DUPLICATE: "Invoices, columns Period; Invoice lines, by project",
        Code.ACCOUNT_SET: "the configuration's accounts, on Method",
        Code.PRIOR_PERIODS: "that month's latest revision; the invoice list in Evidence files",
        Code.REPORT_PERIOD: "Cut-off and completeness, section Usage reports",
        Code.REPORT_CHART: "Cut-off and completeness, section Usage reports",
        Code.REPORT_TOTAL: "Lead; Tie-out, all rows of the account",
        Code.REPORT_PROJECT: "Tie-out, the project's row",
        Code.REPORT_RESOURCE: "Tie-out, the resource's row",
        Code.CURRENCY: "Invoices, column Currency",
        Code.OWNERSHIP: "ledgers/unassigned.csv; the configuration's teams, on Method",
        Code.LEDGER_CONTROL: "Ledger control and Ledger parts",
        Code.INVOICE_PDF: "Cut-off and completeness, section Documents",
        Code.HISTORY: "the team's Summary; the previous month's ledgers",
    }
)


def listed(plan: Plan) -> list[Check]:
    """The checks on this sheet: exceptions first, then accepted ones, then notices."""
    return sorted(plan.books.having(*TOLD), key=lambda check: TOLD.index(check.outcome))


def count_cell(cells: Cells, column: str, plan: Plan, key: str, of: str, outcome: Outcome, count: int) -> str:
    """How many of the sheet's rows have the outcome and, in their column ``key``, what the cell ``of`` has."""
    last, style = plan.last["exceptions"], look(Kind.PLAIN, COUNT)
    if EXCEPTIONS.is_divided(FIRST, last):
        return cells.number(column, str(count), style)
    keys, outcomes = (EXCEPTIONS.range(letters, FIRST, last) for letters in (key, OUTCOME))
    return cells.formula(column, f'COUNTIFS({keys},{of},{outcomes},"{outcome.value}")', count, style)


def add_exceptions(book: Book, plan: Plan) -> None:
    """Add the sheet."""
    checks = listed(plan)
    sheet = add_sheet(book, plan, EXCEPTIONS, _rows(book.cells, plan, checks), len(checks))
    sheet.worksheet.freeze_panes = f"D{FIRST}"


def _rows(cells: Cells, plan: Plan, checks: list[Check]) -> Iterator[str]:
    numbers = {account.account: account.number for account in plan.accounts}
    for check in checks:
        yield _row(cells, check, numbers.get(check.account))
    if not checks:
        yield row([cells.text("L", "none: every check holds", look(Kind.NOTE))])


def _row(cells: Cells, check: Check, number: int | None) -> str:
    exact, wrapped = look(Kind.PLAIN, EXACT_FORMAT), look(Kind.WRAPPED)
    texts = {"L": check.sentence, "M": check.cause or "", "N": WHERE[check.code]}
    lines = max(-(-len(text) // _CHARACTERS[letters]) for letters, text in texts.items())
    return row(
        [
            cells.number(NUMBER, str(number), look(Kind.QUIET, INTEGER)) if number else "",
            cells.text(OUTCOME, check.outcome.value, look(_KINDS[check.outcome])),
            cells.text("C", check.code.value, look(Kind.STRONG)),
            cells.text("D", check.account, look()),
            cells.text("E", check.invoice, look()),
            cells.text("F", check.subject_name, wrapped),
            cells.exact("G", check.expected, exact),
            cells.exact("H", check.actual, exact),
            _variance(cells, check, exact),
            cells.exact("J", check.tolerance, exact),
            cells.text("K", check.currency, look()),
            *(cells.text(letters, text, wrapped) for letters, text in texts.items()),
        ],
        14.0 * max(1, min(lines, 12)) + 1,
    )


def _variance(cells: Cells, check: Check, style: int) -> str:
    if check.variance is None or check.expected is None or check.actual is None:
        return cells.exact("I", check.variance, style)
    expected, actual = numeric(check.expected), numeric(check.actual)
    if (expected, actual) != (check.expected, check.actual):
        return cells.exact("I", check.variance, style)
    reach = max(expected.copy_abs(), actual.copy_abs())
    return rounded(EXACT.subtract(actual, expected), 0, reach).cell(cells, "I", f"H{ROW}-G{ROW}", style)
