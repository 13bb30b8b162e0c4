"""*Tie-out*: the usage report against the invoices' lines, by project or resource, each side added up by a formula."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from chargeback.model.check import Check, Code
from chargeback.model.money import EXACT, minor_digits
from chargeback.publish.workbook.package import Book
from chargeback.publish.workbook.recomputed import SLACK, Rounded
from chargeback.publish.workbook.workpaper.comparison import Allowance, Compared, compared
from chargeback.publish.workbook.workpaper.evidence_sheet import EVIDENCE, VALUE
from chargeback.publish.workbook.workpaper.groups import Grain, Group
from chargeback.publish.workbook.workpaper.lines_sheet import GROSS, KEY, LINES, NET
from chargeback.publish.workbook.workpaper.plan import FIRST, AccountPlan, Plan
from chargeback.publish.workbook.workpaper.sheet import NOT_PERFORMED, Heading, Layout, add_sheet, verdict
from chargeback.publish.xlsx.cells import ROW, Cells, TextColumn
from chargeback.publish.xlsx.styles import COUNT, INTEGER, Kind, look, money
from chargeback.publish.xlsx.styles import EXACT as EXACT_FORMAT

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
        "H": Heading("Rounded parts", 8, True),
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
_UNNAMED = {Grain.PROJECT: "without a project", Grain.RESOURCE: "(empty)", Grain.TOTAL: "all lines"}


def add_tie_out(book: Book, plan: Plan) -> None:
    """Add the sheet."""
    count = plan.last.get("tie-out", FIRST - 1) - FIRST + 1
    add_sheet(book, plan, TIE_OUT, _rows(book.cells, plan), count, verdicts="JK")


def _rows(cells: Cells, plan: Plan) -> Iterator[str]:
    codes = frozenset(_CODES.values())
    checks: dict[str, list[Check]] = defaultdict(list)
    for check in plan.books.checks:
        if check.code in codes:
            checks[check.account].append(check)
    texts = {letters: TextColumn(cells, letters, look()) for letters in "BCDL"}
    texts["K"] = TextColumn(cells, "K", look(Kind.VERDICT))
    for account in plan.accounts:
        yield from _AccountRows(cells, plan, account, checks[account.account], texts).rows()


class _AccountRows:
    """The rows of one account; what they share is made once."""

    def __init__(
        self, cells: Cells, plan: Plan, account: AccountPlan, checks: Iterable[Check], texts: Mapping[str, TextColumn]
    ) -> None:
        self._cells, self._plan, self._account, self._texts = cells, plan, account, texts
        self._checks = {(check.code, check.subject_name): check for check in checks}
        self._exact, self._count = look(Kind.PLAIN, EXACT_FORMAT), look(Kind.PLAIN, COUNT)
        self._quiet = look(Kind.QUIET, INTEGER)
        self._whose = cells.number("A", str(account.number), self._quiet) + texts["B"][account.account]
        condition = f"ABS({VARIANCE}{ROW})<=I{ROW}+{SLACK:f}"
        self._verdicts = {holds: verdict(cells, "J", condition, holds) for holds in (True, False)}
        self._lines = self._line_ranges()
        self._allowances: dict[str, tuple[Allowance, str]] = {}

    def _line_ranges(self) -> tuple[str, str] | None:
        """The keys and the amounts of the account's rows of *Invoice lines*; None where no formula finds them."""
        account = self._account
        last = max((invoice.lines + len(invoice.posted) - 1 for invoice in account.invoices), default=0)
        if last < account.first_line or LINES.is_divided(account.first_line, last):
            return None
        column = GROSS if self._plan.basis == "gross" else NET
        return LINES.range(KEY, account.first_line, last), LINES.range(column, account.first_line, last)

    def rows(self) -> Iterator[str]:
        """One row a group."""
        first = self._account.evidence
        for key, group in enumerate(self._account.groups(), start=self._account.tie_out):
            yield self._row(group, key, first)
            first += len(group.rows)

    def _row(self, group: Group, key: int, first: int) -> str:
        texts, figures = self._texts, compared(self._account, group, self._plan)
        variance = figures.variance()
        last = first + len(group.rows) - 1
        subject = group.subject or _UNNAMED.get(group.grain, "")
        return (
            f'<row r="{ROW}">{self._whose}{texts["C"][group.grain]}{texts["D"][subject]}'
            f"{self._report_cell(figures.report, first, last)}{self._lines_cell(figures.lines, group, key)}"
            f"{variance.cell(self._cells, VARIANCE, f'{REPORT}{ROW}-{INVOICED}{ROW}', self._exact) if variance else ''}"
            f"{self._cells.number('H', str(figures.count), self._count)}"
            f"{self._judged(group, figures, variance)}{self._evidence_rows(first, last)}</row>"
        )

    def _report_cell(self, side: Rounded | None, first: int, last: int) -> str:
        if side is None:
            return ""
        formula = f"SUM({EVIDENCE.range(VALUE, first, last)})" if last >= first else "0"
        return side.cell(self._cells, REPORT, formula, self._exact)

    def _lines_cell(self, side: Rounded | None, group: Group, key: int) -> str:
        """Σ of the lines that name the row."""
        if side is None:
            return ""
        style = look(Kind.PLAIN, money(minor_digits(group.currency)))
        if self._lines is None:
            return self._cells.exact(INVOICED, side.value, style)
        keys, amounts = self._lines
        return side.cell(self._cells, INVOICED, f"SUMIF({keys},{key},{amounts})", style)

    def _evidence_rows(self, first: int, last: int) -> str:
        if last < first:
            return ""
        places = (EVIDENCE.place(number)[1] for number in (first, last))
        return "".join(
            self._cells.number(letters, str(place), self._quiet) for letters, place in zip("MN", places, strict=True)
        )

    def _judged(self, group: Group, figures: Compared, variance: Rounded | None) -> str:
        texts, code = self._texts, _CODES.get(group.grain)
        check = self._checks.get((code, group.subject)) if code else None
        closing = texts["K"][check.outcome.value if check else NOT_PERFORMED] + texts["L"][group.currency]
        if check is None or check.actual is None or figures.lines is None or variance is None:
            return self._cells.text("J", NOT_PERFORMED, look(Kind.NOTE)) + closing
        allowance, formula = self._allowance(group.currency)
        allowed = allowance.value(figures.lines.value, figures.count)
        holds = variance.value.copy_abs() <= EXACT.add(allowed.value, SLACK)
        return f"{allowed.cell(self._cells, 'I', formula, self._exact)}{self._verdicts[holds]}{closing}"

    def _allowance(self, currency: str) -> tuple[Allowance, str]:
        if currency not in self._allowances:
            allowance = Allowance(self._plan, currency, INVOICED, "H")
            self._allowances[currency] = (allowance, allowance.formula)
        return self._allowances[currency]
