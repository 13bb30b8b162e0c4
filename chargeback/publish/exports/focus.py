"""``exports/focus.csv``: FOCUS cost and usage, from the ledger's lines (docs/focus.md has every column).

In 1.2 one row a line, its cost the gross. In 1.4 the row's cost is the line's net, and a row of its own, behind it, has
the line's tax. In both the costs of an ``InvoiceId`` add up to what is payable. UTF-8 without BOM, CRLF, RFC 4180
quoting. Cells that neighbouring lines share are put into CSV once.

What FOCUS wants to know of a charge and the platform says in other words: service, quantity, unit, plain text. The
classification is ours and follows the names of the platform's price list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache

from chargeback.config import Config
from chargeback.model.answers import LineItem, amount_of
from chargeback.model.bookkeeping import LedgerTeam
from chargeback.model.books import Books
from chargeback.model.instants import format_instant
from chargeback.model.ledger import Basis, InvoiceLabel, LedgerLine, LedgerLines, LedgerProject, pieces
from chargeback.model.ledger_register import AMOUNTS
from chargeback.model.money import format_exact
from chargeback.model.posting import PostedLine
from chargeback.model.text import cleaned
from chargeback.publish.exports import focus_allocation
from chargeback.publish.exports.focus_allocation import Allocations
from chargeback.publish.exports.focus_cells import PROVIDER, account_text, cell, cells, decimal_text, name_text
from chargeback.publish.exports.focus_invoice import ADJUSTMENT, CREDIT, TAX, USAGE, detail_id, is_credit, tax_id

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


@lru_cache(4096)
def service(resource: str) -> Service:
    """(ServiceCategory, ServiceName, ServiceSubcategory) of a resource; a service has just one category."""
    return _SERVICES.get(re.sub(r"[^a-z0-9]", "", resource.casefold()), _OTHER)


@lru_cache(4096)
def unit_format(unit: str) -> str:
    """The unit as FOCUS spells it, "vCPU-Hours" for "vCPU-hour"; ``COUNT`` if there is none, or an odd one."""
    measure, dash, time = unit.strip().rpartition("-")
    plural = _TIMES.get(time.lower().removesuffix("s"), time)
    spelled = f"{measure}{dash}{plural}"
    return spelled if _UNIT.fullmatch(spelled) else COUNT


def quantity(usage: str, basis: Basis, item: LineItem | None) -> str:
    """The line's measured quantity as a decimal number, "" where nobody says one.

    The report's usage; for a by-SKU line that is booked whole the invoice's own quantity.
    """
    if usage:
        return decimal_text(usage)
    if item is None or item.is_by_project or item.quantity is None or basis is not Basis.INVOICE_LINE:
        return ""
    return decimal_text(format_exact(amount_of(item.quantity)))


def described(text: str, basis: Basis, resource: str, project: str) -> str:
    """The charge in plain words, ASCII alone, as FOCUS' checker wants it; ``x_ChargeDescription`` has the original."""
    if text and text.isascii():
        return text
    if basis is Basis.ADJUSTMENT:
        return "What the invoice holds beyond its lines"
    what = resource if resource.isascii() else ""
    return " of ".join(part for part in (what or "Charge", project if project.isascii() else "") if part)


INVOICE_COLUMNS = (
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "InvoiceId",
    "InvoiceIssuerName",
    "ProviderName",
    "PublisherName",
)
PROJECT_COLUMNS = ("SubAccountId", "SubAccountName", "SubAccountType")
RESOURCE_COLUMNS = ("ServiceCategory", "ServiceName", "ServiceSubcategory", "SkuId", "SkuMeter")
CHARGE_COLUMNS = (
    "ChargeCategory",
    "ChargeClass",
    "ChargeFrequency",
    "PricingCategory",
    "CommitmentDiscountStatus",
    "ChargeDescription",
)
QUANTITY_COLUMNS = ("ConsumedQuantity", "ConsumedUnit", "PricingQuantity", "PricingUnit")
COST_COLUMNS = ("BilledCost", "ContractedCost", "EffectiveCost", "ListCost")
TEAM_COLUMNS = ("Tags", "x_Team", "x_TeamName", "x_CostCenter", "x_GlAccount", "x_Environment")
OWN_INVOICE_COLUMNS = ("x_Period", "x_BillingAccountId", "x_BillingAccountName", "x_InvoiceStatus")
OWN_COLUMNS = ("x_ProjectName", "x_Resource", "x_ChargeDescription", "x_NetCost", "x_TaxCost")
LINE_COLUMNS = ("x_Basis", "x_SharePercent", "x_InvoiceLine", "x_LedgerLine")
_SERVED_BY = {"ProviderName": "ServiceProviderName", "PublisherName": "HostProviderName"}
"""What 1.4 has in place of two columns of 1.2, which it has no more."""
COLUMNS = (
    *INVOICE_COLUMNS,
    *PROJECT_COLUMNS,
    *RESOURCE_COLUMNS,
    *CHARGE_COLUMNS,
    *QUANTITY_COLUMNS,
    *COST_COLUMNS,
    *TEAM_COLUMNS,
    *OWN_INVOICE_COLUMNS,
    *OWN_COLUMNS,
    *LINE_COLUMNS,
)
COLUMNS_1_4 = (
    *(_SERVED_BY.get(column, column) for column in INVOICE_COLUMNS),
    *PROJECT_COLUMNS,
    *RESOURCE_COLUMNS,
    *CHARGE_COLUMNS,
    *QUANTITY_COLUMNS,
    *COST_COLUMNS,
    *focus_allocation.COLUMNS,
    "InvoiceDetailId",
    *TEAM_COLUMNS,
    *OWN_INVOICE_COLUMNS,
    *OWN_COLUMNS[:3],
    *LINE_COLUMNS,
)

_CHARGES = {True: f"{USAGE},,Usage-Based,Standard,,", False: f"{ADJUSTMENT},,One-Time,,,"}
"""Cells of a charge with a measured quantity, and of one without; no row corrects another month: its class is null."""
_CREDIT, _TAX = f"{CREDIT},,One-Time,,,", f"{TAX},,One-Time,,,"
_BASES = {basis: f",{basis.value}," for basis in Basis}


def chunks(books: Books, config: Config) -> Iterator[bytes]:
    """The file's bytes, some thousands of rows at a time; a heading alone where the month has no line."""
    is_1_4 = config.publish.focus == "1.4"
    rows = _Rows14(books, config) if is_1_4 else _Rows(books, config)
    yield f"{','.join(COLUMNS_1_4 if is_1_4 else COLUMNS)}\r\n".encode()
    for some in pieces(books.ledger.lines):
        yield "".join(rows.of(some)).encode()


class _Rows:
    """Ledger lines, in their order, as rows of CSV; the cells of the line before are kept where they are the same."""

    def __init__(self, books: Books, config: Config) -> None:
        period, timezone = books.period, config.timezone
        self.period = str(period)
        self.bounds = (format_instant(period.start(timezone)), format_instant(period.end(timezone)))
        self.postings = {posting.month.account: posting for posting in books.posting.postings}
        self.posted: dict[int, PostedLine] = {}
        self.label: InvoiceLabel | None = None
        self.project: LedgerProject | None = None
        self.invoice = self.own_invoice = self.begin = self.name = ""
        self.teams: dict[tuple[str, str], str] = {}

    def of(self, lines: LedgerLines) -> Iterator[str]:
        """Each ledger line as one row."""
        columns = (
            lines.labels, lines.projects, lines.teams, lines.items, lines.origins, lines.resources, lines.usage_texts(),
            *map(lines.amount_texts, AMOUNTS), lines.numbers,
        )  # fmt: skip
        for label, project, team, item, origin, resource, usage, net, tax, gross, number in zip(*columns, strict=True):
            if label is not self.label:
                self._begin_invoice(label)
            if project is not self.project:
                self._begin_project(project)
            basis, place, text = origin.basis, item.number, item.description
            used, unit = self._quantity(usage, basis, place)
            cost = decimal_text(gross)
            yield (
                f"{self.begin}{_resource(resource)}{_CHARGES[used != '']}"
                f"{cell(described(text, basis, resource, project.sid))}"
                f",{used},{unit},{used},{unit},{cost},{cost},{cost},{cost},"
                f"{self.teams.get((team.id, project.environment)) or self._team(team, project.environment)}"
                f"{self.own_invoice}{self.name}{cell(resource)},{cell(text)},"
                f"{net},{tax}{_BASES[basis]}{origin.share_percent},{place or ''},{number}\r\n"
            )

    def _quantity(self, usage: str, basis: Basis, place: int) -> tuple[str, str]:
        """The quantity of a line of the invoice line in that place, and its unit, both "" where none is known."""
        posted = self.posted.get(place)
        item = posted.item if posted else None
        used = quantity(usage, basis, item)
        return used, unit_format(item.unit if item and item.unit else "") if used else ""

    def _begin_invoice(self, label: InvoiceLabel) -> None:
        self.label, self.project = label, None
        posted = self.postings[label.account].posted  # an account's lines follow each other
        self.posted = {each.number: each for each in posted if each.invoice.id == label.invoice_id}
        account = account_text(label.account)
        name = name_text(label.account_name, f"Billing account {label.account}")
        issuer = (PROVIDER,) * 3
        self.invoice = cells(account, name, label.currency, *self.bounds, *self.bounds, label.invoice, *issuer)
        self.own_invoice = cells(self.period, label.account, label.account_name, label.status)

    def _begin_project(self, project: LedgerProject) -> None:
        self.project, sid = project, project.sid
        self.begin = self.invoice + (cells(sid, name_text(project.name, sid), "Project") if sid else ",,,")
        self.name = cells(project.name)

    def _team(self, team: LedgerTeam, environment: str) -> str:
        tags = {"team": team.id, "cost_center": team.cost_center, "environment": environment}
        pairs = {key: cleaned(value) for key, value in tags.items() if value}
        texts = (team.id, team.name, team.cost_center, team.gl_account, environment)
        written = cells(json.dumps(pairs, ensure_ascii=False), *texts)
        self.teams[team.id, environment] = written
        return written


class _Rows14(_Rows):
    """The same in FOCUS 1.4: a row for the net, and one for the tax where there is some."""

    def __init__(self, books: Books, config: Config) -> None:
        super().__init__(books, config)
        self.allocations = Allocations(books, config)
        self.origins: dict[tuple[str, str], str] = {}

    def _begin_invoice(self, label: InvoiceLabel) -> None:
        if self.label is None or label.account != self.label.account:
            self.allocations.next_account()
        super()._begin_invoice(label)

    def of(self, lines: LedgerLines) -> Iterator[str]:
        """Each ledger line as one row, or two."""
        return map(self._row, lines, lines.projects, *map(lines.amount_texts, AMOUNTS[:2]))

    def _row(self, line: LedgerLine, project: LedgerProject, net: str, tax: str) -> str:
        if line.label is not self.label:
            self._begin_invoice(line.label)
        if project is not self.project:
            self._begin_project(project)
        label, is_split = line.label, line.basis is Basis.SHARED_SPLIT
        used, unit = self._quantity(line.usage, line.basis, line.invoice_line)
        charge = _CHARGES[used != ""]
        if is_credit(self.posted[line.invoice_line]):
            charge, used, unit = _CREDIT, "", ""
        text = described(line.description, line.basis, line.resource, line.project)
        allocated = self.allocations.charges[line.line] if is_split else focus_allocation.NONE
        cost = decimal_text(net)
        of_net = (
            f"{_resource(line.resource)}{charge}{cell(text)},{used},{unit},{used},{unit},{cost},{cost},{cost},{cost},"
            f"{allocated}{cell(detail_id(label.invoice_id, line.invoice_line))},"
        )
        known = self.origins if is_split else self.teams
        made = self._origin if is_split else self._team
        rest = (
            f"{known.get((line.team.id, line.environment)) or made(line.team, line.environment)}"
            f"{self.own_invoice}{self.name}{cell(line.resource)},{cell(line.description)}{_BASES[line.basis]}"
            f"{line.share_percent},{line.invoice_line or ''},{line.line}\r\n"
        )
        if not line.tax:
            return f"{self.begin}{of_net}{rest}"
        allocated = self.allocations.taxes[line.line] if is_split else focus_allocation.NONE
        cost = decimal_text(tax)
        of_tax = (
            f"{_taxed_service(line.resource)}{_TAX}{cell(f'Tax on {text}')},,,,,{cost},{cost},{cost},{cost},"
            f"{allocated}{cell(tax_id(label.invoice_id))},"
        )
        return f"{self.begin}{of_net}{rest}{self.begin}{of_tax}{rest}"

    def _origin(self, team: LedgerTeam, environment: str) -> str:
        """Of a split charge: the tags of its origin, which are no team's, then the team's cells."""
        tags = {"environment": cleaned(environment)} if environment else {}
        texts = (team.id, team.name, team.cost_center, team.gl_account, environment)
        written = cells(json.dumps(tags, ensure_ascii=False), *texts)
        self.origins[team.id, environment] = written
        return written


@lru_cache(4096)
def _resource(resource: str) -> str:
    return cells(*service(resource), resource, resource)


@lru_cache(4096)
def _taxed_service(resource: str) -> str:
    """The service that is taxed; a tax has no SKU."""
    return cells(*service(resource), "", "")
