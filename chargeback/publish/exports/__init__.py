"""What other systems take: the journal for accounting, FOCUS for FinOps tools, Parquet for a warehouse (INTERFACE)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from chargeback.config import Config
from chargeback.evidence.records import JOURNAL_PATH
from chargeback.model.books import Books, Status
from chargeback.model.instants import parse_instant
from chargeback.model.journal import JournalRow, MonthJournal
from chargeback.model.wording import booking_text
from chargeback.publish.exports import beancount, erp, focus, focus_invoice, journal_csv, journal_xlsx, tax_csv
from chargeback.publish.exports.change import Restating, corrections
from chargeback.publish.exports.journal_xlsx import JournalBook
from chargeback.publish.exports.tax_csv import TaxEntry
from chargeback.publish.exports.tax_sheets import Seller


def files(books: Books, config: Config, previous_journal: bytes | None) -> Iterator[tuple[str, Iterable[bytes]]]:
    """The exports; ``previous_journal`` is the ``journal.csv`` of the month's revision before, None in the first.

    ``journal-change.*`` exist from the second revision on, also where nothing differs. ``DamagedError`` where the bytes
    are no journal.
    """
    journal = month_journal(books, config)
    month, revision = books.period, books.revision
    yield "exports/focus.csv", focus.chunks(books, config)
    yield "exports/focus-invoice-detail.csv", focus_invoice.invoice_details(books, config)
    yield "exports/focus-billing-period.csv", focus_invoice.billing_periods(books, config)
    yield JOURNAL_PATH, journal_csv.chunks(journal.rows())
    yield (
        "exports/journal.beancount",
        beancount.chunks(
            journal.rows(),
            journal.currencies,
            f"deploys.app {month} r{revision}",
            _noted(f"The whole month as revision {revision} has it.", books),
        ),
    )
    taxes = list(tax_csv.entries(journal.settlements(), books.posting.run.settlements or ()))
    yield _workbook("journal", books, config, journal.rows(), taxes)
    changed: list[JournalRow] = []
    if previous_journal is not None:
        changed = _corrections(books, config, journal, previous_journal)
        corrected = list(tax_csv.entries(changed, ()))
        yield from _change_files(books, changed)
        yield _workbook("journal-change", books, config, changed, corrected)
        taxes += corrected
    for profile in erp.profiles(config, books.posting.run.profiles):
        yield from erp.files(profile, "journal", journal.rows())
        if previous_journal is not None:
            yield from erp.files(profile, "journal-change", changed)
    yield "exports/tax.csv", tax_csv.chunks(tax_csv.rows(str(month), taxes, config.vendor))
    yield "exports/ledger.parquet", _parquet(books)


def month_journal(books: Books, config: Config) -> MonthJournal:
    """The month's journal as it may be booked."""
    is_sound = books.status is not Status.EXCEPTIONS
    return MonthJournal(books.posting, config.bookkeeping, config.timezone, is_sound=is_sound)


def _noted(note: str, books: Books) -> str:
    """The note, and that the journal is not to be booked where it is not."""
    text = booking_text(books.status)
    return f"{note} {text[:1].upper()}{text[1:]}." if text else note


def _workbook(
    name: str, books: Books, config: Config, rows: Iterable[JournalRow], taxes: Sequence[TaxEntry]
) -> tuple[str, Iterable[bytes]]:
    """The path and bytes of a journal as a workbook."""
    path, vendor, run = f"exports/{name}.xlsx", config.vendor, books.posting.run
    seller = Seller(vendor.name, vendor.tax_id, vendor.branch)
    language, spool = config.publish.language, books.posting.spool
    made = JournalBook(path, str(books.period), books.revision, run.run_at, rows, taxes, seller, language, spool)
    return path, journal_xlsx.chunks(made)


def _parquet(books: Books) -> Iterator[bytes]:
    """Imported when the bytes are asked for: a rerun compares the other files."""
    from chargeback.publish.exports import parquet

    yield from parquet.chunks(books.ledger)


def _corrections(books: Books, config: Config, journal: MonthJournal, previous: bytes) -> list[JournalRow]:
    run_at = parse_instant(books.posting.run.run_at)
    is_open = config.journal.corrections == "open" and run_at is not None
    day = run_at.astimezone(config.timezone).date() if is_open and run_at else books.period.last_day
    to = Restating(str(books.period), books.revision, day.isoformat(), journal.is_sound)
    return corrections(journal.rows(), journal_csv.accruals(previous), to)


def _change_files(books: Books, changed: list[JournalRow]) -> Iterator[tuple[str, Iterable[bytes]]]:
    month, revision = books.period, books.revision
    yield "exports/journal-change.csv", journal_csv.chunks(changed)
    yield (
        "exports/journal-change.beancount",
        beancount.chunks(
            changed,
            sorted({row.currency for row in changed}),
            f"deploys.app {month} r{revision} less r{revision - 1}",
            _noted(f"Book this where r{revision - 1} is booked, else journal.beancount instead.", books),
        ),
    )
