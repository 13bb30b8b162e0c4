"""A run names the earlier months that it looked at by their manifests: what is proved with them, and what without."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from chargeback.archive.reading import Archive, named_revision, selected_revisions
from chargeback.errors import ConfigurationError, DamagedError
from chargeback.evidence import EarlierInvoice, EarlierManifest, EarlierMonth, EarlierTotal, MonthsElsewhere, RunRecord
from chargeback.evidence.period import Period
from chargeback.evidence.records import MonthsElsewhereError
from chargeback.job.rebuild import rebuild
from chargeback.job.reperformed_revision import ReperformedRevision, as_archived, perform
from chargeback.job.verify import VerifyRequest, verify
from chargeback.model.archived_checks import read_checks
from chargeback.model.check import Code
from chargeback.month_end import close_month
from chargeback.publish import reconciliation
from tests.kit.months import TEAMS, Month, account, invoice, of, report

from .test_verify import MAY, RESTATED, archive, changed_csv, resealed, said, sealed, shifted

__all__ = ["archive", "sealed"]

NOTE = "2026-05/r2 looks at 2026-04/r1, not at hand here: prior-periods and history were taken as archived, and "
OLD = {"periodStart": "2026-03-31T17:00:00Z", "periodEnd": "2026-04-30T17:00:00Z"}
ACCEPTED = """
[[accepted]]
check = "prior-periods"
account = "1042"
invoice = "INV-4"
until = "2026-09"
reason = "ticket 4711"
by = "finance@acme.example"
[[accepted]]
check = "prior-periods"
account = "1042"
invoice = "INV-9"
until = "2026-09"
reason = "nothing any more"
by = "finance@acme.example"
"""


def test_the_record_names_the_earlier_months_manifests_and_repeats_nothing(sealed: Path) -> None:
    record = json.loads((sealed / RESTATED / "evidence/run.json").read_bytes())
    april = named_revision(Archive(sealed), "2026-04")
    assert record["earlier"] == []
    assert record["earlier_manifests"] == [{"period": "2026-04", "revision": 1, "sha256": april.sha256}]
    assert record["billed_before"]


@pytest.fixture
def mailed(archive: Path, tmp_path: Path) -> Path:
    """The restated revision, alone."""
    shutil.copytree(archive / RESTATED, tmp_path / "mailed")
    return tmp_path / "mailed"


def test_a_revision_alone_is_proved_but_for_what_shows_earlier_months_and_that_is_said(mailed: Path) -> None:
    result = verify(mailed, VerifyRequest())
    assert (result.exit, result.findings, result.differences) == (0, (), ())
    (note,) = result.notes
    assert note.startswith(NOTE)
    assert note in said(result)
    performance = perform(selected_revisions(mailed).revisions()[0])
    assert isinstance(performance, ReperformedRevision)
    shown = {path for path, chunks in performance.files() if not _is_made(chunks)}
    assert f"{len(shown)} files that show them" in note
    assert {"index.html", "reconciliation/reconciliation.xlsx", "ledgers/web.xlsx", "ledgers/web.html"} <= shown
    assert not any(path.endswith((".csv", ".json", ".beancount", ".parquet")) for path in shown)
    assert "exports/journal.xlsx" not in shown


def _is_made(chunks: object) -> bool:
    try:
        return bool(list(chunks))  # type: ignore[call-overload]
    except MonthsElsewhereError:
        return False


@pytest.mark.parametrize("path", ["ledgers/web.csv", "exports/journal.csv"])
def test_a_ledger_of_a_revision_alone_that_does_not_follow_from_its_evidence_is_damage(mailed: Path, path: str) -> None:
    changed_csv(mailed / path, shifted("gross" if path.startswith("ledgers") else "debit"))
    resealed(mailed)
    assert verify(mailed, VerifyRequest()).exit == 7


def test_a_check_of_a_revision_alone_that_its_evidence_does_not_give_is_damage(mailed: Path) -> None:
    path = mailed / "reconciliation/reconciliation.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"check": "report-total", ', '"check": "report-chart", ', 1), encoding="utf-8")
    resealed(mailed)
    result = verify(mailed, VerifyRequest())
    assert [(finding.path, result.exit) for finding in result.findings] == [
        ("2026-05/r2/reconciliation/reconciliation.json", 7)
    ]


def test_a_revision_alone_is_not_rebuilt_and_nothing_is_written(mailed: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"not beside it: 2026-04/r1"):
        rebuild(selected_revisions(mailed).revisions()[0], tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_earlier_months_put_beside_it_are_enough(archive: Path, tmp_path: Path) -> None:
    for name in ("2026-04/r1", RESTATED):
        shutil.copytree(archive / name, tmp_path / "auditor" / name)
    again = rebuild(named_revision(Archive(archive), str(tmp_path / "auditor" / RESTATED)), tmp_path / "again")
    assert (again.exit, again.differing) == (0, ())


def test_another_revision_than_the_run_looked_at_is_refused(archive: Path) -> None:
    changed_csv(archive / "2026-04/r1/ledgers/web.csv", shifted("gross"))
    resealed(archive / "2026-04/r1")
    with pytest.raises(DamagedError, match=r"2026-04/r1: is not the revision that 2026-05/r2 looked at"):
        perform(named_revision(Archive(archive), RESTATED))
    findings = verify(archive / RESTATED, VerifyRequest()).findings
    assert any("is not the revision that 2026-05/r2 looked at" in finding.detail for finding in findings)


def test_an_earlier_months_damage_is_told_once_and_who_looks_at_it_is_not_performed(archive: Path) -> None:
    path = archive / "2026-04/r1/reconciliation/month.json"
    path.write_bytes(path.read_bytes().replace(b"THB", b"USD", 1))
    result = verify(archive, VerifyRequest())
    assert {finding.path for finding in result.findings if "2026-05" in finding.path} == set()
    assert [note for note in result.notes if "was not performed again" in note] == [
        f"{name} was not performed again: its evidence is damaged" for name in (MAY, RESTATED)
    ]


def test_old_months_that_were_moved_away_leave_the_others_provable_and_that_is_said(
    archive: Path, tmp_path: Path
) -> None:
    base = named_revision(Archive(archive), "2026-04").sha256
    (archive / "2026-04").rename(tmp_path / "moved")
    result = verify(archive, VerifyRequest(base=base))
    assert (result.exit, result.findings) == (0, ())
    assert [note.partition(" looks at 2026-04/r1, not at hand here")[0] for note in result.notes] == [MAY, RESTATED]


def month(config: str = TEAMS) -> Month:
    """An invoice of April that is void now, and a team that costs more."""
    archived = EarlierInvoice("1042", "inv-4", "INV-4", "THB", 10000, void=False)
    april = EarlierMonth(Period(2026, 4), 1, ("1042",), (archived,), (EarlierTotal("web", "THB", 1000),))
    listed = invoice("INV-4", of("acme-web", 100), status="void", **OLD)
    bill = invoice("INV-5", of("acme-web", 107), tax=7)
    return Month([account(bill, listed, report=report(("acme-web", "CPU", 1, 107)))], config=config, earlier=(april,))


@pytest.mark.parametrize("config", [TEAMS, TEAMS + ACCEPTED])
def test_what_the_checks_came_to_is_read_back_as_it_was(config: str) -> None:
    made = month(config)
    evidence, books = made.evidence(), made.books()
    rows = read_checks(b"".join(dict(reconciliation.files(books))["reconciliation/reconciliation.json"])).checks
    named = (EarlierManifest(Period(2026, 4), 1, "0" * 64),)
    run = replace(
        evidence.run, earlier=MonthsElsewhere(), earlier_manifests=named, billed_before=tuple(evidence.run.accounts)
    )
    given = as_archived(rows, run.accounts, made.settings)
    alone = close_month(replace(evidence, run=run), made.settings, given)
    assert {check.outcome.value for check in books.checks if check.code is Code.PRIOR_PERIODS} == (
        {"exception"} if config == TEAMS else {"accepted", "notice"}
    )
    assert (alone.checks, alone.findings, alone.status) == (books.checks, books.findings, books.status)


def test_looking_at_months_that_are_elsewhere_is_never_taken_for_there_being_none() -> None:
    named = (EarlierManifest(Period(2026, 4), 1, "0" * 64),)
    record = replace(month().evidence().run, earlier_manifests=named)
    read = RunRecord.from_json(record.to_json())
    assert read.looks_elsewhere
    for look in (list, tuple, lambda months: [*months], lambda months: next(iter(months), None)):
        with pytest.raises(MonthsElsewhereError):
            look(read.earlier)
