"""``reconciliation/reconciliation.xlsx``: the month's workpaper in the auditor's sense.

Its large sheets are written together, some accounts on all of them before the next ones: so each account is looked at
once, and no figure of it is kept any longer.

A figure can be followed from *Lead* to the evidence without the program: every sum and comparison is a live formula
that carries its value, every figure that the platform sent has its file, JSON pointer and checksum. A further sheet is
a module with its ``SHEET``, and its name in ``SHEETS``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chargeback.config import Config
from chargeback.evidence import Evidence
from chargeback.model.books import Books
from chargeback.publish.workpaper import (
    control,
    cut_off,
    exceptions,
    findings,
    index,
    invoice_lines,
    invoices,
    lead,
    method,
    open_items,
    tie_out,
)
from chargeback.publish.workpaper import (
    evidence as evidence_sheets,
)
from chargeback.publish.workpaper.numbered_accounts import PATH, Paper
from chargeback.publish.workpaper.sheet import in_order_of_reading
from chargeback.publish.xlsx.book import Book

FIGURES = (
    lead.SHEET,
    findings.SHEET,
    exceptions.SHEET,
    tie_out.SHEET,
    invoices.SHEET,
    invoice_lines.SHEET,
    control.SHEET,
    control.PARTS_SHEET,
    cut_off.SHEET,
    open_items.SHEET,
    method.SHEET,
    evidence_sheets.SHEET,
    evidence_sheets.FILES_SHEET,
    method.CONFIGURATION_SHEET,
)
"""The sheets behind *Index*, in their order; the last three are appendices."""
SHEETS = (index.sheet_over(FIGURES), *FIGURES)


def workpaper(books: Books, config: Config, evidence: Evidence) -> Iterator[tuple[str, Iterable[bytes]]]:
    """(path in the revision, the file's bytes in chunks): the one workpaper of the month.

    ``AnswerError`` where a file of evidence is not the one that the index names.
    """
    yield PATH, _chunks(books, config, evidence)


def _chunks(books: Books, config: Config, evidence: Evidence) -> Iterator[bytes]:
    paper = Paper(books, config, evidence)
    title = f"Reconciliation {books.period}, revision {books.revision}"
    book = Book(books.posting.run.run_at, title, PATH, [shape for sheet in SHEETS for shape in sheet.shapes(paper)])
    order = list(in_order_of_reading(SHEETS))
    read_by_account = {name for sheet in order if sheet.begin for name in sheet.reads}
    for sheet in order:
        if sheet.write and sheet.name in read_by_account:
            yield from sheet.write(book, paper)
    made = [sheet.begin(book, paper) for sheet in order if sheet.begin]
    for accounts in paper.some_at_once():
        for rows in made:
            rows.add(accounts)
        for rows in made:
            rows.let_go()
    for rows in made:
        yield from rows.finish()
    for sheet in order:
        if sheet.write and sheet.name not in read_by_account:
            yield from sheet.write(book, paper)
    yield from book.finish()
