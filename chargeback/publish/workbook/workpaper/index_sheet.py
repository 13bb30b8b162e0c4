"""*Index*: the month at a glance, the sheets and what they show, and every check with its outcomes."""

from __future__ import annotations

from collections import Counter

from chargeback.model.check import HOLDS_WHEN, Outcome
from chargeback.model.money import format_exact
from chargeback.publish.workbook.package import Book
from chargeback.publish.workbook.page_setup import set_up
from chargeback.publish.workbook.sections import Column, Sections
from chargeback.publish.workbook.workpaper import cut_off_sheet, method_sheet
from chargeback.publish.workbook.workpaper.control_sheet import CONTROL, PARTS
from chargeback.publish.workbook.workpaper.evidence_sheet import EVIDENCE, FILES
from chargeback.publish.workbook.workpaper.exceptions_sheet import EXCEPTIONS, count_cell
from chargeback.publish.workbook.workpaper.invoices_sheet import INVOICES
from chargeback.publish.workbook.workpaper.lead_sheet import LEAD
from chargeback.publish.workbook.workpaper.lines_sheet import LINES
from chargeback.publish.workbook.workpaper.plan import Plan
from chargeback.publish.workbook.workpaper.sheet import footer
from chargeback.publish.workbook.workpaper.tie_out_sheet import TIE_OUT
from chargeback.publish.xlsx.styles import COUNT, Kind, look, money

NAME = "Index"
WIDTHS = {"A": 28, "B": 20, "C": 16, "D": 16, "E": 16, "F": 84}
_ALL = "ABCDEF"
SHEETS = (
    (LEAD.name, LEAD.purpose),
    (TIE_OUT.name, TIE_OUT.purpose),
    (INVOICES.name, INVOICES.purpose),
    (LINES.name, LINES.purpose),
    (CONTROL.name, CONTROL.purpose),
    (PARTS.name, PARTS.purpose),
    (cut_off_sheet.NAME, cut_off_sheet.PURPOSE),
    (EXCEPTIONS.name, EXCEPTIONS.purpose),
    (EVIDENCE.name, EVIDENCE.purpose),
    (FILES.name, FILES.purpose),
    (method_sheet.NAME, method_sheet.PURPOSE),
)
"""The sheets after this one, in order."""
_STATUS = {"reconciled": Kind.GOOD, "exceptions": Kind.BAD, "not-ready": Kind.KNOWN}


def add_index(book: Book, plan: Plan) -> None:
    """Add the sheet; it comes first."""
    sections = Sections(book.cells)
    books = plan.books
    sections.title(f"Reconciliation {books.period}", f"Working papers index · revision {books.revision}")
    sections.gap()
    _facts(sections, plan)
    links = _sheets(sections)
    _checks(sections, plan)
    sheet = book.add(NAME, sections.rows)
    sheet.links = links
    set_up(sheet.worksheet, WIDTHS, footer=footer(plan), freeze="A3", header_rows="1:2")


def _facts(sections: Sections, plan: Plan) -> None:
    books, run, cells = plan.books, plan.books.posting.run, sections.cells
    sections.fact("Status", books.status.value, style=look(_STATUS[books.status.value]))
    amounts = ", ".join(f"{format_exact(amount)} {currency}" for currency, amount in books.accepted.amounts)
    sections.fact("Accepted exceptions", f"{books.accepted.count}" + (f" ({amounts})" if amounts else ""))
    sections.fact("Checks not performed", f"{books.not_performed}")
    sections.fact("Period", f"{books.period}, in {plan.config.timezone_name}")
    sections.fact("Source", run.endpoint)
    sections.fact(
        "Prepared", f"by chargeback {run.versions.get('chargeback', '')}, from answers collected from {run.run_at}"
    )
    sections.fact("Preparer and reviewer", "see signatures.csv of the archive: `chargeback sign` adds to it")
    sections.fact("Previous manifest", run.previous or "none: this is the archive's first revision")
    sections.gap()
    sections.section("Totals of the month", "ABCDE", "Over all ledgers, which add up to the booked invoices.")
    sections.header(
        [Column("A", "Currency"), *(Column(*pair, True) for pair in zip("BCD", ("Net", "Tax", "Gross"), strict=True))]
    )
    for total in books.totals:
        style = look(Kind.STRONG, money(total.digits))
        amounts_row = zip("BCD", (total.net, total.tax, total.gross), strict=True)
        sections.add(
            [
                cells.text("A", total.currency, look(Kind.STRONG)),
                *(cells.minor(letters, units, total.digits, style) for letters, units in amounts_row),
            ]
        )
    if not books.totals:
        sections.add([cells.text("A", "nothing is booked in this month", look(Kind.NOTE))])
    sections.gap()


def _sheets(sections: Sections) -> list[tuple[str, str]]:
    sections.section(
        "Sheets",
        _ALL,
        "A figure is followed from Lead to Tie-out or Ledger control, on to Invoice lines, and to Evidence.",
    )
    links = []
    for name, purpose in SHEETS:
        row = sections.add([sections.cells.text("A", name, look(Kind.LINK)), sections.cells.text("B", purpose, look())])
        links.append((f"A{row}", f"'{name}'!A1"))
    sections.gap()
    return links


def _checks(sections: Sections, plan: Plan) -> None:
    cells, count = sections.cells, look(Kind.PLAIN, COUNT)
    counts = Counter((check.code, check.outcome) for check in plan.books.checks)
    sections.section("Checks", _ALL, "How many comparisons came out how; reconciliation.csv has a row for each.")
    headings = ("Check", "Pass", "Exception", "Accepted", "Notice", "It holds when")
    sections.header([Column(letters, text, letters in "BCDE") for letters, text in zip(_ALL, headings, strict=True)])
    for code, holds in HOLDS_WHEN.items():
        row = sections.next
        live = [
            count_cell(cells, letters, plan, "C", f"A{row}", outcome, counts[code, outcome])
            for letters, outcome in zip("CDE", (Outcome.EXCEPTION, Outcome.ACCEPTED, Outcome.NOTICE), strict=True)
        ]
        passed = cells.number("B", str(counts[code, Outcome.PASS]), count)
        sections.add([cells.text("A", code.value, look()), passed, *live, cells.text("F", holds, look())])
