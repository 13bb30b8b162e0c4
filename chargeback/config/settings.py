"""The configuration as declared records: every key of ``config.toml`` with its type, bounds, default and meaning
(INTERFACE, configuration).

A key is one field here, and the text below it: ``config.reading`` reads it, ``docs/configuration.md`` explains it in
these words, the schema for editors and ``chargeback config show`` have it. ``config.example.toml`` must show it, or a
test fails. What two keys must not say together a record's own ``contradiction`` says; what two tables must not,
``config.loader``.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo

from msgspec import field

from chargeback.config.forms import (
    EVERY_REPORT_CHECK,
    ArchivePlace,
    CheckCode,
    Command,
    EndpointUrl,
    ErpFormats,
    Identifier,
    LedgerAccount,
    ServiceUrl,
    Sha256,
    TimeZone,
    VariableName,
    WebUrl,
    Workers,
)
from chargeback.config.key_path import Fault
from chargeback.config.ownership import (
    Claims,
    SharedProject,
    Team,
    contradiction_of_months,
    within,
)
from chargeback.config.reading import NO_KEY, Key, KeyTable
from chargeback.evidence.period import Period, zone
from chargeback.model.bookkeeping import Bookkeeping, ChartOfAccounts
from chargeback.model.catalogue import VARIANCE_CODES
from chargeback.model.check import REPORT_CODES, Acceptance, Check, Code
from chargeback.model.text import normalized

DEFAULT_ENDPOINT = "https://api.deploys.app/"
ENDPOINT_VARIABLE = "DEPLOYS_ENDPOINT"
DEFAULT_ARCHIVE = "archive"


class Api(KeyTable, frozen=True):
    """How the platform is reached; ``timeout`` and ``deadline`` in seconds."""

    endpoint: EndpointUrl = DEFAULT_ENDPOINT
    """The platform."""
    concurrency: Annotated[int, Key(least=1, most=64)] = 16
    """Requests at the same time."""
    timeout: Annotated[float, Key(most=600)] = 30
    """For one attempt; a failed call is tried again for 2 minutes."""
    deadline: Annotated[float, Key(most=7 * 24 * 3600)] = 7200
    """For a run, then exit 6; documents leave at least a quarter of it for closing."""
    token_command: Command | None = None
    """Prints a token; run without a shell, at most 60 seconds."""
    token_file: Path | None = None
    """Holds a token, or the key of `DEPLOYS_AUTH_USER`'s service account; readable by the job alone."""

    def contradiction(self) -> Fault | None:
        """A token comes from a command or from a file, not from both."""
        both = self.token_command is not None and self.token_file is not None
        return Fault("token_command and token_file are both given", "keep one of them") if both else None


class AccountEntry(KeyTable, frozen=True):
    """A listed billing account, ours from ``since`` to ``until``; ``name`` is "" where the platform's is used.

    ``company``: whose books it belongs to, "" where the platform's tax id says it. ``vat``: whether its buyer may
    reclaim input tax, None where the platform's kind of buyer says it (INTERFACE, configuration).
    """

    id: Identifier
    """The billing account, as the platform shows it."""
    name: str = ""
    """How reports call it."""
    token_env: VariableName | None = None
    """Holds this account's own token."""
    since: Annotated[Period | None, Key("from")] = None
    """The first month it is yours."""
    until: Period | None = None
    """The last one; without it a missing account stops the run (exit 5)."""
    company: str = ""
    """Whose books it belongs to."""
    vat: Literal["recoverable", "cost"] | None = None
    """Whether its buyer may reclaim input tax."""

    def contradiction(self) -> Fault | None:
        """Months that are not in order of time."""
        return contradiction_of_months(self.since, self.until)

    def ours_in(self, period: Period) -> bool:
        """Whether the account is ours in that month."""
        return within(period, self.since, self.until)

    def is_former(self, period: Period) -> bool:
        """Whether the account's last month lies before that one."""
        return self.until is not None and self.until < period


class Tolerance(KeyTable, frozen=True):
    """What a comparison with the report may differ by: the larger of an amount and of a part of the expected one."""

    absolute: Decimal = Decimal("0.05")
    """In the invoice's currency."""
    percent: Decimal = Decimal(0)
    """Of the invoices' amount."""


class Reconciliation(KeyTable, frozen=True):
    """Tolerances of the ``report-*`` checks, and what the report's values include; percents are of 100."""

    tolerance: Tolerance = Tolerance()
    """Between report and invoices."""
    tax_basis: Literal["gross", "net"] = "gross"
    """Whether the report's values include tax."""
    history_variance_percent: Decimal = Decimal(30)
    """A notice if a team's month differs more from the one before."""


class AcceptedException(KeyTable, frozen=True):
    """A known exception that someone answers for; ``invoice`` and ``subject`` None where any is meant."""

    check: CheckCode
    """`report-*`: all that compare with the report."""
    account: Identifier
    """The billing account."""
    until: Period
    """The last month it holds for."""
    reason: str
    """Why, listed in every reconciliation."""
    by: str
    """Who answers for it."""
    invoice: Identifier | None = None
    """This invoice."""
    subject: str | None = None
    """This project, resource, line, team or document."""
    up_to: Decimal | None = None
    """A larger difference is an exception again."""

    def contradiction(self) -> Fault | None:
        """A check that has a variance needs the most that is accepted of it."""
        if self.up_to is not None or not (self.check == EVERY_REPORT_CHECK or self.check in VARIANCE_CODES):
            return None
        problem = f'{self.check} has a variance, and the key "up_to" is missing'
        return Fault(problem, 'add the most to accept: up_to = "12.50"')

    @property
    def acceptance(self) -> Acceptance:
        """Who answers for what it covers."""
        return Acceptance(self.by, self.until, self.reason)

    def covers(self, check: Check) -> bool:
        """Whether the acceptance answers for that exception, its month aside; never for ``ledger-control``."""
        named = check.code in REPORT_CODES if self.check == EVERY_REPORT_CHECK else check.code == self.check
        if not named or check.code is Code.LEDGER_CONTROL or check.account != self.account:
            return False
        if self.invoice not in (None, check.invoice) or self.subject not in (None, check.subject_name):
            return False
        return check.variance is None or (self.up_to is not None and check.variance.copy_abs() <= self.up_to)


class Journal(ChartOfAccounts, KeyTable, frozen=True):
    """Accounts of the journal's legs; None where the configuration names none.

    ``corrections`` says where a restatement posts: on the day of its run, or on the last day of the month that it
    concerns (BOOKING 9). ``format`` are further files for an ERP: the name of a profile that comes with the program, or
    the path of one of the user's own.
    """

    expense: LedgerAccount | None = None
    """Lines whose team has no `gl_account`."""
    unassigned: LedgerAccount | None = None
    """Projects that nobody owns."""
    adjustments: LedgerAccount | None = None
    """What an invoice holds beyond its lines."""
    input_vat: LedgerAccount | None = None
    """Tax that can be claimed."""
    input_vat_pending: LedgerAccount | None = None
    """The same while the invoice is unpaid."""
    payable: LedgerAccount | None = None
    """What is owed to the platform."""
    withholding: LedgerAccount | None = None
    """Tax withheld when paying."""
    clearing: LedgerAccount | None = None
    """What is paid, until the bank's own entry meets it."""
    corrections: Literal["open", "original"] = "open"
    """Where a restatement posts: the day of its run, or the last day of the month it concerns."""
    format: ErpFormats = ()
    """[Files for an ERP](journal.md#files-for-an-erp)."""


class Publish(KeyTable, frozen=True):
    """How the files of a revision are written: the language of statements and tax lists, the version of FOCUS, and
    which workbooks are left out (``"xlsx"``: the teams' and the one of all lines, never the workpaper).
    """

    language: Literal["en", "th", "both"] = "en"
    """Of statements and tax lists."""
    focus: Literal["1.2", "1.4"] = "1.2"
    """The version of FOCUS of `exports/focus.csv`."""
    leave_out: tuple[Literal["xlsx"], ...] = ()
    """Workbooks of teams and of all lines; the workpaper is always written."""

    @property
    def leaves_out_workbooks(self) -> bool:
        """Whether the workbooks of teams and of all lines are not written."""
        return "xlsx" in self.leave_out


class Vendor(KeyTable, frozen=True):
    """Who issues the invoices, for tax lists and exports; "" where the configuration does not say."""

    name: Annotated[str, Key(needed=True)] = ""
    """The seller."""
    tax_id: Annotated[Identifier, Key(needed=True)] = ""
    """Its tax id."""
    branch: Identifier = ""
    """Its branch."""


Event = Literal["exceptions", "failed", "alert", "archived", "restated", "overdue"]
"""On which occasions the job can notify somebody."""
EVENTS: tuple[Event, ...] = get_args(Event)


class Notify(KeyTable, frozen=True):
    """Who is notified of what: ``urls`` as apprise takes them, with ``${NAME}`` for what the environment holds.

    ``close_by`` is the day of the month from which a last month without a revision is overdue; ``metrics`` the folder
    of the textfile collector, None where no metrics are written.
    """

    urls: tuple[ServiceUrl, ...] = ()
    """Where to; needs the extra `notify`."""
    on: tuple[Event, ...] = EVENTS
    """On what."""
    close_by: Annotated[int, Key(least=1, most=28)] = 10
    """The day from which last month without a revision is overdue."""
    healthcheck_url: WebUrl | None = None
    """Pinged when a run starts, succeeds, fails."""
    metrics: Path | None = None
    """The folder of Prometheus' textfile collector."""


class Usage(KeyTable, frozen=True):
    """When a day's cost is out of the ordinary: ``floor`` in currency, ``band`` in deviations, over so many ``days``.

    ``prices`` replace the platform's list prices by resource.
    """

    floor: Decimal = Decimal(50)
    """Above usual by at least this much a day, in the platform's currency."""
    band: Decimal = Decimal(7)
    """And by so many robust deviations (1.4826 × MAD)."""
    days: Annotated[int, Key(least=7, most=60)] = 28
    """Of so many trailing days."""
    prices: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))
    """For the estimate, by resource."""


class Config(KeyTable, frozen=True):
    """A whole configuration; ``source`` are the file's bytes, kept with every revision.

    ``base_manifest``: the manifest (its SHA-256) after which the archive begins, None for an archive from its first
    revision on. ``since``: the month before which ``--catch-up`` looks at none, None for the first archived one.
    ``workers``: processes that close and publish, 0 for as many as there are processors; or the cluster that does.
    """

    archive: ArchivePlace
    """The folder, or the address in [object storage](object-storage.md): `s3://bucket/prefix`, `gs://…`, `az://…`."""
    source: Annotated[bytes, NO_KEY] = b""
    path: Annotated[Path | None, NO_KEY] = None
    head_file: Path | None = None
    """Outside the archive, names its newest head; exit 7 if the archive lacks it: missing, not mounted, rolled back."""
    base_manifest: Sha256 | None = None
    """Of the `manifest.json` after which the archive begins, if [older revisions were moved
    away](recovery.md#split-off-old-years)."""
    timezone_name: Annotated[TimeZone, Key("timezone")] = "UTC"
    """Whose calendar months; `chargeback doctor` detects a wrong one."""
    since: Period | None = None
    """The earliest month of `run --catch-up`."""
    workers: Workers = 0
    """Processes that close and publish; 0: one a processor, at most four; or a [Dask cluster](scale.md)."""
    api: Api = Api()
    """How the platform is reached. Give at most one of `token_command` and `token_file`."""
    accounts: tuple[AccountEntry, ...] = ()
    """Whose bills. Without a block: every account that the platform lists."""
    teams: tuple[Team, ...] = ()
    """Who pays. Projects that nobody claims are booked to `unassigned`, and reported."""
    shared: tuple[SharedProject, ...] = ()
    """Projects whose cost several teams share."""
    environments: Mapping[str, Claims] = field(default_factory=lambda: MappingProxyType({}))
    """What a project is for: a name of your choice = a sid, a glob or a list of them, each once. Nothing matched:
    `production`."""
    reconciliation: Reconciliation = Reconciliation()
    """How exactly report and invoices must agree."""
    accepted: tuple[AcceptedException, ...] = ()
    """Exceptions that somebody answers for ([rule 6.9](rules/booking.md#69-accepted))."""
    journal: Journal = Journal()
    """Accounts of the [journal](journal.md). Where one is missing, its cell stays empty."""
    notify: Notify = Notify()
    """Whom the job notifies, and monitoring ([operations](operations.md)). `${NAME}` in a URL is read from the
    environment."""
    usage: Usage = Usage()
    """When a day's cost is [out of the ordinary](operations.md#costs-between-the-months-usage)."""
    publish: Publish = Publish()
    """How a month's files are written."""
    vendor: Vendor = Vendor()
    """Who issues the invoices; without it the seller's columns are empty."""

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
        matching = [entry for entry in self.shared if entry.active_in(period) and entry.matches(sid)]
        return max(matching, key=lambda entry: (not entry.is_glob, entry.literal_characters), default=None)

    @property
    def timezone(self) -> ZoneInfo:
        """Whose calendar months."""
        return zone(self.timezone_name)
