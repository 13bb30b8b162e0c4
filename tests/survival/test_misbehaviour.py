"""A platform that misbehaves, over real HTTP: repaired by trying again, or an exit of the table and nothing written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from chargeback.sandbox import Platform, prepared, running
from chargeback.sandbox.functions import Call
from chargeback.sandbox.makers import DEFAULT_NOW, instant, small_world
from chargeback.sandbox.months import newest_closed
from chargeback.sandbox.scenario import Setup
from chargeback.sandbox.scenarios import platform_of
from tests.kit.platform import only
from tests.kit.workplace import NOW, Workplace, leftovers

SETTINGS = "timeout = 1\ndeadline = 2\n"
PATIENT = "timeout = 10\ndeadline = 60\n"
EXHAUSTING = ("503", "reset", "stall(30)", "drip(30)", "half-body", "wrong-length")
"""What is tried again until the deadline."""

REPAIRED = [
    "billing.report:429(retry-after=0)*2",
    "billing.getInvoice:503*2",
    "billing.listInvoices:429(retry-after=1)*1",
    "billing.list:reset*1",
    "billing.report:half-body*1",
    "billing.getInvoice:stall(2)*1",
]
"""Trying again is enough."""
FATAL = {
    "billing.report:503": 6,
    "billing.listInvoices:429(retry-after=9999)": 6,
    "billing.getInvoice:reset": 6,
    "billing.list:stall(30)": 6,
    "billing.report:drip(30)": 6,
    "billing.getInvoice:half-body": 6,
    "billing.report:wrong-length": 6,
    "billing.report:gzip-bomb(70)": 6,
    "billing.listInvoices:html200": 6,
    "billing.listInvoices:empty": 6,
    "billing.report:redirect(https://elsewhere.example/)": 6,
    "billing.report:redirect(http://elsewhere.example/)": 6,
    "billing.getInvoice:redirect-loop": 6,
    "billing.report:duplicate-keys": 6,
    "billing.getInvoice:deep": 6,
    "billing.listInvoices:bad-utf8": 6,
    "billing.getInvoice:1e400": 6,
    "billing.report:nan": 6,
    "billing.getInvoice:truncated": 6,
    "billing.listInvoices:page-token": 6,
    "billing.listInvoices:page-token(hasMore)": 6,
    "billing.report:unauthorized": 5,
    "billing.list:unauthorized": 5,
    "billing.report:echo-credential(400)": 6,
    "billing.listInvoices:error(api: forbidden)": 5,
}
"""Each ends the run, and nothing is written for the month."""
HARMLESS = {
    "billing.getInvoice:ids-as-numbers": 0,
    "billing.listInvoices:ids-as-numbers": 0,
    "pdf:html": 3,
    "pdf:empty": 3,
    "pdf:bomb": 0,
    "pdf:other": 3,
    "pdf:redirect(http://169.254.169.254/)": 3,
    "project.list:error(api: forbidden)": 0,
}
"""Documents never hold up the books; ids are texts however they are written."""

Place = Callable[..., Workplace]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """An office whose platform has these faults: one account with one invoice of the month."""
    with ExitStack() as stack:

        def made(faults: str = "", platform: Platform | None = None) -> Workplace:
            if platform is None:
                world = small_world(now=DEFAULT_NOW)
                setup = only(3)(Setup(world, "C", DEFAULT_NOW, newest_closed(DEFAULT_NOW, world.zone)))
                platform = platform_of(setup, faults=faults)
            return Workplace(tmp_path, platform, stack.enter_context(running(platform)), SETTINGS)

        yield made


@pytest.mark.parametrize("faults", REPAIRED)
def test_trying_again_repairs_it(place: Place, faults: str) -> None:
    office = place(faults)
    office.configure(api="timeout = 1\ndeadline = 60\n")
    told = office.run()
    assert told.exit == 0, told.err


@pytest.mark.parametrize(("faults", "code"), FATAL.items())
def test_it_ends_the_run_and_nothing_is_written(place: Place, faults: str, code: int) -> None:
    office, before = place(faults), time.monotonic()
    if not faults.endswith(EXHAUSTING):
        office.configure(api=PATIENT)
    told = office.run()
    assert told.exit == code, told.err
    assert time.monotonic() - before < 25
    assert "Traceback" not in told.err
    assert told.err.count("\n") == 1
    assert office.revisions() == []
    assert leftovers(office.archive) == []
    assert office.platform.token not in told.err


@pytest.mark.parametrize(("faults", "code"), HARMLESS.items())
def test_it_does_not_hold_up_the_books(place: Place, faults: str, code: int) -> None:
    office = place(faults)
    office.configure(api=PATIENT)
    told = office.run()
    assert told.exit == code, told.err
    assert office.verify().exit == 0


def test_the_last_account_failing_publishes_nothing_and_is_named(tmp_path: Path) -> None:
    platform = prepared("clean", now=instant(NOW), faults="")
    last = platform.world.accounts[-1].id
    platform.faults = platform.faults.parse(f"billing.report@{last}:503")
    with running(platform) as server:
        office = Workplace(tmp_path, platform, server, "timeout = 1\ndeadline = 4\n")
        told = office.run(json_output=True)
        assert (told.exit, office.revisions()) == (6, []), told.err
        assert last in told.err
        assert f'"account": "{last}"' in told.out
        platform.faults = platform.faults.parse("")
        office.configure(api="")
        assert office.run().exit == 0
    assert office.verify().exit == 0


def test_a_list_that_says_paid_and_a_detail_that_says_void_is_an_exception_and_not_booked(place: Place) -> None:
    def void(call: Call, result: object) -> object:
        return {**result, "status": "void"} if call.function == "billing.getInvoice" else result  # type: ignore[dict-item]

    world = small_world(now=DEFAULT_NOW)
    setup = only(0)(Setup(world, "C", DEFAULT_NOW, newest_closed(DEFAULT_NOW, world.zone)))
    office = place(platform=platform_of(setup.answering(void)))
    told = office.run()
    assert told.exit in (3, 4), told.err
    assert "invoice-identity" in told.err or told.exit == 4
    if told.exit == 3:
        assert len((office.archive / "2026-05/r1/ledgers/all.csv").read_bytes().splitlines()) == 1


@pytest.mark.parametrize(("now", "hours", "codes"), [
    ("2026-06-30T10:00:00Z", 14, {4, 6}),  # the job is in July already, the platform's June goes on
    ("2026-06-30T20:00:00Z", -14, {3}),  # the platform's last month is June, the job asks for May
])  # fmt: skip
def test_a_clock_hours_off_never_books_another_months_report(
    place: Place, now: str, hours: int, codes: set[int]
) -> None:
    moment = instant(now)
    world = small_world(now=moment)
    office = place(platform=platform_of(only(3)(Setup(world, "C", moment, newest_closed(moment, world.zone)))))
    office.configure(api=PATIENT)
    office.ahead = timedelta(hours=hours)
    told = office.run()
    assert told.exit in codes, told.err
    if told.exit == 3:
        assert office.revisions() == ["2026-05/r1"]
        assert "report-period" in told.err


def test_faults_by_the_dozen_end_in_the_table(tmp_path: Path) -> None:
    platform = prepared("clean", now=instant(NOW), faults="*:503%0.2;*:reset%0.2;*:half-body%0.1;pdf:500%0.3")
    with running(platform) as server:
        told = Workplace(tmp_path, platform, server, "timeout = 2\ndeadline = 6\n").run()
    assert told.exit in (0, 3, 6), told.err
    assert "Traceback" not in told.err
