"""``reconciliation/reconciliation.json`` and ``.csv``: the month's checks for machines and people (INTERFACE)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from io import StringIO
from itertools import islice
from typing import Any

from chargeback.model.books import AccountSummary, Books, Status
from chargeback.model.catalogue import operator_remedy
from chargeback.model.check import Check, Finding
from chargeback.model.money import format_exact, format_minor
from chargeback.model.spreadsheet_text import BYTE_ORDER_MARK, csv_row, drained, guarded
from chargeback.model.text import cleaned

CHECK_COLUMNS = (
    "check",
    "account",
    "invoice",
    "subject",
    "outcome",
    "expected",
    "actual",
    "variance",
    "currency",
    "tolerance",
    "message",
    "finding",
    "cause",
)
_JSON = json.JSONEncoder(ensure_ascii=False).encode
"""A row as JSON, by one encoder for all: ``json.dumps`` makes one each time."""
_ROWS_A_CHUNK = 5_000
_AMOUNTS = frozenset(CHECK_COLUMNS.index(name) for name in ("expected", "actual", "variance", "tolerance"))


def files(books: Books) -> Iterator[tuple[str, Iterable[bytes]]]:
    """The reconciliation as JSON and as CSV."""
    yield "reconciliation/reconciliation.json", _json(books)
    yield "reconciliation/reconciliation.csv", _csv(books.checks)


def _json(books: Books) -> Iterator[bytes]:
    """The document as published: keys in INTERFACE's order, a check a line, UTF-8, a newline at the end."""
    head = json.dumps(_head(books), ensure_ascii=False, indent=2)
    yield head.removesuffix("\n}").encode() + b',\n  "checks": ['
    separator = "\n"
    checks = iter(books.checks)
    while some := list(islice(checks, _ROWS_A_CHUNK)):
        yield (separator + ",\n".join(f"    {_JSON(check_row(check))}" for check in some)).encode()
        separator = ",\n"
    rows = "".join(f"\n    {_JSON(finding_row(finding))}," for finding in books.findings)
    yield b'\n  ],\n  "findings": [' + rows.rstrip(",").encode()
    yield b"\n  ]\n}\n"


def document(books: Books) -> dict[str, Any]:
    """INTERFACE's ``reconciliation.json``; ``revision`` None where the month is not ready."""
    return {
        **_head(books),
        "checks": [check_row(check) for check in books.checks],
        "findings": [finding_row(finding) for finding in books.findings],
    }


def _head(books: Books) -> dict[str, Any]:
    return {
        "schema": 1,
        "period": str(books.period),
        "status": books.status.value,
        "revision": None if books.status is Status.NOT_READY else books.revision,
        "endpoint": books.posting.run.endpoint,
        "accepted": {
            "count": books.accepted.count,
            "amounts": [
                {"currency": currency, "amount": format_exact(amount)} for currency, amount in books.accepted.amounts
            ],
        },
        "not_performed": books.not_performed,
        "accounts": [_account(summary) for summary in books.accounts],
    }


def _account(summary: AccountSummary) -> dict[str, Any]:
    digits = summary.digits
    return {
        "account": cleaned(summary.account),
        "currency": cleaned(summary.currency),
        "invoices": [cleaned(number) for number in summary.invoices],
        "report_total": _amount(summary.report_total),
        "line_total": format_minor(summary.line_total, digits),
        "invoice_total": format_minor(summary.invoice_total, digits),
        "ledger_total": format_minor(summary.ledger_total, digits),
        "variance": _amount(summary.variance),
        "status": summary.status.value,
    }


def check_row(check: Check) -> dict[str, str | None]:
    """A check as INTERFACE's JSON has it: amounts as text, None if there is none."""
    return {
        "check": check.code.value,
        "account": cleaned(check.account),
        "invoice": cleaned(check.invoice),
        "subject": cleaned(check.subject_name),
        "outcome": check.outcome.value,
        "expected": _amount(check.expected),
        "actual": _amount(check.actual),
        "variance": _amount(check.variance),
        "currency": cleaned(check.currency),
        "tolerance": _amount(check.tolerance),
        "message": cleaned(check.sentence),
        "finding": check.finding or None,
        "cause": check.cause.value if check.cause else None,
    }


def finding_row(finding: Finding) -> dict[str, Any]:
    """A finding as INTERFACE's JSON has it, with what had been decided about it when the revision was written."""
    subject, disposition = finding.subject, finding.disposition
    return {
        "id": finding.id,
        "check": finding.code.value,
        "account": cleaned(finding.account),
        "invoice": cleaned(finding.invoice),
        "subject": {"kind": subject.kind.value if subject else "", "name": cleaned(subject.name) if subject else ""},
        "amount": _amount(finding.amount),
        "currency": cleaned(finding.currency),
        "checks": finding.checks,
        "message": cleaned(finding.message),
        "remedy": finding.remedy,
        "operator_remedy": operator_remedy(finding.code),
        "disposition": disposition.disposition if disposition else None,
        "disposed_by": disposition.by if disposition else None,
        "disposed_at": disposition.disposed_at if disposition else None,
    }


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else format_exact(amount)


def _csv(checks: Sequence[Check]) -> Iterator[bytes]:
    buffer = StringIO()
    buffer.write(BYTE_ORDER_MARK)
    buffer.write(csv_row(CHECK_COLUMNS))
    rows = iter(checks)
    while some := list(islice(rows, _ROWS_A_CHUNK)):
        buffer.writelines(csv_row(_cells(check)) for check in some)
        yield drained(buffer)
    yield drained(buffer)


def _cells(check: Check) -> list[str]:
    row = check_row(check)
    cells = [row[name] or "" for name in CHECK_COLUMNS]
    return [cell if place in _AMOUNTS else guarded(cell) for place, cell in enumerate(cells)]
