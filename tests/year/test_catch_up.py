"""Earlier months: which are done again, which are named, and that nothing is done twice."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest

from chargeback.archive.archive_writer import ArchiveWriter
from chargeback.cli.run_output import run_and_tell
from chargeback.errors import InterruptedRunError
from chargeback.evidence.period import Period
from chargeback.job import run
from chargeback.sandbox import Clock, Month, Platform, instant, small_world
from chargeback.sandbox.functions import Call
from chargeback.sandbox.makers import scale_world
from chargeback.sandbox.timeline import credit_note, extra, issued, paying, voiding
from chargeback.sandbox.world import BooksChange
from tests.kit.office import EndedRun, Office, in_process
from tests.kit.platform import PlatformClock
from tests.kit.workplace import ended

from . import ledgers
from .conftest import Opening
from .plan import DAY

MAY, JUNE = Month(2026, 5), Month(2026, 6)
CREDIT = credit_note("1045", MAY, instant("2026-07-03T00:00:00Z"), 10_700)
REPLACED = voiding("1045", MAY, instant("2026-06-20T00:00:00Z"), instant("2026-06-21T00:00:00Z"))
"""The invoice is void and replaced by one of the same total."""


def done(ended: EndedRun) -> list[tuple[str, int | None, bool]]:
    """Month, revision, whether it was written, of months that closed."""
    assert ended.exit in (0, 3), ended.messages
    return [(str(each.period), each.revision, each.written) for each in ended.results]


def test_months_without_a_revision_are_done_oldest_first(opening: Opening) -> None:
    office = opening()
    assert done(office.run_at("2026-06-05T03:00:00Z")) == [("2026-05", 1, True)]
    ended = office.run_at("2026-09-05T03:00:00Z")
    assert done(ended) == [
        ("2026-06", 1, True),
        ("2026-07", 1, True),
        ("2026-08", 1, True),
    ]
    assert ended.exit == 3, "kind C no longer proves what June's and July's reports are of"


@contextmanager
def shown() -> Iterator[list[list[str]]]:
    """Each time that the archive's page is made, the months that it shows."""
    found: list[list[str]] = []

    def noted(writer: ArchiveWriter, timezone: ZoneInfo) -> None:
        found.append([str(period) for period in writer.archive.periods()])

    with patch.object(run, "refresh_overview", noted):
        yield found


def test_the_archives_page_is_made_once_a_run_and_shows_every_month(opening: Opening) -> None:
    office = opening()
    office.run_at("2026-06-05T03:00:00Z")
    with shown() as pages:
        assert len(done(office.run_at("2026-09-05T03:00:00Z"))) == 3
    assert pages == [["2026-05", "2026-06", "2026-07", "2026-08"]]


def test_what_ends_a_run_leaves_the_page_with_the_months_that_were_written(opening: Opening) -> None:
    office = opening()
    office.run_at("2026-06-05T03:00:00Z")
    closed = run._Run._closed

    def ending(self: Any, period: Period) -> Any:
        if str(period) == "2026-08":
            raise InterruptedRunError("no time left")
        return closed(self, period)

    with shown() as pages, patch.object(run._Run, "_closed", ending):
        ended = office.run_at("2026-09-05T03:00:00Z")
    assert isinstance(ended.error, InterruptedRunError)
    assert pages == [["2026-05", "2026-06", "2026-07"]]


def test_a_changed_month_is_done_again_and_told_once(opening: Opening) -> None:
    office = opening(CREDIT)
    office.run_at("2026-06-05T03:00:00Z")
    ended = office.run_at("2026-07-05T03:00:00Z")
    assert done(ended) == [("2026-05", 2, True), ("2026-06", 1, True)]
    changes = ended.results[0].changes
    assert sum(change.after - change.before for change in changes) == -10_700
    assert {", ".join(change.why) for change in changes} == {"evidence"}
    assert done(office.run_at("2026-07-06T03:00:00Z")) == [("2026-06", 1, False)]


def test_a_plain_run_names_the_months_in_one_line_and_in_its_checks(opening: Opening) -> None:
    office = opening(CREDIT, extra("1042", Month(2026, 4), instant("2026-07-02T00:00:00Z"), 500))
    office.run_at("2026-05-05T03:00:00Z")
    office.run_at("2026-06-05T03:00:00Z")
    office.platform.clock.set("2026-07-05T03:00:00Z")
    config = office.config

    def body() -> int:
        return run_and_tell(config, clock=PlatformClock(office.platform.clock, waits=False))

    with patch.dict(os.environ, {"DEPLOYS_TOKEN": office.platform.token}):
        plain = ended(body)
    assert plain.exit == 3
    (line,) = [line for line in plain.err.splitlines() if "prior-periods" in line]
    assert "2 invoices of 2026-04, 2026-05 differ from the archive: run --catch-up" in line
    found = [
        (check["account"], check["subject"])
        for check in ledgers.checks(office.archive / "2026-06/r1")
        if check["check"] == "prior-periods" and check["outcome"] == "exception"
    ]
    assert found == [("1042", "2026-04"), ("1045", "2026-05")]
    caught_up = office.run_at("2026-07-06T03:00:00Z")
    assert done(caught_up) == [("2026-04", 2, True), ("2026-05", 2, True), ("2026-06", 2, True)]


def test_only_the_months_that_differ_are_fetched_again(opening: Opening) -> None:
    office = opening(CREDIT)
    for moment in ("2026-04-05T03:00:00Z", "2026-05-05T03:00:00Z", "2026-06-05T03:00:00Z"):
        office.run_at(moment)
    office.platform.recorder.clear()
    office.run_at("2026-07-05T03:00:00Z")
    asked = Counter(request["function"] for request in office.platform.recorder.documents())
    accounts = len(office.platform.world.accounts)
    assert asked["billing.listInvoices"] == 3 * accounts, "once to look, once for May, once for June"
    assert asked["billing.get"] == 2 * accounts
    settled = ledgers.settlements(office.archive / "2026-06/r1", of_others=True)
    assert settled, "invoices of other months were paid in June"
    assert asked["billing.getInvoice"] == len(invoices(office, MAY)) + len(invoices(office, JUNE)) + len(settled)


def invoices(office: Office, month: Month) -> list[str]:
    now = office.platform.clock.now
    world = office.platform.world
    return [
        invoice.id
        for account in world.accounts
        for invoice, status in world.invoices_at(account.id, month, now)
        if status != "draft"
    ]


def test_a_payment_of_an_earlier_month_is_no_difference(opening: Opening) -> None:
    """It makes no new revision of the month that it pays, whose signatures hold: not even when that is done again."""
    office = opening(paying("1045", MAY, instant("2026-07-20T00:00:00Z")))
    office.run_at("2026-06-05T03:00:00Z")
    office.run_at("2026-07-05T03:00:00Z")
    assert done(office.run_at("2026-07-22T03:00:00Z")) == [("2026-06", 1, False)]
    assert done(office.run_at("2026-07-23T03:00:00Z", period=Period(2026, 5), catch_up=False)) == [
        ("2026-05", 1, False)
    ]
    statuses = {status for *_, status in ledgers.invoices(office.archive / "2026-05/r1").values()}
    assert statuses == {"paid", "open"}


def test_a_dry_run_is_held_against_the_months_that_it_would_have_written(opening: Opening) -> None:
    """Else it would tell of exceptions that the run does not have."""
    office = opening(REPLACED)
    office.run_at("2026-06-05T03:00:00Z")
    dry = office.run_at("2026-07-05T03:00:00Z", dry_run=True)
    assert [(result.is_new, result.written) for result in dry.results] == [(True, False), (True, False)]
    run = office.run_at("2026-07-05T03:00:00Z")
    assert done(run) == [("2026-05", 2, True), ("2026-06", 1, True)]
    assert (dry.exit, [result.exit for result in dry.results]) == (run.exit, [result.exit for result in run.results])


@pytest.mark.parametrize(
    ("change", "exit_code", "restates"),
    [pytest.param(REPLACED, 0, False, id="same total"), pytest.param(CREDIT, 3, True, id="credit note")],
)
def test_a_dry_run_says_what_a_run_would_write_and_which_teams_amounts_would_change(
    opening: Opening, change: BooksChange, exit_code: int, restates: bool
) -> None:
    office = opening(change)
    office.run_at("2026-06-05T03:00:00Z")
    office.platform.clock.set("2026-07-05T03:00:00Z")
    config = office.config

    def body() -> int:
        return run_and_tell(
            config, dry_run=True, catch_up=True, clock=PlatformClock(office.platform.clock, waits=False)
        )

    with patch.dict(os.environ, {"DEPLOYS_TOKEN": office.platform.token}):
        dry = ended(body)
    assert dry.exit == exit_code
    may, june = dry.out.splitlines()
    assert (may[:7], june[:7]) == ("2026-05", "2026-06")
    assert "a run would write r2" in may
    assert "a run would write r1" in june
    moved = [line for line in dry.err.splitlines() if "2026-05 would restate" in line and " why: " not in line]
    assert bool(moved) is restates
    assert " r2 restates" not in dry.err, "nothing was written"


def test_an_invoice_that_came_and_was_void_unseen_is_not_looked_for_for_ever(opening: Opening) -> None:
    office = opening(
        extra("1042", MAY, instant("2026-07-01T00:00:00Z"), 500),
        voiding("1042", MAY, instant("2026-07-02T00:00:00Z"), part=1),
    )
    office.run_at("2026-06-05T03:00:00Z")
    assert done(office.run_at("2026-07-05T03:00:00Z")) == [("2026-06", 1, True)]


def test_a_first_month_that_never_became_ready_is_not_forgotten(opening: Opening) -> None:
    office = opening(issued("1045", MAY, instant("2026-07-02T00:00:00Z"), part=0))
    assert office.run_at("2026-06-05T03:00:00Z").exit == 4
    assert (office.archive / "pending/2026-05/1042").is_dir()
    assert [month for month, *_ in done(office.run_at("2026-07-05T03:00:00Z"))] == ["2026-05", "2026-06"]


def test_a_dry_run_catches_up_without_writing(opening: Opening) -> None:
    office = opening(CREDIT)
    office.run_at("2026-06-05T03:00:00Z")
    before = sorted(office.root.rglob("*"))
    ended = office.run_at("2026-07-05T03:00:00Z", dry_run=True)
    assert done(ended) == [("2026-05", 1, False), ("2026-06", None, False)]
    assert sorted(office.root.rglob("*")) == before


def test_one_month_that_fails_does_not_hold_up_the_others(opening: Opening) -> None:
    office = opening(CREDIT)
    office.run_at("2026-05-05T03:00:00Z")
    office.run_at("2026-06-05T03:00:00Z")
    (office.archive / "2026-05/r1/ledgers/web.csv").chmod(0o600)
    (office.archive / "2026-05/r1/ledgers/web.csv").write_bytes(b"changed")
    ended = office.run_at("2026-07-05T03:00:00Z")
    assert ended.exit == 7
    assert not (office.archive / "2026-05/r2").exists()


def test_a_year_of_payments_makes_no_revision(tmp_path: Path) -> None:
    world = replace(scale_world(3, 2, 2, now=instant("2026-06-05T03:00:00Z")), last=None)
    start = instant("2026-06-03T03:00:00Z")
    changes = [
        paying(account.id, month, start + timedelta(days=2 + 37 * place % 70 + 30 * number))
        for place, account in enumerate(world.accounts)
        for number, month in enumerate((MAY, JUNE))
    ]
    platform = Platform(world.changed(*changes), "D", clock=Clock(start))
    office = Office(tmp_path, platform)
    with in_process(platform):
        for number in range(37):
            assert office.run_at(start + number * 3 * DAY).exit in (0, 3, 4)
    archived = ledgers.months(office.archive)
    assert [len(archived[str(month)]) for month in (MAY, JUNE)] == [1, 1]


def test_an_invoice_that_was_settled_and_is_no_longer_paid_is_a_difference(opening: Opening) -> None:
    """A payment that came back: the list says open again."""

    def bounced(call: Call, result: Any) -> Any:
        if call.function != "billing.listInvoices" or call.now < instant("2026-07-20T00:00:00Z"):
            return result
        return {"items": [{**row, "status": "open"} if row["id"] == paid.id else row for row in result["items"]]}

    (paid,) = small_world(spelling="numbers").billed("1042", MAY)
    office = opening(answers=(bounced,))
    office.run_at("2026-06-05T03:00:00Z")
    office.run_at("2026-07-05T03:00:00Z")
    assert "2026-05" in [period for period, *_ in done(office.run_at("2026-07-21T03:00:00Z"))]


@pytest.mark.parametrize(("since", "done_months"), [
    ("2026-03", ["2026-03", "2026-04", "2026-05", "2026-06"]),
    ("2026-06", ["2026-06"]),
    ("2024-01", ["2025-12", "2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06"]),
    ("2027-01", ["2026-06"]),
])  # fmt: skip
def test_catch_up_begins_with_since_and_never_before_the_first_bill(
    opening: Opening, since: str, done_months: list[str]
) -> None:
    """Of an archive that holds nothing yet: the world's first bills are of December."""
    office = opening()
    office.changes = {"timezone = ": f'since = "{since}"\ntimezone = '}
    ended = office.run_at("2026-07-05T03:00:00Z")
    assert [str(result.period) for result in ended.results] == done_months


@pytest.mark.parametrize(
    ("moment", "reasons"),
    [("2026-06-06T03:00:00Z", {"configuration"}), ("2026-07-06T03:00:00Z", {"evidence", "configuration"})],
)
def test_the_reason_of_a_restatement_is_told(opening: Opening, moment: str, reasons: set[str]) -> None:
    office = opening(CREDIT)
    office.run_at("2026-06-05T03:00:00Z")
    office.shared = "even"
    ended = office.run_at(datetime.fromisoformat(moment))
    changes = ended.results[0].changes
    assert {word for change in changes for word in change.why} == reasons
