"""A check's result, the codes of all checks, and what each of them asserts (INTERFACE, checks)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from chargeback.model.period import Period


class Outcome(StrEnum):
    """How a check came out: a notice is told and holds nothing up; an accepted exception has somebody who answers for
    it.
    """

    PASS = "pass"  # noqa: S105 (an outcome)
    EXCEPTION = "exception"
    ACCEPTED = "accepted"
    NOTICE = "notice"


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


HOLDS_WHEN: Mapping[Code, str] = MappingProxyType(
    {
        Code.INVOICE_ISSUED: "the account is ready, and nothing speaks against it",
        Code.INVOICE_IDENTITY: "what came back is the invoice asked for, of this account; list row and detail agree",
        Code.INVOICE_ARITHMETIC: "subtotal + tax = total, in minor units",
        Code.INVOICE_TAX: "subtotal × rate rounds to tax, or total ÷ (1 + rate) to subtotal",
        Code.INVOICE_WITHHOLDING: "withheld is 0 or subtotal × withholding rate, rounded",
        Code.INVOICE_FOOTING: "the lines foot to total (by project) or subtotal (by SKU)",
        Code.LINE_ARITHMETIC: "quantity × unit price = amount (by SKU)",
        Code.INVOICE_CUTOFF: "the invoice lies within the month; issued invoices cover it without gap or overlap",
        Code.INVOICE_DUPLICATE: "no number twice; no project billed twice for the same days",
        Code.ACCOUNT_SET: "no account of the archive's newest revision is missing unless its from or until says so",
        Code.PRIOR_PERIODS: "every invoice listed for an earlier archived month stands in that month's latest revision",
        Code.REPORT_PERIOD: "the report's answer provably covers the month asked for",
        Code.REPORT_CHART: "the report's daily chart foots to its own rows",
        Code.REPORT_TOTAL: "report total = invoice line total",
        Code.REPORT_PROJECT: "report = invoice lines, project by project",
        Code.REPORT_RESOURCE: "report = invoice lines, resource by resource",
        Code.SETTLEMENT: "no invoice that was settled is void, open or of another tax or amount now",
        Code.JOURNAL_ACCOUNTS: "every leg of the journal has an account",
        Code.CURRENCY: "one currency per account and period, and one that ISO 4217 knows",
        Code.OWNERSHIP: "every project with cost has an owner",
        Code.LEDGER_CONTROL: "the ledgers add up to the invoices, exactly",
        Code.INVOICE_PDF: "each issued invoice's PDF is there, is a PDF, and names its number and its total",
        Code.HISTORY: "each team is within the configured variance of its previous month",
    }
)

REPORT_CODES = frozenset(code for code in Code if code.startswith("report-"))
"""What ``report-*`` means in ``[[accepted]]``."""

VARIANCE_CODES = frozenset(
    {
        Code.INVOICE_ISSUED,
        Code.INVOICE_IDENTITY,
        Code.SETTLEMENT,
        Code.INVOICE_ARITHMETIC,
        Code.INVOICE_TAX,
        Code.INVOICE_WITHHOLDING,
        Code.INVOICE_FOOTING,
        Code.LINE_ARITHMETIC,
        Code.INVOICE_CUTOFF,
        Code.REPORT_PERIOD,
        Code.REPORT_CHART,
        Code.REPORT_TOTAL,
        Code.REPORT_PROJECT,
        Code.REPORT_RESOURCE,
    }
)
"""Checks that have a variance, be it only the amount that they leave untied: an acceptance of one needs ``up_to``."""


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


@dataclass(frozen=True, slots=True)
class Subject:
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


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Who answers for an exception, until which month, and why: the ``[[accepted]]`` entry that covers it."""

    by: str
    until: Period
    reason: str


@dataclass(frozen=True, slots=True)
class Check:
    """One check's result: facts; ``message`` is a sentence for people, and nothing is read out of it again.

    ``account`` and ``invoice`` (the number, or the id where there is none) are "" where there is none, ``subject``
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
        """The subject's name as published, "" where there is none."""
        return self.subject.name if self.subject else ""

    @property
    def sentence(self) -> str:
        """What is told to people: what was found, and who answers for it."""
        if self.accepted is None:
            return self.message
        accepted = self.accepted
        return f"{self.message}. Accepted by {accepted.by} until {accepted.until}: {accepted.reason}"

    def is_about(self, kind: SubjectKind, name: str) -> bool:
        """Whether the check's subject is that one."""
        return self.subject == Subject(kind, name)
