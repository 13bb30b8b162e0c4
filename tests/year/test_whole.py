"""A quarter over real HTTP with every format, and the whole proof in the end: nothing is left out here."""

from __future__ import annotations

from pathlib import Path

from chargeback.job.verify import VerifyRequest, verify
from chargeback.sandbox import Clock, Month, Platform, instant, running, small_world
from chargeback.sandbox.timeline import credit_note, issued, paying, voiding
from chargeback.sandbox.world import DocumentsAway
from tests.kit.office import Office

from . import ledgers, oracle

APRIL, MAY = Month(2026, 4), Month(2026, 5)


def test_a_quarter_with_everything(tmp_path: Path) -> None:
    world = small_world().changed(
        voiding("1045", APRIL, instant("2026-06-02T00:00:00Z"), instant("2026-06-04T00:00:00Z")),
        issued("1042", MAY, instant("2026-06-12T00:00:00Z")),
        credit_note("1044", MAY, instant("2026-07-03T00:00:00Z"), 10_700),
        paying("1043", MAY, instant("2026-07-04T00:00:00Z")),
    ).happening(DocumentsAway(instant("2026-06-12T00:00:00Z"), instant("2026-06-12T12:00:00Z")))  # fmt: skip
    platform = Platform(world, "C", clock=Clock("2026-05-05T03:00:00Z"))
    with running(platform) as server:
        office = Office(tmp_path, platform, head_file=True, server=server)
        exits = [
            office.run_at(f"{day}T03:00:00Z").exit
            for day in ("2026-05-05", "2026-06-05", "2026-06-12", "2026-06-13", "2026-07-05", "2026-07-06")
        ]
    assert exits[1] == 4, exits
    assert set(exits) <= {0, 3, 4}, exits
    for month, revisions in ledgers.months(office.archive).items():
        final = oracle.billed(world, Month.parse(month), instant("2026-07-06T03:00:00Z"))
        assert ledgers.invoices(revisions[-1]) == {
            key: (invoice.net, invoice.tax, invoice.gross, "paid" if invoice.paid else "open")
            for key, invoice in final.items()
        }
        assert ledgers.accrued(revisions) == ledgers.journal(revisions[-1] / "exports/journal.csv", "accrual")
    head = office.head_path.read_text().strip()
    proved = verify(office.archive, VerifyRequest(heads=(head,)))
    assert (proved.exit, proved.findings, proved.differences) == (0, (), ())
