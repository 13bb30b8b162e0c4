"""The steps from an invoice line to a ledger line, derived again for the one line that somebody asks about.

Posting keeps none of them, as a month may have 300,000 lines. The same functions divide here as there
(``post_lines``, ``project_parts``, ``Splits``, ``ReportWeights``); what is added is who got which unit and why. The
last step's amount is the ledger line's, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from msgspec import Struct

from chargeback.allocate.posting import Context, bookable_lines, post_lines, project_parts
from chargeback.allocate.report_weights import Division, ReportWeights
from chargeback.config import SharedProject
from chargeback.model.answers import LineItem, amount_of
from chargeback.model.booking import AccountMonth
from chargeback.model.invoice import Invoice, Shape
from chargeback.model.ledger import LedgerLine
from chargeback.model.money import EXACT, round_together
from chargeback.model.posting import PostedLine


class StepKind(StrEnum):
    """What a step divides by (BOOKING 4)."""

    ROUNDING = "rounding"
    TAX = "tax"
    PROJECTS = "projects"
    TEAMS = "teams"
    RESOURCES = "resources"


class Portion(Struct, frozen=True):
    """One part of a division, in minor units: ``exact`` share, ``floor`` of it, and the ``unit`` that it got
    besides.

    ``rank``: its place in the order in which missing units were given out, from 1. ``amount`` = floor + unit. Of a
    negative whole, floors and units are negative: it is negated before and after.
    """

    weight: Fraction
    exact: Fraction
    floor: int
    unit: int
    rank: int

    @property
    def amount(self) -> int:
        """What the part gets."""
        return self.floor + self.unit


class Divided(Struct, frozen=True):
    """A whole amount and its parts by largest remainder, which add up to it; ``missing`` units went beyond the
    floors."""

    whole: int
    missing: int
    portions: tuple[Portion, ...]


class Step(Struct, frozen=True):
    """One division: ``names`` of the parts in their order, of which ``chosen`` is the one that leads to the ledger
    line.

    ``gross`` and ``tax`` are divided one after the other; a rounding has no tax, and the division of an invoice's
    tax no gross. ``rows`` are the report rows behind each part. ``rule`` says what weighs.
    """

    kind: StepKind
    names: tuple[str, ...]
    chosen: int
    gross: Divided | None = None
    tax: Divided | None = None
    rows: tuple[tuple[int, ...], ...] = ()
    rule: str = ""


class LineSteps(Struct, frozen=True):
    """How one ledger line came about: the invoice line as posted, and each division on the way; amounts in minor
    units."""

    posted: PostedLine
    steps: tuple[Step, ...]
    gross: int
    tax: int


def divided(whole: int, weights: Sequence[int]) -> Divided:
    """``largest_remainder`` with its reasons: the same parts, as a property test proves."""
    if whole < 0:
        return _negated(divided(-whole, weights))
    if len(weights) == 1:  # the whole, even where the weight is zero
        return Divided(whole, 0, (Portion(Fraction(weights[0]), Fraction(whole), whole, 0, 1),))
    total = sum(weights)
    exact = [Fraction(whole * weight, total) for weight in weights]
    floors = [whole * weight // total for weight in weights]
    missing = whole - sum(floors)
    order = sorted(range(len(weights)), key=lambda place: (floors[place] - exact[place], -weights[place], place))
    return Divided(whole, missing, _portions([Fraction(weight) for weight in weights], exact, floors, order, missing))


def rounded(amounts: Sequence[Decimal], digits: int) -> Divided:
    """``round_together`` with its reasons: exact amounts as minor units that add up to their rounded exact sum."""
    exact = [Fraction(amount.scaleb(digits, EXACT)) for amount in amounts]
    floors = [value.numerator // value.denominator for value in exact]
    whole = sum(round_together(amounts, digits))
    order = sorted(range(len(exact)), key=lambda place: (floors[place] - exact[place], place))
    missing = whole - sum(floors)
    return Divided(whole, missing, _portions(exact, exact, floors, order, missing))


def line_steps(month: AccountMonth, invoice: Invoice, line: LedgerLine, context: Context) -> LineSteps:
    """The steps to a ledger line of the invoice; the line's amounts, or ``ValueError`` where it is not this
    invoice's."""
    return _Walk(month, invoice, line, context).steps()


class _Walk:
    def __init__(self, month: AccountMonth, invoice: Invoice, line: LedgerLine, context: Context) -> None:
        self.invoice = invoice
        self.line = line
        self.context = context
        self.weights = ReportWeights(month.report) if month.report else None
        self.found: list[Step] = []

    def steps(self) -> LineSteps:
        posted = self._posted()
        if posted.item is None:
            return LineSteps(posted, tuple(self.found), posted.gross, posted.tax)
        gross, tax = self._over_projects(posted, posted.item)
        owner = self.context.ownership.owner(self.line.project) if self.line.project else None
        if owner and owner.shared:
            gross, tax = self._over_teams(owner.shared, gross, tax)
        if posted.item.is_by_project:
            gross, tax = self._over_resources(gross, tax)
        return LineSteps(posted, tuple(self.found), gross, tax)

    def _posted(self) -> PostedLine:
        """The invoice's line in minor units: rounded with its neighbours, with its part of the tax."""
        posted = post_lines(self.invoice, self.context.projects)
        items = bookable_lines(self.invoice)
        place = self.line.invoice_line - 1 if self.line.invoice_line else len(items)
        names = [line_name(number, item) for number, item in enumerate(items, start=1)]
        if self.line.invoice_line:
            amounts = rounded([amount_of(item.amount) for item in items], self.invoice.digits)
            self.found.append(Step(StepKind.ROUNDING, tuple(names), place, gross=amounts))
        self._divide_tax(posted, [*names, "adjustment"], place)
        return next(each for each in posted if each.number == self.line.invoice_line)

    def _divide_tax(self, posted: list[PostedLine], names: list[str], place: int) -> None:
        """The invoice's tax over its lines and what does not foot, by their amounts on the lines' basis."""
        by_sku = self.invoice.shape is Shape.BY_SKU
        weights = [line.net if by_sku else line.gross for line in posted]
        if not sum(weights):
            return
        tax = divided(self.invoice.tax_minor, weights)
        self.found.append(Step(StepKind.TAX, tuple(names[: len(posted)]), place, tax=tax, rule="amount"))

    def _over_projects(self, posted: PostedLine, item: LineItem) -> tuple[int, int]:
        parts = project_parts(posted, self.weights)
        if not parts[0].divided or self.weights is None:
            return posted.gross, posted.tax
        division = self.weights.over_projects(item)
        rule = "report" if any(division.rows) else "whole report"
        return self._add(StepKind.PROJECTS, division, self.line.project, posted.gross, posted.tax, rule)

    def _over_teams(self, entry: SharedProject, gross: int, tax: int) -> tuple[int, int]:
        shares = self.context.splits.of(entry, self.invoice.currency)
        rule = entry.split if isinstance(entry.split, str) else "weights"
        teams = Division([share.team.id for share in shares], [share.weight for share in shares], ())
        return self._add(StepKind.TEAMS, teams, self.line.team.id, gross, tax, rule)

    def _over_resources(self, gross: int, tax: int) -> tuple[int, int]:
        division = self.weights.over_resources(self.line.project) if self.weights else None
        if division is None or not division.has_weight:
            return gross, tax
        return self._add(StepKind.RESOURCES, division, self.line.resource, gross, tax, "report")

    def _add(self, kind: StepKind, division: Division, chosen: str, gross: int, tax: int, rule: str) -> tuple[int, int]:
        """Gross first, then tax by the parts' gross, or by the weights where these are all zero (BOOKING 4.5)."""
        place = division.names.index(chosen)
        amounts = divided(gross, division.weights)
        parts = [portion.amount for portion in amounts.portions]
        taxes = divided(tax, parts if any(parts) else division.weights)
        self.found.append(Step(kind, tuple(division.names), place, amounts, taxes, tuple(division.rows), rule))
        return parts[place], taxes.portions[place].amount


def line_name(number: int, item: LineItem) -> str:
    """What an invoice's line is called: its number, and its description or SKU."""
    return f"{number} {item.description or item.sku or ''}".strip()


def _portions(
    weights: Sequence[Fraction], exact: Sequence[Fraction], floors: Sequence[int], order: Sequence[int], missing: int
) -> tuple[Portion, ...]:
    ranks = {place: rank for rank, place in enumerate(order, start=1)}
    return tuple(
        Portion(weights[place], exact[place], floors[place], int(ranks[place] <= missing), ranks[place])
        for place in range(len(floors))
    )


def _negated(positive: Divided) -> Divided:
    portions = (Portion(each.weight, -each.exact, -each.floor, -each.unit, each.rank) for each in positive.portions)
    return Divided(-positive.whole, positive.missing, tuple(portions))
