"""Invoices from metered rows, by integer arithmetic that is right to the minor unit.

By project: lines are gross, each project's cost rounded; total is their sum, tax is backed out of it.
By SKU: lines are net, quantity x unit price rounded; subtotal is their sum, tax is added to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from chargeback.sandbox.months import Month, day_start, days_after
from chargeback.sandbox.records import (
    Account,
    Identity,
    Invoice,
    Line,
    Row,
    divide_rounded,
    minor_digits,
    minor_from_micros,
)

CHANGEOVER = datetime(2026, 6, 10, tzinfo=UTC)
ISSUE_DELAY = timedelta(days=1, hours=3)  # from a period's end: the 2nd, early in the morning
DRAFT_AHEAD = timedelta(minutes=30)  # a draft exists so long before its issue
VOID_DELAY = timedelta(hours=6)  # from issue to the discovery that an invoice is wrong
REPLACEMENT_DELAY = timedelta(hours=8)


def monthly_invoices(
    account: Account, month: Month, rows: tuple[Row, ...], zone: ZoneInfo, identity: Identity, issue_delay: timedelta
) -> tuple[Invoice, ...]:
    """Every invoice of an account's month, in order of period; none for a period without cost."""
    invoices: list[Invoice] = []
    for part, (first, last) in enumerate(_parts(account, month)):
        invoice = _part_invoice(account, month, rows, zone, identity, issue_delay, 2 * part, first, last)
        if invoice.total:
            invoices += _with_replacement(invoice, identity, 2 * part + 1, min(1.0, issue_delay / ISSUE_DELAY))
    return tuple(invoices)


def _parts(account: Account, month: Month) -> list[tuple[int, int]]:
    """The periods billed, as half-open ranges of days counted from 0."""
    days = len(month.days())
    return [(0, days)] if account.parts == 1 else [(0, 15), (15, days)]


def _part_invoice(
    account: Account,
    month: Month,
    rows: tuple[Row, ...],
    zone: ZoneInfo,
    identity: Identity,
    issue_delay: timedelta,
    slot: int,
    first: int,
    last: int,
) -> Invoice:
    days = (*month.days(), month.plus(1).days()[0])
    start, end = day_start(days[first], zone), day_start(days[last], zone)
    issued_at = end + issue_delay
    by_project = account.shape == "project" or (account.shape == "changeover" and issued_at >= CHANGEOVER)
    make = project_lines if by_project else sku_lines
    lines = make(account, rows, first, last)
    subtotal, tax, total = header(account, lines)
    blank = Invoice(
        id=identity.invoice_id(account.position, month, slot),
        number=identity.invoice_number(account.position, month, slot),
        receipt_number=identity.receipt_number(account.position, month, slot),
        account=account, month=month, start=start, end=end, lines=lines,
        subtotal=subtotal, tax=tax, total=total,
        withholding=divide_rounded(subtotal * account.withholding_percent, 100),
        created_at=max(end, issued_at - DRAFT_AHEAD), issued_at=issued_at,
    )  # fmt: skip
    return paid(blank, None if account.pays_after is None else days_after(issued_at, account.pays_after))


def _with_replacement(invoice: Invoice, identity: Identity, slot: int, hurry: float) -> list[Invoice]:
    """The invoice, or where the account's rhythm says so a void one and its replacement; ``hurry``: how much of the
    usual time is left between them early in a month, when invoices are issued sooner too."""
    every = invoice.account.replaced_every
    if not every or invoice.month.ordinal % every:
        return [invoice]
    voided_at, replaced_at = (invoice.issued_at + delay * hurry for delay in (VOID_DELAY, REPLACEMENT_DELAY))
    return list(replaced(invoice, voided_at, replaced_at, identity, slot))


def replaced(
    invoice: Invoice, voided_at: datetime, replaced_at: datetime, identity: Identity, slot: int
) -> tuple[Invoice, Invoice]:
    """The invoice, void from an instant, and another one for the same period issued at a later instant."""
    payment = invoice.paid_at - invoice.issued_at if invoice.paid_at else None
    other = replace(
        invoice,
        id=identity.invoice_id(invoice.account.position, invoice.month, slot),
        number=identity.invoice_number(invoice.account.position, invoice.month, slot),
        receipt_number=identity.receipt_number(invoice.account.position, invoice.month, slot),
        created_at=max(invoice.created_at, replaced_at - DRAFT_AHEAD),
        issued_at=replaced_at,
    )
    void = replace(paid(invoice, None), voided_at=voided_at)
    return void, paid(other, replaced_at + payment if payment else None)


def paid(invoice: Invoice, moment: datetime | None) -> Invoice:
    """The invoice, paid at an instant with its withholding recorded then; never paid for None."""
    return replace(invoice, paid_at=moment, withheld_at=moment if invoice.withholding else None)


def project_lines(account: Account, rows: Iterable[Row], first: int, last: int) -> tuple[Line, ...]:
    """One gross line a project with cost in the days, in the order of the rows."""
    lines = []
    for project, mine in groupby(rows, key=lambda row: row.project):
        micros = sum(sum(row.values[first:last]) for row in mine)
        amount = minor_from_micros(micros, account.currency)
        if amount:
            lines.append(Line(project.name, amount, project_id=project.id, project=project.sid))
    return tuple(lines)


def sku_lines(account: Account, rows: Iterable[Row], first: int, last: int) -> tuple[Line, ...]:
    """One net line a resource used in the days, in order of first use."""
    used: dict[str, list[Row]] = {}
    for row in rows:
        used.setdefault(row.resource.sku, []).append(row)
    lines = (_sku_line(account, mine, first, last) for mine in used.values())
    return tuple(line for line in lines if line.amount)


def _sku_line(account: Account, rows: list[Row], first: int, last: int) -> Line:
    resource = rows[0].resource
    quantity = sum(sum(row.usage[first:last]) for row in rows)
    price = resource.price_in(account.currency)
    amount = divide_rounded(quantity * price * 10 ** minor_digits(account.currency), 10_000)
    return Line(resource.label, amount, sku=resource.sku, unit=resource.unit, quantity=quantity, price=price)


def header(account: Account, lines: tuple[Line, ...]) -> tuple[int, int, int]:
    """Subtotal, tax and total, in minor units, that follow from the lines."""
    footed = sum(line.amount for line in lines)
    if lines and lines[0].sku:
        tax = divide_rounded(footed * account.tax_percent, 100)
        return footed, tax, footed + tax
    tax = divide_rounded(footed * account.tax_percent, 100 + account.tax_percent)
    return footed - tax, tax, footed
