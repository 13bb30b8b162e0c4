"""Two amounts that should agree, at the edge of tolerance and of what rounding explains."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chargeback.config import Reconciliation, Tolerance
from chargeback.model.check import Code, Subject, SubjectKind
from chargeback.model.money import rounding_allowance
from chargeback.reconcile.comparing import Comparison, not_performed, tolerance_for


def compared(actual: str, tolerance: str = "0", rounding: str = "0") -> Comparison:
    return Comparison(
        Code.REPORT_TOTAL, "A", Decimal(100), Decimal(actual), "THB", "equal", "not equal",
        tolerance=Decimal(tolerance), rounding=Decimal(rounding),
    )  # fmt: skip


@pytest.mark.parametrize(("actual", "tolerance", "rounding", "outcome"), [
    ("100", "0", "0", "pass"),
    ("100.05", "0.05", "0", "pass"),
    ("99.95", "0.05", "0", "pass"),
    ("100.0500001", "0.05", "0", "exception"),
    ("99.94", "0.05", "0", "exception"),
    ("100.015", "0", "0.015", "pass"),
    ("100.0150001", "0", "0.015", "exception"),
    ("100.06", "0.05", "0.06", "pass"),
])  # fmt: skip
def test_it_holds_up_to_the_larger_of_tolerance_and_rounding(
    actual: str, tolerance: str, rounding: str, outcome: str
) -> None:
    check = compared(actual, tolerance, rounding).check()
    assert (check.outcome, check.tolerance) == (outcome, max(Decimal(tolerance), Decimal(rounding)))
    assert check.variance == Decimal(actual) - 100


@pytest.mark.parametrize(("actual", "tolerance", "rounding", "message"), [
    ("100.00", "0", "0", "equal"),
    ("100.04", "0.05", "0", "equal, within tolerance: they differ by 0.04 THB"),
    ("99.96", "0.05", "0.9", "equal; rounding alone can explain the difference of 0.04 THB"),
    ("99.94", "0.07", "0.05", "equal, within tolerance: they differ by 0.06 THB"),
    ("100.06", "0.05", "0.1", "equal; rounding alone can explain the difference of 0.06 THB"),
    ("101", "0.05", "0.1", "not equal"),
])  # fmt: skip
def test_the_message_says_what_lets_it_pass(actual: str, tolerance: str, rounding: str, message: str) -> None:
    assert compared(actual, tolerance, rounding).check().message == message


@pytest.mark.parametrize(("parts", "digits", "amount"), [
    (1, 2, "0.005"), (3, 2, "0.015"), (0, 2, "0"), (1, 0, "0.5"), (2, 3, "0.001"), (6, 2, "0.030"), (7, 2, "0.035"),
    (8, 2, "0.038"), (31, 2, "0.065"), (100, 2, "0.110"), (15_500, 2, "1.254"),
])  # fmt: skip
def test_rounding_explains_half_a_minor_unit_of_few_parts_and_the_root_of_many(
    parts: int, digits: int, amount: str
) -> None:
    assert rounding_allowance(parts, digits) == Decimal(amount)


@pytest.mark.parametrize(("absolute", "percent", "expected", "tolerance"), [
    ("0.05", "0", "1000", "0.05"), ("0.05", "1", "1000", "10"), ("0.05", "1", "-1000", "10"), ("20", "1", "1000", "20"),
    ("0", "0", "1000", "0"), ("0", "0.001", "33.33", "0.0003333"),
])  # fmt: skip
def test_the_tolerance_is_the_larger_of_the_amount_and_the_share(
    absolute: str, percent: str, expected: str, tolerance: str
) -> None:
    settings = Reconciliation(Tolerance(Decimal(absolute), Decimal(percent)))
    assert tolerance_for(Decimal(expected), settings) == Decimal(tolerance)


def test_what_is_not_performed_is_a_notice_that_says_why() -> None:
    check = not_performed(Code.INVOICE_TAX, "A", "no rate", invoice="I", subject=Subject(SubjectKind.LINE, "s"))
    assert not check.performed
    assert (check.outcome, check.message, check.invoice, check.subject_name) == (
        "notice",
        "not performed: no rate",
        "I",
        "s",
    )
