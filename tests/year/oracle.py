"""What the platform has billed as things stand at an instant, added up from the sandbox's own records.

Nothing of the package but the sandbox is used here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chargeback.sandbox.events import DocumentsAway, holding
from chargeback.sandbox.months import Month
from chargeback.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Billed:
    """One issued invoice in minor units; ``withheld`` is what was deducted when paying, as known by then."""

    net: int
    tax: int
    gross: int
    withheld: int
    paid: bool


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
                found[key] = Billed(invoice.subtotal, invoice.tax, invoice.total, withheld, status == "paid")
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
