"""Dividing each report row's usage over the ledger rows that its value reached (BOOKING 4.7)."""

from __future__ import annotations

from chargeback.allocate.largest_remainder import largest_remainder
from chargeback.allocate.splits import format_plain
from chargeback.model.money import from_minor
from chargeback.model.report import USAGE_DIGITS, Report


def divide_usage(report: Report, reached: dict[int, list[int]], gross: list[int]) -> dict[int, int]:
    """Millionths of usage by ledger row.

    ``reached``: for each report row the ledger rows that its value reached, in order; ``gross``: of every ledger row.
    A negative gross weighs nothing; where none weighs, the first row gets all.
    """
    usage: dict[int, int] = {}
    for report_row, ledger_rows in reached.items():
        amount = report.rows[report_row].usage
        if len(ledger_rows) == 1:
            usage[ledger_rows[0]] = usage.get(ledger_rows[0], 0) + amount
            continue
        weights = [max(gross[row], 0) for row in ledger_rows]
        if not any(weights):
            weights[0] = 1
        for row, part in zip(ledger_rows, largest_remainder(amount, weights), strict=True):
            usage[row] = usage.get(row, 0) + part
    return usage


def format_usage(millionths: int | None) -> str:
    """Usage as written: at most six decimals, no trailing zeros, "" where no report row divided."""
    if millionths is None:
        return ""
    if not millionths % 1_000_000:
        return str(millionths // 1_000_000)
    return format_plain(from_minor(millionths, USAGE_DIGITS))
