"""Every file of a revision that follows from its evidence and configuration, in the order in which it is written.

The formats are imported when their files are asked for: a run that writes nothing pays for none of their libraries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chargeback.config import Config
from chargeback.evidence import Evidence
from chargeback.evidence.records import INDEX_PATH, PREVIOUS_JOURNAL_PATH, RUN_PATH
from chargeback.model.archive_overview import Restatement, TeamChange, event_text
from chargeback.model.books import Books
from chargeback.model.money import minor_digits

CONFIG_PATH = "config.toml"
PublishedFile = tuple[str, Iterable[bytes]]


def prepare() -> None:
    """Import what files are made with, ahead of their making; not Parquet's library, which starts a thread: only a
    process of a single thread is forked."""
    from chargeback.publish import all_workbook, exports, statements, team_workbook, workpaper  # noqa: F401
    from chargeback.publish.pages import month_page  # noqa: F401


def files(books: Books, config: Config, evidence: Evidence) -> Iterator[PublishedFile]:
    """(path, chunks of bytes) of all files but the answers and documents themselves, which are evidence.

    The page comes last, as it links to every other file.
    """
    from chargeback.publish.pages import month_page

    paths = list(evidence_paths(evidence))
    for path, chunks in _before_the_page(books, config, evidence):
        paths.append(path)
        yield path, chunks
    changes = restatement(books)
    yield from month_page.files(books, config, sorted(paths), evidence=evidence, changes=changes)


def evidence_paths(evidence: Evidence) -> Iterator[str]:
    """The files of the evidence that are kept as received: answers, documents, and the journal before."""
    yield from (answer.path for answer in evidence.answers if answer.path)
    yield from (record.path for record in evidence.run.documents if record.path)
    if evidence.run.revision > 1:
        yield PREVIOUS_JOURNAL_PATH


def _before_the_page(books: Books, config: Config, evidence: Evidence) -> Iterator[PublishedFile]:
    from chargeback.publish import exports, ledger_csv, month_summary, reconciliation, statements, workpaper

    yield CONFIG_PATH, [config.source]
    yield INDEX_PATH, evidence.index_json()
    yield RUN_PATH, [evidence.run.to_json()]
    yield from ledger_csv.files(books)
    if not config.publish.leaves_out_workbooks:
        yield from _workbooks(books, config)
    yield from statements.files(books, config)
    yield from reconciliation.files(books)
    yield from workpaper.workpaper(books, config, evidence)
    yield from month_summary.files(books, config)
    previous = evidence.store.read(PREVIOUS_JOURNAL_PATH) if evidence.run.revision > 1 else None
    yield from exports.files(books, config, previous)


def _workbooks(books: Books, config: Config) -> Iterator[PublishedFile]:
    """What ``[publish] leave_out`` can leave out: the workbook of all lines, and the teams'."""
    from chargeback.publish import all_workbook, team_workbook

    yield from all_workbook.files(books, config)
    yield from team_workbook.files(books, config)


def restatement(books: Books) -> Restatement | None:
    """What the revision changes against the one before it of the month; None for a first one."""
    run = books.posting.run
    if run.revision == 1:
        return None
    reasons = {reason for change in run.restated for reason in change.why}
    changes = tuple(
        TeamChange(change.team, change.currency, minor_digits(change.currency), change.before, change.after)
        for change in run.restated
    )
    events = tuple(map(event_text, run.events))
    return Restatement(run.revision - 1, tuple(sorted(reasons)), changes, events)
