"""The checks of a month that follow from its own answers, as INTERFACE names them (BOOKING 2, 3, 5 and 6).

A row is (check, account, invoice, subject, outcome, expected, actual, variance), amounts as exact fractions, None where
there is none. Of ``line-arithmetic`` a row is a failed line, else the invoice; what was not performed is a notice. What
documents, messages or the ledgers of other months would be needed for is left out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

from .answers import EarlierInvoice, Fields, amount, composed, first_text, instant, text
from .arithmetic import MINOR_DIGITS, digits_of, rounding_allowance, to_minor
from .booking import AccountMonth, Booking, folded, rows_named_like
from .calendar import bounds, day_of, midnight, month_length
from .causes import Charge, Difference, cause_of
from .invoices import (
    AMOUNTS,
    BOOKED,
    BY_SKU,
    MIXED,
    TIMES,
    Invoice,
    Line,
    booking_month,
    has_project,
    has_unknown_status,
    listed,
    names_of,
    once_each,
    period_of,
    says,
)
from .reports import Row
from .spreadsheet import without_controls

COMPARED = ("number", "receiptNumber", "currency", "status", *sorted(AMOUNTS), *sorted(TIMES), "paidAt", "voidedAt")
NOISE = Fraction(1, 2**48)
"""Relative: what adding up a few amounts in 64-bit floats can leave."""
ZERO = Fraction(0)
THE_CONSOLES = "THB"
"""The currency that the platform's console prints (CONTRACT, billing.report)."""


class Check(NamedTuple):
    """One row of the reconciliation."""

    check: str
    account: str
    invoice: str = ""
    subject: str = ""
    outcome: str = "pass"
    expected: Fraction | None = None
    actual: Fraction | None = None
    variance: Fraction | None = None
    tolerance: Fraction | None = None
    currency: str = ""
    cause: str | None = None
    finding: str | None = None


def untied(check: Check, left: Fraction | None) -> Check:
    """The exception of a check that leaves an amount untied: that amount is its variance (BOOKING 6, accepted)."""
    return check._replace(outcome="exception", variance=left)


def not_performed(check: str, account: str, invoice: str = "", subject: str = "") -> Check:
    """The notice of a check that could not be performed, which is no pass."""
    return Check(check, account, invoice, subject, outcome="notice")


def compared(check: Check, expected: Fraction, actual: Fraction, allowed: Fraction = ZERO) -> Check:
    """The check with both sides; an exception where they differ by more than is allowed."""
    variance = actual - expected
    outcome = "pass" if abs(variance) <= allowed else "exception"
    return check._replace(outcome=outcome, expected=expected, actual=actual, variance=variance, tolerance=allowed)


def checks_of(books: Booking) -> list[Check]:
    """Every check of every account, as the files have them."""
    return [as_written(check) for check in judged(books)]


def judged(books: Booking) -> list[Check]:
    """Every check of every account, with raw texts: ids hash those."""
    found = [check for account in books.accounts for check in account_checks(books, account)]
    across = list(across_accounts(books))
    told = {("invoice-duplicate", check.account, "pass") for check in across if check.outcome == "exception"}
    found = [check for check in found if (check.check, check.account, check.outcome) not in told] + across
    return [accepted(books, check) for check in found]


def as_written(check: Check) -> Check:
    """The check as the files have it: texts less control characters (BOOKING 8)."""
    written = (without_controls(each) for each in (check.account, check.invoice, check.subject, check.currency))
    account, invoice, subject, currency = written
    return check._replace(account=account, invoice=invoice, subject=subject, currency=currency)


def account_checks(books: Booking, account: AccountMonth) -> Iterator[Check]:
    """The checks of one account, those of its invoices first."""
    yield issued_check(books, account)
    for invoice in account.invoices:
        if invoice.row.get("status") != "draft":
            yield identity(invoice)
    yield from unknown_statuses(books, account)
    yield from prior_periods(books, account)
    for invoice in account.booked:
        yield from invoice_checks(invoice)
        yield within_month(books, invoice)
    if account.booked:
        yield from coverage(books, account)
        yield from currencies(account)
    yield from duplicates(books, account)
    yield from report_period(books, account)
    yield from tie_outs(books, account)
    yield from ownership(books, account)


def accepted(books: Booking, check: Check) -> Check:
    """The check, with the outcome ``accepted`` where an acceptance covers the exception."""
    for entry in books.rules.accepted:
        named = entry["check"] == check.check or (entry["check"] == "report-*" and check.check.startswith("report-"))
        same = entry["account"] == check.account and entry.get("invoice", check.invoice) == check.invoice
        same = same and entry.get("subject", check.subject) == check.subject
        if check.outcome == "exception" and named and same and books.rules.is_within(entry, check.variance):
            return check._replace(outcome="accepted")
    return check


def issued_check(books: Booking, account: AccountMonth) -> Check:
    """``invoice-issued``: the report's amount is the variance where no invoice stands against it."""
    check = Check("invoice-issued", account.id, outcome=account.standing.issued)
    if account.booked:
        return check
    total = account.report.total if account.report.proved else None
    return check._replace(expected=ZERO, actual=total, variance=total, currency=currency_of(books, account))


def unknown_statuses(books: Booking, account: AccountMonth) -> Iterator[Check]:
    """``prior-periods``: a notice for each invoice of another month whose status is none of the four."""
    rows = once_each(listed(books.month.accounts[account.id]))
    for row in rows:
        if has_unknown_status(row):
            month = booking_month(row, books.rules.zone)
            yield not_performed("prior-periods", account.id, first_text(row, "number", "id"), month)


def prior_periods(books: Booking, account: AccountMonth) -> Iterator[Check]:
    """``prior-periods``: the list against the archive's earlier months, an exception an invoice that differs."""
    rows = {text(row["id"]): row for row in reversed(listed(books.month.accounts[account.id]))}
    found = []
    for period in (each for each, accounts in sorted(books.month.archived.items()) if account.id in accounts):
        archived = {
            each.id: each for each in books.month.earlier if (each.period, each.account) == (period, account.id)
        }
        now = {
            id_: row
            for id_, row in rows.items()
            if booking_month(row, books.rules.zone) == period and row.get("status") != "draft"
        }
        for id_ in sorted({*archived, *now}):
            row, held = now.get(id_), archived.get(id_)
            if row is not None and has_unknown_status(row):
                continue
            if (held is None or held.void) and (row is None or row.get("status") == "void"):
                continue  # nothing was booked of it then, and nothing would be now
            if row is None or held is None or not stands(row, held):
                number = first_text(row, "number", "id") if row else held.number if held else ""
                found.append(Check("prior-periods", account.id, number, period, outcome="exception"))
    if is_refused(books, account):
        booked = [each for each in books.month.earlier if each.account == account.id and not each.void]
        yield not_performed("prior-periods", account.id) if booked else Check("prior-periods", account.id)
    else:
        yield from found or ([] if list(unknown_statuses(books, account)) else [Check("prior-periods", account.id)])


def listed_rows(books: Booking, account: AccountMonth) -> list[Fields]:
    """The account's list."""
    return once_each(listed(books.month.accounts[account.id]))


def is_refused(books: Booking, account: AccountMonth) -> bool:
    """Whether the platform does not list the account's invoices."""
    return bool(books.month.accounts[account.id].invoices.refusal)


def stands(row: Fields, held: EarlierInvoice) -> bool:
    """Whether a listed invoice is as the archive has it: its total, and void or not."""
    currency = text(row.get("currency")) or held.currency
    listed_amount = amount(row, "total")
    total = held.total if listed_amount is None else to_minor(listed_amount, digits_of(currency))
    currency = held.currency if listed_amount is None else currency
    return (total, currency, row.get("status") == "void") == (held.total, held.currency, held.void)


def report_period(books: Booking, account: AccountMonth) -> Iterator[Check]:
    """``report-period``: a notice where the lack of an invoice is one, else the gross booked, a row a currency."""
    base = Check("report-period", account.id)
    if account.report.proved:
        yield base
    elif account.standing.unproved == "notice":
        yield base._replace(outcome="notice")
    elif not account.booked:
        yield untied(base._replace(currency=currency_of(books, account)), ZERO)
    else:
        yield from by_currency(base, account)


def by_currency(base: Check, account: AccountMonth) -> Iterator[Check]:
    """The exception of a check that leaves all that is booked of the account untied, one a currency."""
    for currency, gross in sorted(gross_of(account).items()):
        yield untied(base._replace(currency=currency), gross)


def currency_of(books: Booking, account: AccountMonth) -> str:
    """The currency of the first booked invoice, else of the first listed one, else what the console prints."""
    return next((each.currency for each in known(books, account) if each.currency), THE_CONSOLES)


def known(books: Booking, account: AccountMonth) -> list[Invoice]:
    """The account's invoices: booked ones first, then the month's others, then all that are listed."""
    rows = listed_rows(books, account)
    return [*account.booked, *account.invoices, *(Invoice(account.id, row, None) for row in rows)]


def gross_of(account: AccountMonth) -> dict[str, Fraction]:
    """By currency, what is booked of the account."""
    booked: dict[str, Fraction] = defaultdict(Fraction)
    for invoice in account.booked:
        booked[invoice.currency] += in_currency(invoice, invoice.total)
    return booked


def in_currency(invoice: Invoice, minor: int) -> Fraction:
    """An amount in minor units as one of the invoice's currency."""
    return Fraction(minor, 10**invoice.digits)


def identity(invoice: Invoice) -> Check:
    """``invoice-identity``: the right invoice came back, and agrees with its row wherever both say something."""
    detail = invoice.detail
    agrees = detail is not None and all(same(invoice, detail, key) for key in COMPARED)
    check = Check("invoice-identity", invoice.account, invoice.number)
    return check if agrees else untied_as_listed(check, invoice)


def untied_as_listed(check: Check, invoice: Invoice) -> Check:
    """The exception of a check that leaves an invoice's listed total untied.

    It is in the row's currency; where the row lacks one, the detail's.
    """
    listed_amount = amount(invoice.row, "total")
    if listed_amount is None:
        return untied(check._replace(currency=invoice.currency), in_currency(invoice, invoice.total))
    currency = first_text(invoice.row, "currency") or invoice.currency
    digits = digits_of(currency)
    return untied(check._replace(currency=currency), Fraction(to_minor(listed_amount, digits), 10**digits))


def same(invoice: Invoice, detail: Fields, key: str) -> bool:
    """Whether row and detail agree on a field; amounts do in minor units, times as instants."""
    left, right = invoice.row.get(key), detail.get(key)
    if left is None or right is None or not says(key, left) or not says(key, right):
        return True
    if key in AMOUNTS:
        return to_minor(Fraction(left), invoice.digits) == to_minor(Fraction(right), invoice.digits)
    return instant(left) == instant(right) if key in TIMES else composed(text(left)) == composed(text(right))


def invoice_checks(invoice: Invoice) -> Iterator[Check]:
    """Arithmetic, tax, withholding, footing, line arithmetic."""
    unit = Fraction(1, 10**invoice.digits)
    base = Check("invoice-arithmetic", invoice.account, invoice.number, currency=invoice.currency)
    subtotal, tax, total = (invoice.header(key) * unit for key in ("subtotal", "taxAmount", "total"))
    arithmetic = compared(base, subtotal + tax, total)
    yield arithmetic._replace(outcome="exception") if any(is_finer(invoice, key) for key in AMOUNTS) else arithmetic
    yield from tax_checks(invoice, base, unit)
    yield from footing(invoice, base._replace(check="invoice-footing"), unit)
    yield from line_arithmetic(invoice, base._replace(check="line-arithmetic"), unit)


NEED_THE_DETAIL = ("invoice-tax", "invoice-withholding", "invoice-footing", "line-arithmetic")


def is_finer(invoice: Invoice, key: str) -> bool:
    """Whether an amount of the header is finer than the minor unit, noise aside."""
    value = amount(invoice.fields, key) or ZERO
    rounded = Fraction(to_minor(value, invoice.digits), 10**invoice.digits)
    return abs(value - rounded) > max(abs(value), Fraction(1)) * NOISE


def tax_checks(invoice: Invoice, base: Check, unit: Fraction) -> Iterator[Check]:
    """``invoice-tax`` and ``invoice-withholding``, by the header's rounded amounts (BOOKING 4.1)."""
    if invoice.detail is None:
        yield from (not_performed(name, invoice.account, invoice.number) for name in NEED_THE_DETAIL)
        return
    subtotal, total = (invoice.header(key) * unit for key in ("subtotal", "total"))
    tax, rate = invoice.tax * unit, amount(invoice.fields, "taxRate")
    if rate is None and tax:
        yield untied(base._replace(check="invoice-tax", actual=tax), tax)
    else:
        rate = rate or ZERO
        right = 2 * min(abs(total / (1 + rate) - subtotal), abs(subtotal * rate - tax)) <= unit
        expected = tax if right else to_minor(subtotal * rate, invoice.digits) * unit
        yield compared(base._replace(check="invoice-tax"), expected, tax)
    withheld = invoice.header("withholdingTaxAmount")
    exact = subtotal * (amount(invoice.fields, "withholdingTaxRate") or ZERO)
    right = not withheld or 2 * abs(exact - withheld * unit) <= unit
    due = withheld if right else to_minor(exact, invoice.digits)
    yield compared(base._replace(check="invoice-withholding"), due * unit, withheld * unit)


def footing(invoice: Invoice, base: Check, unit: Fraction) -> Iterator[Check]:
    """``invoice-footing``: rounding alone may explain a part for each line."""
    if invoice.detail is None:
        return
    target = invoice.header("subtotal" if invoice.shape == BY_SKU else "total") * unit
    if invoice.shape == MIXED:
        yield untied(base._replace(expected=target, actual=ZERO), -target)
    else:
        yield compared(
            base, target, sum(invoice.amounts) * unit, rounding_allowance(len(invoice.items), invoice.digits)
        )


def line_arithmetic(invoice: Invoice, base: Check, unit: Fraction) -> Iterator[Check]:
    """A row for each line whose quantity × price is not its amount, else one for the invoice."""
    priced = []
    for number, item in enumerate(invoice.items, 1):
        quantity, price = amount(item, "quantity"), amount(item, "unitPrice")
        if quantity is None or price is None:
            if not has_project(item):
                yield not_performed(base.check, invoice.account, invoice.number, f"line {number}")
        else:
            check = base._replace(subject=f"line {number}")
            judged = compared(
                check, quantity * price, amount(item, "amount") or ZERO, rounding_allowance(1, invoice.digits)
            )
            priced.append(rounded(judged, invoice.digits))
    failed = [check for check in priced if check.outcome == "exception"]
    yield from failed or ([base._replace(currency="")] if priced else [])


def rounded(check: Check, digits: int) -> Check:
    """The check with its amounts in whole minor units, judged before; the variance is that of the amounts shown."""
    expected, actual = (
        Fraction(to_minor(value or ZERO, digits), 10**digits) for value in (check.expected, check.actual)
    )
    return check._replace(expected=expected, actual=actual, variance=actual - expected)


def within_month(books: Booking, invoice: Invoice) -> Check:
    """``invoice-cutoff`` of an invoice."""
    start, end = bounds(books.month.period, books.rules.zone)
    held = period_of(invoice)
    lies_within = held is not None and start <= held[0] and held[1] <= end
    check = Check("invoice-cutoff", invoice.account, invoice.number)
    return check if lies_within else untied_as_listed(check, invoice)


def coverage(books: Booking, account: AccountMonth) -> Iterator[Check]:
    """``invoice-cutoff`` of the month: overlaps of what is charged, and days that no issued invoice covers."""
    base = Check("invoice-cutoff", account.id)
    charges = [invoice for invoice in account.booked if not is_credit(invoice)]
    pairs = list(overlapping(charges))
    pairs += [(other, mine) for mine in charges for other in others(books, account) if share_days(books, mine, other)]
    found = [untied_as_listed(base._replace(invoice=two.number, subject=one.number), two) for one, two in pairs]
    for days in runs(uncovered(books, account)):
        name = " to ".join(each.isoformat() for each in dict.fromkeys((days[0], days[-1])))
        found += gap(books, account, base._replace(subject=name), days)
    yield from found or [base]


def gap(books: Booking, account: AccountMonth, base: Check, days: Iterable[date]) -> Iterator[Check]:
    """What uncovered days leave untied: the chart's cost where the report is proved, else the account's gross."""
    if account.report.proved:
        cost = sum((sum(account.report.values_on(day), ZERO) for day in days), ZERO)
        yield untied(base._replace(currency=currency_of(books, account)), cost)
    else:
        yield from by_currency(base, account)


def is_credit(invoice: Invoice) -> bool:
    """Whether it is a credit note: a negative total."""
    return (amount(invoice.fields, "total") or ZERO) < 0


def overlapping(invoices: Sequence[Invoice]) -> Iterator[tuple[Invoice, Invoice]]:
    """The pairs whose periods have time in common."""
    for one, two in combinations(invoices, 2):
        first, second = period_of(one), period_of(two)
        if first and second and max(first[0], second[0]) < min(first[1], second[1]):
            yield one, two


def uncovered(books: Booking, account: AccountMonth) -> list[date]:
    """The days of the month that are not covered whole, and on which the chart does not show that nothing was used."""
    zone = books.rules.zone
    issued = [each for each in [*account.booked, *others(books, account)] if not is_credit(each)]
    periods = [held for held in map(period_of, issued) if held]
    if periods:
        first = midnight(day_of(min(start for start, _ in periods), zone), zone)
        periods.append((datetime.min.replace(tzinfo=UTC), first))
        periods.append((first, min(start for start, _ in periods[:-1])))
    return [
        day
        for day in month_length(books.month.period)
        if not account.report.shows_nothing_on(day)
        and not covered(midnight(day, zone), midnight(day + timedelta(1), zone), periods)
    ]


def others(books: Booking, account: AccountMonth) -> list[Invoice]:
    """The listed issued invoices that belong to other months, credit notes aside."""
    mine = {invoice.id for invoice in account.invoices}
    rows = once_each(listed(books.month.accounts[account.id]))
    known = [Invoice(account.id, row, None) for row in rows if row.get("status") in BOOKED]
    return [each for each in known if each.id not in mine and not is_credit(each)]


def share_days(books: Booking, charge: Invoice, other: Invoice) -> bool:
    """Whether both cover the same time of the month."""
    held = [period_of(charge), period_of(other), bounds(books.month.period, books.rules.zone)]
    known = [each for each in held if each]
    return len(known) == 3 and max(start for start, _ in known) < min(end for _, end in known)


def covered(start: datetime, end: datetime, periods: Iterable[tuple[datetime, datetime]]) -> bool:
    """Whether the periods together hold all the time between two instants."""
    for since, until in sorted(periods):
        if since <= start:
            start = max(start, until)
    return start >= end


def runs(days: Sequence[date]) -> list[list[date]]:
    """Consecutive days, run by run."""
    found: list[list[date]] = []
    for day in days:
        if found and found[-1][-1] + timedelta(1) == day:
            found[-1].append(day)
        else:
            found.append([day])
    return found


def duplicates(books: Booking, account: AccountMonth) -> Iterator[Check]:
    """``invoice-duplicate``: an id or a number twice, or a project charged twice for the same days."""
    base = Check("invoice-duplicate", account.id, outcome="exception")
    rows = listed(books.month.accounts[account.id])
    ids = Counter(text(row["id"]) for row in rows)
    named = {invoice.id: text(invoice.row.get("number")) or invoice.id for invoice in account.invoices}
    found = [base._replace(invoice=named[id_]) for id_ in named if ids[id_] > 1]
    numbers = {text(row["id"]): text(row.get("number")) for row in once_each(rows) if row.get("status") in BOOKED}
    booked = {invoice.id: text(invoice.fields.get("number")) for invoice in account.booked}
    unbooked = {invoice.id for invoice in account.invoices} - {*booked}
    counts = Counter({id_: number for id_, number in {**numbers, **booked}.items() if id_ not in unbooked}.values())
    found += [base._replace(invoice=number) for number in {*booked.values()} - {""} if counts[number] > 1]
    for one, two in overlapping(account.booked):
        for project in charged(books, one) & charged(books, two):
            found.append(base._replace(invoice=two.number, subject=project))
    yield from found or ([base._replace(outcome="pass")] if account.booked else [])


def across_accounts(books: Booking) -> Iterator[Check]:
    """``invoice-duplicate`` of two accounts: an invoice in both, a number (a notice), a project for the same days."""
    booked = [invoice for account in books.accounts for invoice in account.booked]
    for two in booked:
        before = [one for one in booked[: booked.index(two)] if one.account != two.account]
        base = Check("invoice-duplicate", two.account, two.number, outcome="exception")
        if any(one.id == two.id for one in before):
            yield base
        number = text(two.fields.get("number"))
        same = [one for one in booked[: booked.index(two)] if number and text(one.fields.get("number")) == number]
        if same and same[0].account != two.account and same[0].id != two.id:
            yield base._replace(outcome="notice")
        for one in before:
            if one.id != two.id and list(overlapping([one, two])):
                yield from (base._replace(subject=sid) for sid in charged(books, one) & charged(books, two))


def charged(books: Booking, invoice: Invoice) -> set[str]:
    """The projects that have a line above zero."""
    return {books.directory.of_line(*line.named) for line in invoice.lines if line.by_project and line.gross > 0}


def currencies(account: AccountMonth) -> Iterator[Check]:
    """``currency``: one, and one that ISO 4217 knows."""
    found = sorted({invoice.currency for invoice in account.booked})
    base = Check("currency", account.id, outcome="exception")
    unknown = [base._replace(subject=each) for each in found if each not in MINOR_DIGITS]
    several = [base] if len(found) > 1 else []
    yield from [*several, *unknown] or [base._replace(outcome="pass")]


Entries = list[tuple[Invoice, Line]]
"""Lines, each with its invoice."""


class Side(NamedTuple):
    """What stands on both sides of a comparison with the report."""

    subject: str
    lines: Entries
    rows: list[Row]
    is_account: bool = False


class Basis(NamedTuple):
    """How lines and report are compared: whose rules, the currency, and whether both shapes are booked."""

    books: Booking
    account: AccountMonth
    currency: str
    bound: bool = False

    @property
    def digits(self) -> int:
        """The minor digits."""
        return digits_of(self.currency)


def tie_outs(books: Booking, account: AccountMonth) -> Iterator[Check]:
    """The ``report-*`` comparisons, not performed where the report is not proved or nothing is booked."""
    report, booked = account.report, account.booked
    lines = [(invoice, line) for invoice in booked for line in invoice.lines if line.number]
    shapes = {line.by_project for _, line in lines if not line.is_zero} or {line.by_project for _, line in lines}
    by_shape = [name for name, shape in BY_SHAPE if not shapes or shape in shapes]
    if not report.proved:
        yield from (not_performed(name, account.id) for name in ("report-chart", "report-total", *by_shape))
        return
    currency = currency_of(books, account)
    digits = digits_of(currency)
    if report.points or report.days or not report.total:
        yield chart_check(books, account, digits)._replace(currency=currency)
    else:
        yield not_performed("report-chart", account.id)
    if not booked:
        yield from (not_performed(name, account.id) for name in ("report-total", *by_shape))
        return
    undivided = [entry for entry in lines if is_undivided(books, account, entry[1])]
    yield from (undivided_check(books, account, *entry) for entry in undivided)
    yield from (check for entry in lines if entry not in undivided for check in negative_rows(books, account, *entry))
    if len({invoice.currency for invoice in booked}) != 1:
        yield from (not_performed(name, account.id) for name in ("report-total", *by_shape))
        return
    basis = Basis(books, account, currency)
    yield tie_out(basis, Check("report-total", account.id), Side("", lines, list(report.rows), is_account=True))
    if not shapes:
        yield from (not_performed(name, account.id) for name in by_shape)
    basis = basis._replace(bound=len(shapes) > 1)
    if True in shapes:
        yield from by_project(basis, [entry for entry in lines if entry[1].by_project], undivided)
    if False in shapes:
        yield from by_resource(basis, [entry for entry in lines if not entry[1].by_project], undivided)


BY_SHAPE = (("report-project", True), ("report-resource", False))
"""What is compared where lines are by project, and where not."""


def chart_check(books: Booking, account: AccountMonth, digits: int) -> Check:
    """``report-chart``: every point of the chart is rounded by itself."""
    report, base = account.report, Check("report-chart", account.id)
    allowed = max(books.rules.tolerance(report.total), rounding_allowance(len(report.points), digits))
    return compared(base, report.total, sum(report.points, ZERO), allowed)


def tie_out(basis: Basis, check: Check, side: Side) -> Check:
    """Lines on the report's basis against report rows; of both shapes the lines only do not exceed the rows."""
    rules, unit = basis.books.rules, Fraction(1, 10**basis.digits)
    expected = sum(on_basis(basis.books, line) for _, line in side.lines) * unit
    actual = sum((row.value for row in side.rows), ZERO)
    parts = sum(1 if line.by_project == rules.report_is_gross else 3 for _, line in side.lines)
    allowed = max(rules.tolerance(expected), rounding_allowance(parts, basis.digits))
    found = compared(check._replace(subject=side.subject, currency=basis.currency), expected, actual, allowed)
    if basis.bound and actual >= expected:
        return found._replace(outcome="pass")
    return with_cause(basis.books, basis.account, found, side, allowed)


def with_cause(books: Booking, account: AccountMonth, check: Check, side: Side, rounding: Fraction) -> Check:
    """The exception with its cause; ``rounding`` is what rounding explains of it."""
    if check.outcome != "exception" or not check.variance:
        return check
    unit = Fraction(1, 10 ** digits_of(check.currency))
    of_project = check.check == "report-project" or any(line.by_project for _, line in side.lines if side.subject)
    difference = Difference(
        variance=check.variance,
        allowed=max(check.tolerance or ZERO, rounding),
        rounding=rounding,
        uncovered=uncovered_cost(books, account, side.subject if of_project else None),
        void=[void_part(books, account, each, side, of_project) for each in account.invoices if each.status == "void"],
        charges=[
            Charge(invoice.id, on_basis(books, line) * unit, amount(invoice.fields, "taxRate") or ZERO, invoice.total)
            for invoice, line in side.lines
        ],
        shown=[row.value for row in side.rows],
    )
    return check._replace(cause=cause_of(difference))


def void_part(books: Booking, account: AccountMonth, invoice: Invoice, side: Side, of_project: bool) -> Fraction:
    """A void invoice's total on the report's basis; of a project or resource, what its lines charge for that."""
    net = invoice.total - invoice.tax
    total = in_currency(invoice, invoice.total if books.rules.report_is_gross else net)
    if side.is_account:
        return total
    charged = ZERO
    for item in invoice.items:
        line = Line(1, 0, 0, names_of(item), text(item.get("sku")), text(item.get("description")), has_project(item))
        if of_project and line.by_project:
            is_of_side = books.directory.of_line(*line.named) == side.subject
        else:
            rows = rows_named_like(line, account.report.rows)
            is_of_side = rows == side.rows and (bool(rows) or composed(line.label) == composed(side.subject))
        if line.by_project == of_project and is_of_side:
            charged += amount(item, "amount") or ZERO
    whole = in_currency(invoice, net if invoice.shape == BY_SKU else invoice.total)
    return charged * total / whole if whole else charged


def uncovered_cost(books: Booking, account: AccountMonth, project: str | None) -> Fraction:
    """What the chart shows on the days that no issued invoice covers; of a project, its own series of it."""
    names = (
        {composed(each) for each in (project, books.directory.name(project)) if each} if project is not None else None
    )
    series = [values for name, values in account.report.series if names is None or composed(name) in names]
    days = uncovered(books, account)
    return sum((point for values in series for day in days for point in values.get(day, ())), ZERO)


def on_basis(books: Booking, line: Line) -> int:
    """A line with its tax or without, as the report's values are."""
    return line.gross if books.rules.report_is_gross else line.gross - line.tax


def rows_of(books: Booking, account: AccountMonth, line: Line) -> list[Row]:
    """The report rows of a line's project, or named like the line."""
    if line.by_project:
        return [row for row in account.report.rows if row.project == books.directory.of_line(*line.named)]
    return rows_named_like(line, account.report.rows)


def dividing_rows(books: Booking, account: AccountMonth, line: Line) -> list[Row]:
    """The report rows that a line is divided by: those of it, or of a line by SKU without any the whole report."""
    return rows_of(books, account, line) or ([] if line.by_project else list(account.report.rows))


def is_undivided(books: Booking, account: AccountMonth, line: Line) -> bool:
    """Whether the proved report could not divide a line that is not zero."""
    rows = dividing_rows(books, account, line)
    return not line.is_zero and not any(row.weight for row in rows)


def subject_of(books: Booking, line: Line) -> str:
    """What a line is of: its project, or what it is called."""
    return books.directory.of_line(*line.named) if line.by_project else line.label


def undivided_check(books: Booking, account: AccountMonth, invoice: Invoice, line: Line) -> Check:
    """The exception for that line; expected is the line, actual what the report has."""
    rows = rows_of(books, account, line)
    expected = in_currency(invoice, on_basis(books, line))
    check = Check("report-resource", account.id, invoice.number, subject_of(books, line), currency=invoice.currency)
    found = compared(check, expected, sum((row.value for row in rows), ZERO))._replace(outcome="exception")
    parts = 1 if line.by_project == books.rules.report_is_gross else 3
    rounding = rounding_allowance(parts, invoice.digits)
    return with_cause(books, account, found, Side(check.subject, [(invoice, line)], rows), rounding)


def negative_rows(books: Booking, account: AccountMonth, invoice: Invoice, line: Line) -> Iterator[Check]:
    """A line that was divided by rows of which one is negative: an exception by SKU, a notice by project."""
    negative = [row.value for row in dividing_rows(books, account, line) if row.value < 0]
    if negative and not line.is_zero:
        subject = subject_of(books, line)
        if not line.by_project:
            subject = min((row.name for row in rows_of(books, account, line)), default=subject)
        check = Check("report-resource", account.id, invoice.number, subject, currency=invoice.currency)
        found = compared(check, ZERO, sum(negative, ZERO))
        found = found._replace(outcome="notice" if line.by_project else "exception")
        yield with_cause(books, account, found, Side(subject, [], rows_of(books, account, line)), ZERO)


def by_project(basis: Basis, lines: Entries, undivided: Entries) -> Iterator[Check]:
    """``report-project``, those of lines that could not be divided aside; as a bound, only where there are lines."""
    books, rows = basis.books, basis.account.report.rows
    projects: dict[str, Side] = {row.project: Side(row.project, [], []) for row in rows}
    for invoice, line in lines:
        sid = books.directory.of_line(*line.named)
        projects.setdefault(sid, Side(sid, [], [])).lines.append((invoice, line))
    for row in rows:
        projects[row.project].rows.append(row)
    replaced = {books.directory.of_line(*line.named) for _, line in undivided if line.by_project}
    for side in projects.values():
        if side.subject not in replaced and (side.lines or not basis.bound):
            yield tie_out(basis, Check("report-project", basis.account.id), side)


def by_resource(basis: Basis, lines: Entries, undivided: Entries) -> Iterator[Check]:
    """``report-resource``: lines as they were matched; rows that no line names stand alone, by their name."""
    sides: dict[tuple[bool, str], Side] = {}
    for invoice, line in lines:
        rows = rows_of(basis.books, basis.account, line)
        key = (bool(rows), folded(rows[0].name) if rows else composed(line.label))
        subject = min((row.name for row in rows), default=line.label)
        known = sides.get(key, Side(subject, [], rows))
        sides[key] = Side(min(known.subject, subject), [*known.lines, (invoice, line)], rows)
    named = {row.index for side in sides.values() for row in side.rows}
    alone: dict[str, list[Row]] = defaultdict(list)
    for row in basis.account.report.rows:
        if row.index not in named:
            alone[composed(row.name)].append(row)
    rest = [Side(min(row.name for row in rows), [], rows) for rows in alone.values()]
    for side in [*sides.values(), *rest]:
        divided = [entry for entry in side.lines if entry not in undivided]
        if divided or not (side.lines or basis.bound):
            yield tie_out(basis, Check("report-resource", basis.account.id), side._replace(lines=divided))


def ownership(books: Booking, account: AccountMonth) -> Iterator[Check]:
    """``ownership``: an exception a project that nobody owns."""
    projects = sorted(account.projects(books.directory))
    unowned = [sid for sid in projects if not sid or books.rules.owner(sid) is None]
    base = Check("ownership", account.id)
    yield from [base._replace(subject=sid, outcome="exception") for sid in unowned] or [base]
