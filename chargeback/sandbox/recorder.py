"""Every request that the sandbox received: what was asked and whether a credential came along, never the secret."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from chargeback.sandbox.months import rfc3339
from chargeback.sandbox.wire import Host

KEPT = 200_000  # requests; the oldest are forgotten first


@dataclass(frozen=True, slots=True)
class Received:
    """One request."""

    at: datetime  # by the sandbox's clock
    host: Host
    function: str  # of the API; "invoice" or "receipt" of the files; else the path
    account: str  # the account or invoice or project named in it; "" if none
    header_names: tuple[str, ...]  # lower case
    credential: bool  # whether an Authorization header or a known secret came with it
    fault: str = ""  # the fault that was done to its answer


class Recorder:
    """The requests received so far, in order."""

    def __init__(self) -> None:
        self._received: deque[Received] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    def add(self, received: Received) -> None:
        with self._lock:
            self._received.append(received)

    def clear(self) -> None:
        with self._lock:
            self._received.clear()

    @property
    def received(self) -> list[Received]:
        with self._lock:
            return list(self._received)

    def of(self, function: str) -> list[Received]:
        """The requests of one function."""
        return [received for received in self.received if received.function == function]

    def documents(self) -> list[dict[str, Any]]:
        """The requests as JSON documents."""
        return [{**asdict(received), "at": rfc3339(received.at)} for received in self.received]
