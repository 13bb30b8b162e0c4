"""What a sheet of the workpaper is: its name and reference, what it is for, where its figures come from, what was done,
what follows; its shapes, how it is written, and which it refers to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from msgspec import Struct
from msgspec.structs import replace

from chargeback.model.check import Code, Outcome
from chargeback.model.wording import counted
from chargeback.publish.workpaper.numbered_accounts import VERDICTS, AccountPaper, Paper
from chargeback.publish.xlsx.book import Book
from chargeback.publish.xlsx.cells import EMPTY_ROW, Cells
from chargeback.publish.xlsx.shape import Fill, SheetShape
from chargeback.publish.xlsx.sheets import Head, SheetTable, TableDraft, Written
from chargeback.publish.xlsx.stack import Stack
from chargeback.publish.xlsx.styles import Kind, look
from chargeback.publish.xlsx.tables import Styled

Write = Callable[[Book, Paper], Iterator[bytes]]
OfAccounts = Callable[[Sequence[AccountPaper]], Iterable[str]]
"""The rows of accounts that follow each other."""
INDEX = "Index"
_TO_INDEX = f"'{INDEX}'!A1"
_LINK_ROW = 3
"""The row of the remark, which leads back to the index."""


BACK = "← Index · "
"""Begins the remark that leads back."""


class Declaration(Struct, frozen=True):
    """What an auditor asks of a working paper: its reference, the source of its figures, what was done with them, and
    what follows; the sheet's own foot and the index say it.
    """

    reference: str
    source: str
    procedure: str
    conclusion: Callable[[Paper], str]


def concluded(*codes: Code) -> Callable[[Paper], str]:
    """What the month's checks of these codes come to; all checks where none is named."""

    def conclusion(paper: Paper) -> str:
        counts, unperformed = Counter[Outcome](), 0
        for (code, outcome, performed), count in paper.books.tally.items():
            if code in codes or not codes:
                counts[outcome] += count * performed
                unperformed += count * (not performed)
        parts = [counted(counts[Outcome.EXCEPTION], "exception")] if counts[Outcome.EXCEPTION] else []
        parts += [f"{counts[Outcome.ACCEPTED]:,} accepted"] if counts[Outcome.ACCEPTED] else []
        parts += [counted(counts[Outcome.NOTICE], "notice")] if counts[Outcome.NOTICE] else []
        parts += [f"{counted(unperformed, 'check')} not performed"] if unperformed else []
        held = f"{counted(counts[Outcome.PASS], 'check')} {'holds' if counts[Outcome.PASS] == 1 else 'hold'}"
        return ", ".join([held, *(parts or ["no exception"])]) + "."

    return conclusion


class AccountRows(Struct, frozen=True):
    """A sheet of one table in the making, some accounts' rows after the others'."""

    draft: TableDraft
    written: Written
    of_accounts: OfAccounts
    below: Callable[[], Iterable[str]]

    def add(self, accounts: Sequence[AccountPaper]) -> None:
        """Write the accounts' rows."""
        self.draft.add(self.of_accounts(accounts))

    def let_go(self) -> None:
        """The accounts are written on all sheets: of their figures only totals are referred to later."""
        self.written.let_go()

    def finish(self) -> Iterator[bytes]:
        """Write what stands beneath the accounts' rows, and give the sheet."""
        self.draft.add(self.below())
        yield from self.draft.finish()


class PaperSheet(Struct, frozen=True):
    """A sheet: ``reads`` are the names of those that it refers to, which are written before it. One that is written
    some accounts at a time, while others are, has ``begin`` in place of ``write``.
    """

    name: str
    purpose: str
    shapes: Callable[[Paper], list[SheetShape]]
    write: Write | None
    reads: tuple[str, ...] = ()
    declaration: Declaration | None = None
    begin: Callable[[Book, Paper], AccountRows] | None = None


def foot(name: str, purpose: str, declared: Declaration, paper: Paper) -> list[tuple[str, str]]:
    """What a sheet says of itself, by what it is."""
    return [
        ("Working paper", f"{declared.reference} {name}"),
        ("Purpose", purpose),
        ("Source", declared.source),
        ("Procedure", declared.procedure),
        ("Conclusion", declared.conclusion(paper)),
    ]


def _foot_rows(cells: Cells, said: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield EMPTY_ROW
    for label, text in said:
        kind = Kind.STRONG if label in ("Working paper", "Conclusion") else Kind.QUIET
        yield cells.line(f"{label}: {text}", look(kind))


def table_sheet(
    table: type[SheetTable],
    rows: Callable[[Written, Paper], Iterable[str]],
    count: Callable[[Paper], int],
    declared: Declaration,
    reads: tuple[str, ...] = (),
) -> PaperSheet:
    """A sheet of one table: ``rows`` makes ``count`` rows, and any further ones beneath."""

    def write(book: Book, paper: Paper) -> Iterator[bytes]:
        draft, written = _draft(book, paper, table, count(paper), declared)
        draft.add(chain(rows(written, paper), _foot_rows(book.cells, foot(table.name, table.purpose, declared, paper))))
        yield from draft.finish()

    return PaperSheet(table.name, table.purpose, _shapes_of(table, count), write, reads, declared)


def account_sheet(
    table: type[SheetTable],
    rows: Callable[[Written, Paper], OfAccounts],
    count: Callable[[Paper], int],
    declared: Declaration,
    reads: tuple[str, ...] = (),
    *,
    below: Callable[[Written, Paper], Iterable[str]] = lambda written, paper: (),
) -> PaperSheet:
    """A sheet of one table, account by account: ``rows`` gives what makes the accounts', ``count`` in all, ``below``
    those beneath."""

    def begin(book: Book, paper: Paper) -> AccountRows:
        draft, written = _draft(book, paper, table, count(paper), declared)
        said = foot(table.name, table.purpose, declared, paper)
        under = lambda: chain(below(written, paper), _foot_rows(book.cells, said))  # noqa: E731
        return AccountRows(draft, written, rows(written, paper), under)

    return PaperSheet(table.name, table.purpose, _shapes_of(table, count), None, reads, declared, begin)


def _draft(
    book: Book, paper: Paper, table: type[SheetTable], count: int, declared: Declaration
) -> tuple[TableDraft, Written]:
    written = paper.begin(book.cells, table)
    head = Head(f"{declared.reference} {table.name}", f"{BACK}{paper.remark}", _LINK_ROW)
    return TableDraft(book, written, count, head, paper.footer, paper.kept), written


def _shapes_of(table: type[SheetTable], count: Callable[[Paper], int]) -> Callable[[Paper], list[SheetShape]]:
    return lambda paper: table.shapes(count(paper), VERDICTS, (_TO_INDEX,))


def stacked_sheet(
    shape: Callable[[Paper], SheetShape],
    purpose: str,
    widths: Sequence[float],
    rows: Callable[[Stack, Paper], Sequence[int]],
    reads: tuple[str, ...] = (),
    *,
    name: str,
    declared: Declaration | None = None,
    sections: Sequence[Callable[[Stack, Paper], Iterator[str]]] = (),
) -> PaperSheet:
    """A sheet of several tables; ``rows`` adds them, and says in which rows the links of the shape stand; ``sections``
    follow, whose rows are too many to be held. One that is declared leads back to the index from its third row."""

    def written(stack: Stack, paper: Paper, fill: Fill) -> Iterator[str]:
        links = list(rows(stack, paper))
        for section in sections:
            yield from section(stack, paper)
        if declared is not None:
            stack.rows += _foot_rows(stack.cells, foot(name, purpose, declared, paper))
            links.append(_LINK_ROW)
        yield from stack.taken()
        fill.last_row, fill.link_rows = stack.handed_on, links

    def write(book: Book, paper: Paper) -> Iterator[bytes]:
        fill = Fill(dict(enumerate(widths, start=1)), paper.footer)
        yield from book.sheet(name, written(Stack(book.cells), paper, fill), fill)

    def shapes(paper: Paper) -> list[SheetShape]:
        own = shape(paper)
        return [replace(own, links=(*own.links, _TO_INDEX)) if declared is not None else own]

    return PaperSheet(name, purpose, shapes, write, reads, declared)


def titled(stack: Stack, name: str, purpose: str, declared: Declaration, paper: Paper) -> None:
    """The head of a sheet of several tables, as sheets of one table have it."""
    stack.title(f"{declared.reference} {name}", purpose)
    stack.texts(Styled(f"{BACK}{paper.remark}", Kind.LINK))
    stack.gap()


def in_order_of_reading(sheets: Sequence[PaperSheet]) -> Iterator[PaperSheet]:
    """The sheets, each after those that it refers to; ``LookupError`` where they refer to each other in a circle."""
    waiting, written = list(sheets), set[str]()
    while waiting:
        ready = [sheet for sheet in waiting if written.issuperset(sheet.reads)]
        if not ready:
            raise LookupError(f"sheets that wait for each other: {', '.join(sheet.name for sheet in waiting)}")
        yield ready[0]
        written.add(ready[0].name)
        waiting.remove(ready[0])
