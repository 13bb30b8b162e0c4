"""*Method*: how the month was reconciled, with which tolerances, marks, versions and configuration."""

from __future__ import annotations

from chargeback.model.money import format_exact
from chargeback.publish.team_workbook.notes import BASES, TAX_RULES
from chargeback.publish.workbook.package import Book
from chargeback.publish.workbook.page_setup import set_up
from chargeback.publish.workbook.sections import Column, Sections
from chargeback.publish.workbook.workpaper.plan import Plan
from chargeback.publish.workbook.workpaper.sheet import AGREES, DIFFERS, NOT_PERFORMED, footer, month_line
from chargeback.publish.xlsx.styles import Kind, look

NAME = "Method"
PURPOSE = "How the figures were compared and allocated, and with what configuration."
WIDTHS = {"A": 28, "B": 120}
_BOTH = "AB"
MARKS = (
    ("[E]", "traced to evidence: read from the sheet Evidence, where file, JSON pointer and checksum stand"),
    ("[F]", "footed: added up again by a formula over the rows behind it"),
    ("[X]", "cross-footed: rows and columns lead to the same figure"),
    ("[R]", "recomputed by a formula from the figures beside it"),
    ("[L]", "agreed to the lines that were booked"),
    (AGREES, "the formula finds no difference beyond what is allowed"),
    (DIFFERS, "it finds one: the sheet Exceptions says what it means, unless rounding explains it"),
    (NOT_PERFORMED, "the comparison needs something that is not there; a notice or an exception says what"),
)
STEPS = (
    ("1 Evidence", "The platform's answers are kept as received, unchanged. Evidence files lists them."),
    (
        "2 Cut-off",
        "An invoice belongs to the month, in the configured time zone, that holds most of its period. "
        "Open and paid ones are booked; void ones and drafts are evidence.",
    ),
    (
        "3 The report",
        "It is used only if its answer proves which month it covers: by the days of its chart, or its range.",
    ),
    (
        "4 Tie-out",
        "The report is compared with the invoices' lines, in total and by project or by resource; "
        "the expected side is the invoice's.",
    ),
    (
        "5 Posting",
        "Lines are rounded together to minor units, so that they add up to what their exact sum rounds to; "
        "what does not foot to the header is an adjustment.",
    ),
    (
        "6 Allocation",
        "A by-project line goes to the project's team, divided over resources by the report; a by-SKU line is "
        "divided over projects by the report; shared projects are split by the configured rule.",
    ),
    ("7 Control", "All ledgers together add up to every invoice's tax and total, exactly, with no tolerance."),
    (
        "Formulas",
        "Each ends in ROUND and carries its value. 0.0000001 in a formula moves exact halves away from zero, or "
        "allows for binary fractions; it is below any minor unit. An amount of more than 15 digits, which a number "
        "cell cannot hold, stands as a text, and no formula is made of it.",
    ),
)


def add_method(book: Book, plan: Plan) -> None:
    """Add the sheet."""
    sections = Sections(book.cells)
    sections.title(NAME, PURPOSE)
    sections.add([book.cells.text("A", month_line(plan), look(Kind.NOTE))])
    sections.gap()
    _pairs(sections, "Marks", MARKS)
    _pairs(sections, "How it was done", STEPS)
    _pairs(sections, "Tolerances", _tolerances(plan))
    _pairs(sections, "How tax was apportioned", [("", rule) for rule in TAX_RULES])
    _pairs(sections, "Basis of a ledger line", [(basis.value, meaning) for basis, meaning in BASES.items()])
    _pairs(sections, "Versions", sorted(plan.books.posting.run.versions.items()))
    _pairs(sections, "Accepted exceptions in force", _accepted(plan))
    _configuration(sections, plan)
    sheet = book.add(NAME, sections.rows)
    sheet.ignored = f"A1:B{len(sections.rows)}"
    set_up(sheet.worksheet, WIDTHS, footer=footer(plan), freeze="A4", header_rows="1:3")


def _pairs(sections: Sections, heading: str, pairs: object) -> None:
    sections.section(heading, _BOTH)
    found = list(pairs)  # type: ignore[call-overload]
    for label, text in found or [("none", "")]:
        cells = sections.cells
        lines = max(1, -(-len(text) // 130))
        sections.add(
            [cells.text("A", label, look(Kind.STRONG)), cells.text("B", text, look(Kind.WRAPPED))], 14.0 * lines + 1
        )
    sections.gap()


def _tolerances(plan: Plan) -> list[tuple[str, str]]:
    settings = plan.config.reconciliation
    absolute, percent = format_exact(settings.tolerance_absolute), format_exact(settings.tolerance_percent)
    return [
        (
            "report-* checks",
            f"the larger of {absolute} in the invoice's currency and {percent} % of the expected amount",
        ),
        ("rounding", "half a minor unit for each invoice line compared (report-chart: each point) passes, and is told"),
        ("tax basis", f"the report's values are {settings.tax_basis}: lines are compared on that basis"),
        (
            "history",
            f"a notice from {format_exact(settings.history_variance_percent)} % month over month, never an exception",
        ),
        ("ledger-control, arithmetic", "none: exact"),
    ]


def _accepted(plan: Plan) -> list[tuple[str, str]]:
    return [
        (entry.check, f"{entry.account}, until {entry.until}, by {entry.by}: {entry.reason}"
         + (f"; up to {format_exact(entry.up_to)}" if entry.up_to is not None else ""))
        for entry in plan.config.accepted
        if plan.books.period <= entry.until
    ]  # fmt: skip


def _configuration(sections: Sections, plan: Plan) -> None:
    cells = sections.cells
    sections.section("Configuration in force: config.toml of this revision, line by line", _BOTH)
    sections.header([Column("A", "Line", True), Column("B", "Text")])
    for number, line in enumerate(plan.config.source.decode("utf-8", "replace").splitlines(), start=1):
        sections.add([cells.number("A", str(number), look(Kind.QUIET)), cells.text("B", line, look(Kind.MONO))])
