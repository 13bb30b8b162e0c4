"""Side by side within ``concurrency``: tasks that lead to further tasks, and what failed, by account.

No task waits for another: what follows from an answer is submitted when the answer is there, so the pool never stands
still with work left.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from queue import Empty, SimpleQueue

from chargeback.errors import ChargebackError, InterruptedRunError

Task = Callable[[], None]

PATIENCE_AFTER_STOP = 2.0
"""Seconds in which threads have to end after a stop; one that hangs in the system (a connect) is left behind."""


def _let_go(error: BaseException) -> None:
    """Drop the frames that led to an error, and to its causes: they hold the answer that it is about, in several forms,
    and errors are kept until the month is reported. A chain may lead back to itself, where an error was raised again
    while what came of it was handled."""
    let_go: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in let_go:
            let_go.add(id(each))
            each.__traceback__ = None
            waiting += [each.__cause__, each.__context__]


class TaskPool:
    """A pool of threads for one collection.

    ``stop`` ends what is under way, for when a person interrupts; ``progress`` is called with (done, known) after each
    task; ``around`` is entered for each task. The threads never outlive the process.
    """

    def __init__(
        self,
        size: int,
        stop: Callable[[], None],
        progress: Callable[[int, int], None],
        around: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._size = size
        self._stop = stop
        self._progress = progress
        self._around = around
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._changed = threading.Condition()
        self._known = 0
        self._done = 0
        self._errors: list[ChargebackError] = []
        self._bug: BaseException | None = None

    def submit(self, task: Task) -> None:
        """Have the task done; what it raises is kept until the end."""
        with self._changed:
            self._known += 1
            if len(self._threads) < min(self._size, self._known - self._done):
                thread = threading.Thread(target=self._work, name=f"collect-{len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()
        self._tasks.put(task)

    def settle(self) -> bool:
        """Wait until nothing is left to do; whether nothing has failed so far. Further tasks may follow.

        An interruption ends what is under way.
        """
        try:
            with self._changed:
                while self._done < self._known:
                    self._changed.wait(0.2)
        except (KeyboardInterrupt, InterruptedRunError):
            self._stop()
            self._abandon()
            raise
        return not self._errors and self._bug is None

    def finish(self) -> list[ChargebackError]:
        """Wait until nothing is left to do, then say what failed, in the order in which it did.

        An interruption ends what is under way; a bug is raised as it is.
        """
        self.settle()
        self._dismiss()
        for thread in self._threads:
            thread.join()
        if self._bug is not None:
            raise self._bug
        return self._errors

    def _dismiss(self) -> None:
        for _ in self._threads:
            self._tasks.put(None)

    def _abandon(self) -> None:
        """Drop what has not begun, and wait a little for what has."""
        try:
            while True:
                self._tasks.get_nowait()
        except Empty:
            self._dismiss()
        ends = time.monotonic() + PATIENCE_AFTER_STOP
        for thread in self._threads:
            thread.join(max(0.0, ends - time.monotonic()))

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            self._do(task)

    def _do(self, task: Task) -> None:
        try:
            with self._around():
                task()
        except ChargebackError as error:
            _let_go(error)
            with self._changed:
                self._errors.append(error)
        except BaseException as error:  # a bug must reach the main thread, or the month would close without its answer
            with self._changed:
                self._bug = self._bug or error
        finally:
            with self._changed:
                self._done += 1
                if self._done == self._known:  # whoever waits, waits for all: once a task would wake it for nothing
                    self._changed.notify_all()
            self._progress(self._done, self._known)
