"""An explanation as text: for a line numbered steps from the invoice to the ledger, with the evidence of each
figure."""

from __future__ import annotations

from collections.abc import Iterator

from chargeback.allocate.steps import Step
from chargeback.model.invoice import Shape
from chargeback.publish.pages.wording import minor
from chargeback.review.division_text import INDENT, division_lines
from chargeback.review.explanation import Adjustment, Explanation, LineExplanation
from chargeback.review.ledger_rows import LedgerRow
from chargeback.review.provenance import Source
from chargeback.review.revision_choice import title
from chargeback.review.terminal import Terminal
from chargeback.review.text_table import Column, TextRow, readable, table_lines, wrapped
from chargeback.review.total_text import total_lines


def explanation_lines(found: Explanation, terminal: Terminal) -> Iterator[str]:
    """The explanation of a line, or of a total."""
    if isinstance(found, LineExplanation):
        yield from _line_lines(found, terminal)
    else:
        yield from total_lines(found, terminal)


def _line_lines(found: LineExplanation, terminal: Terminal) -> Iterator[str]:
    row = found.row
    yield from _head(found, terminal)
    yield from _stated(found, terminal)
    for number, step in enumerate(found.steps.steps, start=2):
        yield from _step_lines(found, step, number, terminal)
    yield ""
    amounts = f"{_money(row.net, row)} net + {_money(row.tax, row)} tax = {_money(row.gross, row)} {row.currency} gross"
    yield from wrapped(f"= {amounts}, as in ledgers/all.csv, line {row.line}", terminal, strong=True)


def _head(found: LineExplanation, terminal: Terminal) -> Iterator[str]:
    row = found.row
    amount = f"{_money(row.gross, row)} {readable(row.currency)}"
    yield from wrapped(f"{title(found.revision)}, line {row.line}: {amount} for team {row.team}", terminal, strong=True)
    parts = (("project", _named(row.project, row.project_name)), ("environment", row.environment), ("basis", row.basis))
    yield from wrapped(", ".join(f"{name} {text}" for name, text in parts if text), terminal)
    if row.resource:
        yield from wrapped(
            f"resource {readable(row.resource)}" + (f", usage {row.usage}" if row.usage else ""), terminal
        )
    line = (
        f'line {row.invoice_line} "{readable(row.description)}"'
        if row.invoice_line
        else "what it holds beyond its lines"
    )
    account = _named(row.account, row.account_name)
    yield from wrapped(f"invoice {readable(row.invoice)} ({row.invoice_status}) of account {account}, {line}", terminal)
    if found.claims:
        yield from wrapped(f"claimed in config.toml by {', '.join(map(readable, found.claims))}", terminal)


def _stated(found: LineExplanation, terminal: Terminal) -> Iterator[str]:
    amount = found.sources.amount_of_line(found.row.invoice_line)
    yield from ("", terminal.strong("1. The invoice says"))
    yield from _source_lines([*([amount] if amount else []), *found.sources.header()], terminal)
    if found.adjustment is not None:
        yield from wrapped(_adjustment_text(found, found.adjustment), terminal, indent=INDENT)


def _adjustment_text(found: LineExplanation, beyond: Adjustment) -> str:
    """Why there is something beyond the lines, and how much on their basis."""
    header, lines, difference = (
        minor(each, found.row.digits) for each in (beyond.header, beyond.lines, beyond.difference)
    )
    why = {Shape.NONE: "it has no lines", Shape.MIXED: "its lines are by project and by SKU at once"}
    reason = why.get(found.invoice.shape, "its lines do not foot")
    return f"{reason}: {beyond.basis} {header} less {lines} of booked lines leaves {difference}"


def _source_lines(sources: list[Source], terminal: Terminal) -> Iterator[str]:
    columns = [Column(""), Column(""), Column("", right=True), Column("")]
    rows = [TextRow((readable(each.of), each.name, each.value, readable(each.place))) for each in sources]
    if terminal.width is None:
        yield from table_lines(columns, rows, terminal, indent=INDENT)
        return
    for each in sources:
        yield from wrapped(f"{readable(each.of)}: {each.name} {each.value}", terminal, indent=INDENT)
        yield terminal.faint(f"{INDENT}  {readable(each.place)}")


def _step_lines(found: LineExplanation, step: Step, number: int, terminal: Terminal) -> Iterator[str]:
    """The division, then the report's rows behind the part that leads to the line."""
    yield ""
    yield from division_lines(step, number, found.row.digits, terminal)
    rows = step.rows[step.chosen] if step.rows else ()
    yield from _source_lines([found.sources.report_row(row) for row in rows], terminal)


def _money(units: int, row: LedgerRow) -> str:
    return minor(units, row.digits)


def _named(key: str, name: str) -> str:
    return f"{readable(key)} ({readable(name)})" if name and name != key else readable(key)
