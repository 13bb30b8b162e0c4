"""*Index*: the month at a glance, who prepared and reviewed it, what each sheet is and concludes, and every check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from chargeback.model.catalogue import CATALOGUE
from chargeback.model.check import Code, Outcome
from chargeback.model.money import format_exact
from chargeback.publish.workpaper.exceptions import Exceptions, counted
from chargeback.publish.workpaper.numbered_accounts import Paper
from chargeback.publish.workpaper.sheet import INDEX, PaperSheet, stacked_sheet
from chargeback.publish.xlsx.shape import SheetShape
from chargeback.publish.xlsx.stack import Stack
from chargeback.publish.xlsx.styles import Kind
from chargeback.publish.xlsx.tables import Column, Form, Styled, Table, note

_WIDTHS = (31.0, 20.0, 16.0, 16.0, 16.0, 90.0)
_FROZEN = 2
_STATUS = {"reconciled": Kind.GOOD, "exceptions": Kind.BAD, "not-ready": Kind.KNOWN}
_TOTALS_UNDERLINED = 5


class MonthTotals(Table):
    """One row a currency."""

    currency = Column("Currency", kind=Kind.STRONG)
    net = Column("Net", form=Form.MONEY, kind=Kind.STRONG)
    tax = Column("Tax", form=Form.MONEY, kind=Kind.STRONG)
    gross = Column("Gross", form=Form.MONEY, kind=Kind.STRONG)


class CheckCounts(Table):
    """One row a check: how many comparisons came out how."""

    check = Column("Check")
    passed = Column("Pass", form=Form.COUNT)
    exceptions = Column("Exception", form=Form.COUNT)
    accepted = Column("Accepted", form=Form.COUNT)
    notices = Column("Notice", form=Form.COUNT)
    holds_when = Column("It holds when")


_COUNTED = {
    CheckCounts.exceptions: Outcome.EXCEPTION,
    CheckCounts.accepted: Outcome.ACCEPTED,
    CheckCounts.notices: Outcome.NOTICE,
}


def sheet_over(figures: Sequence[PaperSheet]) -> PaperSheet:
    """The sheet in front of these."""

    def rows(stack: Stack, paper: Paper) -> Sequence[int]:
        books = paper.books
        stack.title(f"Reconciliation {books.period}", f"Working papers index · revision {books.revision}")
        stack.gap()
        _facts(stack, paper)
        _totals(stack, paper)
        _signatures(stack)
        links = _sheets(stack, figures, paper)
        _checks(stack, paper)
        return links

    shape = SheetShape(INDEX, len(_WIDTHS), _FROZEN, links=tuple(f"'{sheet.name}'!A1" for sheet in figures))
    return stacked_sheet(lambda paper: shape, "", _WIDTHS, rows, reads=(Exceptions.name,), name=INDEX)


def _facts(stack: Stack, paper: Paper) -> None:
    books, run = paper.books, paper.books.posting.run
    stack.fact("Status", books.status.value, _STATUS[books.status.value])
    amounts = ", ".join(f"{format_exact(amount)} {currency}" for currency, amount in books.accepted.amounts)
    stack.fact("Accepted exceptions", f"{books.accepted.count}" + (f" ({amounts})" if amounts else ""))
    stack.fact("Checks not performed", f"{books.not_performed}")
    stack.fact("Period", f"{books.period}, in {paper.config.timezone_name}")
    stack.fact("Source", run.endpoint)
    version = run.versions.get("chargeback", "")
    stack.fact("Prepared", f"by chargeback {version}, from answers collected from {run.run_at}")
    stack.fact("Population", paper.population)
    stack.fact("Scope", paper.scope)
    stack.fact("Previous manifest", run.previous or "none: this is the archive's first revision")
    stack.gap()


def _totals(stack: Stack, paper: Paper) -> None:
    remark = "Over all ledgers, which add up to the booked invoices."
    stack.section("Totals of the month", _TOTALS_UNDERLINED, remark)
    block, table = stack.table(MonthTotals), MonthTotals
    for total in paper.books.totals:
        amounts = {table.net: total.net, table.tax: total.tax, table.gross: total.gross}
        block.add({table.currency: total.currency, **amounts}, total.digits)
    if not paper.books.totals:
        stack.texts(note("nothing is booked in this month"))
    stack.gap()


def _signatures(stack: Stack) -> None:
    """Who prepared and who reviewed: to be signed on paper; the archive's own signatures come later than this file."""
    remark = "On paper. In the archive `chargeback sign` appends who signed, when and what to signatures.csv."
    stack.section("Preparer and reviewer", _TOTALS_UNDERLINED, remark)
    stack.texts(Styled("", Kind.QUIET), *(Styled(text, Kind.QUIET) for text in ("Name", "Date", "", "Signature")))
    for role in ("Prepared by", "Reviewed by"):
        stack.texts(Styled(role, Kind.STRONG), *[Styled("", Kind.SECTION)] * (_TOTALS_UNDERLINED - 1), height=30)
    stack.gap()


def _sheets(stack: Stack, figures: Sequence[PaperSheet], paper: Paper) -> list[int]:
    remark = "A figure is followed from Lead to Tie-out or Ledger control, on to Invoice lines, and to Evidence."
    stack.section("Working papers: reference, purpose, source, procedure, conclusion", len(_WIDTHS), remark)
    links = []
    for sheet in figures:
        declared = sheet.declaration
        assert declared is not None  # noqa: S101 (every sheet behind the index is declared)
        conclusion = Styled(declared.conclusion(paper), Kind.STRONG)
        links.append(stack.texts(Styled(f"{declared.reference} {sheet.name}", Kind.LINK), conclusion))
        stack.texts("", f"Purpose: {sheet.purpose}")
        stack.texts("", f"Source: {declared.source}")
        stack.texts("", f"Procedure: {declared.procedure}")
    stack.gap()
    return links


def _checks(stack: Stack, paper: Paper) -> None:
    counts: Counter[tuple[Code, Outcome]] = Counter()
    for (code, outcome, _), count in paper.books.tally.items():
        counts[code, outcome] += count
    remark = "How many comparisons came out how; reconciliation.csv has a row for each."
    stack.section("Checks", len(_WIDTHS), remark)
    block, table = stack.table(CheckCounts), CheckCounts
    for code, entry in CATALOGUE.items():
        live = {
            column: counted(paper, Exceptions.check, code.value, table.check, outcome)
            for column, outcome in _COUNTED.items()
        }
        passed = counts[code, Outcome.PASS]
        block.add({table.check: code.value, table.passed: passed, **live, table.holds_when: entry.holds_when})
