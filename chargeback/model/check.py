"""A check's result, the codes of all checks, and what each of them asserts (INTERFACE, checks); and a finding: the
exceptions that one cause explains, or that nothing explains and one check made (BOOKING 6).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from itertools import chain, groupby
from typing import overload

from msgspec import Struct

from chargeback.evidence import DispositionRecord
from chargeback.evidence.period import Period

_FINDING_ID = re.compile(r"F-[0-9a-f]{10}", re.ASCII)


class Outcome(StrEnum):
    """How a check came out: a notice is reported and stops nothing; an accepted exception has somebody who answers for
    it.
    """

    PASS = "pass"  # noqa: S105 (an outcome)
    EXCEPTION = "exception"
    ACCEPTED = "accepted"
    NOTICE = "notice"


REPORTED = (Outcome.EXCEPTION, Outcome.ACCEPTED, Outcome.NOTICE)
"""The outcomes that are listed one by one, in this order."""


class Code(StrEnum):
    """The checks' codes, in the order in which they are reported."""

    INVOICE_ISSUED = "invoice-issued"
    INVOICE_IDENTITY = "invoice-identity"
    INVOICE_ARITHMETIC = "invoice-arithmetic"
    INVOICE_TAX = "invoice-tax"
    INVOICE_WITHHOLDING = "invoice-withholding"
    INVOICE_FOOTING = "invoice-footing"
    LINE_ARITHMETIC = "line-arithmetic"
    INVOICE_CUTOFF = "invoice-cutoff"
    INVOICE_DUPLICATE = "invoice-duplicate"
    ACCOUNT_SET = "account-set"
    PRIOR_PERIODS = "prior-periods"
    REPORT_PERIOD = "report-period"
    REPORT_CHART = "report-chart"
    REPORT_TOTAL = "report-total"
    REPORT_PROJECT = "report-project"
    REPORT_RESOURCE = "report-resource"
    SETTLEMENT = "settlement"
    JOURNAL_ACCOUNTS = "journal-accounts"
    CURRENCY = "currency"
    OWNERSHIP = "ownership"
    LEDGER_CONTROL = "ledger-control"
    INVOICE_PDF = "invoice-pdf"
    HISTORY = "history"


REPORT_CODES = frozenset(code for code in Code if code.startswith("report-"))
"""What ``report-*`` means in ``[[accepted]]``."""


class SubjectKind(StrEnum):
    """What a check's subject is (INTERFACE, ``findings``)."""

    PROJECT = "project"
    RESOURCE = "resource"
    LINE = "line"
    TEAM = "team"
    DOCUMENT = "document"
    INVOICE = "invoice"
    ACCOUNT = "account"
    DAY = "day"
    MONTH = "month"
    CURRENCY = "currency"
    COMPANY = "company"
    LEG = "leg"
    CLAIM = "claim"
    ACCEPTANCE = "acceptance"


class Subject(Struct, frozen=True):
    """What a check is about within its account and invoice.

    ``name`` is that thing's own name: a sid ("" for report rows without a project), a resource, ``line 3``, a team's
    id, ``receipt``, an invoice's number, a day or span of days, a month, a currency's code, a pattern of the
    configuration, what an acceptance is limited to.
    """

    kind: SubjectKind
    name: str


class Cause(StrEnum):
    """What explains an exception (BOOKING 6, finding and cause); ``none``: looked for and not found."""

    UNCOVERED_DAYS = "uncovered-days"
    VOID_INVOICE = "void-invoice"
    CREDIT = "credit"
    TAX_BASIS = "tax-basis"
    COUNTED_TWICE = "counted-twice"
    ROUNDING = "rounding"
    NONE = "none"


class Acceptance(Struct, frozen=True):
    """Who answers for an exception, until which month, and why: the ``[[accepted]]`` entry that covers it."""

    by: str
    until: Period
    reason: str

    @property
    def ending(self) -> str:
        """What is said of it behind a check's message."""
        return f". Accepted by {self.by} until {self.until}: {self.reason}"


class Check(Struct, frozen=True):
    """One check's result: facts; ``message`` is a sentence for people, and nothing is read out of it again.

    ``account`` and ``invoice`` (the number, or the id if there is none) are "" if there is none, ``subject``
    (project, resource, line, team or document concerned) None. ``expected``, ``actual``, ``variance`` (actual −
    expected) and ``tolerance`` are amounts in ``currency``, None where the check has no amount. A report's figure keeps
    its digits, any other has the minor digits of its currency. ``performed`` is False where the check could not be
    performed. ``accepted``: who answers for it where the outcome is so. ``cause`` is None where none is looked for,
    ``finding`` the id of the finding that an exception or an accepted one belongs to, else "".
    """

    code: Code
    outcome: Outcome
    message: str
    account: str = ""
    invoice: str = ""
    subject: Subject | None = None
    expected: Decimal | None = None
    actual: Decimal | None = None
    variance: Decimal | None = None
    tolerance: Decimal | None = None
    currency: str = ""
    performed: bool = True
    accepted: Acceptance | None = None
    cause: Cause | None = None
    finding: str = ""

    @property
    def subject_name(self) -> str:
        """The subject's name as published, "" if there is none."""
        return self.subject.name if self.subject else ""

    @property
    def sentence(self) -> str:
        """What people read: what was found, and who answers for it."""
        return self.message if self.accepted is None else self.message + self.accepted.ending

    def is_about(self, kind: SubjectKind, name: str) -> bool:
        """Whether the check's subject is that one."""
        return self.subject == Subject(kind, name)

    @property
    def kind(self) -> Kind:
        """What it is counted as."""
        return self.code, self.outcome, self.performed


Kind = tuple[Code, Outcome, bool]
"""A check's code and outcome, and whether it was performed."""
Tally = Mapping[Kind, int]
"""How many checks are of each kind."""


class Tallies(dict[str, Tally]):
    """The tally of each account; most have the same, which is kept once."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[frozenset[tuple[Kind, int]], Tally] = {}

    def add(self, account: str, checks: Iterable[Check]) -> None:
        """Count the checks of an account, in place of those that were counted before."""
        tally = Counter(check.kind for check in checks)
        self[account] = self._known.setdefault(frozenset(tally.items()), tally)


@dataclass(frozen=True, slots=True)
class Checks(Sequence[Check]):
    """A month's checks, by account and in order: those of an account are looked at only where some of them may be
    wanted, as its tally says."""

    accounts: Mapping[str, Sequence[Check]]
    tallies: Mapping[str, Tally]

    @classmethod
    def of(cls, accounts: Mapping[str, Sequence[Check]]) -> Checks:
        """The checks of these accounts, which are given in order."""
        tallies = Tallies()
        for account, checks in accounts.items():
            tallies.add(account, checks)
        return cls(accounts, tallies)

    @classmethod
    def in_order(cls, checks: Sequence[Check]) -> Checks:
        """These checks, which are in order."""
        if isinstance(checks, Checks):
            return checks
        return cls.of({account: list(some) for account, some in groupby(checks, key=lambda check: check.account)})

    def __len__(self) -> int:
        return sum(map(len, self.accounts.values()))

    def __iter__(self) -> Iterator[Check]:
        return chain.from_iterable(self.accounts.values())

    @overload
    def __getitem__(self, place: int) -> Check: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Check]: ...
    def __getitem__(self, place: int | slice) -> Check | Sequence[Check]:
        return list(self)[place]

    def tally(self) -> Tally:
        """How many checks are of each kind in all."""
        found: Counter[Kind] = Counter()
        for tally in self.tallies.values():
            found.update(tally)
        return found

    def where(self, wanted: Callable[[Kind], bool]) -> Iterator[Check]:
        """The checks of the kinds that are wanted, in order."""
        for account, tally in self.tallies.items():
            kinds = set(filter(wanted, tally))
            if kinds:
                yield from (check for check in self.accounts[account] if check.kind in kinds)


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
    return _FINDING_ID.fullmatch(text) is not None


def covers(disposition: DispositionRecord, amount: Decimal | None, checks: int) -> bool:
    """Whether what was decided still holds: the amount is not larger than it was then (INTERFACE, ``disposition``).

    A finding without an amount, of projects without an owner, say, is measured by the number of its checks.
    """
    if amount is None or disposition.amount is None:
        return amount is None and disposition.amount is None and checks <= disposition.checks
    return amount <= Decimal(disposition.amount)
