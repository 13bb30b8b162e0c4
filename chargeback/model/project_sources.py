"""The sources of a month's project names, in their order, and its reports as they are read with them (BOOKING 5).

Whose project a line or a report row is of is decided only here, once every source has been read: accounts are read by
themselves, and what they state of projects is put together for the whole month.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from msgspec.structs import replace

from chargeback.evidence import Evidence, ProjectPair
from chargeback.model.answers import text_of
from chargeback.model.archived_summary import BookedNames
from chargeback.model.booking import AccountMonth
from chargeback.model.facts import read_project_lists
from chargeback.model.projects import ProjectDirectory, Source
from chargeback.model.spool import Spool


def booked_names(months: Iterable[AccountMonth], directory: ProjectDirectory) -> BookedNames:
    """The names that these months are booked with."""
    known = list(months)
    names = {month.account: month.facts.stated_name for month in known if month.facts.stated_name}
    return BookedNames(directory.pairs_of(booked_projects(known, directory)), names)


def read_directory(evidence: Evidence, months: Sequence[AccountMonth]) -> ProjectDirectory:
    """What the month's latest revision, its invoices' lines, its reports and ``project.list`` say of projects."""
    directory = ProjectDirectory()
    for pair in evidence.run.projects:
        directory.state(pair, Source.REVISION)
    for pair in _of_lines(months):
        directory.state(pair, Source.LINE)
    for pair in _of_reports(months):
        directory.state(pair, Source.REPORT)
    read_project_lists(evidence, directory)
    return directory


def with_projects(months: Iterable[AccountMonth], directory: ProjectDirectory, spool: Spool) -> list[AccountMonth]:
    """The months with each row of the reports that are used charged to its project."""
    return [
        replace(month, report=month.report.with_projects(directory, spool)) if month.report else month
        for month in months
    ]


def booked_projects(months: Iterable[AccountMonth], directory: ProjectDirectory) -> set[str]:
    """The sids of the month: those with an invoice line or a report row."""
    found: set[str] = set()
    for month in months:
        lines = chain.from_iterable(invoice.lines for invoice in month.booked)
        found.update(directory.of_line(line) for line in lines if line.is_by_project)
        found.update(month.report.by_project if month.report else ())
    return found


def _of_lines(months: Iterable[AccountMonth]) -> Iterator[ProjectPair]:
    """The pairs that lines of booked invoices state, and the sids without an id: by number and id of the invoice, then
    account and line. A line's description is no name."""
    invoices = ((*invoice.sort_key, place, invoice) for place, month in enumerate(months) for invoice in month.booked)
    for *_, invoice in sorted(invoices, key=lambda each: each[:3]):
        for line in invoice.lines:
            if text_of(line.project):
                yield ProjectPair(text_of(line.project_id), text_of(line.project), "")


def _of_reports(months: Iterable[AccountMonth]) -> Iterator[ProjectPair]:
    for month in months:
        yield from month.report.projects if month.report else ()
