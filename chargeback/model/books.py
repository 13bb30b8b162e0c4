"""A month's books: ledgers, checks and control totals, as everything that is published shows them (INTERFACE)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from chargeback.model.check import Check, Checks, Code, Outcome, Tally

if TYPE_CHECKING:  # only named here: a command that reads how a month stands needs none of what it was booked from
    from chargeback.evidence.period import Period
    from chargeback.model.check import Finding
    from chargeback.model.ledger import Ledger
    from chargeback.model.posting import MonthPosting


class Status(StrEnum):
    """How a month or an account stands; a month whose exceptions are all accepted is reconciled (BOOKING 6)."""

    RECONCILED = "reconciled"
    EXCEPTIONS = "exceptions"
    NOT_READY = "not-ready"


class AccountSummary(Struct, frozen=True):
    """One account's control totals in one currency.

    ``invoices`` are the labels of the booked ones; ``report_total`` keeps its digits, None where no report is proved;
    ``line_total``, ``invoice_total`` and ``ledger_total`` in minor units; ``variance`` = report total − line total.
    """

    account: str
    name: str
    currency: str
    digits: int
    invoices: tuple[str, ...]
    report_total: Decimal | None
    line_total: int
    invoice_total: int
    ledger_total: int
    variance: Decimal | None
    status: Status


class CurrencyTotal(Struct, frozen=True):
    """The month's totals in one currency, in minor units: gross = net + tax."""

    currency: str
    digits: int
    net: int
    tax: int
    gross: int


class AcceptedTotal(Struct, frozen=True):
    """How many exceptions somebody answers for, and the sum of their absolute variances by currency."""

    count: int
    amounts: tuple[tuple[str, Decimal], ...]


class Books(Struct, frozen=True):
    """All that a revision shows: what was posted, every check's result, the findings, largest first, and the totals."""

    posting: MonthPosting
    checks: Sequence[Check]
    accounts: tuple[AccountSummary, ...]
    totals: tuple[CurrencyTotal, ...]
    accepted: AcceptedTotal
    status: Status
    findings: tuple[Finding, ...] = ()

    @property
    def not_performed(self) -> int:
        """How many checks could not be performed: none of them is a pass."""
        return sum(count for (*_, performed), count in self.tally.items() if not performed)

    @property
    def tally(self) -> Tally:
        """How many checks there are of each code and outcome, performed and not."""
        return Checks.in_order(self.checks).tally()

    @property
    def open_findings(self) -> tuple[Finding, ...]:
        """The findings with an exception that nobody has accepted, the largest first."""
        belongs = {check.finding for check in self.having(Outcome.EXCEPTION)}
        return tuple(finding for finding in self.findings if finding.id in belongs)

    @property
    def period(self) -> Period:
        """The month."""
        return self.posting.period

    @property
    def ledger(self) -> Ledger:
        """The month's ledger lines."""
        return self.posting.ledger

    @property
    def revision(self) -> int:
        """The revision's number in its month."""
        return self.posting.run.revision

    def having(self, *outcomes: Outcome) -> Iterable[Check]:
        """The checks with one of these outcomes, in order."""
        return Checks.in_order(self.checks).where(lambda kind: kind[1] in outcomes)

    def of_codes(self, *codes: Code) -> Iterable[Check]:
        """The checks of these codes, in order."""
        return Checks.in_order(self.checks).where(lambda kind: kind[0] in codes)
