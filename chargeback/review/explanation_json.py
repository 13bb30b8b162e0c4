"""An explanation for machines: every division with all of its parts, amounts as text, pointers into the evidence."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from msgspec.structs import asdict

from chargeback.allocate.steps import Divided, Step
from chargeback.model.ledger_register import LedgerRow
from chargeback.model.money import format_minor
from chargeback.review.explanation import Explanation, InvoicePart, LineExplanation, SourceFigure, TotalExplanation
from chargeback.review.explanation_text import how
from chargeback.review.figures import amounts_json
from chargeback.review.revision_choice import identity


def explanation_json(found: Explanation) -> dict[str, Any]:
    """The document, schema 1; ``kind`` says of what it is: "line", "team" or "project"."""
    return {
        "schema": 1,
        **identity(found.revision),
        **(_line(found) if isinstance(found, LineExplanation) else _total(found)),
    }


def _line(found: LineExplanation) -> dict[str, Any]:
    row = found.row
    header = found.sources.header()
    amount = found.sources.amount_of_line(row.invoice_line)
    return {
        "kind": "line",
        "line": row.line,
        **_row(row),
        "net": format_minor(row.net, row.digits),
        "tax": format_minor(row.tax, row.digits),
        "gross": format_minor(row.gross, row.digits),
        "currency": row.currency,
        "claims": list(found.claims),
        "sources": [_source(each) for each in ([amount] if amount else []) + header],
        "adjustment": _adjustment(found),
        "steps": [_step(found, step) for step in found.steps.steps],
    }


def _adjustment(found: LineExplanation) -> dict[str, str] | None:
    beyond = found.adjustment
    if beyond is None:
        return None
    amounts = {"header": beyond.header, "lines": beyond.lines, "difference": beyond.difference}
    return {"basis": beyond.basis, **{name: format_minor(each, found.row.digits) for name, each in amounts.items()}}


def _row(row: LedgerRow) -> dict[str, Any]:
    names = ("account", "invoice", "team", "project", "resource", "environment", "basis", "share_percent", "usage")
    return {**{name: getattr(row, name) for name in names}, "invoice_line": row.invoice_line or None}


def _source(source: SourceFigure) -> dict[str, str]:
    return asdict(source)


def _step(found: LineExplanation, step: Step) -> dict[str, Any]:
    return {
        "kind": step.kind.value,
        "rule": step.rule,
        "chosen": step.chosen,
        "gross": _divided(step.gross, found.row.digits),
        "tax": _divided(step.tax, found.row.digits),
        "parts": [_part(found, step, place) for place in range(len(step.names))],
    }


def _divided(division: Divided | None, digits: int) -> dict[str, Any] | None:
    return None if division is None else {"whole": format_minor(division.whole, digits), "missing": division.missing}


def _part(found: LineExplanation, step: Step, place: int) -> dict[str, Any]:
    digits = found.row.digits
    division = step.gross or step.tax
    rows = step.rows[place] if step.rows else ()
    return {
        "name": step.names[place],
        "weight": _fraction(division.portions[place].weight) if division else None,
        "gross": _portion(step.gross, place, digits),
        "tax": _portion(step.tax, place, digits),
        "sources": [_source(found.sources.report_row(row)) for row in rows],
    }


def _portion(division: Divided | None, place: int, digits: int) -> dict[str, Any] | None:
    if division is None:
        return None
    portion = division.portions[place]
    return {
        "exact": _fraction(portion.exact / 10**digits),
        "floor": format_minor(portion.floor, digits),
        "unit": portion.unit,
        "rank": portion.rank,
        "amount": format_minor(portion.amount, digits),
    }


def _fraction(value: Fraction) -> str:
    """A number that may have no end as a decimal: "2359", "70711/3"."""
    return str(value)


def _total(found: TotalExplanation) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "name": found.name,
        "totals": [{"currency": code, **amounts_json(total, code)} for code, total in found.totals.items()],
        "parts": [_invoice_part(part) for part in found.parts],
    }


def _invoice_part(part: InvoicePart) -> dict[str, Any]:
    row = part.row
    return {
        "account": row.account,
        "invoice": row.invoice,
        "invoice_line": row.invoice_line or None,
        "description": row.description,
        "project": row.project,
        "how": how(part),
        "of_gross": format_minor(part.posted.gross, row.digits),
        **amounts_json(part.amounts, row.currency),
        "currency": row.currency,
        "lines": list(part.lines),
        "source": _source(part.source) if part.source else None,
    }
