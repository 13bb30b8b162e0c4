"""``invoice-cutoff``, ``currency``: the right days, in one currency (INTERFACE, checks)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

from chargeback.config import Config
from chargeback.evidence.period import day_start
from chargeback.model.booking import AccountMonth
from chargeback.model.check import Check, Code, Outcome, Subject, SubjectKind
from chargeback.model.facts import ListedInvoice
from chargeback.model.invoice import ISSUED, Invoice, usable_period
from chargeback.model.money import known_digits
from chargeback.model.posting import Posting
from chargeback.reconcile.tie_out import charges, gross_by_currency, is_charge, listed_amount, listed_rows

Rows = Mapping[str, ListedInvoice]
Bounds = Sequence[tuple[datetime, datetime]]


def invoice_cutoff(posting: Posting, config: Config) -> Iterator[Check]:
    """One check a booked invoice: it lies within the month; then the month's coverage, without gap or overlap."""
    month = posting.month
    rows = listed_rows(month)
    for invoice in month.booked:
        yield _within_month(invoice, month, rows, config)
    if month.booked:
        found = [*_overlaps(month, rows, config), *_gaps(month, config)]
        yield from found
        if not found:
            message = f"the issued invoices cover {month.period} without gap or overlap"
            yield Check(Code.INVOICE_CUTOFF, Outcome.PASS, message, month.account)


def _within_month(invoice: Invoice, month: AccountMonth, rows: Rows, config: Config) -> Check:
    start, end = month.period.start(config.timezone), month.period.end(config.timezone)
    if invoice.start is None or invoice.end is None:
        message = f"the invoice states no usable period; it was issued after {month.period}, so it is booked there"
    elif invoice.start < start or invoice.end > end:
        days = f"{_local(invoice.start, config)} to {_local(invoice.end, config)} (exclusive)"
        message = f"its period {days} reaches outside {month.period}; it is booked whole in {month.period}"
    else:
        message = f"its period lies within {month.period}"
        return Check(Code.INVOICE_CUTOFF, Outcome.PASS, message, invoice.account, invoice.label)
    return _of_invoice(message, invoice, rows)


def _of_invoice(message: str, invoice: Invoice, rows: Rows, subject: Subject | None = None) -> Check:
    """The exception of an invoice; what it leaves untied is the invoice's listed total."""
    variance, currency = listed_amount(invoice, rows)
    return Check(
        Code.INVOICE_CUTOFF,
        Outcome.EXCEPTION,
        message,
        invoice.account,
        invoice.label,
        subject,
        variance=variance,
        currency=currency,
    )


def _local(instant: datetime, config: Config) -> str:
    return instant.astimezone(config.timezone).isoformat(timespec="minutes")


def _overlaps(month: AccountMonth, rows: Rows, config: Config) -> Iterator[Check]:
    """Credit notes aside: they are for days that another invoice covers."""
    charged = charges(month.booked)
    for first, second in overlapping(charged):
        bounds = _shared_bounds(first, second)
        since = _local(bounds[0], config) if bounds else ""
        message = f"{first.label} and {second.label} cover the same days, from {since}"
        yield _of_invoice(message, second, rows, _invoice(first.label))
    for charge in charged:
        for label in _reaching_in(month, charge, config):
            message = f"{label}, which belongs to another month, covers days of {charge.label} too"
            yield _of_invoice(message, charge, rows, _invoice(label))


def _invoice(label: str) -> Subject:
    return Subject(SubjectKind.INVOICE, label)


def _reaching_in(month: AccountMonth, charge: Invoice, config: Config) -> Iterator[str]:
    """Issued invoices of other months that cover days of this month which the charge covers too."""
    first, last = month.period.start(config.timezone), month.period.end(config.timezone)
    for row in month.facts.listed:
        bounds = usable_period(row.row) if row.status in ISSUED and row.month != month.period else None
        if not (bounds and is_charge(row) and charge.start and charge.end):
            continue
        if max(bounds[0], charge.start, first) < min(bounds[1], charge.end, last):
            yield row.label


def overlapping(invoices: tuple[Invoice, ...]) -> Iterator[tuple[Invoice, Invoice]]:
    """The pairs whose periods hold the same days."""
    return ((first, second) for first, second in combinations(invoices, 2) if overlap(first, second))


def overlap(first: Invoice, second: Invoice) -> bool:
    """Whether both periods hold the same days; False where one of them is not usable."""
    bounds = _shared_bounds(first, second)
    return bounds is not None and bounds[0] < bounds[1]


def _shared_bounds(first: Invoice, second: Invoice) -> tuple[datetime, datetime] | None:
    """Where both periods would overlap, in order where they do; None where one is not usable."""
    if first.start and first.end and second.start and second.end:
        return max(first.start, second.start), min(first.end, second.end)
    return None


def _gaps(month: AccountMonth, config: Config) -> Iterator[Check]:
    """One exception a run of uncovered days; what it leaves untied is their cost by the chart, else all that is
    booked."""
    for run in _runs(uncovered_days(month, config)):
        days = run[0].isoformat() if len(run) == 1 else f"{run[0].isoformat()} to {run[-1].isoformat()}"
        message = f"no issued invoice covers {days}: ask for the missing invoice"
        untied = gross_by_currency(month)
        if month.report:
            untied = {month.currency: month.report.chart.cost_on(run)}
        for currency, amount in untied.items():
            yield Check(
                Code.INVOICE_CUTOFF,
                Outcome.EXCEPTION,
                message,
                month.account,
                subject=Subject(SubjectKind.DAY, days),
                variance=amount,
                currency=currency,
            )


def uncovered_days(month: AccountMonth, config: Config) -> list[date]:
    """The days of the month that no issued invoice covers whole (BOOKING 6, coverage): those aside on which the chart
    shows no cost, and those before the account was ever billed."""
    period, timezone = month.period, config.timezone
    bounds = sorted(_issued_bounds(month))
    if _are_covered(period.first_day, period.last_day, bounds, timezone):  # as of nearly every account
        return []
    idle: frozenset[date] = month.report.chart.idle if month.report else frozenset()
    return [day for day in period.days() if day not in idle and not _are_covered(day, day, bounds, timezone)]


def _are_covered(first: date, last: date, bounds: Bounds, timezone: ZoneInfo) -> bool:
    """Whether the bounds, in order, hold the days, whole, or from when on the account was ever billed."""
    start, end = day_start(first, timezone), day_start(last + timedelta(days=1), timezone)
    covered = max(start, bounds[0][0]) if bounds else start
    for since, until in bounds:
        if since <= covered < until:
            covered = until
    return covered >= end


def _issued_bounds(month: AccountMonth) -> Iterator[tuple[datetime, datetime]]:
    """Periods of the month's booked invoices, and of issued ones that belong to other months but may reach into it;
    credit notes aside."""
    for invoice in charges(month.booked):
        if invoice.start and invoice.end:
            yield invoice.start, invoice.end
    for row in month.facts.listed:
        bounds = usable_period(row.row) if row.status in ISSUED and row.month != month.period else None
        if bounds and is_charge(row):
            yield bounds


def _runs(days: list[date]) -> list[list[date]]:
    """Consecutive days together."""
    runs: list[list[date]] = []
    for day in days:
        if runs and day == runs[-1][-1] + timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def currency(posting: Posting, config: Config) -> Iterator[Check]:
    """One currency an account and month, and one that ISO 4217 knows."""
    month = posting.month
    found = sorted({invoice.currency for invoice in month.booked})
    if len(found) > 1:
        message = f"invoices in {', '.join(found)}: the report has no currency, so nothing is tied out to it"
        yield Check(Code.CURRENCY, Outcome.EXCEPTION, message, month.account)
    for code in found:
        if known_digits(code) is None:
            message = f'ISO 4217 states no minor digits for "{code}": booked with two digits'
            yield Check(
                Code.CURRENCY, Outcome.EXCEPTION, message, month.account, subject=Subject(SubjectKind.CURRENCY, code)
            )
    if len(found) == 1 and known_digits(found[0]) is not None:
        yield Check(Code.CURRENCY, Outcome.PASS, f"all in {found[0]}", month.account)
