"""An archived ``reconciliation.json`` read back: what list, diff, plan, a rerun and an analyst need of it.

Amounts are texts in the file and stay exact: a text that is no plain decimal is none (INTERFACE, "Money is a string").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from itertools import chain
from typing import Annotated, Any, overload

import msgspec

from chargeback.errors import AnswerError
from chargeback.evidence import DispositionRecord
from chargeback.evidence.records import AmountText
from chargeback.evidence.typed_json import decoded
from chargeback.model.books import AcceptedTotal
from chargeback.model.catalogue import CATALOGUE
from chargeback.model.check import Code, Outcome

PATH = "reconciliation/reconciliation.json"
SCHEMA = 1
LARGE = 16 << 20
"""Bytes of checks, some 45,000, from which on they are not decoded all at once."""
BYTES_AT_ONCE = 1 << 20
Count = Annotated[int, msgspec.Meta(ge=0)]

_BEGIN, _END, _MARK = b'\n  "checks": [\n', b'\n  ],\n  "findings": [', b'"the checks are read apart"'


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
    message: str = ""
    finding: str | None = None

    def to_row(self) -> dict[str, Any]:
        """The check as a row of the file."""
        return msgspec.structs.asdict(self)


class FindingSubject(msgspec.Struct, frozen=True):
    """What a finding is about: a project, resource, line, team or document; both "" where that differs within it."""

    kind: str
    name: str


class ArchivedFinding(msgspec.Struct, frozen=True):
    """One finding of a month (INTERFACE, ``findings``): what is wrong, where, how much, and what to do.

    ``id`` stays the same from month to month. ``amount`` is the sum of the absolute variances in ``currency``, as
    written; None where no check of it has one. ``checks`` counts the checks that belong to it. ``disposition`` is what
    was recorded for it when the revision was written, else None.
    """

    id: str
    check: str
    account: str
    invoice: str
    subject: FindingSubject
    amount: AmountText | None
    currency: str
    checks: Count
    message: str
    remedy: str
    operator_remedy: str = ""
    disposition: str | None = None
    disposed_by: str | None = None
    disposed_at: str | None = None

    def to_row(self) -> dict[str, Any]:
        """The finding as a row of the file."""
        row: dict[str, Any] = msgspec.to_builtins(self)
        return row


class DecidedFinding(msgspec.Struct, frozen=True):
    """A finding as its revision has it, how many of its checks the configuration does not accept, and the decision
    about it that was made since and still covers it, None if there is none."""

    archived: ArchivedFinding
    exceptions: int
    disposition: DispositionRecord | None

    @property
    def heading(self) -> str:
        """What an exception of its check means; the check's name where this version does not know it."""
        code = self.archived.check
        return CATALOGUE[Code(code)].title if code in set(Code) else code

    @property
    def disposed(self) -> tuple[str, str, str] | None:
        """What was decided until now, by whom and when (RFC 3339); None where nobody has, or it has grown since."""
        if self.disposition is not None:
            return self.disposition.disposition, self.disposition.by, self.disposition.disposed_at
        found = self.archived
        if found.disposition is None:
            return None
        return found.disposition, found.disposed_by or "", found.disposed_at or ""


class CurrencySum(msgspec.Struct, frozen=True):
    """A sum in one currency, as written."""

    currency: str
    amount: AmountText


class Standing(msgspec.Struct, frozen=True):
    """How many checks are exceptions that nobody has accepted, how many were not performed, how many exceptions
    somebody answers for, and Σ |variance| of those by currency."""

    exceptions: Count
    not_performed: Count
    accepted: Count
    accepted_amounts: tuple[CurrencySum, ...]

    @property
    def accepted_total(self) -> AcceptedTotal:
        """What somebody answers for."""
        return AcceptedTotal(self.accepted, tuple((row.currency, Decimal(row.amount)) for row in self.accepted_amounts))


class _Accepted(msgspec.Struct, frozen=True):
    count: Count
    amounts: tuple[CurrencySum, ...]


class ArchivedRows(Sequence[ArchivedCheck]):
    """The checks of a large month, kept as they are written, a check a line, and decoded some at a time whenever
    somebody looks at them: as objects they would take five times as much."""

    def __init__(self, data: bytes, start: int, end: int) -> None:
        """``msgspec.MsgspecError``, ``UnicodeDecodeError``, ``RecursionError`` where they are none."""
        self._data, self._start, self._end = data, start, end
        self._count = sum(map(len, self._some()))

    def _some(self) -> Iterator[list[ArchivedCheck]]:
        begin = self._start
        while begin < self._end:
            cut = self._data.find(b",\n", begin + BYTES_AT_ONCE, self._end)
            stop = self._end if cut < 0 else cut
            yield _ROWS.decode(f"[{self._data[begin:stop].decode()}]")
            begin = stop + 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[ArchivedCheck]:
        return chain.from_iterable(self._some())

    @overload
    def __getitem__(self, place: int) -> ArchivedCheck: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[ArchivedCheck, ...]: ...
    def __getitem__(self, place: int | slice) -> ArchivedCheck | tuple[ArchivedCheck, ...]:
        return tuple(self)[place]


_ROWS = msgspec.json.Decoder(Annotated[list[ArchivedCheck], msgspec.Meta(min_length=1)])
"""Each piece has a check: a comma before nothing is no JSON."""


class ArchivedChecks(msgspec.Struct, frozen=True):
    """A revision's checks, in the file's order, how much of them somebody answers for, and how many were not
    performed (0 where the version did not say); ``findings`` None where the version wrote none."""

    accepted: _Accepted
    checks: Sequence[ArchivedCheck]
    not_performed: Count = 0
    findings: tuple[ArchivedFinding, ...] | None = None

    @property
    def standing(self) -> Standing:
        """How the month stands by them."""
        exceptions = sum(check.outcome is Outcome.EXCEPTION for check in self.checks)
        return Standing(exceptions, self.not_performed, self.accepted.count, self.accepted.amounts)


class _WithoutRows(msgspec.Struct, frozen=True):
    """The file with a mark in place of its checks."""

    accepted: _Accepted
    checks: tuple[str, ...]
    not_performed: Count = 0
    findings: tuple[ArchivedFinding, ...] | None = None


def read_checks(data: bytes) -> ArchivedChecks:
    """The file's checks; ``AnswerError`` where the bytes are none, ``SchemaError`` where a newer version wrote them."""
    start, end = data.find(_BEGIN) + len(_BEGIN), data.rfind(_END)
    if len(_BEGIN) <= start < end - LARGE and _MARK not in data:
        with suppress(AnswerError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):  # said of the whole below
            around = data[:start] + _MARK + data[end:]
            rest = decoded(around, _WithoutRows, path=PATH, schema=SCHEMA, noun="a reconciliation")
            if rest.checks == (_MARK.decode().strip('"'),):  # what was taken out is the file's own list
                rows = ArchivedRows(data, start, end)
                return ArchivedChecks(rest.accepted, rows, rest.not_performed, rest.findings)
    return decoded(data, ArchivedChecks, path=PATH, schema=SCHEMA, noun="a reconciliation")
