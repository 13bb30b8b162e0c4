"""Answers that are right in themselves but about something else: another account, another invoice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from chargeback.sandbox.dialect import Dialect
from chargeback.sandbox.faults import Fault
from chargeback.sandbox.wire import Answer, encoded
from chargeback.sandbox.world import World


def misdirected(
    world: World, dialect: Dialect, function: str, payload: Mapping[str, Any], fault: Fault, now: datetime
) -> Mapping[str, Any]:
    """The request, or for the faults wrong-account and wrong-invoice one about another account or invoice."""
    if not fault.name.startswith("wrong-"):
        return payload
    subject = dialect.subject(function, payload)
    by_invoice = world.invoice(subject) is not None
    if fault.name == "wrong-account" and not by_invoice:
        return dialect.naming(function, payload, other_account(world, subject))
    if fault.name == "wrong-invoice" and by_invoice:
        return dialect.naming(function, payload, other_invoice(world, subject, now))
    return payload


def misattributed(world: World, function: str, answer: Answer, fault: Fault) -> Answer:
    """The answer, or for the fault wrong-account an invoice that names another account."""
    if fault.name != "wrong-account" or function != "billing.getInvoice":
        return answer
    document = json.loads(answer.body)
    document["result"]["billingAccountId"] = other_account(world, document["result"]["billingAccountId"])
    return replace(answer, body=encoded(document))


def other_account(world: World, account_id: str) -> str:
    """Another account's id, where there is one."""
    return next((account.id for account in world.accounts if account.id != account_id), account_id)


def other_invoice(world: World, invoice_id: str, now: datetime) -> str:
    """Another invoice's id, where there is one."""
    known = (invoice.id for account in world.accounts for invoice, _ in world.invoices(account.id, now))
    return next((other for other in known if other != invoice_id), invoice_id)
