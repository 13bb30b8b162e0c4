"""What was decided about findings, and of what size each was then: kept by a run, shown by the commands.

``dispositions.csv`` names a finding and the revision where it was looked at; the amount stands in that revision. Where
that was moved away with old years, the records of the newest revision still have it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from decimal import Decimal

from chargeback.archive.boundary import interpreting
from chargeback.archive.reading import Archive
from chargeback.archive.registers import Disposition, read_dispositions
from chargeback.archive.revision import Revision
from chargeback.evidence import DispositionRecord
from chargeback.evidence.period import Period
from chargeback.model import archived_checks
from chargeback.model.archive_overview import RevisionName
from chargeback.model.archived_checks import ArchivedCheck, ArchivedFinding, DecidedFinding, FindingSubject, read_checks
from chargeback.model.check import Check, Code, Outcome, Subject, SubjectKind, covers
from chargeback.publish.reconciliation import finding_row


def known_dispositions(archive: Archive, period: Period) -> tuple[DispositionRecord, ...]:
    """The last decision about each finding, of this month or an earlier one, with the finding's size at that time.

    One whose revision is not in the archive any more, and that no record has, is left out: nobody knows of what amount
    it was. ``DamagedError`` where ``dispositions.csv``, or a revision that it names, does not prove itself.
    """
    last = _last_of_each(read_dispositions(archive.root), period)
    if not last:
        return ()
    sizes = _sizes(archive, {each.name for each in last})
    return tuple(_record(each, *size) for each in last if (size := sizes.get((each.name, each.finding))))


def _sizes(
    archive: Archive, names: AbstractSet[RevisionName]
) -> dict[tuple[RevisionName, str], tuple[str | None, int]]:
    """By revision and finding its amount and the number of its checks, as far as anything here says them."""
    head = archive.head()
    kept = {
        (RevisionName(each.period, each.revision), each.finding): (each.amount, each.checks)
        for each in (head.run_record().dispositions if head else ())
    }
    read = {
        (name, finding.id): (finding.amount, finding.checks)
        for name in names & set(archive.names())
        for finding in archived_findings(archive.revision(name))
    }
    return {**kept, **read}


def _last_of_each(given: Iterable[Disposition], period: Period) -> list[Disposition]:
    """Of each finding the decision about its newest revision, none later than the month; by the finding's id."""
    last: dict[str, Disposition] = {}
    for each in given:
        before = last.get(each.finding)
        if each.period <= period and (before is None or before.name <= each.name):
            last[each.finding] = each
    return [last[finding] for finding in sorted(last)]


def _record(given: Disposition, amount: str | None, checks: int) -> DispositionRecord:
    return DispositionRecord(
        finding=given.finding,
        period=given.period,
        revision=given.revision,
        disposition=given.disposition,
        by=given.by,
        disposed_at=given.disposed_at,
        amount=amount,
        checks=checks,
    )


def archived_findings(revision: Revision) -> tuple[ArchivedFinding, ...]:
    """A revision's findings, the largest first; of a version that knew none, its exceptions grouped as now."""
    archived = revision.interpret(archived_checks.PATH, read_checks)
    if archived.findings is not None:
        return archived.findings
    with interpreting(revision.root / archived_checks.PATH):
        from chargeback.reconcile.register import with_findings  # brings in every check, which other months do without

        _, findings = with_findings([_check(row) for row in archived.checks])
    rows = (finding_row(finding) for finding in findings)
    return tuple(ArchivedFinding(**{**row, "subject": FindingSubject(**row["subject"])}) for row in rows)


def decided_findings(archive: Archive, revision: Revision, checks: Iterable[ArchivedCheck]) -> Iterator[DecidedFinding]:
    """The revision's findings, the largest first, with what was decided until now; ``checks`` are its own."""
    found = archived_findings(revision)
    known = {each.finding: each for each in known_dispositions(archive, revision.name.period)} if found else {}
    accepted = Counter(check.finding for check in checks if check.outcome is Outcome.ACCEPTED)
    for each in found:
        last = known.get(each.id)
        amount = None if each.amount is None else Decimal(each.amount)
        disposition = last if last is not None and covers(last, amount, each.checks) else None
        yield DecidedFinding(each, each.checks - accepted[each.id], disposition)


def _check(row: ArchivedCheck) -> Check:
    """The check with its amounts; such a version did not write what kind of subject it was about."""
    return Check(
        code=Code(row.check),
        outcome=row.outcome,
        message=row.message,
        account=row.account,
        invoice=row.invoice,
        subject=Subject(SubjectKind.PROJECT, row.subject) if row.subject else None,
        variance=None if row.variance is None else Decimal(row.variance),
        currency=row.currency,
    )
