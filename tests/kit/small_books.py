"""A month's books by hand: two accounts, three teams, three currencies, Thai and hostile names, one invoice paid."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from chargeback.config import Config, Journal
from chargeback.evidence import RunRecord, SettlementRecord
from chargeback.evidence.period import Period
from chargeback.model.answers import LineItem
from chargeback.model.booking import AccountMonth, Ground
from chargeback.model.bookkeeping import LedgerTeam
from chargeback.model.books import AcceptedTotal, Books, Status
from chargeback.model.facts import AccountFacts
from chargeback.model.invoice import Invoice, InvoiceStatus, shape_of
from chargeback.model.ledger import Basis, InvoiceLabel, LedgerLine
from chargeback.model.money import minor_digits
from chargeback.model.posting import MonthPosting, OwnershipFindings, PostedLine, Posting
from chargeback.model.projects import ProjectDirectory
from chargeback.model.report import Proof
from tests.kit.ledger_lines import ledger, sort_key

MAY = Period(2026, 5)
WEB = LedgerTeam("web", "Web", "CC-100", "6420")
DATA = LedgerTeam("data", "ทีมข้อมูล", "CC-200", "")
OPS = LedgerTeam("-ops", 'Ops "night", day', "=CC", "6420 ก")
UNASSIGNED = LedgerTeam("unassigned", "Unassigned")
ADJUSTMENTS = LedgerTeam("adjustments", "Adjustments")
TEAMS = (WEB, DATA, OPS, UNASSIGNED, ADJUSTMENTS)
JOURNAL = Journal(
    expense="6400",
    unassigned="6499",
    adjustments="6498",
    input_vat="1154",
    input_vat_pending="1155",
    payable="2110",
    withholding="2160",
    clearing="1190",
)
CONFIG = Config(archive=Path("archive"), timezone_name="Asia/Bangkok", journal=JOURNAL)


class Line(Struct, frozen=True):
    """A ledger line's short form; amounts in minor units."""

    team: LedgerTeam
    net: int
    tax: int
    project: str = "acme-web"
    project_name: str = "Acme Web"
    resource: str = "CPU"
    usage: str = ""
    share: str = ""
    environment: str = "production"
    basis: Basis = Basis.REPORT_SHARE
    number: int = 1
    description: str = "Acme Web"


class Bill(Struct, frozen=True):
    """An invoice's short form; its totals are its lines'."""

    account: str
    number: str
    lines: tuple[Line, ...]
    currency: str = "THB"
    status: InvoiceStatus = InvoiceStatus.OPEN
    id: str = ""
    name: str = "Acme Billing"
    receipt: str = ""
    tax_id: str = "0105556000001"
    issued: datetime | None = datetime(2026, 5, 31, 18, 30, tzinfo=UTC)
    withheld: str = "0"
    buyer: str = ""
    items: tuple[LineItem, ...] = (LineItem(project="acme-web", amount=1),)

    @property
    def key(self) -> str:
        return self.id or f"inv_{self.number}"


def bills() -> list[Bill]:
    """The month of the tests: an open and a paid invoice in baht, one in dollars, a credit note in yen."""
    return [
        Bill(
            "ba_123",
            "INV-2026-0009",
            (
                Line(WEB, 90_000, 6_300, usage="720"),
                Line(WEB, 1, 0, resource="Memory", usage="0.333333"),
                Line(DATA, 10_050, 704, "acme-platform", "แพลตฟอร์ม", "Egress", "12.5", "40", basis=Basis.SHARED_SPLIT),
                Line(
                    OPS, 15_075, 1_055, "acme-platform", "แพลตฟอร์ม", "Egress", "18.75", "60", basis=Basis.SHARED_SPLIT
                ),
                Line(
                    UNASSIGNED,
                    500,
                    35,
                    "=cmd|' /C calc'!A0",
                    "",
                    "",
                    description='a "quoted", line',
                    basis=Basis.INVOICE_LINE,
                ),
                Line(ADJUSTMENTS, -25, 0, "", "", "", environment="", number=0, description="", basis=Basis.ADJUSTMENT),
            ),
        ),
        Bill(
            "ba_123",
            "INV-2026-0010",
            (Line(DATA, 100_000, 7_000, "acme-data", "ข้อมูล", "Disk", "100", description="ข้อมูล"),),
            status=InvoiceStatus.PAID,
            receipt="DPLY-RC-202605-0001",
            withheld="30.00",
        ),
        Bill(
            "1042",
            "=1+1",
            (Line(WEB, 1_000, 0, "", "", "cpu", basis=Basis.INVOICE_LINE, description="CPU"),),
            currency="USD",
            name="บริษัท อะคมี จำกัด",
            tax_id="",
            issued=None,
            items=(LineItem(sku="cpu", description="CPU", quantity=Decimal("72E1"), unit="vCPU-hour", amount=10),),
        ),
        Bill("1042", "CN-7", (Line(OPS, -500, -50, usage="3"),), currency="JPY", name="บริษัท อะคมี จำกัด"),
    ]


def paid(number: str = "INV-2026-0002", **changes: Any) -> SettlementRecord:
    """A payment of April's invoice of 107.00, of which 3.00 were withheld."""
    record = SettlementRecord(
        account="ba_123",
        invoice=f"inv_{number}",
        number=number,
        receipt="DPLY-RC-202605-0001",
        concerns=Period(2026, 4),
        currency="THB",
        total=10_700,
        tax=700,
        withheld=300,
        tax_pending=700,
        tax_rate="0.07",
        withholding_rate="0.03",
        paid_at="2026-05-19T18:00:00Z",
        tax_id="0105556000001",
        buyer="company",
        detail="evidence/ba_123/billing.getInvoice-inv.json",
    )
    return replace(record, **changes)


def make_books(
    given: Iterable[Bill] | None = None,
    *,
    revision: int = 1,
    period: Period = MAY,
    settlements: Iterable[SettlementRecord] = (),
) -> Books:
    """The books of these invoices, sorted and numbered as the job does it."""
    chosen = bills() if given is None else list(given)
    lines: list[LedgerLine] = []
    postings = [_posting(account, chosen, period, lines) for account in sorted({bill.account for bill in chosen})]
    numbered = [line._replace(line=number) for number, line in enumerate(sorted(lines, key=sort_key), 1)]
    used = {line.team.id for line in numbered}
    teams = tuple(team for team in TEAMS if team.id in used or team not in (UNASSIGNED, ADJUSTMENTS))
    accounts = tuple(posting.month.account for posting in postings)
    run = RunRecord(
        period,
        "2026-06-01T00:00:00Z",
        "https://api.deploys.app/",
        revision,
        None,
        accounts,
        settlements=tuple(settlements),
    )
    posting = MonthPosting(
        period,
        run,
        tuple(postings),
        ledger(period, numbered, teams),
        ProjectDirectory(),
        OwnershipFindings({}, (), ()),
    )
    return Books(posting, (), (), (), AcceptedTotal(0, ()), Status.RECONCILED)


def _posting(account: str, chosen: list[Bill], period: Period, lines: list[LedgerLine]) -> Posting:
    """The account's books; its ledger lines go to the others."""
    mine = [bill for bill in chosen if bill.account == account]
    invoices = {bill.key: _invoice(bill) for bill in mine}
    name = mine[0].name
    facts = AccountFacts(account, name, invoices=tuple(invoices.values()))
    booked = tuple(sorted((i for i in invoices.values() if i.is_issued), key=lambda invoice: invoice.sort_key))
    month = AccountMonth(facts, period, booked, None, Proof(False, "by hand"), False, Ground.INVOICED)
    posted: list[PostedLine] = []
    for bill in mine:
        invoice = invoices[bill.key]
        if not invoice.is_issued:
            continue
        posted += _posted(invoice, bill)
        label = InvoiceLabel(
            account, name, invoice.label, invoice.id, invoice.status.value, bill.currency, invoice.digits
        )
        lines += [_ledger_line(label, line) for line in bill.lines]
    return Posting(month, posted)


def _posted(invoice: Invoice, bill: Bill) -> list[PostedLine]:
    """The invoice's lines as their ledger lines add up, and what it holds beyond them."""
    lines = [
        (number, item, [line for line in bill.lines if line.number == number])
        for number, item in [*enumerate(bill.items, 1), (0, None)]
    ]
    return [
        PostedLine(
            invoice,
            number,
            item,
            sum(line.net for line in parts),
            sum(line.tax for line in parts),
            sum(line.net + line.tax for line in parts),
            parts[0].project if parts else "",
        )
        for number, item, parts in lines
        if item or parts
    ]


def _ledger_line(label: InvoiceLabel, line: Line) -> LedgerLine:
    return LedgerLine(
        label=label,
        team=line.team,
        project=line.project,
        project_name=line.project_name,
        environment=line.environment,
        resource=line.resource,
        usage=line.usage,
        share_percent=line.share,
        net=line.net,
        tax=line.tax,
        gross=line.net + line.tax,
        basis=line.basis,
        invoice_line=line.number,
        description=line.description,
    )


def _invoice(bill: Bill) -> Invoice:
    digits = minor_digits(bill.currency)
    net, tax = sum(line.net for line in bill.lines), sum(line.tax for line in bill.lines)
    return Invoice(
        account=bill.account,
        id=bill.key,
        number=bill.number,
        receipt_number=bill.receipt,
        status=bill.status,
        listed_status=bill.status,
        currency=bill.currency,
        digits=digits,
        subtotal=Decimal(net).scaleb(-digits),
        tax=Decimal(tax).scaleb(-digits),
        total=Decimal(net + tax).scaleb(-digits),
        start=None,
        end=None,
        issued_at=bill.issued,
        paid_at=None,
        tax_rate=None,
        tax_id=bill.tax_id,
        buyer=bill.buyer,
        withholding_rate=None,
        withheld=Decimal(bill.withheld),
        lines=bill.items,
        shape=shape_of(bill.items),
        has_detail=True,
        identity_problem="",
        disagreements=(),
    )
