"""The report against the invoices' lines: in total, by project, by resource; and the report in itself (BOOKING 6).

Like is compared with like: with ``tax_basis`` "gross" by-project lines as they are and by-SKU lines with their part
of the tax, with "net" the other way round. Expected is the invoices' side.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from chargeback.config import Config
from chargeback.model.check import Check, Code, Outcome, Subject, SubjectKind
from chargeback.model.money import EXACT, format_exact, from_minor, minor_digits
from chargeback.model.posting import PostedLine, Posting, UndividedLine
from chargeback.model.report import Report
from chargeback.reconcile.comparing import Comparison, half_units, not_performed, tolerance_for
from chargeback.reconcile.likely_cause import likely_cause

NOT_PROVED = "the report is not proved to be of this month"


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
            rounding=half_units(report.chart.points, minor_digits(month.currency)),
            agree="the daily chart foots to the report's rows",
            differ=(
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
    comparison = _compared(posting, config, Code.REPORT_TOTAL, None, posting.invoice_lines, report.total)
    cause = "" if comparison.holds else likely_cause(posting, config, comparison.variance)
    check = comparison.check()
    yield replace(check, message=f"{check.message}. Likely cause: {cause}") if cause else check


def report_project(posting: Posting, config: Config) -> Iterator[Check]:
    """By-project lines against the report's rows, project by project."""
    if _has_other_grain(posting, by_project=True):
        return
    month, reason = posting.month, why_not(posting) or _no_grain(posting)
    report = month.report
    if reason or report is None:
        yield not_performed(Code.REPORT_PROJECT, month.account, reason)
        return
    replaced = {undivided.subject for undivided in posting.undivided}
    lines: dict[str, list[PostedLine]] = defaultdict(list)
    for posted in posting.invoice_lines:
        lines[posted.project].append(posted)
    for project in sorted({*lines, *report.by_project} - replaced):
        value = report.value_of(report.by_project.get(project, ()))
        yield _compared(
            posting, config, Code.REPORT_PROJECT, Subject(SubjectKind.PROJECT, project), lines[project], value
        ).check()


def report_resource(posting: Posting, config: Config) -> Iterator[Check]:
    """By-SKU lines against the report's rows named like them; and one exception a line that the report could not
    divide.
    """
    yield from _undivided(posting, config)
    if _has_other_grain(posting, by_project=False):
        return
    month, reason = posting.month, why_not(posting) or _no_grain(posting)
    report = month.report
    if reason or report is None:
        yield not_performed(Code.REPORT_RESOURCE, month.account, reason)
        return
    replaced = {id(undivided.posted) for undivided in posting.undivided}
    for subject, lines, rows in _groups(posting, report):
        compared = [posted for posted in lines if id(posted) not in replaced]
        if compared or not lines:
            value = report.value_of(rows)
            yield _compared(
                posting, config, Code.REPORT_RESOURCE, Subject(SubjectKind.RESOURCE, subject), compared, value
            ).check()


def _undivided(posting: Posting, config: Config) -> Iterator[Check]:
    report = posting.month.report
    for undivided in posting.undivided if report else ():
        assert report is not None  # noqa: S101 (only a proved report divides)
        posted = undivided.posted
        value = report.value_of(undivided.report_rows)
        expected = from_minor(line_amount(posted, config), posted.invoice.digits)
        found = "no report row names it" if not undivided.report_rows else "its report rows have no cost"
        yield Check(
            Code.REPORT_RESOURCE,
            Outcome.EXCEPTION,
            f"line {posted.number} of {posted.invoice.label} could not be divided, {found}: it is booked whole",
            posted.invoice.account,
            posted.invoice.label,
            _subject_of(undivided),
            expected,
            value,
            EXACT.subtract(value, expected),
            from_minor(0, posted.invoice.digits),
            posted.invoice.currency,
        )


def _subject_of(undivided: UndividedLine) -> Subject:
    item = undivided.posted.item
    by_project = item is not None and item.is_by_project
    return Subject(SubjectKind.PROJECT if by_project else SubjectKind.RESOURCE, undivided.subject)


def _grains(posting: Posting) -> set[bool]:
    return {posted.item.is_by_project for posted in posting.invoice_lines if posted.item is not None}


def _has_other_grain(posting: Posting, *, by_project: bool) -> bool:
    """Whether all lines have the other grain: then the tie-out is made there, and this one has nothing to say."""
    return _grains(posting) == {not by_project}


def _no_grain(posting: Posting) -> str:
    """Why the lines cannot be tied out one by one, "" where they can."""
    grains = _grains(posting)
    if len(grains) == 2:
        return "the month has lines by project and lines by SKU"
    return "" if grains else "no invoice line could be booked as such"


def _groups(posting: Posting, report: Report) -> Iterator[tuple[str, list[PostedLine], tuple[int, ...]]]:
    """(subject, lines, report rows): lines that share rows stand together, and rows that no line names alone."""
    groups: list[tuple[set[str], list[PostedLine], set[int]]] = []
    for posted in posting.invoice_lines:
        item = posted.item
        assert item is not None  # noqa: S101 (invoice lines have one)
        names, rows = {item.sku_label}, set(report.rows_named_like(item))
        lines = [posted]
        apart = []
        for group in groups:
            if group[2] & rows or (not rows and not group[2] and group[0] & names):
                names, lines, rows = names | group[0], [*group[1], *lines], rows | group[2]
            else:
                apart.append(group)
        groups = [*apart, (names, lines, rows)]
    named = {row for _, _, rows in groups for row in rows}
    unnamed: dict[str, list[int]] = defaultdict(list)
    for position, row in enumerate(report.rows):
        if position not in named:
            unnamed[row.resource].append(position)
    found = [(_subject(names, rows, report), lines, tuple(sorted(rows))) for names, lines, rows in groups]
    found += [(resource, [], tuple(rows)) for resource, rows in unnamed.items()]
    yield from sorted(found, key=lambda group: group[0])


def _subject(names: set[str], rows: set[int], report: Report) -> str:
    return min((report.rows[row].resource for row in rows), default=min(names))


def _compared(
    posting: Posting,
    config: Config,
    code: Code,
    subject: Subject | None,
    lines: list[PostedLine],
    value: Decimal,
) -> Comparison:
    currency = posting.month.currency
    digits = minor_digits(currency)
    expected = from_minor(line_total(lines, config), digits)
    what = f"{subject.name}: " if subject and subject.name else ""
    return Comparison(
        code,
        posting.month.account,
        expected=expected,
        actual=value,
        currency=currency,
        subject=subject,
        tolerance=tolerance_for(expected, config.reconciliation),
        rounding=half_units(len(lines), digits),
        agree="report = invoice lines" if subject else "report total = invoice line total",
        differ=(
            f"{what}the report shows {format_exact(value)} {currency}, "
            f"the invoices' lines {format_exact(expected)} {currency}"
        ),
    )
