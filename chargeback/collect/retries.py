"""When a failed attempt is made again: how often, after which wait, and until when.

Waits grow exponentially with full jitter, so that many threads do not come back at once; a server's ``Retry-After`` is
honoured, and one beyond the time left ends the call. The first attempt costs nothing extra: only a failure brings in
tenacity.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import inf
from random import SystemRandom
from typing import Generic, NoReturn, TypeVar

import tenacity

from chargeback.collect.failures import ExhaustedError, TransientError
from chargeback.collect.run_time import RunTime
from chargeback.errors import AnswerError
from chargeback.evidence.run_log import note

RETRY_SECONDS = 120.0
"""Retries of one call end after this time (INTERFACE, configuration)."""
FIRST_WAIT, LONGEST_WAIT, QUICK_WAIT = 0.5, 20.0, 1.0
"""Seconds: upper bounds of the first wait, of any wait, and of the wait after an answer that is no answer."""
QUICK_RETRIES = 2
"""How often an answer that is no answer (a proxy's page) is asked for again."""
TRANSIENT_STATUS = frozenset({408, 425, 429})
"""Besides every 5xx."""

SYSTEM_RANDOM = SystemRandom().random
"""Numbers in [0, 1) that no two machines share."""

Result = TypeVar("Result")


class Retries:
    """Makes the attempts of calls; ``random`` gives numbers in [0, 1)."""

    def __init__(self, run_time: RunTime, random: Callable[[], float] = SYSTEM_RANDOM) -> None:
        self.run_time = run_time
        self.random = random

    def within(self, run_time: RunTime) -> Retries:
        """The same within another time."""
        return Retries(run_time, self.random)

    def run(self, attempt: Callable[[float], Result], subject: str, *, patient: bool = True) -> Result:
        """The attempt's result; after the last failed one ``ExhaustedError``, of a malformed answer ``AnswerError``.

        ``attempt`` is given the instant by which it must end at the latest; without ``patient`` there is only one.
        """
        started = self.run_time.clock.monotonic()
        try:
            return attempt(inf)
        except TransientError as error:
            return _Course(self, attempt, subject, started).resume(error, patient=patient)


class _Course(Generic[Result]):
    """The further attempts of one call, after the first has failed."""

    def __init__(self, retries: Retries, attempt: Callable[[float], Result], subject: str, started: float) -> None:
        self.run_time = retries.run_time
        self.random = retries.random
        self.attempt = attempt
        self.subject = subject
        self.started = started
        self.quick_left = QUICK_RETRIES
        self.made = 0
        self.first: TransientError | None = None

    def resume(self, first: TransientError, *, patient: bool) -> Result:
        """The result of a later attempt; the errors of ``Retries.run`` where none gives one."""
        self.first = first
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(TransientError),
            wait=self._wait,
            stop=self._is_over if patient else tenacity.stop_after_attempt(1),
            sleep=self.run_time.pause,
            before_sleep=self._note,
            reraise=True,
        )
        try:
            return retrying(self._next)
        except TransientError as error:
            self._exhaust(error)

    def _next(self) -> Result:
        """An attempt; the first is the one that has already failed."""
        self.made += 1
        if self.first is not None:
            first, self.first = self.first, None
            raise first
        return self.attempt(self.started + RETRY_SECONDS)

    def _wait(self, state: tenacity.RetryCallState) -> float:
        """Seconds before the next attempt."""
        error = _failure(state)
        if error.retry_after is not None:
            return error.retry_after + self.random() * FIRST_WAIT
        if error.quick:
            return self.random() * QUICK_WAIT
        return self.random() * min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(state.attempt_number, 30))

    def _note(self, state: tenacity.RetryCallState) -> None:
        note(
            "retry",
            of=self.subject,
            attempt=state.attempt_number,
            wait=round(state.upcoming_sleep, 3),
            error=str(_failure(state)),
        )

    def _is_over(self, state: tenacity.RetryCallState) -> bool:
        """Whether no attempt follows: the next would come too late, or an answer that is none was given thrice."""
        error = _failure(state)
        if error.quick:
            self.quick_left -= 1
        ends = min(self.started + (error.within or RETRY_SECONDS), self.run_time.ends)
        return self.quick_left < 0 or self.run_time.clock.monotonic() + state.upcoming_sleep >= ends

    def _exhaust(self, error: TransientError) -> NoReturn:
        self.run_time.left()  # where it is the run's own time that is over, that is the cause, and not this call
        seconds = self.run_time.clock.monotonic() - self.started
        asked = "" if error.retry_after is None else f", which asks to wait {error.retry_after:,.0f} seconds"
        attempts = "1 attempt" if self.made == 1 else f"{self.made} attempts in {seconds:.0f} seconds"
        kind = AnswerError if error.malformed else ExhaustedError
        message = f"{self.subject}: {error}{asked}, after {attempts}"
        raise kind(message, remedy=error.remedy or "run again later", cause=str(error)) from error


def is_transient(status: int) -> bool:
    """Whether an HTTP status means: try again."""
    return status in TRANSIENT_STATUS or status >= 500


def _failure(state: tenacity.RetryCallState) -> TransientError:
    error = state.outcome.exception() if state.outcome is not None else None
    return error if isinstance(error, TransientError) else TransientError("unknown")


def retry_after(header: str | None, now: datetime) -> float | None:
    """The seconds that a ``Retry-After`` asks for, as a number or a date (RFC 9110, 10.2.3); None without one."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        instant = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    aware = instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())
