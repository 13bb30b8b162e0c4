"""The sheet *Notes*: what a reader should know of the figures, in plain words: exceptions, rules, sources."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chargeback.model.check import Outcome
from chargeback.model.ledger import Basis
from chargeback.publish.workbook.package import Book
from chargeback.publish.workbook.page_setup import set_up
from chargeback.publish.workbook.sections import Column, Sections
from chargeback.publish.workbook.styles import EXACT, Kind, look
from chargeback.publish.workbook.team_month import TeamMonth
from chargeback.publish.workbook.touching import Told

NOTES = "Notes"
WIDTHS = {"A": 22, "B": 20, "C": 20, "D": 22, "E": 80, "F": 16, "G": 10}
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


def add_notes(book: Book, month: TeamMonth, told: Sequence[Told], footer: str) -> None:
    """Add the sheet; ``told`` are the checks that touch the team, as it may read them."""
    sections = Sections(book.cells)
    sections.title("Notes", f"{month.title} · {month.books.period} · revision {month.books.revision}")
    sections.gap()
    _exceptions(sections, told)
    _rules(sections, month)
    _sources(sections, month)
    sheet = book.add(NOTES, sections.rows)
    sheet.ignored = f"A1:G{len(sections.rows)}"
    set_up(sheet.worksheet, WIDTHS, footer=footer, freeze="A3", header_rows="1:2")


def _exceptions(sections: Sections, told: Sequence[Told]) -> None:
    cells = sections.cells
    sections.section("Exceptions, accepted exceptions and notices that touch this team", "ABCDEFG")
    if not told:
        sections.add([cells.text("A", "none: every check that touches this team holds", look())])
    else:
        headings = ("Outcome", "Check", "Invoice", "Concerns", "What was found")
        columns = [Column(letter, text) for letter, text in zip("ABCDE", headings, strict=True)]
        sections.header([*columns, Column("F", "Difference", True), Column("G", "Currency")])
    order = list(_OUTCOMES)
    for each in sorted(told, key=lambda entry: order.index(entry.outcome)):
        sections.add(
            [
                cells.text("A", each.outcome.value, look(_OUTCOMES[each.outcome])),
                cells.text("B", each.code.value, look()),
                cells.text("C", each.invoice, look()),
                cells.text("D", each.concerns, look()),
                cells.text("E", each.text, look(Kind.WRAPPED)),
                cells.exact("F", each.variance, look(Kind.PLAIN, EXACT)),
                cells.text("G", each.currency, look()),
            ],
            height_for(each.text),
        )
    sections.gap()


def height_for(text: str, characters: int = _CHARACTERS) -> float:
    """The height, in points, of a row that shows the text wrapped."""
    return 14.0 * max(1, min(-(-len(text) // characters), 20))


def _rules(sections: Sections, month: TeamMonth) -> None:
    cells = sections.cells
    sections.section("How tax was apportioned", "ABCDEFG")
    _sentences(sections, TAX_RULES)
    sections.gap()
    sections.section("How lines came to this team (column basis)", "ABCDEFG")
    counted = month.totals.by(lambda part: part.basis)
    for basis, meaning in BASES.items():
        if basis in counted:
            sections.add(
                [
                    cells.text("A", basis.value, look(Kind.STRONG)),
                    cells.text("B", f"{counted[basis].lines} lines: {meaning}", look()),
                ]
            )
    if not counted:
        sections.add([cells.text("A", "no lines in this month", look(Kind.NOTE))])
    sections.gap()


def _sentences(sections: Sections, sentences: Iterable[str]) -> None:
    for sentence in sentences:
        sections.add([sections.cells.text("A", sentence, look())])


def _sources(sections: Sections, month: TeamMonth) -> None:
    cells = sections.cells
    sections.section("Sources, as files of this revision", "ABCDEFG")
    headings = ("Account", "Name", "Invoice", "Status", "File")
    sections.header([Column(letter, text) for letter, text in zip("ABCDE", headings, strict=True)])
    files = _files(month)
    for label in month.totals.labels:
        for path in files.get((label.account, label.invoice_id), ["no PDF could be kept"]):
            texts = (label.account, label.account_name, label.invoice, label.status, path)
            sections.add([cells.text(letter, text, look()) for letter, text in zip("ABCDE", texts, strict=True)])
    sections.gap()
    _sentences(sections, _sayings(month))


def _files(month: TeamMonth) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for document in month.books.posting.run.documents:
        if document.path:
            found.setdefault((document.account, document.invoice), []).append(document.path)
    return found


def _sayings(month: TeamMonth) -> Iterable[str]:
    run = month.books.posting.run
    yield "What the platform answered stands in the folder evidence of this revision; evidence/index.json lists it."
    yield f"The answers were collected at {run.run_at} from {run.endpoint}"
    yield "reconciliation/reconciliation.xlsx shows that invoices, usage report and ledgers agree, or where not."
    earlier = next((entry for entry in run.earlier if entry.period == month.previous_name), None)
    if earlier:
        yield f"The previous month's figures are those of {earlier.period}, revision {earlier.revision}."
