"""A run's time, and the part of it that documents have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.collect.failures import DocumentsOverError
from chargeback.collect.run_time import RunTime
from chargeback.errors import DeadlineError, InterruptedRunError


class StillClock:
    """A clock that only a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> None:  # type: ignore[override]
        raise NotImplementedError

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@given(st.floats(1, 604_800), st.floats(0, 1), st.integers(1, 24))
def test_documents_leave_at_least_a_quarter_for_closing(deadline: float, facts: float, months: int) -> None:
    """Whatever the facts took, and however many months follow each other, each spending all that it has."""
    clock = StillClock()
    run_time = RunTime(clock, deadline)  # type: ignore[arg-type]
    clock.seconds += facts * 0.9 * deadline
    begun = clock.seconds
    for left in range(months, 0, -1):
        documents = run_time.for_documents(left)
        clock.seconds = max(clock.seconds, documents.ends)
        with pytest.raises(DocumentsOverError):
            documents.left()
    assert clock.seconds <= max(begun, deadline * 0.75) + 1e-6


def test_months_share_the_time_for_documents_alike() -> None:
    clock = StillClock()
    run_time = RunTime(clock, 400)  # type: ignore[arg-type]
    shares = []
    for left in (3, 2, 1):
        documents = run_time.for_documents(left)
        shares.append(documents.ends - clock.seconds)
        clock.seconds = documents.ends
    assert shares == pytest.approx([100, 100, 100])


def test_the_end_of_the_run_and_a_stop_come_before_the_end_of_documents() -> None:
    clock = StillClock()
    run_time = RunTime(clock, 100)  # type: ignore[arg-type]
    documents = run_time.for_documents()
    clock.seconds = 101
    with pytest.raises(DeadlineError):
        documents.left()
    run_time.stop()
    with pytest.raises(InterruptedRunError):
        documents.pause(1)


def test_a_pause_of_documents_ends_with_their_time() -> None:
    clock = StillClock()
    documents = RunTime(clock, 100).for_documents()  # type: ignore[arg-type]
    with pytest.raises(DocumentsOverError):
        documents.pause(1_000)
    assert clock.seconds < 76
