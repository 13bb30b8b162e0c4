"""What FOCUS wants to know of a charge and the platform says in other words: service, quantity, unit, plain text.

The classification is ours and follows the names of the platform's price list; docs/focus.md gives the reasons.
"""

from __future__ import annotations

import re
from functools import lru_cache

from chargeback.model.answers import LineItem, amount_of
from chargeback.model.ledger import Basis, LedgerLine
from chargeback.model.money import format_exact

PROVIDER = "deploys.app"
USAGE, ADJUSTMENT = "Usage", "Adjustment"
"""``ChargeCategory``: a charge for a measured quantity, and any other, of which FOCUS wants no quantity."""
COUNT = "Units"
"""The unit of a quantity of which nobody says the unit."""

Service = tuple[str, str, str]
_DEPLOYMENTS = ("Compute", "Deployments", "Containers")
_NETWORK = ("Networking", "Network", "Network Connectivity")
_DROPBOX = ("Storage", "Dropbox", "Object Storage")
_STATIC = ("Web", "Static sites", "Application Platforms")
_OTHER = ("Other", PROVIDER, "Other (Other)")
_SERVICES = {
    "cpu": _DEPLOYMENTS,
    "cpuusage": _DEPLOYMENTS,
    "memory": _DEPLOYMENTS,
    "replica": _DEPLOYMENTS,
    "disk": ("Storage", "Disks", "Block Storage"),
    "egress": _NETWORK,
    "cacheegress": ("Networking", "Cache", "Content Delivery"),
    "registryegress": ("Developer Tools", "Registry", "Other (Developer Tools)"),
    "dropboxegress": _DROPBOX,
    "dropboxstorage": _DROPBOX,
    "staticegress": _STATIC,
    "staticstorage": _STATIC,
}
_TIMES = {word: f"{word.capitalize()}s" for word in ("year", "month", "day", "hour", "minute", "second")}
_UNIT = re.compile(r"[A-Za-z][A-Za-z0-9]*( [A-Za-z][A-Za-z0-9]*)*(-[A-Z][a-z]+s)?", re.ASCII)
_DIGITS = re.compile(r"[0-9]+", re.ASCII)


@lru_cache(4096)
def service(resource: str) -> Service:
    """(ServiceCategory, ServiceName, ServiceSubcategory) of a resource; a service has just one category."""
    return _SERVICES.get(re.sub(r"[^a-z0-9]", "", resource.casefold()), _OTHER)


@lru_cache(4096)
def unit_format(unit: str) -> str:
    """The unit as FOCUS spells it, "vCPU-Hours" for "vCPU-hour"; ``COUNT`` where there is none, or an odd one."""
    measure, dash, time = unit.strip().rpartition("-")
    plural = _TIMES.get(time.lower().removesuffix("s"), time)
    spelled = f"{measure}{dash}{plural}"
    return spelled if _UNIT.fullmatch(spelled) else COUNT


def quantity(line: LedgerLine, item: LineItem | None) -> str:
    """The line's measured quantity as a decimal number, "" where nobody says one.

    The report's usage; for a by-SKU line that is booked whole the invoice's own quantity.
    """
    if line.usage:
        return decimal_text(line.usage)
    if item is None or item.is_by_project or item.quantity is None or line.basis is not Basis.INVOICE_LINE:
        return ""
    return decimal_text(format_exact(amount_of(item.quantity)))


def decimal_text(number: str) -> str:
    """The number with a decimal point: FOCUS' type is Decimal, and readers of CSV take "720" for an integer."""
    return number if "." in number else f"{number}.0"


def description(line: LedgerLine) -> str:
    """The charge in plain words, ASCII alone, as FOCUS' checker wants it; ``x_ChargeDescription`` has the original."""
    if line.description and line.description.isascii():
        return line.description
    if line.basis is Basis.ADJUSTMENT:
        return "What the invoice holds beyond its lines"
    what = line.resource if line.resource.isascii() else ""
    return " of ".join(part for part in (what or "Charge", line.project if line.project.isascii() else "") if part)


def account_text(account: str) -> str:
    """The account's id as a text also where it is a number ("1042"), which readers of CSV would make of it."""
    return f"{PROVIDER}/{account}" if _DIGITS.fullmatch(account) else account


def name_text(name: str, otherwise: str) -> str:
    """A name from outside, or another one where it is empty or not ASCII."""
    return name if name.strip() and name.isascii() else otherwise
