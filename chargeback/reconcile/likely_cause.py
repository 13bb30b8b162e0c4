"""Why a tie-out may fail, where the figures themselves show it: a hint for the person who looks, never a decision."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from chargeback.config import Config
from chargeback.model.money import EXACT, format_exact, from_minor, minor_digits
from chargeback.model.posting import Posting
from chargeback.model.report import Report
from chargeback.reconcile.comparing import half_units

Hint = Callable[[Posting, Config, Report, Decimal], str]


def likely_cause(posting: Posting, config: Config, variance: Decimal) -> str:
    """The first hint whose figures fit the variance (report less lines), "" where none does."""
    report = posting.month.report
    if report is None:
        return ""
    for hint in _HINTS:
        text = hint(posting, config, report, variance)
        if text:
            return text
    return ""


def _near(posting: Posting, config: Config, left: Decimal, right: Decimal) -> bool:
    slack = half_units(max(len(posting.invoice_lines), 1), minor_digits(posting.month.currency))
    return EXACT.subtract(left, right).copy_abs() <= max(slack, config.reconciliation.tolerance_absolute)


def _amount(posting: Posting, units: int) -> Decimal:
    return from_minor(units, minor_digits(posting.month.currency))


def _other_tax_basis(posting: Posting, config: Config, report: Report, variance: Decimal) -> str:
    is_gross = config.reconciliation.tax_basis == "gross"
    other = sum(line.net if is_gross else line.gross for line in posting.invoice_lines)
    if not _near(posting, config, report.total, _amount(posting, other)):
        return ""
    basis = "net of tax" if is_gross else "gross, tax included"
    return f'the report is {basis}: set tax_basis = "{"net" if is_gross else "gross"}"'


def _counted_twice(posting: Posting, config: Config, report: Report, variance: Decimal) -> str:
    is_gross = config.reconciliation.tax_basis == "gross"
    for invoice in posting.month.booked:
        lines = [line for line in posting.invoice_lines if line.invoice is invoice]
        total = _amount(posting, sum(line.gross if is_gross else line.net for line in lines))
        if total and len(posting.month.booked) > 1 and _near(posting, config, variance, total.copy_negate()):
            return f"invoice {invoice.label} is counted twice: the difference is its total"
    return ""


def _line_without_rows(posting: Posting, config: Config, report: Report, variance: Decimal) -> str:
    is_gross = config.reconciliation.tax_basis == "gross"
    alone = [undivided for undivided in posting.undivided if not undivided.report_rows]
    lines = [undivided.posted for undivided in alone]
    total = _amount(posting, sum(line.gross if is_gross else line.net for line in lines))
    if not alone or not _near(posting, config, variance, total.copy_negate()):
        return ""
    subjects = ", ".join(sorted({undivided.subject for undivided in alone}))
    return f"the report has no rows for {subjects}: the difference is what the invoice bills for it"


def _rows_without_line(posting: Posting, config: Config, report: Report, variance: Decimal) -> str:
    billed = {line.project for line in posting.invoice_lines if line.project}
    missing = sorted(set(report.by_project) - billed) if billed else []
    value = report.value_of(row for project in missing for row in report.by_project[project])
    if not missing or not _near(posting, config, variance, value):
        return ""
    return f"the invoices have no line for {', '.join(missing)}: the difference is what the report shows for it"


def _usage_after_cutoff(posting: Posting, config: Config, report: Report, variance: Decimal) -> str:
    late = Decimal(0)
    for day in sorted(report.chart.days, reverse=True)[:7]:
        late = EXACT.add(late, report.chart.days[day])
        if late and _near(posting, config, variance, late):
            return f"usage after cut-off: the difference is the report's cost from {day.isoformat()} on"
    return ""


def _rounding(posting: Posting, config: Config, report: Report, variance: Decimal) -> str:
    slack = half_units(len(report.rows), minor_digits(posting.month.currency))
    if variance.copy_abs() > slack:
        return ""
    return f"rounding of the report's {len(report.rows)} rows, which can make up to {format_exact(slack)}"


_HINTS: tuple[Hint, ...] = (
    _rounding,
    _other_tax_basis,
    _line_without_rows,
    _rows_without_line,
    _counted_twice,
    _usage_after_cutoff,
)
