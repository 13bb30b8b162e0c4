"""A finding: the exceptions that one cause explains, or that nothing explains and one check made (BOOKING 6)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256

from chargeback.model.check import Code, Subject


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of a month.

    ``id`` stays the same from month to month. ``account`` and ``invoice`` are "" and ``subject`` None where its checks
    differ in them. ``amount`` is Σ |variance| in ``currency``, None where none of its checks has a variance; ``checks``
    how many follow from it, those that are accepted too.
    """

    id: str
    code: Code
    account: str
    invoice: str
    subject: Subject | None
    amount: Decimal | None
    currency: str
    checks: int
    message: str
    remedy: str


def finding_id(code: Code, account: str, invoice: str, subject: Subject | None, currency: str, *more: str) -> str:
    """``F-`` and ten hex digits of what it is about, the month aside; ``more`` tells two such findings apart."""
    parts = (code.value, account, invoice, subject.name if subject else "", currency, *more)
    return f"F-{sha256(chr(10).join(parts).encode()).hexdigest()[:10]}"
