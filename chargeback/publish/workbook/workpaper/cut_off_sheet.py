"""*Cut-off and completeness*: the right days, all of them, every invoice once, and the documents."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from chargeback.model.check import Check, Code
from chargeback.model.instants import parse_instant
from chargeback.model.report import Report
from chargeback.publish.workbook.package import Book
from chargeback.publish.workbook.page_setup import colour_verdicts, set_up
from chargeback.publish.workbook.recomputed import Rounded, numeric, rounded
from chargeback.publish.workbook.sections import Sections
from chargeback.publish.workbook.workpaper.completeness import (
    OUTCOMES,
    account_cells,
    add_completeness,
    add_documents,
    section_head,
)
from chargeback.publish.workbook.workpaper.plan import FIRST, AccountPlan, InvoicePlan, Plan
from chargeback.publish.workbook.workpaper.sheet import AGREES, DIFFERS, VERDICTS, footer, month_line
from chargeback.publish.xlsx.cells import Cells, serial
from chargeback.publish.xlsx.styles import COUNT, DATE, EXACT, MOMENT, Kind, look

NAME = "Cut-off and completeness"
PURPOSE = "Whether everything of the month is here, once, and nothing of another month."
WIDTHS = {"A": 6, "B": 18, "C": 20, "D": 17, "E": 17, "F": 17, "G": 17, "H": 14, "I": 14, "J": 14, "K": 16, "L": 70}
_SECOND = "0.00001157"
"""A second, in days: what instants may be apart by."""


def add_cut_off(book: Book, plan: Plan) -> None:
    """Add the sheet."""
    sections = Sections(book.cells)
    sections.title(NAME, PURPOSE)
    sections.add([book.cells.text("A", month_line(plan), look(Kind.NOTE))])
    sections.gap()
    _invoices(sections, plan)
    _coverage(sections, plan)
    _reports(sections, plan)
    add_completeness(sections, plan)
    add_documents(sections, plan)
    sheet = book.add(NAME, sections.rows)
    sheet.ignored = f"A1:L{len(sections.rows)}"
    set_up(sheet.worksheet, WIDTHS, footer=footer(plan), freeze="A4", header_rows="1:3")
    colour_verdicts(sheet.worksheet, f"K{FIRST}:K{len(sections.rows)}", VERDICTS)


def _invoices(sections: Sections, plan: Plan) -> None:
    headings = {
        "A": "No.", "B": "Account", "C": "Invoice", "D": "Period from", "E": "until (exclusive)", "F": "Month from",
        "G": "until (exclusive)", "H": "Days before", "I": "Days after", "K": "Within the month",
    }  # fmt: skip
    note = f"Times are of {plan.config.timezone_name}. An invoice belongs to the month that holds most of its period."
    section_head(sections, "1 Cut-off of the invoices", note, headings, "ADEFGHI")
    for account, invoice in plan.invoices():
        if invoice.posted:
            _invoice(sections, plan, account, invoice)
    sections.gap()


def _invoice(sections: Sections, plan: Plan, account: AccountPlan, invoice: InvoicePlan) -> None:
    cells, row, zone = sections.cells, sections.next, plan.config.timezone
    start, end = invoice.invoice.start, invoice.invoice.end
    found = [*account_cells(cells, account), cells.text("C", invoice.invoice.label, look())]
    month = [moment.astimezone(zone) for moment in (plan.books.period.start(zone), plan.books.period.end(zone))]
    if start is None or end is None:
        sections.add(
            [*found, cells.text("D", "states no usable period", look()), cells.text("K", DIFFERS, look(Kind.VERDICT))]
        )
        return
    bounds = [start.astimezone(zone), end.astimezone(zone)]
    style = look(Kind.PLAIN, MOMENT)
    early, late = _days(month[0], bounds[0]), _days(bounds[1], month[1])
    verdict = AGREES if start >= month[0] and end <= month[1] else DIFFERS
    condition = f"AND(D{row}>=F{row}-{_SECOND},E{row}<=G{row}+{_SECOND})"
    sections.add(
        [
            *found,
            *(cells.moment(letters, moment, style) for letters, moment in zip("DEFG", (*bounds, *month), strict=True)),
            early.cell(cells, "H", f"MAX(0,F{row}-D{row})", look(Kind.PLAIN, EXACT)),
            late.cell(cells, "I", f"MAX(0,E{row}-G{row})", look(Kind.PLAIN, EXACT)),
            cells.formula("K", f'IF({condition},"{AGREES}","{DIFFERS}")', verdict, look(Kind.VERDICT)),
        ]
    )


def _days(later: datetime, earlier: datetime) -> Rounded:
    """Days by which the one wall-clock time is later than the other, none where it is not; four decimals."""
    days = Decimal(serial(later)) - Decimal(serial(earlier))
    return rounded(max(days, Decimal(0)), 0, None, 4)


def _coverage(sections: Sections, plan: Plan) -> None:
    headings = {"A": "No.", "B": "Account", "C": "Check", "D": "Concerns", "K": "Outcome", "L": "What was found"}
    note = "Gaps and overlaps between the issued invoices, one project billed twice, and invoices of earlier months."
    section_head(sections, "2 Coverage of the month, and of the months before", note, headings)
    numbers = {account.account: account for account in plan.accounts}
    for check in plan.books.checks:
        if check.code in _COVERAGE and check.account in numbers and (check.subject or not check.invoice):
            sections.add([*account_cells(sections.cells, numbers[check.account]), *_outcome(sections.cells, check)])
    sections.gap()


_COVERAGE = (Code.INVOICE_CUTOFF, Code.INVOICE_DUPLICATE, Code.PRIOR_PERIODS)


def _outcome(cells: Cells, check: Check) -> list[str]:
    concerns = " ".join(part for part in (check.invoice, check.subject_name) if part)
    return [
        cells.text("C", check.code.value, look()),
        cells.text("D", concerns, look()),
        cells.text("K", check.outcome.value, look(OUTCOMES[check.outcome])),
        cells.text("L", check.sentence, look()),
    ]


def _reports(sections: Sections, plan: Plan) -> None:
    headings = {
        "A": "No.", "B": "Account", "C": "Range echoed", "D": "Requested at", "E": "First day", "F": "Last day",
        "G": "Days shown", "H": "Report's rows", "I": "Its chart", "J": "Difference", "K": "Proved", "L": "Why",
    }  # fmt: skip
    note = "A report is used only if its answer proves which month it covers."
    section_head(sections, "3 Cut-off of the usage reports", note, headings, "ADEFGHIJ")
    for account in plan.accounts:
        month = account.posting.month
        report = month.report or next(iter(month.facts.reports), None)
        shown = _report(sections, plan, report) if report else []
        word, kind = ("proved", Kind.GOOD) if month.proof.proved else ("not proved", Kind.KNOWN)
        verdict = sections.cells.text("K", word, look(kind))
        why = sections.cells.text("L", month.proof.reason, look())
        sections.add([*account_cells(sections.cells, account), *shown, verdict, why])
    sections.gap()


def _report(sections: Sections, plan: Plan, report: Report) -> list[str]:
    cells, row, exact, days = sections.cells, sections.next, look(Kind.PLAIN, EXACT), sorted(report.chart.days)
    asked = parse_instant(report.answer.requested_at)
    rows, chart = numeric(report.total), numeric(report.chart.total)
    difference = rounded(chart - rows, 0, max(rows.copy_abs(), chart.copy_abs()))
    return [
        cells.text("C", report.range, look()),
        cells.moment("D", asked.astimezone(plan.config.timezone) if asked else None, look(Kind.PLAIN, MOMENT)),
        *(
            cells.day(letters, day, look(Kind.PLAIN, DATE))
            for letters, day in zip("EF", days[:1] + days[-1:], strict=False)
        ),
        cells.number("G", str(len(days)), look(Kind.PLAIN, COUNT)),
        cells.exact("H", rows, exact),
        cells.exact("I", chart, exact),
        difference.cell(cells, "J", f"I{row}-H{row}", exact),
    ]
