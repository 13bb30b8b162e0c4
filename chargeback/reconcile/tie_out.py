"""The report against the invoices' lines: in total, by project, by resource; and the report in itself; and how
two amounts are compared: variance, tolerance, and what rounding alone explains (BOOKING 6).

Where an account has lines of both shapes, neither alone reaches the report, so both are bounds. Like is compared with
like: with ``tax_basis`` "gross" by-project lines as they are and by-SKU lines with their part of the tax, with "net"
the other way round. Expected is the invoices' side.

What a failing check leaves untied: its variance, so that whoever accepts it says up to how much (BOOKING 6).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import filterfalse

from msgspec import Struct

from chargeback.config import Config, Reconciliation
from chargeback.model.booking import AccountMonth
from chargeback.model.check import Check, Code, Outcome, Subject, SubjectKind
from chargeback.model.facts import ListedInvoice
from chargeback.model.invoice import Invoice, listed_total
from chargeback.model.money import EXACT, format_exact, from_minor, minor_digits, rounding_allowance
from chargeback.model.posting import PostedLine, Posting, by_project, by_resource, is_by_project, rounded_parts, shapes

NOTHING = Decimal(0)


def tolerance_for(expected: Decimal, settings: Reconciliation) -> Decimal:
    """The configured tolerance of a ``report-*`` check: the larger of the absolute one and the percentage of
    expected.
    """
    absolute, percent = settings.tolerance.absolute, settings.tolerance.percent
    return (
        max(absolute, EXACT.divide(EXACT.multiply(expected.copy_abs(), percent), Decimal(100))) if percent else absolute
    )


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
        return self._beyond(self.variance) <= self._allowed

    @property
    def _allowed(self) -> Decimal:
        return max(self.tolerance, self.rounding)

    def _beyond(self, variance: Decimal) -> Decimal:
        """How far the amounts are apart; how far expected exceeds actual where that is a bound."""
        return variance.copy_negate() if self.is_bound else variance.copy_abs()

    def check(self) -> Check:
        """The check's result, with a sentence that gives both figures where they differ."""
        variance, allowed = self.variance, self._allowed
        holds = self._beyond(variance) <= allowed
        return Check(
            code=self.code,
            outcome=Outcome.PASS if holds else Outcome.EXCEPTION,
            message=self._message(variance, holds=holds) if variance else self.agree,
            account=self.account,
            invoice=self.invoice,
            subject=self.subject,
            expected=self.expected,
            actual=self.actual,
            variance=variance,
            tolerance=allowed or from_minor(0, minor_digits(self.currency)),
            currency=self.currency,
        )

    def _message(self, variance: Decimal, *, holds: bool) -> str:
        beyond = self._beyond(variance)
        if beyond <= 0:
            return self.agree
        if not holds:
            return self.differ if isinstance(self.differ, str) else self.differ()
        amount = f"{format_exact(variance.copy_abs())} {self.currency}"
        if beyond <= self.rounding:
            return f"{self.agree}; rounding alone can explain the difference of {amount}"
        return f"{self.agree}, within tolerance: they differ by {amount}"


def not_performed(code: Code, account: str, why: str, *, invoice: str = "", subject: Subject | None = None) -> Check:
    """The notice that a check was not performed, and why."""
    return Check(code, Outcome.NOTICE, f"not performed: {why}", account, invoice, subject, performed=False)


def gross_by_currency(month: AccountMonth) -> dict[str, Decimal]:
    """The account's booked gross, by currency; nothing in its currency where nothing is booked."""
    units: dict[str, int] = {}
    for invoice in month.booked:
        units[invoice.currency] = units.get(invoice.currency, 0) + invoice.total_minor
    units = units or {month.currency: 0}
    return {currency: from_minor(units[currency], minor_digits(currency)) for currency in sorted(units)}


def listed_rows(month: AccountMonth) -> Mapping[str, ListedInvoice]:
    """The account's list by the invoices' ids."""
    return {row.id: row for row in month.facts.listed}


def listed_amount(invoice: Invoice, rows: Mapping[str, ListedInvoice]) -> tuple[Decimal, str]:
    """The invoice's total as the list has it, in the list's currency; the detail's where the list has none."""
    row = rows.get(invoice.id)
    total = listed_total(row.row, invoice.currency) if row else None
    if row is None or total is None:
        return from_minor(invoice.total_minor, invoice.digits), invoice.currency
    currency = row.row.currency or invoice.currency
    return from_minor(total, minor_digits(currency)), currency


def is_charge(row: ListedInvoice) -> bool:
    """Whether the list's row is no credit note: its total is not negative."""
    return row.row.total is None or row.row.total >= 0


def charges(invoices: Iterable[Invoice]) -> tuple[Invoice, ...]:
    """The invoices that are no credit notes: these neither cover days nor overlap (BOOKING 6, coverage)."""
    return tuple(invoice for invoice in invoices if invoice.total >= 0)


NOT_PROVED = "the report does not prove that it is of this month"


def line_amount(posted: PostedLine, config: Config) -> int:
    """The line's amount in minor units on the basis of the report's values."""
    return posted.gross if config.reconciliation.tax_basis == "gross" else posted.net


def line_total(lines: Iterable[PostedLine], config: Config) -> int:
    """The lines' sum on that basis."""
    return sum(line_amount(posted, config) for posted in lines)


def why_not(posting: Posting) -> str:
    """Why the account is not tied out, "" where it is."""
    if posting.month.report is None:
        return NOT_PROVED
    if not posting.month.booked:
        return "the account has no booked invoice of this month"
    if len({invoice.currency for invoice in posting.month.booked}) > 1:
        return "the invoices are in several currencies, the report names none"
    return ""


def report_chart(posting: Posting, config: Config) -> Iterator[Check]:
    """The report's daily chart foots to its own rows."""
    month = posting.month
    report = month.report
    if report is None:
        yield not_performed(Code.REPORT_CHART, month.account, NOT_PROVED)
    elif not report.chart.points and not report.chart.days and report.total:
        yield not_performed(Code.REPORT_CHART, month.account, "the report shows no daily cost")
    else:
        yield Comparison(
            Code.REPORT_CHART,
            month.account,
            expected=report.total,
            actual=report.chart.total,
            currency=month.currency,
            tolerance=tolerance_for(report.total, config.reconciliation),
            rounding=rounding_allowance(report.chart.points, minor_digits(month.currency)),
            agree="the daily chart foots to the report's rows",
            differ=lambda: (
                f"the daily chart adds up to {format_exact(report.chart.total)}, "
                f"the report's rows to {format_exact(report.total)}"
            ),
        ).check()


def report_total(posting: Posting, config: Config) -> Iterator[Check]:
    """The tie-out: report total = invoice line total, one check an account."""
    month, reason = posting.month, why_not(posting)
    report = month.report
    if reason or report is None:
        yield not_performed(Code.REPORT_TOTAL, month.account, reason)
        return
    yield _Comparisons(posting, config).of(Code.REPORT_TOTAL, None, posting.invoice_lines, report.total).check()


def report_project(posting: Posting, config: Config) -> Iterator[Check]:
    """By-project lines against the report's rows, project by project; where the month has by-SKU lines too, they must
    not exceed these."""
    found = shapes(posting)
    if found == {False}:
        return
    month, reason = posting.month, why_not(posting) or _no_lines(found)
    report = month.report
    if reason or report is None:
        yield not_performed(Code.REPORT_PROJECT, month.account, reason)
        return
    replaced = {undivided.subject for undivided in posting.undivided}
    bound, compared, rows = len(found) == 2, _Comparisons(posting, config), report.rows
    for group in by_project(filter(is_by_project, posting.invoice_lines), report):
        subject = Subject(SubjectKind.PROJECT, group.name)
        if subject in replaced or (bound and not group.lines):
            continue
        value = rows.sum_of(group.rows)
        yield compared.of(Code.REPORT_PROJECT, subject, group.lines, value, is_bound=bound).check()


def report_resource(posting: Posting, config: Config) -> Iterator[Check]:
    """By-SKU lines against the report's rows that they were matched to, as ``report_project`` does; and what is to be
    reported of lines that the report could not divide, or divided by negative rows too.
    """
    yield from _undivided(posting, config)
    yield from _negative(posting)
    found = shapes(posting)
    if found == {True}:
        return
    month, reason = posting.month, why_not(posting) or _no_lines(found)
    report = month.report
    if reason or report is None:
        yield not_performed(Code.REPORT_RESOURCE, month.account, reason)
        return
    replaced = {undivided.posted.key for undivided in posting.undivided}
    bound, compared = len(found) == 2, _Comparisons(posting, config)
    for group in by_resource(filterfalse(is_by_project, posting.invoice_lines), report):
        lines = [posted for posted in group.lines if posted.key not in replaced]
        if lines or not (bound or group.lines):
            subject, value = Subject(SubjectKind.RESOURCE, group.name), report.value_of(group.rows)
            yield compared.of(Code.REPORT_RESOURCE, subject, lines, value, is_bound=bound).check()


def _undivided(posting: Posting, config: Config) -> Iterator[Check]:
    report = posting.month.report
    for undivided in posting.undivided if report else ():
        assert report is not None  # noqa: S101 (only a proved report divides)
        posted = undivided.posted
        value = report.value_of(undivided.report_rows)
        expected = from_minor(line_amount(posted, config), posted.invoice.digits)
        found = "no report row names it" if not undivided.report_rows else "its report rows have no cost"
        message = f"line {posted.number} of {posted.invoice.label} could not be divided, {found}: it is booked whole"
        yield _of_line(Outcome.EXCEPTION, message, posted, undivided.subject, expected, value)


def _negative(posting: Posting) -> Iterator[Check]:
    """Of each line that was divided by rows of which one is negative: an exception of a by-SKU line, where the minus
    lowers what other projects should bear, a notice of a by-project one."""
    report = posting.month.report
    for found in posting.negative if report else ():
        assert report is not None  # noqa: S101 (only a proved report divides)
        posted, value = found.posted, report.value_of(found.report_rows)
        outcome = Outcome.NOTICE if is_by_project(posted) else Outcome.EXCEPTION
        message = (
            f"line {posted.number} of {posted.invoice.label} is divided by report rows of which "
            f"{len(found.report_rows)} are negative and weigh nothing"
        )
        yield _of_line(outcome, message, posted, found.subject, from_minor(0, posted.invoice.digits), value)


def _of_line(
    outcome: Outcome, message: str, posted: PostedLine, subject: Subject, expected: Decimal, value: Decimal
) -> Check:
    invoice = posted.invoice
    return Check(
        Code.REPORT_RESOURCE,
        outcome,
        message,
        invoice.account,
        invoice.label,
        subject,
        expected,
        value,
        EXACT.subtract(value, expected),
        from_minor(0, invoice.digits),
        invoice.currency,
    )


def _no_lines(found: Collection[bool]) -> str:
    """Why lines of these shapes cannot be tied out one by one, "" where they can."""
    return "" if found else "no invoice line could be booked as such"


class _Comparisons:
    """Comparisons of an account's lines with its report: what they share is looked up once."""

    def __init__(self, posting: Posting, config: Config) -> None:
        self._config = config
        self._account = posting.month.account
        self._currency = posting.month.currency
        self._digits = minor_digits(self._currency)
        self._roundings: dict[int, Decimal] = {}

    def of(
        self,
        code: Code,
        subject: Subject | None,
        lines: Sequence[PostedLine],
        value: Decimal,
        *,
        is_bound: bool = False,
    ) -> Comparison:
        """The lines' sum against the report's value."""
        settings, currency = self._config.reconciliation, self._currency
        parts = rounded_parts(lines, settings.tax_basis)
        if parts not in self._roundings:
            self._roundings[parts] = rounding_allowance(parts, self._digits)
        expected = from_minor(line_total(lines, self._config), self._digits)
        what = f"{subject.name}: " if subject and subject.name else ""
        agree = "report = invoice lines" if subject else "report total = invoice line total"
        return Comparison(
            code,
            self._account,
            expected=expected,
            actual=value,
            currency=currency,
            subject=subject,
            tolerance=tolerance_for(expected, settings),
            rounding=self._roundings[parts],
            agree="the invoices' lines do not exceed the report" if is_bound else agree,
            differ=lambda: (
                f"{what}the report shows {format_exact(value)} {currency}, "
                f"the invoices' lines {format_exact(expected)} {currency}"
            ),
            is_bound=is_bound,
        )
