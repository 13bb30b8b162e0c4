"""*Ledger control*: the ledgers against the invoices, exactly; and what of each invoice went to which team."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from chargeback.model.money import from_minor, minor_digits
from chargeback.publish.workbook.exact_formula import names_apart
from chargeback.publish.workbook.package import Book
from chargeback.publish.workbook.recomputed import SLACK, summed, summed_minor
from chargeback.publish.workbook.workpaper.invoices_sheet import INVOICES, TAX, TOTAL
from chargeback.publish.workbook.workpaper.plan import FIRST, AccountPlan, InvoicePlan, Plan, team_parts
from chargeback.publish.workbook.workpaper.sheet import Heading, Layout, add_sheet, reference, verdict
from chargeback.publish.xlsx.cells import EMPTY_ROW, LARGEST_EXACT, ROW, Cells, row
from chargeback.publish.xlsx.styles import COUNT, INTEGER, Kind, look, money

CONTROL = Layout(
    "Ledger control",
    "All ledgers add up to the invoices, exactly, with no tolerance. Each sum is over rows of Ledger parts.",
    {
        "A": Heading("No.", 6, True),
        "B": Heading("Account", 16),
        "C": Heading("Invoice", 18),
        "D": Heading("Currency", 9),
        "E": Heading("Ledger lines [F]", 10, True),
        "F": Heading("Ledgers: net [F]", 15, True),
        "G": Heading("Ledgers: tax [F]", 14, True),
        "H": Heading("Ledgers: gross [F]", 15, True),
        "I": Heading("Invoice: tax [E]", 14, True),
        "J": Heading("Invoice: total [E]", 15, True),
        "K": Heading("Tax: difference", 12, True),
        "L": Heading("Gross: difference", 12, True),
        "M": Heading("Net + tax − gross [X]", 12, True),
        "N": Heading("Control", 13),
    },
)
GROSS = "H"
PARTS = Layout(
    "Ledger parts",
    "What of each invoice went to which team: sums of the lines in ledgers/<team>.csv, and so of ledgers/all.csv.",
    {
        "A": Heading("No.", 6, True),
        "B": Heading("Account", 16),
        "C": Heading("Invoice", 18),
        "D": Heading("Team", 20),
        "E": Heading("Lines", 10, True),
        "F": Heading("Net", 15, True),
        "G": Heading("Tax", 14, True),
        "H": Heading("Gross", 15, True),
        "I": Heading("Currency", 9),
        "J": Heading("File", 30),
        "K": Heading("Team no.", 9, True),
    },
)
_TEAM_NUMBER = "K"


def add_control(book: Book, plan: Plan) -> None:
    """Add the sheet of controls."""
    count = plan.last.get("control", FIRST - 1) - FIRST + 1
    rows = chain(_controls(book.cells, plan), team_rows(book.cells, plan))
    add_sheet(book, plan, CONTROL, rows, count, verdicts="N")


def add_parts(book: Book, plan: Plan) -> None:
    """Add the sheet of the parts by team."""
    count = plan.last.get("parts", FIRST - 1) - FIRST + 1
    add_sheet(book, plan, PARTS, _parts(book.cells, plan), count)


def _controls(cells: Cells, plan: Plan) -> Iterator[str]:
    for account in plan.accounts:
        parts = team_parts(account.posting)
        for invoice in account.invoices:
            if invoice.control:
                yield row(_control(cells, account, invoice, list(parts.get(invoice.invoice.id, {}).values())))


def _control(cells: Cells, account: AccountPlan, plan: InvoicePlan, parts: Sequence[Sequence[int]]) -> list[str]:
    invoice, digits = plan.invoice, plan.invoice.digits
    amount = look(Kind.PLAIN, money(digits))
    first, last = plan.parts, plan.parts + len(parts) - 1
    sums = [summed_minor([part[place] for part in parts], digits) for place in (1, 2, 3)]
    totals = [
        total.cell(cells, letters, f"SUM({PARTS.range(letters, first, last)})" if parts else "0", amount)
        for letters, total in zip("FGH", sums, strict=True)
    ]
    net, tax, gross = (total.value for total in sums)
    stated_tax, stated = from_minor(invoice.tax_minor, digits), from_minor(invoice.total_minor, digits)
    differences = (
        ("K", summed([tax, -stated_tax], digits), f"G{ROW}-I{ROW}"),
        ("L", summed([gross, -stated], digits), f"H{ROW}-J{ROW}"),
        ("M", summed([net, tax, -gross], digits), f"F{ROW}+G{ROW}-H{ROW}"),
    )
    lines = sum(part[0] for part in parts)
    counted = f"SUM({PARTS.range('E', first, last)})" if parts else "0"
    return [
        cells.number("A", str(account.number), look(Kind.QUIET, INTEGER)),
        cells.text("B", account.account, look()),
        cells.text("C", invoice.label, look()),
        cells.text("D", invoice.currency, look()),
        cells.formula("E", counted, lines, look(Kind.PLAIN, COUNT)),
        *totals,
        reference(cells, "I", INVOICES.cell(TAX, plan.row), stated_tax, amount),
        reference(cells, "J", INVOICES.cell(TOTAL, plan.row), stated, amount),
        *(total.cell(cells, letters, formula, amount) for letters, total, formula in differences),
        verdict(
            cells,
            "N",
            f"AND(ABS(K{ROW})<={SLACK:f},ABS(L{ROW})<={SLACK:f},ABS(M{ROW})<={SLACK:f})",
            not any(total.value for _, total, _ in differences),
        ),
    ]


def _parts(cells: Cells, plan: Plan) -> Iterator[str]:
    numbers = {team.id: str(number) for number, team in enumerate(plan.books.ledger.teams, start=1)}
    style = look(Kind.QUIET, INTEGER)
    for account in plan.accounts:
        parts = team_parts(account.posting)
        for invoice in account.invoices:
            for team, sums in parts.get(invoice.invoice.id, {}).items():
                number = cells.number(_TEAM_NUMBER, numbers[team], style)
                yield row([*_part(cells, account, invoice, team, sums), number])


def team_rows(cells: Cells, plan: Plan) -> Iterator[str]:
    """Beneath the controls: what all invoices together give each team, as its own workbook's Summary has it."""
    yield EMPTY_ROW
    headings = {
        "A": "No.",
        "B": "Team",
        "C": "File",
        "D": "Currency",
        "E": "Lines",
        "F": "Net",
        "G": "Tax",
        "H": "Gross",
    }
    left, right = look(Kind.HEADING), look(Kind.HEADING_RIGHT)
    yield row([cells.text(letters, text, right if letters in "AEFGH" else left) for letters, text in headings.items()])
    sums: dict[tuple[str, str], list[int]] = {}
    for line in plan.books.ledger.lines:
        found = sums.setdefault((line.team.id, line.label.currency), [0, 0, 0, 0, 0])
        for place, units in enumerate((1, line.net, line.tax, line.gross, abs(line.net) + abs(line.tax))):
            found[place] += units
    plain = names_apart({currency for _, currency in sums})
    for number, team in enumerate(plan.books.ledger.teams, start=1):
        for currency in sorted(code for owner, code in sums if owner == team.id):
            yield _team(cells, plan, number, team.id, currency, sums[team.id, currency], plain=plain)


def _team(cells: Cells, plan: Plan, number: int, team: str, currency: str, sums: Sequence[int], *, plain: bool) -> str:
    digits, last = minor_digits(currency), plan.last.get("parts", FIRST)
    styles = (look(Kind.PLAIN, COUNT), *[look(Kind.PLAIN, money(digits))] * 3)
    found = [
        cells.number("A", str(number), look(Kind.QUIET, INTEGER)),
        cells.text("B", team, look()),
        cells.text("C", f"ledgers/{team}.xlsx", look()),
        cells.text("D", currency, look()),
    ]
    safe = plain and not PARTS.is_divided(FIRST, last) and sums[4] < LARGEST_EXACT // 100
    for letters, units, style, places in zip("EFGH", sums, styles, (0, digits, digits, digits), strict=False):
        amounts, numbers, codes = (PARTS.range(column, FIRST, last) for column in (letters, _TEAM_NUMBER, "I"))
        formula = f"ROUND(SUMIFS({amounts},{numbers},A{ROW},{codes},D{ROW}),{places})"
        value = from_minor(units, places)
        found.append(cells.formula(letters, formula, value, style) if safe else cells.exact(letters, value, style))
    return row(found)


def _part(cells: Cells, account: AccountPlan, plan: InvoicePlan, team: str, sums: Sequence[int]) -> list[str]:
    invoice = plan.invoice
    amount = look(Kind.PLAIN, money(invoice.digits))
    return [
        cells.number("A", str(account.number), look(Kind.QUIET, INTEGER)),
        cells.text("B", account.account, look()),
        cells.text("C", invoice.label, look()),
        cells.text("D", team, look()),
        cells.number("E", str(sums[0]), look(Kind.PLAIN, COUNT)),
        *(cells.minor(letters, units, invoice.digits, amount) for letters, units in zip("FGH", sums[1:], strict=True)),
        cells.text("I", invoice.currency, look()),
        cells.text("J", f"ledgers/{team}.csv", look()),
    ]
