"""What calls and downloads share: a client, the time and retries of what it sends, what ends it early, the gate.

When the platform is down, calls that have not started do not add to it.

Facts (the answers that a month is booked from) and documents have each a breaker of their own: a month without its
facts cannot be closed, while a document that cannot be had never holds up the books (BOOKING 6).
"""

from __future__ import annotations

import threading

from msgspec import Struct
from msgspec.structs import replace

from chargeback.collect.failures import NotAskedError
from chargeback.collect.http_attempt import HttpAttempt
from chargeback.collect.retries import Retries
from chargeback.collect.run_time import RunTime
from chargeback.errors import PlatformError
from chargeback.evidence.gate import Gate

PATIENCE_WITH_DOCUMENTS = 3
"""After so many exhausted document calls the remaining ones are tried once each."""


class FactsBreaker:
    """Once one call for facts has used up its retries, no call starts any more."""

    def __init__(self) -> None:
        self._first: PlatformError | None = None

    def admit(self, subject: str, account: str) -> None:
        """``NotAskedError`` where an earlier call has used up its retries."""
        if self._first is not None:
            raise NotAskedError(
                f"{subject}: not asked, because an earlier call failed for good ({self._first.message})",
                remedy=self._first.remedy,
                account=account,
                cause=self._first.cause,
            )

    def trip(self, error: PlatformError) -> None:
        """A call has used up its retries."""
        self._first = self._first or error


class DocumentsBreaker:
    """Counts the document calls that used up their retries; threads share it."""

    def __init__(self) -> None:
        self._exhausted = 0
        self._lock = threading.Lock()

    @property
    def patient(self) -> bool:
        """Whether a failed document call is still retried."""
        return self._exhausted < PATIENCE_WITH_DOCUMENTS

    def count(self) -> None:
        """A document call has used up its retries."""
        with self._lock:
            self._exhausted += 1


class Channel(Struct, frozen=True):
    """One way to the outside for a run; threads share it. ``timeout``: seconds of one attempt."""

    http_attempt: HttpAttempt
    run_time: RunTime
    timeout: float
    retries: Retries
    gate: Gate
    facts: FactsBreaker
    documents: DocumentsBreaker

    def within(self, run_time: RunTime) -> Channel:
        """The same, whose attempts and pauses have to end within another time than the run's."""
        return replace(self, run_time=run_time, retries=self.retries.within(run_time))
