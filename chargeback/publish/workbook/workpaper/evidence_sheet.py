"""*Evidence*: each figure as the platform sent it, with file, JSON pointer (RFC 6901) and checksum; and the files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

from chargeback.model.money import format_exact
from chargeback.publish.workbook.package import Book
from chargeback.publish.workbook.recomputed import numeric
from chargeback.publish.workbook.workpaper.plan import FIRST, AccountPlan, Plan, line_figures
from chargeback.publish.workbook.workpaper.sheet import Heading, Layout, add_sheet
from chargeback.publish.workbook.workpaper.sources import Figure, pointer
from chargeback.publish.xlsx.cells import MOST_DIGITS, ROW, Cells, TextColumn, row
from chargeback.publish.xlsx.styles import COUNT, EXACT, INTEGER, Kind, look

EVIDENCE = Layout(
    "Evidence",
    "Every figure as received: open the file of this revision, follow the pointer, and the value stands there.",
    {
        "A": Heading("No.", 6, True),
        "B": Heading("Account", 16),
        "C": Heading("Figure", 18),
        "D": Heading("Invoice", 18),
        "E": Heading("Project or line", 24),
        "F": Heading("Resource", 18),
        "G": Heading("Value", 16, True),
        "H": Heading("As sent, where a number cell cannot hold it", 24),
        "I": Heading("File", 46),
        "J": Heading("JSON pointer", 34),
        "K": Heading("SHA-256 of the file", 68),
    },
)
VALUE, _SENT = "G", "H"
FILES = Layout(
    "Evidence files",
    "What was asked, when, and the checksum of what came back; then the documents. `chargeback verify` checks all.",
    {
        "A": Heading("Account", 16),
        "B": Heading("Function", 24),
        "C": Heading("File", 50),
        "D": Heading("Request", 50),
        "E": Heading("Requested at", 22),
        "F": Heading("Date of the answer", 30),
        "G": Heading("Status", 8, True),
        "H": Heading("Bytes", 12, True),
        "I": Heading("SHA-256", 68),
    },
)


def add_evidence(book: Book, plan: Plan) -> None:
    """Add the sheet of figures."""
    count = plan.last.get("evidence", FIRST - 1) - FIRST + 1
    add_sheet(book, plan, EVIDENCE, _figures(book.cells, plan), count)


def add_files(book: Book, plan: Plan) -> None:
    """Add the sheet of files."""
    count = len(plan.evidence.answers) + len(plan.books.posting.run.documents)
    add_sheet(book, plan, FILES, _files(book.cells, plan), count)


def _figures(cells: Cells, plan: Plan) -> Iterator[str]:
    texts = {letters: TextColumn(cells, letters, look()) for letters in "BCDEFIJK"}
    for account in plan.accounts:
        number = cells.number("A", str(account.number), look(Kind.QUIET, INTEGER))
        whose = number + texts["B"][account.account]
        yield from _report_rows(cells, texts, whose, account)
        for invoice in account.invoices:
            for figure in (*invoice.source.header, *line_figures(invoice.source)):
                yield _row(cells, texts, whose, figure)


def _report_rows(cells: Cells, texts: dict[str, TextColumn], whose: str, account: AccountPlan) -> Iterator[str]:
    """The report's rows, those of one row of the tie-out together; what they share is made once."""
    report = account.posting.month.report
    if report is None:
        return
    rows, answer, base = report.rows, report.answer, pointer("result", "list")
    projects, resources, pointers, exact = texts["E"], texts["F"], texts["J"], look(Kind.PLAIN, EXACT)
    before = f'<row r="{ROW}">{whose}{texts["C"]["billingValue"]}'
    file, after = texts["I"][answer.path or ""], f"{texts['K'][answer.sha256]}</row>"
    for group in account.groups():
        for place in group.rows:
            found = rows[place]
            value, where = _number(cells, found.value, exact), pointers[f"{base}/{place}/billingValue"]
            yield f"{before}{projects[found.project]}{resources[found.resource]}{value}{file}{where}{after}"


def _row(cells: Cells, texts: dict[str, TextColumn], whose: str, figure: Figure) -> str:
    answer, value = figure.answer, figure.value
    shown = (
        cells.text(VALUE, value, look(Kind.RIGHT))
        if isinstance(value, str)
        else _number(cells, value, look(Kind.PLAIN, EXACT))
    )
    return (
        f'<row r="{ROW}">{whose}{texts["C"][figure.name]}{texts["D"][figure.invoice]}{texts["E"][figure.of]}{shown}'
        f"{texts['I'][answer.path or '']}{texts['J'][figure.pointer]}{texts['K'][answer.sha256]}</row>"
    )


def _number(cells: Cells, value: Decimal, style: int) -> str:
    """The value as a number, and where a number cell cannot hold it also as it was sent."""
    sent = format_exact(value)
    if len(sent) <= MOST_DIGITS:
        return f'<c r="{VALUE}{ROW}" s="{style}"><v>{sent}</v></c>'
    kept = numeric(value)
    if kept is value:
        return cells.number(VALUE, sent, style)
    return cells.number(VALUE, format_exact(kept), style) + cells.text(_SENT, sent, look())


def _files(cells: Cells, plan: Plan) -> Iterator[str]:
    for answer in plan.evidence.answers:
        path = answer.path or "not kept: it holds a signed link"
        request = json.dumps(dict(answer.request), ensure_ascii=False, sort_keys=True)
        texts = (answer.account, answer.function, path, request, answer.requested_at, answer.date or "")
        yield row(
            [
                *(cells.text(letters, text, look()) for letters, text in zip("ABCDEF", texts, strict=True)),
                cells.number("G", str(answer.status), look(Kind.PLAIN, INTEGER)),
                cells.number("H", str(answer.size), look(Kind.PLAIN, COUNT)),
                cells.text("I", answer.sha256, look()),
            ]
        )
    for document in plan.books.posting.run.documents:
        texts = (document.account, f"PDF: {document.kind}", document.path or "none", document.number, document.outcome,
                 document.detail)  # fmt: skip
        yield row(
            [
                *(cells.text(letters, text, look()) for letters, text in zip("ABCDEF", texts, strict=True)),
                cells.number("H", str(document.size), look(Kind.PLAIN, COUNT)) if document.size is not None else "",
                cells.text("I", document.sha256 or "", look()),
            ]
        )
