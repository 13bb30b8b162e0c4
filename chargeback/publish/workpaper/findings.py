"""*Findings*: the summary of findings, the largest first: cause, count, amount, share of the month, disposition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from chargeback.model.catalogue import CATALOGUE
from chargeback.model.check import Check, Finding, Outcome
from chargeback.model.money import minor_digits, to_minor
from chargeback.model.wording import counted, decided_text
from chargeback.publish.workpaper.lead import Lead, month_total
from chargeback.publish.workpaper.numbered_accounts import Paper
from chargeback.publish.workpaper.sheet import Declaration, table_sheet
from chargeback.publish.xlsx.cells import EMPTY_ROW
from chargeback.publish.xlsx.expressions import Exact, Share
from chargeback.publish.xlsx.rounding import LARGEST, names_apart
from chargeback.publish.xlsx.sheets import Criterion, SheetTable, Written
from chargeback.publish.xlsx.styles import Kind
from chargeback.publish.xlsx.tables import Column, Form, Record, Styled, Value, note

_MOST_LINES = 12


class Findings(SheetTable):
    """One row a finding, then the totals by currency."""

    name = "Findings"
    purpose = "What differs, one line a cause, the largest first: how much, of the month's total, and what was decided."
    frozen_columns = 2
    number = Column("No.", 6, Form.INTEGER, kind=Kind.QUIET)
    id = Column("Finding", 15, kind=Kind.STRONG)
    title = Column("What", 34, kind=Kind.WRAPPED)
    cause = Column("Cause", 16)
    account = Column("Account", 16)
    concerns = Column("Invoice, subject", 26, kind=Kind.WRAPPED)
    checks = Column("Checks", 9, Form.COUNT, is_kept=True)
    amount = Column("Amount: Σ of variances, rounded", 15, Form.MONEY, is_kept=True)
    currency = Column("Currency", 10, is_kept=True)
    month_total = Column("Month's total, gross (Lead)", 16, Form.MONEY, is_kept=True)
    percent = Column("% of the month", 10, Form.PERCENT)
    state = Column("State", 12)
    disposition = Column("Disposition", 30, kind=Kind.WRAPPED)
    remedy = Column("What to do", 58, kind=Kind.WRAPPED)


_CHARACTERS = {Findings.title: 36, Findings.concerns: 28, Findings.disposition: 32, Findings.remedy: 62}


def _rows(written: Written, paper: Paper) -> Iterator[str]:
    checks: dict[str | None, list[Check]] = defaultdict(list)
    for check in paper.books.having(Outcome.EXCEPTION, Outcome.ACCEPTED):
        checks[check.finding].append(check)
    still_open = {finding.id for finding in paper.books.open_findings}
    yield from written.rows.rows(
        _record(paper, number, finding, checks[finding.id], is_open=finding.id in still_open)
        for number, finding in enumerate(paper.books.findings, start=1)
    )
    if not paper.books.findings:
        yield written.rows.row({Findings.title: note("none: no check found a difference that nobody accepted")})
        return
    yield EMPTY_ROW
    yield from _totals(written)


def _record(paper: Paper, number: int, finding: Finding, checks: list[Check], *, is_open: bool) -> Record:
    table, digits, subject = Findings, minor_digits(finding.currency), finding.subject.name if finding.subject else ""
    causes = dict.fromkeys(str(check.cause) for check in checks if check.cause)
    texts = {
        table.title: CATALOGUE[finding.code].title,
        table.concerns: ", ".join(part for part in (finding.invoice, subject) if part),
        table.disposition: decided_text(finding),
        table.remedy: CATALOGUE[finding.code].remedy,
    }
    lines = max(-(-len(text) // _CHARACTERS[column]) for column, text in texts.items())
    return Record(
        {
            table.number: number,
            table.id: finding.id,
            table.cause: ", ".join(causes),
            table.account: finding.account,
            table.checks: finding.checks,
            table.amount: None if finding.amount is None else to_minor(finding.amount, digits),
            table.currency: finding.currency,
            **_share(paper, finding),
            table.state: Styled("open", Kind.BAD) if is_open else Styled("accepted", Kind.KNOWN),
            **texts,
        },
        digits,
        height=14.0 * max(1, min(lines, _MOST_LINES)) + 1,
    )


def _share(paper: Paper, finding: Finding) -> dict[Column, Value]:
    """The month's total in the finding's currency, and what of it the finding is, where a number cell holds both."""
    if not finding.currency:
        return {}
    total, units = month_total(paper, finding.currency)
    supplied: dict[Column, Value] = {Findings.month_total: Exact(total)}
    if finding.amount is not None and units and max(finding.amount, units.copy_abs()) < LARGEST:
        supplied[Findings.percent] = Share(Findings.amount / Findings.month_total)
    return supplied


def _totals(written: Written) -> Iterator[str]:
    """One row a currency; without a formula where a criterion would find other currencies too."""
    table = Findings
    currencies = sorted({str(kept) for kept in written.rows.figures.by_column[table.currency] if kept})
    is_found = names_apart(currencies)
    for currency in currencies:
        criterion = Criterion(table.currency, currency, f'"{currency}"' if is_found else "")
        blank: dict[Column, Value] = dict.fromkeys(table.columns, "")
        sums: dict[Column, Value] = {
            table.checks: Exact(written.total_here(table.checks, criterion), 0),
            table.amount: Exact(written.total_here(table.amount, criterion), minor_digits(currency)),
        }
        label: dict[Column, Value] = {table.id: f"Total {currency}", table.currency: currency}
        yield written.rows.row({**blank, **label, **sums}, minor_digits(currency), kind=Kind.TOTAL)


def _count(paper: Paper) -> int:
    return len(paper.books.findings)


def _conclusion(paper: Paper) -> str:
    still_open = len(paper.books.open_findings)
    return f"{counted(_count(paper), 'finding')}, {still_open:,} of them open."


DECLARED = Declaration(
    reference="A-2",
    source="Exceptions, Lead, and dispositions.csv of the archive as it was when this revision was written",
    procedure="Exceptions of one cause are one finding, the others one for each check, account and currency.",
    conclusion=_conclusion,
)
SHEET = table_sheet(Findings, _rows, _count, DECLARED, reads=(Lead.name,))
