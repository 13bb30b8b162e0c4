"""What other systems take: the journal for accounting, FOCUS for FinOps tools, Parquet for a warehouse (INTERFACE)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chargeback.config import Config
from chargeback.model.books import Books
from chargeback.publish.exports import beancount, focus, journal_csv
from chargeback.publish.exports.change import change
from chargeback.publish.exports.journal import Journal

JOURNAL_PATH = "exports/journal.csv"
"""What ``files`` needs of the month's revision before, from its second revision on."""


def files(books: Books, config: Config, previous_journal: bytes | None) -> Iterator[tuple[str, Iterable[bytes]]]:
    """The exports; ``previous_journal`` is the ``journal.csv`` of the month's revision before, None in the first.

    ``journal-change.*`` exist from the second revision on, also where nothing differs. ``DamagedError`` where the bytes
    are no journal.
    """
    journal = Journal(books, config)
    month, revision = books.period, books.revision
    yield "exports/focus.csv", focus.chunks(books, config)
    yield JOURNAL_PATH, journal_csv.chunks(journal.rows())
    yield (
        "exports/journal.beancount",
        beancount.chunks(
            journal.rows(),
            journal.currencies,
            f"deploys.app {month} r{revision}",
            f"The whole month as revision {revision} has it.",
        ),
    )
    if previous_journal is not None:
        yield from _change_files(journal, previous_journal)
    yield "exports/ledger.parquet", _parquet(books)


def _parquet(books: Books) -> Iterator[bytes]:
    """Imported when the bytes are asked for: a rerun compares the other files, and pyarrow takes long."""
    from chargeback.publish.exports import parquet

    yield from parquet.chunks(books.ledger)


def _change_files(journal: Journal, previous: bytes) -> Iterator[tuple[str, Iterable[bytes]]]:
    month, revision = journal.books.period, journal.books.revision
    changed = change(list(journal.rows()), journal_csv.read(previous), revision)
    yield "exports/journal-change.csv", journal_csv.chunks(changed)
    yield (
        "exports/journal-change.beancount",
        beancount.chunks(
            changed,
            sorted({row.currency for row in changed}),
            f"deploys.app {month} r{revision} less r{revision - 1}",
            f"Book this where r{revision - 1} of {month} is booked; where it is not, book journal.beancount instead.",
        ),
    )
