"""Why a month was restated, as events: what happened, not which file differs."""

from __future__ import annotations

from msgspec.structs import replace

from chargeback.archive.reading import Archive
from chargeback.evidence import RestatedTotal, RestatementEvent, RunRecord
from chargeback.evidence.period import Period
from chargeback.job.restatement_events import configuration_events, split_events
from chargeback.model.archive_overview import event_text, restatement_lines
from chargeback.model.books import Books
from tests.kit.months import account, invoice, month, of, report
from tests.kit.reviewed import MAY, Reviewed

TEAMS = """
[[teams]]
id = "web"
name = "Web"
cost_center = "CC-1"
gl_account = "6420"
projects = ["acme-web"]

[[teams]]
id = "data"
name = "Data"
cost_center = "CC-2"
gl_account = "6421"
projects = ["acme-data"]
"""
SHARED = TEAMS + '[[shared]]\nproject = "acme-platform"\nsplit = "proportional"\n'


def books(config: str, web: int = 100) -> Books:
    """Two accounts: 1 with a shared project, 2 with the web team's."""
    first = account(
        invoice("A", of("acme-data", 100), of("acme-platform", 60)),
        report=report(("acme-data", "CPU", 1, 100), ("acme-platform", "CPU", 1, 60)),
        id="1",
    )
    second = account(invoice("B", of("acme-web", web)), report=report(("acme-web", "CPU", 1, web)), id="2")
    return month(first, second, config=config).books()


def test_a_late_invoice_of_one_account_changes_the_proportional_split_of_another() -> None:
    before, after = books(SHARED), books(SHARED, web=200)
    late = RestatementEvent("changed", "2", "B", currency="THB", difference=100_00)
    (event,) = split_events(before, after, [late])
    assert (event.kind, event.account, event.project, event.other) == ("proportional", "1", "acme-platform", "2")
    assert event.difference == 10_00, "web bears 40.00 of 60.00, after 30.00"
    assert event_text(event) == (
        "what changed for 2 changed the proportional split of acme-platform, billed to 1, 10.00 THB moved"
    )
    assert split_events(before, before, [late]) == []
    assert split_events(before, after, []) == [], "no other account changed: the split is the configuration's"


def test_a_project_that_the_configuration_gives_to_another_team_has_moved() -> None:
    moved = TEAMS.replace('"acme-web"', '"acme-none"').replace('["acme-data"]', '["acme-data", "acme-web"]')
    (event,) = configuration_events(books(TEAMS), books(moved))
    assert (event.kind, event.project, event.before, event.after) == ("moved", "acme-web", "web", "data")
    assert event_text(event) == "acme-web moved from web to data by the configuration, 100.00 THB"
    assert configuration_events(books(TEAMS), books(TEAMS)) == []


def test_other_weights_are_another_split() -> None:
    weights = SHARED.replace('"proportional"', "{ web = 1, data = 2 }")
    (event,) = configuration_events(books(SHARED), books(weights))
    assert (event.kind, event.project, event.after, event.difference) == ("split", "acme-platform", "data, web", 10_00)


def test_an_archive_tells_what_happened_between_its_revisions(office: Reviewed) -> None:
    first, second, third = Archive(office.root).revisions(Period.parse(MAY))
    assert first.run_record().events == ()
    events = second.run_record().events
    kinds = {event.kind for event in events}
    assert {"replaced", "new", "paid"} <= kinds
    (replaced,) = (event for event in events if event.kind == "replaced")
    assert replaced.other and replaced.other != replaced.invoice
    assert "2026-06" in replaced.at
    assert f"was voided on {replaced.at} and replaced by {replaced.other}" in event_text(replaced)
    assert {event.kind for event in third.run_record().events} == {"moved"}
    assert any(event.project == "acme-shop" and event.after == "web" for event in third.run_record().events)
    page = (third.root / "index.html").read_text()
    assert "by the configuration" in page
    again = RunRecord.from_json(second.run_record().to_json())
    assert again.events == events


def test_a_restatement_is_told_by_totals_events_and_the_teams_that_move_most() -> None:
    changes = [RestatedTotal(f"t{place}", "THB", 0, place * 100, ("evidence",)) for place in range(1, 9)]
    events = [RestatementEvent("new", "1", "A", currency="THB", difference=36_00)]
    lines = list(restatement_lines(changes, events, Period(2026, 5)))
    assert lines[0] == "8 teams: 0.00 -> 36.00 THB (+36.00 THB)"
    assert lines[1] == "why: A of 1 is a new invoice, +36.00 THB"
    assert [line.split(":")[0] for line in lines[2:7]] == ["t8", "t7", "t6", "t5", "t4"]
    assert lines[7:] == ["and 3 teams more: chargeback diff 2026-05"]
    assert list(restatement_lines([], [], Period(2026, 5))) == []


def test_every_kind_has_its_sentence() -> None:
    event = RestatementEvent("new", "1", "A", "B", "p", "x", "y", "2026-03-23", "THB", -700)
    kinds = ("replaced", "voided", "gone", "new", "changed", "paid", "moved", "split", "proportional")
    said = {event_text(replace(event, kind=kind)) for kind in kinds}  # type: ignore[arg-type]
    assert len(said) == len(kinds)
    assert "A of 1 was voided on 2026-03-23 and replaced by B, -7.00 THB" in said
