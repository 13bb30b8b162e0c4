"""*Cut-off and completeness*: the right days, all of them, every invoice once, and the documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from chargeback.evidence import DocumentRecord
from chargeback.model.answers import text_of
from chargeback.model.check import Check, Code, Outcome
from chargeback.model.instants import parse_instant
from chargeback.model.invoice import InvoiceStatus
from chargeback.model.report import Report
from chargeback.publish.workpaper.invoices import Invoices
from chargeback.publish.workpaper.number_sequences import number_sequences
from chargeback.publish.workpaper.numbered_accounts import AGREES, DIFFERS, VERDICTS, AccountPaper, InvoicePaper, Paper
from chargeback.publish.workpaper.sheet import Declaration, concluded, stacked_sheet, titled
from chargeback.publish.xlsx.expressions import Choice, Exact, Plain, all_of, constant, largest
from chargeback.publish.xlsx.rounding import numeric
from chargeback.publish.xlsx.shape import SheetShape
from chargeback.publish.xlsx.sheets import FIRST, Criterion
from chargeback.publish.xlsx.stack import Stack
from chargeback.publish.xlsx.styles import Kind
from chargeback.publish.xlsx.tables import Column, Form, Record, Styled, Table, Value, note

NAME = "Cut-off and completeness"
PURPOSE = "Whether everything of the month is here, once, and nothing of another month."
_WIDTHS = (6.0, 18.0, 20.0, 17.0, 17.0, 17.0, 17.0, 14.0, 14.0, 14.0, 16.0, 70.0)
_FROZEN = 3
_HEADING_HEIGHT = 30
_VERDICT = 11
"""The column of verdicts, in every table of the sheet."""
_SECOND = constant(Decimal("0.00001157"))
"""A second, in days: what instants may be apart by."""
_OUTCOMES = {
    Outcome.PASS: Kind.GOOD,
    Outcome.EXCEPTION: Kind.BAD,
    Outcome.ACCEPTED: Kind.KNOWN,
    Outcome.NOTICE: Kind.QUIET,
}
_COVERAGE = (Code.INVOICE_CUTOFF, Code.INVOICE_DUPLICATE, Code.PRIOR_PERIODS)


def _number() -> Column:
    return Column("No.", form=Form.INTEGER, kind=Kind.QUIET)


class InvoiceCutOff(Table):
    """One row a booked invoice: whether its period lies within the month."""

    number = _number()
    account = Column("Account")
    invoice = Column("Invoice")
    start = Column("Period from", form=Form.MOMENT)
    end = Column("until (exclusive)", form=Form.MOMENT)
    month_start = Column("Month from", form=Form.MOMENT)
    month_end = Column("until (exclusive)", form=Form.MOMENT)
    days_before = Column(
        "Days before", form=Form.EXACT, computed=Exact(largest(constant(0), month_start - start), 0, most=4)
    )
    days_after = Column("Days after", form=Form.EXACT, computed=Exact(largest(constant(0), end - month_end), 0, most=4))
    blank = Column()
    within = Column(
        "Within the month",
        computed=Choice(all_of(start >= month_start - _SECOND, end <= month_end + _SECOND), AGREES, DIFFERS),
        kind=Kind.VERDICT,
    )
    blank_2 = Column()


class Coverage(Table):
    """One row a check of gaps, overlaps, doubles and earlier months."""

    number = _number()
    account = Column("Account")
    check = Column("Check")
    concerns = Column("Concerns")
    blank, blank_2, blank_3, blank_4, blank_5, blank_6 = (Column() for _ in range(6))
    outcome = Column("Outcome")
    found = Column("What was found")


class ReportCutOff(Table):
    """One row an account: whether its report proves which month it covers."""

    number = _number()
    account = Column("Account")
    range = Column("Range echoed")
    requested_at = Column("Requested at", form=Form.MOMENT)
    first_day = Column("First day", form=Form.DATE)
    last_day = Column("Last day", form=Form.DATE)
    days = Column("Days shown", form=Form.COUNT)
    rows = Column("Report's rows", form=Form.EXACT)
    chart = Column("Its chart", form=Form.EXACT)
    difference = Column("Difference", form=Form.EXACT, computed=Exact(chart.less(rows), 0))
    proved = Column("Proved")
    why = Column("Why")


class Completeness(Table):
    """One row an account: the invoices listed for the month are on *Invoices*, or drafts."""

    number = _number()
    account = Column("Account")
    ground = Column("Why it is ready", to_the_right=False)
    listed = Column("Listed for the month", form=Form.COUNT)
    drafts = Column("Drafts, not fetched", form=Form.COUNT)
    here = Column("On Invoices", form=Form.COUNT)
    void = Column("of these void", form=Form.COUNT)
    booked = Column("of these booked", form=Form.COUNT, computed=Plain(here - void))
    missing = Column("Missing", form=Form.COUNT, computed=Plain(listed - drafts - here))
    blank = Column()
    complete = Column("Complete", computed=Choice(missing.is_(constant(0)), AGREES, DIFFERS), kind=Kind.VERDICT)
    news = Column("The account among the archive's accounts")


class Documents(Table):
    """One row a check of a document, with the file that is kept."""

    number = _number()
    account = Column("Account")
    invoice = Column("Invoice")
    document = Column("Document")
    names_number = Column("Names the number")
    names_total = Column("Names the total")
    file = Column("File")
    blank, blank_2, blank_3 = (Column() for _ in range(3))
    outcome = Column("Outcome")
    found = Column("What was found")


class Sequences(Table):
    """One row an account and sequence of invoice numbers: how many are listed, and which between them are not."""

    number = _number()
    account = Column("Account")
    prefix = Column("Numbers begin with")
    first = Column("First")
    last = Column("Last")
    listed = Column("Listed", form=Form.COUNT)
    between = Column("Not listed", form=Form.COUNT)
    missing = Column("Which are not listed")
    blank, blank_2, blank_3, blank_4 = (Column() for _ in range(4))


DECLARED = Declaration(
    reference="E-1",
    source="billing.listInvoices, billing.report and the documents; the months before, from their summaries",
    procedure="Periods, coverage, listed invoices, reports and documents are held against the month.",
    conclusion=concluded(
        Code.INVOICE_ISSUED,
        Code.INVOICE_CUTOFF,
        Code.INVOICE_DUPLICATE,
        Code.ACCOUNT_SET,
        Code.PRIOR_PERIODS,
        Code.REPORT_PERIOD,
        Code.REPORT_CHART,
        Code.INVOICE_PDF,
    ),
)


def _rows(stack: Stack, paper: Paper) -> Sequence[int]:
    titled(stack, NAME, PURPOSE, DECLARED, paper)
    return ()


def _section(
    stack: Stack, heading: str, remark: str, table: type[Table], records: Iterable[Record], below: Iterable[Styled] = ()
) -> Iterator[str]:
    """The section's rows, ``below`` its table."""
    stack.section(heading, len(_WIDTHS), remark)
    yield from stack.taken(stack.table(table, _HEADING_HEIGHT).rows.rows(records))
    for said in below:
        stack.texts("", said)
    stack.gap()


def _invoices(stack: Stack, paper: Paper) -> Iterator[str]:
    zone = paper.config.timezone_name
    remark = f"Times are of {zone}. An invoice belongs to the month that holds most of its period."
    records = (Record(_invoice(paper, account, invoice)) for account, invoice in paper.invoices() if invoice.booked)
    return _section(stack, "1 Cut-off of the invoices", remark, InvoiceCutOff, records)


def _invoice(paper: Paper, account: AccountPaper, invoice: InvoicePaper) -> dict[Column, Value]:
    table, zone, period = InvoiceCutOff, paper.config.timezone, paper.books.period
    start, end = invoice.invoice.start, invoice.invoice.end
    whose: dict[Column, Value] = {
        table.number: account.number,
        table.account: account.account,
        table.invoice: invoice.invoice.label,
    }
    if start is None or end is None:
        return {**whose, table.start: Styled("states no usable period", Kind.PLAIN),
                table.within: Styled(DIFFERS, Kind.VERDICT)}  # fmt: skip
    return {
        **whose,
        table.start: start.astimezone(zone),
        table.end: end.astimezone(zone),
        table.month_start: period.start(zone).astimezone(zone),
        table.month_end: period.end(zone).astimezone(zone),
    }


def _coverage(stack: Stack, paper: Paper) -> Iterator[str]:
    remark = "Gaps and overlaps between the issued invoices, one project billed twice, and invoices of earlier months."
    accounts = {account.account: account for account in paper.accounts}
    records = (
        Record(_covered(accounts[check.account], check))
        for check in paper.books.of_codes(*_COVERAGE)
        if check.account in accounts and (check.subject or not check.invoice)
    )
    return _section(stack, "2 Coverage of the month, and of the months before", remark, Coverage, records)


def _covered(account: AccountPaper, check: Check) -> dict[Column, Value]:
    table = Coverage
    return {
        table.number: account.number,
        table.account: check.account,
        table.check: check.code.value,
        table.concerns: " ".join(part for part in (check.invoice, check.subject_name) if part),
        table.outcome: Styled(check.outcome.value, _OUTCOMES[check.outcome]),
        table.found: check.sentence,
    }


def _reports(stack: Stack, paper: Paper) -> Iterator[str]:
    remark = "A report is used only if its answer proves which month it covers."
    records = (Record(_account_report(paper, account)) for account in paper.accounts)
    return _section(stack, "3 Cut-off of the usage reports", remark, ReportCutOff, records)


def _account_report(paper: Paper, account: AccountPaper) -> dict[Column, Value]:
    table, month = ReportCutOff, account.posting.month
    report = month.report or next(iter(month.facts.reports), None)
    word, kind = ("proved", Kind.GOOD) if month.proof.proved else ("not proved", Kind.KNOWN)
    return {
        table.number: account.number,
        table.account: account.account,
        **(_report(paper, report) if report else {}),
        table.proved: Styled(word, kind),
        table.why: month.proof.reason,
    }


def _report(paper: Paper, report: Report) -> dict[Column, Value]:
    table, days = ReportCutOff, sorted(report.chart.days)
    asked = parse_instant(report.answer.requested_at)
    return {
        table.range: report.range,
        table.requested_at: asked.astimezone(paper.config.timezone) if asked else None,
        table.first_day: days[0] if days else None,
        table.last_day: days[-1] if days else None,
        table.days: len(days),
        table.rows: numeric(report.total),
        table.chart: numeric(report.chart.total),
    }


def _completeness(stack: Stack, paper: Paper) -> Iterator[str]:
    remark = "Listed: rows of billing.listInvoices whose period lies mostly in the month."
    heading = "4 Completeness of the accounts' invoices"
    news = {check.account: check.message for check in paper.books.of_codes(Code.ACCOUNT_SET)}
    records = (Record(_complete(paper, account, news.get(account.account, ""))) for account in paper.accounts)
    remarks = [note(news[""])] if "" in news else []
    return _section(stack, heading, remark, Completeness, records, remarks)


def _complete(paper: Paper, account: AccountPaper, news: str) -> dict[Column, Value]:
    table, facts = Completeness, account.posting.month.facts
    criterion = Criterion(Invoices.number, Decimal(account.number), table.number.text)
    return {
        table.number: account.number,
        table.account: account.account,
        table.ground: account.posting.month.ground.value,
        table.listed: sum(row.month == paper.books.period for row in facts.listed),
        table.drafts: facts.drafts,
        table.here: Plain(paper.written(Invoices).count_where([criterion])),
        table.void: sum(invoice.invoice.status is InvoiceStatus.VOID for invoice in account.invoices),
        table.news: news,
    }


def _documents(stack: Stack, paper: Paper) -> Iterator[str]:
    remark = "Each booked invoice's PDF, and the receipt of a paid one."
    accounts = {account.account: account for account in paper.accounts}
    known = {
        (record.account, record.number or record.invoice, record.kind): record
        for record in paper.books.posting.run.documents
    }
    records = (
        Record(
            _document(
                accounts[check.account],
                check,
                known.get((check.account, check.invoice, check.subject_name or "invoice")),
            )
        )
        for check in paper.books.of_codes(Code.INVOICE_PDF)
        if check.account in accounts
    )
    return _section(stack, "5 Documents", remark, Documents, records)


def _document(account: AccountPaper, check: Check, record: DocumentRecord | None) -> dict[Column, Value]:
    table, is_read = Documents, record is not None and record.outcome == "read"
    return {
        table.number: account.number,
        table.account: account.account,
        table.invoice: check.invoice,
        table.document: check.subject_name or "invoice",
        table.names_number: _yes_or_no(record.names_number) if record and is_read else "",
        table.names_total: _yes_or_no(record.names_total) if record and is_read else "",
        table.file: (record.path or "none") if record else "none",
        table.outcome: Styled(check.outcome.value, _OUTCOMES[check.outcome]),
        table.found: check.sentence,
    }


def _sequences(stack: Stack, paper: Paper) -> Iterator[str]:
    remark = (
        "Information, no check: of the invoices that an account lists until the month, void ones too. The platform may "
        "number the invoices of all its customers in one sequence."
    )
    records = (record for account in paper.accounts for record in _sequence_records(paper, account))
    return _section(stack, "6 Sequence of invoice numbers", remark, Sequences, records)


def _sequence_records(paper: Paper, account: AccountPaper) -> Iterator[Record]:
    table, rows = Sequences, account.posting.month.facts.listed
    numbers = (text_of(row.row.number) for row in rows if row.month is None or row.month <= paper.books.period)
    for each in number_sequences(numbers):
        yield Record(
            {
                table.number: account.number,
                table.account: account.account,
                table.prefix: each.prefix or "(digits only)",
                table.first: each.first,
                table.last: each.last,
                table.listed: each.listed,
                table.between: each.missing,
                table.missing: each.gaps or "none",
            }
        )


def _yes_or_no(answer: bool | None) -> str:
    return "yes" if answer else "no"


def _shape(paper: Paper) -> SheetShape:
    return SheetShape(
        NAME, len(_WIDTHS), _FROZEN, plain_from=1, verdicts=(_VERDICT,), verdicts_from=FIRST, words=VERDICTS
    )


_SECTIONS = (_invoices, _coverage, _reports, _completeness, _documents, _sequences)
SHEET = stacked_sheet(
    _shape, PURPOSE, _WIDTHS, _rows, reads=(Invoices.name,), name=NAME, declared=DECLARED, sections=_SECTIONS
)
