"""The configuration as checked values: what a run may rely on without questions again (INTERFACE, configuration)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from chargeback.config.address import Place
from chargeback.model.bookkeeping import Bookkeeping, ChartOfAccounts
from chargeback.model.check import REPORT_CODES, Acceptance, Check, Code
from chargeback.model.period import Period, zone
from chargeback.model.text import normalized

DEFAULT_ENDPOINT = "https://api.deploys.app/"


@dataclass(frozen=True, slots=True)
class Api:
    """How the platform is reached; ``timeout`` and ``deadline`` in seconds."""

    endpoint: str = DEFAULT_ENDPOINT
    concurrency: int = 16
    timeout: float = 30
    deadline: float = 7200
    token_command: tuple[str, ...] | None = None
    token_file: Path | None = None


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """A listed billing account, ours from ``since`` to ``until``; ``name`` is "" where the platform's is used.

    ``company``: whose books it belongs to, "" where the platform's tax id says it. ``vat``: whether its buyer may
    reclaim input tax, None where the platform's kind of buyer says it (INTERFACE, configuration).
    """

    id: str
    name: str = ""
    token_env: str | None = None
    since: Period | None = None
    until: Period | None = None
    company: str = ""
    vat: Literal["recoverable", "cost"] | None = None

    def ours_in(self, period: Period) -> bool:
        """Whether the account is ours in that month."""
        return within(period, self.since, self.until)

    def is_former(self, period: Period) -> bool:
        """Whether the account's last month lies before that one."""
        return self.until is not None and self.until < period


@dataclass(frozen=True, slots=True)
class ProjectClaim:
    """A sid or glob that claims projects, in the months from ``since`` to ``until``, both inclusive."""

    pattern: str
    since: Period | None = None
    until: Period | None = None

    @property
    def is_glob(self) -> bool:
        """Whether the pattern has a wildcard (``*``, ``?`` or ``[…]``)."""
        return any(character in self.pattern for character in "*?[")

    @property
    def literal_characters(self) -> int:
        """How many characters of the pattern stand for themselves: the more, the stronger the claim."""
        count, position = 0, 0
        while position < len(self.pattern):
            closing = self.pattern.find("]", position + 2) if self.pattern[position] == "[" else -1
            if closing > 0:
                position = closing
            elif self.pattern[position] not in "*?":
                count += 1
            position += 1
        return count

    def active_in(self, period: Period) -> bool:
        """Whether the claim holds in that month."""
        return within(period, self.since, self.until)

    def matches(self, sid: str) -> bool:
        """Whether the claim covers the project of that sid."""
        return fnmatchcase(sid, self.pattern) if self.is_glob else sid == self.pattern


@dataclass(frozen=True, slots=True)
class Budget:
    """What a team may cost in a month, net; months in other currencies are not compared with it."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Team:
    """A team, in configuration order; ``cost_center``, ``gl_account`` and ``company`` are "" where none is given.

    ``notify``: where its statement and workbook are sent, as apprise writes it, with ``${NAME}`` for what the
    environment holds.
    """

    id: str
    name: str
    cost_center: str = ""
    gl_account: str = ""
    projects: tuple[ProjectClaim, ...] = ()
    company: str = ""
    notify: tuple[str, ...] = ()
    budget: Budget | None = None


@dataclass(frozen=True, slots=True)
class SharedProject:
    """A project that several teams share: ``split`` is "even", "proportional" or weights by team id.

    Weights are in the order of the teams, none is negative, and at least one is above zero.
    """

    claim: ProjectClaim
    split: Literal["even", "proportional"] | Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Tolerances of the ``report-*`` checks, and what the report's values include; percents are of 100."""

    tolerance_absolute: Decimal = Decimal("0.05")
    tolerance_percent: Decimal = Decimal(0)
    tax_basis: Literal["gross", "net"] = "gross"
    history_variance_percent: Decimal = Decimal(30)


@dataclass(frozen=True, slots=True)
class AcceptedException:
    """A known exception that someone answers for; ``invoice`` and ``subject`` None where any is meant."""

    check: str
    account: str
    until: Period
    reason: str
    by: str
    invoice: str | None = None
    subject: str | None = None
    up_to: Decimal | None = None

    @property
    def acceptance(self) -> Acceptance:
        """Who answers for what it covers."""
        return Acceptance(self.by, self.until, self.reason)

    def covers(self, check: Check) -> bool:
        """Whether the acceptance answers for that exception, its month aside; never for ``ledger-control``."""
        named = check.code in REPORT_CODES if self.check == "report-*" else check.code == self.check
        if not named or check.code is Code.LEDGER_CONTROL or check.account != self.account:
            return False
        if self.invoice not in (None, check.invoice) or self.subject not in (None, check.subject_name):
            return False
        return check.variance is None or (self.up_to is not None and check.variance.copy_abs() <= self.up_to)


@dataclass(frozen=True, slots=True)
class Journal(ChartOfAccounts):
    """Accounts of the journal's legs; None where the configuration names none.

    ``corrections`` says where a restatement posts: on the day of its run, or on the last day of the month that it
    concerns (BOOKING 9). ``format`` are further files for an ERP: the name of a profile that comes with the program, or
    the path of one of the user's own.
    """

    corrections: Literal["open", "original"] = "open"
    format: tuple[str | Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Publish:
    """How the files of a revision are written: the language of statements and tax lists, the version of FOCUS, and
    which workbooks are left out (``"xlsx"``: the teams' and the one of all lines, never the workpaper).
    """

    language: Literal["en", "th", "both"] = "en"
    focus: Literal["1.2", "1.4"] = "1.2"
    leave_out: tuple[str, ...] = ()

    @property
    def leaves_out_workbooks(self) -> bool:
        """Whether the workbooks of teams and of all lines are not written."""
        return "xlsx" in self.leave_out


@dataclass(frozen=True, slots=True)
class Vendor:
    """Who issues the invoices, for tax lists and exports; "" where the configuration does not say."""

    name: str = ""
    tax_id: str = ""
    branch: str = ""


EVENTS = ("exceptions", "failed", "alert", "archived", "restated", "overdue")
"""On which occasions somebody can be told."""


@dataclass(frozen=True, slots=True)
class Notify:
    """Who is told what: ``urls`` as apprise takes them, with ``${NAME}`` for what the environment holds.

    ``close_by`` is the day of the month from which a last month without a revision is overdue; ``metrics`` the folder
    of the textfile collector, None where no metrics are written.
    """

    urls: tuple[str, ...] = ()
    on: tuple[str, ...] = EVENTS
    close_by: int = 10
    healthcheck_url: str | None = None
    metrics: Path | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """When a day's cost is out of the ordinary: ``floor`` in currency, ``band`` in deviations, over so many ``days``.

    ``prices`` replace the platform's list prices by resource.
    """

    floor: Decimal = Decimal(50)
    band: Decimal = Decimal(7)
    days: int = 28
    prices: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Config:
    """A whole configuration; ``source`` are the file's bytes, kept with every revision.

    ``base_manifest``: the manifest (its SHA-256) after which the archive begins, None for an archive from its first
    revision on. ``since``: the month before which ``--catch-up`` looks at none, None for the first archived one.
    ``workers``: processes that close and publish, 0 for as many as there are processors.
    """

    archive: Place
    source: bytes = field(default=b"", repr=False)
    path: Path | None = None
    timezone_name: str = "UTC"
    head_file: Path | None = None
    base_manifest: str | None = None
    since: Period | None = None
    workers: int = 0
    api: Api = field(default_factory=Api)
    accounts: tuple[AccountEntry, ...] = ()
    teams: tuple[Team, ...] = ()
    shared: tuple[SharedProject, ...] = ()
    environments: Mapping[str, tuple[ProjectClaim, ...]] = field(default_factory=lambda: MappingProxyType({}))
    reconciliation: Reconciliation = field(default_factory=Reconciliation)
    accepted: tuple[AcceptedException, ...] = ()
    journal: Journal = field(default_factory=Journal)
    notify: Notify = field(default_factory=Notify)
    usage: Usage = field(default_factory=Usage)
    publish: Publish = field(default_factory=Publish)
    vendor: Vendor = field(default_factory=Vendor)

    @property
    def bookkeeping(self) -> Bookkeeping:
        """The chart of accounts, and what the accounts' entries say of companies and tax."""
        companies = {entry.id: entry.company for entry in self.accounts if entry.company}
        reclaims = {entry.id: entry.vat == "recoverable" for entry in self.accounts if entry.vat}
        return Bookkeeping(self.journal, companies, reclaims)

    def shared_entry(self, project: str, period: Period) -> SharedProject | None:
        """The entry that splits the project in the month, None where none does: an exact sid before a glob, the more
        literal glob before another (BOOKING 5). Compared after Unicode NFC, as claims are."""
        sid = normalized(project)
        matching = [entry for entry in self.shared if entry.claim.active_in(period) and entry.claim.matches(sid)]
        return max(matching, key=lambda entry: (not entry.claim.is_glob, entry.claim.literal_characters), default=None)

    @property
    def timezone(self) -> ZoneInfo:
        """Whose calendar months."""
        return zone(self.timezone_name)


def within(period: Period, since: Period | None, until: Period | None) -> bool:
    """Whether the month lies between two months, both inclusive, None for no bound."""
    return (since is None or since <= period) and (until is None or period <= until)
