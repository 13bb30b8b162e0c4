"""Waits, and when there are no more attempts."""

from __future__ import annotations

from itertools import pairwise

import pytest

from chargeback.collect.failures import ExhaustedError, TransientError
from chargeback.collect.retries import LONGEST_WAIT, RETRY_SECONDS, Retries, is_transient, retry_after
from chargeback.collect.run_time import RunTime
from chargeback.errors import DeadlineError, InterruptedRunError
from tests.collect.clocks import START, JumpClock


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Mon, 01 Jun 2026 02:01:00 GMT", 60.0),
        ("Mon, 01 Jun 2026 01:00:00 GMT", 0.0),
        ("9" * 40, 999999999.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("๕", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, START) == seconds


def test_transient_statuses() -> None:
    assert [status for status in range(200, 600) if is_transient(status)] == [408, 425, 429, *range(500, 600)]


def test_waits_are_bounded_and_attempts_end() -> None:
    clock = JumpClock()
    retries = Retries(RunTime(clock, 7200), lambda: 1.0)
    moments: list[float] = []

    def attempt(not_after: float) -> None:
        moments.append(clock.monotonic())
        raise TransientError("HTTP 503")

    with pytest.raises(ExhaustedError, match=r"^billing.report: HTTP 503, after \d+ attempts in \d+ seconds$"):
        retries.run(attempt, "billing.report")
    waits = [later - earlier for earlier, later in pairwise(moments)]
    assert max(waits) <= LONGEST_WAIT + 0.5 and sum(waits) < RETRY_SECONDS
    assert [round(wait) for wait in waits[:5]] == [1, 2, 4, 8, 16]


def test_later_attempts_must_end_with_the_call() -> None:
    clock = JumpClock()
    limits: list[float] = []

    def attempt(not_after: float) -> str:
        limits.append(not_after)
        if len(limits) < 3:
            raise TransientError("HTTP 503")
        return "answer"

    assert Retries(RunTime(clock, 7200), lambda: 0.0).run(attempt, "billing.report") == "answer"
    assert limits[0] == float("inf") and limits[1] == limits[2] == pytest.approx(RETRY_SECONDS, abs=1)


def test_another_error_is_not_retried() -> None:
    def attempt(not_after: float) -> None:
        raise DeadlineError("over")

    with pytest.raises(DeadlineError):
        Retries(RunTime(JumpClock(), 7200)).run(attempt, "billing.report")


def test_run_time_bounds_attempts_and_pauses() -> None:
    clock = JumpClock()
    run_time = RunTime(clock, 10)
    assert run_time.attempt_end(30) == pytest.approx(10, abs=0.5)
    assert run_time.attempt_end(30, not_after=3) == 3
    with pytest.raises(DeadlineError, match="deadline = 10 seconds"):
        run_time.pause(11)
    assert clock.slept == pytest.approx(10, abs=0.5)


@pytest.mark.parametrize("patient", [True, False])
def test_attempt_that_the_runs_end_cuts_off_is_not_blamed_on_what_was_asked_for(patient: bool) -> None:
    clock = JumpClock()

    def attempt(not_after: float) -> None:
        clock.jump(10)
        raise TransientError("no answer in time")

    with pytest.raises(DeadlineError, match="deadline = 10 seconds"):
        Retries(RunTime(clock, 10)).run(attempt, "PDF of INV-1", patient=patient)


def test_stopped_run_ends_pauses() -> None:
    run_time = RunTime(JumpClock(), 10)
    run_time.stop()
    with pytest.raises(InterruptedRunError):
        run_time.pause(1)
