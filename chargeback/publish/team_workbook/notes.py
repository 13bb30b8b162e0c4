"""The sheet *Notes*: what a reader should know of the figures, in plain words: exceptions, rules, sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chargeback.model.check import Outcome
from chargeback.model.ledger import Basis
from chargeback.publish.team_workbook.month import TeamMonth
from chargeback.publish.team_workbook.team_checks import TeamCheck, checks_of
from chargeback.publish.xlsx.book import Book
from chargeback.publish.xlsx.shape import Fill, SheetShape
from chargeback.publish.xlsx.stack import Stack
from chargeback.publish.xlsx.styles import Kind
from chargeback.publish.xlsx.tables import Column, Form, Record, Styled, Table, Value, note

NOTES = "Notes"
_WIDTHS = (22.0, 20.0, 20.0, 22.0, 80.0, 16.0, 10.0)
_FROZEN = 2
_OUTCOMES = {Outcome.EXCEPTION: Kind.BAD, Outcome.ACCEPTED: Kind.KNOWN, Outcome.NOTICE: Kind.QUIET}
_CHARACTERS = 88
"""Characters that a line of the widest column holds, for the height of a row with wrapped text."""

TAX_RULES = (
    "An invoice's tax is divided over its lines by their amounts, and over each line's parts by the parts' gross.",
    "Parts are rounded to the minor unit by the largest remainder, so that they add up to the invoice's tax exactly.",
    "On every line gross = net + tax. All ledgers of a month together add up to the invoices, to the last minor unit.",
)
BASES = {
    Basis.INVOICE_LINE: "the invoice bills the project or the SKU by itself",
    Basis.REPORT_SHARE: "the invoice's line is divided by the usage report's cost: this project's and resource's part",
    Basis.SHARED_SPLIT: "the project is shared: this team's part, share_percent of it",
    Basis.ADJUSTMENT: "what the invoice holds beyond its lines",
}


class TeamChecks(Table):
    """One row a check that touches the team, as the team may read it."""

    outcome = Column("Outcome")
    check = Column("Check")
    invoice = Column("Invoice")
    concerns = Column("Concerns")
    found = Column("What was found", kind=Kind.WRAPPED)
    difference = Column("Difference", form=Form.EXACT)
    currency = Column("Currency")


class Sources(Table):
    """One row a file of an invoice that the team's lines are of."""

    account = Column("Account")
    name = Column("Name")
    invoice = Column("Invoice")
    status = Column("Status")
    file = Column("File")


def shapes(month: TeamMonth) -> list[SheetShape]:
    """The one sheet."""
    return [SheetShape(NOTES, len(_WIDTHS), _FROZEN, plain_from=1)]


def write(book: Book, month: TeamMonth) -> Iterator[bytes]:
    """Write the sheet."""
    stack = Stack(book.cells)
    stack.title("Notes", f"{month.title} · {month.books.period} · revision {month.books.revision}")
    stack.gap()
    _checks(stack, list(checks_of(month)))
    _rules(stack, month)
    _sources(stack, month)
    fill = Fill(dict(enumerate(_WIDTHS, start=1)), month.footer, last_row=len(stack.rows))
    yield from book.sheet(NOTES, stack.rows, fill)


def _checks(stack: Stack, checks: list[TeamCheck]) -> None:
    stack.section("Exceptions, accepted exceptions and notices that touch this team", len(_WIDTHS))
    if not checks:
        stack.texts("none: every check that touches this team holds")
        stack.gap()
        return
    order = list(_OUTCOMES)
    stack.table(TeamChecks).add_all(map(_check, sorted(checks, key=lambda entry: order.index(entry.outcome))))
    stack.gap()


def _check(check: TeamCheck) -> Record:
    table = TeamChecks
    supplied: dict[Column, Value] = {
        table.outcome: Styled(check.outcome.value, _OUTCOMES[check.outcome]),
        table.check: check.code.value,
        table.invoice: check.invoice,
        table.concerns: check.concerns,
        table.found: check.text,
        table.difference: check.variance,
        table.currency: check.currency,
    }
    return Record(supplied, height=_height_for(check.text))


def _height_for(text: str) -> float:
    """The height, in points, of a row that shows the text wrapped."""
    return 14.0 * max(1, min(-(-len(text) // _CHARACTERS), 20))


def _rules(stack: Stack, month: TeamMonth) -> None:
    stack.section("How tax was apportioned", len(_WIDTHS))
    for sentence in TAX_RULES:
        stack.texts(sentence)
    stack.gap()
    stack.section("How lines came to this team (column basis)", len(_WIDTHS))
    counted = month.totals.by(lambda part: part.basis)
    for basis, meaning in BASES.items():
        if basis in counted:
            stack.texts(Styled(basis.value, Kind.STRONG), f"{counted[basis].lines} lines: {meaning}")
    if not counted:
        stack.texts(note("no lines in this month"))
    stack.gap()


def _sources(stack: Stack, month: TeamMonth) -> None:
    stack.section("Sources, as files of this revision", len(_WIDTHS))
    files, table = _files(month), Sources
    stack.table(table).add_all(
        Record(
            {
                table.account: label.account,
                table.name: label.account_name,
                table.invoice: label.invoice,
                table.status: label.status,
                table.file: path,
            }
        )
        for label in month.totals.labels
        for path in files.get((label.account, label.invoice_id), ["no PDF could be kept"])
    )
    stack.gap()
    for sentence in _sentences(month):
        stack.texts(sentence)


def _files(month: TeamMonth) -> dict[tuple[str, str], list[str]]:
    files: dict[tuple[str, str], list[str]] = {}
    for document in month.books.posting.run.documents:
        if document.path:
            files.setdefault((document.account, document.invoice), []).append(document.path)
    return files


def _sentences(month: TeamMonth) -> Iterable[str]:
    run = month.books.posting.run
    yield "What the platform answered stands in the folder evidence of this revision; evidence/index.json lists it."
    yield f"The answers were collected at {run.run_at} from {run.endpoint}"
    yield "reconciliation/reconciliation.xlsx shows that invoices, usage report and ledgers agree, or where not."
    earlier = next((entry for entry in run.earlier if entry.period == month.previous), None)
    if earlier:
        yield f"The previous month's figures are those of {earlier.period}, revision {earlier.revision}."
