"""What was decided about a finding holds for later months, while the finding is not larger."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from chargeback.archive.locked_archive import open_for_writing
from chargeback.archive.reading import Archive
from chargeback.archive.registers import (
    DISPOSITIONS,
    Disposition,
    append_disposition,
    read_dispositions,
    register_problems,
    register_states,
)
from chargeback.errors import DamagedError
from chargeback.evidence import DispositionRecord, RunRecord
from chargeback.evidence.period import Period
from chargeback.job.dispositions import archived_findings, known_dispositions
from chargeback.model.check import Finding, covers
from chargeback.month_end import close_month
from chargeback.publish.reconciliation import document
from chargeback.review.month_findings import findings_of
from tests.kit.months import TEAMS, account, invoice, month, of, report
from tests.kit.reviewed import APRIL, MARCH, MAY, Reviewed
from tests.kit.some import some

MOMENT = "2026-06-27T01:00:00Z"
EXACT = TEAMS + '[reconciliation]\ntolerance = { absolute = "0" }\n'


def write(root: Path, *given: Disposition) -> None:
    with open_for_writing(root, started=MOMENT) as writer:
        for each in given:
            append_disposition(writer, each)


def record(finding: str, amount: str | None = "13.00", checks: int = 1) -> DispositionRecord:
    return DispositionRecord(finding, Period(2026, 4), 1, "known", "Ann", MOMENT, amount, checks)


def untied(*dispositions: DispositionRecord) -> tuple[Finding, dict[str, object]]:
    """A month whose report is 13.00 more than its invoice, closed with what was decided before."""
    shown = report(("acme-web", "CPU", 1, 73))
    made = month(account(invoice("I", of("acme-web", 60)), report=shown), config=EXACT)
    evidence = made.evidence()
    books = close_month(replace(evidence, run=replace(evidence.run, dispositions=dispositions)), made.settings)
    (finding,) = (each for each in books.findings if each.code == "report-total")
    (row,) = (each for each in document(books)["findings"] if each["check"] == "report-total")
    return finding, row


@pytest.mark.parametrize(("amount", "holds"), [("13.00", True), ("13", True), ("13.01", True), ("12.99", False)])
def test_it_holds_while_the_amount_is_not_larger(amount: str, holds: bool) -> None:
    finding = untied()[0]
    assert finding.amount == Decimal("13.00")
    found, row = untied(record(finding.id, amount))
    expected = ("known", "Ann", MOMENT) if holds else (None, None, None)
    assert (row["disposition"], row["disposed_by"], row["disposed_at"]) == expected
    assert (found.disposition is not None) == holds


def test_another_findings_disposition_is_none_of_it() -> None:
    assert untied(record("F-0000000000"))[1]["disposition"] is None


def test_a_finding_without_an_amount_is_measured_by_its_checks() -> None:
    twelve = record("F-0000000000", None, 12)
    assert covers(twelve, None, 12)
    assert not covers(twelve, None, 13)
    assert not covers(twelve, Decimal("0.01"), 1)
    assert not covers(record("F-0000000000", "5"), None, 1)


def test_a_run_keeps_the_last_decision_of_its_month_or_earlier(own_office: Reviewed) -> None:
    archive = Archive(own_office.root)
    first, second = archived_findings(archive.revisions(Period.parse(APRIL))[0])[:2]
    write(
        own_office.root,
        Disposition(MOMENT, Period.parse(APRIL), 1, first.id, "one", "Ann"),
        Disposition(MOMENT, Period.parse(APRIL), 1, second.id, "two", "Ann"),
        Disposition(MOMENT, Period.parse(APRIL), 1, first.id, "three", "Bob"),
        Disposition(MOMENT, Period.parse(MAY), 3, first.id, "not a finding of that month", "Bob"),
    )
    archive = Archive(own_office.root)
    assert known_dispositions(archive, Period.parse(MARCH)) == ()
    for period in (APRIL, "2026-04"):
        known = {each.finding: each for each in known_dispositions(archive, Period.parse(period))}
        assert known[first.id].disposition == "three"
        assert (known[first.id].amount, known[first.id].checks) == (first.amount, first.checks)
        assert known[second.id].disposition == "two"
    run = RunRecord(Period(2026, 5), MOMENT, "e", 1, None, (), dispositions=tuple(known.values()))
    assert RunRecord.from_json(run.to_json()).dispositions == run.dispositions


def test_findings_of_a_version_that_grouped_none_are_its_exceptions() -> None:
    root = Path(__file__).parents[1] / "archives" / "v0.2"
    for revision in some(Archive(root).revisions()):
        found = archived_findings(revision)
        assert bool(found) == (revision.manifest.status == "exceptions")
        assert [each.archived for each in findings_of(Archive(root), revision)] == list(found)


def test_every_register_is_recorded_and_missed(own_office: Reviewed) -> None:
    finding = archived_findings(Archive(own_office.root).revisions(Period.parse(APRIL))[0])[0]
    write(own_office.root, Disposition(MOMENT, Period.parse(APRIL), 1, finding.id, "one", "Ann"))
    states = register_states(own_office.root)
    assert [state.path for state in states] == ["dispositions.csv"]
    assert list(register_problems(own_office.root, states)) == []
    (own_office.root / "dispositions.csv").unlink()
    assert list(register_problems(own_office.root, states)) == ["dispositions.csv"]


@pytest.mark.parametrize(
    "line", ["x,2026-04,1,F-012345678,a,b", "x,2026-13,1,F-0123456789,a,b", "x,2026-04,0,F-0123456789,a,b"]
)
def test_what_is_no_disposition_is_damage(tmp_path: Path, line: str) -> None:
    root = tmp_path / "archive"
    with open_for_writing(root, started=MOMENT) as writer:
        DISPOSITIONS.append(writer, line.split(","))
    with pytest.raises(DamagedError, match=r"dispositions\.csv: line 2"):
        read_dispositions(root)
