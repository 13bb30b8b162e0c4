"""The job's only clock: wall time for evidence, monotonic time for limits, and sleeping."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where time comes from; a test brings its own."""

    def now(self) -> datetime:
        """The wall-clock instant, in UTC."""

    def monotonic(self) -> float:
        """Seconds since some fixed instant; never goes back."""

    def sleep(self, seconds: float) -> None:
        """Let so many seconds of ``monotonic`` pass."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The wall-clock instant, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some fixed instant; never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""
        time.sleep(seconds)


def rfc3339(instant: datetime) -> str:
    """The instant in UTC as RFC 3339 with microseconds, such as ``2026-06-01T02:00:00.000000Z``."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
