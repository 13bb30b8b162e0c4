"""PDFs that are sometimes unavailable: what was had once stays, and makes no revision."""

from __future__ import annotations

from chargeback.sandbox import Month, instant
from chargeback.sandbox.events import DocumentsAway
from chargeback.sandbox.timeline import paying

from . import ledgers
from .conftest import Opening
from .office import Office

MAY = Month(2026, 5)
AWAY = DocumentsAway(instant("2026-06-06T00:00:00Z"), instant("2026-06-08T00:00:00Z"))


def documents(office: Office, revision: str) -> set[str]:
    return {path.name for path in (office.archive / revision / "invoices").glob("*/*.pdf")}


def test_flapping_makes_no_revision(opening: Opening) -> None:
    office = opening(AWAY, DocumentsAway(instant("2026-06-10T00:00:00Z"), instant("2026-06-11T00:00:00Z")))
    assert office.run("2026-06-05T03:00:00Z").results[0].written
    for day in range(6, 13):
        ended = office.run(f"2026-06-{day:02d}T03:00:00Z")
        assert (ended.exit, ended.results[0].written) == (0, False)


def test_a_restatement_carries_them_and_fetches_the_new_one_when_it_can(opening: Opening) -> None:
    office = opening(AWAY, paying("1045", MAY, instant("2026-06-06T12:00:00Z")))
    office.run("2026-06-05T03:00:00Z")
    assert office.run("2026-06-07T03:00:00Z").exit == 3, "the receipt cannot be had"
    assert documents(office, "2026-05/r2") == documents(office, "2026-05/r1")
    back = office.run("2026-06-08T03:00:00Z")
    assert (back.exit, back.results[0].revision) == (0, 3)
    (receipt,) = documents(office, "2026-05/r3") - documents(office, "2026-05/r2")
    assert receipt.endswith(".receipt.pdf")
    assert back.results[0].changes == ()
    assert not list(ledgers.rows(office.archive / "2026-05/r3/exports/journal-change.csv"))
