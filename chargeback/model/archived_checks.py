"""An archived ``reconciliation.json`` read back: what list, diff, plan and a rerun need of it.

Amounts are texts in the file and stay exact: a text that is no plain decimal is none (INTERFACE, "Money is a string").
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import msgspec

from chargeback.evidence.typed_json import decoded
from chargeback.model.check import Outcome

PATH = "reconciliation/reconciliation.json"
SCHEMA = 1

AmountText = Annotated[str, msgspec.Meta(pattern=r"\A-?[0-9]+(\.[0-9]+)?\Z", max_length=1000)]


class ArchivedCheck(msgspec.Struct, frozen=True):
    """One check's row; amounts as written, None where the check has none."""

    check: str
    account: str
    invoice: str
    subject: str
    outcome: Outcome
    currency: str
    expected: AmountText | None
    actual: AmountText | None
    variance: AmountText | None

    def to_row(self) -> dict[str, Any]:
        """The check as a row of the file."""
        return msgspec.structs.asdict(self)


class _Amount(msgspec.Struct, frozen=True):
    currency: str
    amount: AmountText


class _Accepted(msgspec.Struct, frozen=True):
    count: Annotated[int, msgspec.Meta(ge=0)]
    amounts: tuple[_Amount, ...]


class ArchivedChecks(msgspec.Struct, frozen=True):
    """A revision's checks, in the file's order, how much of them somebody answers for, and how many were not
    performed (0 where the version did not say)."""

    accepted: _Accepted
    checks: tuple[ArchivedCheck, ...]
    not_performed: Annotated[int, msgspec.Meta(ge=0)] = 0

    @property
    def accepted_amounts(self) -> tuple[tuple[str, Decimal], ...]:
        """(currency, Σ of the accepted variances), in the file's order."""
        return tuple((row.currency, Decimal(row.amount)) for row in self.accepted.amounts)

    @property
    def exceptions(self) -> int:
        """How many checks are exceptions that nobody has accepted."""
        return sum(check.outcome is Outcome.EXCEPTION for check in self.checks)


def read_checks(data: bytes) -> ArchivedChecks:
    """The file's checks; ``AnswerError`` where the bytes are none, ``SchemaError`` where a newer version wrote them."""
    return decoded(data, ArchivedChecks, path=PATH, schema=SCHEMA, noun="a reconciliation")
