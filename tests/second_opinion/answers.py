"""What the platform answered for a month, read with the standard library alone.

Ids are texts whatever they were in JSON, amounts exact fractions, times instants. Nothing is decided here but what a
field says, and whether it says anything: null, "", and the zero time say nothing (CONTRACT, transport).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

Fields = Mapping[str, Any]
"""A decoded JSON object."""

ZERO_TIME = "0001-01-01"
INACTIVE = "billing account not active"
MORE = re.compile(r"^next$|cursor|pageToken|nextPage|nextToken|nextLink", re.IGNORECASE)
"""Names that say so where a text is with them (CONTRACT, transport)."""
ACCESS = (
    "unauthorized",
    "forbidden",
    "billing account not found",
    "you do not have permission",
)
"""What the messages of a refusal of access hold (CONTRACT, transport)."""


class StopError(Exception):
    """The month cannot be booked; ``code`` is the exit code."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(f"exit {code}: {why}")
        self.code = code


@dataclass(frozen=True)
class Reply:
    """One answer: its bytes, when it was asked for (RFC 3339), and its ``Date`` header, None where it had none."""

    body: bytes
    requested_at: str
    date: str | None = None

    @property
    def result(self) -> Fields | None:
        """The answer's ``result``, or None where it is a refusal."""
        decoded = decode(self.body)
        return (decoded.get("result") or {}) if decoded.get("ok") is True else None

    @property
    def refusal(self) -> str:
        """The message of a refusal, "" where it is none."""
        decoded = decode(self.body)
        return "" if decoded.get("ok") is True else str((decoded.get("error") or {}).get("message", ""))

    @property
    def refuses_access(self) -> bool:
        """Whether this is a refusal for want of access or of a credential."""
        return any(words in self.refusal for words in ACCESS)


@dataclass(frozen=True)
class AccountAnswers:
    """The answers of one billing account; ``details`` are those to ``billing.getInvoice``, by the id asked for."""

    get: Reply
    report: Reply
    invoices: Reply
    details: Mapping[str, Reply] = field(default_factory=dict)


@dataclass(frozen=True)
class EarlierInvoice:
    """An invoice as the archive's latest revision of an earlier month has it; ``total`` in minor units."""

    period: str
    account: str
    id: str
    number: str
    currency: str
    total: int
    void: bool = False


@dataclass(frozen=True)
class Month:
    """All that a month's result follows from; ``accounts`` in the order of the run.

    ``archived``: the earlier months that the archive holds, with their accounts; ``earlier``: the invoices of those;
    ``booked``: id, sid and name of the projects of the month's latest revision, ``account_names`` its accounts' names.
    """

    period: str
    run_at: str
    config: str
    accounts: Mapping[str, AccountAnswers]
    projects: Reply
    archived: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    earlier: tuple[EarlierInvoice, ...] = ()
    booked: tuple[tuple[str, str, str], ...] = ()
    account_names: Mapping[str, str] = field(default_factory=dict)


def decode(body: bytes) -> Any:
    """The JSON value with exact numbers."""
    return json.loads(body, parse_float=Decimal)


def composed(value: str) -> str:
    """The text as it is compared: after Unicode NFC (BOOKING 5)."""
    return unicodedata.normalize("NFC", value)


def text(value: object) -> str:
    """An id or a text; "" where nothing is said."""
    return "" if value is None else str(value)


def first_text(fields: Fields, *keys: str) -> str:
    """The first of the fields that says something."""
    return next((text(fields.get(key)) for key in keys if text(fields.get(key))), "")


def amount(fields: Fields, key: str) -> Fraction | None:
    """An exact amount, None where nothing is said."""
    value = fields.get(key)
    return None if value is None or value == "" else Fraction(value)


def instant(value: object) -> datetime | None:
    """An instant in UTC, None where nothing is said."""
    words = text(value)
    if not words or words.startswith(ZERO_TIME):
        return None
    words = re.sub(r"(\.\d{6})\d+", r"\1", words)
    return datetime.fromisoformat(words).astimezone(UTC)


def items(result: Fields | None) -> Iterator[Fields]:
    """The objects of a list answer; exit 6 where it says that there are more."""
    for key, value in (result or {}).items():
        if (key == "hasMore" and value is True) or (MORE.search(key) and isinstance(value, str) and value):
            raise StopError(6, f"{key} says that the list is incomplete")
    yield from (result or {}).get("items") or ()
