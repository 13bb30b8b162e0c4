"""Ledger lines by hand, one by one, as columns; and the plain way of writing and adding up, line by line, which the
columns are held against."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from chargeback.evidence.period import Period
from chargeback.model.bookkeeping import LedgerTeam
from chargeback.model.ledger import (
    Coded,
    InvoiceItem,
    Ledger,
    LedgerLine,
    LedgerLines,
    LedgerProject,
    Origin,
)
from chargeback.model.ledger_register import COLUMNS
from chargeback.model.money import format_minor, to_minor, whole_numbers


def columns(given: Iterable[LedgerLine]) -> LedgerLines:
    """The lines in their order; each keeps its number, and those without one are numbered."""
    lines = list(given)
    return LedgerLines(
        labels=Coded.of(line.label for line in lines),
        teams=Coded.of(line.team for line in lines),
        projects=Coded.of(LedgerProject(line.project, line.project_name, line.environment) for line in lines),
        resources=Coded.of(line.resource for line in lines),
        usage=whole_numbers([to_minor(Decimal(line.usage or 0), 6) for line in lines]),
        measured=bytes(line.usage != "" for line in lines),
        origins=Coded.of(Origin(line.basis, line.share_percent) for line in lines),
        net=whole_numbers([line.net for line in lines]),
        tax=whole_numbers([line.tax for line in lines]),
        gross=whole_numbers([line.gross for line in lines]),
        items=Coded.of(InvoiceItem(line.invoice_line, line.description) for line in lines),
        numbers=[line.line or number for number, line in enumerate(lines, start=1)],
    )


def ledger(period: Period, lines: Iterable[LedgerLine], teams: Iterable[LedgerTeam]) -> Ledger:
    """The ledger of these lines."""
    return Ledger(period, columns(lines), tuple(teams))


def sort_key(line: LedgerLine) -> tuple[str, str, str, str, str, str, int]:
    """Account, invoice (number, then id), project, resource, team, invoice line; raw text by code point."""
    label = line.label
    invoice = (label.account, label.invoice, label.invoice_id)
    return (*invoice, line.project, line.resource, line.team.id, line.invoice_line)


def written(period: str, line: LedgerLine, text: Callable[[str], str]) -> tuple[str, ...]:
    """The line's cells, in the order of the ledger's columns."""
    label, team = line.label, line.team
    amounts = {name: format_minor(getattr(line, name), label.digits) for name in ("net", "tax", "gross")}
    cells: Mapping[str, str] = {
        "period": period, "account": text(label.account), "account_name": text(label.account_name),
        "invoice": text(label.invoice), "invoice_status": label.status, "team": team.id,
        "cost_center": text(team.cost_center), "gl_account": text(team.gl_account), "project": text(line.project),
        "project_name": text(line.project_name), "environment": text(line.environment),
        "resource": text(line.resource), "usage": line.usage, "share_percent": line.share_percent, **amounts,
        "currency": text(label.currency), "basis": line.basis.value, "line": str(line.line),
        "invoice_line": str(line.invoice_line or ""), "description": text(line.description),
    }  # fmt: skip
    return tuple(cells[name] for name in COLUMNS)
