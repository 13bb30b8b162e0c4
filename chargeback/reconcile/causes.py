"""What explains a difference between report and invoices: a cause whose own figure is that difference (BOOKING 6).

Causes are tried in one order, each on what is left of the variance. One explains where its figure equals that within
what the row may differ by; none other claims or denies a cause. Figures are on the report's basis, variances report −
lines: what the invoices lack is positive.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from chargeback.config import Config
from chargeback.model.answers import LineItem, amount_of
from chargeback.model.check import Cause, Check, Code, Outcome, SubjectKind
from chargeback.model.invoice import Invoice, InvoiceStatus, Shape
from chargeback.model.money import EXACT, exact_sum, from_minor, minor_digits, rounding_allowance
from chargeback.model.posting import (
    MonthPosting,
    PostedLine,
    Posting,
    TieOutGroup,
    by_project,
    by_resource,
    is_by_project,
    rounded_parts,
)
from chargeback.model.projects import ProjectDirectory
from chargeback.model.report import Report
from chargeback.model.text import normalized
from chargeback.model.totals import add_up
from chargeback.reconcile.cut_off import uncovered_days
from chargeback.reconcile.tie_out import line_amount, line_total

_TIE_OUTS = (Code.REPORT_TOTAL, Code.REPORT_PROJECT, Code.REPORT_RESOURCE)
_NOTHING = Decimal(0)


class Row(Struct, frozen=True):
    """What one check compares: invoice lines and what the report shows of them; ``uncovered`` is the cost, by the
    chart, of the days that no issued invoice covers; ``void`` the totals of void invoices as far as they concern it.
    """

    lines: Sequence[PostedLine]
    reported: Decimal
    uncovered: Decimal
    void: Sequence[Decimal]
    shows_negative: bool


def with_causes(checks: Iterable[Check], account: Posting, projects: ProjectDirectory, config: Config) -> list[Check]:
    """The account's checks, each tie-out that causes are tried for with the one that explains it, or with ``none``."""
    figures = _Account(account, projects, config)
    return [_explained(check, figures, config) for check in checks]


def _explained(check: Check, account: _Account, config: Config) -> Check:
    if not check.variance or check.code not in _TIE_OUTS or check.outcome is not Outcome.EXCEPTION:
        return check
    row = account.row(check)
    return replace(check, cause=_cause(check, row, config) if row else Cause.NONE)


def with_team_causes(checks: Iterable[Check], posting: MonthPosting, config: Config) -> Iterator[Check]:
    """The checks of ``history``, each notice with the cause that explains it, or with ``none``."""
    teams = _Teams(posting, config)
    for check in checks:
        is_tried = check.variance and check.outcome is Outcome.NOTICE
        yield replace(check, cause=teams.cause(check)) if is_tried else check


def _cause(check: Check, row: Row, config: Config) -> Cause:
    """The first cause whose figure is the whole variance; else the first whose figure is what the certain figures of
    the causes before it leave."""
    assert check.variance is not None  # noqa: S101 (asked only of checks that have one)
    digits = minor_digits(check.currency)
    parts = rounded_parts(row.lines, config.reconciliation.tax_basis)
    allowed = max(check.tolerance or _NOTHING, rounding_allowance(parts, digits))
    figures = {cause: list(find(row, config, digits)) for cause, find in _FIGURES.items()}
    whole = _first_equal(figures, check.variance, allowed)
    if whole is not Cause.NONE or not row.uncovered:
        return whole
    return _first_equal(figures, EXACT.subtract(check.variance, row.uncovered), allowed)


def _first_equal(figures: Mapping[Cause, list[Decimal]], remainder: Decimal, allowed: Decimal) -> Cause:
    for cause, found in figures.items():
        if any(figure and EXACT.subtract(remainder, figure).copy_abs() <= allowed for figure in found):
            return cause
    return Cause.ROUNDING if remainder.copy_abs() <= allowed else Cause.NONE


def _uncovered(row: Row, config: Config, digits: int) -> Iterator[Decimal]:
    yield row.uncovered


def _void(row: Row, config: Config, digits: int) -> Iterator[Decimal]:
    yield from row.void


def _credits(row: Row, config: Config, digits: int) -> Iterator[Decimal]:
    """Credit notes and negative lines, as they are compared, that the report does not show: each, and all together."""
    if row.shows_negative:
        return
    units = [amount for amount in (line_amount(line, config) for line in row.lines) if amount < 0]
    notes = [line_total(lines, config) for invoice, lines in _by_invoice(row.lines) if invoice.total < 0]
    yield from (from_minor(-each, digits) for each in (*units, *notes, sum(units)) if each < 0)


def _other_basis(row: Row, config: Config, digits: int) -> Iterator[Decimal]:
    """All lines with their tax where they are compared without it, or the other way round; or the report so.

    Each line counts by the rate that its own invoice states.
    """
    by_rate: dict[Decimal, list[Decimal]] = {}
    for line in row.lines:
        by_rate.setdefault(line.invoice.tax_rate or _NOTHING, []).append(_line_value(line, config))
    on_top = {rate: EXACT.multiply(exact_sum(amounts), rate) for rate, amounts in by_rate.items()}
    # Divided once a rate: what the quotients of single lines leave behind the last digit would be a difference.
    within = [EXACT.divide(tax, EXACT.add(Decimal(1), rate)) for rate, tax in on_top.items() if rate > -1]
    yield from (exact_sum(on_top.values()), EXACT.minus(exact_sum(within)))


def _counted_twice(row: Row, config: Config, digits: int) -> Iterator[Decimal]:
    """An invoice or a line, positive, one of several that the report shows something of."""
    if row.reported <= 0:
        return
    invoices = _by_invoice(row.lines)
    totals = (
        [line_total(lines, config) for invoice, lines in invoices if invoice.total > 0] if len(invoices) > 1 else []
    )
    units = [line_total([line], config) for line in row.lines] if len(row.lines) > 1 else []
    yield from (from_minor(-each, digits) for each in (*totals, *units) if each > 0)


_FIGURES: dict[Cause, Callable[[Row, Config, int], Iterator[Decimal]]] = {
    Cause.UNCOVERED_DAYS: _uncovered,
    Cause.VOID_INVOICE: _void,
    Cause.CREDIT: _credits,
    Cause.TAX_BASIS: _other_basis,
    Cause.COUNTED_TWICE: _counted_twice,
}
"""In the order in which they are tried; rounding comes last."""


def _line_value(line: PostedLine, config: Config) -> Decimal:
    """The line's amount on the basis of the report's values, in its invoice's currency."""
    return from_minor(line_amount(line, config), line.invoice.digits)


def _by_invoice(lines: Iterable[PostedLine]) -> list[tuple[Invoice, list[PostedLine]]]:
    found: dict[str, tuple[Invoice, list[PostedLine]]] = {}
    for line in lines:
        found.setdefault(line.invoice.id, (line.invoice, []))[1].append(line)
    return list(found.values())


class _Account:
    """One account's figures, each made when it is first asked for."""

    def __init__(self, posting: Posting, projects: ProjectDirectory, config: Config) -> None:
        self._posting = posting
        self._projects = projects
        self._config = config
        self._is_gross = config.reconciliation.tax_basis == "gross"

    def row(self, check: Check) -> Row | None:
        """What the check compares, figure by figure; None where no report is proved."""
        report = self._posting.month.report
        if report is None:
            return None
        lines = self._posting.invoice_lines
        if check.subject is None:
            every = range(len(report.rows))
            uncovered = report.chart.cost_on(self.uncovered)
            return _row(report, lines, every, uncovered, [self._total(invoice) for invoice in self._void])
        by_project = check.subject.kind is SubjectKind.PROJECT
        group = self._of_line(check) if check.invoice else self._group(check.subject.name, of_project=by_project)
        if by_project:
            void = [self._of_project(invoice, group.name) for invoice in self._void]
            return _row(report, group.lines, group.rows, self.uncovered_of(group.name), void)
        void = [self._of_group(invoice, group, report) for invoice in self._void]
        return _row(report, group.lines, group.rows, report.chart.cost_on(self.uncovered), void)

    def _group(self, name: str, *, of_project: bool) -> TieOutGroup:
        """The lines and rows of a project or resource, less the lines that have a check of their own."""
        group = (self._by_project if of_project else self._by_resource)[name]
        alone = {undivided.posted.key for undivided in self._posting.undivided}
        return replace(group, lines=[line for line in group.lines if line.key not in alone])

    def _of_line(self, check: Check) -> TieOutGroup:
        """The one line that could not be divided, with its rows; no line where negative rows alone are reported."""
        for undivided in self._posting.undivided:
            line, subject = undivided.posted, undivided.subject
            same = line.invoice.label == check.invoice and _line_value(line, self._config) == check.expected
            if same and subject == check.subject:
                return TieOutGroup(subject.name, [line], undivided.report_rows)
        name = check.subject_name
        rows = self._by_resource[name].rows if name in self._by_resource else ()
        return TieOutGroup(name, [], rows)

    @cached_property
    def uncovered(self) -> frozenset[date]:
        """The days that no issued invoice covers, without which nothing was to be covered."""
        month = self._posting.month
        return frozenset(uncovered_days(month, self._config)) if month.booked else frozenset()

    def uncovered_of(self, project: str) -> Decimal:
        """The cost of these days in the project's own series, which bears its display name or its sid."""
        return _cost_under(Counter(_series_of(project, self._projects)), self.uncovered_cost)

    @cached_property
    def uncovered_cost(self) -> dict[str, Decimal]:
        """The cost of these days by series, of those that have any."""
        report = self._posting.month.report
        return report.chart.series_cost_on(self.uncovered) if report is not None and self.uncovered else {}

    @cached_property
    def _by_project(self) -> dict[str, TieOutGroup]:
        return self._groups(by_project, of_projects=True)

    @cached_property
    def _by_resource(self) -> dict[str, TieOutGroup]:
        return self._groups(by_resource, of_projects=False)

    def _groups(
        self, grouped: Callable[[Iterable[PostedLine], Report], list[TieOutGroup]], *, of_projects: bool
    ) -> dict[str, TieOutGroup]:
        report = self._posting.month.report
        lines = [line for line in self._posting.invoice_lines if is_by_project(line) == of_projects]
        return {group.name: group for group in (grouped(lines, report) if report else ())}

    @property
    def _void(self) -> list[Invoice]:
        return [invoice for invoice in self._posting.month.facts.invoices if invoice.status is InvoiceStatus.VOID]

    def _total(self, invoice: Invoice) -> Decimal:
        return from_minor(invoice.total_minor if self._is_gross else invoice.net_minor, invoice.digits)

    def _of_project(self, invoice: Invoice, project: str) -> Decimal:
        lines = (line for line in invoice.lines if line.is_by_project and self._projects.of_line(line) == project)
        return self._on_basis(invoice, lines)

    def _of_group(self, invoice: Invoice, group: TieOutGroup, report: Report) -> Decimal:
        """What the void invoice has of the resource: its lines that the same rows are named like, else of that name."""
        rows, label = tuple(group.rows), normalized(group.name)
        lines = (line for line in invoice.lines if not line.is_by_project and report.rows_named_like(line) == rows)
        return self._on_basis(invoice, (line for line in lines if rows or normalized(line.sku_label) == label))

    def _on_basis(self, invoice: Invoice, lines: Iterable[LineItem]) -> Decimal:
        """The lines' sum with or without their share of the invoice's tax, as the report's values are."""
        amount = exact_sum(amount_of(line.amount) for line in lines)
        whole = from_minor(invoice.net_minor if invoice.shape is Shape.BY_SKU else invoice.total_minor, invoice.digits)
        return EXACT.divide(EXACT.multiply(amount, self._total(invoice)), whole) if whole else amount


def _cost_under(names: Counter[str], costs: Mapping[str, Decimal]) -> Decimal:
    """The cost in the series of these names, each as often as it is counted. An account's own series are gone through,
    which are few however many projects a team has."""
    return exact_sum(EXACT.multiply(cost, names[name]) for name, cost in costs.items() if name in names)


def _row(
    report: Report, lines: Sequence[PostedLine], rows: Sequence[int], uncovered: Decimal, void: Sequence[Decimal]
) -> Row:
    return Row(lines, report.value_of(rows), uncovered, void, bool(report.negative_among(rows)))


def _series_of(project: str, projects: ProjectDirectory) -> set[str]:
    """The names that a project's series in a chart may bear."""
    return {name for name in (projects.name_of(project), project) if name}


class _Teams:
    """The teams' change from the month before: a cost that is not billed lowers it, one billed twice raises it."""

    def __init__(self, posting: MonthPosting, config: Config) -> None:
        self._ledger = posting.ledger
        self._projects = posting.projects
        self._postings = posting.postings
        self._config = config

    @cached_property
    def _uncovered(self) -> list[dict[str, Decimal]]:
        """By account, the cost of the days that no issued invoice covers, of those that have any."""
        accounts = (_Account(account, self._projects, self._config) for account in self._postings)
        return [costs for account in accounts if (costs := account.uncovered_cost)]

    def cause(self, check: Check) -> Cause:
        """The cause whose figure is the team's whole change."""
        assert check.variance is not None  # noqa: S101 (asked only of checks that have one)
        team, digits = check.subject_name, minor_digits(check.currency)
        lines, projects, credit = 0, set[str](), 0
        for some in self._ledger.of_team(team).batches():
            is_ours = [label.currency == check.currency for label in some.labels]
            mine = some.at([place for place, ours in enumerate(is_ours) if ours])
            lines += len(mine)
            projects |= {project.sid for project in mine.projects.used() if project.sid}
            credit += sum(gross for gross in mine.gross if gross < 0)
        of_currency = [part for part in self._ledger.parts_of(team) if part.label.currency == check.currency]
        by_invoice = [amounts.gross for amounts in add_up(of_currency, lambda part: part.label.invoice_id).values()]
        names = Counter(name for project in projects for name in _series_of(project, self._projects))
        uncovered = exact_sum(_cost_under(names, costs) for costs in self._uncovered)
        doubled = [gross for gross in by_invoice if gross > 0] if len(by_invoice) > 1 else []
        figures = {
            Cause.UNCOVERED_DAYS: [uncovered.copy_negate()],
            Cause.CREDIT: [from_minor(credit, digits)],
            Cause.COUNTED_TWICE: [from_minor(gross, digits) for gross in doubled],
        }
        return _first_equal(figures, check.variance, rounding_allowance(max(lines, 1), digits))
