"""Accounts, invoices and reports as JSON documents, from the world's records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from operator import add
from typing import Any

from chargeback.sandbox.dialect import Dialect
from chargeback.sandbox.records import (
    MICRO_DIGITS,
    Account,
    Invoice,
    Line,
    Project,
    Row,
    Status,
    minor_digits,
    number,
    numbers,
)


def account_document(account: Account, active: bool, role: str) -> dict[str, Any]:
    """An item of billing.list, and the whole of billing.get."""
    return {
        "id": account.id,
        "name": account.name,
        "type": account.type,
        "taxId": account.tax_id,
        "taxName": account.tax_name,
        "taxAddress": account.tax_address,
        "active": active,
        "role": role,
    }


def invoice_row(invoice: Invoice, status: Status, dialect: Dialect) -> dict[str, Any]:
    """An item of billing.listInvoices."""
    return {**_common(invoice, status, dialect), **invoice.wrong_row}


def invoice_detail(invoice: Invoice, status: Status, withheld: bool, dialect: Dialect) -> dict[str, Any]:
    """The result of billing.getInvoice."""
    account = invoice.account
    digits = minor_digits(invoice.currency)
    return {
        **_common(invoice, status, dialect),
        "billingAccountId": account.id,
        "taxRate": account.tax_percent / 100,
        "taxId": account.tax_id,
        "taxName": account.tax_name,
        "taxAddress": account.tax_address,
        "taxEntityType": account.type,
        "withholdingTaxRate": account.withholding_percent / 100 if withheld else 0,
        "withholdingTaxAmount": number(invoice.withholding, digits) if withheld else 0,
        "payment": {
            "bank": "Sandbox Bank",
            "accountName": "Sandbox Platform Company Limited",
            "accountNo": "000-0-00000-0",
            "promptPay": "0000000000000",
        },
        "lineItems": [line_document(line, digits) for line in invoice.lines],
        **invoice.wrong_detail,
    }


def _common(invoice: Invoice, status: Status, dialect: Dialect) -> dict[str, Any]:
    digits = minor_digits(invoice.currency)
    draft = status == "draft"
    return {
        "id": invoice.id,
        "number": "" if draft else invoice.number,
        "receiptNumber": invoice.receipt_number if status == "paid" else "",
        "currency": invoice.currency,
        **dialect.times({"periodStart": invoice.start, "periodEnd": invoice.end}),
        "subtotal": number(invoice.subtotal, digits),
        "taxAmount": number(invoice.tax, digits),
        "total": number(invoice.total, digits),
        "status": status,
        **dialect.times(
            {
                "issuedAt": None if draft else invoice.issued_at,
                "paidAt": invoice.paid_at if status == "paid" else None,
                "voidedAt": invoice.voided_at if status == "void" else None,
                "createdAt": invoice.created_at,
            }
        ),
    }


def line_document(line: Line, digits: int) -> dict[str, Any]:
    """An item of lineItems, in the shape that the line has."""
    amount = {"amount": number(line.amount, digits)}
    if not line.sku:
        named = {"projectId": line.project_id, "project": line.project, "description": line.description}
        return {**named, **amount, **line.wrong}
    named = {"sku": line.sku, "description": line.description}
    quantity = {"quantity": number(line.quantity, 2), "unit": line.unit, "unitPrice": number(line.price, 2)}
    return {**named, **quantity, **amount, **line.wrong}


@dataclass(slots=True)
class Report:
    """Usage and cost of some days, as they are added up."""

    projects: dict[str, Project] = field(default_factory=dict)  # by id, as the keys of the others
    usage: dict[tuple[str, str], int] = field(default_factory=dict)  # hundredths, by project and resource
    values: dict[tuple[str, str], int] = field(default_factory=dict)  # micros, by project and resource
    daily: dict[str, list[int]] = field(default_factory=dict)  # micros, a day each
    days: list[date] = field(default_factory=list)

    def add(self, rows: Iterable[Row], days: tuple[date, ...], first: int, last: int) -> None:
        """Add rows of one month, of which the days from first to last (exclusive) count."""
        before = len(self.days)
        self.days += days[first:last]
        for row in rows:
            self.projects.setdefault(row.project.id, row.project)
            key = (row.project.id, row.resource.label)
            values = row.values[first:last]
            self.usage[key] = self.usage.get(key, 0) + sum(row.usage[first:last])
            self.values[key] = self.values.get(key, 0) + sum(values)
            chart = self.daily.setdefault(row.project.id, [])
            chart += [0] * (len(self.days) - len(chart))
            chart[before:] = map(add, chart[before:], values)

    def document(self, dialect: Dialect, range_name: str) -> dict[str, Any]:
        """The result of billing.report; without rows it shows no days either."""
        labels = [dialect.day_label(day) for day in self.days] if self.daily else []
        echo = {"range": range_name} if dialect.kind == "C" else {}
        return {
            **echo,
            "list": [self._row(*key) for key in self.values],
            "chart": {"categories": labels, "series": [self._series(project_id) for project_id in self.daily]},
            "projectList": [{"sid": project.sid, "name": project.name} for project in self.projects.values()],
            "projectSids": [project.sid for project in self.projects.values()],
        }

    def _row(self, project_id: str, label: str) -> dict[str, Any]:
        return {
            "projectSid": self.projects[project_id].sid,
            "name": label,
            "usageValue": number(self.usage[project_id, label], 2),
            "billingValue": number(self.values[project_id, label], MICRO_DIGITS),
        }

    def _series(self, project_id: str) -> dict[str, Any]:
        data = self.daily[project_id]
        data += [0] * (len(self.days) - len(data))
        return {"name": self.projects[project_id].name, "data": numbers(data, MICRO_DIGITS)}


def project_document(project: Project) -> dict[str, Any]:
    """An item of project.list."""
    return {"id": project.id, "project": project.sid, "name": project.name, "billingAccount": project.account}
