"""What the platform has billed as things stand at an instant, added up from the sandbox's own records.

Nothing of the package but the sandbox is used here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from chargeback.sandbox.months import Month
from chargeback.sandbox.world import DocumentsAway, World, holding


@dataclass(frozen=True, slots=True)
class Billed:
    """One issued invoice in minor units; ``withheld`` is what was deducted when paying, as known by then; ``cost`` is
    its net, and its gross where its buyer is an individual, who may reclaim no tax.
    """

    net: int
    tax: int
    gross: int
    withheld: int
    paid: bool
    cost: int


def billed(world: World, month: Month, moment: datetime) -> dict[tuple[str, str], Billed]:
    """Account and number of each open and paid invoice of the month, of the accounts that can be seen."""
    found = {}
    for account in world.accounts:
        if not world.listed(account.id, moment):
            continue
        for invoice, status in world.invoices_at(account.id, month, moment):
            if status in ("open", "paid"):
                withheld = invoice.withholding if status == "paid" and invoice.withheld(moment) else 0
                key = (account.id, invoice.number)
                cost = invoice.subtotal if account.type == "company" else invoice.total
                found[key] = Billed(invoice.subtotal, invoice.tax, invoice.total, withheld, status == "paid", cost)
    return found


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment in minor units; ``pending`` is the tax that it makes due; ``stands``: its invoice is not void now."""

    concerns: str
    moment: datetime
    day: date
    pending: int
    gross: int
    withheld: int
    stands: bool


def payments(world: World, months: Iterable[str], moment: datetime) -> dict[tuple[str, str], Payment]:
    """By account and number, every payment until an instant of an invoice of these months."""
    found = {}
    for account in world.accounts:
        for month in months:
            for invoice, status in world.invoices_at(account.id, Month.parse(month), moment):
                paid_at = invoice.paid_at
                if paid_at is None or paid_at > moment or not world.listed(account.id, moment):
                    continue
                found[account.id, invoice.number] = Payment(
                    concerns=month,
                    moment=paid_at,
                    day=paid_at.astimezone(world.zone).date(),
                    pending=invoice.tax if account.type == "company" else 0,
                    gross=invoice.total,
                    withheld=invoice.withholding,
                    stands=status == "paid",
                )
    return found


def shown(world: World, month: Month, moment: datetime) -> object:
    """All that a run can see of a month, documents aside: another value is needed for another revision."""
    accounts = tuple(account.id for account in world.accounts if world.listed(account.id, moment))
    invoices = tuple(
        (invoice.id, status, invoice.withheld(moment))
        for account in accounts
        for invoice, status in world.invoices_at(account, month, moment)
        if status != "draft"
    )
    return accounts, invoices


def documents_away(world: World, moment: datetime) -> bool:
    """Whether no PDF can be had."""
    return bool(holding(world.events, DocumentsAway, moment))
