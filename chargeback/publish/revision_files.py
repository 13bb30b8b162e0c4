"""Every file of a revision that follows from its evidence and configuration, in the order in which it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chargeback.config import Config
from chargeback.evidence import Evidence
from chargeback.evidence.records import INDEX_PATH, RUN_PATH
from chargeback.model.books import Books
from chargeback.publish import ledger_csv, month_summary, reconciliation

CONFIG_PATH = "config.toml"
PublishedFile = tuple[str, Iterable[bytes]]


def files(books: Books, config: Config, evidence: Evidence) -> Iterator[PublishedFile]:
    """(path, chunks of bytes) of all files but the answers and documents themselves, which are evidence."""
    yield CONFIG_PATH, [config.source]
    yield INDEX_PATH, [evidence.index_json()]
    yield RUN_PATH, [evidence.run.to_json()]
    yield from ledger_csv.files(books)
    yield from reconciliation.files(books)
    yield from month_summary.files(books)
