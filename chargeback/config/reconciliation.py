"""``[reconciliation]`` and ``[[accepted]]``: what a check may differ by, and which exceptions someone answers for."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, cast

from chargeback.config.key_path import KeyPath, did_you_mean, listed, shown
from chargeback.config.scalars import amount, choice, identifier, month, text
from chargeback.config.settings import AcceptedException, Reconciliation
from chargeback.config.table import Table
from chargeback.model.catalogue import VARIANCE_CODES
from chargeback.model.check import Code

RECONCILIATION_KEYS = ("tolerance", "tax_basis", "history_variance_percent")
TOLERANCE_KEYS = ("absolute", "percent")
ACCEPTED_KEYS = ("check", "account", "invoice", "subject", "up_to", "until", "reason", "by")

EVERY_REPORT_CHECK = "report-*"
"""In ``[[accepted]]``: any of the checks that compare with the report."""


def reconciliation(place: KeyPath, value: object) -> Reconciliation:
    """The ``[reconciliation]`` table."""
    table, default = Table.of(place, value, RECONCILIATION_KEYS), Reconciliation()
    absolute, percent = table.optional("tolerance", tolerance, (default.tolerance_absolute, default.tolerance_percent))
    return Reconciliation(
        tolerance_absolute=absolute,
        tolerance_percent=percent,
        tax_basis=table.optional("tax_basis", tax_basis, default.tax_basis),
        history_variance_percent=table.optional("history_variance_percent", amount, default.history_variance_percent),
    )


def tolerance(place: KeyPath, value: object) -> tuple[Decimal, Decimal]:
    """The absolute tolerance, in the invoice's currency, and the one in percent of the expected amount."""
    table, default = Table.of(place, value, TOLERANCE_KEYS), Reconciliation()
    return (
        table.optional("absolute", amount, default.tolerance_absolute),
        table.optional("percent", amount, default.tolerance_percent),
    )


def tax_basis(place: KeyPath, value: object) -> Literal["gross", "net"]:
    """Whether the report's values include tax."""
    return cast(Literal["gross", "net"], choice("gross", "net")(place, value))


def accepted(place: KeyPath, value: object) -> AcceptedException:
    """One ``[[accepted]]`` entry; a check that has a variance needs the most that is accepted of it."""
    table = Table.of(place, value, ACCEPTED_KEYS)
    check = table.required("check", acceptable)
    if has_variance(check) and "up_to" not in table.values:
        raise place.error(
            f'{check} has a variance, and the key "up_to" is missing', 'add the most to accept: up_to = "12.50"'
        )
    return AcceptedException(
        check=check,
        account=table.required("account", identifier),
        until=table.required("until", month),
        reason=table.required("reason", text),
        by=table.required("by", text),
        invoice=table.optional("invoice", identifier, None),
        subject=table.optional("subject", text, None),
        up_to=table.optional("up_to", amount, None),
    )


def acceptable(place: KeyPath, value: object) -> str:
    """A check's code, or ``report-*``; the ledgers' own control can never be accepted (BOOKING 6)."""
    checked, codes = text(place, value), [*Code, EVERY_REPORT_CHECK]
    if checked not in codes:
        raise place.error(
            f"there is no check {shown(checked)}", did_you_mean(checked, codes, f"checks are: {listed(codes)}")
        )
    if checked == Code.LEDGER_CONTROL:
        raise place.error(f"{checked} cannot be accepted: ledgers that do not add up are wrong", "remove the entry")
    return checked


def has_variance(check: str) -> bool:
    """Whether an exception of this check, or of one that it stands for, has a variance."""
    return check == EVERY_REPORT_CHECK or check in VARIANCE_CODES
