"""*Cut-off and completeness*: the right days, all of them, every invoice once, and the documents."""

from __future__ import annotations

from datetime import datetime

from chargeback.evidence import DocumentRecord
from chargeback.model.check import Check, Code, Outcome
from chargeback.model.instants import parse_instant
from chargeback.model.invoice import Status
from chargeback.model.money import EXACT as EXACT_CONTEXT
from chargeback.model.report import Report
from chargeback.publish.workbook.cells import Cells, serial
from chargeback.publish.workbook.package import Book
from chargeback.publish.workbook.page_setup import colour_verdicts, set_up
from chargeback.publish.workbook.recomputed import numeric, rounded
from chargeback.publish.workbook.sections import Column, Sections
from chargeback.publish.workbook.styles import COUNT, DATE, EXACT, INTEGER, MOMENT, Kind, look
from chargeback.publish.workbook.workpaper.invoices_sheet import INVOICES
from chargeback.publish.workbook.workpaper.plan import FIRST, AccountPlan, InvoicePlan, Plan
from chargeback.publish.workbook.workpaper.sheet import AGREES, DIFFERS, VERDICTS, footer, month_line

NAME = "Cut-off and completeness"
PURPOSE = "Whether everything of the month is here, once, and nothing of another month."
WIDTHS = {"A": 6, "B": 18, "C": 20, "D": 17, "E": 17, "F": 17, "G": 17, "H": 14, "I": 14, "J": 14, "K": 16, "L": 70}
_ALL = "ABCDEFGHIJKL"
_SECOND = "0.00001157"
"""A second, in days: what instants may be apart by."""
_OUTCOMES = {
    Outcome.PASS: Kind.GOOD,
    Outcome.EXCEPTION: Kind.BAD,
    Outcome.ACCEPTED: Kind.KNOWN,
    Outcome.NOTICE: Kind.QUIET,
}


def add_cut_off(book: Book, plan: Plan) -> None:
    """Add the sheet."""
    sections = Sections(book.cells)
    sections.title(NAME, PURPOSE)
    sections.add([book.cells.text("A", month_line(plan), look(Kind.NOTE))])
    sections.gap()
    _invoices(sections, plan)
    _coverage(sections, plan)
    _reports(sections, plan)
    _completeness(sections, plan)
    _documents(sections, plan)
    sheet = book.add(NAME, sections.rows)
    sheet.ignored = f"A1:L{len(sections.rows)}"
    set_up(sheet.worksheet, WIDTHS, footer=footer(plan), freeze="A4", header_rows="1:3")
    colour_verdicts(sheet.worksheet, f"K{FIRST}:K{len(sections.rows)}", VERDICTS)


def _head(sections: Sections, heading: str, note: str, texts: dict[str, str], numbers: str = "A") -> None:
    sections.section(heading, _ALL, note)
    sections.header([Column(letters, text, letters in numbers) for letters, text in texts.items()], 30)


def _number(cells: Cells, account: AccountPlan) -> list[str]:
    return [cells.number("A", str(account.number), look(Kind.QUIET, INTEGER)), cells.text("B", account.account, look())]


def _invoices(sections: Sections, plan: Plan) -> None:
    headings = {
        "A": "No.", "B": "Account", "C": "Invoice", "D": "Period from", "E": "until (exclusive)", "F": "Month from",
        "G": "until (exclusive)", "H": "Days before the month", "I": "Days after it", "K": "Within the month",
    }  # fmt: skip
    note = f"Times are of {plan.config.timezone_name}. An invoice belongs to the month that holds most of its period."
    _head(sections, "1 Cut-off of the invoices", note, headings, "ADEFGHI")
    for account, invoice in plan.invoices():
        if invoice.posted:
            _invoice(sections, plan, account, invoice)
    sections.gap()


def _invoice(sections: Sections, plan: Plan, account: AccountPlan, invoice: InvoicePlan) -> None:
    cells, row, zone = sections.cells, sections.next, plan.config.timezone
    start, end = invoice.invoice.start, invoice.invoice.end
    found = [*_number(cells, account), cells.text("C", invoice.invoice.label, look())]
    month = [moment.astimezone(zone) for moment in (plan.books.period.start(zone), plan.books.period.end(zone))]
    if start is None or end is None:
        sections.add([*found, cells.text("D", "states no usable period", look()), cells.text("K", DIFFERS, look(Kind.VERDICT))])
        return
    bounds = [start.astimezone(zone), end.astimezone(zone)]
    style, days = look(Kind.PLAIN, MOMENT), look(Kind.PLAIN, EXACT)
    early, late = _days(month[0], bounds[0]), _days(bounds[1], month[1])
    verdict = AGREES if early <= 0 and late <= 0 else DIFFERS
    found += [
        cells.moment(letters, moment, style) for letters, moment in zip("DEFG", (*bounds, *month), strict=True)
    ]
    found += [
        rounded(max(days_out, 0) * EXACT_CONTEXT.create_decimal(1), 0, None, 4).cell(cells, letters, formula, days)
        for letters, days_out, formula in (
            ("H", early, f"MAX(0,F{row}-D{row})"),
            ("I", late, f"MAX(0,E{row}-G{row})"),
        )
    ]
    condition = f"AND(D{row}>=F{row}-{_SECOND},E{row}<=G{row}+{_SECOND})"
    found.append(cells.formula("K", f'IF({condition},"{AGREES}","{DIFFERS}")', verdict, look(Kind.VERDICT)))
    sections.add(found)
