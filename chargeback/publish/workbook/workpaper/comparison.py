"""The figures of the tie-out: each group's two sides as the sheet has them, and what they may differ by (BOOKING 6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from chargeback.model.money import EXACT, format_exact, minor_digits, rounding_allowance
from chargeback.model.posting import PostedLine
from chargeback.model.tie_out_groups import rounded_parts
from chargeback.publish.workbook.recomputed import Rounded, numeric, rounded, rounding_formula, summed, summed_minor
from chargeback.publish.workbook.workpaper.groups import Grain, Group
from chargeback.publish.workbook.workpaper.plan import AccountPlan, Plan
from chargeback.publish.xlsx.cells import ROW


@dataclass(frozen=True, slots=True)
class Compared:
    """One row's figures: the report's side (None where no report is proved), the lines' side, and of how many rounded
    parts that is (BOOKING 6, tolerance)."""

    report: Rounded | None
    lines: Rounded | None
    count: int

    def variance(self) -> Rounded | None:
        """Report less lines, as exact as the report's side."""
        if self.report is None or self.lines is None:
            return None
        exact = EXACT.subtract(self.report.value, self.lines.value)
        reach = max(self.report.value.copy_abs(), self.lines.value.copy_abs())
        return rounded(exact, self.report.places, reach)


def units_of(lines: Sequence[PostedLine], plan: Plan) -> list[int]:
    """The lines' amounts in minor units on the basis of the report's values."""
    return [line.gross for line in lines] if plan.basis == "gross" else [line.net for line in lines]


def compared(account: AccountPlan, group: Group, plan: Plan) -> Compared:
    """The figures of one row."""
    has_report = group.grain is not Grain.CURRENCY or not group.currency
    has_lines = group.grain is not Grain.CURRENCY or bool(group.currency)
    return Compared(
        report_side(account, group) if has_report else None,
        summed_minor(units_of(group.lines, plan), minor_digits(group.currency)) if has_lines else None,
        rounded_parts(group.lines, plan.basis),
    )


def report_side(account: AccountPlan, group: Group) -> Rounded | None:
    """The sum of the group's report rows; None where no report is proved."""
    month = account.posting.month
    if month.report is None:
        return None
    rows = month.report.rows
    return summed([numeric(rows[place].value) for place in group.rows], minor_digits(month.currency))


@dataclass(slots=True)
class Allowance:
    """What the two sides may differ by: the larger of the configured tolerance and what rounding can explain.

    ``formula`` reads the lines' side from ``expected`` and their number from ``count``, both columns.
    """

    plan: Plan
    currency: str
    expected: str
    count: str

    @property
    def formula(self) -> str:
        """The allowance as a formula."""
        settings = self.plan.config.reconciliation
        absolute, percent = format_exact(settings.tolerance_absolute), format_exact(settings.tolerance_percent)
        rounding = rounding_formula(f"{self.count}{ROW}", minor_digits(self.currency))
        return f"MAX({absolute},{percent}/100*ABS({self.expected}{ROW}),{rounding})"

    def value(self, expected: Decimal, count: int) -> Rounded:
        """The allowance of one row."""
        settings = self.plan.config.reconciliation
        value = max(settings.tolerance_absolute, rounding_allowance(count, minor_digits(self.currency)))
        if settings.tolerance_percent:
            share = EXACT.divide(EXACT.multiply(expected.copy_abs(), settings.tolerance_percent), Decimal(100))
            value = max(value, share)
        return rounded(value, 4, expected.copy_abs())
