"""The sample's workpaper, and those of other evidence, opened."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any

from chargeback.config import Config
from chargeback.evidence import Evidence, sha256_of
from chargeback.model.books import Books
from chargeback.model.strict_json import parse
from chargeback.month_end import close_month
from chargeback.publish.workpaper import workpaper
from tests.kit import sample
from tests.kit.opened import Opened

SHEETS = ["Index", "Lead", "Findings", "Exceptions", "Tie-out", "Invoices", "Invoice lines", "Ledger control",
          "Ledger parts", "Cut-off and completeness", "Open items", "Method", "Evidence", "Evidence files",
          "Configuration"]  # fmt: skip


@cache
def paper() -> Opened:
    """The sample's workpaper."""
    ((path, chunks),) = workpaper(sample.books(), sample.config(), sample.evidence())
    assert path == "reconciliation/reconciliation.xlsx"
    return Opened.of(chunks)


def of(evidence: Evidence, config: Config) -> tuple[Books, Opened]:
    """The workpaper of other evidence, with its books."""
    books = close_month(evidence, config)
    ((_, chunks),) = workpaper(books, config, evidence)
    return books, Opened.of(chunks)


def table(book: Opened, sheet: str) -> Iterator[dict[str, Any]]:
    """A sheet's rows under its headings (the fourth row), by heading, down to what the sheet says of itself."""
    rows = book.rows(sheet, 4)
    headings = [str(heading) for heading in rows[0]]
    for row in rows[1:]:
        if str(row[0]).startswith("Working paper: "):
            return
        if any(value is not None for value in row):
            yield dict(zip(headings, row, strict=True))


def resolved(document: Any, pointer: str) -> Any:
    """What stands at a JSON pointer (RFC 6901)."""
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


def untraced(book: Opened, evidence: Evidence) -> Iterator[str]:
    """Figures whose pointer does not lead to their value, or whose checksum is not their file's."""
    for row in table(book, "Evidence"):
        data = evidence.store.read(row["File"])
        found = resolved(parse(data), row["JSON pointer"])
        shown = row["As sent, where a number cell cannot hold it"] or row["Value"]
        same = found == shown if isinstance(found, str) else Decimal(found) == Decimal(str(shown))
        if not same or sha256_of(data) != row["SHA-256 of the file"]:
            yield f"{row['File']}{row['JSON pointer']}: {found!r}, shown {shown!r}"
