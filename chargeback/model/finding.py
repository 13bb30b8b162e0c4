"""A finding: the exceptions that one cause explains, or that nothing explains and one check made (BOOKING 6)."""

from __future__ import annotations

import re
from decimal import Decimal
from hashlib import sha256

from msgspec import Struct

from chargeback.evidence import DispositionRecord
from chargeback.model.check import Code, Subject

_ID = re.compile(r"F-[0-9a-f]{10}", re.ASCII)


class Finding(Struct, frozen=True):
    """One finding of a month.

    ``id`` stays the same from month to month. ``account`` and ``invoice`` are "" and ``subject`` None where its checks
    differ in them. ``amount`` is Σ |variance| in ``currency``, None where none of its checks has a variance; ``checks``
    how many follow from it, those that are accepted too. ``disposition``: what somebody decided about it before the
    revision was written, None where nobody has, or it has grown since.
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
    disposition: DispositionRecord | None = None


def finding_id(code: Code, account: str, invoice: str, subject: Subject | None, currency: str, *more: str) -> str:
    """``F-`` and ten hex digits of what it is about, the month aside; ``more`` tells two such findings apart."""
    parts = (code.value, account, invoice, subject.name if subject else "", currency, *more)
    return f"F-{sha256(chr(10).join(parts).encode()).hexdigest()[:10]}"


def is_finding_id(text: str) -> bool:
    """Whether the text is spelt as an id is."""
    return _ID.fullmatch(text) is not None


def covers(disposition: DispositionRecord, amount: Decimal | None, checks: int) -> bool:
    """Whether what was decided still holds: the amount is not larger than it was then (INTERFACE, ``disposition``).

    A finding without an amount, of projects without an owner, say, is measured by the number of its checks.
    """
    if amount is None or disposition.amount is None:
        return amount is None and disposition.amount is None and checks <= disposition.checks
    return amount <= Decimal(disposition.amount)
