"""An explanation as text: for a ledger line numbered steps from the invoice to the ledger, each with what was divided,
what weighs, and which part got which unit; for a team or project the parts of invoice lines that it is the sum of. Each
figure with its place in the evidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from chargeback.allocate.steps import Divided, Step, StepKind
from chargeback.model.invoice import Shape
from chargeback.model.ledger import Basis
from chargeback.model.ledger_register import LedgerRow
from chargeback.model.money import format_minor, minor_digits
from chargeback.model.totals import Amounts
from chargeback.model.wording import counted
from chargeback.publish.pages.wording import minor
from chargeback.review.explanation import (
    Adjustment,
    Explanation,
    InvoicePart,
    LineExplanation,
    SourceFigure,
    TotalExplanation,
)
from chargeback.review.revision_choice import title
from chargeback.review.terminal import Terminal, TerminalColumn, TextRow, readable, table_lines, wrapped

INDENT = "   "
_MORE_DECIMALS = 4
"""Digits of an exact share that are shown beyond the currency's."""
_MOST_PARTS = 12
_HEADINGS = {
    StepKind.ROUNDING: "The invoice's lines are rounded together",
    StepKind.TAX: "The invoice's tax is divided over its lines by their amounts",
    StepKind.PROJECTS: "The line is divided over projects by the report's values of that SKU",
    StepKind.TEAMS: "The project is shared: split among teams",
    StepKind.RESOURCES: "The part is divided over resources by the report's values of the project",
}
_BY_WHOLE_REPORT = "No report row is named like the line: it is divided over projects by the whole report"
_SPLITS = {
    "even": "evenly",
    "proportional": "in proportion to their direct cost",
    "weights": "by the configured weights",
}
_TOTAL_COLUMNS = [
    TerminalColumn("", right=True),
    TerminalColumn("invoice", shrinks=True),
    TerminalColumn("line", shrinks=True),
    TerminalColumn("project", shrinks=True),
    TerminalColumn("of gross", right=True),
    TerminalColumn("how", shrinks=True),
    TerminalColumn("part", right=True),
    TerminalColumn("ledger lines"),
]


def division_lines(step: Step, number: int, digits: int, terminal: Terminal) -> Iterator[str]:
    """The step under its number: sentences, then a table that foots."""
    rule = f" {_SPLITS.get(step.rule, step.rule)}" if step.kind is StepKind.TEAMS else ""
    heading = _BY_WHOLE_REPORT if step.rule == "whole report" else _HEADINGS[step.kind] + rule
    yield from wrapped(f"{number}. {heading}", terminal, strong=True)
    for text in _sentences(step, digits):
        yield from wrapped(text, terminal, indent=INDENT)
    yield from table_lines(_columns(step), _rows(step, digits), terminal, indent=INDENT)


def _sentences(step: Step, digits: int) -> Iterator[str]:
    """What weighs, then of gross and tax which parts got the missing units."""
    division = step.gross or step.tax
    if step.rule == "proportional" and division and any(each.weight != 1 for each in division.portions):
        pairs = zip(step.names, division.portions, strict=True)
        yield "direct cost: " + ", ".join(f"{readable(name)} {minor(int(each.weight), digits)}" for name, each in pairs)
    for label, each in _divisions(step):
        by = ", by the parts' gross" if label == "tax" and step.gross else ""
        yield f"{label} {minor(each.whole, digits)}{by}: {_units(each, step.names, digits)}"


def _divisions(step: Step) -> list[tuple[str, Divided]]:
    """What the step divides, and what it is called."""
    named = (("amount" if step.kind is StepKind.ROUNDING else "gross", step.gross), ("tax", step.tax))
    return [(label, division) for label, division in named if division is not None]


def _units(division: Divided, names: tuple[str, ...], digits: int) -> str:
    """Which parts got the units that the floors left, and why: the largest fractions first."""
    if not division.missing:
        return "no unit is missing from the floors"
    got = sorted((each.rank, name) for each, name in zip(division.portions, names, strict=True) if each.unit)
    parts = ", ".join(readable(name) or "(none)" for _, name in got[:_MOST_PARTS])
    more = f" and {len(got) - _MOST_PARTS} more" if len(got) > _MOST_PARTS else ""
    unit = f"{counted(division.missing, 'unit')} of {format_minor(1, digits)}"
    return f"the floors leave {unit}, one each to the largest fractions: {parts}{more}"


def _columns(step: Step) -> list[TerminalColumn]:
    columns = [TerminalColumn(""), TerminalColumn("part", shrinks=True)]
    if step.kind is not StepKind.ROUNDING:
        columns.append(TerminalColumn("weight", right=True))
    for label, _ in _divisions(step):
        columns += [TerminalColumn("exact", right=True), TerminalColumn("unit"), TerminalColumn(label, right=True)]
    return columns


def _rows(step: Step, digits: int) -> list[TextRow]:
    """The parts, the chosen one marked; where there are many, the rest of them in one row, so that all foot."""
    places = list(range(len(step.names)))
    chosen_places = places if len(places) <= _MOST_PARTS else _nearest(places, step.chosen)
    rows = [_row(step, place, digits) for place in chosen_places]
    rest = [place for place in places if place not in chosen_places]
    if rest:
        rows.append(TextRow(("", f"{len(rest)} others", *_sums(step, rest, digits))))
    rows.append(TextRow(("", "total", *_sums(step, places, digits))))
    return rows


def _nearest(places: list[int], chosen: int) -> list[int]:
    first = min(max(chosen - _MOST_PARTS // 2, 0), len(places) - _MOST_PARTS)
    return places[first : first + _MOST_PARTS]


def _row(step: Step, place: int, digits: int) -> TextRow:
    cells = [">" if place == step.chosen else "", readable(step.names[place]) or "(none)"]
    if step.kind is not StepKind.ROUNDING:
        cells.append(_weight(step, place, digits))
    for _, division in _divisions(step):
        portion = division.portions[place]
        unit = f"{portion.unit:+d}" if portion.unit else ""
        cells += [exact_text(portion.exact, digits), unit, minor(portion.amount, digits)]
    return TextRow(tuple(cells), strong=place == step.chosen)


def _sums(step: Step, places: list[int], digits: int) -> list[str]:
    cells = [] if step.kind is StepKind.ROUNDING else [""]
    for _, division in _divisions(step):
        cells += ["", "", minor(sum(division.portions[place].amount for place in places), digits)]
    return cells


def _weight(step: Step, place: int, digits: int) -> str:
    """The part's share of the weights in percent: what weighs has units of its own."""
    division = step.gross or step.tax
    assert division is not None  # noqa: S101 (a step divides something)
    total = sum((each.weight for each in division.portions), Fraction(0))
    if not total:
        return ""
    return f"{exact_text(division.portions[place].weight * 100 / total, 0, shown=4)} %"


def exact_text(units: Fraction, digits: int, *, shown: int = _MORE_DECIMALS) -> str:
    """Minor units as an amount with some decimals more; an ellipsis where the fraction goes on."""
    scaled = abs(units) * 10**shown
    whole = scaled.numerator // scaled.denominator
    text = minor(whole if units >= 0 else -whole, digits + shown)
    return text + ("…" if scaled.denominator != 1 else "")


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


def _source_lines(sources: list[SourceFigure], terminal: Terminal) -> Iterator[str]:
    columns = [TerminalColumn(""), TerminalColumn(""), TerminalColumn("", right=True), TerminalColumn("")]
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
    texts = [str(first) if first == last else f"{first}-{last}" for first, last in runs]
    return ", ".join(texts) if len(texts) <= 2 else f"{texts[0]}, … {texts[-1]}"


def _evidence(parts: list[InvoicePart], terminal: Terminal) -> Iterator[str]:
    """Each place once, after the numbers of the parts that stand there."""
    places: dict[str, list[int]] = {}
    for number, part in enumerate(parts, start=1):
        header = f"the invoice's header (explain line {part.lines[0]})"
        places.setdefault(f"{part.source.value}  {part.source.place}" if part.source else header, []).append(number)
    rows = [TextRow((_span(tuple(numbers)), readable(place))) for place, numbers in places.items()]
    yield from table_lines([TerminalColumn("", right=True), TerminalColumn("")], rows, terminal)
