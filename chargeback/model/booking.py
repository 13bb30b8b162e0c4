"""The decisions about one account's month: which invoices are booked, which report is used, whether it is ready
(BOOKING 1-3).
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from chargeback.evidence import EarlierMonth
from chargeback.evidence.period import Period
from chargeback.model.facts import AccountFacts, ListedInvoice
from chargeback.model.invoice import ISSUED, Invoice
from chargeback.model.report import Proof, Report, prove


class Ground(StrEnum):
    """Why an account is ready, or that it is not (BOOKING 2); the first that holds."""

    INVOICED = "invoiced"
    NOTHING_TO_BILL = "nothing to bill"
    LONG_OVER = "long over"
    ACCEPTED = "accepted"
    INACTIVE = "inactive"
    NOT_READY = "not ready"


class AccountMonth(Struct, frozen=True):
    """One account's month as it will be booked.

    ``booked`` are the open and paid invoices, by number then id; ``report`` the proved report, None where none is;
    ``proof`` why. ``billed_before``: it was billed for the month before, so that an invoice is to be expected.
    """

    facts: AccountFacts
    period: Period
    booked: tuple[Invoice, ...]
    report: Report | None
    proof: Proof
    billed_before: bool
    ground: Ground

    @property
    def account(self) -> str:
        """The account's id."""
        return self.facts.account

    @property
    def is_ready(self) -> bool:
        """Whether the month may be closed for this account."""
        return self.ground is not Ground.NOT_READY

    @property
    def report_total(self) -> Decimal | None:
        """The proved report's total, None where no report is proved."""
        return self.report.total if self.report else None

    @property
    def currency(self) -> str:
        """The currency of the booked invoices, else of the listed ones, else the one that the platform's console
        prints.
        """
        for currency in (*(invoice.currency for invoice in self.booked), *self._listed_currencies()):
            if currency:
                return currency
        return "THB"

    @property
    def has_cost(self) -> bool:
        """Whether a proved report shows cost: a row with a value other than zero, be it that they cancel out."""
        return self.report is not None and any(self.report.rows.values)

    @property
    def only_unissued(self) -> bool:
        """Whether the month has invoices, all of them void or draft."""
        return not self.booked and bool(self.facts.invoices or self.facts.drafts)

    def _listed_currencies(self) -> list[str]:
        return [row.row.currency or "" for row in reversed(self.facts.listed)]


def choose_report(
    facts: AccountFacts, period: Period, timezone: ZoneInfo, *, billed_before: bool
) -> tuple[Report | None, Proof]:
    """The first report that proves its month, and why; of the fresh one why not, where none does.

    An empty answer without a month counts as the one asked for only where no other of the month has rows, be it carried
    or asked for with other bounds.
    """

    def proved(report: Report, *, rows_before: bool) -> Proof:
        return prove(report.shown, period, timezone, billed_before=billed_before, rows_before=rows_before)

    with_rows = [report for report in facts.reports if report.rows and proved(report, rows_before=False).proved]
    proofs: list[Proof] = []
    for report in facts.reports:
        proof = proved(report, rows_before=any(other is not report for other in with_rows))
        if proof.proved:
            return report, _with_date_if_carried(report, proof)
        proofs.append(proof)
    if proofs:
        return None, proofs[0]
    refused = f': "{facts.report_refusal}"' if facts.report_refusal else ""
    return None, Proof(False, f"the platform gives no report{refused}")


def _with_date_if_carried(report: Report, proof: Proof) -> Proof:
    if not report.is_carried:
        return proof
    asked = report.answer.requested_at
    return Proof(True, f"the report proved in time, asked for at {asked}, is carried: {proof.reason}")


def billed_accounts(months: Iterable[EarlierMonth], period: Period) -> frozenset[str]:
    """The accounts of which the archive's revision of that month has an issued invoice."""
    of_month = (month for month in months if month.period == period)
    return frozenset(invoice.account for month in of_month for invoice in month.invoices if not invoice.void)


def was_billed(facts: AccountFacts, period: Period, archived: Container[str]) -> bool:
    """Whether the account was billed for that month: as its list shows it, or as the archive does, which has the month
    of these accounts as billed."""
    is_listed = any(row.month == period and row.status in ISSUED for row in facts.listed)
    return is_listed or facts.account in archived


def decide(
    facts: AccountFacts,
    period: Period,
    timezone: ZoneInfo,
    latest: Period,
    archived: Container[str],
    *,
    accepted: bool,
) -> AccountMonth:
    """The booking decisions for one account.

    ``latest`` is the last month that is over at the time of the run, ``archived`` the accounts of which the archive has
    the month before as billed; ``accepted``: an ``[[accepted]]`` covers the account's ``invoice-issued`` (asked only
    where nothing before it holds).
    """
    billed_before = was_billed(facts, period.plus(-1), archived)
    report, proof = choose_report(facts, period, timezone, billed_before=billed_before)
    booked = tuple(invoice for invoice in facts.invoices if invoice.status in ISSUED)
    month = AccountMonth(facts, period, booked, report, proof, billed_before, Ground.NOT_READY)
    return replace(month, ground=_ground(month, latest, accepted=accepted))


def _ground(month: AccountMonth, latest: Period, *, accepted: bool) -> Ground:
    """The first ground of BOOKING 2 that holds."""
    if month.booked:
        return Ground.INVOICED
    if month.report is not None and not month.has_cost:
        return Ground.NOTHING_TO_BILL
    if month.period < latest:
        return Ground.LONG_OVER
    if accepted:
        return Ground.ACCEPTED
    if month.facts.inactive and not month.only_unissued:
        return Ground.INACTIVE
    return Ground.NOT_READY


def first_billed(listed: Iterable[ListedInvoice]) -> Period | None:
    """The first month of which the lists show an issued invoice, None where they show none."""
    return min((row.month for row in listed if row.status in ISSUED and row.month is not None), default=None)


def is_before_the_first_bill(months: Iterable[AccountMonth]) -> Period | None:
    """The first month that any account was billed for, where this one lies before it and nothing is proved of this one:
    a mistyped month. An empty answer that names no month is no proof here.
    """
    known = list(months)
    first = first_billed(row for month in known for row in month.facts.listed)
    if first is None or any(month.period >= first or _proves_itself(month) for month in known):
        return None
    return first


def _proves_itself(month: AccountMonth) -> bool:
    """Whether the report's days or its range prove the month, and not just that nothing contradicts it."""
    return month.report is not None and bool(month.report.chart.days or month.report.range)
