"""PDFs that are sometimes unavailable: what was had once stays, and makes no revision."""

from __future__ import annotations

from chargeback.sandbox import Month, instant
from chargeback.sandbox.timeline import paying
from chargeback.sandbox.world import DocumentsAway
from tests.kit.office import Office

from .conftest import Opening

MAY = Month(2026, 5)
AWAY = DocumentsAway(instant("2026-06-06T00:00:00Z"), instant("2026-06-08T00:00:00Z"))


def documents(office: Office, revision: str) -> set[str]:
    return {path.name for path in (office.archive / revision / "invoices").glob("*/*.pdf")}


def test_flapping_makes_no_revision(opening: Opening) -> None:
    office = opening(AWAY, DocumentsAway(instant("2026-06-10T00:00:00Z"), instant("2026-06-11T00:00:00Z")))
    assert office.run_at("2026-06-05T03:00:00Z").results[0].written
    for day in range(6, 13):
        ended = office.run_at(f"2026-06-{day:02d}T03:00:00Z")
        assert (ended.exit, ended.results[0].written) == (0, False)


def test_the_receipt_of_an_invoice_paid_since_is_no_new_result_whether_it_can_be_had_or_not(opening: Opening) -> None:
    office = opening(AWAY, paying("1045", MAY, instant("2026-06-06T12:00:00Z")))
    office.run_at("2026-06-05T03:00:00Z")
    for moment in ("2026-06-07T03:00:00Z", "2026-06-08T03:00:00Z"):
        ended = office.run_at(moment)
        assert (ended.results[0].revision, ended.results[0].written) == (1, False)
