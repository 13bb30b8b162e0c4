"""What a sheet of the workpaper is: its name, what it shows, its shapes, how it is written, and which it refers to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from chargeback.publish.workpaper.numbered_accounts import VERDICTS, Paper
from chargeback.publish.xlsx.book import Book
from chargeback.publish.xlsx.shape import Fill, SheetShape
from chargeback.publish.xlsx.sheets import SheetTable, Written, write_table
from chargeback.publish.xlsx.stack import Stack

Write = Callable[[Book, Paper], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class PaperSheet:
    """A sheet: ``reads`` are the names of those that it refers to, which are written before it."""

    name: str
    purpose: str
    shapes: Callable[[Paper], list[SheetShape]]
    write: Write
    reads: tuple[str, ...] = ()


def table_sheet(
    table: type[SheetTable],
    rows: Callable[[Written, Paper], Iterable[str]],
    count: Callable[[Paper], int],
    reads: tuple[str, ...] = (),
) -> PaperSheet:
    """A sheet of one table: ``rows`` makes ``count`` rows, and any further ones beneath."""

    def write(book: Book, paper: Paper) -> Iterator[bytes]:
        written = paper.begin(book.cells, table)
        yield from write_table(
            book, written, rows(written, paper), count(paper), remark=paper.remark, footer=paper.footer
        )

    return PaperSheet(table.name, table.purpose, lambda paper: table.shapes(count(paper), VERDICTS), write, reads)


def stacked_sheet(
    shape: Callable[[Paper], SheetShape],
    purpose: str,
    widths: Sequence[float],
    rows: Callable[[Stack, Paper], Sequence[int]],
    reads: tuple[str, ...] = (),
    *,
    name: str,
) -> PaperSheet:
    """A sheet of several tables; ``rows`` adds them, and says in which rows the links of the shape stand."""

    def write(book: Book, paper: Paper) -> Iterator[bytes]:
        stack = Stack(book.cells)
        links = rows(stack, paper)
        fill = Fill(dict(enumerate(widths, start=1)), paper.footer, last_row=len(stack.rows), link_rows=links)
        yield from book.sheet(name, stack.rows, fill)

    return PaperSheet(name, purpose, lambda paper: [shape(paper)], write, reads)


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
