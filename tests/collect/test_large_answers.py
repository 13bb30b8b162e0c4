"""Bytes in flight: small answers side by side, a large one alone."""

from __future__ import annotations

import threading
import time

import pytest

from chargeback.collect.failures import TransientError
from chargeback.collect.large_answers import SMALL, LargeAnswers
from chargeback.collect.run_time import RunTime
from chargeback.errors import InterruptedRunError
from tests.collect.clocks import JumpClock
from tests.collect.conftest import Bench, Open
from tests.collect.servers import said

LARGE = said(b'{"ok": true, "result": {}}' + b" " * (2 * SMALL))


def test_one_task_at_a_time_holds_a_large_answer(bench: Open) -> None:
    given = bench(lambda asked, connection: LARGE, timeout=30)
    held, most, lock = 0, 0, threading.Lock()

    def ask() -> None:
        nonlocal held, most
        given.call(path=None)
        with lock:
            held += 1
            most = max(most, held)
        time.sleep(0.05)
        with lock:
            held -= 1

    task_pool = given.session.task_pool(lambda done, known: None)
    for _ in range(8):
        task_pool.submit(ask)
    assert task_pool.finish() == [] and (most, given.turns) == (1, 8)


def test_small_answers_do_not_wait_for_a_large_one(bench: Open) -> None:
    given = bench(lambda asked, connection: LARGE if asked.turn == 1 else said(b'{"ok": true, "result": {}}'))
    begun, done = threading.Event(), threading.Event()

    def large() -> None:
        given.call(path=None)
        begun.set()
        assert done.wait(20)

    def small() -> None:
        assert begun.wait(20)
        given.call(path=None)
        done.set()

    task_pool = given.session.task_pool(lambda done, known: None)
    task_pool.submit(large)
    task_pool.submit(small)
    assert task_pool.finish() == [] and given.turns == 2


def test_calls_outside_of_a_task_never_wait(bench: Open) -> None:
    given = bench(lambda asked, connection: LARGE)
    assert given.call(path=None).ok and given.call(path=None).ok
    _tasks_find_room(given)


def test_an_attempt_that_fails_gives_its_place_back(bench: Open) -> None:
    cut = LARGE[:-SMALL]
    given = bench(lambda asked, connection: None if asked.turn % 2 == 0 else cut if asked.turn == 1 else LARGE)
    _tasks_find_room(given)


def _tasks_find_room(given: Bench) -> None:
    task_pool = given.session.task_pool(lambda done, known: None)
    for _ in range(3):
        task_pool.submit(lambda: given.call(path=None) and None)
    assert task_pool.finish() == []


def test_waiting_ends_with_the_attempt_and_with_the_run() -> None:
    clock = JumpClock()
    run_time = RunTime(clock, 600)
    large, held, release = LargeAnswers(run_time), threading.Event(), threading.Event()

    def hold() -> None:
        with large.task():
            large.enter(clock.monotonic() + 60)
            held.set()
            release.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(10)
    try:
        with large.task(), pytest.raises(TransientError, match="used all the memory"):
            large.enter(clock.monotonic() + 0.1)
        run_time.stop()
        with large.task(), pytest.raises(InterruptedRunError):
            large.enter(clock.monotonic() + 60)
    finally:
        release.set()
        holder.join()
