"""*Invoices*: every invoice of the month with its fields, footing and tax computed again by formulas."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from chargeback.model.answers import amount_of
from chargeback.model.invoice import Invoice, Shape
from chargeback.model.money import EXACT, from_minor, rounding_allowance, to_minor
from chargeback.publish.workbook.package import Book
from chargeback.publish.workbook.recomputed import (
    LARGEST,
    SLACK,
    Rounded,
    half_unit,
    numeric,
    quantized,
    rounding_formula,
    summed,
    summed_minor,
)
from chargeback.publish.workbook.workpaper.evidence_sheet import EVIDENCE, VALUE
from chargeback.publish.workbook.workpaper.lines_sheet import GROSS, LINES
from chargeback.publish.workbook.workpaper.plan import FIRST, AccountPlan, InvoicePlan, Plan
from chargeback.publish.workbook.workpaper.sheet import NOT_PERFORMED, Heading, Layout, add_sheet, verdict
from chargeback.publish.xlsx.cells import ROW, Cells, row
from chargeback.publish.xlsx.styles import COUNT, INTEGER, MOMENT, RATE, Kind, look, money
from chargeback.publish.xlsx.styles import EXACT as EXACT_FORMAT

INVOICES = Layout(
    "Invoices",
    "Every invoice of the month, void ones too. Header amounts are read from Evidence, the rest is computed.",
    {
        "A": Heading("No.", 6, True),
        "B": Heading("Account", 16),
        "C": Heading("Invoice", 18),
        "D": Heading("Id", 12),
        "E": Heading("Receipt", 20),
        "F": Heading("Status", 9),
        "G": Heading("Currency", 9),
        "H": Heading("Period from", 16, True),
        "I": Heading("until (exclusive)", 16, True),
        "J": Heading("Issued", 16, True),
        "K": Heading("Paid", 16, True),
        "L": Heading("Buyer's tax id", 16),
        "M": Heading("Subtotal [E]", 14, True),
        "N": Heading("Tax [E]", 13, True),
        "O": Heading("Total [E]", 14, True),
        "P": Heading("Subtotal + tax − total", 12, True),
        "Q": Heading("Arithmetic [X]", 13),
        "R": Heading("Lines", 8, True),
        "S": Heading("Lines add up to [F]", 15, True),
        "T": Heading("They foot to", 10),
        "U": Heading("Lines − header", 12, True),
        "V": Heading("Footing [F]", 13),
        "W": Heading("Tax rate [E]", 9, True),
        "X": Heading("Subtotal × rate [R]", 13, True),
        "Y": Heading("Total ÷ (1 + rate) [R]", 13, True),
        "Z": Heading("Tax [R]", 13),
        "AA": Heading("With-holding rate [E]", 9, True),
        "AB": Heading("Withheld [E]", 12, True),
        "AC": Heading("Subtotal × rate [R]", 12, True),
        "AD": Heading("With-holding [R]", 13),
        "AE": Heading("Booked, all lines [F]", 14, True),
        "AF": Heading("Booked = total [L]", 13),
        "AG": Heading("List row and detail", 30),
    },
)
SUBTOTAL, TAX, TOTAL = "M", "N", "O"
_TARGETS = {Shape.BY_PROJECT: ("total", TOTAL), Shape.BY_SKU: ("subtotal", SUBTOTAL)}
_VERDICTS = ("Q", "V", "Z", "AD", "AF")
_NEAR = Decimal("0.0000003")
_ONE = Decimal(1)


def add_invoices(book: Book, plan: Plan) -> None:
    """Add the sheet."""
    count = plan.last.get("invoices", FIRST - 1) - FIRST + 1
    sheet = add_sheet(book, plan, INVOICES, _rows(book.cells, plan), count, verdicts=_VERDICTS)
    sheet.worksheet.freeze_panes = f"D{FIRST}"
    sheet.worksheet.page_setup.fitToWidth = 2
    sheet.worksheet.print_title_cols = "A:C"


def _rows(cells: Cells, plan: Plan) -> Iterator[str]:
    for account, invoice in plan.invoices():
        yield row(
            [
                *_fields(cells, plan, account, invoice.invoice),
                *_header(cells, invoice),
                *_footing(cells, invoice),
                *_tax(cells, invoice),
                *_withholding(cells, invoice),
                *_booked(cells, invoice),
                cells.text("AG", _identity(invoice.invoice), look()),
            ]
        )


def _fields(cells: Cells, plan: Plan, account: AccountPlan, invoice: Invoice) -> list[str]:
    zone, moment = plan.config.timezone, look(Kind.PLAIN, MOMENT)
    texts = (account.account, invoice.label, invoice.id, invoice.receipt_number, invoice.status.value, invoice.currency)
    times = (invoice.start, invoice.end, invoice.issued_at, invoice.paid_at)
    return [
        cells.number("A", str(account.number), look(Kind.QUIET, INTEGER)),
        *(cells.text(letters, text, look()) for letters, text in zip("BCDEFG", texts, strict=True)),
        *(
            cells.moment(letters, time.astimezone(zone) if time else None, moment)
            for letters, time in zip("HIJK", times, strict=True)
        ),
        cells.text("L", invoice.tax_id, look()),
    ]


def _identity(invoice: Invoice) -> str:
    return invoice.identity_problem or "; ".join(invoice.disagreements) or "agree"


def minor_reference(
    cells: Cells, column: str, reference: str | None, exact: Decimal, digits: int, look_number: int
) -> str:
    """An amount of the evidence rounded to minor units by a formula; the value where a float could round otherwise."""
    units = to_minor(exact, digits)
    value = from_minor(units, digits)
    sent = numeric(exact)
    off = EXACT.subtract(sent.copy_abs(), quantized(sent.copy_abs(), digits)).copy_abs()
    near_tie = EXACT.subtract(half_unit(digits), off) < _NEAR
    if reference is None or near_tie or abs(units) >= 10**13 or quantized(sent, digits) != value:
        return cells.minor(column, units, digits, look_number)
    return cells.formula(column, f"ROUND({reference},{digits})", value, look_number)


def _header(cells: Cells, plan: InvoicePlan) -> list[str]:
    """Subtotal, tax and total; that they add up; and that none is finer than the minor unit."""
    invoice, digits = plan.invoice, plan.invoice.digits
    style = look(Kind.PLAIN, money(digits))
    units = (invoice.subtotal_minor, invoice.tax_minor, -invoice.total_minor)
    difference = summed_minor(units, digits)
    found, conditions, holds = [], [f"ABS(P{ROW})<={SLACK:f}"], not difference.value
    for letters, name, exact in (
        (SUBTOTAL, "subtotal", invoice.subtotal),
        (TAX, "taxAmount", invoice.tax),
        (TOTAL, "total", invoice.total),
    ):
        reference, sent = _reference(plan, name), numeric(exact)
        found.append(minor_reference(cells, letters, reference, exact, digits, style))
        if reference is not None and sent.copy_abs() < LARGEST:
            conditions.append(f"ABS({reference}-{letters}{ROW})<={SLACK:f}")
            holds = holds and EXACT.subtract(sent, quantized(sent, digits)).copy_abs() <= SLACK
    return [
        *found,
        difference.cell(cells, "P", f"{SUBTOTAL}{ROW}+{TAX}{ROW}-{TOTAL}{ROW}", style),
        verdict(cells, "Q", f"AND({','.join(conditions)})", holds),
    ]


def _reference(plan: InvoicePlan, name: str) -> str | None:
    found = plan.figures.get(name)
    return EVIDENCE.cell(VALUE, found) if found else None


def _footing(cells: Cells, plan: InvoicePlan) -> list[str]:
    invoice, digits = plan.invoice, plan.invoice.digits
    lines = [numeric(amount_of(line.amount)) for line in invoice.lines]
    count = cells.number("R", str(len(lines)), look(Kind.PLAIN, COUNT))
    target = _TARGETS.get(invoice.shape)
    if target is None or not plan.amounts or not plan.source.lines:
        return [count, cells.text("V", NOT_PERFORMED, look(Kind.NOTE))]
    total = summed(lines, digits)
    amounts = EVIDENCE.range(VALUE, plan.amounts, plan.amounts + len(lines) - 1)
    header = from_minor(invoice.total_minor if target[1] == TOTAL else invoice.subtotal_minor, digits)
    difference = summed([total.value, header.copy_negate()], total.places)
    allowed = EXACT.add(rounding_allowance(len(lines), digits), SLACK)
    holds = quantized(difference.value, digits).copy_abs() <= allowed
    return [
        count,
        total.cell(cells, "S", f"SUM({amounts})", look(Kind.PLAIN, EXACT_FORMAT)),
        cells.text("T", target[0], look()),
        difference.cell(cells, "U", f"S{ROW}-{target[1]}{ROW}", look(Kind.PLAIN, EXACT_FORMAT)),
        verdict(cells, "V", f"ABS(ROUND(U{ROW},{digits}))<={rounding_formula(f'R{ROW}', digits)}+{SLACK:f}", holds),
    ]


def nudged(exact: Decimal, digits: int) -> Rounded:
    """A product or quotient rounded half away from zero, as a formula finds it that moves ties away from zero first."""
    value = quantized(exact, digits)
    off = EXACT.subtract(exact.copy_abs(), quantized(exact.copy_abs(), digits)).copy_abs()
    gap = EXACT.subtract(half_unit(digits), off).copy_abs()
    return Rounded(value, digits, exact.copy_abs() < 10**9 and (not gap or gap > _NEAR))


def nudged_formula(expression: str) -> str:
    """The formula of ``nudged``: binary floats may fall just short of a tie."""
    return f"{expression}+SIGN({expression})*{SLACK:f}"


def _tax(cells: Cells, plan: InvoicePlan) -> list[str]:
    invoice, digits, rate = plan.invoice, plan.invoice.digits, plan.invoice.tax_rate
    reference = _reference(plan, "taxRate")
    if rate is None or reference is None or rate <= -1:
        word = NOT_PERFORMED if invoice.tax_minor else "no tax"
        return [cells.text("Z", word, look(Kind.NOTE))]
    style = look(Kind.PLAIN, money(digits))
    subtotal, total = from_minor(invoice.subtotal_minor, digits), from_minor(invoice.total_minor, digits)
    product = nudged(EXACT.multiply(subtotal, rate), digits)
    quotient = nudged(EXACT.divide(total, EXACT.add(_ONE, rate)), digits)
    holds = product.value == from_minor(invoice.tax_minor, digits) or quotient.value == subtotal
    return [
        cells.formula("W", reference, numeric(rate), look(Kind.PLAIN, RATE)),
        product.cell(cells, "X", nudged_formula(f"{SUBTOTAL}{ROW}*W{ROW}"), style),
        quotient.cell(cells, "Y", nudged_formula(f"{TOTAL}{ROW}/(1+W{ROW})"), style),
        verdict(cells, "Z", f"OR(ABS(X{ROW}-{TAX}{ROW})<={SLACK:f},ABS(Y{ROW}-{SUBTOTAL}{ROW})<={SLACK:f})", holds),
    ]


def _withholding(cells: Cells, plan: InvoicePlan) -> list[str]:
    invoice, digits = plan.invoice, plan.invoice.digits
    rate, reference = invoice.withholding_rate, _reference(plan, "withholdingTaxRate")
    style = look(Kind.PLAIN, money(digits))
    withheld = minor_reference(cells, "AB", _reference(plan, "withholdingTaxAmount"), invoice.withheld, digits, style)
    if rate is None or reference is None:
        word = NOT_PERFORMED if invoice.withheld_minor else "nothing withheld"
        return [withheld, cells.text("AD", word, look(Kind.NOTE))]
    due = nudged(EXACT.multiply(from_minor(invoice.subtotal_minor, digits), rate), digits)
    holds = not invoice.withheld_minor or due.value == from_minor(invoice.withheld_minor, digits)
    return [
        cells.formula("AA", reference, numeric(rate), look(Kind.PLAIN, RATE)),
        withheld,
        due.cell(cells, "AC", nudged_formula(f"{SUBTOTAL}{ROW}*AA{ROW}"), style),
        verdict(cells, "AD", f"OR(AB{ROW}=0,ABS(AC{ROW}-AB{ROW})<={SLACK:f})", holds),
    ]


def _booked(cells: Cells, plan: InvoicePlan) -> list[str]:
    invoice, digits = plan.invoice, plan.invoice.digits
    if not plan.posted:
        return [cells.text("AF", "not booked", look(Kind.NOTE))]
    gross = summed_minor([line.gross for line in plan.posted], digits)
    amounts = LINES.range(GROSS, plan.lines, plan.lines + len(plan.posted) - 1)
    holds = gross.value == from_minor(invoice.total_minor, digits)
    return [
        gross.cell(cells, "AE", f"SUM({amounts})", look(Kind.PLAIN, money(digits))),
        verdict(cells, "AF", f"ABS(AE{ROW}-{TOTAL}{ROW})<={SLACK:f}", holds),
    ]
