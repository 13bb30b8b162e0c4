"""The sandbox's own clock: everything the platform says about time follows it, never the machine's."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from chargeback.sandbox.months import instant


class Clock:
    """A clock that stands still until it is moved, or ticks on from where it was set."""

    def __init__(self, now: datetime | str, *, ticking: bool = False) -> None:
        self._ticking = ticking
        self.set(now)

    @property
    def now(self) -> datetime:
        """The present instant of the platform, in UTC."""
        if not self._ticking:
            return self._base
        return self._base + timedelta(seconds=time.monotonic() - self._set_at)

    def set(self, now: datetime | str) -> None:
        """Move to an instant (aware datetime or RFC 3339 text), forwards or backwards."""
        base = instant(now) if isinstance(now, str) else now
        if base.tzinfo is None:
            raise ValueError(f"{base} is not an instant: give it a time zone")
        self._base = base.astimezone(UTC)
        self._set_at = time.monotonic()

    def advance(self, *, days: float = 0, hours: float = 0, seconds: float = 0) -> None:
        """Move forwards (or backwards, if negative) by a span."""
        self.set(self.now + timedelta(days=days, hours=hours, seconds=seconds))
