"""Months as a platform might answer them: a hypothesis strategy of all that docs/rules/booking.md has a rule for.

Few different amounts, so that equal fractional parts are frequent; few names, so that they meet. What is drawn first is
the simplest, so that a failing month shrinks to a short one.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

from hypothesis import strategies as st

from .answers import AccountAnswers, EarlierInvoice, Month, Reply
from .arithmetic import digits_of
from .calendar import bounds, midnight, month_length, shifted

Draw = Callable[[int], int]
"""Draws a number from 0 to below the one given; 0 is the simplest."""

PERIODS = ("2026-05", "2026-03", "2026-10", "2026-11", "2024-02", "2025-12", "2027-01")
ZONES = ("Asia/Bangkok", "UTC", "America/New_York", "Europe/Berlin", "Pacific/Auckland", "Asia/Kathmandu")
PROJECTS = (("1001", "web"), ("1002", "shop"), ("1003", "data-dev"), ("1004", "core"), ("1005", "nobody"))
"""Id and sid; the first four are claimed in most configurations."""
THAI = "\u0e19\u0e33\u0e49 cafe\u0301"
"""A name with marks, decomposed; ``THAI_COMPOSED`` is the same one after NFC."""
THAI_COMPOSED = "\u0e19\u0e33\u0e49 caf\xe9"
NAMES = ("CPU", "cpu", "Memory", "Disk", "disk", "Egress", THAI, THAI_COMPOSED)
SKUS = ("cpu", "memory", "DISK", "egress", "replica", "", "cpu ", THAI, "REPLICA")
DESCRIPTIONS = ("CPU", "Memory", "Disk space", "", "Straße", THAI_COMPOSED.upper(), "egress")
ODD_TEXTS = (
    "plain",
    "=1+1",
    "\u200b=1+1",
    " \u202e+2",
    "＝SUM(A1)",
    "－5",
    "a\tb\r\nc",
    "\x00-1",
    'say "no", twice',
    "บริษัท จำกัด",
    "@home",
    "\ufeff-x",
    "it's; fine",
    "a|b",
    "a\tb",
    "\u2067=1",
    "'=already",
    "e\u0301",
)
AMOUNTS = (
    "0",
    "1",
    "2",
    "3",
    "0.01",
    "0.05",
    "10.700000000000001",
    "33.33",
    "0.005",
    "-1",
    "-3",
    "100.125",
    "7.77",
    "-0.015",
)
VALUES = ("1", "2", "0", "3", "0.5", "0.333333333", "-1", "10.700000000000001", "1080.2512345", "0.0000001", "-2.5")
USAGES = ("0", "1", "720", "0.1", "0.0000005", "-3", "1.23456789", "0.000001", "2")
INACTIVE = "api: billing account not active, please contact us via email to activate billing account"
MARKS: tuple[dict[str, Any], ...] = (
    *[{}] * 40,
    {"hasMore": True},
    {"nextPageToken": "x"},
    {"next": ""},
    {"Cursor": "x"},
)
"""What a list answer carries beside its items."""
TAXES = ("exact", "zero", "0.01", "0.05", "-0.07", "1.005", "3")


ENVIRONMENTS = (
    *['[environments]\ndevelopment = ["*-dev", "core"]\nstaging = "w?b"'] * 30,
    '[environments]\ndevelopment = ["*-dev", "?ore"]\nstaging = "c?re"',
    '[environments]\ndevelopment = ["c*re", "?ore"]\nlong-lived = "sho[p]"\nstaging = ["*", "sh*"]',
)
DETAIL_CHANGES: tuple[tuple[str, Any], ...] = (
    ("status", "void"),
    ("status", "open"),
    ("status", "draft"),
    ("status", None),
    ("status", "unheard-of"),
    ("total", Decimal("12.5")),
    ("total", None),
    ("taxAmount", Decimal("0.5")),
    ("taxAmount", None),
    ("currency", "EUR"),
    ("currency", ""),
    ("number", "OTHER"),
    ("number", ""),
    ("id", "another"),
    ("id", None),
    ("billingAccountId", "another"),
    ("billingAccountId", None),
    ("billingAccountId", 12),
    ("periodStart", None),
    ("periodEnd", "2026-09-01T00:00:00Z"),
    ("subtotal", None),
    ("lineItems", None),
    ("lineItems", [{"project": "web"}]),
    ("lineItems", [{"sku": "cpu", "quantity": 1, "unitPrice": 2}]),
)
ROW_CHANGES: tuple[tuple[str, Any], ...] = (
    ("status", "unheard-of"),
    ("status", "Paid"),
    ("periodEnd", None),
    ("status", None),
    ("total", None),
    ("taxAmount", None),
    ("subtotal", None),
    ("issuedAt", None),
    ("issuedAt", "0001-01-01T00:00:00Z"),
    ("currency", None),
    ("currency", "thb"),
    ("number", 17),
    ("id", "i0"),
    ("status", "uncollectible"),
    ("status", "uncollectible"),
    ("status", "uncollectible"),
    ("total", Decimal("-2")),
)
"""A field and what it is instead."""
ACCEPTED = (
    "invoice-footing",
    "ownership",
    "report-period",
    "invoice-cutoff",
    "invoice-identity",
    "invoice-tax",
    "report-resource",
    "invoice-duplicate",
)
CONTRADICTING = [
    {"id": "1001", "sid": "shop", "name": "Shop?"},
    {"id": "1002", "sid": "shop", "name": "Shop!"},
    {"id": "1006", "sid": "late", "name": "Late"},
    {"sid": "core", "name": "Kern"},
]
"""A ``projectList`` that says otherwise than project.list."""
LATE = (*[51] * 12, 1, 6, 1, 6, 45 * 24, 45 * 24, 30 * 24, 366 * 24, 366 * 24, 2 * 366 * 24)
"""How many hours after the month's end it is closed."""
ODD_CLAIMS = (
    '"web*"',
    '"core*"',
    '"s*", { match = "sho?", from = "2030-01" }',
    '"s*", { match = "*hop", until = "2024-01" }',
    '"s*", { match = "w?b", until = "2024-01" }',
    '"s*", "?"',
)
FEW_UNITS = (1, 3, 2, -1, -3, 4, 5, -5)
"""Minor units, of which ties are frequent, between different weights too."""
BOOKED = (("1001", "web", "Of old"), ("1002", "shop-old", "Shop of old"), ("", "data-dev", "Dev"), ("1004", "core", ""))
"""What the month's latest revision calls its projects."""
RIGHT_COSTS = ("10", "3.333333", "0", "700.125", "33.33", "0.005", "1500", "0.1")
WRONG = (
    "void",
    "credit",
    "no rate",
    "shorter",
    "later",
    "relabelled",
    "other list total",
    "swapped",
    "another sid",
    "other basis",
    "report more",
    "negative row",
    "stops early",
    "other names",
    "no invoice",
    "cancelled",
    "inactive",
    "inactive",
    "timeless",
    "empty",
    "empty",
    "created",
    "refund",
    "zero shape",
    "two currencies",
)
"""What is wrong in a month that is right otherwise."""


@dataclass
class World:
    """What is drawn once a month and every part of it needs."""

    period: str
    zone: str
    previous_month: str
    basis: str = "gross"
    currency: str = "THB"

    @property
    def start(self) -> datetime:
        """When the month begins."""
        return bounds(self.period, self.zone)[0]

    @property
    def end(self) -> datetime:
        """When the next one begins."""
        return bounds(self.period, self.zone)[1]


def encoded(value: object) -> bytes:
    """JSON with decimals written as they are."""
    if isinstance(value, dict):
        return b"{" + b",".join(encoded(key) + b":" + encoded(each) for key, each in value.items()) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(encoded(each) for each in value) + b"]"
    if isinstance(value, Decimal):
        return str(value).encode()
    return json.dumps(value, ensure_ascii=False).encode()


def stamp(moment: datetime) -> str:
    """RFC 3339."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def ok(result: object) -> bytes:
    """An answer."""
    return encoded({"ok": True, "result": result})


def refused(message: str) -> bytes:
    """A refusal."""
    return encoded({"ok": False, "error": {"message": message}})


def pick(draw: Draw, options: Sequence[Any]) -> Any:
    """One of the options, the first the simplest."""
    return options[draw(len(options))]


def seldom(draw: Draw, times: int = 8) -> bool:
    """True once in so many."""
    return draw(times) == times - 1


@st.composite
def months(draw: st.DrawFn) -> Month:
    """Months that hypothesis draws, and shortens where one fails."""
    return month(lambda below: draw(st.integers(0, below - 1)))


def random_month(seed: int) -> Month:
    """The month of that seed: quicker to draw than hypothesis' own, and wilder."""
    return month(random.Random(seed).randrange)


def month(draw: Draw) -> Month:
    """A month of one to four accounts, ready or not."""
    period = pick(draw, PERIODS)
    currency = pick(draw, ("THB", "JPY", "KWD", "XYZ", "USD"))
    world = World(period, pick(draw, ZONES), shifted(period, -1), pick(draw, ("gross", "net")), currency)
    late = pick(draw, LATE)
    run_at = world.end + timedelta(hours=late)
    names = ("ba_1", "12", "B", "ก")[: pick(draw, (1, 1, 2, 4))]
    right = draw(2)
    accounts = {
        name: (right_account if right else account)(draw, world, name, pick(draw, (*[currency] * 3, "THB")), run_at)
        for name in names
    }
    earlier = archived(draw, world, names)
    months = {world.previous_month: tuple(sorted(names))} if earlier or seldom(draw) else {}
    booked = pick(draw, (*[()] * 6, BOOKED, BOOKED[1:], BOOKED[:1]))
    return Month(
        period,
        stamp(run_at),
        config(draw, world, names),
        accounts,
        projects(draw, run_at),
        months,
        tuple(earlier),
        booked,
        {names[0]: "Archived"} if booked and draw(2) else {},
    )


def archived(draw: Draw, world: World, names: Sequence[str]) -> list[EarlierInvoice]:
    """Now and then the archive has the month before, with an invoice of each account: as it is listed now, or not."""
    if draw(5):
        return []
    total = 10 ** digits_of(world.currency)
    invoices = (
        EarlierInvoice(
            world.previous_month,
            name,
            pick(draw, (f"{name}-old", f"{name}-old", "i0")),
            "INV-0",
            world.currency,
            pick(draw, (total, total, total + 1)),
            seldom(draw, 4),
        )
        for name in names
    )
    return [each for each in invoices if draw(4)]


def reply(body: bytes, run_at: datetime) -> Reply:
    """An answer at that time."""
    return Reply(body, stamp(run_at), format_datetime(run_at.astimezone(UTC), usegmt=True))


def account(draw: Draw, world: World, name: str, currency: str, run_at: datetime) -> AccountAnswers:
    """An account's answers."""
    described = {"id": name, "name": pick(draw, ODD_TEXTS), "active": True}
    rows, details = [], {}
    for index in range(draw(5)):
        number = pick(draw, (f"INV-{index}", f"INV-{9 - index}", "", "=INV", f"inv-{index}\t"))
        row, detail = invoice(draw, world, name, f"i{index}", number, currency)
        rows.append(row)
        details[row["id"]] = reply(detail, run_at)
    answers = AccountAnswers(
        get=reply(ok(described), run_at),
        report=report(draw, world, run_at),
        invoices=reply(ok({"items": rows, **pick(draw, MARKS)}), run_at),
        details={str(key): value for key, value in details.items()},
    )
    return answers if draw(12) else refusing(draw, answers)


def right_account(draw: Draw, world: World, name: str, currency: str, run_at: datetime) -> AccountAnswers:
    """An account whose invoices and report agree, but for what is changed in one or two of them."""
    costs = {
        (project, resource): Decimal(pick(draw, RIGHT_COSTS))
        for project in PROJECTS[: pick(draw, (2, 3, 5, 1))]
        for resource in NAMES[: pick(draw, (2, 3, 1, 8)) : pick(draw, (1, 2))]
    }
    wrong = pick(draw, (*[""] * 6, *WRONG))
    if wrong == "refund":
        costs |= {key: -abs(cost) - 1 for key, cost in costs.items() if key[0] == PROJECTS[0]}
    rate = pick(draw, (Decimal("0.07"), Decimal("0.07"), Decimal(0), Decimal("0.19")))
    shapes = pick(draw, (("project",), ("sku",), ("project", "sku"), ("project", "project"), ("sku", "sku")))
    start, end = world.start, world.end
    middle = midnight(month_length(world.period)[len(month_length(world.period)) // 2], world.zone)
    parts = [(start, end)] if len(shapes) == 1 else [(start, middle), (middle, end)]
    issued = [
        right_invoice(
            draw, world, (name, f"{name}-{index}"), currency, RightPart(costs, shape, rate, span, len(shapes))
        )
        for index, (shape, span) in enumerate(zip(shapes, parts, strict=True))
    ]
    if wrong == "credit":
        note = right_invoice(
            draw,
            world,
            (name, f"{name}-credit"),
            currency,
            RightPart({(PROJECTS[0], "CPU"): Decimal("-5")}, shapes[0], rate, parts[-1], 1),
        )
        issued.append(note)
    if wrong in {"zero shape", "two currencies"}:
        shape = "sku" if shapes[0] == "project" else "project"
        nothing = {(PROJECTS[0], "CPU"): Decimal(0 if wrong == "zero shape" else 5)}
        unit = "EUR" if wrong == "two currencies" else currency
        other = RightPart(nothing, shape if wrong == "zero shape" else shapes[0], rate, parts[-1], 1)
        issued.append(right_invoice(draw, world, (name, f"{name}-other"), unit, other))
    spoilt = [spoil(draw, wrong, row, detail) for row, detail in issued]
    before = bounds(world.previous_month, world.zone)
    old = {
        "id": f"{name}-old",
        "number": "INV-0",
        "currency": currency,
        "periodStart": stamp(before[0]),
        "periodEnd": stamp(before[1]),
        "subtotal": 1,
        "taxAmount": 0,
        "total": 1,
        "status": pick(draw, ("paid", "open", "uncollectible", "void")),
        "issuedAt": stamp(start),
    }
    rows = [row for row, _ in spoilt if wrong not in {"no invoice", "cancelled", "empty"}] + ([old] if draw(2) else [])
    if wrong == "timeless":
        rows.append({"id": "timeless", "status": pick(draw, ("uncollectible", "void", "draft", "open")), "total": 1})
    if wrong == "inactive":
        rows = [{**row, "status": "void"} for row in rows[:1]] if draw(2) else rows[draw(2) * 2 :]
        spoilt = [(row, {**detail, "status": "void"}) for row, detail in spoilt]
    return AccountAnswers(
        get=reply(ok({"id": name, "name": "บัญชี", "active": True}), run_at),
        report=reply(refused(INACTIVE), run_at)
        if wrong == "inactive"
        else right_report(draw, world, costs, rate, wrong, run_at),
        invoices=reply(ok({"items": rows}), run_at),
        details={row["id"]: reply(ok(detail), run_at) for row, detail in spoilt},
    )


@dataclass(frozen=True)
class RightPart:
    """What an invoice that is right is made from: net cost by project and resource, and which part of the month."""

    costs: Mapping[tuple[tuple[str, str], str], Decimal]
    shape: str
    rate: Decimal
    span: tuple[datetime, datetime]
    parts: int


def right_invoice(
    draw: Draw, world: World, named: tuple[str, str], currency: str, part: RightPart
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A list row and a detail, each line rounded by itself; header and lines foot."""
    unit = Decimal(1).scaleb(-digits_of(currency))
    lines: list[dict[str, Any]] = []
    if part.shape == "project":
        for project in sorted({project for project, _ in part.costs}):
            net = added(cost for (each, _), cost in part.costs.items() if each == project) / part.parts
            shown = pick(draw, ({"projectId": project[0], "project": project[1]}, {"projectId": project[0]}))
            lines.append({**shown, "description": "", "amount": (net * (1 + part.rate)).quantize(unit)})
        total = sum((line["amount"] for line in lines), Decimal(0))
        tax = (total - total / (1 + part.rate)).quantize(unit)
        subtotal = total - tax
    else:
        for resource in sorted({resource for _, resource in part.costs}):
            net = added(cost for (_, each), cost in part.costs.items() if each == resource) / part.parts
            value = net.quantize(unit)
            described = pick(draw, ({"sku": resource}, {"sku": resource.lower()}, {"sku": "", "description": resource}))
            lines.append({**described, "quantity": 1, "unitPrice": value, "amount": value})
        subtotal = sum((line["amount"] for line in lines), Decimal(0))
        tax = (subtotal * part.rate).quantize(unit)
        total = subtotal + tax
    row = {
        "id": named[1],
        "number": f"INV-{named[1]}",
        "currency": currency,
        "periodStart": stamp(part.span[0]),
        "periodEnd": stamp(part.span[1]),
        "subtotal": subtotal,
        "taxAmount": tax,
        "total": total,
        "status": pick(draw, ("paid", "open")),
        "issuedAt": stamp(world.end),
    }
    return row, {**row, "billingAccountId": named[0], "taxRate": part.rate, "lineItems": lines}


def added(amounts: Iterable[Decimal]) -> Decimal:
    """Their sum."""
    return sum(amounts, Decimal(0))


def spoil(draw: Draw, wrong: str, row: dict[str, Any], detail: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The invoice with what is wrong with it."""
    lines = detail["lineItems"]
    if wrong == "void" and draw(2):
        return {**row, "status": "void"}, {**detail, "status": "void"}
    if wrong == "created":
        times = {"periodStart": None, "issuedAt": "", "createdAt": pick(draw, (row["issuedAt"], row["periodStart"]))}
        return {**row, **times}, {**detail, **times}
    if wrong == "no rate":
        return row, {key: value for key, value in detail.items() if key != "taxRate"}
    if wrong == "shorter":
        end = stamp(datetime.fromisoformat(row["periodEnd"]) - timedelta(days=pick(draw, (1, 3, 7))))
        return {**row, "periodEnd": end}, {**detail, "periodEnd": end}
    if wrong == "later":
        start = stamp(datetime.fromisoformat(row["periodStart"]) + timedelta(hours=pick(draw, (7, 24, 48))))
        return {**row, "periodStart": start}, {**detail, "periodStart": start}
    if wrong == "relabelled" and lines:
        names = {"projectId": "1009", "project": "elsewhere"} if "projectId" in lines[0] else {"sku": "unheard-of"}
        return row, {**detail, "lineItems": [{**lines[0], **names}, *lines[1:]]}
    if wrong == "other list total":
        return {**row, "total": row["total"] + 1}, detail
    if wrong == "swapped" and len(lines) > 1:
        first, second = lines[0]["amount"], lines[1]["amount"]
        return row, {**detail, "lineItems": [{**lines[0], "amount": second}, {**lines[1], "amount": first}, *lines[2:]]}
    if wrong == "another sid" and lines and "projectId" in lines[0]:
        return row, {**detail, "lineItems": [{**lines[0], "project": "renamed"}, *lines[1:]]}
    return row, detail


def right_report(
    draw: Draw,
    world: World,
    costs: Mapping[tuple[tuple[str, str], str], Decimal],
    rate: Decimal,
    wrong: str,
    run_at: datetime,
) -> Reply:
    """The report of the same costs, on the basis that the configuration states, or off by the rate."""
    gross = (world.basis == "gross") != (wrong == "other basis")
    factor = 1 + rate if gross else Decimal(1)
    values = {key: cost * factor for key, cost in costs.items()}
    if wrong == "report more":
        values[next(iter(values))] += Decimal(pick(draw, ("0.04", "0.3", "3", "75")))
    if wrong == "cancelled":
        first = next(iter(values))
        values = {first: values[first] + 1, (first[0], "Refund"): -values[first] - 1}
    if wrong == "negative row":
        values[PROJECTS[0], "Refund"] = Decimal("-0.01")
    by_id = draw(3) == 0
    rows = [
        {"projectSid": id_ if by_id else sid, "name": name, "usageValue": 720, "billingValue": value}
        for ((id_, sid), name), value in values.items()
    ]
    days = month_length(world.period)[: -3 if wrong == "stops early" else None]
    form = pick(draw, ("%Y-%m-%d", "%Y-%m-%d", "%b %d", "%d %B %Y"))
    idle = set(days[pick(draw, (0, 5, 20)) :][: pick(draw, (0, 0, 3, 7))])
    busy = [day for day in days if day not in idle]
    series = []
    for project in dict.fromkeys(project for project, _ in values):
        whole = added(value for (each, _), value in values.items() if each == project)
        daily = (whole / len(busy)).quantize(Decimal("0.000001"))
        points = [Decimal(0) if day in idle else daily for day in days]
        points[days.index(busy[0])] += whole - daily * len(busy)
        series.append({"name": pick(draw, (project[1].title(), project[1])), "data": points})
    known = [{"id": id_, "sid": sid, "name": sid.title()} for id_, sid in PROJECTS]
    if wrong == "other names":
        known[0] |= {"sid": pick(draw, ("web-renamed", "shop"))}
    result = {
        "range": pick(draw, ("prev_month", "", "3_months")),
        "list": rows,
        "chart": {"categories": [day.strftime(form) for day in days], "series": series},
        "projectList": pick(draw, ([], known, [{"sid": each["sid"], "name": each["name"]} for each in known])),
    }
    if draw(8) == 0:
        result |= {"range": "prev_month", "chart": {}}
        if draw(3) == 0:
            return replace(reply(ok(result), run_at), requested_at=stamp(run_at - timedelta(days=31)))
    if wrong == "empty":
        result |= {"range": "", "chart": {}, "list": []}
    return reply(ok(result), run_at)


def refusing(draw: Draw, answers: AccountAnswers) -> AccountAnswers:
    """The answers of an account that the platform refuses, in part or altogether."""
    refusal = replace(answers.report, body=refused(INACTIVE))
    parts = pick(draw, (("report", "invoices"), ("report",), ("invoices",), ("get", "report", "invoices"), ("get",)))
    kept = {"get": answers.get, "report": answers.report, "invoices": answers.invoices}
    said = {part: refusal if part in parts else reply for part, reply in kept.items()}
    return AccountAnswers(said["get"], said["report"], said["invoices"], answers.details)


def invoice(
    draw: Draw, world: World, account_id: str, id_: str, number: str, currency: str
) -> tuple[dict[str, Any], bytes]:
    """A list row and the answer to its detail."""
    lines = line_items(draw)
    unit = Decimal(1).scaleb(-digits_of(currency))
    small = draw(3) == 2
    if small:
        lines = [{**line, "amount": unit * pick(draw, FEW_UNITS)} for line in lines]
    by_project = all("projectId" in line or "project" in line for line in lines)
    foots_to = sum((line["amount"] for line in lines), Decimal(0)) + Decimal(
        "0" if small else pick(draw, ("0", "0", "0", "0.01", "-1", "5"))
    )
    tax = unit * pick(draw, (1, -1, 2, 3)) if small else tax_of(pick(draw, TAXES), foots_to, currency)
    net, total = (foots_to - tax, foots_to) if by_project else (foots_to, foots_to + tax)
    if draw(2):
        net, total = net.quantize(unit), total.quantize(unit)
    start, end = span(draw, world)
    row = {
        "id": int(id_[1:]) + 1000 if seldom(draw) else id_,
        "number": number,
        "currency": currency,
        "periodStart": start,
        "periodEnd": end,
        "subtotal": net + (1 if seldom(draw) else 0),
        "taxAmount": tax,
        "total": total,
        "status": pick(draw, ("open", "paid", "open", "paid", "void", "draft")),
        "issuedAt": stamp(world.end + timedelta(days=1)),
        "createdAt": pick(draw, ("", None, "0001-01-01T00:00:00Z", stamp(world.end))),
    }
    detail = {**row, "billingAccountId": account_id, "lineItems": lines or pick(draw, ([], None))}
    detail["taxRate"] = pick(draw, (Decimal("0.07"), Decimal("0.07"), 0, None))
    detail |= pick(
        draw, ({}, {"withholdingTaxRate": Decimal("0.03"), "withholdingTaxAmount": pick(draw, (0, Decimal("0.3")))})
    )
    changed(draw, detail, DETAIL_CHANGES, 5)
    changed(draw, row, ROW_CHANGES, 25)
    if seldom(draw, 12):
        return row, refused(pick(draw, ("api: invoice not found", "api: forbidden", "api: something else")))
    return row, ok(detail)


def changed(draw: Draw, fields: dict[str, Any], changes: Sequence[tuple[str, Any]], once_in: int) -> None:
    """Now and then one field is another one, or is missing."""
    if seldom(draw, once_in):
        key, value = pick(draw, changes)
        fields[key] = value


def tax_of(kind: str, foots_to: Decimal, currency: str) -> Decimal:
    """A tax amount."""
    if kind == "exact":
        return (foots_to * 7 / 107).quantize(Decimal(1).scaleb(-digits_of(currency)))
    return Decimal(0) if kind == "zero" else Decimal(kind)


def span(draw: Draw, world: World) -> tuple[Any, Any]:
    """Bounds of a period, mostly of this month."""
    start, end = world.start, world.end
    middle = start + (end - start) / 2
    held: tuple[Any, Any] = pick(
        draw,
        (
            (stamp(start), stamp(end)),
            (stamp(start), stamp(end)),
            (stamp(start), stamp(middle)),
            (stamp(middle), stamp(end)),
            (None, None),
            (stamp(end), stamp(start)),
            (stamp(start), ""),
            (stamp(start - timedelta(days=10)), stamp(end)),
            (stamp(start + timedelta(days=20)), stamp(end + timedelta(days=30))),
            (stamp(end - timedelta(hours=5)), stamp(end + timedelta(hours=5))),
            (stamp(start - timedelta(hours=5)), stamp(start + timedelta(hours=5))),
            (stamp(end - timedelta(hours=5)), stamp(end + timedelta(hours=6))),
            (stamp(start - timedelta(hours=7)), stamp(end - timedelta(hours=7))),
            (bounds(world.previous_month, world.zone)[0].strftime("%Y-%m-%dT00:00:00+07:00"), stamp(start)),
        ),
    )
    return held


def line_items(draw: Draw) -> list[dict[str, Any]]:
    """Lines by project, by SKU, of both shapes, or none."""
    shape = pick(draw, ("project", "sku", "project", "sku", "mixed"))
    lines = []
    for index in range(draw(5)):
        by_project = shape == "project" or (shape == "mixed" and index % 2 == 0)
        lines.append(project_line(draw) if by_project else sku_line(draw))
    return lines


def project_line(draw: Draw) -> dict[str, Any]:
    """A line by project: by id, by sid, or by both."""
    id_, sid = pick(draw, PROJECTS)
    named = pick(
        draw,
        (
            {"projectId": id_, "project": sid},
            {"projectId": id_},
            {"project": sid},
            {"projectId": int(id_)},
            {"project": id_} if seldom(draw, 4) else {"project": sid, "projectId": "1002"},
        ),
    )
    return {**named, "description": pick(draw, ODD_TEXTS), "amount": Decimal(pick(draw, AMOUNTS))}


def sku_line(draw: Draw) -> dict[str, Any]:
    """A line by SKU; now and then with an empty project."""
    value = Decimal(pick(draw, AMOUNTS))
    fields = {"sku": pick(draw, SKUS), "description": pick(draw, DESCRIPTIONS), "amount": value}
    if draw(2):
        fields |= {"quantity": pick(draw, (2, 2, 2, 3)), "unitPrice": value / 2}
    return fields | ({"project": "", "projectId": None} if seldom(draw) else {})


def report(draw: Draw, world: World, run_at: datetime) -> Reply:
    """A report: of this month, of another, or of none that it names."""
    rows = []
    for _ in range(draw(7)):
        id_, sid = pick(draw, PROJECTS)
        named = pick(draw, ({"projectSid": sid}, {"projectSid": id_}, {"projectId": id_}, {"projectId": int(id_)}))
        named = named if draw(40) else {}
        name = pick(draw, (*NAMES, *NAMES, "Straße", "STRASSE", "=evil", "", " cpu"))
        rows.append(
            {
                **named,
                "name": name,
                "usageValue": Decimal(pick(draw, USAGES)),
                "billingValue": Decimal(pick(draw, VALUES)),
            }
        )
    proof = pick(
        draw, ("iso", "iso", "words", "range", "none", "outside", "no date", "refused", "unreadable", "year", "twice")
    )
    if proof == "refused":
        return reply(refused("api: something went wrong"), run_at)
    days = month_length(world.period)
    named = days[: pick(draw, (31, 31, 31, 10))]
    labels = {
        "iso": [day.isoformat() for day in named],
        "words": [day.strftime(pick(draw, ("%b %d", "%d %B", "%B %d, %Y", "%d %b %Y"))) for day in named],
        "unreadable": ["week 18", "2026-05", "total", "Feb 30"],
        "year": [f"{days[0].year - 1}{day.isoformat()[4:]}" for day in days if day.isoformat()[5:] != "02-29"],
        "outside": [day.isoformat() for day in (*days, days[-1] + timedelta(days=1))],
        "twice": [day.isoformat() for day in (*days, days[0])],
    }.get(proof, [])
    total = sum((row["billingValue"] for row in rows), Decimal(0))
    idle = draw(len(labels)) if labels else 0
    points = pick(
        draw,
        (
            [Decimal(1)] * len(labels),
            [total, *[Decimal(0)] * (len(labels) - 1)],
            [Decimal(0)] * idle + [Decimal("0.5")] * (len(labels) - idle),
            [Decimal(0)] * idle,
        ),
    )
    result: dict[str, Any] = {
        "list": rows,
        "chart": {"categories": labels, "series": [{"name": "all", "data": points}] if labels else []},
        "projectList": pick(draw, ([], [], [{"sid": "web", "name": "Wéb"}], CONTRADICTING)),
    }
    if labels and draw(4) == 0:
        result["chart"]["series"].append({"name": "web", "data": [-point for point in points]})
    if proof in {"range", "no date", "unreadable"} or seldom(draw, 4):
        result["range"] = pick(
            draw, ("prev_month", "prev_month", "prev_month", "", "this_month", "3_months", "PREV_MONTH")
        )
    answer = reply(ok(result), run_at)
    if proof == "no date":
        return replace(answer, date=pick(draw, (None, "", "yesterday")))
    if proof == "range" and draw(3) == 0:
        return replace(answer, requested_at=stamp(run_at - timedelta(hours=pick(draw, (3, 9, 24 * 31)))))
    if seldom(draw):
        late = pick(draw, (3, 9, 24 * 31))
        return replace(answer, date=format_datetime((run_at + timedelta(hours=late)).astimezone(UTC), usegmt=True))
    return (
        answer
        if draw(6)
        else replace(answer, requested_at=stamp(run_at - timedelta(hours=pick(draw, (3, 9, 24 * 31)))))
    )


def projects(draw: Draw, run_at: datetime) -> Reply:
    """project.list: whole, short, or refused."""
    known = PROJECTS[: pick(draw, (5, 5, 3, 0))]
    if seldom(draw):
        return reply(refused("api: forbidden"), run_at)
    rows = [{"id": id_, "project": sid, "name": pick(draw, ODD_TEXTS), "billingAccount": "ba_1"} for id_, sid in known]
    return reply(ok({"items": rows}), run_at)


def config(draw: Draw, world: World, accounts: Sequence[str]) -> str:
    """A configuration: two to three teams, shared projects, environments, acceptances."""
    teams = pick(draw, (("web", "data"), ("zeta", "alpha", "mid"), ("b", "a")))
    parts = [f'timezone = "{world.zone}"']
    parts += [f'[[accounts]]\nid = "{accounts[0]}"\nname = "=Named"'] if seldom(draw, 4) else []
    owned = pick(draw, (["web", "shop"], ["web"], ["web", "*-dev"], ["we*"]))
    claims = [*(f'"{each}"' for each in owned), f'{{ match = "w*b", from = "{world.period}" }}']
    parts.append(f'[[teams]]\nid = "{teams[0]}"\nname = "First"\ncost_center = "=CC"\nprojects = [{", ".join(claims)}]')
    parts.append(f'[[teams]]\nid = "{teams[1]}"\ngl_account = "-6420"\nprojects = ["s*", "da*", "web-*"]')
    if seldom(draw, 20):
        parts[-1] = parts[-1].replace('"s*"', pick(draw, ('"sho*", "*hop"', '"*data*"', '"nobody", "w*b*"')))
    if seldom(draw, 4):
        parts[-1] = parts[-1].replace('"s*"', pick(draw, ODD_CLAIMS))
    parts += [f'[[teams]]\nid = "{each}"\nname = "T"' for each in teams[2:]]
    parts.append(f'[[shared]]\nproject = "core"\nsplit = {split(draw, teams)}')
    if draw(2):
        parts.append(f'[[shared]]\nproject = "data-d*"\nsplit = {split(draw, teams)}')
    parts.append(pick(draw, ENVIRONMENTS))
    tolerance = pick(
        draw, ("", "", 'tolerance = { absolute = "1", percent = "0.5" }', 'tolerance = { percent = "50" }')
    )
    parts.append(f'[reconciliation]\ntax_basis = "{world.basis}"\n{tolerance}')
    for name in accounts:
        if draw(2):
            parts.append(accepted(draw, name))
    return "\n\n".join(parts) + "\n"


def accepted(draw: Draw, account_id: str) -> str:
    """An acceptance."""
    check = pick(draw, ("invoice-issued", "invoice-issued", "report-*", "report-total", *ACCEPTED))
    up_to = pick(draw, ("100000", "100000", "1", "0"))
    only = pick(draw, ("", "", "", 'invoice = "INV-0"\n', 'subject = "web"\n', 'subject = "nobody"\n'))
    until = pick(draw, ("2030-12", "2030-12", "2026-04", "2026-05"))
    return (
        f'[[accepted]]\ncheck = "{check}"\naccount = "{account_id}"\n{only}up_to = "{up_to}"\nuntil = "{until}"\n'
        'reason = "known"\nby = "finance@acme.example"'
    )


def split(draw: Draw, teams: Sequence[str]) -> str:
    """How a shared project is divided."""
    kind = pick(draw, ("even", "proportional", "proportional", "equal", "weights", "zero", "one", "thirds"))
    weights = {
        "equal": [1] * len(teams),
        "weights": [pick(draw, ("60", "0.5", "1", "2.25", "3", "0")) for _ in teams[1:]] + ["1"],
        "thirds": [1, 3, 2][: len(teams)],
        "zero": [0, *[1] * (len(teams) - 1)],
        "one": [1],
    }
    if kind not in weights:
        return f'"{kind}"'
    pairs = list(zip(teams, weights[kind], strict=False))
    return "{ " + ", ".join(f"{team} = {weight}" for team, weight in (reversed(pairs) if draw(2) else pairs)) + " }"
