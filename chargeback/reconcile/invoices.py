"""Each invoice in itself: identity, arithmetic, tax, withholding, footing, line arithmetic (INTERFACE, checks)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from chargeback.config import Config
from chargeback.model.answers import LineItem, amount_of
from chargeback.model.check import Check, Code, Outcome, Subject, SubjectKind
from chargeback.model.invoice import Invoice, Shape
from chargeback.model.money import EXACT, exact_sum, format_exact, from_minor, rounding_allowance, to_minor
from chargeback.model.posting import Posting
from chargeback.reconcile.comparing import Comparison, not_performed

_FLOAT_NOISE = Decimal(2) ** -48
"""Relative: sixteen units in the last place of a 64-bit float, what adding up a few amounts in floats can leave."""
_ONE = Decimal(1)


def invoice_identity(posting: Posting, config: Config) -> Iterator[Check]:
    """One check an invoice of the month, void ones too: it is the one asked for, and list row and detail agree."""
    for invoice in posting.month.facts.invoices:
        if invoice.identity_problem:
            outcome, message = Outcome.EXCEPTION, _no_detail(invoice)
        elif invoice.disagreements:
            outcome, message = Outcome.EXCEPTION, f"list row and detail disagree on {'; '.join(invoice.disagreements)}"
        else:
            outcome, message = Outcome.PASS, "the invoice asked for came back, and agrees with its list row"
        yield Check(Code.INVOICE_IDENTITY, outcome, message, invoice.account, invoice.label)


def _no_detail(invoice: Invoice) -> str:
    booked = "; the list row is booked as one adjustment" if invoice.is_issued else ""
    return f"{invoice.identity_problem}{booked}"


def invoice_arithmetic(posting: Posting, config: Config) -> Iterator[Check]:
    """One check a booked invoice: subtotal + tax = total in minor units, no amount finer than the minor unit."""
    for invoice in posting.month.booked:
        check = _compared(
            Code.INVOICE_ARITHMETIC,
            invoice,
            expected=invoice.subtotal_minor + invoice.tax_minor,
            actual=invoice.total_minor,
            agree="subtotal + tax = total",
            differ=(
                f"subtotal {_money(invoice.subtotal_minor, invoice)} + tax {_money(invoice.tax_minor, invoice)} is not "
                f"the total {_money(invoice.total_minor, invoice)}; total and tax are booked, as they are what is paid"
            ),
        ).check()
        finer = [name for name in ("subtotal", "tax", "total") if _is_finer(getattr(invoice, name), invoice.digits)]
        yield check if not finer else _finer_exception(check, invoice, finer)


def _is_finer(amount: Decimal, digits: int) -> bool:
    rounded = from_minor(to_minor(amount, digits), digits)
    return EXACT.subtract(amount, rounded).copy_abs() > EXACT.multiply(max(amount.copy_abs(), _ONE), _FLOAT_NOISE)


def _finer_exception(check: Check, invoice: Invoice, names: list[str]) -> Check:
    found = ", ".join(f"{name} {format_exact(getattr(invoice, name))}" for name in names)
    message = f"finer than the currency's minor unit: {found}; rounded half away from zero"
    return replace(check, outcome=Outcome.EXCEPTION, message=message)


def invoice_tax(posting: Posting, config: Config) -> Iterator[Check]:
    """One check a booked invoice: subtotal × rate rounds to tax, or total ÷ (1 + rate) to subtotal."""
    for invoice in posting.month.booked:
        rate = invoice.tax_rate
        if rate is None and invoice.tax_minor:
            yield not_performed(
                Code.INVOICE_TAX, invoice.account, "the invoice states no tax rate", invoice=invoice.label
            )
            continue
        yield _tax_check(invoice, rate or Decimal(0))


def _tax_check(invoice: Invoice, rate: Decimal) -> Check:
    subtotal, total = (from_minor(units, invoice.digits) for units in (invoice.subtotal_minor, invoice.total_minor))
    expected = to_minor(EXACT.multiply(subtotal, rate), invoice.digits)
    divisor = EXACT.add(_ONE, rate)
    from_total = divisor > 0 and to_minor(EXACT.divide(total, divisor), invoice.digits) == invoice.subtotal_minor
    percent = format_exact(EXACT.multiply(rate, Decimal(100)).normalize(EXACT))
    return _compared(
        Code.INVOICE_TAX,
        invoice,
        expected=invoice.tax_minor if from_total else expected,
        actual=invoice.tax_minor,
        agree=f"the tax is {percent} % of the subtotal",
        differ=(
            f"{percent} % of the subtotal {_money(invoice.subtotal_minor, invoice)} is {_money(expected, invoice)}, "
            f"the invoice's tax is {_money(invoice.tax_minor, invoice)}"
        ),
    ).check()


def invoice_withholding(posting: Posting, config: Config) -> Iterator[Check]:
    """One check a booked invoice: withheld is 0 or subtotal × withholding rate, rounded."""
    for invoice in posting.month.booked:
        withheld = invoice.withheld_minor
        rate = invoice.withholding_rate or Decimal(0)
        subtotal = from_minor(invoice.subtotal_minor, invoice.digits)
        due = to_minor(EXACT.multiply(subtotal, rate), invoice.digits) if withheld else 0
        yield _compared(
            Code.INVOICE_WITHHOLDING,
            invoice,
            expected=due,
            actual=withheld,
            agree="nothing is withheld" if not withheld else "tax withheld is subtotal × withholding rate",
            differ=f"withheld is {_money(withheld, invoice)}, subtotal × rate is {_money(due, invoice)}",
        ).check()


def invoice_footing(posting: Posting, config: Config) -> Iterator[Check]:
    """One check a booked invoice: the lines foot to total (by project) or subtotal (by SKU)."""
    for invoice in posting.month.booked:
        yield _footing(invoice)


def _footing(invoice: Invoice) -> Check:
    if not invoice.has_detail:
        return not_performed(
            Code.INVOICE_FOOTING, invoice.account, "the invoice's detail could not be had", invoice=invoice.label
        )
    target, target_name = invoice.total_minor, "total"
    if invoice.shape is Shape.BY_SKU:
        target, target_name = invoice.subtotal_minor, "subtotal"
    if invoice.shape is Shape.MIXED:
        return Check(
            Code.INVOICE_FOOTING,
            Outcome.EXCEPTION,
            "lines by project (gross) and by SKU (net) stand in one invoice: it is booked whole, as one adjustment",
            invoice.account,
            invoice.label,
            expected=from_minor(target, invoice.digits),
            currency=invoice.currency,
        )
    actual = exact_sum(amount_of(line.amount) for line in invoice.lines)
    rounded = from_minor(to_minor(actual, invoice.digits), invoice.digits)
    count = len(invoice.lines)
    return Comparison(
        Code.INVOICE_FOOTING,
        invoice.account,
        expected=from_minor(target, invoice.digits),
        actual=rounded,
        currency=invoice.currency,
        invoice=invoice.label,
        rounding=rounding_allowance(count, invoice.digits),
        agree=f"{count} lines foot to the {target_name}",
        differ=(
            f"{count} lines add up to {format_exact(rounded)}, the {target_name} is {_money(target, invoice)}; "
            "what the lines do not explain is booked to adjustments"
        ),
    ).check()


def line_arithmetic(posting: Posting, config: Config) -> Iterator[Check]:
    """A booked by-SKU invoice: one pass, or an exception a line where quantity × unit price is not its amount."""
    for invoice in posting.month.booked:
        priced = [
            (number, line)
            for number, line in enumerate(invoice.lines, start=1)
            if not line.is_by_project and line.quantity is not None and line.unit_price is not None
        ]
        failed = [check for number, line in priced if (check := _line_check(invoice, number, line)) is not None]
        yield from failed
        if priced and not failed:
            rounded = sum(_product(line) != amount_of(line.amount) for _, line in priced)
            message = f"quantity × unit price = amount on {len(priced)} lines" + (
                f"; on {rounded} of them rounding alone can explain a difference" if rounded else ""
            )
            yield Check(Code.LINE_ARITHMETIC, Outcome.PASS, message, invoice.account, invoice.label)
        elif not priced and invoice.shape is Shape.BY_SKU:
            why = "the invoice's lines have no quantity and unit price"
            yield not_performed(Code.LINE_ARITHMETIC, invoice.account, why, invoice=invoice.label)


def _line_check(invoice: Invoice, number: int, line: LineItem) -> Check | None:
    """The exception of a line, None where it holds; judged on the exact figures, which the message gives."""
    product, amount = _product(line), amount_of(line.amount)
    if EXACT.subtract(amount, product).copy_abs() <= rounding_allowance(1, invoice.digits):
        return None
    expected, actual = _rounded(product, invoice), _rounded(amount, invoice)
    return Check(
        Code.LINE_ARITHMETIC,
        Outcome.EXCEPTION,
        f"line {number} ({line.sku_label}): quantity × unit price is {format_exact(product)}, "
        f"its amount is {format_exact(amount)}",
        invoice.account,
        invoice.label,
        Subject(SubjectKind.LINE, f"line {number}"),
        expected=expected,
        actual=actual,
        variance=EXACT.subtract(actual, expected),
        tolerance=rounding_allowance(1, invoice.digits),
        currency=invoice.currency,
    )


def _product(line: LineItem) -> Decimal:
    return EXACT.multiply(amount_of(line.quantity or 0), amount_of(line.unit_price or 0))


def _rounded(amount: Decimal, invoice: Invoice) -> Decimal:
    return from_minor(to_minor(amount, invoice.digits), invoice.digits)


def _compared(code: Code, invoice: Invoice, *, expected: int, actual: int, agree: str, differ: str) -> Comparison:
    return Comparison(
        code,
        invoice.account,
        expected=from_minor(expected, invoice.digits),
        actual=from_minor(actual, invoice.digits),
        currency=invoice.currency,
        invoice=invoice.label,
        agree=agree,
        differ=differ,
    )


def _money(units: int, invoice: Invoice) -> str:
    return format_exact(from_minor(units, invoice.digits))
