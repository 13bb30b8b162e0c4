"""An explanation as text: numbered steps, each division with all that decides who got which unit, and the evidence."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from chargeback.allocate.steps import Divided, Step, StepKind
from chargeback.model.ledger import Basis
from chargeback.model.money import format_minor, minor_digits
from chargeback.publish.pages.wording import counted, minor
from chargeback.review.chosen import title
from chargeback.review.explanation import Explanation, InvoicePart, LineExplanation, TotalExplanation
from chargeback.review.ledger_rows import Amounts, LedgerRow
from chargeback.review.provenance import Source
from chargeback.review.screen import Screen
from chargeback.review.text_table import Column, TextRow, readable, table_lines, wrapped

_MORE_DECIMALS = 4
"""Digits of an exact share that are shown beyond the currency's."""
_MOST_PARTS = 12
_INDENT = "   "
_HEADINGS = {
    StepKind.ROUNDING: "The invoice's lines are rounded together",
    StepKind.TAX: "The invoice's tax is divided over its lines by their amounts",
    StepKind.PROJECTS: "The line is divided over projects by the report's values of that SKU",
    StepKind.TEAMS: "The project is shared: split among teams",
    StepKind.RESOURCES: "The part is divided over resources by the report's values of the project",
}
_SPLITS = {
    "even": "evenly",
    "proportional": "in proportion to their direct cost",
    "weights": "by the configured weights",
}


def explanation_lines(found: Explanation, screen: Screen) -> Iterator[str]:
    """The explanation of a line, or of a total."""
    if isinstance(found, LineExplanation):
        yield from _line_lines(found, screen)
    else:
        yield from _total_lines(found, screen)


def _line_lines(found: LineExplanation, screen: Screen) -> Iterator[str]:
    row = found.row
    yield from _head(found, screen)
    yield from _stated(found, screen)
    for number, step in enumerate(found.steps.steps, start=2):
        yield from _step_lines(found, step, number, screen)
    yield ""
    amounts = f"{_money(row.net, row)} net + {_money(row.tax, row)} tax = {_money(row.gross, row)} {row.currency} gross"
    yield from wrapped(f"= {amounts}, as in ledgers/all.csv, line {row.line}", screen, strong=True)


def _head(found: LineExplanation, screen: Screen) -> Iterator[str]:
    row = found.row
    amount = f"{_money(row.gross, row)} {readable(row.currency)}"
    yield from wrapped(f"{title(found.revision)}, line {row.line}: {amount} for team {row.team}", screen, strong=True)
    parts = (("project", _named(row.project, row.project_name)), ("environment", row.environment), ("basis", row.basis))
    yield from wrapped(", ".join(f"{name} {text}" for name, text in parts if text), screen)
    if row.resource:
        yield from wrapped(f"resource {readable(row.resource)}" + (f", usage {row.usage}" if row.usage else ""), screen)
    line = (
        f'line {row.invoice_line} "{readable(row.description)}"'
        if row.invoice_line
        else "what it holds beyond its lines"
    )
    account = _named(row.account, row.account_name)
    yield from wrapped(f"invoice {readable(row.invoice)} ({row.invoice_status}) of account {account}, {line}", screen)
    if found.claims:
        yield from wrapped(f"claimed in config.toml by {', '.join(map(readable, found.claims))}", screen)


def _stated(found: LineExplanation, screen: Screen) -> Iterator[str]:
    amount = found.sources.amount_of_line(found.row.invoice_line)
    yield from ("", screen.strong("1. The invoice says"))
    yield from _source_lines([*([amount] if amount else []), *found.sources.header()], screen)
    if found.row.basis == Basis.ADJUSTMENT:
        text = (
            "its lines do not foot to that; the difference is booked here" if found.invoice.lines else "it has no lines"
        )
        yield from wrapped(text, screen, indent=_INDENT)


def _source_lines(sources: list[Source], screen: Screen) -> Iterator[str]:
    columns = [Column(""), Column(""), Column("", right=True), Column("")]
    rows = [TextRow((readable(each.of), each.name, each.value, readable(each.place))) for each in sources]
    if screen.width is None:
        yield from table_lines(columns, rows, screen, indent=_INDENT)
        return
    for each in sources:
        yield from wrapped(f"{readable(each.of)}: {each.name} {each.value}", screen, indent=_INDENT)
        yield screen.faint(f"{_INDENT}  {readable(each.place)}")


def _step_lines(found: LineExplanation, step: Step, number: int, screen: Screen) -> Iterator[str]:
    digits = found.row.digits
    yield ""
    rule = f" {_SPLITS.get(step.rule, step.rule)}" if step.kind is StepKind.TEAMS else ""
    other = "Nothing is named like the line: it is divided over projects by the whole report"
    heading = other if step.rule == "whole report" else _HEADINGS[step.kind] + rule
    yield from wrapped(f"{number}. {heading}", screen, strong=True)
    for text in _sentences(step, digits):
        yield from wrapped(text, screen, indent=_INDENT)
    yield from table_lines(_columns(step), _rows(step, digits), screen, indent=_INDENT)
    rows = step.rows[step.chosen] if step.rows else ()
    yield from _source_lines([found.sources.report_row(row) for row in rows], screen)


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
    shown = ", ".join(readable(name) or "(none)" for _, name in got[:_MOST_PARTS])
    more = f" and {len(got) - _MOST_PARTS} more" if len(got) > _MOST_PARTS else ""
    unit = f"{counted(division.missing, 'unit')} of {format_minor(1, digits)}"
    return f"the floors leave {unit}, one each to the largest fractions: {shown}{more}"


def _columns(step: Step) -> list[Column]:
    columns = [Column(""), Column("part", shrinks=True)]
    if step.kind is not StepKind.ROUNDING:
        columns.append(Column("weight", right=True))
    for label, _ in _divisions(step):
        columns += [Column("exact", right=True), Column("unit"), Column(label, right=True)]
    return columns


def _rows(step: Step, digits: int) -> list[TextRow]:
    """The parts, the chosen one marked; where there are many, the rest of them in one row, so that all foot."""
    places = list(range(len(step.names)))
    shown = places if len(places) <= _MOST_PARTS else _nearest(places, step.chosen)
    rows = [_row(step, place, digits) for place in shown]
    rest = [place for place in places if place not in shown]
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


def _total_lines(found: TotalExplanation, screen: Screen) -> Iterator[str]:
    yield from wrapped(f"{title(found.revision)}, {found.kind} {readable(found.name)}", screen, strong=True)
    if not found.parts:
        yield "no line of this month"
    for currency, total in found.totals.items():
        parts = [part for part in found.parts if part.row.currency == currency]
        yield ""
        yield from wrapped(f"{_total_text(total, currency)}, the sum of these parts of invoice lines:", screen)
        yield from table_lines(_TOTAL_COLUMNS, _part_rows(parts, total, currency), screen)
        yield from ("", "where each invoice line stands in the evidence:")
        yield from _evidence(parts, screen)


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
            _money(part.posted.gross, row),
            how(part),
            _money(part.amounts.gross, row),
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


def _evidence(parts: list[InvoicePart], screen: Screen) -> Iterator[str]:
    """Each place once, after the numbers of the parts that stand there."""
    places: dict[str, list[int]] = {}
    for number, part in enumerate(parts, start=1):
        header = f"the invoice's header (explain line {part.lines[0]})"
        places.setdefault(f"{part.source.value}  {part.source.place}" if part.source else header, []).append(number)
    rows = [TextRow((_span(tuple(numbers)), readable(place))) for place, numbers in places.items()]
    yield from table_lines([Column("", right=True), Column("")], rows, screen)


def _money(units: int, row: LedgerRow) -> str:
    return minor(units, row.digits)


def _named(key: str, name: str) -> str:
    return f"{readable(key)} ({readable(name)})" if name and name != key else readable(key)
