"""The pool: every task is done, what fails is told, and an interruption waits for nobody."""

from __future__ import annotations

import threading
import time
import weakref

import pytest

from chargeback.collect.task_pool import PATIENCE_AFTER_STOP, TaskPool
from chargeback.errors import AnswerError, ChargebackError


class Body:
    """Stands for an answer."""


def task_pool(size: int = 4, stop: threading.Event | None = None) -> TaskPool:
    return TaskPool(size, stop.set if stop else lambda: None, lambda done, known: None)


def test_tasks_that_lead_to_tasks_are_all_done() -> None:
    done: list[int] = []
    pool = task_pool()

    def task(depth: int) -> None:
        done.append(depth)
        for _ in range(3 if depth else 0):
            pool.submit(lambda: task(depth - 1))

    pool.submit(lambda: task(4))
    assert pool.finish() == [] and len(done) == 1 + 3 + 9 + 27 + 81


def test_no_more_threads_than_asked_for() -> None:
    running: set[int] = set()
    pool = task_pool(3)
    for _ in range(50):
        pool.submit(lambda: (running.add(threading.get_ident()), time.sleep(0.001))[0])
    pool.finish()
    assert 1 <= len(running) <= 3


def test_what_settled_can_go_on() -> None:
    pool, done = task_pool(), []
    pool.submit(lambda: done.append(1))
    assert pool.settle() and done == [1]

    def fail() -> None:
        raise AnswerError("no")

    pool.submit(fail)
    assert not pool.settle()
    assert [error.message for error in pool.finish()] == ["no"]


def test_a_bug_reaches_the_caller() -> None:
    pool = task_pool()
    pool.submit(lambda: 1 // 0)  # type: ignore[arg-type, return-value]
    with pytest.raises(ZeroDivisionError):
        pool.finish()


def test_an_error_that_is_kept_does_not_keep_the_answer_that_it_is_about() -> None:
    answers: list[weakref.ref[Body]] = []

    def fail() -> None:
        body = Body()
        answers.append(weakref.ref(body))
        try:
            raise ValueError("within")
        except ValueError as error:
            raise AnswerError("not understood") from error

    pool = task_pool()
    pool.submit(fail)
    (error,) = pool.finish()
    assert error.message == "not understood" and answers[0]() is None


def test_an_interruption_stops_and_does_not_wait_for_a_thread_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped, hanging, begun_late = threading.Event(), threading.Event(), []
    pool = task_pool(1, stopped)
    pool.submit(lambda: hanging.wait(60) and None)
    pool.submit(lambda: begun_late.append(1))

    def interrupted(timeout: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pool._changed, "wait", interrupted)
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        pool.finish()
    assert stopped.is_set() and time.monotonic() - begun < PATIENCE_AFTER_STOP + 3
    hanging.set()
    assert [thread.daemon for thread in pool._threads] == [True] and begun_late == []


def test_errors_that_lead_back_to_each_other_end_the_run_and_not_the_thread() -> None:
    """A chain of errors that was a circle held a thread for ever, and with it the run, beyond its deadline."""

    def circle() -> None:
        first, second = ChargebackError("first"), ChargebackError("second")
        first.__context__, second.__cause__ = second, first
        raise first

    task_pool = TaskPool(2, lambda: None, lambda done, known: None)
    for _ in range(4):
        task_pool.submit(circle)
    assert [str(error) for error in task_pool.finish()] == ["first"] * 4
