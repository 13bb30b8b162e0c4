"""``invoice-cutoff``, ``currency``: the right days, in one currency (INTERFACE, checks)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import combinations

from chargeback.config import Config
from chargeback.model.booking import AccountMonth
from chargeback.model.check import Check, Code, Outcome, Subject, SubjectKind
from chargeback.model.invoice import ISSUED, Invoice, usable_period
from chargeback.model.money import known_digits
from chargeback.model.period import day_start
from chargeback.model.posting import Posting
from chargeback.reconcile.comparing import not_performed


def invoice_cutoff(posting: Posting, config: Config) -> Iterator[Check]:
    """One check a booked invoice: it lies within the month; then the month's coverage, without gap or overlap."""
    month = posting.month
    for invoice in month.booked:
        yield _within_month(invoice, month, config)
    if month.booked:
        yield from _coverage(month, config)


def _within_month(invoice: Invoice, month: AccountMonth, config: Config) -> Check:
    start, end = month.period.start(config.timezone), month.period.end(config.timezone)
    if invoice.start is None or invoice.end is None:
        outcome = Outcome.EXCEPTION
        message = f"the invoice states no usable period; it was issued after {month.period}, so it is booked there"
    elif invoice.start < start or invoice.end > end:
        outcome = Outcome.EXCEPTION
        days = f"{_local(invoice.start, config)} to {_local(invoice.end, config)} (exclusive)"
        message = f"its period {days} reaches outside {month.period}; it is booked whole in {month.period}"
    else:
        outcome, message = Outcome.PASS, f"its period lies within {month.period}"
    return Check(Code.INVOICE_CUTOFF, outcome, message, invoice.account, invoice.label)


def _local(instant: datetime, config: Config) -> str:
    return instant.astimezone(config.timezone).isoformat(timespec="minutes")


def _coverage(month: AccountMonth, config: Config) -> Iterator[Check]:
    found = [*_overlaps(month, config), *_gaps(month, config)]
    yield from found
    if any(invoice.start is None for invoice in month.booked):
        yield not_performed(
            Code.INVOICE_CUTOFF, month.account, "an invoice states no usable period, so a gap cannot show"
        )
    elif not found:
        message = f"the issued invoices cover {month.period} without gap or overlap"
        yield Check(Code.INVOICE_CUTOFF, Outcome.PASS, message, month.account)


def _overlaps(month: AccountMonth, config: Config) -> Iterator[Check]:
    """Credit notes aside: they are for days that another invoice covers."""
    charges = tuple(invoice for invoice in month.booked if invoice.total >= 0)
    for first, second in overlapping(charges):
        bounds = _shared_bounds(first, second)
        since = _local(bounds[0], config) if bounds else ""
        message = f"{first.label} and {second.label} cover the same days, from {since}"
        yield Check(Code.INVOICE_CUTOFF, Outcome.EXCEPTION, message, month.account, second.label, _invoice(first.label))
    for charge in charges:
        for label in _reaching_in(month, charge, config):
            message = f"{label}, which belongs to another month, covers days of {charge.label} too"
            yield Check(Code.INVOICE_CUTOFF, Outcome.EXCEPTION, message, month.account, charge.label, _invoice(label))


def _invoice(label: str) -> Subject:
    return Subject(SubjectKind.INVOICE, label)


def _reaching_in(month: AccountMonth, charge: Invoice, config: Config) -> Iterator[str]:
    """Issued invoices of other months that cover days of this month which the charge covers too."""
    first, last = month.period.start(config.timezone), month.period.end(config.timezone)
    for row in month.facts.listed:
        bounds = usable_period(row.row) if row.status in ISSUED and row.month != month.period else None
        is_charge = row.row.total is None or row.row.total >= 0
        if not (bounds and is_charge and charge.start and charge.end):
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
    if any(invoice.start is None for invoice in month.booked):
        return
    missing = [day for day in month.period.days() if _has_cost(month, day) and not _is_covered(month, day, config)]
    for first, last in _runs(missing):
        days = first.isoformat() if first == last else f"{first.isoformat()} to {last.isoformat()}"
        message = f"no issued invoice covers {days}: ask for the missing invoice"
        yield Check(
            Code.INVOICE_CUTOFF, Outcome.EXCEPTION, message, month.account, subject=Subject(SubjectKind.DAY, days)
        )


def _has_cost(month: AccountMonth, day: date) -> bool:
    """Whether the day may have cost: no proved chart shows days at all, or it shows some for this one."""
    days = month.report.chart.days if month.report else {}
    return not days or bool(days.get(day))


def _is_covered(month: AccountMonth, day: date, config: Config) -> bool:
    start, end = day_start(day, config.timezone), day_start(day + timedelta(days=1), config.timezone)
    covered = start
    for since, until in sorted(_issued_bounds(month)):
        if since <= covered < until:
            covered = until
    return covered >= end


def _issued_bounds(month: AccountMonth) -> Iterator[tuple[datetime, datetime]]:
    """Periods of the month's booked invoices, and of issued ones that belong to other months but may reach into it."""
    for invoice in month.booked:
        if invoice.start and invoice.end:
            yield invoice.start, invoice.end
    for row in month.facts.listed:
        bounds = usable_period(row.row) if row.status in ISSUED and row.month != month.period else None
        if bounds:
            yield bounds


def _runs(days: list[date]) -> Iterator[tuple[date, date]]:
    """Consecutive days, as first and last."""
    first = last = None
    for day in days:
        if last is not None and day != last + timedelta(days=1):
            assert first is not None  # noqa: S101 (set together with last)
            yield first, last
            first = None
        first, last = first or day, day
    if first is not None and last is not None:
        yield first, last


def currency(posting: Posting, config: Config) -> Iterator[Check]:
    """One currency an account and month, and one that ISO 4217 knows."""
    month = posting.month
    found = sorted({invoice.currency for invoice in month.booked})
    if len(found) > 1:
        message = f"invoices in {', '.join(found)}: the report has no currency, so nothing is tied out to it"
        yield Check(Code.CURRENCY, Outcome.EXCEPTION, message, month.account)
    for code in found:
        if known_digits(code) is None:
            message = f'"{code}" is no currency with minor digits in ISO 4217: booked with two digits'
            yield Check(
                Code.CURRENCY, Outcome.EXCEPTION, message, month.account, subject=Subject(SubjectKind.CURRENCY, code)
            )
    if len(found) == 1 and known_digits(found[0]) is not None:
        yield Check(Code.CURRENCY, Outcome.PASS, f"all in {found[0]}", month.account)
