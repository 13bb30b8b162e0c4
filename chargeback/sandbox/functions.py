"""The platform's functions: what each answers, from the world as it is at an instant.

A function checks access, then gives a reply: a key that names everything the result depends on (None: not worth
keeping) and how to make the result. Equal keys have equal results, so encoded results can be kept.

Which days a report covers: kind C by the name of a range, kind D by from and to.

What the caller of a function may see stands here too: the rules of access, in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from chargeback.sandbox.credentials import BILLING_ROLES, Credential
from chargeback.sandbox.dialect import ApiError, Dialect, Kind
from chargeback.sandbox.documents import DocumentKind, Links
from chargeback.sandbox.months import Month, day_start, instant, rfc3339
from chargeback.sandbox.records import Account, Invoice, Project, Status
from chargeback.sandbox.rendering import Report, account_document, invoice_detail, invoice_row, project_document
from chargeback.sandbox.world import Absent, DocumentsAway, Inactive, World, holding

INACTIVE = "api: billing account not active, please contact us via email to activate billing account"
NO_PERMISSION = "api: you do not have permission to perform this action on the billing account"


class Reply(NamedTuple):
    """A result to be made, and the key it may be kept under."""

    key: Hashable | None
    make: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a function by an admitted caller, at an instant."""

    function: str
    payload: Mapping[str, Any]
    caller: Credential
    now: datetime
    world: World
    dialect: Dialect
    links: Links

    @property
    def subject(self) -> str:
        return self.dialect.subject(self.function, self.payload)

    def sees(self, account_id: str) -> bool:
        return self.caller.sees(account_id) and self.world.listed(account_id, self.now)

    def active(self, account_id: str) -> bool:
        return all(event.account != account_id for event in holding(self.world.events, Inactive, self.now))

    def account(self) -> Account:
        """The account asked for, if the caller may read its billing."""
        account = self.world.account(self.subject)
        if account is None or not self.caller.sees(account.id):
            raise ApiError("api: billing account not found")
        for event in holding(self.world.events, Absent, self.now):
            if event.account == account.id:
                raise ApiError(event.message)
        if self.caller.role not in BILLING_ROLES:
            raise ApiError(NO_PERMISSION)
        return account

    def invoice(self) -> tuple[Invoice, Status]:
        """The invoice asked for as it is now, if the caller may see it; drafts only where they are shown."""
        invoice = self.world.invoice(self.subject)
        status = invoice.status(self.now) if invoice else None
        if invoice is None or status is None or not self.sees(invoice.account.id):
            raise ApiError("api: invoice not found")
        if status == "draft" and not self.world.drafts_shown:
            raise ApiError("api: invoice not found")
        if self.caller.role not in BILLING_ROLES:
            raise ApiError(NO_PERMISSION)
        return invoice, status

    def projects(self) -> list[Project]:
        """The projects that the caller sees, which may be fewer than are billed."""
        visible = [project for project in self.world.projects if self.sees(project.account)]
        if self.caller.projects == "none":
            return []
        if self.caller.projects == "few":
            return list({project.account: project for project in reversed(visible)}.values())[::-1]
        return visible

    def project(self) -> Project:
        """The project asked for, if the caller sees it."""
        found = [project for project in self.projects() if project.sid == self.subject]
        if not found:
            raise ApiError("api: project not found")
        return found[0]


# Months back from the present one: the first, and one past the last.
_RANGES = {"this_month": (0, 1), "prev_month": (-1, 0), "3_months": (-2, 1), "6_months": (-5, 1), "year": (-11, 1)}


class Window(NamedTuple):
    """Days that a report covers, from first until last (exclusive), and the name of the range if it has one."""

    first: date
    last: date
    name: str = ""

    def within(self, month: Month) -> tuple[int, int]:
        """The covered days of a month, as a half-open range of days counted from 0."""
        begin = date(month.year, month.month, 1)
        length = len(month.days())
        return _clamp((self.first - begin).days, length), _clamp((self.last - begin).days, length)

    def months(self) -> list[Month]:
        """The months that hold at least one covered day."""
        if self.first >= self.last:
            return []
        end = self.last - timedelta(days=1)
        indexes = range(Month(self.first.year, self.first.month).ordinal, Month(end.year, end.month).ordinal + 1)
        return [Month.of_ordinal(index) for index in indexes]


def requested_window(kind: Kind, payload: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> Window:
    """The days that a validated billing.report request asks for, none of them after today."""
    window = _by_range(payload["range"], now, zone) if kind == "C" else _by_bounds(payload, zone)
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return window._replace(last=max(window.first, min(window.last, tomorrow)))


def _by_range(name: str, now: datetime, zone: ZoneInfo) -> Window:
    if name not in _RANGES:
        raise ApiError("api: validate error", {"range": "invalid"})
    first, last = _RANGES[name]
    present = Month.holding(now, zone)
    return Window(present.plus(first).days()[0], present.plus(last).days()[0], name)


def _by_bounds(payload: Mapping[str, Any], zone: ZoneInfo) -> Window:
    bounds = []
    for name in ("from", "to"):
        try:
            bounds.append(_first_day(instant(payload[name]), zone))
        except ValueError:
            raise ApiError("api: validate error", {name: "invalid"}) from None
    return Window(bounds[0], max(bounds))


def _first_day(moment: datetime, zone: ZoneInfo) -> date:
    """The first day that begins at the instant or after it."""
    day = moment.astimezone(zone).date()
    return day if day_start(day, zone) == moment else day + timedelta(days=1)


def _clamp(value: int, limit: int) -> int:
    return max(0, min(value, limit))


NO_PDF = "api: invoice pdf export is not available"


def list_accounts(call: Call) -> Reply:
    visible = [account for account in call.world.accounts if call.sees(account.id)]
    return Reply(None, lambda: {"items": [_account_item(call, account) for account in visible]})


def get_account(call: Call) -> Reply:
    account = call.account()
    return Reply(None, lambda: _account_item(call, account))


def _account_item(call: Call, account: Account) -> dict[str, Any]:
    return account_document(account, call.active(account.id), call.caller.role)


def report(call: Call) -> Reply:
    account = call.account()
    if not call.active(account.id):
        raise ApiError(INACTIVE)
    window = requested_window(call.dialect.kind, call.payload, call.now, call.world.zone)
    sids = _project_filter(call)
    return Reply(("report", account.id, window, sids), lambda: _report(call, account, window, sids))


def _project_filter(call: Call) -> tuple[str, ...]:
    """The sids that kind C limits a report to; empty: all."""
    sids = call.payload.get("projectSids") if call.dialect.kind == "C" else None
    if sids is not None and not (isinstance(sids, list) and all(isinstance(sid, str) for sid in sids)):
        raise ApiError("api: validate error", {"projectSids": "must be a list of strings"})
    return tuple(sids or ())


def _report(call: Call, account: Account, window: Window, sids: tuple[str, ...]) -> dict[str, Any]:
    report = Report()
    for month in window.months():
        rows = call.world.books(account.id, month).rows
        if sids:
            rows = tuple(row for row in rows if row.project.sid in sids)
        report.add(rows, month.days(), *window.within(month))
    return report.document(call.dialect, window.name)


def list_invoices(call: Call) -> Reply:
    account = call.account()
    if any(event.account == account.id and event.invoices_refused for event in _inactive(call)):
        raise ApiError(INACTIVE)
    shown = [
        (invoice, status)
        for invoice, status in call.world.invoices(account.id, call.now)
        if call.world.drafts_shown or status != "draft"
    ]
    key = ("invoices", account.id, tuple((invoice.id, status) for invoice, status in shown))
    return Reply(key, lambda: {"items": [invoice_row(invoice, status, call.dialect) for invoice, status in shown]})


def _inactive(call: Call) -> list[Inactive]:
    return holding(call.world.events, Inactive, call.now)


def get_invoice(call: Call) -> Reply:
    invoice, status = call.invoice()
    withheld = invoice.withheld(call.now)
    key = ("invoice", invoice.id, status, withheld)
    return Reply(key, lambda: invoice_detail(invoice, status, withheld, call.dialect))


def download_invoice(call: Call) -> Reply:
    invoice, status = call.invoice()
    if status == "draft" or invoice.document == "missing":
        raise ApiError(NO_PDF)
    return _download(call, "invoice", invoice)


def download_receipt(call: Call) -> Reply:
    invoice, status = call.invoice()
    if status != "paid":
        raise ApiError("api: invoice is not paid")
    if invoice.document == "receipt-missing":
        raise ApiError(NO_PDF)
    return _download(call, "receipt", invoice)


def _download(call: Call, kind: DocumentKind, invoice: Invoice) -> Reply:
    """A signed link: an object in C, a bare string in D."""
    for event in holding(call.world.events, DocumentsAway, call.now):
        if event.account in ("", invoice.account.id):
            raise ApiError(event.message)
    url, expires_at = call.links.make(kind, invoice.id, call.now)
    if call.dialect.kind == "D":
        return Reply(None, lambda: url)
    return Reply(None, lambda: {"downloadUrl": url, "expiresAt": rfc3339(expires_at)})


def list_projects(call: Call) -> Reply:
    if call.caller.projects == "refused":
        raise ApiError("api: forbidden")
    return Reply(None, lambda: {"items": [project_document(project) for project in call.projects()]})


_USAGE_NAMES = {
    "cpuUsage": "cpu", "cpu": "cpu", "memory": "memory", "egress": "egress", "cacheEgress": "", "registryEgress":
    "registryEgress", "dropboxEgress": "", "disk": "disk", "replica": "replica", "staticStorage": "staticStorage",
    "dropboxStorage": "dropboxStorage",
}  # fmt: skip


def project_usage(call: Call) -> Reply:
    """Month-to-date quantities of one project, by the calendar of the world's zone."""
    project = call.project()
    today = call.now.astimezone(call.world.zone).date()
    rows = call.world.books(project.account, Month(today.year, today.month)).rows
    used = {row.resource.sku: sum(row.usage[: today.day]) / 100 for row in rows if row.project == project}
    return Reply(None, lambda: {name: used.get(sku, 0) for name, sku in _USAGE_NAMES.items()})


_SKU_NAMES = (
    "cpuUsage", "cpu", "memory", "egress", "registryEgress", "dropboxEgress", "disk", "replica", "staticStorage",
    "staticEgress", "dropboxStorage",
)  # fmt: skip


def skus(call: Call) -> Reply:
    """List prices in THB, without unit or currency."""
    prices = {resource.sku: resource.price / 100 for resource in call.world.resources}
    prices["cpuUsage"] = prices.get("cpu", 0)
    return Reply("skus", lambda: {name: prices.get(name, 0) for name in _SKU_NAMES})


def list_deployments(call: Call) -> Reply:
    project = call.project()
    item = {
        "name": project.sid.split("-")[-1] or "web",
        "location": "gke.cluster-rcf2",
        "minReplicas": 1,
        "maxReplicas": 4,
        "allocatedPrice": project.size * 25,
    }
    return Reply(None, lambda: {"items": [item] if project.size else []})


FUNCTIONS: Mapping[str, Callable[[Call], Reply]] = {
    "billing.list": list_accounts,
    "billing.get": get_account,
    "billing.report": report,
    "billing.listInvoices": list_invoices,
    "billing.getInvoice": get_invoice,
    "billing.downloadInvoice": download_invoice,
    "billing.downloadReceipt": download_receipt,
    "billing.skus": skus,
    "project.list": list_projects,
    "project.usage": project_usage,
    "deployment.list": list_deployments,
}
