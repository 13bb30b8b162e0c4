"""Side by side within ``concurrency``: tasks that lead to further tasks, and what failed, by account.

No task waits for another: what follows from an answer is submitted when the answer is there, so the pool never stands
still with work left.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from chargeback.errors import ChargebackError, InterruptedRunError


class Crew:
    """A pool of threads for one collection.

    ``stop`` ends what is under way, for when a person interrupts; ``progress`` is told (done, known) after each task.
    """

    def __init__(self, size: int, stop: Callable[[], None], progress: Callable[[int, int], None]) -> None:
        self._pool = ThreadPoolExecutor(size, thread_name_prefix="collect")
        self._stop = stop
        self._progress = progress
        self._changed = threading.Condition()
        self._known = 0
        self._done = 0
        self._errors: list[ChargebackError] = []
        self._bug: BaseException | None = None

    def submit(self, task: Callable[[], None]) -> None:
        """Have the task done; what it raises is kept until the end."""
        with self._changed:
            self._known += 1
        self._pool.submit(self._do, task)

    def finish(self) -> list[ChargebackError]:
        """Wait until nothing is left to do, then say what failed, in the order in which it did.

        An interruption ends what is under way; a bug is raised as it is.
        """
        try:
            with self._changed:
                while self._done < self._known:
                    self._changed.wait(0.2)
        except (KeyboardInterrupt, InterruptedRunError):
            self._stop()
            self._pool.shutdown(wait=False, cancel_futures=True)
            raise
        self._pool.shutdown()
        if self._bug is not None:
            raise self._bug
        return self._errors

    def _do(self, task: Callable[[], None]) -> None:
        try:
            task()
        except ChargebackError as error:
            with self._changed:
                self._errors.append(error)
        except BaseException as error:  # a bug must reach the main thread, or the month would close without its answer
            with self._changed:
                self._bug = self._bug or error
        finally:
            with self._changed:
                self._done += 1
                self._changed.notify_all()
            self._progress(self._done, self._known)
