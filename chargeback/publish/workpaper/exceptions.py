"""*Exceptions*: every exception, accepted one and notice: what, how much, its cause, where to look."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from chargeback.model.catalogue import CATALOGUE
from chargeback.model.check import Check, Outcome
from chargeback.publish.workpaper.numbered_accounts import Paper
from chargeback.publish.workpaper.sheet import Declaration, concluded, table_sheet
from chargeback.publish.xlsx.cells import fits
from chargeback.publish.xlsx.expressions import Exact, Plain
from chargeback.publish.xlsx.sheets import Criterion, SheetTable, Written
from chargeback.publish.xlsx.styles import Kind
from chargeback.publish.xlsx.tables import Column, Form, Record, Styled, Value, note

_KINDS = {Outcome.EXCEPTION: Kind.BAD, Outcome.ACCEPTED: Kind.KNOWN, Outcome.NOTICE: Kind.QUIET}
_MOST_LINES = 12


class Exceptions(SheetTable):
    """One row a check that did not simply pass."""

    name = "Exceptions"
    purpose = "Whatever did not simply agree. A reviewer's conclusion goes to signatures.csv: `chargeback sign`."
    frozen_columns = 3
    number = Column("No.", 6, Form.INTEGER, kind=Kind.QUIET, is_kept=True)
    outcome = Column("Outcome", 12, is_kept=True)
    check = Column("Check", 20, kind=Kind.STRONG, is_kept=True)
    account = Column("Account", 16)
    invoice = Column("Invoice", 18)
    concerns = Column("Concerns", 22, kind=Kind.WRAPPED)
    expected = Column("Expected", 18, Form.EXACT)
    actual = Column("Actual", 18, Form.EXACT)
    variance = Column("Variance [R]", 18, Form.EXACT)
    tolerance = Column("Tolerance", 13, Form.EXACT)
    currency = Column("Currency", 9)
    found = Column("What was found", 58, kind=Kind.WRAPPED)
    cause = Column("Cause", 38, kind=Kind.WRAPPED)
    where = Column("Where to look", 38, kind=Kind.WRAPPED)


_CHARACTERS = {Exceptions.found: 62, Exceptions.cause: 40, Exceptions.where: 40}
"""Characters that a line of these columns holds, for the height of a row with wrapped text."""


def counted(paper: Paper, key: Column, wanted: Decimal | str, of: Column, outcome: Outcome) -> Plain:
    """How many rows have the outcome and, in their column ``key``, what the cell ``of`` beside the count has."""
    criteria = (
        Criterion(key, wanted, of.text),
        Criterion(Exceptions.outcome, outcome.value, f'"{outcome.value}"'),
    )
    return Plain(paper.written(Exceptions).count_where(criteria))


def _rows(written: Written, paper: Paper) -> Iterator[str]:
    numbers = {account.account: account.number for account in paper.accounts}
    checks = paper.reported_checks()
    yield from written.rows.rows(_record(check, numbers.get(check.account)) for check in checks)
    if not checks:
        yield written.rows.row({Exceptions.found: note("none: every check holds")})


def _record(check: Check, number: int | None) -> Record:
    table = Exceptions
    texts = {table.found: check.sentence, table.cause: check.cause or "", table.where: CATALOGUE[check.code].look_at}
    lines = max(-(-len(text) // _CHARACTERS[column]) for column, text in texts.items())
    return Record(
        {
            table.number: number,
            table.outcome: Styled(check.outcome.value, _KINDS[check.outcome]),
            table.check: check.code.value,
            table.account: check.account,
            table.invoice: check.invoice,
            table.concerns: check.subject_name,
            table.expected: check.expected,
            table.actual: check.actual,
            table.variance: _variance(check),
            table.tolerance: check.tolerance,
            table.currency: check.currency,
            **texts,
        },
        height=14.0 * max(1, min(lines, _MOST_LINES)) + 1,
    )


def _variance(check: Check) -> Value:
    """Actual less expected as a formula, where both stand in number cells."""
    expected, actual = check.expected, check.actual
    if check.variance is None or expected is None or actual is None or not (fits(expected) and fits(actual)):
        return check.variance
    return Exact(Exceptions.actual.less(Exceptions.expected), 0)


def _count(paper: Paper) -> int:
    return len(paper.reported_checks())


DECLARED = Declaration(
    reference="A-3",
    source="every check of the month, as reconciliation/reconciliation.csv lists them",
    procedure="All that did not simply pass is listed: exceptions, accepted ones, notices; each with its place.",
    conclusion=concluded(),
)
SHEET = table_sheet(Exceptions, _rows, _count, DECLARED)
