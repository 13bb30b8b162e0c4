"""Old years are moved away: the rest still verifies, and is added to."""

from __future__ import annotations

import hashlib
from pathlib import Path

from chargeback.archive.reading import Archive
from chargeback.evidence.period import Period
from chargeback.job.verify import VerifyRequest, verify
from chargeback.sandbox import Month, instant
from chargeback.sandbox.timeline import credit_note
from tests.kit.office import Office

from .conftest import Opening

RUNS = ("2026-04-05T03:00:00Z", "2026-05-05T03:00:00Z", "2026-06-05T03:00:00Z")


def quick(office: Office, base: str | None = None, head: str = "") -> int:
    heads = (head,) if head else ()
    return verify(office.archive, VerifyRequest(quick=True, base=base, heads=heads)).exit


def manifest(revision: Path) -> str:
    return hashlib.sha256((revision / "manifest.json").read_bytes()).hexdigest()


def test_months_are_moved_away(opening: Opening) -> None:
    office = opening()
    office.head_file = True
    for moment in RUNS:
        office.run_at(moment)
    base = manifest(office.archive / "2026-04/r1")
    assert quick(office) == 0
    move(office, "2026-03/r1", "2026-04/r1")
    assert quick(office) == 7, "without --base nobody can tell a moved year from a lost one"
    assert quick(office, base) == 0
    assert quick(office, "0" * 64) == 7
    assert office.run_at("2026-07-05T03:00:00Z").exit == 7, "a run cannot tell either, unless it is told the base"
    office.base = base
    ended = office.run_at("2026-07-05T03:00:00Z")
    assert (ended.exit, ended.results[0].written) == (0, True)
    assert quick(office, base, office.head_path.read_text().strip()) == 0
    assert verify(office.root / "old", VerifyRequest(quick=True)).exit == 0


def test_revisions_that_restate_an_old_month_are_moved_in_the_order_of_the_chain(opening: Opening) -> None:
    office = opening(credit_note("1042", Month(2026, 3), instant("2026-05-04T00:00:00Z"), 10_700))
    for moment in RUNS:
        office.run_at(moment)
    chain = [str(link.name) for link in Archive(office.archive).chain().order]
    assert chain == ["2026-03/r1", "2026-03/r2", "2026-04/r1", "2026-05/r1"]
    base = manifest(office.archive / "2026-03/r1")
    move(office, "2026-03/r1")
    assert quick(office, base) == 0
    office.base = base
    ended = office.run_at("2026-07-05T03:00:00Z")
    assert ended.exit == 0
    assert quick(office, base) == 0


def test_a_month_that_was_moved_away_is_never_booked_again(opening: Opening) -> None:
    office = opening()
    for moment in RUNS:
        office.run_at(moment)
    office.changes = {"timezone =": 'since = "2026-03"\ntimezone ='}
    office.base = manifest(office.archive / "2026-04/r1")
    move(office, "2026-03/r1", "2026-04/r1")
    ended = office.run_at("2026-07-05T03:00:00Z")
    assert (ended.exit, [str(each.period) for each in ended.results]) == (0, ["2026-06"])
    for dry_run in (False, True):
        refused = office.run_at("2026-07-05T03:00:00Z", period=Period.parse("2026-04"), dry_run=dry_run)
        assert refused.exit == 2 and "2026-04 lies before 2026-05, the first month of this archive" in refused.messages
    assert office.revisions() == ["2026-05/r1", "2026-06/r1"]


def move(office: Office, *names: str) -> None:
    for name in names:
        target = office.root / "old" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (office.archive / name).rename(target)
        if not any((office.archive / name).parent.iterdir()):
            (office.archive / name).parent.rmdir()
