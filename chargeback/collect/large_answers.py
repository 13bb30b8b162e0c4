"""How many bytes of answers are in memory at once: small ones side by side, a large one alone.

A task that receives more than ``SMALL`` bytes waits until no other task holds as much, and keeps its place until it has
decoded and stored what it received. So ``concurrency`` multiplies small answers only, and a platform that answers all
questions with tens of megabytes costs the memory of one.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from chargeback.collect.failures import TransientError
from chargeback.collect.run_time import PAUSE_SLICE, RunTime

SMALL = 1024 * 1024
"""Bytes that an answer or a document may have without waiting."""

_MMAP_THRESHOLD, _ARENA_MAX = -3, -8
"""``M_MMAP_THRESHOLD`` and ``M_ARENA_MAX`` of glibc's mallopt(3)."""


def give_memory_back() -> None:
    """Have the memory of a large answer returned to the system when it is let go, and that of a small one used again by
    whatever comes later. glibc raises its own bound with the first large block that is freed, and keeps what was freed
    for each thread apart, also when the threads have ended. Elsewhere nothing."""
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_MMAP_THRESHOLD, SMALL)
        libc.mallopt(_ARENA_MAX, 1)


class LargeAnswers:
    """The place for one large answer; threads share it."""

    def __init__(self, run_time: RunTime) -> None:
        give_memory_back()
        self._run_time = run_time
        self._place = threading.Lock()
        self._of_thread = threading.local()

    @contextmanager
    def task(self) -> Iterator[None]:
        """Around a task: what it received is let go at its end. Calls outside of a task, one after the other, never
        wait."""
        self._of_thread.in_task = True
        try:
            yield
        finally:
            self._of_thread.in_task = False
            self.leave()

    def enter(self, ends: float) -> None:
        """Take the place; ``TransientError`` where others hold it until that instant."""
        if self._holds() or not getattr(self._of_thread, "in_task", False):
            return
        while not self._place.acquire(timeout=PAUSE_SLICE):
            self._run_time.left()
            if self._run_time.clock.monotonic() >= ends:
                raise TransientError("other large answers used all the memory allowed until the time limit")
        self._of_thread.holds = True

    def leave(self) -> None:
        """Give the place back, if this thread has it."""
        if self._holds():
            self._of_thread.holds = False
            self._place.release()

    def _holds(self) -> bool:
        return getattr(self._of_thread, "holds", False)
