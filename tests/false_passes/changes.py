"""Kinds of change: each takes a right month, takes away, adds, shifts, swaps or relabels something material, and says
what must then be told.

A change is material where it is several times the tolerance and what rounding may explain; a month that holds nothing
so large, or nothing of the kind, gives None. What only one source states is ``alone``: counted apart, as nothing in the
answers could contradict it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from .answers import (
    INACTIVE,
    ISSUED,
    AccountAnswers,
    Month,
    bounds,
    document_text,
    stamp,
    unit_of,
)
from .right_months import is_by_project, list_row, refoot

Item = TypeVar("Item")
Detail = dict[str, Any]
TIE_OUT = ("report-total", "report-project", "report-resource")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One way to name what is wrong: a check of one of these codes, of that account, that holds the text."""

    codes: tuple[str, ...]
    account: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Altered:
    """A month that must not pass: how it may end, what must be named (one of these), what a user would have lost."""

    month: Month
    lost: str
    wanted: tuple[Wanted, ...] = ()
    exits: tuple[int, ...] = (3,)
    alone: bool = False


@dataclass(slots=True)
class Hand:
    """What a change works with: a copy of the month, and a random choice."""

    month: Month
    draw: random.Random

    def one(self, items: Sequence[Item]) -> Item | None:
        """One of these, None where there is none."""
        return self.draw.choice(items) if items else None

    def billed(self) -> list[AccountAnswers]:
        """The accounts with booked invoices."""
        return [account for account in self.month.accounts if account.booked]

    def account(self, fits: Callable[[AccountAnswers], bool] = lambda account: True) -> AccountAnswers | None:
        """One billed account that fits."""
        return self.one([account for account in self.billed() if fits(account)])

    def material(self, account: AccountAnswers) -> Decimal:
        """The least amount that no tolerance and no rounding can explain."""
        total = sum((account.detail(key)["total"] for key in account.booked), Decimal(0))
        tolerance = max(self.month.tolerance, self.month.percent * abs(total) / 100)
        return 3 * tolerance + 100 * unit_of(account.currency)

    def amount(self, account: AccountAnswers) -> Decimal:
        """A material amount, another one each time, so that two changes seldom undo each other."""
        unit = unit_of(account.currency)
        return (self.material(account) * self.draw.randint(1000, 3000) / 1000).quantize(unit)

    def is_last_month(self) -> bool:
        """Whether the month is the last one that was over when it was closed."""
        return self.month.run_at < bounds(self.month.run_at.strftime("%Y-%m"), "UTC")[1] and (
            (self.month.run_at - self.month.bounds()[1]).days < 27
        )


Change = Callable[[Hand], "Altered | None"]
CHANGES: dict[str, Change] = {}
"""By name, every kind."""
ALONE = (
    "usage of a row",
    "a resource's value moved between two projects",
    "a project's value moved between two resources",
    "rate and tax of another rate, same total",
    "points moved within the chart",
)
"""The kinds that no second source can contradict, whatever the month."""


def kind(name: str) -> Callable[[Change], Change]:
    """Enters a change under its name."""

    def entered(change: Change) -> Change:
        CHANGES[name] = change
        return change

    return entered


def altered(name: str, month: Month, seed: int) -> Altered | None:
    """The month changed by that kind; None where the month holds nothing of it."""
    return CHANGES[name](Hand(month.copy(), random.Random(f"{name} {seed}")))


# --- what accounts hold ----------------------------------------------------------------------------------------------


def details(account: AccountAnswers) -> list[Detail]:
    """The booked invoices."""
    return [account.detail(key) for key in account.booked]


def shape(account: AccountAnswers) -> str:
    """ "project", "sku", or "both" over the account's booked lines."""
    found = {is_by_project(line) for detail in details(account) for line in detail["lineItems"] if line["amount"]}
    return "both" if len(found) == 2 else "project" if found == {True} else "sku"


def is_of(*shapes: str) -> Callable[[AccountAnswers], bool]:
    """Accounts of these shapes."""
    return lambda account: shape(account) in shapes


def has_parts(account: AccountAnswers) -> bool:
    """Two invoices of the month."""
    return len(account.booked) > 1


def is_billed_before(account: AccountAnswers) -> bool:
    """An invoice of an earlier month is listed, up to where the first one of this month begins."""
    rows = account.rows if isinstance(account.rows, list) else []
    starts = min(detail["periodStart"] for detail in details(account))
    return any(row["periodEnd"] == starts and row["status"] in ISSUED for row in rows)


def label_of(line: Detail) -> str:
    """What a line is called in checks: project, SKU, or description."""
    return str(line.get("project") or line.get("projectId") or line.get("sku") or line.get("description"))


def subject_of(account: AccountAnswers, line: Detail) -> str:
    """What a check calls the line's project, or the report's rows that it names."""
    if is_by_project(line):
        return str(line["project"])
    name = str(line.get("sku") or line["description"]).casefold()
    rows = [str(row["name"]) for row in rows_of(account) if str(row["name"]).casefold() == name]
    return min(rows, default=label_of(line))


def rows_of(account: AccountAnswers) -> list[Detail]:
    """The report's rows."""
    assert isinstance(account.report, dict)
    found: list[Detail] = account.report["list"]
    return found


def sid_of(account: AccountAnswers, row: Detail) -> str:
    """The sid of a report row's project."""
    name = str(row.get("projectSid") or row.get("projectId"))
    return account.sids.get(name, name)


def values(account: AccountAnswers, *, project: str = "", resource: str = "") -> Decimal:
    """The report's value of a project or a resource."""
    rows = rows_of(account)
    return sum(
        (
            row["billingValue"]
            for row in rows
            if project in ("", sid_of(account, row)) and resource in ("", str(row["name"]))
        ),
        Decimal(0),
    )


def projects_in(account: AccountAnswers) -> list[str]:
    """The sids of the report's rows that cost something."""
    return sorted({sid_of(account, row) for row in rows_of(account) if row["billingValue"]})


def resources_in(account: AccountAnswers) -> list[str]:
    """The names of the report's rows that cost something."""
    return sorted({str(row["name"]) for row in rows_of(account) if row["billingValue"]})


def relist(account: AccountAnswers, detail: Detail) -> None:
    """The list row made to agree with the detail."""
    assert isinstance(account.rows, list)
    place = next(place for place, row in enumerate(account.rows) if row["id"] == detail["id"])
    account.rows[place] = list_row(detail)


def settle(account: AccountAnswers, detail: Detail) -> None:
    """Header and list row made to follow from the lines."""
    refoot(detail)
    if detail.get("withholdingTaxAmount"):
        detail["withholdingTaxAmount"] = (detail["subtotal"] * detail["withholdingTaxRate"]).quantize(
            unit_of(detail["currency"]), "ROUND_HALF_UP"
        )
    relist(account, detail)


def rechart(account: AccountAnswers) -> None:
    """The report's chart made to foot to its rows again."""
    assert isinstance(account.report, dict)
    chart = account.report["chart"]
    length = len(chart["categories"])
    if length:
        total = sum((row["billingValue"] for row in rows_of(account)), Decimal(0))
        part = (total / length).quantize(Decimal(1).scaleb(-6))
        points = [part] * (length - 1)
        chart["series"] = [{"name": "all", "data": [*points, total - sum(points)]}]


def has_chart(account: AccountAnswers) -> bool:
    """Whether the report shows days."""
    return isinstance(account.report, dict) and bool(account.report["chart"]["categories"])


def chosen_line(hand: Hand, fits: Callable[[AccountAnswers], bool] = lambda _: True, least: int = 1) -> Any:
    """(account, detail, line) of a material amount in an invoice of at least so many lines, None without one."""
    found = [
        (account, detail, line)
        for account in hand.billed()
        if fits(account)
        for detail in details(account)
        for line in detail["lineItems"]
        if len(detail["lineItems"]) >= least and line["amount"] >= 4 * hand.material(account)
    ]
    return hand.one(found)


def tied(account: AccountAnswers, line: Detail) -> tuple[Wanted, ...]:
    """The tie-out of a line's project or resource; where both shapes meet only the total is bound to notice."""
    subject = subject_of(account, line)
    grain = "report-project" if is_by_project(line) else "report-resource"
    if shape(account) == "both":
        return (Wanted((grain,), account.id, subject), Wanted(("report-total",), account.id))
    return (Wanted((grain,), account.id, subject),)


# --- the invoice's lines ---------------------------------------------------------------------------------------------


@kind("line gone, header kept")
def line_gone(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand, least=2)):
        return None
    account, detail, line = found
    detail["lineItems"].remove(line)
    wanted = Wanted(("invoice-footing",), account.id, detail["number"])
    return Altered(hand.month, f"{line['amount']} of {label_of(line)} in adjustments", (wanted,))


@kind("line gone, header follows")
def line_gone_from_all(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand, least=2)):
        return None
    account, detail, line = found
    wanted = tied(account, line)
    if not is_by_project(line):
        wanted = (*wanted, Wanted(("report-resource",), account.id, ""))
    detail["lineItems"].remove(line)
    settle(account, detail)
    return Altered(hand.month, f"{line['amount']} of {label_of(line)} billed to nobody", wanted)


@kind("line added, header follows")
def line_added(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, line = found
    new = {**line, "description": "GPU"} | (
        {"project": "ghost", "projectId": "6666"} if is_by_project(line) else {"sku": "gpu"}
    )
    detail["lineItems"].append(new)
    settle(account, detail)
    name = "ghost" if is_by_project(line) else "gpu"
    wanted = (Wanted(("report-resource", "report-project", "ownership"), account.id, name),)
    return Altered(hand.month, f"{line['amount']} billed that nobody used", wanted)


@kind("line raised, header kept")
def line_raised(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, line = found
    line["amount"] += hand.amount(account)
    wanted = Wanted(("invoice-footing",), account.id, detail["number"])
    return Altered(hand.month, f"too much charged to {label_of(line)}", (wanted,))


@kind("line raised, header follows")
def line_raised_in_all(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, line = found
    by = hand.amount(account)
    reprice(line, line["amount"] + by)
    settle(account, detail)
    return Altered(hand.month, f"{by} more than used paid for {label_of(line)}", tied(account, line))


@kind("line lowered, header follows")
def line_lowered_in_all(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, line = found
    by = hand.amount(account)
    reprice(line, line["amount"] - by)
    settle(account, detail)
    return Altered(hand.month, f"{by} of {label_of(line)} not charged", tied(account, line))


def reprice(line: Detail, amount: Decimal) -> None:
    """The line's amount, with the price that makes it."""
    line["amount"] = amount
    if "unitPrice" in line:
        line |= {"quantity": 1, "unitPrice": amount}


@kind("line twice, header follows")
def line_twice(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, line = found
    detail["lineItems"].append(dict(line))
    settle(account, detail)
    return Altered(hand.month, f"{label_of(line)} charged twice", tied(account, line))


@kind("amounts of two lines swapped")
def lines_swapped(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand, is_of("project", "sku"), least=2)):
        return None
    account, detail, line = found
    others = [other for other in detail["lineItems"] if abs(other["amount"] - line["amount"]) >= hand.material(account)]
    other = hand.one(others)
    if other is None:
        return None
    first, second = line["amount"], other["amount"]
    reprice(line, second)
    reprice(other, first)
    settle(account, detail)
    return Altered(hand.month, f"{label_of(line)} pays for {label_of(other)}", tied(account, line))


@kind("line relabelled as another one's")
def line_relabelled(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand, is_of("project", "sku"), least=2)):
        return None
    account, detail, line = found
    other = hand.one([each for each in detail["lineItems"] if each is not line])
    assert other is not None
    wanted = (*tied(account, line), *tied(account, other))
    names = ("project", "projectId") if is_by_project(line) else ("sku", "description")
    for name in names:
        line.pop(name, None)
        if name in other:
            line[name] = other[name]
    return Altered(hand.month, f"{label_of(other)} pays for another", wanted)


@kind("amount is not quantity x price")
def line_mispriced(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand, is_of("sku", "both"))) or is_by_project(found[2]):
        return None
    account, _, line = found
    line["quantity"] = line["quantity"] * 2
    return Altered(hand.month, "half the quantity at twice the price", (Wanted(("line-arithmetic",), account.id, ""),))


@kind("description joins two resources")
def description_joins(hand: Hand) -> Altered | None:
    """A SKU's description names another resource's rows, and money moves between the two."""
    if not (found := chosen_line(hand, is_of("sku"), least=2)) or not found[2].get("sku"):
        return None
    account, detail, line = found
    others = [
        each
        for each in detail["lineItems"]
        if each.get("sku") and each is not line and abs(each["amount"] - line["amount"]) >= hand.material(account)
    ]
    other = hand.one(others)
    if other is None:
        return None
    wanted = tied(account, line)
    line["description"] = str(other["sku"]).upper()
    first, second = line["amount"], other["amount"]
    reprice(line, second)
    reprice(other, first)
    settle(account, detail)
    return Altered(hand.month, f"{abs(first - second)} moved between two resources' users", wanted)


# --- the invoice's header --------------------------------------------------------------------------------------------


@kind("header above its lines")
def header_above(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, _ = found
    lines = [dict(line) for line in detail["lineItems"]]
    by = hand.amount(account)
    detail["lineItems"][0]["amount"] += by
    settle(account, detail)
    detail["lineItems"] = lines
    wanted = Wanted(("invoice-footing",), account.id, detail["number"])
    return Altered(hand.month, f"{by} paid for no line", (wanted,))


@kind("subtotal and tax are not the total")
def arithmetic_off(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, _ = found
    detail["subtotal"] += unit_of(account.currency)
    relist(account, detail)
    wanted = Wanted(("invoice-arithmetic",), account.id, detail["number"])
    return Altered(hand.month, "an invoice wrong in itself", (wanted,))


@kind("finer than the minor unit")
def finer(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, _ = found
    detail["total"] += unit_of(account.currency) * Decimal("0.3")
    relist(account, detail)
    wanted = Wanted(("invoice-arithmetic",), account.id, detail["number"])
    return Altered(hand.month, "an amount that cannot be paid", (wanted,))


@kind("list shows another total")
def listed_otherwise(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, _ = found
    account.row(detail["id"])["total"] += unit_of(account.currency)
    wanted = Wanted(("invoice-identity",), account.id, detail["number"])
    return Altered(hand.month, "which of two totals is paid", (wanted,))


@kind("tax moved out of the subtotal")
def tax_moved(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, _ = found
    by = hand.amount(account)
    detail["subtotal"] -= by
    detail["taxAmount"] += by
    detail.pop("withholdingTaxAmount", None)
    relist(account, detail)
    wanted = Wanted(("invoice-tax",), account.id, detail["number"])
    return Altered(hand.month, f"{by} of cost claimed as input tax", (wanted,))


@kind("rate raised")
def rate_raised(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, _ = found
    detail["taxRate"] = Decimal(detail["taxRate"]) + Decimal("0.03")
    wanted = Wanted(("invoice-tax",), account.id, detail["number"])
    return Altered(hand.month, "a tax at another rate than stated", (wanted,))


@kind("rate not stated")
def rate_gone(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)) or not found[1]["taxAmount"]:
        return None
    account, detail, _ = found
    if hand.draw.random() < 0.5:  # 900 of 1,000 is tax
        moved = (detail["total"] * Decimal("0.9")).quantize(unit_of(account.currency))
        detail |= {"subtotal": detail["total"] - moved, "taxAmount": moved}
        detail.pop("withholdingTaxAmount", None)
        relist(account, detail)
    detail["taxRate"] = None
    wanted = Wanted(("invoice-tax",), account.id, detail["number"])
    return Altered(hand.month, f"{detail['taxAmount']} of tax that nothing proves", (wanted,))


@kind("withheld is not rate x subtotal")
def withheld_off(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, _ = found
    by = hand.amount(account)
    detail |= {"withholdingTaxRate": Decimal("0.03"), "withholdingTaxAmount": detail["subtotal"] * 3 / 100 + by}
    detail["withholdingTaxAmount"] = detail["withholdingTaxAmount"].quantize(unit_of(account.currency))
    wanted = Wanted(("invoice-withholding",), account.id, detail["number"])
    return Altered(hand.month, f"{by} withheld too much", (wanted,))


@kind("invoice in minor units")
def in_minor_units(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, line = found
    for each in detail["lineItems"]:
        reprice(each, each["amount"] * 100)
    settle(account, detail)
    wanted = tied(account, line)
    return Altered(hand.month, "a hundred times the cost", wanted)


@kind("detail in minor units, list not")
def detail_in_minor_units(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, _ = found
    row = dict(account.row(detail["id"]))
    for each in detail["lineItems"]:
        reprice(each, each["amount"] * 100)
    settle(account, detail)
    account.row(detail["id"]).update(row)
    wanted = Wanted(("invoice-identity",), account.id, detail["number"])
    return Altered(hand.month, "a hundred times the cost", (wanted,))


SAME_DIGITS = {"THB": "USD", "USD": "THB", "EUR": "THB", "JPY": "KRW", "KRW": "JPY", "KWD": "BHD", "BHD": "KWD"}


@kind("currency in the data, another one on the documents")
def currency_in_data(hand: Hand) -> Altered | None:
    account = hand.account()
    if account is None:
        return None
    number = ""
    for detail in details(account):
        account.documents[detail["id"], "invoice"] = document_text(detail, "invoice")
        detail["currency"] = SAME_DIGITS[detail["currency"]]
        relist(account, detail)
        number = detail["number"]
    return Altered(hand.month, "another currency paid", (Wanted(("invoice-pdf",), account.id, number),))


@kind("currency on one document is another one")
def currency_on_document(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, _ = found
    shown = {**detail, "currency": SAME_DIGITS[detail["currency"]]}
    account.documents[detail["id"], "invoice"] = document_text(shown, "invoice")
    return Altered(hand.month, "another currency paid", (Wanted(("invoice-pdf",), account.id, detail["number"]),))


@kind("currency of one of two invoices")
def currency_of_one(hand: Hand) -> Altered | None:
    account = hand.account(has_parts)
    if account is None:
        return None
    detail = details(account)[0]
    detail["currency"] = SAME_DIGITS[detail["currency"]]
    relist(account, detail)
    return Altered(hand.month, "two currencies added up", (Wanted(("currency",), account.id, detail["currency"]),))


@kind("currency of the detail alone")
def currency_of_detail(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, _ = found
    detail["currency"] = SAME_DIGITS[detail["currency"]]
    wanted = Wanted(("invoice-identity",), account.id, detail["number"])
    return Altered(hand.month, "which of two currencies is paid", (wanted,))


@kind("currency that does not exist")
def currency_unknown(hand: Hand) -> Altered | None:
    account = hand.account()
    if account is None:
        return None
    code = hand.draw.choice(("XYZ", "thb", "=1+1", "THB\nx"))
    for detail in details(account):
        detail["currency"] = code
        relist(account, detail)
    return Altered(hand.month, "amounts in nothing", (Wanted(("currency",), account.id, code.split("\n")[0]),))


# --- whole invoices --------------------------------------------------------------------------------------------------


def taken(account: AccountAnswers, detail: Detail) -> None:
    """The invoice taken out of list and details."""
    assert isinstance(account.rows, list)
    account.rows = [row for row in account.rows if row["id"] != detail["id"]]
    del account.details[detail["id"]]


def emptied(hand: Hand, account: AccountAnswers) -> None:
    """Nothing of the month left in list and details: no invoice, no void one, no draft."""
    assert isinstance(account.rows, list)
    first = stamp(hand.month.bounds()[0])
    account.rows = [row for row in account.rows if row["periodEnd"] <= first]
    account.details = {}


def missing(hand: Hand, account: AccountAnswers, lost: str) -> Altered:
    """An account without an invoice of the month: not ready, or an exception where the month is long over."""
    wanted = Wanted(("invoice-issued", "error"), account.id)
    return Altered(hand.month, lost, (wanted,), (4,) if hand.is_last_month() else (3,))


@kind("one of two invoices gone")
def part_gone(hand: Hand) -> Altered | None:
    account = hand.account(has_parts)
    if account is None:
        return None
    detail = hand.draw.choice(details(account))
    is_first_of_all = detail is details(account)[0] and not is_billed_before(account)
    taken(account, detail)
    codes = ("report-total",) if is_first_of_all else ("invoice-cutoff",)
    return Altered(hand.month, f"{detail['total']} not booked", (Wanted(codes, account.id),))


@kind("the only invoice gone")
def all_gone(hand: Hand) -> Altered | None:
    account = hand.account()
    if account is None:
        return None
    emptied(hand, account)
    return missing(hand, account, "a whole month not booked")


@kind("every invoice void")
def all_void(hand: Hand) -> Altered | None:
    account = hand.account()
    if account is None:
        return None
    for detail in details(account):
        detail["status"] = "void"
        relist(account, detail)
    return missing(hand, account, "a whole month not booked")


@kind("every invoice a draft")
def all_drafts(hand: Hand) -> Altered | None:
    account = hand.account()
    if account is None:
        return None
    for detail in details(account):
        detail["status"] = "draft"
        relist(account, detail)
        del account.details[detail["id"]]
    return missing(hand, account, "a whole month not booked")


@kind("void or draft in the detail alone")
def void_in_detail(hand: Hand) -> Altered | None:
    account = hand.account(has_parts)
    if account is None:
        return None
    detail = hand.draw.choice(details(account))
    detail["status"] = hand.draw.choice(("void", "draft"))
    wanted = Wanted(("invoice-identity",), account.id, detail["number"])
    return Altered(hand.month, f"{detail['total']} not booked", (wanted,))


@kind("status that nobody knows")
def unknown_status(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, _ = found
    detail["status"] = hand.draw.choice(("uncollectible", "", "Paid!"))
    relist(account, detail)
    return Altered(hand.month, f"{detail['total']} perhaps not due", (Wanted(("error",), account.id),), (6,))


def moved(account: AccountAnswers, detail: Detail, start: datetime, end: datetime) -> None:
    """The invoice over other days."""
    detail |= {"periodStart": stamp(start), "periodEnd": stamp(end)}
    relist(account, detail)


@kind("period shifted by a month or a year")
def period_shifted(hand: Hand) -> Altered | None:
    account = hand.account(lambda each: len(each.booked) == 1)
    if account is None:
        return None
    start, _ = hand.month.bounds()
    other = hand.draw.choice((start - timedelta(days=365), start - timedelta(days=15), start - timedelta(days=730)))
    period = other.strftime("%Y-%m")
    (detail,) = details(account)
    del account.details[detail["id"]]
    account.archived = None
    for each in hand.month.accounts:
        each.archived = None
    moved(account, detail, *bounds(period, hand.month.zone))
    return missing(hand, account, "a month booked elsewhere")


@kind("period in the detail is the month before's")
def neighbour_in_detail(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, _ = found
    start, end = bounds(hand.month.previous, hand.month.zone)
    detail |= {"periodStart": stamp(start), "periodEnd": stamp(end)}
    wanted = Wanted(("invoice-cutoff", "invoice-identity"), account.id, detail["number"])
    return Altered(hand.month, "another month's invoice booked", (wanted,))


@kind("period reaches outside the month")
def reaches_out(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, _ = found
    start, end = (datetime.fromisoformat(detail[name]) for name in ("periodStart", "periodEnd"))
    by = timedelta(hours=hand.draw.choice((3, 24, 48)))
    moved(account, detail, *((start - by, end) if hand.draw.random() < 0.5 else (start, end + by)))
    wanted = Wanted(("invoice-cutoff",), account.id)
    return Altered(hand.month, "days of another month", (wanted,))


@kind("invoice's days end early")
def days_short(hand: Hand) -> Altered | None:
    """The invoice names fewer days, over the same amount."""
    account = hand.account(lambda each: has_chart(each) or is_billed_before(each))
    if account is None:
        return None
    detail = details(account)[-1]
    start, end = (datetime.fromisoformat(detail[name]) for name in ("periodStart", "periodEnd"))
    moved(account, detail, start, end - timedelta(days=hand.draw.randrange(1, 3)))
    return Altered(hand.month, "days that are billed later once more", (Wanted(("invoice-cutoff",), account.id),))


@kind("invoice and report both stop early")
def both_stop_early(hand: Hand) -> Altered | None:
    """Days at the end are in no source at all: half the cost, and the chart names those days alone."""
    account = hand.account(lambda each: len(each.booked) == 1)
    if account is None:
        return None
    days = hand.draw.randrange(2, 15)
    (detail,) = details(account)
    end = datetime.fromisoformat(detail["periodEnd"])
    start = datetime.fromisoformat(detail["periodStart"])
    if (end - start).days < days + 2:
        return None
    for line in detail["lineItems"]:
        reprice(line, line["amount"] / 2)
    settle(account, detail)
    moved(account, detail, start, end - timedelta(days=days))
    assert isinstance(account.report, dict)
    for row in rows_of(account):
        row["billingValue"] /= 2
    chart = account.report["chart"]
    chart["categories"] = chart["categories"][:-days]
    rechart(account)
    wanted = Wanted(("invoice-cutoff",), account.id)
    return Altered(hand.month, f"the last {days} days not booked", (wanted,))


@kind("invoice and report both begin late")
def both_begin_late(hand: Hand) -> Altered | None:
    account = hand.account(lambda each: len(each.booked) == 1 and is_billed_before(each))
    if account is None:
        return None
    days = hand.draw.randrange(2, 15)
    (detail,) = details(account)
    end = datetime.fromisoformat(detail["periodEnd"])
    start = datetime.fromisoformat(detail["periodStart"])
    for line in detail["lineItems"]:
        reprice(line, line["amount"] / 2)
    settle(account, detail)
    moved(account, detail, start + timedelta(days=days), end)
    assert isinstance(account.report, dict)
    for row in rows_of(account):
        row["billingValue"] /= 2
    chart = account.report["chart"]
    chart["categories"] = chart["categories"][days:]
    rechart(account)
    wanted = Wanted(("invoice-cutoff",), account.id)
    return Altered(hand.month, f"the first {days} days not booked", (wanted,))


@kind("invoice once more, with another number")
def billed_twice(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, _ = found
    again = {**detail, "id": f"{detail['id']}x", "number": f"{detail['number']}X", "lineItems": detail["lineItems"]}
    account.details[again["id"]] = again
    assert isinstance(account.rows, list)
    account.rows.append(list_row(again))
    wanted = Wanted(("invoice-cutoff", "invoice-duplicate"), account.id, again["number"])
    return Altered(hand.month, f"{detail['total']} booked twice", (wanted,))


@kind("invoice once more, with the same number")
def numbered_twice(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, _ = found
    again = {**detail, "id": f"{detail['id']}x"}
    account.details[again["id"]] = again
    assert isinstance(account.rows, list)
    account.rows.append(list_row(again))
    wanted = Wanted(("invoice-duplicate",), account.id, detail["number"])
    return Altered(hand.month, f"{detail['total']} booked twice", (wanted,))


@kind("invoice listed twice")
def listed_twice(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, _ = found
    assert isinstance(account.rows, list)
    account.rows.append(dict(account.row(detail["id"])))
    wanted = Wanted(("invoice-duplicate",), account.id, detail["number"])
    return Altered(hand.month, "a list that repeats itself", (wanted,))


@kind("invoice of another account too")
def in_two_accounts(hand: Hand) -> Altered | None:
    if len(hand.billed()) < 2:
        return None
    first, second = hand.draw.sample(hand.billed(), 2)
    detail = {**details(first)[0], "billingAccountId": None}
    second.details[detail["id"]] = detail
    assert isinstance(second.rows, list)
    second.rows.append(list_row(detail))
    wanted = tuple(
        Wanted(("invoice-duplicate", "invoice-cutoff"), each.id, detail["number"]) for each in (first, second)
    )
    return Altered(hand.month, f"{detail['total']} booked in two accounts", wanted)


@kind("detail refused")
def detail_refused(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, _ = found
    account.details[detail["id"]] = hand.draw.choice(("api: invoice not found", "api: forbidden", "api: internal"))
    account.documents[detail["id"], "invoice"] = "refused"
    wanted = Wanted(("invoice-identity",), account.id, detail["number"])
    return Altered(hand.month, "an invoice booked as one adjustment", (wanted,))


@kind("detail of another invoice")
def detail_of_another(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, _ = found
    name = hand.draw.choice(("id", "billingAccountId"))
    account.details[detail["id"]] = {**detail, name: "another"}
    wanted = Wanted(("invoice-identity",), account.id, detail["number"])
    return Altered(hand.month, "another's invoice booked", (wanted,))


@kind("lines of both shapes in one invoice")
def mixed_lines(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, line = found
    swap = (
        {"project": None, "projectId": None, "sku": "cpu"} if is_by_project(line) else {"project": "web", "sku": None}
    )
    detail["lineItems"].append({**line, **swap, "amount": unit_of(account.currency)})
    wanted = Wanted(("invoice-footing",), account.id, detail["number"])
    return Altered(hand.month, "net and gross lines added up", (wanted,))


# --- the report ------------------------------------------------------------------------------------------------------


def reported(hand: Hand, fits: Callable[[AccountAnswers], bool] = lambda _: True) -> AccountAnswers | None:
    """An account whose report's rows are all material."""

    def is_material(account: AccountAnswers) -> bool:
        least = min(row["billingValue"] for row in rows_of(account) if row["billingValue"])
        return fits(account) and least >= 4 * hand.material(account)

    return hand.account(is_material)


def by_grain(account: AccountAnswers, *, project: str = "", resource: str = "") -> tuple[Wanted, ...]:
    """What must notice where the report's values of a project or a resource are not what they were."""
    found = {
        "project": (Wanted(("report-project", "report-resource"), account.id, project),),
        "sku": (Wanted(("report-resource",), account.id, resource),),
        "both": (Wanted(TIE_OUT, account.id),),
    }
    return found[shape(account)]


@kind("project's values gone from the report")
def project_gone(hand: Hand) -> Altered | None:
    account = reported(hand)
    if account is None:
        return None
    project = hand.draw.choice(projects_in(account))
    assert isinstance(account.report, dict)
    account.report["list"] = [row for row in rows_of(account) if sid_of(account, row) != project]
    if hand.draw.random() < 0.5:
        rechart(account)
    return Altered(hand.month, f"{project} pays nothing", by_grain(account, project=project))


@kind("resource's values gone from the report")
def resource_gone(hand: Hand) -> Altered | None:
    account = reported(hand)
    if account is None:
        return None
    resource = hand.draw.choice(resources_in(account))
    assert isinstance(account.report, dict)
    account.report["list"] = [row for row in rows_of(account) if row["name"] != resource]
    if hand.draw.random() < 0.5:
        rechart(account)
    return Altered(hand.month, f"{resource} charged to nobody who used it", by_grain(account))


@kind("one value raised in the report")
def value_raised(hand: Hand) -> Altered | None:
    account = reported(hand)
    if account is None:
        return None
    row = hand.draw.choice(rows_of(account))
    row["billingValue"] += hand.amount(account)
    is_kept = hand.draw.random() < 0.5
    if not is_kept:
        rechart(account)
    wanted = by_grain(account, project=sid_of(account, row), resource=str(row["name"]))
    return Altered(hand.month, "usage that nobody was billed for", wanted)


@kind("one value lowered in the report")
def value_lowered(hand: Hand) -> Altered | None:
    account = reported(hand)
    if account is None:
        return None
    row = hand.draw.choice([row for row in rows_of(account) if row["billingValue"]])
    row["billingValue"] -= hand.amount(account)
    rechart(account)
    wanted = by_grain(account, project=sid_of(account, row), resource=str(row["name"]))
    return Altered(hand.month, "cost that nobody used", wanted)


@kind("every row of the report twice")
def rows_twice(hand: Hand) -> Altered | None:
    account = reported(hand)
    if account is None:
        return None
    assert isinstance(account.report, dict)
    account.report["list"] = [dict(row) for row in rows_of(account) for _ in range(2)]
    rechart(account)
    return Altered(hand.month, "everything twice", by_grain(account, project=projects_in(account)[0]))


@kind("report in minor units")
def report_in_minor_units(hand: Hand) -> Altered | None:
    account = reported(hand)
    if account is None:
        return None
    for row in rows_of(account):
        row["billingValue"] *= 100
    rechart(account)
    return Altered(hand.month, "a report of other units", by_grain(account, project=projects_in(account)[0]))


@kind("report on the other tax basis")
def other_basis(hand: Hand) -> Altered | None:
    account = reported(hand, lambda each: all(Decimal(detail["taxRate"]) > 0 for detail in details(each)))
    if account is None:
        return None
    rate = 1 + Decimal(details(account)[0]["taxRate"])
    for row in rows_of(account):
        row["billingValue"] = (
            row["billingValue"] / rate if hand.month.tax_basis == "gross" else row["billingValue"] * rate
        )
    rechart(account)
    total = sum((row["billingValue"] for row in rows_of(account)), Decimal(0))
    if total * (rate - 1) / 2 < hand.material(account):
        return None
    return Altered(hand.month, "net and gross compared", (Wanted(("report-total",), account.id),))


def swapped(hand: Hand, account: AccountAnswers, names: list[str], *, projects: bool) -> tuple[str, str] | None:
    """Two projects' or resources' values exchanged, where their totals differ materially."""
    total = {name: values(account, **{"project" if projects else "resource": name}) for name in names}
    pairs = [
        (first, second)
        for first in names
        for second in names
        if first < second and abs(total[first] - total[second]) >= hand.material(account)
    ]
    pair = hand.one(pairs)
    if pair is None:
        return None
    first, second = pair
    named = {}
    for row in rows_of(account):
        own = sid_of(account, row) if projects else str(row["name"])
        named[id(row)] = {first: second, second: first}.get(own, own)
    spelled = {
        sid_of(account, row): {key: row[key] for key in ("projectSid", "projectId") if key in row}
        for row in rows_of(account)
    }
    for row in rows_of(account):
        if projects:
            row.update(spelled[named[id(row)]])
        else:
            row["name"] = named[id(row)]
    return pair


@kind("two projects' values swapped in the report")
def projects_swapped(hand: Hand) -> Altered | None:
    account = reported(hand, is_of("project", "sku"))
    pair = swapped(hand, account, projects_in(account), projects=True) if account else None
    if account is None or pair is None:
        return None
    if shape(account) == "sku":
        return Altered(hand.month, f"{pair[0]} pays for {pair[1]}", alone=True)
    return Altered(hand.month, f"{pair[0]} pays for {pair[1]}", by_grain(account, project=pair[0]))


@kind("two resources' values swapped in the report")
def resources_swapped(hand: Hand) -> Altered | None:
    account = reported(hand, is_of("project", "sku"))
    pair = swapped(hand, account, resources_in(account), projects=False) if account else None
    if account is None or pair is None:
        return None
    if shape(account) == "project":
        return Altered(hand.month, f"{pair[0]} shown as {pair[1]}", alone=True)
    return Altered(hand.month, f"{pair[0]} shown as {pair[1]}", by_grain(account, resource=pair[0]))


@kind("a project's rows under another one's name")
def rows_relabelled(hand: Hand) -> Altered | None:
    account = reported(hand, is_of("project", "sku"))
    if account is None:
        return None
    first, second = hand.draw.sample(projects_in(account), 2)
    names = next(row for row in rows_of(account) if sid_of(account, row) == second)
    spelled = {key: names[key] for key in ("projectSid", "projectId") if key in names}
    for row in rows_of(account):
        if sid_of(account, row) == first:
            row.update(spelled)
    if shape(account) == "sku":
        return Altered(hand.month, f"{second} pays for {first}", alone=True)
    return Altered(hand.month, f"{second} pays for {first}", by_grain(account, project=second))


@kind("moved between two projects, both shapes billed")
def moved_beside_bounds(hand: Hand) -> Altered | None:
    """Lines by project bound what the report may show at least: less than the line is never right."""
    account = reported(hand, is_of("both"))
    if account is None:
        return None
    lines = [line for detail in details(account) for line in detail["lineItems"] if is_by_project(line)]
    line = hand.one([line for line in lines if line["amount"] >= 4 * hand.material(account)])
    if line is None or hand.month.tax_basis == "net":
        return None
    rows = [row for row in rows_of(account) if sid_of(account, row) == line["project"]]
    others = [row for row in rows_of(account) if sid_of(account, row) != line["project"]]
    kept = line["amount"] - hand.material(account)
    whole = sum((row["billingValue"] for row in rows), Decimal(0))
    for row in rows:
        row["billingValue"] = (row["billingValue"] * kept / whole).quantize(Decimal(1).scaleb(-6))
    freed = whole - sum((row["billingValue"] for row in rows), Decimal(0))
    same = [row for row in others if row["name"] == rows[0]["name"]]
    (same or others)[0]["billingValue"] += freed
    wanted = (Wanted(("report-project",), account.id, line["project"]), Wanted(("report-resource",), account.id))
    return Altered(hand.month, f"another pays {freed} of {line['project']}", wanted)


@kind("report of another account")
def report_of_another(hand: Hand) -> Altered | None:
    if len(hand.billed()) < 2:
        return None
    first, second = hand.draw.sample(hand.billed(), 2)
    if abs(values(first) - values(second)) < max(hand.material(first), hand.material(second)):
        return None
    first.report, second.report = second.report, first.report
    wanted = tuple(Wanted(TIE_OUT, each.id) for each in (first, second))
    return Altered(hand.month, "divided by another account's usage", wanted)


@kind("chart is off")
def chart_off(hand: Hand) -> Altered | None:
    account = reported(hand, has_chart)
    if account is None:
        return None
    assert isinstance(account.report, dict)
    series = account.report["chart"]["series"]
    if hand.draw.random() < 0.5:
        series[0]["data"][-1] += hand.amount(account)
    else:
        series.pop()
    return Altered(hand.month, "a report that contradicts itself", (Wanted(("report-chart",), account.id),))


@kind("report refused")
def report_refused(hand: Hand) -> Altered | None:
    account = hand.account()
    if account is None:
        return None
    account.report = "api: something went wrong"
    return Altered(hand.month, "divided by nothing", (Wanted(("report-period",), account.id),))


@kind("report without rows")
def report_empty(hand: Hand) -> Altered | None:
    account = reported(hand)
    if account is None:
        return None
    assert isinstance(account.report, dict)
    account.report["list"] = hand.draw.choice(([], None))
    account.report["projectList"], account.report["projectSids"] = [], []
    if hand.draw.random() < 0.5:
        account.report = {"list": account.report["list"]}
    else:
        account.report["chart"]["series"] = []
    wanted = Wanted(("report-period", *TIE_OUT), account.id)
    return Altered(hand.month, "divided by nothing", (wanted,))


@kind("report that names no month")
def no_proof(hand: Hand) -> Altered | None:
    account = hand.account()
    if account is None:
        return None
    assert isinstance(account.report, dict)
    account.report.pop("range", None)
    account.report["chart"] = hand.draw.choice(
        ({}, None, {"categories": ["total", "week 18"], "series": []}, {"categories": [None], "series": None})
    )
    return Altered(hand.month, "perhaps another month's usage", (Wanted(("report-period",), account.id),))


@kind("chart of another year")
def other_year(hand: Hand) -> Altered | None:
    account = hand.account(has_chart)
    if account is None:
        return None
    assert isinstance(account.report, dict)
    chart, year = account.report["chart"], hand.month.period[:4]
    if year not in chart["categories"][0]:
        return None
    other = str(int(year) + hand.draw.choice((-1, 1, -10)))
    chart["categories"] = [text.replace(year, other) for text in chart["categories"] if "29" not in text]
    wanted = Wanted(("report-period",), account.id)
    return Altered(hand.month, "divided by another year's usage", (wanted,))


@kind("chart without a year, asked for a year later")
def a_year_later(hand: Hand) -> Altered | None:
    """The labels name last month's days; what was asked for lies a year before."""
    account = hand.account(has_chart)
    if account is None:
        return None
    assert isinstance(account.report, dict)
    start, end = hand.month.bounds()
    middle = start + (end - start) / 2
    for each in hand.billed():
        assert isinstance(each.report, dict)
        each.report["chart"]["categories"] = [(middle + timedelta(days=day)).strftime("%b %d") for day in range(-3, 4)]
        each.report["range"] = hand.draw.choice(("", "prev_month", "year"))
        rechart(each)
    hand.month.run_at += timedelta(days=366)
    return Altered(hand.month, "divided by another year's usage", (Wanted(("report-period",), account.id),))


@kind("chart with a day outside")
def day_outside(hand: Hand) -> Altered | None:
    account = hand.account(has_chart)
    if account is None:
        return None
    assert isinstance(account.report, dict)
    start, end = hand.month.bounds()
    day = hand.draw.choice((start - timedelta(hours=30), end + timedelta(hours=30)))
    account.report["chart"]["categories"].append(day.strftime("%Y-%m-%d"))
    return Altered(hand.month, "days of another month", (Wanted(("report-period",), account.id),))


@kind("chart of the month before")
def neighbour_report(hand: Hand) -> Altered | None:
    account = hand.account(has_chart)
    if account is None:
        return None
    assert isinstance(account.report, dict)
    start = bounds(hand.month.previous, hand.month.zone)[0] + timedelta(hours=12)
    style = hand.draw.choice(("%Y-%m-%d", "%b %d", "%d %B %Y"))
    count = min(28, len(account.report["chart"]["categories"]))
    account.report["chart"]["categories"] = [(start + timedelta(days=day)).strftime(style) for day in range(count)]
    rechart(account)
    return Altered(hand.month, "divided by another month's usage", (Wanted(("report-period",), account.id),))


@kind("range names another month")
def other_range(hand: Hand) -> Altered | None:
    account = hand.account()
    if account is None:
        return None
    assert isinstance(account.report, dict)
    account.report["range"] = "this_month"
    if not (hand.is_last_month() and hand.month.run_at - hand.month.bounds()[1] > timedelta(hours=26)):
        return None
    return Altered(hand.month, "divided by another month's usage", (Wanted(("report-period",), account.id),))


@kind("range alone, of several months or asked at another time")
def range_alone(hand: Hand) -> Altered | None:
    account = hand.account()
    if account is None:
        return None
    assert isinstance(account.report, dict)
    account.report["chart"] = {"categories": [], "series": []}
    way = hand.draw.choice(("several", "later", "no date"))
    if way == "several":
        account.report["range"] = hand.draw.choice(("3_months", "6_months", "year", "PREV_MONTH"))
    elif way == "later":
        hand.month.run_at += timedelta(days=32)
    else:
        hand.month.date = hand.draw.choice((None, "yesterday"))
    return Altered(hand.month, "perhaps another month's usage", (Wanted(("report-period",), account.id),))


# --- documents -------------------------------------------------------------------------------------------------------


@kind("document refused")
def document_refused(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, _ = found
    kind_of = "invoice"  # a receipt is evidence of the month that settles the payment
    account.documents[detail["id"], kind_of] = "api: invoice pdf export is not available"
    return Altered(hand.month, "no document to book by", (Wanted(("invoice-pdf",), account.id, detail["number"]),))


@kind("document of another invoice")
def document_of_another(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, _ = found
    kind_of = "invoice"  # a receipt is evidence of the month that settles the payment
    way = hand.draw.choice(({"number": "INV-1", "receiptNumber": "RC-1"}, {"total": detail["total"] + 1}))
    account.documents[detail["id"], kind_of] = document_text({**detail, **way}, kind_of)
    return Altered(hand.month, "another's document filed", (Wanted(("invoice-pdf",), account.id, detail["number"]),))


@kind("gone from invoice and report, not from the document")
def gone_but_for_document(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand, is_of("project"), least=2)):
        return None
    account, detail, line = found
    if len(account.booked) > 1:
        return None
    if len(detail["lineItems"]) < 3:  # the only line left would be named on the document, as large as the total
        return None
    account.documents[detail["id"], "invoice"] = document_text(detail, "invoice")
    detail["lineItems"].remove(line)
    settle(account, detail)
    assert isinstance(account.report, dict)
    account.report["list"] = [row for row in rows_of(account) if sid_of(account, row) != line["project"]]
    rechart(account)
    return Altered(
        hand.month, f"{line['amount']} less than is paid", (Wanted(("invoice-pdf",), account.id, detail["number"]),)
    )


# --- master data, credit notes, other shapes, acceptance -------------------------------------------------------------


def names_by_id(account: AccountAnswers) -> bool:
    """Whether the report names projects by id."""
    return all(sid_of(account, row) not in (row.get("projectSid"), row.get("projectId")) for row in rows_of(account))


@kind("ids of two projects exchanged in project.list")
def ids_exchanged(hand: Hand) -> Altered | None:
    """Lines by sid, rows by id: only the list pairs them. Where a line states both, the line's pair holds."""
    account = reported(hand, lambda each: names_by_id(each) and shape(each) == "project")
    if account is None or isinstance(hand.month.projects, str):
        return None
    pairs = {sid: id_ for id_, sid in account.sids.items() if sid in projects_in(account)}
    first, second = sorted(pairs)[:2]
    if abs(values(account, project=first) - values(account, project=second)) < hand.material(account):
        return None
    exchanged = {first: pairs[second], second: pairs[first]}
    hand.month.projects = [
        {"id": exchanged.get(sid, id_), "project": sid, "name": sid, "billingAccount": account.id}
        for sid, id_ in pairs.items()
    ] + [project for project in hand.month.projects if project["project"] not in pairs]
    for detail in details(account):
        for line in detail["lineItems"]:
            line.pop("projectId", None)
    assert isinstance(account.report, dict)
    account.report["projectList"] = [{"sid": sid, "name": sid} for sid in pairs]
    return Altered(hand.month, f"{first} pays for {second}", by_grain(account, project=first))


@kind("nothing pairs the report's ids with the lines' sids")
def unpaired(hand: Hand) -> Altered | None:
    account = reported(hand, lambda each: names_by_id(each) and shape(each) == "project")
    if account is None:
        return None
    for each in hand.billed():
        assert isinstance(each.report, dict)
        each.report["projectList"] = []
        for detail in details(each):
            for line in detail["lineItems"]:
                line.pop("projectId", None)
    hand.month.projects = hand.draw.choice(("api: forbidden", []))  # type: ignore[assignment]
    return Altered(hand.month, "projects without their usage", by_grain(account))


@kind("a project that nobody owns")
def nobody_owns(hand: Hand) -> Altered | None:
    account = reported(hand)
    if account is None:
        return None
    sid = hand.draw.choice(projects_in(account))
    quoted = f'"{sid}"'
    if quoted not in hand.month.teams:
        return None
    hand.month.teams = hand.month.teams.replace(quoted, '"nowhere"')
    return Altered(hand.month, f"{sid} charged to nobody", (Wanted(("ownership",), account.id, sid),))


def credit(account: AccountAnswers, detail: Detail, amount: Decimal) -> Detail:
    """A credit note over a project, for the days of an invoice."""
    project = projects_in(account)[0]
    line = {"project": project, "description": "Credit", "amount": -amount}
    note = {**detail, "id": f"{detail['id']}c", "number": f"{detail['number']}-CN", "lineItems": [line]}
    note |= {"status": "open", "receiptNumber": ""}
    note.pop("withholdingTaxAmount", None)
    account.details[note["id"]] = note
    assert isinstance(account.rows, list)
    account.rows.append(list_row(note))
    settle(account, note)
    return note


@kind("credit note that the report does not show")
def credit_unshown(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, _ = found
    credit(account, detail, hand.amount(account))
    return Altered(hand.month, "a credit that nobody earned", (Wanted(("report-total",), account.id),))


@kind("credit note of nothing closes a gap")
def credit_closes_gap(hand: Hand) -> Altered | None:
    """The invoice ends early; a credit note (and a charge elsewhere for as much) names the days that are missing."""
    account = hand.account(lambda each: len(each.booked) == 1 and shape(each) == "project" and has_chart(each))
    if account is None:
        return None
    (detail,) = details(account)
    start, end = (datetime.fromisoformat(detail[name]) for name in ("periodStart", "periodEnd"))
    cut = end - timedelta(days=hand.draw.randrange(2, 10))
    if cut <= start:
        return None
    line = detail["lineItems"][0]
    by = 50 * unit_of(account.currency)
    note = credit(account, detail, by)
    note["lineItems"][0] |= {name: line[name] for name in ("project", "projectId") if name in line}
    settle(account, note)
    line["amount"] += by
    settle(account, detail)
    moved(account, detail, start, cut)
    moved(account, note, cut, end)
    return Altered(hand.month, "days that nobody billed", (Wanted(("invoice-cutoff",), account.id),))


@kind("credit note gone that the report shows")
def credit_gone(hand: Hand) -> Altered | None:
    account = reported(hand, is_of("project"))
    if account is None or hand.month.tax_basis == "net":
        return None
    row = rows_of(account)[0]
    row["billingValue"] -= hand.amount(account)
    rechart(account)
    wanted = by_grain(account, project=sid_of(account, row))
    return Altered(hand.month, "a credit that was promised", wanted)


@kind("tiny invoice of the other shape beside swapped projects")
def tiny_other_shape(hand: Hand) -> Altered | None:
    """One by-SKU line of nothing, or of a few units, must not switch the tie-out by project off."""
    account = reported(hand, is_of("project"))
    if account is None or len(account.booked) > 1:
        return None
    pair = swapped(hand, account, projects_in(account), projects=True)
    if pair is None:
        return None
    (detail,) = details(account)
    amount = hand.draw.choice((Decimal(0), 3 * unit_of(account.currency)))
    resource = resources_in(account)[0]
    line = {"sku": resource, "description": resource, "quantity": 1, "unitPrice": amount, "amount": amount}
    tiny = {
        **detail,
        "id": f"{detail['id']}s",
        "number": f"{detail['number']}-S",
        "lineItems": [line],
        "status": "open",
    }
    tiny.pop("withholdingTaxAmount", None)
    account.details[tiny["id"]] = tiny
    start, end = (datetime.fromisoformat(detail[name]) for name in ("periodStart", "periodEnd"))
    cut = start + timedelta(days=1)
    assert isinstance(account.rows, list)
    account.rows.append(list_row(tiny))
    settle(account, tiny)
    moved(account, tiny, start, cut)
    moved(account, detail, cut, end)
    report = values(account, project=pair[0]), values(account, project=pair[1])
    billed = [
        sum((line["amount"] for line in detail["lineItems"] if line["project"] == name), Decimal(0)) for name in pair
    ]
    wanted = (Wanted(("report-project",), account.id, pair[0]), Wanted(("report-project",), account.id, pair[1]))
    lost = f"{pair[0]} pays for {pair[1]}: billed {billed}, reported {report}"
    return Altered(hand.month, lost, wanted)


ACCEPTED = """
[[accepted]]
check = "{check}"
account = "{account}"
{up_to}until = "2030-12"
reason = "known"
by = "someone@example"
"""


@kind("acceptance of report-period without a ceiling")
def accepted_without_ceiling(hand: Hand) -> Altered | None:
    account = hand.account()
    if account is None:
        return None
    account.report = "api: something went wrong"
    hand.month.more_config += ACCEPTED.format(check="report-period", account=account.id, up_to="")
    return Altered(hand.month, "nothing tied out at all", (Wanted(("error",), "", "up_to"),), (2,))


@kind("acceptance of report-period below what is untied")
def accepted_too_low(hand: Hand) -> Altered | None:
    account = hand.account()
    if account is None:
        return None
    account.report = "api: something went wrong"
    total = sum((detail["total"] for detail in details(account)), Decimal(0))
    ceiling = f'up_to = "{total - unit_of(account.currency)}"\n'
    hand.month.more_config += ACCEPTED.format(check="report-period", account=account.id, up_to=ceiling)
    return Altered(hand.month, "nothing tied out at all", (Wanted(("report-period",), account.id),))


# --- access and whole answers ----------------------------------------------------------------------------------------


@kind("account inactive, billed for the month before by its list")
def inactive_by_list(hand: Hand) -> Altered | None:
    account = hand.account(is_billed_before)
    if account is None:
        return None
    emptied(hand, account)
    account.report = INACTIVE
    return Altered(hand.month, "a whole month not booked", (Wanted(("invoice-issued",), account.id),), (3,))


@kind("account inactive without its list, billed for the month before by the archive")
def inactive_by_archive(hand: Hand) -> Altered | None:
    account = hand.account(lambda each: bool(each.archived))
    if account is None:
        return None
    account.details, account.rows, account.report = {}, INACTIVE, INACTIVE
    return Altered(hand.month, "a whole month not booked", (Wanted(("invoice-issued",), account.id),), (3,))


@kind("no cost shown and no invoice, billed for the month before")
def silent_month(hand: Hand) -> Altered | None:
    account = hand.account(is_billed_before)
    if account is None:
        return None
    emptied(hand, account)
    assert isinstance(account.report, dict)
    account.report["list"] = []
    account.report["chart"] = {"categories": [f"{hand.month.period}-10"], "series": []}
    return Altered(hand.month, "a whole month not booked", (Wanted(("invoice-issued",), account.id),))


@kind("earlier invoice gone from the list")
def earlier_gone(hand: Hand) -> Altered | None:
    account = hand.account(lambda each: bool(each.archived))
    if account is None:
        return None
    assert isinstance(account.rows, list) and account.archived
    gone = account.archived[0].number
    account.rows = [row for row in account.rows if row["number"] != gone]
    wanted = Wanted(("prior-periods",), account.id, gone)
    return Altered(hand.month, "an invoice that is booked no longer stands", (wanted,))


@kind("earlier invoice of another total or void")
def earlier_otherwise(hand: Hand) -> Altered | None:
    account = hand.account(lambda each: bool(each.archived))
    if account is None:
        return None
    assert account.archived
    row = account.row(account.archived[0].invoice)
    if hand.draw.random() < 0.5:
        row["status"] = "void"
    else:
        row["total"] += unit_of(account.currency)
        row["subtotal"] += unit_of(account.currency)
    wanted = Wanted(("prior-periods",), account.id, str(row["number"]))
    return Altered(hand.month, "a closed month that is no longer true", (wanted,))


@kind("late invoice for an archived month")
def earlier_new(hand: Hand) -> Altered | None:
    account = hand.account(lambda each: bool(each.archived))
    if account is None:
        return None
    assert account.archived and isinstance(account.rows, list)
    late = {**account.row(account.archived[0].invoice), "id": "late", "number": "INV-LATE"}
    account.rows.append(late)
    wanted = Wanted(("prior-periods",), account.id, "INV-LATE")
    return Altered(hand.month, f"{late['total']} never booked", (wanted,))


@kind("list incomplete")
def list_incomplete(hand: Hand) -> Altered | None:
    mark = hand.draw.choice(
        ({"hasMore": True}, {"nextPageToken": "x"}, {"NextLink": "x"}, {"cursor": "x"}, {"next": "x"})
    )
    hand.month.list_marks = mark
    first = min(account.id for account in hand.month.accounts)
    return Altered(hand.month, "invoices on the next page", (Wanted(("error",), first),), (6,))


# --- more of the same families ---------------------------------------------------------------------------------------


@kind("every line gone")
def all_lines_gone(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, _ = found
    detail["lineItems"] = hand.draw.choice(([], None))
    wanted = Wanted(("invoice-footing",), account.id, detail["number"])
    return Altered(hand.month, f"{detail['total']} in adjustments", (wanted,))


@kind("rate in percent")
def rate_in_percent(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)) or not found[1]["taxAmount"]:
        return None
    account, detail, _ = found
    detail["taxRate"] = Decimal(detail["taxRate"]) * 100
    wanted = Wanted(("invoice-tax",), account.id, detail["number"])
    return Altered(hand.month, "a tax at another rate than stated", (wanted,))


@kind("an amount of the header missing in list and detail")
def header_missing(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)) or not found[1]["taxAmount"]:
        return None
    account, detail, _ = found
    name = hand.draw.choice(("taxAmount", "subtotal", "total", "currency"))
    account.documents[detail["id"], "invoice"] = document_text(detail, "invoice")
    account.documents[detail["id"], "receipt"] = document_text(detail, "receipt")
    detail[name] = None
    relist(account, detail)
    codes = ("error", "invoice-arithmetic", "invoice-footing", "currency")
    return Altered(hand.month, f"what the invoice's {name} is", (Wanted(codes, account.id),), (3, 6))


@kind("invoice and report both stop early, labels still name every day")
def points_missing(hand: Hand) -> Altered | None:
    """A day without a point is not a day without cost."""
    account = hand.account(lambda each: len(each.booked) == 1 and has_chart(each))
    if account is None:
        return None
    days = hand.draw.randrange(2, 12)
    (detail,) = details(account)
    start, end = (datetime.fromisoformat(detail[name]) for name in ("periodStart", "periodEnd"))
    if (end - start).days < days + 3:
        return None
    moved(account, detail, start, end - timedelta(days=days))
    rechart(account)
    assert isinstance(account.report, dict)
    (series,) = account.report["chart"]["series"]
    kept = series["data"][:-days]
    kept[-1] += sum(series["data"][-days:])
    series["data"] = kept if hand.draw.random() < 0.5 else [*kept, *[None] * days]
    return Altered(hand.month, f"the last {days} days not booked", (Wanted(("invoice-cutoff",), account.id),))


@kind("sign of a line flipped, header follows")
def sign_flipped(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand, least=2)):
        return None
    account, detail, line = found
    reprice(line, -line["amount"])
    settle(account, detail)
    return Altered(hand.month, f"{label_of(line)} credited what it owes", tied(account, line))


@kind("documents of two invoices exchanged")
def documents_exchanged(hand: Hand) -> Altered | None:
    account = hand.account(has_parts)
    if account is None:
        return None
    first, second = details(account)[:2]
    account.documents[first["id"], "invoice"] = document_text(second, "invoice")
    account.documents[second["id"], "invoice"] = document_text(first, "invoice")
    return Altered(hand.month, "another's document filed", (Wanted(("invoice-pdf",), account.id, first["number"]),))


@kind("everything doubled but the document")
def doubled_but_document(hand: Hand) -> Altered | None:
    account = reported(hand)
    if account is None:
        return None
    for detail in details(account):
        account.documents[detail["id"], "invoice"] = document_text(detail, "invoice")
        for line in detail["lineItems"]:
            reprice(line, line["amount"] * 2)
        settle(account, detail)
    for row in rows_of(account):
        row["billingValue"] *= 2
    rechart(account)
    return Altered(hand.month, "twice what is paid", (Wanted(("invoice-pdf",), account.id),))


@kind("a field of the list row differs from the detail")
def row_field_differs(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, _ = found
    row = account.row(detail["id"])
    unit = unit_of(account.currency)
    name, value = hand.draw.choice(
        (
            ("taxAmount", row["taxAmount"] + unit),
            ("subtotal", row["subtotal"] + unit),
            ("number", "INV-OTHER"),
            ("status", "open" if row["status"] == "paid" else "paid"),
            ("currency", SAME_DIGITS[row["currency"]]),
        )
    )
    row[name] = value
    return Altered(hand.month, f"which {name} is right", (Wanted(("invoice-identity",), account.id),))


@kind("no period on the invoice")
def no_period(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, detail, _ = found
    detail |= {"periodStart": hand.draw.choice((None, "")), "periodEnd": ""}
    detail["issuedAt"] = stamp(hand.month.bounds()[1] + timedelta(hours=26))
    relist(account, detail)
    wanted = Wanted(("invoice-cutoff",), account.id, detail["number"])
    return Altered(hand.month, "perhaps another month's invoice", (wanted,))


@kind("a project billed in two accounts for the same days")
def billed_in_two_accounts(hand: Hand) -> Altered | None:
    billed = [each for each in hand.billed() if shape(each) == "project"]
    if len(billed) < 2 or len({each.currency for each in billed}) > 1:
        return None
    first, second = billed[:2]
    line = dict(details(first)[0]["lineItems"][0])
    detail = details(second)[0]
    detail["lineItems"].append(line)
    settle(second, detail)
    account, project = second.id, str(line["project"])
    wanted = (Wanted(("invoice-duplicate", "report-project", "report-resource"), account, project),)
    return Altered(hand.month, f"{project} charged in two accounts", wanted)


@kind("a value that is no number")
def no_number(hand: Hand) -> Altered | None:
    account = reported(hand)
    if account is None:
        return None
    row = hand.draw.choice(rows_of(account))
    row["billingValue"] = hand.draw.choice(("12.50", None, True, [1]))
    return Altered(hand.month, "a value that nobody can read", (Wanted(("error",), account.id),), (6,))


@kind("an amount that is no number")
def no_amount(hand: Hand) -> Altered | None:
    if not (found := chosen_line(hand)):
        return None
    account, _, line = found
    line["amount"] = hand.draw.choice(("12.50", None, False, {}))
    return Altered(hand.month, "an amount that nobody can read", (Wanted(("error",), account.id),), (6,))


@kind("amounts moved between two invoices")
def moved_between_invoices(hand: Hand) -> Altered | None:
    """Each invoice is right in itself, the month's total as it was: the documents alone know how much each is."""
    account = hand.account(lambda each: has_parts(each) and shape(each) == "project")
    if account is None:
        return None
    first, second = details(account)[:2]
    for line in first["lineItems"]:
        others = [each for each in second["lineItems"] if each["project"] == line["project"]]
        if others and line["amount"] >= 4 * hand.material(account):
            by = hand.amount(account)
            for detail in (first, second):
                account.documents[detail["id"], "invoice"] = document_text(detail, "invoice")
            line["amount"] -= by
            others[0]["amount"] += by
            settle(account, first)
            settle(account, second)
            wanted = tuple(Wanted(("invoice-pdf",), account.id, detail["number"]) for detail in (first, second))
            return Altered(hand.month, f"{by} in another invoice", wanted)
    return None


# --- what one source alone states ------------------------------------------------------------------------------------


@kind("usage of a row")
def usage_changed(hand: Hand) -> Altered | None:
    account = hand.account()
    if account is None:
        return None
    row = hand.draw.choice(rows_of(account))
    row["usageValue"] = row["usageValue"] * 3 + 1
    return Altered(hand.month, "another usage beside the cost", alone=True)


@kind("a resource's value moved between two projects")
def resource_moved(hand: Hand) -> Altered | None:
    """By SKU only the report says who used how much of a resource."""
    account = reported(hand, is_of("sku"))
    if account is None:
        return None
    resource = hand.draw.choice(resources_in(account))
    rows = [row for row in rows_of(account) if row["name"] == resource]
    if len(rows) < 2:
        return None
    by = hand.amount(account)
    rows[0]["billingValue"] -= by
    rows[1]["billingValue"] += by
    return Altered(hand.month, f"{by} of {resource} paid by another project", alone=True)


@kind("a project's value moved between two resources")
def project_moved(hand: Hand) -> Altered | None:
    """By project only the report says of what a project's cost consists."""
    account = reported(hand, is_of("project"))
    if account is None:
        return None
    project = hand.draw.choice(projects_in(account))
    rows = [row for row in rows_of(account) if sid_of(account, row) == project]
    by = hand.amount(account)
    rows[0]["billingValue"] -= by
    rows[1]["billingValue"] += by
    return Altered(hand.month, f"{by} of {project} under another resource", alone=True)


@kind("rate and tax of another rate, same total")
def other_rate(hand: Hand) -> Altered | None:
    """The total is paid as before: only the invoice says how much of it is tax."""
    if hand.month.tax_basis == "net" or not (found := chosen_line(hand, is_of("project"))):
        return None
    account, detail, _ = found
    detail["taxRate"] = Decimal(detail["taxRate"]) + Decimal("0.05")
    settle(account, detail)
    return Altered(hand.month, "cost claimed as input tax", alone=True)


@kind("points moved within the chart")
def points_moved(hand: Hand) -> Altered | None:
    account = reported(hand, has_chart)
    if account is None:
        return None
    assert isinstance(account.report, dict)
    series = account.report["chart"]["series"]
    by = hand.draw.choice(series)["data"][-1] / 2
    series[0]["data"][-1] -= by
    series[-1]["data"][-1] += by
    return Altered(hand.month, "another project's days", alone=True)
