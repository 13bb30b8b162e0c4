"""A month's answers -> the bytes of its ledgers and its checks, straight from BOOKING.md, one rule after the other.

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

from .answers import AccountAnswers, Month, StopError, text
from .arithmetic import divided, divided_twice, half_away, money, trimmed
from .calendar import shifted
from .invoices import BOOKED, Invoice, Line, has_project, months_invoices, names_of, was_billed
from .owners import ADJUSTMENTS, UNASSIGNED, Directory, Rules
from .readiness import NOT_READY, issued
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
    issued: str

    @property
    def booked(self) -> list[Invoice]:
        """Its open and paid invoices."""
        return [invoice for invoice in self.invoices if invoice.status in BOOKED]

    def projects(self, directory: Directory) -> set[str]:
        """The projects that have a line of a booked invoice or a row of the report."""
        named = (names_of(item) for invoice in self.booked for item in invoice.items if has_project(item))
        return {directory.sid(*names) for names in named} | {row.project for row in self.report.used}


class Booking:
    """The month's books: read, posted, and divided, each step once."""

    def __init__(self, month: Month) -> None:
        self.month = month
        self.rules = Rules.of(month.period, month.config)
        self.directory = Directory(month.projects)

    @cached_property
    def accounts(self) -> list[AccountMonth]:
        """The accounts in order of their ids."""
        read, errors = [], []
        for account in sorted(self.month.accounts):
            try:
                read.append(self.read(account, self.month.accounts[account]))
            except StopError as error:
                errors.append(error)
        errors += [StopError(4, f"{account.id} is not ready") for account in read if account.issued == NOT_READY]
        errors += self.equal_claims(read)
        if errors:
            raise min(errors, key=lambda error: PRECEDENCE.index(error.code))
        return read

    def equal_claims(self, accounts: Iterable[AccountMonth]) -> Iterator[StopError]:
        """An error for each project that exists, listed or with a line or report row, and is claimed twice alike."""
        existing = set(self.directory.names).union(*(account.projects(self.directory) for account in accounts))
        for sid in sorted(existing):
            try:
                self.rules.owner(sid), self.rules.environment(sid)
            except StopError as error:
                yield error

    def read(self, account: str, answers: AccountAnswers) -> AccountMonth:
        """An account's invoices of the month and its report."""
        period, zone = self.month.period, self.rules.zone
        invoices = months_invoices(account, answers, period, zone)
        billed = was_billed(answers, shifted(period, -1), zone)
        report = report_of(answers, self.directory, period, zone, billed_before=billed)
        name = self.rules.account_name(account, text((answers.get.result or {}).get("name")))
        run_at = self.month.run_at
        outcome = issued(account, answers, invoices, report, self.rules, run_at, billed_before=billed)
        return AccountMonth(account, name, invoices, report, outcome)

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
                    project = self.directory.sid(*line.named)
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
        """The teams that share a project, in configuration order, and their weights."""
        if isinstance(split, dict):
            teams = [team for team in self.rules.teams if team in split]
            return teams, [Fraction(split[team]) for team in teams]
        teams = list(self.rules.teams)
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
            self.directory.names.get(posting.project, ""),
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


def over_projects(posting: Posting, report: Sequence[Row]) -> Iterator[Posting]:
    """A line by SKU, divided over projects by the report rows named like it, else by the whole report."""
    line = posting.line
    label = line.sku or line.description
    names = {name.casefold() for name in (line.sku, line.description) if name}
    named = [row for row in report if row.name.casefold() in names]
    rows = named or report
    if not any(row.weight for row in rows):
        yield replace(posting, resource=label)
        return
    projects = sorted({row.project for row in rows})
    weights = [sum((row.weight for row in rows if row.project == project), Fraction(0)) for project in projects]
    resource = min(row.name for row in named) if named else label
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
    names = sorted({row.name for row in rows})
    weights = [sum((row.weight for row in rows if row.name == name), Fraction(0)) for name in names]
    basis = "shared-split" if posting.share else "report-share"
    for name, (gross, tax) in zip(names, divided_twice(posting.gross, posting.tax, weights), strict=True):
        sources = [row for row in rows if row.name == name]
        yield replace(posting, resource=name, gross=gross, tax=tax, sources=sources, basis=basis)


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
