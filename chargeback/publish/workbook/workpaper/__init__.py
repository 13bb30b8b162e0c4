"""``reconciliation/reconciliation.xlsx``: the month's workpaper in the auditor's sense (issue 11).

A figure can be followed from *Lead* to the evidence without the program: every sum and comparison is a live formula
that carries its value, every figure that the platform sent has its file, JSON pointer and checksum.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chargeback.config import Config
from chargeback.evidence import Evidence
from chargeback.model.books import Books
from chargeback.publish.workbook.package import Book
from chargeback.publish.workbook.workpaper.control_sheet import add_control, add_parts
from chargeback.publish.workbook.workpaper.cut_off_sheet import add_cut_off
from chargeback.publish.workbook.workpaper.evidence_sheet import add_evidence, add_files
from chargeback.publish.workbook.workpaper.exceptions_sheet import add_exceptions
from chargeback.publish.workbook.workpaper.index_sheet import add_index
from chargeback.publish.workbook.workpaper.invoices_sheet import add_invoices
from chargeback.publish.workbook.workpaper.lead_sheet import add_lead
from chargeback.publish.workbook.workpaper.lines_sheet import add_lines
from chargeback.publish.workbook.workpaper.method_sheet import add_method
from chargeback.publish.workbook.workpaper.plan import Planner
from chargeback.publish.workbook.workpaper.sheet import PATH
from chargeback.publish.workbook.workpaper.tie_out_sheet import add_tie_out

_SHEETS = (
    add_index,
    add_lead,
    add_tie_out,
    add_invoices,
    add_lines,
    add_control,
    add_parts,
    add_cut_off,
    add_exceptions,
    add_evidence,
    add_files,
    add_method,
)


def workpaper(books: Books, config: Config, evidence: Evidence) -> Iterator[tuple[str, Iterable[bytes]]]:
    """(path in the revision, the file's bytes in chunks): the one workpaper of the month.

    ``AnswerError`` where a file of evidence is not the one that the index names.
    """
    yield PATH, _chunks(books, config, evidence)


def _chunks(books: Books, config: Config, evidence: Evidence) -> Iterator[bytes]:
    plan = Planner(books, config, evidence).plan()
    title = f"Reconciliation {books.period}, revision {books.revision}"
    book = Book(books.posting.run.run_at, title, PATH)
    for add in _SHEETS:
        add(book, plan)
    yield from book.chunks()
