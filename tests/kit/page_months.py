"""Months for the pages' tests: evidence written by hand, books made of it by the pure way through a month."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from chargeback.config import AcceptedException, Config, ProjectClaim, Publish, SharedProject, Team
from chargeback.evidence import (
    Answer,
    DocumentRecord,
    EarlierMonth,
    EarlierTotal,
    Evidence,
    MemoryStore,
    RunRecord,
    sha256_of,
)
from chargeback.evidence.period import Period
from chargeback.model.books import Books
from chargeback.month_end import close_month

PLATFORM = "https://api.deploys.app/"
SANDBOX = "http://127.0.0.1:8399/"
HOSTILE_NAMES = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "gpj.exe\u202egnp.\u2066x",
    "Bell\x07 and \x1b[31mred",
    "x" * 300,
    "=HYPERLINK(1)",
    "ระบบชำระเงินออนไลน์ของบริษัทตัวอย่างจำกัดมหาชน",
    "מערכת תשלומים",
    "نظام الدفع الإلكتروني",
    "{{ 7 * 7 }}",
    "\u2069\u2069 closed",
)


@dataclass
class Account:
    """A billing account's month: daily cost per project in minor units, and what of it the invoice holds."""

    id: str
    name: str
    projects: Mapping[str, Sequence[int]]
    currency: str = "THB"
    billed: Mapping[str, int] = field(default_factory=dict)
    status: str = "paid"
    number: str = ""
    extra_invoices: Sequence[Mapping[str, Any]] = ()
    report: bool = True
    resources: Sequence[str] = ("CPU", "Memory", "Egress")


def money(units: int) -> Decimal:
    """Minor units as the number of an answer."""
    return Decimal(units).scaleb(-2)


@dataclass
class _Writer:
    """Keeps answers as evidence."""

    endpoint: str
    store: MemoryStore = field(default_factory=MemoryStore)
    answers: list[Answer] = field(default_factory=list)
    documents: list[DocumentRecord] = field(default_factory=list)

    def keep(self, account: str, function: str, result: Any, request: Mapping[str, Any]) -> None:
        text = json.dumps({"ok": True, "result": result}, ensure_ascii=False, default=_number)
        data = text.replace('"~', "").replace('~"', "").encode("utf-8", "surrogatepass")
        which = f"-{request['invoiceId']}" if "invoiceId" in request else ""
        path = f"evidence/{account or 'all'}/{function}{which}.json"
        self.store.write(path, data)
        self.answers.append(
            Answer(
                path, account, function, self.endpoint, request, "2026-06-01T00:05:00Z",
                "Mon, 01 Jun 2026 00:05:00 GMT", 200, len(data), sha256_of(data),
            )
        )  # fmt: skip


def _number(value: object) -> str:
    return f"~{value}~"


def evidence_of(
    accounts: Iterable[Account],
    names: Mapping[str, str],
    *,
    endpoint: str = PLATFORM,
    period: str = "2026-05",
    earlier: tuple[EarlierMonth, ...] = (),
    revision: int = 1,
) -> Evidence:
    """All answers of these accounts for the month."""
    accounts = list(accounts)
    writer = _Writer(endpoint)
    sids = {sid for account in accounts for sid in account.projects}
    projects = [
        {"id": str(place), "project": sid, "name": names.get(sid, sid)} for place, sid in enumerate(sorted(sids))
    ]
    writer.keep("", "project.list", {"items": projects}, {})
    for account in accounts:
        _account(writer, account, names, period)
    run = RunRecord(
        period=Period.parse(period),
        run_at="2026-06-01T00:05:00Z",
        endpoint=endpoint,
        revision=revision,
        previous=None,
        accounts=tuple(account.id for account in accounts),
        earlier=earlier,
        documents=tuple(writer.documents),
        versions={"chargeback": "0.1.0", "python": "3.11"},
    )
    return Evidence(tuple(writer.answers), run, writer.store)


def _account(writer: _Writer, account: Account, names: Mapping[str, str], period: str) -> None:
    writer.keep(account.id, "billing.get", {"id": account.id, "name": account.name}, {"id": account.id})
    if account.report:
        writer.keep(account.id, "billing.report", _report(account, names, period), {"id": account.id})
    lines = [
        {"project": sid, "description": names.get(sid, sid), "amount": money(account.billed.get(sid, sum(days)))}
        for sid, days in account.projects.items()
    ]
    total = sum(account.billed.get(sid, sum(days)) for sid, days in account.projects.items())
    tax = total - (total * 200 + 107) // 214
    number = account.number or f"INV-2026-{len(writer.answers):04d}"
    invoice = {
        "id": f"inv_{account.id}", "number": number, "currency": account.currency, "status": account.status,
        "periodStart": f"{period}-01T00:00:00+07:00", "periodEnd": "2026-06-01T00:00:00+07:00",
        "subtotal": money(total - tax), "taxAmount": money(tax), "total": money(total), "taxRate": Decimal("0.07"),
        "issuedAt": "2026-06-01T00:00:00Z", "billingAccountId": account.id,
    }  # fmt: skip
    rows = [invoice, *({**invoice, **extra} for extra in account.extra_invoices)]
    writer.keep(account.id, "billing.listInvoices", {"items": rows}, {"id": account.id})
    for row in rows:
        writer.keep(account.id, "billing.getInvoice", {**row, "lineItems": lines}, {"invoiceId": row["id"]})
        for kind in ("invoice", "receipt"):
            writer.documents.append(
                DocumentRecord(
                    account.id, row["id"], row["number"], kind, "read", names_number=True, names_total=True
                )
            )  # fmt: skip


def _report(account: Account, names: Mapping[str, str], period: str) -> dict[str, Any]:
    count = len(account.resources)
    rows = []
    for sid, days in account.projects.items():
        total = sum(days)
        parts = [total // count] * (count - 1)
        for name, value in zip(account.resources, [*parts, total - sum(parts)], strict=True):
            rows.append({"projectSid": sid, "name": name, "usageValue": 10, "billingValue": money(value)})
    longest = max((len(days) for days in account.projects.values()), default=0)
    return {
        "range": "prev_month",
        "list": rows,
        "chart": {
            "categories": [f"{period}-{day:02d}" for day in range(1, longest + 1)],
            "series": [
                {"name": names.get(sid, sid), "data": [money(cost) for cost in days]}
                for sid, days in account.projects.items()
            ],
        },
    }


def wave(base: int, swing: int, seed: int) -> list[int]:
    """Thirty-one days of cost that rise and fall without chance."""
    return [base + swing * ((day * seed) % 7) + (day * day * seed) % 97 for day in range(31)]


def teams(count: int, per_team: str = "p{:02d}-*") -> tuple[Team, ...]:
    """So many teams, each owning the projects of its prefix."""
    return tuple(
        Team(f"team-{place:02d}", f"Team {place:02d}", f"CC-{place:03d}", "", (ProjectClaim(per_team.format(place)),))
        for place in range(count)
    )


NAMES = {
    "acme-web": "Acme Web",
    "acme-shop": "ร้านค้าออนไลน์ Acme",
    "acme-data": "Warehouse",
    "acme-platform": "Shared platform",
    "acme-lab": "מעבדה",
    "acme-old": "Nobody's project",
    "globex-app": "Globex App",
}


def small_config(**changes: Any) -> Config:
    """Three teams, one shared project, one project that nobody owns."""
    values: dict[str, Any] = {
        "archive": None,
        "timezone_name": "Asia/Bangkok",
        "teams": (
            Team("web", "Web", "CC-100", "6420", (ProjectClaim("acme-web"), ProjectClaim("acme-shop"))),
            Team("data", "ทีมข้อมูล", "CC-200", "6430", (ProjectClaim("acme-data"), ProjectClaim("globex-*"))),
            Team("research", "Research", "CC-300", "", (ProjectClaim("acme-lab"),)),
        ),
        "shared": (
            SharedProject("acme-platform", split={"web": Decimal(60), "data": Decimal(40)}),
        ),
    }  # fmt: skip
    return Config(**(values | changes))


def small_accounts(*, clean: bool = False) -> list[Account]:
    """Two accounts, baht and dollars; unless clean, one project is billed 12.50 more than the report shows."""
    projects = {
        "acme-web": wave(12_000, 900, 3),
        "acme-shop": wave(6_500, 700, 5),
        "acme-data": wave(9_100, 400, 2),
        "acme-platform": wave(4_000, 100, 4),
        "acme-lab": wave(900, 350, 6),
        "acme-old": wave(150, 10, 1),
    }
    if clean:
        del projects["acme-old"]
    billed = {} if clean else {"acme-web": sum(projects["acme-web"]) + 1_250}
    void = {"id": "inv_void", "number": "INV-2026-0900", "status": "void", "voidedAt": "2026-06-01T01:00:00Z"}
    return [
        Account("ba_123", "Acme Billing", projects, billed=billed, extra_invoices=(void,), number="INV-2026-0901"),
        Account("ba_77", "Globex ประเทศไทย", {"globex-app": wave(310, 40, 3)}, currency="USD", number="INV-2026-0902"),
    ]


EARLIER = (
    EarlierMonth(
        period=Period(2026, 4),
        revision=1,
        accounts=("ba_123", "ba_77"),
        invoices=(),
        totals=(
            EarlierTotal("web", "THB", 81_000_000 // 100),
            EarlierTotal("data", "THB", 33_000_000 // 100),
            EarlierTotal("research", "THB", 6_100_000 // 100),
        ),
    ),
)

ACCEPTED = (
    AcceptedException(
        check="report-*",
        account="ba_123",
        until=Period(2026, 9),
        reason="promotional credit, ticket 4711",
        by="finance@acme.example",
        up_to=Decimal("12.50"),
    ),
)


class Month(Struct, frozen=True):
    """Books with what they were made of."""

    books: Books
    config: Config
    evidence: Evidence
    paths: tuple[str, ...]


def month_of(accounts: Iterable[Account], config: Config, names: Mapping[str, str] = NAMES, **more: Any) -> Month:
    """The books of these accounts."""
    evidence = evidence_of(accounts, names, **more)
    books = close_month(evidence, config)
    return Month(books, config, evidence, tuple(paths_of(books, evidence)))


def paths_of(books: Books, evidence: Evidence) -> Iterable[str]:
    """The files that a revision of these books has."""
    yield from ("config.toml", "index.html", "ledgers/all.csv", "evidence/index.json", "evidence/run.json")
    yield from (f"ledgers/{team.id}.{kind}" for team in books.ledger.teams for kind in ("csv", "html", "xlsx"))
    yield from (f"reconciliation/reconciliation.{kind}" for kind in ("xlsx", "csv", "json"))
    yield from (f"exports/focus{name}.csv" for name in ("", "-invoice-detail", "-billing-period"))
    yield from (f"exports/{name}" for name in ("journal.csv", "journal.beancount", "ledger.parquet"))
    yield from (answer.path for answer in evidence.answers if answer.path)
    for posting in books.posting.postings:
        for invoice in posting.month.booked:
            yield f"invoices/{posting.month.account}/{invoice.label}.pdf"


@cache
def small_month(*, clean: bool = False, accepted: bool = False, endpoint: str = PLATFORM, revision: int = 1) -> Month:
    """The small month: with exceptions, clean, or with the variance accepted."""
    accounts = small_accounts(clean=clean)
    if accepted:
        accounts[0].billed = {"acme-web": sum(accounts[0].projects["acme-web"]) + 1_250}
    config = small_config(accepted=ACCEPTED if accepted else ())
    return month_of(accounts, config, endpoint=endpoint, earlier=EARLIER, revision=revision)


@cache
def hostile_month() -> Month:
    """Every name that comes from outside is hostile, in teams' places, too, as far as they may be."""
    sids = [f"h{place}" for place in range(len(HOSTILE_NAMES))]
    names = dict(zip(sids, HOSTILE_NAMES, strict=True))
    projects = {sid: wave(1_000 + 100 * place, 50, place + 1) for place, sid in enumerate(sids)}
    odd = {sid: sum(days) + 10_000 for sid, days in projects.items()}
    config = small_config(
        teams=tuple(
            Team(f"t{place}", name, name, "", (ProjectClaim(sids[place]),))
            for place, name in enumerate(HOSTILE_NAMES[:6])
        ),
        shared=(),
    )
    accounts = [
        Account("ba_1", HOSTILE_NAMES[0], projects, billed=odd, number=HOSTILE_NAMES[4][:256]),
        Account("ba_2\u202e", HOSTILE_NAMES[7], {"<b>sid</b>": wave(9, 1, 1)}, number=HOSTILE_NAMES[1][:256]),
    ]
    return month_of(accounts, config, names, endpoint=SANDBOX)


@cache
def big_month(accounts: int = 1_000, per_account: int = 20, teams_count: int = 60, odd_accounts: int = 150) -> Month:
    """Many accounts, teams and projects; a good part of the accounts does not tie out."""
    made = []
    for place in range(accounts):
        projects = {
            f"p{(place + which) % teams_count:02d}-{place:04d}-{which:02d}": wave(400 + which, 13, place % 11 + 1)
            for which in range(per_account)
        }
        billed = {sid: sum(days) + 999 for sid, days in list(projects.items())[:3]} if place < odd_accounts else {}
        made.append(
            Account(f"ba_{place:04d}", f"Company {place:04d}", projects, billed=billed, number=f"INV-{place:04d}")
        )
    return month_of(made, small_config(teams=teams(teams_count), shared=()), {})


SIXTY = (
    "ทีมชำระเงินออนไลน์", "ทีมวิศวกรรมแพลตฟอร์ม", "Data & Insights", "ฝ่ายการตลาดดิจิทัล", "Mobile", "ทีมวิจัยและพัฒนา",
)  # fmt: skip


def of_sixty(place: int, back: int) -> int:
    """What one of sixty teams cost so many months ago, gross in minor units."""
    return 1_000_000 + (place * 37 + back * 17) % 23 * 90_000


@cache
def sixty_teams() -> Month:
    """A month of sixty teams with Thai names and a year of months before, in which a good part does not tie out."""
    big = big_month(accounts=60, per_account=8, teams_count=60, odd_accounts=25)
    named = tuple(
        replace(team, name=f"{SIXTY[place % len(SIXTY)]} {place + 1}") for place, team in enumerate(big.config.teams)
    )
    config = replace(big.config, teams=named, publish=Publish(language="both"))
    earlier = tuple(
        EarlierMonth(
            big.books.period.plus(-back),
            1,
            (),
            (),
            tuple(
                EarlierTotal(team.id, "THB", of_sixty(place, back), of_sixty(place, back) * 100 // 107)
                for place, team in enumerate(named)
            ),
        )
        for back in range(12, 0, -1)
    )
    evidence = replace(big.evidence, run=replace(big.evidence.run, earlier=earlier))
    return Month(close_month(evidence, config), config, evidence, big.paths)
