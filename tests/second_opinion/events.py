"""What may happen between two runs of a month: a month's answers -> those of the later run (BOOKING 7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from .answers import AccountAnswers, Month, Reply, decode
from .invoices import BOOKED
from .worlds import encoded, stamp

Event = Callable[[Month], Month]
CENT = Decimal("0.01")


def changed(reply: Reply, change: Callable[[Any], None]) -> Reply:
    """The answer with its ``result`` changed in place; a refusal stays."""
    answer = decode(reply.body)
    if not answer.get("ok") or not answer.get("result"):
        return reply
    change(answer["result"])
    return replace(reply, body=encoded(answer))


def of_accounts(change: Callable[[AccountAnswers], AccountAnswers]) -> Event:
    """The event that changes each account's answers."""
    return lambda month: replace(month, accounts={name: change(each) for name, each in month.accounts.items()})


def of_invoices(change: Callable[[dict[str, Any]], None]) -> Event:
    """The event that changes each issued invoice, in its list row and its detail."""

    def issued(invoice: dict[str, Any]) -> None:
        if invoice.get("status") in BOOKED:
            change(invoice)

    def listed(result: Any) -> None:
        for row in result.get("items") or ():
            issued(row)

    def both(answers: AccountAnswers) -> AccountAnswers:
        details = {id_: changed(detail, issued) for id_, detail in answers.details.items()}
        return replace(answers, invoices=changed(answers.invoices, listed), details=details)

    return of_accounts(both)


def of_lines(change: Callable[[dict[str, Any]], None]) -> Event:
    """The event that changes the first line of each issued invoice."""

    def first(invoice: dict[str, Any]) -> None:
        for line in (invoice.get("lineItems") or ())[:1]:
            change(line)

    return of_invoices(first)


def of_reports(change: Callable[[dict[str, Any]], None]) -> Event:
    """The event that changes the first row of each report."""

    def first(result: Any) -> None:
        for row in (result.get("list") or ())[:1]:
            change(row)

    return of_accounts(lambda answers: replace(answers, report=changed(answers.report, first)))


def a_little_larger(result: Any) -> None:
    """Each value of the report is larger by the same small part: what it divides stays as it is."""
    for row in result.get("list") or ():
        row["billingValue"] = Decimal(row["billingValue"]) * Decimal("1.00001")


def of_config(old: str, new: str) -> Event:
    """The event that changes the configuration."""
    return lambda month: replace(month, config=month.config.replace(old, new))


def paid(invoice: dict[str, Any]) -> None:
    """The invoice was paid."""
    if invoice["status"] == "open":
        invoice |= {"status": "paid", "paidAt": "2027-03-01T00:00:00Z", "receiptNumber": "R-1"}


def paid_less_tax(invoice: dict[str, Any]) -> None:
    """It was paid, and tax was withheld, at no stated rate."""
    if invoice["status"] == "open":
        paid(invoice)
        invoice["withholdingTaxAmount"] = 5


def more(key: str, by: Decimal) -> Callable[[dict[str, Any]], None]:
    """The amount is larger by so much."""

    def change(fields: dict[str, Any]) -> None:
        if fields.get(key) is not None:
            fields[key] = Decimal(fields[key]) + by

    return change


def set_to(**values: Any) -> Callable[[dict[str, Any]], None]:
    """The fields are these."""
    return lambda fields: fields.update(values)


def renamed(month: Month) -> Month:
    """Accounts and projects have other display names."""

    def names(result: Any) -> None:
        for each in (result, *(result.get("items") or ()), *(result.get("projectList") or ())):
            if each.get("name"):
                each["name"] = "Renamed"

    accounts = {name: replace(each, get=changed(each.get, names)) for name, each in month.accounts.items()}
    return replace(month, accounts=accounts, projects=changed(month.projects, names))


def an_hour_later(month: Month) -> Month:
    """Everything is asked again, an hour later."""

    def later(reply: Reply) -> Reply:
        asked = stamp(datetime.fromisoformat(reply.requested_at) + timedelta(hours=1))
        try:
            date = format_datetime(parsedate_to_datetime(reply.date or "") + timedelta(hours=1), usegmt=True)
        except ValueError:
            return replace(reply, requested_at=asked)
        return replace(reply, requested_at=asked, date=date)

    accounts = {
        name: AccountAnswers(
            later(each.get),
            later(each.report),
            later(each.invoices),
            {id_: later(detail) for id_, detail in each.details.items()},
        )
        for name, each in month.accounts.items()
    }
    run_at = stamp(datetime.fromisoformat(month.run_at) + timedelta(hours=1))
    return replace(month, run_at=run_at, accounts=accounts, projects=later(month.projects))


def another_message(month: Month) -> Month:
    """Refusals say the same in other words."""

    def told(reply: Reply) -> Reply:
        return replace(reply, body=reply.body.replace(b"something went wrong", b"something went wrong, sorry"))

    return of_accounts(lambda answers: replace(answers, report=told(answers.report)))(month)


EVENTS: dict[str, Event] = {
    "nothing": lambda month: month,
    "an hour later": an_hour_later,
    "another message": another_message,
    "paid": of_invoices(paid),
    "paid less tax": of_invoices(paid_less_tax),
    "renamed": renamed,
    "a comment": of_config("[[teams]]", "# ours\n[[teams]]"),
    "a team renamed": of_config('name = "First"', 'name = "Foremost"'),
    "another cost centre": of_config('cost_center = "=CC"', 'cost_center = "CC-2"'),
    "another team": lambda month: replace(month, config=month.config + '[[teams]]\nid = "late"\n'),
    "void": of_invoices(set_to(status="void")),
    "a total's cent": of_invoices(more("total", CENT)),
    "a line's cent": of_lines(more("amount", CENT)),
    "a tax's cent": of_invoices(more("taxAmount", CENT)),
    "a description": of_lines(set_to(description="otherwise")),
    "a quantity": of_lines(set_to(quantity=7, unitPrice=None)),
    "another day of issue": of_invoices(set_to(issuedAt="2027-02-20T00:00:00Z")),
    "another rate": of_invoices(set_to(taxRate=Decimal("0.1"))),
    "a rate's last digit": of_invoices(more("taxRate", Decimal("0.0000001"))),
    "tax withheld": of_invoices(set_to(withholdingTaxAmount=5)),
    "a report's cent": of_reports(more("billingValue", CENT)),
    "a report's last digit": of_reports(more("billingValue", Decimal("0.0000001"))),
    "a larger report": of_accounts(lambda answers: replace(answers, report=changed(answers.report, a_little_larger))),
    "projects refused": lambda month: replace(
        month, projects=replace(month.projects, body=b'{"ok": false, "error": {"message": "api: forbidden"}}')
    ),
}
"""By what happened; each is applied to every account of the month."""
