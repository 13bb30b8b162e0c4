"""The pure way through a month: read each account, decide, post it (map), close the month (reduce), reconcile.

Everything here follows from evidence and configuration alone, so ``rebuild`` and ``verify`` are ``run`` without
collecting.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from chargeback.allocate.ownership import Ownership
from chargeback.allocate.posting import ADJUSTMENTS_TEAM, UNASSIGNED_TEAM, Context, direct_costs, post
from chargeback.config import Config
from chargeback.config.splits import Splits
from chargeback.errors import AnswerError
from chargeback.evidence import Answer, DispositionRecord, Evidence
from chargeback.evidence.period import Period, last_month
from chargeback.model.booking import AccountMonth, Ground, billed_accounts, decide
from chargeback.model.bookkeeping import LedgerTeam
from chargeback.model.books import AcceptedTotal, AccountSummary, Books, CurrencyTotal, Status
from chargeback.model.check import Check, Checks, Code, Finding, Outcome, covers
from chargeback.model.facts import Readings, answers_by_account, documents_by_account, read_account
from chargeback.model.instants import parse_instant
from chargeback.model.ledger import NO_LINES, Ledger, LedgerShard, by_currency
from chargeback.model.money import EXACT, exact_sum, from_minor, minor_digits
from chargeback.model.posting import MonthPosting, OwnershipFindings, Posting
from chargeback.model.project_sources import booked_projects, read_directory, with_projects
from chargeback.model.projects import ProjectDirectory
from chargeback.model.spool import Spool
from chargeback.model.totals import add_up
from chargeback.reconcile.readiness import issued_check
from chargeback.reconcile.register import NONE_GIVEN, account_checks, reconcile
from chargeback.reconcile.tie_out import line_total

BYTES_OF_A_SHARD = 4_000_000
"""Bytes of answers of the accounts that are closed together: some 30,000 ledger lines."""

Each = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]
"""What the function gives for each item, in the items' order; ``map`` where nobody else works."""


def close_month(
    evidence: Evidence,
    config: Config,
    given: Mapping[Code, Sequence[Check]] = NONE_GIVEN,
    readings: Readings | None = None,
    each: Each = map,
) -> Books:
    """The month's books; ``given``: what checks came to that cannot be performed again, as ``reconcile`` takes it;
    ``readings``: what is decoded of the evidence already; ``each`` divides the shards of a large month over processes.

    ``AnswerError`` where an answer cannot be understood, ``ConfigurationError`` where equal claims meet in a project.
    Accounts that are not ready have books too: ``status`` says so, and nothing may be published.
    """
    period = evidence.run.period
    readings = readings or Readings()
    months = list(_read_shards(evidence, config, period, readings, each))
    projects = read_directory(evidence, [month for shard in months for month in shard])
    context = _context(months, config, period, projects, readings.spool, each)
    closed = _post_shards(months, context, config, each)
    del months  # a posting has its account's: what another process posted is not the object that was read here
    posting = _joined(closed, context, evidence, period)
    own = {account: checks for shard in closed for account, checks in shard.checks.items()}
    summaries = [summary for shard in closed for summary in shard.summaries]
    del closed
    checks, findings = reconcile(posting, config, given, own)
    return _books(posting, checks, _disposed(findings, evidence.run.dispositions), summaries)


def _disposed(findings: Iterable[Finding], known: Iterable[DispositionRecord]) -> tuple[Finding, ...]:
    """The findings, each with what was decided about it while it has not grown since."""
    by_id = {each.finding: each for each in known}
    return tuple(
        replace(finding, disposition=last)
        if (last := by_id.get(finding.id)) and covers(last, finding.amount, finding.checks)
        else finding
        for finding in findings
    )


def read_month(
    evidence: Evidence, config: Config, period: Period, readings: Readings | None = None
) -> tuple[list[AccountMonth], ProjectDirectory]:
    """Every account's answers, decoded and decided, each report row charged to its project; and what is known of
    projects."""
    readings = readings or Readings()
    months = [month for shard in _read_shards(evidence, config, period, readings) for month in shard]
    projects = read_directory(evidence, months)
    return with_projects(months, projects, readings.spool), projects


def read_accounts(evidence: Evidence, config: Config, period: Period) -> list[AccountMonth]:
    """Every account's answers, decoded and decided, each account by itself: no row is charged to a project yet."""
    return [month for shard in _read_shards(evidence, config, period, Readings()) for month in shard]


def _read_shards(
    evidence: Evidence, config: Config, period: Period, readings: Readings, each: Each = map
) -> Iterable[list[AccountMonth]]:
    """The accounts as they are read, those together that are closed together."""
    grouped = answers_by_account(evidence)
    shards = _shards(evidence.run.accounts, grouped)
    if len(shards) > 1:
        readings.spool.share()
    names = {entry.id: entry.name for entry in config.accounts}
    documents = documents_by_account(evidence)
    archived = billed_before(evidence, period)
    latest = last_month(_run_at(evidence), config.timezone)

    def read(account: str) -> AccountMonth:
        name = names.get(account, "")
        facts = read_account(evidence, account, name, period, config.timezone, grouped, documents, readings)
        month = decide(facts, period, config.timezone, latest, archived, accepted=False)
        if month.ground in (Ground.INACTIVE, Ground.NOT_READY) and _is_accepted(month, config, period):
            month = decide(facts, period, config.timezone, latest, archived, accepted=True)
        return month

    with readings.spool.unpacking():
        yield from each(lambda accounts: list(map(read, accounts)), shards)


def _shards(accounts: Iterable[str], answers: Mapping[str, Sequence[Answer]]) -> list[list[str]]:
    """The accounts by id, those together that follow each other and whose answers are of so many bytes."""
    found: list[list[str]] = [[]]
    size = 0
    for account in sorted(accounts):
        if size >= BYTES_OF_A_SHARD:
            found.append([])
            size = 0
        found[-1].append(account)
        size += sum(answer.size for answer in answers.get(account, ()))
    return found


def billed_before(evidence: Evidence, period: Period) -> frozenset[str]:
    """The accounts of which the archive, as the run found it, has the month before as billed."""
    run = evidence.run
    if run.billed_before is not None:
        return frozenset(run.billed_before)
    return billed_accounts(run.earlier, period.plus(-1))


def _run_at(evidence: Evidence) -> datetime:
    instant = parse_instant(evidence.run.run_at)
    if instant is None:
        raise AnswerError("evidence/run.json: run_at is not an instant")
    return instant


def _is_accepted(month: AccountMonth, config: Config, period: Period) -> bool:
    check = issued_check(month)
    return any(period <= accepted.until and accepted.covers(check) for accepted in config.accepted)


def post_month(
    months: Sequence[AccountMonth], config: Config, evidence: Evidence, period: Period, projects: ProjectDirectory
) -> MonthPosting:
    """Post each account by itself, reduce direct costs to the weights of proportional splits, number the lines."""
    shards = [sorted(months, key=lambda month: month.account)]
    context = _context(shards, config, period, projects, Spool())
    return _joined(_post_shards(shards, context, config), context, evidence, period)


class ClosedShard(Struct, frozen=True):
    """What closing accounts that follow each other came to, each by itself: their books, ledger lines, own checks and
    control totals; the projects that they were billed for, and by account those of them that nobody owns."""

    postings: list[Posting]
    ledger: LedgerShard
    checks: dict[str, Sequence[Check]]
    summaries: list[AccountSummary]
    projects: set[str]
    unowned: dict[str, tuple[str, ...]]


def _context(
    shards: Sequence[Sequence[AccountMonth]],
    config: Config,
    period: Period,
    projects: ProjectDirectory,
    spool: Spool,
    each: Each = map,
) -> Context:
    """What posting each shard needs; where a split is proportional, the direct costs of all of them."""
    ownership = Ownership.of(config, period)
    direct: Counter[tuple[str, str]] = Counter()
    if any(entry.split == "proportional" for entry in config.shared):
        for part in each(lambda months: direct_costs(_charged(months, projects, spool), ownership, projects), shards):
            direct.update(part)
    teams = {team.id: LedgerTeam(team.id, team.name, team.cost_center, team.gl_account) for team in config.teams}
    return Context(ownership, projects, Splits(config, direct), teams, spool)


def _post_shards(
    shards: Sequence[Sequence[AccountMonth]], context: Context, config: Config, each: Each = map
) -> list[ClosedShard]:
    with context.spool.unpacking():
        return list(each(lambda months: _close_shard(months, context, config, in_file=len(shards) > 1), shards))


def _charged(months: Iterable[AccountMonth], projects: ProjectDirectory, spool: Spool) -> Iterator[AccountMonth]:
    return (month for some in months for month in with_projects([some], projects, spool))


def _close_shard(months: Iterable[AccountMonth], context: Context, config: Config, *, in_file: bool) -> ClosedShard:
    projects, spool = context.projects, context.spool
    found = ClosedShard([], NO_LINES, {}, [], set(), {})
    lines = []
    for month in _charged(months, projects, spool):
        posting, own = post(month, context)
        lines.append(own)
        found.postings.append(posting)
        found.checks[month.account] = spool.sequence(account_checks(posting, projects, config))
        found.summaries.extend(_summaries(posting, config))
        mine = booked_projects([month], projects)
        found.projects.update(mine)
        is_nobodys = (project for project in mine if not project or context.ownership.owner(project).is_nobody)
        found.unowned[month.account] = tuple(sorted(is_nobodys))
    return replace(found, ledger=LedgerShard.of(lines, spool if in_file else None))


def _joined(shards: Sequence[ClosedShard], context: Context, evidence: Evidence, period: Period) -> MonthPosting:
    """The month that its shards make."""
    postings = {posting.month.account: posting for shard in shards for posting in shard.postings}
    present = {part.team.id for shard in shards for parts in shard.ledger.parts.values() for part in parts}
    extra = tuple(team for team in (UNASSIGNED_TEAM, ADJUSTMENTS_TEAM) if team.id in present)
    return MonthPosting(
        period=period,
        run=evidence.run,
        postings=tuple(postings[account] for account in evidence.run.accounts if account in postings),
        ledger=Ledger.of(period, [shard.ledger for shard in shards], (*context.teams.values(), *extra)),
        projects=context.projects,
        ownership=_ownership_findings(shards, context.ownership, context.projects),
        spool=context.spool,
    )


def _ownership_findings(
    shards: Sequence[ClosedShard], ownership: Ownership, projects: ProjectDirectory
) -> OwnershipFindings:
    unowned = {account: found for shard in shards for account, found in shard.unowned.items()}
    billed = {project for shard in shards for project in shard.projects}
    decided = billed - {""}  # where they were posted, perhaps by another process
    for project in sorted({*projects.by_sid, *billed}):  # equal claims are an error, ledger line or not
        if project not in decided:
            ownership.owner(project)
        ownership.environment(project)
    shown = (sid for sid, project in projects.by_sid.items() if not project.account or project.account in unowned)
    listed = {projects.resolve(sid) for sid in shown}  # one that was renamed since is the one that was booked
    idle = tuple(sorted(project for project in listed - billed if ownership.owner(project).is_nobody))
    contradictions = tuple(each for each in projects.contradictions if not billed.isdisjoint(each.projects))
    return OwnershipFindings(unowned, idle, tuple(ownership.unmatched(listed | billed)), contradictions)


def _books(
    posting: MonthPosting,
    checks: Checks,
    findings: tuple[Finding, ...],
    summaries: Iterable[AccountSummary],
) -> Books:
    failed = {check.account for check in checks.where(lambda kind: kind[1] is Outcome.EXCEPTION)}
    gross = {
        key: amounts.gross
        for key, amounts in add_up(
            posting.ledger.every_part(), lambda part: (part.label.account, part.label.currency)
        ).items()
    }
    by_account = {account.month.account: _account_status(account.month, failed) for account in posting.postings}
    own: dict[str, list[AccountSummary]] = {account: [] for account in by_account}
    for summary in summaries:
        total = gross.get((summary.account, summary.currency), 0)
        status = by_account[summary.account]
        own[summary.account].append(replace(summary, ledger_total=total, status=status))
    month_status = Status.EXCEPTIONS if failed else Status.RECONCILED
    return Books(
        posting=posting,
        checks=checks,
        accounts=tuple(chain.from_iterable(own.values())),
        totals=_totals(posting),
        accepted=_accepted_total(checks),
        findings=findings,
        status=Status.NOT_READY if Status.NOT_READY in by_account.values() else month_status,
    )


def _totals(posting: MonthPosting) -> tuple[CurrencyTotal, ...]:
    totals = add_up(posting.ledger.every_part(), by_currency)
    return tuple(CurrencyTotal(currency, minor_digits(currency), *totals[currency]) for currency in sorted(totals))


def _summaries(posting: Posting, config: Config) -> Iterable[AccountSummary]:
    """One summary a currency of the account; what the ledger and the month's checks come to is still to be said."""
    month = posting.month
    currencies = sorted({invoice.currency for invoice in month.booked}) or [month.currency]
    for currency in currencies:
        digits = minor_digits(currency)
        booked = [invoice for invoice in month.booked if invoice.currency == currency]
        lines = [line for line in posting.invoice_lines if line.invoice.currency == currency]
        total = line_total(lines, config)
        report_total = month.report_total
        yield AccountSummary(
            account=month.account,
            name=month.facts.name,
            currency=currency,
            digits=digits,
            invoices=tuple(invoice.label for invoice in booked),
            report_total=report_total,
            line_total=total,
            invoice_total=sum(invoice.total_minor for invoice in booked),
            ledger_total=0,
            variance=_variance(report_total, total, digits) if len(currencies) == 1 else None,
            status=Status.NOT_READY,
        )


def _variance(report_total: Decimal | None, lines: int, digits: int) -> Decimal | None:
    return None if report_total is None else EXACT.subtract(report_total, from_minor(lines, digits))


def _account_status(month: AccountMonth, failed: set[str]) -> Status:
    if not month.is_ready:
        return Status.NOT_READY
    return Status.EXCEPTIONS if month.account in failed else Status.RECONCILED


def _accepted_total(checks: Checks) -> AcceptedTotal:
    accepted = list(checks.where(lambda kind: kind[1] is Outcome.ACCEPTED))
    amounts: dict[str, list[Decimal]] = defaultdict(list)
    for check in accepted:
        if check.variance is not None:
            amounts[check.currency].append(check.variance.copy_abs())
    return AcceptedTotal(len(accepted), tuple((code, exact_sum(amounts[code])) for code in sorted(amounts)))
