"""How long a whole run may take, and its documents: every attempt and every pause is bounded by what is left."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from chargeback.collect.clock import Clock
from chargeback.collect.failures import DocumentsOverError
from chargeback.errors import DeadlineError, InterruptedRunError

CLOSING_SHARE = 0.25
"""What documents leave at least of ``deadline`` for closing and writing the month (INTERFACE, configuration)."""
CLOSING_SECONDS = 10.0
"""They leave so many seconds too, but where ``deadline`` is short no more than half of it."""
PAUSE_SLICE = 0.25
"""Seconds: a pause looks so often whether the run was stopped."""


class RunTime:
    """The run's time on the monotonic clock: ``seconds`` from its creation, or until somebody stops it."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self.clock = clock
        self.seconds = seconds
        self.ends = clock.monotonic() + seconds
        self.stopped = False
        self._endings: list[Callable[[], None]] = []

    def at_stop(self, end: Callable[[], None]) -> None:
        """Have that called when the run is stopped: whatever other threads wait on is ended there."""
        self._endings.append(end)

    def stop(self) -> None:
        """End the run now: pauses wake up, what others wait on ends, and whatever would start next raises
        ``InterruptedRunError``."""
        self.stopped = True
        for end in self._endings:
            end()

    def left(self) -> float:
        """Seconds left, above zero; ``DeadlineError`` once there are none, ``InterruptedRunError`` once stopped."""
        if self.stopped:
            raise InterruptedRunError("the run was stopped", remedy="run again")
        seconds = self.ends - self.clock.monotonic()
        if seconds <= 0:
            raise DeadlineError(
                f"the run took longer than deadline = {self.seconds:g} seconds",
                remedy="run again later, or raise [api] deadline",
            )
        return seconds

    def attempt_end(self, seconds: float, not_after: float = inf) -> float:
        """The instant at which an attempt of so many seconds that starts now has to end."""
        now = self.clock.monotonic()
        return min(now + min(seconds, self.left()), not_after)

    def pause(self, seconds: float) -> None:
        """Sleep, no longer than the run may take; the errors of ``left``."""
        ends = self.clock.monotonic() + seconds
        while (remaining := ends - self.clock.monotonic()) > 0:
            self.clock.sleep(min(remaining, PAUSE_SLICE, self.left()))
        self.left()

    def for_documents(self, months: int = 1) -> RunTime:
        """The time that begins now for one month's documents: an equal share of what is left, for each of so many
        months that are still to be closed, after what is kept for closing."""
        now = self.clock.monotonic()
        closing = max(CLOSING_SHARE * self.seconds, min(CLOSING_SECONDS, self.seconds / 2))
        spare = self.ends - closing - now
        return _DocumentTime(self, now + max(0.0, spare) / max(1, months))


class _DocumentTime(RunTime):
    """A part of the run's time, with an end of its own."""

    def __init__(self, whole: RunTime, ends: float) -> None:
        super().__init__(whole.clock, whole.seconds)
        self._whole = whole
        self.ends = ends

    def left(self) -> float:
        """Seconds left; ``DocumentsOverError`` once there are none, and the errors of the run's own time."""
        whole, seconds = self._whole.left(), self.ends - self.clock.monotonic()
        if seconds <= 0:
            raise DocumentsOverError("the time for documents has run out: the rest of deadline is kept for closing")
        return min(whole, seconds)
