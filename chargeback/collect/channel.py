"""What calls and downloads share: a client, the time and retries of what it sends, what ends it early, the gate."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chargeback.collect.breakers import DocumentsBreaker, FactsBreaker
from chargeback.collect.http_attempt import HttpAttempt
from chargeback.collect.retries import Retries
from chargeback.collect.run_time import RunTime
from chargeback.evidence.gate import Gate


@dataclass(frozen=True, slots=True)
class Channel:
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
