"""Each invoice in itself: identity, arithmetic, tax, withholding, footing, line arithmetic (INTERFACE, checks).

``invoice-pdf``: the documents are there and name what they must; they never hold up the books (BOOKING 6).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from msgspec.structs import replace

from chargeback.config import Config
from chargeback.evidence import DocumentRecord
from chargeback.model.answers import LineItem, amount_of
from chargeback.model.check import Check, Code, Outcome, Subject, SubjectKind
from chargeback.model.invoice import Invoice, Shape
from chargeback.model.money import EXACT, exact_sum, format_exact, from_minor, rounding_allowance, to_minor
from chargeback.model.posting import MonthPosting, Posting
from chargeback.model.wording import counted
from chargeback.reconcile.tie_out import Comparison, listed_amount, listed_rows, not_performed

RECEIPT = "receipt"


def invoice_pdf(posting: MonthPosting, config: Config) -> Iterator[Check]:
    """One check a booked invoice; and one, with the subject ``receipt``, an invoice whose payment the month settles."""
    documents = posting.run.documents
    records = {(record.account, record.invoice, record.kind): record for record in documents}
    for account in posting.postings:
        for invoice in account.month.booked:
            record = records.get((invoice.account, invoice.id, "invoice"))
            yield _check(invoice.account, invoice.label, invoice.currency, record)
    subject = Subject(SubjectKind.DOCUMENT, RECEIPT)
    for settled in posting.run.settlements or ():
        record = records.get((settled.account, settled.invoice, RECEIPT))
        yield _check(settled.account, settled.number, settled.currency, record, subject)


def _check(
    account: str, invoice: str, currency: str, record: DocumentRecord | None, subject: Subject | None = None
) -> Check:
    outcome, message = _judge(currency, record)
    return Check(Code.INVOICE_PDF, outcome, message, account, invoice, subject)


def _judge(currency: str, record: DocumentRecord | None) -> tuple[Outcome, str]:
    if record is None:
        return Outcome.EXCEPTION, "the document was not asked for: run again"
    if record.outcome == "unreadable":
        return Outcome.NOTICE, f"the PDF is kept, its text could not be checked: {record.detail}"
    if record.outcome == "fragment":
        return Outcome.EXCEPTION, f"a fragment of a PDF came, which is not kept: {record.detail}"
    if record.outcome != "read":
        return Outcome.EXCEPTION, f"no PDF could be had: {record.detail or record.outcome}"
    missing = [name for name in record.misses(currency) if name != "currency"]
    if missing:
        return (
            Outcome.EXCEPTION,
            f"the PDF does not name the invoice's {' and '.join(missing)}: is it another invoice's?",
        )
    if record.misses(currency):
        currencies = " or ".join(record.currencies)
        return Outcome.EXCEPTION, f"the PDF states the total in {currencies}, the invoice is in {currency}"
    return Outcome.PASS, "the PDF names number and total"


_FLOAT_NOISE = EXACT.power(2, -48)
"""Relative: sixteen units in the last place of a 64-bit float, what adding up a few amounts in floats can leave."""
_ONE = Decimal(1)


def invoice_identity(posting: Posting, config: Config) -> Iterator[Check]:
    """One check an invoice of the month, void ones too: it is the one asked for, and list row and detail agree."""
    rows = listed_rows(posting.month)
    for invoice in posting.month.facts.invoices:
        yield _identity(invoice, listed_amount(invoice, rows))


def _identity(invoice: Invoice, untied: tuple[Decimal, str]) -> Check:
    """The invoice's check; what an exception leaves untied is the listed total, in the list's currency."""
    if not invoice.identity_problem and not invoice.disagreements:
        message = "the invoice asked for came back, and agrees with its list row"
        return Check(Code.INVOICE_IDENTITY, Outcome.PASS, message, invoice.account, invoice.label)
    variance, currency = untied
    found = f"list row and detail disagree on {'; '.join(invoice.disagreements)}"
    return Check(
        Code.INVOICE_IDENTITY,
        Outcome.EXCEPTION,
        _no_detail(invoice) if invoice.identity_problem else found,
        invoice.account,
        invoice.label,
        variance=variance,
        currency=currency,
    )


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
    """One check a booked invoice: subtotal × rate rounds to tax, or total ÷ (1 + rate) to subtotal. A tax of which no
    rate is stated is an exception: nothing says that it is right."""
    for invoice in posting.month.booked:
        if not invoice.has_detail:
            yield _without_detail(Code.INVOICE_TAX, invoice)
        elif invoice.tax_rate is None and invoice.tax_minor:
            yield _tax_without_rate(invoice)
        else:
            yield _tax_check(invoice, invoice.tax_rate or Decimal(0))


def _tax_without_rate(invoice: Invoice) -> Check:
    tax = from_minor(invoice.tax_minor, invoice.digits)
    return Check(
        Code.INVOICE_TAX,
        Outcome.EXCEPTION,
        f"the invoice states no tax rate, and its tax is {format_exact(tax)}",
        invoice.account,
        invoice.label,
        actual=tax,
        variance=tax,
        currency=invoice.currency,
    )


def _tax_check(invoice: Invoice, rate: Decimal) -> Check:
    subtotal, total = (from_minor(units, invoice.digits) for units in (invoice.subtotal_minor, invoice.total_minor))
    due = EXACT.multiply(subtotal, rate)
    expected = to_minor(due, invoice.digits)
    divisor = EXACT.add(_ONE, rate)
    from_total = divisor > 0 and _rounds_to(EXACT.divide(total, divisor), invoice.subtotal_minor, invoice.digits)
    is_right = from_total or _rounds_to(due, invoice.tax_minor, invoice.digits)
    percent = format_exact(EXACT.multiply(rate, Decimal(100)).normalize(EXACT))
    return _compared(
        Code.INVOICE_TAX,
        invoice,
        expected=invoice.tax_minor if is_right else expected,
        actual=invoice.tax_minor,
        agree=f"the tax is {percent} % of the subtotal",
        differ=(
            f"{percent} % of the subtotal {_money(invoice.subtotal_minor, invoice)} is {_money(expected, invoice)}, "
            f"the invoice's tax is {_money(invoice.tax_minor, invoice)}"
        ),
    ).check()


def _rounds_to(amount: Decimal, units: int, digits: int) -> bool:
    """Whether rounding alone makes the minor units of the amount: half a unit may go either way, as floats have it."""
    return EXACT.subtract(amount, from_minor(units, digits)).copy_abs() <= rounding_allowance(1, digits)


def invoice_withholding(posting: Posting, config: Config) -> Iterator[Check]:
    """One check a booked invoice: withheld is 0 or subtotal × withholding rate, rounded."""
    for invoice in posting.month.booked:
        if not invoice.has_detail:
            yield _without_detail(Code.INVOICE_WITHHOLDING, invoice)
            continue
        yield withholding_comparison(
            (invoice.account, invoice.label),
            (invoice.currency, invoice.digits),
            subtotal=invoice.subtotal_minor,
            rate=invoice.withholding_rate or Decimal(0),
            withheld=invoice.withheld_minor,
        ).check()


def withholding_comparison(
    invoice: tuple[str, str], unit: tuple[str, int], *, subtotal: int, rate: Decimal, withheld: int
) -> Comparison:
    """What is withheld of an invoice beside what its rate gives; amounts in minor units of the currency and digits,
    nothing withheld is right at any rate."""
    currency, digits = unit
    exact = EXACT.multiply(from_minor(subtotal, digits), rate)
    due = withheld if not withheld or _rounds_to(exact, withheld, digits) else to_minor(exact, digits)
    expected, actual = (from_minor(units, digits) for units in (due, withheld))
    return Comparison(
        Code.INVOICE_WITHHOLDING,
        invoice[0],
        expected=expected,
        actual=actual,
        currency=currency,
        agree="tax withheld is subtotal × withholding rate" if withheld else "nothing is withheld",
        differ=f"withheld is {format_exact(actual)}, subtotal × rate is {format_exact(expected)}",
        invoice=invoice[1],
    )


def invoice_footing(posting: Posting, config: Config) -> Iterator[Check]:
    """One check a booked invoice: the lines foot to total (by project) or subtotal (by SKU)."""
    for invoice in posting.month.booked:
        yield _footing(invoice)


def _without_detail(code: Code, invoice: Invoice) -> Check:
    why = "the invoice's detail is missing: only its list row is booked"
    return not_performed(code, invoice.account, why, invoice=invoice.label)


def _footing(invoice: Invoice) -> Check:
    if not invoice.has_detail:
        return _without_detail(Code.INVOICE_FOOTING, invoice)
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
            actual=from_minor(0, invoice.digits),
            variance=from_minor(-target, invoice.digits),
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
        agree=f"the sum of {counted(count, 'line')} is the {target_name}",
        differ=(
            f"the sum of {counted(count, 'line')} is {format_exact(rounded)}, "
            f"the {target_name} is {_money(target, invoice)}; what the lines do not explain is booked to adjustments"
        ),
    ).check()


def line_arithmetic(posting: Posting, config: Config) -> Iterator[Check]:
    """A booked by-SKU invoice: one pass, or an exception a line where quantity × unit price is not its amount; and a
    notice a line that states no quantity or no price."""
    for invoice in posting.month.booked:
        if not invoice.has_detail:
            yield _without_detail(Code.LINE_ARITHMETIC, invoice)
        lines = [(number, line) for number, line in enumerate(invoice.lines, start=1) if not line.is_by_project]
        priced = [(number, line) for number, line in lines if _has_price(line)]
        failed = [check for number, line in priced if (check := _line_check(invoice, number, line)) is not None]
        yield from failed
        yield from (_without_price(invoice, number) for number, line in lines if not _has_price(line))
        if priced and not failed:
            rounded = sum(_product(line) != amount_of(line.amount) for _, line in priced)
            message = f"quantity × unit price = amount on {counted(len(priced), 'line')}" + (
                f"; on {rounded} of them rounding alone can explain a difference" if rounded else ""
            )
            yield Check(Code.LINE_ARITHMETIC, Outcome.PASS, message, invoice.account, invoice.label)


def _has_price(line: LineItem) -> bool:
    return line.quantity is not None and line.unit_price is not None


def _without_price(invoice: Invoice, number: int) -> Check:
    return not_performed(
        Code.LINE_ARITHMETIC,
        invoice.account,
        f"line {number} states no quantity or no unit price",
        invoice=invoice.label,
        subject=_line(number),
    )


def _line(number: int) -> Subject:
    return Subject(SubjectKind.LINE, f"line {number}")


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
        _line(number),
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
