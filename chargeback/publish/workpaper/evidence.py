"""*Evidence*: each figure as the platform sent it, with file, JSON pointer (RFC 6901) and checksum; and the files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain, repeat

from chargeback.evidence import Answer
from chargeback.model.answers import amount_of
from chargeback.model.money import format_exact
from chargeback.model.wording import counted
from chargeback.publish.workpaper.numbered_accounts import AccountPaper, InvoicePaper, Paper
from chargeback.publish.workpaper.sheet import Declaration, OfAccounts, account_sheet, table_sheet
from chargeback.publish.workpaper.sources import Figure, pointer, priced
from chargeback.publish.xlsx.cells import MOST_DIGITS, ROW
from chargeback.publish.xlsx.rounding import numeric
from chargeback.publish.xlsx.sheets import SheetTable, Written
from chargeback.publish.xlsx.styles import Kind
from chargeback.publish.xlsx.tables import Column, Form, Record, Styled, Value


class EvidenceTable(SheetTable):
    """One row a figure of a proved report, of an invoice's header or of one of its lines."""

    name = "Evidence"
    purpose = (
        "Every figure as received: open the file of this revision, follow the pointer, and the value stands there."
    )
    frozen_columns = 2
    printed = 10
    number = Column("No.", 6, Form.INTEGER, kind=Kind.QUIET)
    account = Column("Account", 16)
    figure = Column("Figure", 18)
    invoice = Column("Invoice", 18)
    of = Column("Project or line", 24)
    resource = Column("Resource", 18)
    value = Column("Value", 18, Form.EXACT, is_kept=True)
    sent = Column("As sent, where a number cell cannot hold it", 24)
    file = Column("File", 46)
    pointer = Column("JSON pointer", 34)
    sha256 = Column("SHA-256 of the file", 68)


class Files(SheetTable):
    """One row an answer, then one a document."""

    name = "Evidence files"
    purpose = (
        "What was asked, when, and the checksum of what came back; then the documents. `chargeback verify` checks all."
    )
    frozen_columns = 1
    printed = 8
    account = Column("Account", 16)
    function = Column("Function", 24)
    file = Column("File", 50)
    request = Column("Request", 50)
    requested_at = Column("Requested at", 22)
    date = Column("Date of the answer", 30)
    status = Column("Status", 8, Form.INTEGER)
    size = Column("Bytes", 12, Form.COUNT)
    sha256 = Column("SHA-256", 68)


def _count(paper: Paper) -> int:
    figures = sum(
        len(invoice.source.header) + len(invoice.lines) + 2 * invoice.priced for _, invoice in paper.invoices()
    )
    return figures + sum(account.report_count for account in paper.accounts)


def _rows(written: Written, paper: Paper) -> OfAccounts:
    return lambda accounts: chain.from_iterable(_of_account(written, account) for account in accounts)


def _of_account(written: Written, account: AccountPaper) -> Iterator[str]:
    account.report_rows = written.count
    yield from _of_report(written, account)
    for invoice in account.invoices:
        yield from _of_invoice(written, account, invoice)


def _of_report(written: Written, account: AccountPaper) -> Iterator[str]:
    """The report's rows, those of one row of the tie-out together."""
    report = account.posting.month.report
    if report is None:
        return
    base, rows = pointer("result", "list"), report.rows
    places = [place for group in account.groups for place in group.rows]
    yield from _alike(
        written,
        account,
        report.answer,
        "billingValue",
        "",
        list(map(rows.projects.__getitem__, places)),
        list(map(rows.resources.__getitem__, places)),
        list(map(rows.value, places)),
        [f"{base}/{place}/billingValue" for place in places],
    )


def _alike(
    written: Written, account: AccountPaper, answer: Answer, figure: str, invoice: str,
    of: Sequence[str], resources: Sequence[str], values: Sequence[Decimal], pointers: Sequence[str],
) -> Iterator[str]:  # fmt: skip
    """Figures of one kind of an answer, by what they are of, resource, value and pointer: nearly all rows are such, so
    what they share is made once, and only what differs is joined."""
    table, rows, cells = EvidenceTable, written.rows, written.rows.cells
    number = cells.number(table.number.letters, str(account.number), rows.look(table.number))
    texts = {table.account: account.account, table.figure: figure, table.invoice: invoice}
    opening = f'<row r="{ROW}">{number}{"".join(rows.text(column, text) for column, text in texts.items())}'
    cell_of, cell_of_resource, cell_of_pointer, cell_of_sent = (
        rows.texts(column).__getitem__ for column in (table.of, table.resource, table.pointer, table.sent)
    )
    file, sha256 = rows.text(table.file, answer.path or ""), rows.text(table.sha256, answer.sha256)
    value_opening = f'<c r="{table.value.letters}{ROW}" s="{rows.look(table.value)}"><v>'
    sent = list(map(format_exact, values))
    kept = [value if len(text) <= MOST_DIGITS else numeric(value) for value, text in zip(values, sent, strict=True)]
    figures = list(zip(values, kept, sent, strict=True))
    rows.figures.by_column[table.value] += kept
    rows.figures.digits.extend(bytes(len(values)))
    columns: tuple[Iterable[str], ...] = (
        repeat(opening, len(values)),
        map(cell_of, of),
        map(cell_of_resource, resources),
        (f"{value_opening}{text if held is value else format_exact(held)}</v></c>" for value, held, text in figures),
        (cell_of_sent("" if held is value else text) for value, held, text in figures),
        repeat(file),
        map(cell_of_pointer, pointers),
        repeat(f"{sha256}</row>"),
    )
    yield from map("".join, zip(*columns, strict=False))


def _of_invoice(written: Written, account: AccountPaper, invoice: InvoicePaper) -> Iterator[str]:
    """The header; every line's amount; quantity and unit price of each line that has both."""
    first, source = written.count, invoice.source
    invoice.first_figure = first
    yield from written.rows.rows(_record(account, figure) for figure in source.header)
    invoice.amounts = written.count
    if source.lines is not None:
        answer, base = source.lines
        count = len(invoice.lines)
        yield from _alike(
            written,
            account,
            answer,
            "amount",
            source.invoice.label,
            [f"line {place}" for place in range(1, count + 1)],
            [""] * count,
            [amount_of(item.amount) for item in invoice.lines],
            [f"{base}/{place}/amount" for place in range(count)],
        )
    invoice.prices = written.count
    yield from written.rows.rows(_record(account, figure) for figure in _prices(invoice))


def _prices(invoice: InvoicePaper) -> Iterator[Figure]:
    for place, item in enumerate(invoice.lines):
        if priced(item):
            yield invoice.source.line(place, "quantity", amount_of(item.quantity or 0))
            yield invoice.source.line(place, "unitPrice", amount_of(item.unit_price or 0))


def _record(account: AccountPaper, figure: Figure) -> Record:
    table, answer = EvidenceTable, figure.answer
    return Record(
        {
            table.number: account.number,
            table.account: account.account,
            table.figure: figure.name,
            table.invoice: figure.invoice,
            table.of: figure.of,
            **_shown(figure.value),
            table.file: answer.path or "",
            table.pointer: figure.pointer,
            table.sha256: answer.sha256,
        }
    )


def _shown(value: Decimal | str) -> dict[Column, Value]:
    """The value as a number, and where a number cell cannot hold it also as it was sent."""
    table = EvidenceTable
    if isinstance(value, str):
        return {table.value: Styled(value, Kind.RIGHT)}
    sent, kept = format_exact(value), numeric(value)
    if len(sent) <= MOST_DIGITS or kept is value:
        return {table.value: kept}
    return {table.value: kept, table.sent: sent}


def _file_count(paper: Paper) -> int:
    return len(paper.evidence.answers) + len(paper.books.posting.run.documents)


def _file_rows(written: Written, paper: Paper) -> Iterator[str]:
    return written.rows.rows(_file_records(paper))


def _file_records(paper: Paper) -> Iterator[Record]:
    table = Files
    for answer in paper.evidence.answers:
        yield Record(
            {
                table.account: answer.account,
                table.function: answer.function,
                table.file: answer.path or "not kept: it holds a signed link",
                table.request: json.dumps(dict(answer.request), ensure_ascii=False, sort_keys=True),
                table.requested_at: answer.requested_at,
                table.date: answer.date or "",
                table.status: answer.status,
                table.size: answer.size,
                table.sha256: answer.sha256,
            }
        )
    for document in paper.books.posting.run.documents:
        yield Record(
            {
                table.account: document.account,
                table.function: f"PDF: {document.kind}",
                table.file: document.path or "none",
                table.request: document.number,
                table.requested_at: document.outcome,
                table.date: document.detail,
                table.size: document.size,
                table.sha256: document.sha256 or "",
            }
        )


DECLARED = Declaration(
    reference="X-1",
    source="the answers of the platform, in the folder evidence of this revision",
    procedure="Each figure that another sheet uses is listed with the file, the JSON pointer and the file's checksum.",
    conclusion=lambda paper: f"{counted(_count(paper), 'figure')}, each as received.",
)
FILES_DECLARED = Declaration(
    reference="X-2",
    source="evidence/index.json, and the documents that evidence/run.json records",
    procedure="Answers and documents are kept unchanged; manifest.json has the checksum of each.",
    conclusion=lambda paper: f"{counted(_file_count(paper), 'answer or document', 'answers and documents')}.",
)
SHEET = account_sheet(EvidenceTable, _rows, _count, DECLARED)
FILES_SHEET = table_sheet(Files, _file_rows, _file_count, FILES_DECLARED)
