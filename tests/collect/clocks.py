"""A clock that does not wait: sleeping moves it, and real time passes on it too, so that sockets still run out."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

START = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)


class JumpClock:
    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._begun = time.monotonic()
        self._jumped = 0.0
        self._lock = threading.Lock()

    @property
    def slept(self) -> float:
        return self._jumped

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return time.monotonic() - self._begun + self._jumped

    def sleep(self, seconds: float) -> None:
        self.jump(seconds)

    def jump(self, seconds: float) -> None:
        with self._lock:
            self._jumped += seconds
