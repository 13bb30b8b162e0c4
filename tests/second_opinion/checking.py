"""The checks of a month that follow from its own answers, as INTERFACE names them (BOOKING 2, 3, 5 and 6).

A row is (check, account, invoice, subject, outcome, expected, actual, variance), amounts as exact fractions, None where
there is none. Of ``line-arithmetic`` a row is a failed line, else the invoice; notices that say why something was not
performed are left out, as is what other months, documents or messages would be needed for.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

from .answers import Fields, amount, instant, text
from .arithmetic import MINOR_DIGITS, to_minor
from .booking import AccountMonth, Booking
from .calendar import bounds, midnight, month_length
from .invoices import AMOUNTS, BOOKED, BY_SKU, MIXED, TIMES, Invoice, Line, listed, once_each, period_of, says
from .reports import Row
from .spreadsheet import without_controls

COMPARED = ("number", "receiptNumber", "currency", "status", *sorted(AMOUNTS), *sorted(TIMES), "paidAt", "voidedAt")
NOISE = Fraction(1, 2**48)
"""Relative: what adding up a few amounts in 64-bit floats can leave."""
ZERO = Fraction(0)


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


def compared(check: Check, expected: Fraction, actual: Fraction, allowed: Fraction = ZERO) -> Check:
    """The check with both sides; an exception where they differ by more than is allowed."""
    variance = actual - expected
    outcome = "pass" if abs(variance) <= allowed else "exception"
    return check._replace(outcome=outcome, expected=expected, actual=actual, variance=variance)


def checks_of(books: Booking) -> list[Check]:
    """Every check of every account."""
    found = [check for account in books.accounts for check in account_checks(books, account)]
    across = list(across_accounts(books))
    told = {("invoice-duplicate", check.account, "pass") for check in across if check.outcome == "exception"}
    found = [check for check in found if (check.check, check.account, check.outcome) not in told] + across
    return [as_written(accepted(books, check)) for check in found]


def as_written(check: Check) -> Check:
    """The check as the files have it: texts less control characters (BOOKING 8)."""
    return check._replace(
        **{name: without_controls(getattr(check, name)) for name in ("account", "invoice", "subject")}
    )


def account_checks(books: Booking, account: AccountMonth) -> Iterator[Check]:
    """The checks of one account, those of its invoices first."""
    yield issued_check(account)
    for invoice in account.invoices:
        if invoice.row.get("status") != "draft":
            yield identity(invoice)
    for invoice in account.booked:
        yield from invoice_checks(invoice)
        yield within_month(books, invoice)
    if account.booked:
        yield from coverage(books, account)
        yield from currencies(account)
    yield from duplicates(books, account)
    yield report_period(account)
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


def issued_check(account: AccountMonth) -> Check:
    """``invoice-issued``: the report's amount is the variance where no invoice stands against it."""
    outcome = account.issued.replace("accepted", "exception")
    check = Check("invoice-issued", account.id, outcome=outcome)
    if account.booked:
        return check
    total = account.report.total if account.report.proved else None
    return check._replace(expected=ZERO, actual=total, variance=total)


def report_period(account: AccountMonth) -> Check:
    """``report-period``: a notice where the lack of an invoice is one."""
    missing = "notice" if account.issued == "notice" else "exception"
    return Check("report-period", account.id, outcome="pass" if account.report.proved else missing)


def identity(invoice: Invoice) -> Check:
    """``invoice-identity``: the right invoice came back, and agrees with its row wherever both say something."""
    detail = invoice.detail
    agrees = detail is not None and all(same(invoice, detail, key) for key in COMPARED)
    return Check("invoice-identity", invoice.account, invoice.number, outcome="pass" if agrees else "exception")


def same(invoice: Invoice, detail: Fields, key: str) -> bool:
    """Whether row and detail agree on a field; amounts do in minor units, times as instants."""
    left, right = invoice.row.get(key), detail.get(key)
    if left is None or right is None or not says(key, left) or not says(key, right):
        return True
    if key in AMOUNTS:
        return to_minor(Fraction(left), invoice.digits) == to_minor(Fraction(right), invoice.digits)
    return instant(left) == instant(right) if key in TIMES else text(left) == text(right)


def invoice_checks(invoice: Invoice) -> Iterator[Check]:
    """Arithmetic, tax, withholding, footing, line arithmetic."""
    unit = Fraction(1, 10**invoice.digits)
    base = Check("invoice-arithmetic", invoice.account, invoice.number)
    subtotal, tax, total = (invoice.header(key) * unit for key in ("subtotal", "taxAmount", "total"))
    arithmetic = compared(base, subtotal + tax, total)
    yield arithmetic._replace(outcome="exception") if any(is_finer(invoice, key) for key in AMOUNTS) else arithmetic
    yield from tax_checks(invoice, base, unit)
    yield from footing(invoice, base._replace(check="invoice-footing"), unit)
    yield from line_arithmetic(invoice, base._replace(check="line-arithmetic"), unit)


def is_finer(invoice: Invoice, key: str) -> bool:
    """Whether an amount of the header is finer than the minor unit, noise aside."""
    value = amount(invoice.fields, key) or ZERO
    rounded = Fraction(to_minor(value, invoice.digits), 10**invoice.digits)
    return abs(value - rounded) > max(abs(value), Fraction(1)) * NOISE


def tax_checks(invoice: Invoice, base: Check, unit: Fraction) -> Iterator[Check]:
    """``invoice-tax`` and ``invoice-withholding``, by the header's rounded amounts (BOOKING 4.1)."""
    subtotal, total = (invoice.header(key) * unit for key in ("subtotal", "total"))
    tax, rate = invoice.tax * unit, amount(invoice.fields, "taxRate")
    if rate is not None or not tax:
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
    """``invoice-footing``: rounding alone may explain half a minor unit a line."""
    if invoice.detail is None:
        return
    target = invoice.header("subtotal" if invoice.shape == BY_SKU else "total") * unit
    if invoice.shape == MIXED:
        yield base._replace(outcome="exception", expected=target)
    else:
        yield compared(base, target, sum(invoice.amounts) * unit, len(invoice.items) * unit / 2)


def line_arithmetic(invoice: Invoice, base: Check, unit: Fraction) -> Iterator[Check]:
    """A row for each line whose quantity × price is not its amount, else one for the invoice."""
    priced = []
    for number, item in enumerate(invoice.items, 1):
        quantity, price = amount(item, "quantity"), amount(item, "unitPrice")
        if quantity is not None and price is not None:
            check = base._replace(subject=f"line {number}")
            judged = compared(check, quantity * price, amount(item, "amount") or ZERO, unit / 2)
            priced.append(rounded(judged, invoice.digits))
    failed = [check for check in priced if check.outcome == "exception"]
    yield from failed or ([base] if priced else [])


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
    return Check("invoice-cutoff", invoice.account, invoice.number, outcome="pass" if lies_within else "exception")


def coverage(books: Booking, account: AccountMonth) -> Iterator[Check]:
    """``invoice-cutoff`` of the month: overlaps of what is charged, and days that no issued invoice covers."""
    base = Check("invoice-cutoff", account.id, outcome="exception")
    charges = [invoice for invoice in account.booked if (amount(invoice.fields, "total") or ZERO) >= 0]
    found = [base._replace(invoice=two.number, subject=one.number) for one, two in overlapping(charges)]
    found += [
        base._replace(invoice=charge.number, subject=other.number)
        for charge in charges
        for other in others(books, account)
        if (amount(other.row, "total") or ZERO) >= 0 and share_days(books, charge, other)
    ]
    found += [base._replace(subject=days) for days in gaps(books, account)]
    complete = all(period_of(invoice) for invoice in account.booked)
    yield from found or ([base._replace(outcome="pass")] if complete else [])


def overlapping(invoices: Sequence[Invoice]) -> Iterator[tuple[Invoice, Invoice]]:
    """The pairs whose periods have time in common."""
    for one, two in combinations(invoices, 2):
        first, second = period_of(one), period_of(two)
        if first and second and max(first[0], second[0]) < min(first[1], second[1]):
            yield one, two


def gaps(books: Booking, account: AccountMonth) -> Iterator[str]:
    """Runs of days with cost that are not covered; none where an invoice does not say what it covers."""
    zone, days = books.rules.zone, account.report.days if account.report.proved else {}
    periods = [period_of(invoice) for invoice in account.booked]
    if None in periods:
        return
    known = [held for held in periods if held] + other_periods(books, account)
    missing = [
        day
        for day in month_length(books.month.period)
        if (not days or days.get(day)) and not covered(midnight(day, zone), midnight(day + timedelta(1), zone), known)
    ]
    for first, last in runs(missing):
        yield first.isoformat() if first == last else f"{first.isoformat()} to {last.isoformat()}"


def other_periods(books: Booking, account: AccountMonth) -> list[tuple[datetime, datetime]]:
    """The periods of listed issued invoices that belong to other months."""
    return [held for held in map(period_of, others(books, account)) if held]


def others(books: Booking, account: AccountMonth) -> list[Invoice]:
    """The listed issued invoices that belong to other months."""
    mine = {invoice.id for invoice in account.invoices}
    rows = once_each(listed(books.month.accounts[account.id]))
    return [
        Invoice(account.id, row, None) for row in rows if text(row["id"]) not in mine and row.get("status") in BOOKED
    ]


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


def runs(days: Sequence[date]) -> Iterator[tuple[date, date]]:
    """Consecutive days, as first and last."""
    firsts = [day for day in days if day - timedelta(1) not in days]
    lasts = [day for day in days if day + timedelta(1) not in days]
    yield from zip(firsts, lasts, strict=True)


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
    return {books.directory.sid(*line.named) for line in invoice.lines if line.by_project and line.gross > 0}


def currencies(account: AccountMonth) -> Iterator[Check]:
    """``currency``: one, and one that ISO 4217 knows."""
    found = sorted({invoice.currency for invoice in account.booked})
    base = Check("currency", account.id, outcome="exception")
    unknown = [base._replace(subject=each) for each in found if each not in MINOR_DIGITS]
    several = [base] if len(found) > 1 else []
    yield from [*several, *unknown] or [base._replace(outcome="pass")]


class Side(NamedTuple):
    """What stands on both sides of a comparison with the report."""

    subject: str
    lines: list[tuple[Invoice, Line]]
    rows: list[Row]


def tie_outs(books: Booking, account: AccountMonth) -> Iterator[Check]:
    """The ``report-*`` comparisons; none where the report is not proved or nothing is booked."""
    report = account.report
    if not report.proved:
        return
    booked = account.booked
    if not booked:
        return
    digits = booked[0].digits
    if report.points or report.days or not report.total:
        allowed = max(books.rules.tolerance(report.total), Fraction(len(report.points), 2 * 10**digits))
        yield compared(Check("report-chart", account.id), report.total, sum(report.points, ZERO), allowed)
    lines = [(invoice, line) for invoice in booked for line in invoice.lines if line.number]
    undivided = [entry for entry in lines if is_undivided(books, account, *entry)]
    yield from (undivided_check(books, account, *entry) for entry in undivided)
    if len({invoice.currency for invoice in booked}) != 1:
        return
    yield tie_out(books, Check("report-total", account.id), Side("", lines, list(report.rows)), digits)
    shapes = {line.by_project for _, line in lines}
    if shapes == {True}:
        yield from by_project(books, account, lines, undivided, digits)
    elif shapes == {False}:
        yield from by_resource(books, account, lines, undivided, digits)


def tie_out(books: Booking, check: Check, side: Side, digits: int) -> Check:
    """Lines on the report's basis against report rows."""
    expected = Fraction(sum(on_basis(books, line) for _, line in side.lines), 10**digits)
    allowed = max(books.rules.tolerance(expected), Fraction(len(side.lines), 2 * 10**digits))
    return compared(
        check._replace(subject=side.subject), expected, sum((row.value for row in side.rows), ZERO), allowed
    )


def on_basis(books: Booking, line: Line) -> int:
    """A line with its tax or without, as the report's values are."""
    return line.gross if books.rules.report_is_gross else line.gross - line.tax


def rows_of(books: Booking, account: AccountMonth, line: Line) -> list[Row]:
    """The report rows of a line's project, or named like the line."""
    if line.by_project:
        return [row for row in account.report.rows if row.project == books.directory.sid(*line.named)]
    names = {name.casefold() for name in (line.sku, line.description) if name}
    return [row for row in account.report.rows if row.name.casefold() in names]


def is_undivided(books: Booking, account: AccountMonth, invoice: Invoice, line: Line) -> bool:
    """Whether the proved report could not divide a line that is not zero."""
    rows = rows_of(books, account, line) or ([] if line.by_project else list(account.report.rows))
    return bool(line.gross or line.tax) and not any(row.weight for row in rows)


def undivided_check(books: Booking, account: AccountMonth, invoice: Invoice, line: Line) -> Check:
    """The exception for that line; expected is the line, actual what the report has."""
    subject = books.directory.sid(*line.named) if line.by_project else line.sku or line.description
    rows = rows_of(books, account, line)
    expected = Fraction(on_basis(books, line), 10**invoice.digits)
    check = Check("report-resource", account.id, invoice.number, subject)
    found = compared(check, expected, sum((row.value for row in rows), ZERO))
    return found._replace(outcome="exception")


Entries = list[tuple[Invoice, Line]]


def by_project(
    books: Booking, account: AccountMonth, lines: Entries, undivided: Entries, digits: int
) -> Iterator[Check]:
    """``report-project``, those of lines that could not be divided aside."""
    projects: dict[str, Side] = {row.project: Side(row.project, [], []) for row in account.report.rows}
    for invoice, line in lines:
        sid = books.directory.sid(*line.named)
        projects.setdefault(sid, Side(sid, [], [])).lines.append((invoice, line))
    for row in account.report.rows:
        projects[row.project].rows.append(row)
    replaced = {books.directory.sid(*line.named) for _, line in undivided}
    for side in projects.values():
        if side.subject not in replaced:
            yield tie_out(books, Check("report-project", account.id), side, digits)


def by_resource(
    books: Booking, account: AccountMonth, lines: Entries, undivided: Entries, digits: int
) -> Iterator[Check]:
    """``report-resource``: lines that share rows stand together; rows that no line names stand alone, by their name."""
    sides: list[Side] = []
    for invoice, line in lines:
        side = Side(line.sku or line.description, [(invoice, line)], rows_of(books, account, line))
        for other in [other for other in sides if meets(other, side)]:
            sides.remove(other)
            rows = [*other.rows, *(row for row in side.rows if row not in other.rows)]
            side = Side(min(other.subject, side.subject), [*other.lines, *side.lines], rows)
        sides.append(side)
    named = {row.index for side in sides for row in side.rows}
    alone: dict[str, list[Row]] = defaultdict(list)
    for row in account.report.rows:
        if row.index not in named:
            alone[row.name].append(row)
    sides = [side._replace(subject=min((row.name for row in side.rows), default=side.subject)) for side in sides]
    for side in [*sides, *(Side(name, [], rows) for name, rows in alone.items())]:
        divided = [entry for entry in side.lines if entry not in undivided]
        if divided or not side.lines:
            yield tie_out(books, Check("report-resource", account.id), side._replace(lines=divided), digits)


def meets(one: Side, two: Side) -> bool:
    """Whether two sides share a report row, or are called the same and have none."""
    if one.rows or two.rows:
        return any(row in two.rows for row in one.rows)
    return one.subject == two.subject


def ownership(books: Booking, account: AccountMonth) -> Iterator[Check]:
    """``ownership``: an exception a project that nobody owns."""
    projects = sorted(account.projects(books.directory))
    unowned = [sid for sid in projects if not sid or books.rules.owner(sid) is None]
    base = Check("ownership", account.id)
    yield from [base._replace(subject=sid, outcome="exception") for sid in unowned] or [base]
