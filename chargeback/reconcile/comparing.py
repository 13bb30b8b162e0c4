"""Comparing two amounts: variance, tolerance, and what rounding alone explains (BOOKING 6)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from msgspec import Struct

from chargeback.config import Reconciliation
from chargeback.model.check import Check, Code, Outcome, Subject
from chargeback.model.money import EXACT, format_exact, from_minor, minor_digits

NOTHING = Decimal(0)


def tolerance_for(expected: Decimal, settings: Reconciliation) -> Decimal:
    """The configured tolerance of a ``report-*`` check: the larger of the absolute one and the percentage of
    expected.
    """
    share = EXACT.divide(EXACT.multiply(expected.copy_abs(), settings.tolerance.percent), Decimal(100))
    return max(settings.tolerance.absolute, share)


class Comparison(Struct, frozen=True):
    """Two amounts that should agree, and how far apart they may be.

    ``tolerance`` is the configured one, ``rounding`` what rounding alone can explain; both in the amounts' currency.
    ``is_bound``: actual may be more, expected must not be. ``differ`` is the sentence where they differ; made only then
    where it is given as a function.
    """

    code: Code
    account: str
    expected: Decimal
    actual: Decimal
    currency: str
    agree: str
    differ: str | Callable[[], str]
    invoice: str = ""
    subject: Subject | None = None
    tolerance: Decimal = NOTHING
    rounding: Decimal = NOTHING
    is_bound: bool = False

    @property
    def variance(self) -> Decimal:
        """Actual less expected."""
        return EXACT.subtract(self.actual, self.expected)

    @property
    def holds(self) -> bool:
        """Whether the difference lies within tolerance or what rounding explains."""
        return self._beyond <= max(self.tolerance, self.rounding)

    @property
    def _beyond(self) -> Decimal:
        """How far the amounts are apart; how far expected exceeds actual where that is a bound."""
        return self.variance.copy_negate() if self.is_bound else self.variance.copy_abs()

    def check(self) -> Check:
        """The check's result, with a sentence that gives both figures where they differ."""
        variance, allowed, holds = self.variance, max(self.tolerance, self.rounding), self.holds
        return Check(
            code=self.code,
            outcome=Outcome.PASS if holds else Outcome.EXCEPTION,
            message=self._message(holds=holds) if variance else self.agree,
            account=self.account,
            invoice=self.invoice,
            subject=self.subject,
            expected=self.expected,
            actual=self.actual,
            variance=variance,
            tolerance=allowed or from_minor(0, minor_digits(self.currency)),
            currency=self.currency,
        )

    def _message(self, *, holds: bool) -> str:
        if self._beyond <= 0:
            return self.agree
        if not holds:
            return self.differ if isinstance(self.differ, str) else self.differ()
        amount = f"{format_exact(self.variance.copy_abs())} {self.currency}"
        if self._beyond <= self.rounding:
            return f"{self.agree}; rounding alone can explain the difference of {amount}"
        return f"{self.agree}, within tolerance: they differ by {amount}"


def not_performed(code: Code, account: str, why: str, *, invoice: str = "", subject: Subject | None = None) -> Check:
    """The notice that a check was not performed, and why."""
    return Check(code, Outcome.NOTICE, f"not performed: {why}", account, invoice, subject, performed=False)
