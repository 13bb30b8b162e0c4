"""Right months from a seed: a small platform meters, bills and reports, each rounding by itself as real ones do.

Cost is whole micros a project, resource and day, tax included; everything else follows from it. Nothing of the product
is used, so that it cannot share a misreading. Small amounts (nets of a few minor units) are as frequent as large ones.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any, Literal
from zoneinfo import ZoneInfo

from .answers import (
    INACTIVE,
    AccountAnswers,
    Answer,
    EarlierInvoice,
    Month,
    bounds,
    digits_of,
    stamp,
    unit_of,
)

Shape = Literal["project", "sku"]
PERIODS = ("2026-05", "2026-10", "2026-03", "2026-12", "2024-02", "2027-01")
ZONES = ("Asia/Bangkok", "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata")
CURRENCIES = ("THB", "JPY", "KWD", "USD", "KRW", "EUR", "BHD")
RATES = ("0.07", "0.07", "0", "0.1", "0.2", "0.085")
RESOURCES = (
    ("cpu", "CPU", "CPU"),
    ("memory", "Memory", "memory"),
    ("disk", "Disk space", "Disk"),
    ("", "Egress", "Egress"),
    ("replica", "Réplica", "REPLICA"),
)
"""SKU, its description, and what the report's rows call it: by the SKU, or where there is none by the description."""
SIDS = ("web", "shop", "data-dev", "core", "ปลาทู")
LABELS = ("iso", "words", "words and year", "midnight", "none")
DOCUMENTS = (
    "Total: {total} {currency}",
    "Total: {currency} {total}",
    "Total ({currency}): {total}",
    "TOTAL DUE {total}",
    "Total to be paid   {total} {currency} (see USD account below)",
    "Grand total {currency} {total}, of which VAT",
    "ALL IN  {total} {currency}",
)
"""The line of a document that names the total, and mostly the currency."""
MICRO = Decimal(1).scaleb(-6)


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a month may be: a failing one is looked for among the smallest first."""

    accounts: int = 3
    projects: int = 5
    resources: int = 5
    plain: bool = False
    """Two digits, Bangkok, May, numbered days, no tolerance: what reads most easily."""


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice to be made: days counted from 0, both inclusive."""

    first: int
    last: int
    shape: Shape


@dataclass(frozen=True, slots=True)
class Metered:
    """An account's cost: micros, tax included, by (project, resource) and day."""

    projects: list[tuple[str, str]]
    resources: list[tuple[str, str, str]]
    cost: dict[tuple[int, int], list[int]]
    days: list[datetime]
    currency: str
    rate: Decimal

    def of(self, first: int, last: int, *, project: int | None = None, resource: int | None = None) -> int:
        """Micros of some days, of a project or a resource."""
        return sum(
            sum(values[first : last + 1])
            for (p, r), values in self.cost.items()
            if project in (None, p) and resource in (None, r)
        )


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the minor unit, half away from zero."""
    return amount.quantize(unit_of(currency), ROUND_HALF_UP)


def right_month(seed: int, limits: Limits | None = None) -> Month:
    """The month of that seed."""
    with localcontext() as context:
        context.prec = 60
        return _Maker(random.Random(seed), limits or Limits()).month()


class _Maker:
    def __init__(self, draw: random.Random, limits: Limits) -> None:
        self.draw = draw
        self.limits = limits
        plain = limits.plain
        self.period = "2026-05" if plain else draw.choice(PERIODS)
        self.zone = "Asia/Bangkok" if plain else draw.choice(ZONES)
        self.start, self.end = bounds(self.period, self.zone)
        place = ZoneInfo(self.zone)
        local = self.start.astimezone(place)
        self.days = [local + timedelta(days=day) for day in range((self.end - self.start + timedelta(hours=2)).days)]
        self.tax_basis = "gross" if plain else draw.choice(("gross", "gross", "net"))
        self.is_small = not plain and draw.random() < 0.35
        self.late = draw.random() < 0.15
        self.is_archived = draw.random() < 0.4
        hours = 24 * draw.randrange(70, 300) if self.late else draw.choice((30, 51, 24 * 9, 24 * 20))
        self.run_at = self.end + timedelta(hours=hours)

    def month(self) -> Month:
        """The whole month."""
        draw = self.draw
        names = ["ba_1", "1042", "B"][: draw.randint(1, self.limits.accounts)]
        projects: list[dict[str, Any]] = []
        accounts = [self.account(name, place, projects) for place, name in enumerate(names)]
        if draw.random() < 0.1 and not self.limits.plain:
            accounts.append(self.quiet_account(draw.choice(("idle", "inactive"))))
            accounts[-1].archived = [] if self.is_archived else None
        sids = [str(project["project"]) for project in projects]
        known = tuple(account.id for account in accounts) if accounts[0].archived is not None else ()
        shown: list[dict[str, Any]] | str = projects
        if not self.limits.plain and self.pairs_elsewhere:
            shown = draw.choice((projects, projects[: len(projects) // 2], [], "api: forbidden"))
        return Month(
            period=self.period,
            zone=self.zone,
            run_at=self.run_at,
            accounts=accounts,
            projects=shown,
            teams=self.teams(sids),
            tolerance=Decimal(draw.choice(("0", "0", "0.05", "1.00"))) if not self.limits.plain else Decimal(0),
            percent=Decimal(draw.choice(("0", "0", "0.1"))) if not self.limits.plain else Decimal(0),
            tax_basis=self.tax_basis,
            known_accounts=known,
        )

    pairs_elsewhere = True
    """Whether ids and sids meet outside ``project.list`` too, so that it may be short or refused."""

    def teams(self, sids: list[str]) -> str:
        """Each project is some team's, or shared."""
        owned: dict[str, list[str]] = {"red": [], "blue": []}
        text = ""
        for sid in sids:
            if self.draw.random() < 0.15:
                split = self.draw.choice(('"even"', '"proportional"', "{ red = 60, blue = 40 }"))
                text += f'[[shared]]\nproject = "{sid}"\nsplit = {split}\n'
            else:
                owned[self.draw.choice(("red", "blue"))].append(sid)
        for team, mine in owned.items():
            quoted = ", ".join(f'"{sid}"' for sid in mine)
            text += f'[[teams]]\nid = "{team}"\nname = "{team}"\ncost_center = "1"\ngl_account = "6420"\n'
            text += f"projects = [{quoted}]\n"
        return text

    def account(self, name: str, place: int, projects: list[dict[str, Any]]) -> AccountAnswers:
        """A billed account."""
        draw = self.draw
        currency = "THB" if self.limits.plain else draw.choice(CURRENCIES)
        metered = self.metered(place, currency)
        for id_, sid in metered.projects:
            projects.append({"id": id_, "project": sid, "name": sid.title(), "billingAccount": name})
        started = next(day for day in range(len(self.days)) if metered.of(day, day))
        is_new = started > 0
        bills = self.bills(started)
        naming = draw.choice(("sid", "sid", "id", "projectId"))
        lines_say = draw.choice(("both", "both", "sid")) if naming == "sid" else "both"
        if naming != "sid" and any(bill.shape == "sku" for bill in bills):
            self.pairs_elsewhere = False
        rows, details = self.earlier_rows(name, currency) if not is_new else [], {}
        for index, bill in enumerate(bills):
            detail = self.invoice(name, place, index, bill, metered, lines_say)
            rows.append(list_row(detail))
            details[detail["id"]] = detail
        styles = self.beside(rows, details)
        archived = None
        if self.is_archived:
            archived = [
                EarlierInvoice(row["id"], row["number"], currency, _minor(row["total"], currency))
                for row in rows
                if row["id"] == f"{name}-old0"
            ]
        return AccountAnswers(
            id=name,
            get={"id": name, "name": f"Account {name}", "active": True, "type": "company"},
            report=self.report(metered, naming, started),
            rows=rows,
            details=details,
            styles=styles,
            archived=archived,
            sids=dict(metered.projects),
        )

    def beside(self, rows: list[dict[str, Any]], details: dict[str, Answer]) -> dict[str, str]:
        """What may stand beside right invoices, and how their documents may write the total."""
        draw = self.draw
        booked = [detail for detail in details.values() if isinstance(detail, dict)]
        if draw.random() < 0.15:  # one that was void before it was replaced
            void = {**booked[0], "id": f"{booked[0]['id']}v", "number": f"{booked[0]['number']}V", "status": "void"}
            details[void["id"]] = void
            rows.append(list_row(void))
        if draw.random() < 0.1:  # a draft that is still changing
            rows.append({**list_row(booked[-1]), "id": f"{booked[-1]['id']}d", "number": "", "status": "draft"})
        if draw.random() < 0.1:
            draw.shuffle(rows)
        if self.limits.plain:
            return {}
        return {detail["id"]: draw.choice(DOCUMENTS) for detail in booked}

    def quiet_account(self, kind: str) -> AccountAnswers:
        """An account that was never billed: it uses nothing, or the platform refuses it."""
        if kind == "inactive":
            return AccountAnswers("quiet", INACTIVE, INACTIVE, INACTIVE, {})
        empty = {"list": [], "chart": {"categories": [], "series": []}, "projectList": [], "projectSids": []}
        return AccountAnswers("quiet", {"id": "quiet", "name": "Quiet", "active": True}, empty, [], {})

    def metered(self, place: int, currency: str) -> Metered:
        """Cost by project, resource and day: every cell has some on every day from the first one on."""
        draw = self.draw
        count = draw.randint(2, self.limits.projects)
        projects = [(str(1001 + 10 * place + index), f"{SIDS[index]}{place or ''}") for index in range(count)]
        resources = draw.sample(RESOURCES, draw.randint(2, self.limits.resources))
        length = len(self.days)
        started = draw.randrange(1, 20) if draw.random() < 0.12 and not self.limits.plain else 0
        scale = 10 ** (6 - digits_of(currency))
        cost = {}
        for p in range(count):
            for r in range(len(resources)):
                minor = draw.randint(1, 400) if self.is_small else draw.randint(20_000, 200_000)
                cell = minor * scale + draw.randrange(scale)
                cost[p, r] = [0] * started + self.spread(cell, length - started)
        return Metered(projects, resources, cost, self.days, currency, Decimal(draw.choice(RATES)))

    def spread(self, whole: int, length: int) -> list[int]:
        """The amount over so many days, unevenly."""
        weights = [self.draw.randint(2_000, 9_999) for _ in range(length)]
        values = [whole * weight // sum(weights) for weight in weights]
        values[-1] += whole - sum(values)
        return values

    def bills(self, started: int) -> list[Bill]:
        """One invoice, two of one shape, or one of each: by SKU before, by project since."""
        draw = self.draw
        last = len(self.days) - 1
        way = draw.choice(("one", "one", "two", "both"))
        shape: Shape = draw.choice(("project", "sku"))
        if way == "one" or started >= last - 4:
            return [Bill(started, last, shape)]
        middle = draw.randrange(started + 2, last - 1)
        second: Shape = shape if way == "two" else "project"
        return [Bill(started, middle, shape if way == "two" else "sku"), Bill(middle + 1, last, second)]

    def earlier_rows(self, name: str, currency: str) -> list[dict[str, Any]]:
        """The invoices of the two months before, as the list shows them."""
        rows = []
        end = self.start
        for back in range(self.draw.choice((1, 2))):
            start = bounds((end - timedelta(days=1)).astimezone(ZoneInfo(self.zone)).strftime("%Y-%m"), self.zone)[0]
            total = rounded(Decimal(self.draw.randint(1, 10**6)), currency)
            rows.append(
                {
                    "id": f"{name}-old{back}",
                    "number": f"INV-{name}-OLD{back}",
                    "currency": currency,
                    "periodStart": stamp(start),
                    "periodEnd": stamp(end),
                    "subtotal": total,
                    "taxAmount": rounded(Decimal(0), currency),
                    "total": total,
                    "status": "paid",
                    "issuedAt": stamp(end + timedelta(hours=26)),
                    "paidAt": stamp(end + timedelta(hours=28)),
                }
            )
            end = start
        return rows

    def invoice(
        self, name: str, place: int, index: int, bill: Bill, metered: Metered, lines_say: str
    ) -> dict[str, Any]:
        """An invoice's detail: lines rounded each by itself, header from the lines."""
        currency, draw = metered.currency, self.draw
        is_paid = draw.random() < 0.5
        issued = min(self.end + timedelta(hours=26), self.run_at - timedelta(hours=1))
        detail: dict[str, Any] = {
            "id": f"{name}-{index}",
            "billingAccountId": name,
            "number": f"INV-{name}-{index}",
            "receiptNumber": f"RC-{name}-{index}" if is_paid else "",
            "currency": currency,
            "periodStart": stamp(self.days[bill.first]),
            "periodEnd": stamp(self.days[bill.last + 1] if bill.last + 1 < len(self.days) else self.end),
            "status": "paid" if is_paid else "open",
            "issuedAt": stamp(issued),
            "paidAt": stamp(issued) if is_paid else draw.choice((None, "", "0001-01-01T00:00:00Z")),
            "taxRate": metered.rate,
            "lineItems": self.lines(bill, metered, lines_say),
        }
        refoot(detail)
        if is_paid and draw.random() < 0.3:
            detail["withholdingTaxRate"] = Decimal("0.03")
            detail["withholdingTaxAmount"] = rounded(detail["subtotal"] * Decimal("0.03"), currency)
        return detail

    def lines(self, bill: Bill, metered: Metered, lines_say: str) -> list[dict[str, Any]]:
        """Lines by project, gross, or by SKU, net."""
        currency = metered.currency
        if bill.shape == "project":
            found = []
            for place, (id_, sid) in enumerate(metered.projects):
                amount = rounded(metered.of(bill.first, bill.last, project=place) * MICRO, currency)
                named = {"projectId": id_, "project": sid} if lines_say == "both" else {"project": sid}
                found.append({**named, "description": sid.title(), "amount": amount})
            return found
        found = []
        # Amounts finer than the unit are rounded together (BOOKING 4.2), so that one alone may be off by a whole unit:
        # against net values that is more than the half that its rounding is taken to explain.
        is_rounded = self.tax_basis == "net" or self.draw.random() < 0.6
        for place, (sku, description, _) in enumerate(metered.resources):
            net = metered.of(bill.first, bill.last, resource=place) * MICRO / (1 + metered.rate)
            price = (net / 720).quantize(Decimal(1).scaleb(-10))
            amount = rounded(price * 720, currency) if is_rounded else price * 720
            named = {"sku": sku} if sku else {}
            found.append({**named, "description": description, "quantity": 720, "unitPrice": price, "amount": amount})
        return found

    def report(self, metered: Metered, naming: str, started: int) -> dict[str, Any]:
        """The usage report of the month, on the configured tax basis."""
        draw = self.draw
        length = len(self.days)
        divisor = 1 + metered.rate if self.tax_basis == "net" else Decimal(1)
        rows = []
        for (p, r), values in sorted(metered.cost.items()):
            id_, sid = metered.projects[p]
            named = {"sid": {"projectSid": sid}, "id": {"projectSid": id_}, "projectId": {"projectId": id_}}[naming]
            value = (sum(values) * MICRO / divisor).quantize(Decimal(1).scaleb(-9)).normalize()
            rows.append({**named, "name": metered.resources[r][2], "usageValue": 720, "billingValue": value})
        if draw.random() < 0.2:  # a resource that is listed and cost nothing
            name = draw.choice(("GPU", rows[0]["name"]))
            rows.append({**rows[0], "name": name, "billingValue": Decimal(0), "usageValue": 0})
        draw.shuffle(rows)
        style = "iso" if self.limits.plain else draw.choice(LABELS if not self.late else LABELS[:-1])
        chart: dict[str, Any] = {"categories": [], "series": []}
        if style != "none":
            shown = range(started if draw.random() < 0.5 else 0, length)
            # Points of a fraction of a unit, or all alike, would be rounded the same way, which is no rounding.
            exact = self.is_small or draw.random() < 0.5
            chart["categories"] = [label(self.days[day], style) for day in shown]
            for place, (_, sid) in enumerate(metered.projects):
                points = [metered.of(day, day, project=place) * MICRO / divisor for day in shown]
                unit = Decimal(1).scaleb(-9) if exact else unit_of(metered.currency)
                data = [point.quantize(unit, ROUND_HALF_UP) for point in points]
                chart["series"].append({"name": sid.title(), "data": data})
        pairs = [{"sid": sid, "name": sid.title(), "id": id_} for id_, sid in metered.projects]
        sids = [sid for _, sid in metered.projects]
        # Who answers for an old month was not asked by a range, or by one of several months.
        echoed = draw.choice(({}, {"range": ""}, {"range": "year"})) if self.late else {"range": "prev_month"}
        return {**echoed, "list": rows, "chart": chart, "projectList": pairs, "projectSids": sids}


def label(day: datetime, style: str) -> str:
    """A day as the chart's label says it."""
    if style == "iso":
        return day.strftime("%Y-%m-%d")
    if style == "midnight":
        return day.isoformat()
    return day.strftime("%b %d") if style == "words" else f"{day.day} {day:%B %Y}"


def is_by_project(line: dict[str, Any]) -> bool:
    """Whether the line names a project."""
    return bool(line.get("project") or line.get("projectId"))


def refoot(detail: dict[str, Any]) -> None:
    """The header made to follow from lines and rate."""
    currency = detail["currency"]
    footed = sum((line["amount"] for line in detail["lineItems"]), Decimal(0))
    rate = Decimal(detail["taxRate"] or 0)
    if all(is_by_project(line) for line in detail["lineItems"]):
        total = rounded(footed, currency)
        tax = rounded(total * rate / (1 + rate), currency)
        detail |= {"subtotal": total - tax, "taxAmount": tax, "total": total}
    else:
        net = rounded(footed, currency)
        tax = rounded(net * rate, currency)
        detail |= {"subtotal": net, "taxAmount": tax, "total": net + tax}


DETAIL_ONLY = ("lineItems", "taxRate", "withholdingTaxRate", "withholdingTaxAmount", "billingAccountId")


def list_row(detail: dict[str, Any]) -> dict[str, Any]:
    """The list row that agrees with a detail."""
    return {name: value for name, value in detail.items() if name not in DETAIL_ONLY}


def _minor(amount: Decimal, currency: str) -> int:
    return int(amount.scaleb(digits_of(currency)))
