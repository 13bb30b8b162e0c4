"""A workbook of one sheet, for tests of cells and of the package."""

from __future__ import annotations

from collections.abc import Iterable

from chargeback.publish.xlsx.book import Book
from chargeback.publish.xlsx.shape import Fill, SheetShape

RUN_AT = "2026-06-01T01:00:00Z"


def new_book(run_at: str = RUN_AT, title: str = "Title", subject: str = "Subject") -> Book:
    """A workbook whose one sheet is called *One*."""
    return Book(run_at, title, subject, [SheetShape("One", 1, 1)])


def whole(book: Book, rows: Iterable[str]) -> bytes:
    """Its bytes, with these rows."""
    return b"".join([*book.sheet("One", rows, Fill({1: 10.0}, "file")), *book.finish()])
