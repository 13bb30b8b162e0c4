"""A team's or project's total as text: the parts of invoice lines that it is the sum of, and where each line stands."""

from __future__ import annotations

from collections.abc import Iterator

from chargeback.model.ledger import Basis
from chargeback.model.money import minor_digits
from chargeback.model.totals import Amounts
from chargeback.publish.pages.wording import minor
from chargeback.review.explanation import InvoicePart, TotalExplanation
from chargeback.review.revision_choice import title
from chargeback.review.terminal import Column, Terminal, TextRow, readable, table_lines, wrapped

_TOTAL_COLUMNS = [
    Column("", right=True),
    Column("invoice", shrinks=True),
    Column("line", shrinks=True),
    Column("project", shrinks=True),
    Column("of gross", right=True),
    Column("how", shrinks=True),
    Column("part", right=True),
    Column("ledger lines"),
]


def total_lines(found: TotalExplanation, terminal: Terminal) -> Iterator[str]:
    """A table a currency, its total, then the evidence."""
    yield from wrapped(f"{title(found.revision)}, {found.kind} {readable(found.name)}", terminal, strong=True)
    if not found.parts:
        yield "no line of this month"
    for currency, total in found.totals.items():
        parts = [part for part in found.parts if part.row.currency == currency]
        yield ""
        yield from wrapped(f"{_total_text(total, currency)}, the sum of these parts of invoice lines:", terminal)
        yield from table_lines(_TOTAL_COLUMNS, _part_rows(parts, total, currency), terminal)
        yield from ("", "where each invoice line stands in the evidence:")
        yield from _evidence(parts, terminal)


def _total_text(total: Amounts, currency: str) -> str:
    digits = minor_digits(currency)
    net, tax, gross = (minor(units, digits) for units in total)
    return f"{gross} {readable(currency)} ({net} net + {tax} tax)"


def _part_rows(parts: list[InvoicePart], total: Amounts, currency: str) -> list[TextRow]:
    rows = [_part_row(number, part) for number, part in enumerate(parts, start=1)]
    gross = minor(total.gross, minor_digits(currency))
    return [*rows, TextRow(("", "total", "", "", "", "", gross, ""), strong=True)]


def _part_row(number: int, part: InvoicePart) -> TextRow:
    row = part.row
    line = f"{row.invoice_line} {readable(row.description)}" if row.invoice_line else "beyond its lines"
    return TextRow(
        (
            str(number),
            readable(row.invoice),
            line,
            readable(row.project),
            minor(part.posted.gross, row.digits),
            how(part),
            minor(part.amounts.gross, row.digits),
            _span(part.lines),
        )
    )


def how(part: InvoicePart) -> str:
    """By which rule the part is the team's or project's, in two words."""
    row = part.row
    if row.basis == Basis.ADJUSTMENT:
        return "adjustment"
    shares = {row.share_percent} - {""}
    if row.basis == Basis.SHARED_SPLIT and part.amounts.gross != part.posted.gross and shares:
        return f"split {row.share_percent} %"
    if part.amounts.gross == part.posted.gross:
        return "whole"
    return "by report"


def _span(lines: tuple[int, ...]) -> str:
    """Line numbers, runs of them written short: "1-5, 9"."""
    runs: list[list[int]] = []
    for line in sorted(lines):
        if runs and line == runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    shown = [str(first) if first == last else f"{first}-{last}" for first, last in runs]
    return ", ".join(shown) if len(shown) <= 2 else f"{shown[0]}, … {shown[-1]}"


def _evidence(parts: list[InvoicePart], terminal: Terminal) -> Iterator[str]:
    """Each place once, after the numbers of the parts that stand there."""
    places: dict[str, list[int]] = {}
    for number, part in enumerate(parts, start=1):
        header = f"the invoice's header (explain line {part.lines[0]})"
        places.setdefault(f"{part.source.value}  {part.source.place}" if part.source else header, []).append(number)
    rows = [TextRow((_span(tuple(numbers)), readable(place))) for place, numbers in places.items()]
    yield from table_lines([Column("", right=True), Column("")], rows, terminal)
