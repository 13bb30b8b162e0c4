"""What happens to the platform and its accounts over time, apart from invoices (whose instants are their own).

An event holds from its start until its end; without an end it holds for good. What is shown at an instant follows
from the events that hold then, so moving the clock back undoes them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

E = TypeVar("E", bound="Event")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that holds from an instant until another (exclusive; None: for good)."""

    start: datetime
    end: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        return self.start <= moment and (self.end is None or moment < self.end)


@dataclass(frozen=True, slots=True)
class Away(Event):
    """The whole platform answers nothing but this HTTP status."""

    status: int = 503


@dataclass(frozen=True, slots=True)
class Absent(Event):
    """An account is not listed, and questions for it is answered with the message."""

    account: str = ""
    message: str = "api: billing account not found"


@dataclass(frozen=True, slots=True)
class Inactive(Event):
    """An account is listed as not active, and its report is refused."""

    account: str = ""
    invoices_refused: bool = True


@dataclass(frozen=True, slots=True)
class DocumentsAway(Event):
    """Invoice PDFs and receipts cannot be had; `account` empty: of no account."""

    account: str = ""
    message: str = "api: invoice pdf export is not available"


def holding(events: Iterable[Event], kind: type[E], moment: datetime) -> list[E]:
    """The events of a kind that hold at an instant, in order."""
    return [event for event in events if isinstance(event, kind) and event.holds(moment)]
