"""A month's answers -> the bytes of its ledgers and its checks, from docs/rules/booking.md, rule by rule.

It shares no code with ``chargeback`` and uses other arithmetic (fractions instead of integers and decimals), so that a
misreading in one of the two shows as a difference. It leaves out what needs other months or documents: carried reports,
``prior-periods``, ``invoice-pdf``, ``history``, ``account-set``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from .answers import AccountAnswers, Fields, Month, StopError, composed, text
from .arithmetic import divided, divided_twice, half_away, money, trimmed
from .calendar import shifted
from .invoices import BOOKED, Invoice, Line, has_project, months_billed, months_invoices, names_of
from .owners import ADJUSTMENTS, UNASSIGNED, Directory, Rules, directory_of
from .readiness import Standing, issued
from .reports import Report, Row, report_of
from .spreadsheet import csv_bytes

USAGE_DIGITS = 6
SHARE_DIGITS = 4
PRECEDENCE = (5, 6, 2, 4)
"""Of several exit codes the first wins; claims are not looked at where an answer cannot be understood."""


@dataclass
class Posting:
    """A row of the ledger before it is written; ``sources`` are the report rows whose value reached it."""

    account: str
    invoice: Invoice
    line: Line
    project: str = ""
    resource: str = ""
    team: str = UNASSIGNED
    gross: int = 0
    tax: int = 0
    basis: str = "invoice-line"
    share: str = ""
    sources: list[Row] = field(default_factory=list)
    usage: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in it."""
        return not (self.gross or self.tax or self.usage)


@dataclass(frozen=True)
class AccountMonth:
    """An account's answers, read."""

    id: str
    name: str
    invoices: list[Invoice]
    report: Report
    standing: Standing

    @property
    def booked(self) -> list[Invoice]:
        """Its open and paid invoices."""
        return [invoice for invoice in self.invoices if invoice.status in BOOKED]

    @property
    def project_lines(self) -> list[Fields]:
        """The lines by project of its booked invoices, as received."""
        return [item for invoice in self.booked for item in invoice.items if has_project(item)]

    def projects(self, directory: Directory) -> set[str]:
        """The projects that have a line of a booked invoice or a row of the report."""
        named = {directory.of_line(*names_of(item)) for item in self.project_lines}
        return named | {row.project for row in self.report.used}


class Booking:
    """The month's books: read, posted, and divided, each step once."""

    def __init__(self, month: Month) -> None:
        self.month = month
        self.rules = Rules.of(month.period, month.config)

    @cached_property
    def directory(self) -> Directory:
        """What is known of projects."""
        booked = sorted(
            (invoice for account in self.answered for invoice in account.booked),
            key=lambda invoice: (invoice.number, invoice.id),
        )
        lines = (item for invoice in booked for item in invoice.items if has_project(item))
        reports = (each for account in self.answered for each in account.report.projects)
        return directory_of(self.month.booked, lines, reports, self.month.projects)

    @cached_property
    def accounts(self) -> list[AccountMonth]:
        """The accounts in order of their ids, each row of their reports with its project; all are ready."""
        read = [replace(each, report=each.report.with_rows(self.directory)) for each in self.answered]
        errors = [StopError(4, f"{account.id} is not ready") for account in read if not account.standing.is_ready]
        errors += [*self.before_all(read), *self.equal_claims(read)]
        if errors:
            raise min(errors, key=lambda error: PRECEDENCE.index(error.code))
        return read

    @cached_property
    def answered(self) -> list[AccountMonth]:
        """The accounts in order of their ids; none where one cannot be understood."""
        read, errors = [], []
        for account in sorted(self.month.accounts):
            try:
                read.append(self.read(account, self.month.accounts[account]))
            except StopError as error:
                errors.append(error)
        if errors:
            raise min(errors, key=lambda error: PRECEDENCE.index(error.code))
        return read

    def before_all(self, accounts: Sequence[AccountMonth]) -> Iterator[StopError]:
        """An error where the month lies before the first that any account was billed for, and nothing was proved."""
        zone = self.rules.zone
        firsts = [month for answers in self.month.accounts.values() for month in months_billed(answers, zone)]
        proved = any(account.report.is_dated for account in accounts)
        if firsts and self.month.period < min(firsts) and not proved:
            yield StopError(2, "nobody was billed so early")

    def equal_claims(self, accounts: Iterable[AccountMonth]) -> Iterator[StopError]:
        """An error for each project that exists, listed or with a line or report row, and is claimed twice alike."""
        existing = set(self.directory.shown).union(*(account.projects(self.directory) for account in accounts))
        for sid in sorted(existing):
            try:
                self.rules.owner(sid), self.rules.environment(sid)
            except StopError as error:
                yield error

    def read(self, account: str, answers: AccountAnswers) -> AccountMonth:
        """An account's invoices of the month and its report."""
        period, zone = self.month.period, self.rules.zone
        invoices = months_invoices(account, answers, period, zone)
        billed = shifted(period, -1) in months_billed(answers, zone) or self.was_archived(account)
        report = report_of(answers, period, zone, billed_before=billed)
        known = self.month.account_names.get(account) or text((answers.get.result or {}).get("name"))
        name = self.rules.account_name(account, known)
        run_at = self.month.run_at
        standing = issued(account, answers, invoices, report, self.rules, run_at, billed_before=billed)
        return AccountMonth(account, name, invoices, report, standing)

    def was_archived(self, account: str) -> bool:
        """Whether the archive's revision of the month before has an issued invoice of the account."""
        before = shifted(self.month.period, -1)
        known = (each for each in self.month.earlier if each.period == before and each.account == account)
        return any(not each.void for each in known)

    @cached_property
    def postings(self) -> list[Posting]:
        """Every ledger row, those that hold nothing dropped, in the order of ``ledgers/all.csv``."""
        whole = [part for account in self.accounts for part in self.by_project_and_resource(account)]
        direct = self.direct_gross(whole)
        parts = [posting for part in whole for posting in self.to_teams(part, direct)]
        for account in self.accounts:
            divide_usage([posting for posting in parts if posting.account == account.id], account.report.used)
        return sorted((posting for posting in parts if not posting.is_empty), key=ledger_order)

    def by_project_and_resource(self, account: AccountMonth) -> Iterator[Posting]:
        """By SKU: a posting a line and project. By project: one a line; its resources come after its teams."""
        for invoice in account.booked:
            for line in invoice.lines:
                posting = Posting(account.id, invoice, line, gross=line.gross, tax=line.tax)
                if not line.number:
                    yield replace(posting, team=ADJUSTMENTS, basis="adjustment")
                elif line.by_project:
                    project = self.directory.of_line(*line.named)
                    rows = [row for row in account.report.used if row.project == project]
                    yield replace(posting, project=project, sources=rows)
                else:
                    yield from over_projects(posting, account.report.used)

    def direct_gross(self, parts: Iterable[Posting]) -> dict[tuple[str, str], int]:
        """By team and currency: what the team's own projects cost, over all accounts."""
        direct: dict[tuple[str, str], int] = defaultdict(int)
        for part in parts:
            owner = self.rules.owner(part.project) if part.project else None
            if isinstance(owner, str):
                direct[owner, part.invoice.currency] += part.gross
        return direct

    def to_teams(self, part: Posting, direct: dict[tuple[str, str], int]) -> Iterator[Posting]:
        """The part with its team, or divided over the teams that share its project, then over resources."""
        owner = self.rules.owner(part.project) if part.project else part.team
        if owner is None or isinstance(owner, str):
            yield from over_resources(replace(part, team=owner or UNASSIGNED))
            return
        teams, weights = self.split(owner["split"], part.invoice.currency, direct)
        shares = divided_twice(part.gross, part.tax, weights)
        for team, weight, (gross, tax) in zip(teams, weights, shares, strict=True):
            share = trimmed(half_away(weight / sum(weights) * 100 * 10**SHARE_DIGITS), SHARE_DIGITS)
            posting = replace(part, team=team, gross=gross, tax=tax, share=share, basis="shared-split")
            yield from over_resources(posting if weight else replace(posting, sources=[]))

    def split(
        self, split: object, currency: str, direct: dict[tuple[str, str], int]
    ) -> tuple[list[str], list[Fraction]]:
        """The teams that share a project, by code point, and their weights."""
        if isinstance(split, dict):
            teams = sorted(split)
            return teams, [Fraction(split[team]) for team in teams]
        teams = sorted(self.rules.teams)
        weights = [Fraction(max(direct.get((team, currency), 0), 0)) for team in teams]
        return teams, weights if split == "proportional" and any(weights) else [Fraction(1)] * len(teams)

    def files(self) -> dict[str, bytes]:
        """The ledgers: path -> bytes."""
        rows = [(posting.team, self.cells(number, posting)) for number, posting in enumerate(self.postings, 1)]
        teams = [
            *self.rules.teams,
            *(each for each in (UNASSIGNED, ADJUSTMENTS) if any(each == team for team, _ in rows)),
        ]
        ledgers = {f"ledgers/{each}.csv": csv_bytes(cells for team, cells in rows if team == each) for each in teams}
        return {"ledgers/all.csv": csv_bytes(cells for _, cells in rows), **ledgers}

    def cells(self, number: int, posting: Posting) -> Sequence[str]:
        """The row as it is written, in the order of the columns."""
        invoice, line = posting.invoice, posting.line
        team = self.rules.teams.get(posting.team, {})
        name = next(account.name for account in self.accounts if account.id == posting.account)
        return (
            self.month.period,
            posting.account,
            name,
            invoice.number,
            invoice.status,
            posting.team,
            team.get("cost_center", ""),
            team.get("gl_account", ""),
            posting.project,
            self.directory.name(posting.project),
            self.rules.environment(posting.project),
            posting.resource,
            "" if posting.usage is None else trimmed(posting.usage, USAGE_DIGITS),
            posting.share,
            money(posting.gross - posting.tax, invoice.digits),
            money(posting.tax, invoice.digits),
            money(posting.gross, invoice.digits),
            invoice.currency,
            posting.basis,
            str(number),
            str(line.number) if line.number else "",
            line.description,
        )


def ledger_order(posting: Posting) -> tuple[str, str, str, str, str, str, int]:
    """Account, invoice (number, then id), project, resource, team, line of the invoice: raw texts by code point."""
    invoice = posting.invoice
    last = posting.team, posting.line.number
    return posting.account, invoice.number, invoice.id, posting.project, posting.resource, *last


def folded(name: str) -> str:
    """A name of a resource as it is compared with a line's: after NFC and case folding."""
    return composed(name).casefold()


def rows_named_like(line: Line, rows: Sequence[Row]) -> list[Row]:
    """The report rows named like a line's ``sku``, and only where there is none, like its ``description``."""
    for label in (line.sku, line.description):
        named = [row for row in rows if label and folded(row.name) == folded(label)]
        if named:
            return named
    return []


def over_projects(posting: Posting, report: Sequence[Row]) -> Iterator[Posting]:
    """A line by SKU, divided over projects by the report rows named like it, else by the whole report."""
    line = posting.line
    named = rows_named_like(line, report)
    rows = named or report
    if not any(row.weight for row in rows):
        yield replace(posting, resource=line.label)
        return
    projects = sorted({row.project for row in rows})
    weights = [sum((row.weight for row in rows if row.project == project), Fraction(0)) for project in projects]
    resource = min(row.name for row in named) if named else line.label
    for project, (gross, tax) in zip(projects, divided_twice(posting.gross, posting.tax, weights), strict=True):
        sources = [row for row in named if row.project == project]
        part = replace(posting, project=project, resource=resource, gross=gross, tax=tax)
        yield replace(part, sources=sources, basis="report-share")


def over_resources(posting: Posting) -> Iterator[Posting]:
    """A team's part of a line by project, divided over resources by the report's values of the project."""
    rows = posting.sources
    if not posting.line.by_project or not any(row.weight for row in rows):
        yield posting if not posting.line.by_project else replace(posting, sources=[])
        return
    resources = by_resource(rows)
    weights = [sum((row.weight for row in sources), Fraction(0)) for sources in resources.values()]
    basis = "shared-split" if posting.share else "report-share"
    parts = divided_twice(posting.gross, posting.tax, weights)
    for (name, sources), (gross, tax) in zip(resources.items(), parts, strict=True):
        yield replace(posting, resource=name, gross=gross, tax=tax, sources=sources, basis=basis)


def by_resource(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows of each resource, by its name (of several spellings the first), in order of the names."""
    spelled: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        spelled[composed(row.name)].append(row)
    return dict(sorted((min(row.name for row in same), same) for same in spelled.values()))


def divide_usage(postings: Sequence[Posting], report: Iterable[Row]) -> None:
    """Each report row's usage over the postings that its value reached, by their gross."""
    for row in report:
        reached = [posting for posting in postings if row in posting.sources]
        if not reached:
            continue
        weights = [Fraction(max(posting.gross, 0)) for posting in reached]
        if not any(weights):
            weights[0] = Fraction(1)
        parts = divided(half_away(row.usage * 10**USAGE_DIGITS), weights)
        for posting, part in zip(reached, parts, strict=True):
            posting.usage = (posting.usage or 0) + part
