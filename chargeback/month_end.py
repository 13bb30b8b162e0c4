"""The pure way through a month: read each account, decide, post it (map), close the month (reduce), reconcile.

Everything here follows from evidence and configuration alone, so ``rebuild`` and ``verify`` are ``run`` without
collecting.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from chargeback.allocate.ownership import Ownership
from chargeback.allocate.posting import ADJUSTMENTS_TEAM, UNASSIGNED_TEAM, Context, direct_costs, post
from chargeback.config import Config
from chargeback.config.splits import Splits
from chargeback.errors import AnswerError
from chargeback.evidence import DispositionRecord, Evidence
from chargeback.evidence.period import Period, last_month
from chargeback.model.booking import AccountMonth, Ground, billed_accounts, decide
from chargeback.model.books import AcceptedTotal, AccountSummary, Books, CurrencyTotal, Status
from chargeback.model.check import Check, Code, Outcome
from chargeback.model.facts import Readings, answers_by_account, documents_by_account, read_account
from chargeback.model.finding import Finding, covers
from chargeback.model.instants import parse_instant
from chargeback.model.ledger import Ledger, LedgerLines, LedgerShard, LedgerTeam, joined
from chargeback.model.money import EXACT, exact_sum, from_minor, minor_digits
from chargeback.model.posting import MonthPosting, OwnershipFindings, Posting
from chargeback.model.project_sources import booked_projects, read_directory, with_projects
from chargeback.model.projects import ProjectDirectory
from chargeback.model.spool import Spool
from chargeback.model.totals import add_up, by_currency
from chargeback.reconcile.readiness import issued_check
from chargeback.reconcile.register import NONE_GIVEN, reconcile
from chargeback.reconcile.tie_out import line_total

LINES_OF_A_SHARD = 20_000
"""Ledger lines that lie together in a month that has more."""


def close_month(
    evidence: Evidence,
    config: Config,
    given: Mapping[Code, Sequence[Check]] = NONE_GIVEN,
    readings: Readings | None = None,
) -> Books:
    """The month's books; ``given``: what checks came to that cannot be performed again, as ``reconcile`` takes it;
    ``readings``: what is decoded of the evidence already.

    ``AnswerError`` where an answer cannot be understood, ``ConfigurationError`` where equal claims meet in a project.
    Accounts that are not ready have books too: ``status`` says so, and nothing may be published.
    """
    period = evidence.run.period
    readings = readings or Readings()
    months, projects = read_month(evidence, config, period, readings)
    posting = post_month(months, config, evidence, period, projects, readings.spool)
    checks, findings = reconcile(posting, config, given)
    return _books(posting, checks, _disposed(findings, evidence.run.dispositions), config)


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
    months = read_accounts(evidence, config, period, readings)
    projects = read_directory(evidence, months)
    return with_projects(months, projects, readings.spool), projects


def read_accounts(
    evidence: Evidence, config: Config, period: Period, readings: Readings | None = None
) -> list[AccountMonth]:
    """Every account's answers, decoded and decided, each account by itself: no row is charged to a project yet."""
    names = {entry.id: entry.name for entry in config.accounts}
    grouped, documents = answers_by_account(evidence), documents_by_account(evidence)
    archived = billed_before(evidence, period)
    latest = last_month(_run_at(evidence), config.timezone)
    found, readings = list[AccountMonth](), readings or Readings()
    for account in evidence.run.accounts:
        name = names.get(account, "")
        facts = read_account(evidence, account, name, period, config.timezone, grouped, documents, readings)
        month = decide(facts, period, config.timezone, latest, archived, accepted=False)
        if month.ground in (Ground.INACTIVE, Ground.NOT_READY) and _is_accepted(month, config, period):
            month = decide(facts, period, config.timezone, latest, archived, accepted=True)
        found.append(month)
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
    months: Sequence[AccountMonth],
    config: Config,
    evidence: Evidence,
    period: Period,
    projects: ProjectDirectory,
    spool: Spool | None = None,
) -> MonthPosting:
    """Post each account by itself, reduce direct costs to the weights of proportional splits, number the lines."""
    ownership = Ownership.of(config, period)
    needs_direct = any(entry.split == "proportional" for entry in config.shared)
    direct = direct_costs(months, ownership, projects) if needs_direct else Counter[tuple[str, str]]()
    teams = {team.id: LedgerTeam(team.id, team.name, team.cost_center, team.gl_account) for team in config.teams}
    spool = spool or Spool()
    context = Context(ownership, projects, Splits(config, direct), teams, spool)
    postings: dict[str, Posting] = {}

    def lines() -> Iterator[LedgerLines]:
        for month in sorted(months, key=lambda month: month.account):
            postings[month.account], found = post(month, context)
            yield found

    ledger = _ledger(period, lines(), tuple(teams.values()), spool)
    return MonthPosting(
        period=period,
        run=evidence.run,
        postings=tuple(postings[month.account] for month in months),
        ledger=ledger,
        projects=projects,
        ownership=_ownership_findings((postings[month.account] for month in months), ownership, projects),
        spool=spool,
    )


def _ledger(period: Period, accounts: Iterable[LedgerLines], teams: tuple[LedgerTeam, ...], spool: Spool) -> Ledger:
    """The order of lines begins with the account: the accounts' lines, each sorted, one after the other; those of a
    large month in shards, which lie in the spool."""
    shards: list[LedgerShard] = []
    open_shard: list[LedgerLines] = []
    for lines in accounts:
        if open_shard and sum(map(len, open_shard)) >= LINES_OF_A_SHARD:
            shards.append(LedgerShard.of(open_shard, spool))
            open_shard = []
        open_shard.append(lines)
    if not shards:
        whole = joined(open_shard)
        return Ledger(str(period), whole, _with_extra(teams, {team.id for team in whole.teams.used()}))
    shards.append(LedgerShard.of(open_shard, spool))
    present = {team for shard in shards for team in shard.of_team}
    return Ledger.sharded(str(period), shards, _with_extra(teams, present))


def _with_extra(teams: tuple[LedgerTeam, ...], present: Collection[str]) -> tuple[LedgerTeam, ...]:
    return (*teams, *(team for team in (UNASSIGNED_TEAM, ADJUSTMENTS_TEAM) if team.id in present))


def _ownership_findings(
    postings: Iterable[Posting], ownership: Ownership, projects: ProjectDirectory
) -> OwnershipFindings:
    unowned: dict[str, tuple[str, ...]] = {}
    billed: set[str] = set()
    accounts: set[str] = set()
    for posting in postings:
        mine = booked_projects([posting.month], projects)
        billed |= mine
        accounts.add(posting.month.account)
        unowned[posting.month.account] = tuple(
            sorted(project for project in mine if not project or ownership.owner(project).is_nobody)
        )
    for project in sorted({*projects.by_sid, *billed}):  # equal claims are an error, ledger line or not
        ownership.owner(project)
        ownership.environment(project)
    shown = (sid for sid, project in projects.by_sid.items() if not project.account or project.account in accounts)
    listed = {projects.resolve(sid) for sid in shown}  # one that was renamed since is the one that was booked
    idle = tuple(sorted(project for project in listed - billed if ownership.owner(project).is_nobody))
    contradictions = tuple(each for each in projects.contradictions if not billed.isdisjoint(each.projects))
    return OwnershipFindings(unowned, idle, tuple(ownership.unmatched(listed | billed)), contradictions)


def _books(posting: MonthPosting, checks: Sequence[Check], findings: tuple[Finding, ...], config: Config) -> Books:
    failed = {check.account for check in checks if check.outcome is Outcome.EXCEPTION}
    gross = {
        key: amounts.gross
        for key, amounts in add_up(
            posting.ledger.every_part(), lambda part: (part.label.account, part.label.currency)
        ).items()
    }
    ready = all(account.month.is_ready for account in posting.postings)
    status = Status.EXCEPTIONS if failed else Status.RECONCILED
    return Books(
        posting=posting,
        checks=checks,
        accounts=tuple(
            summary for account in posting.postings for summary in _summaries(account, failed, config, gross)
        ),
        totals=_totals(posting),
        accepted=_accepted_total(checks),
        findings=findings,
        status=status if ready else Status.NOT_READY,
    )


def _totals(posting: MonthPosting) -> tuple[CurrencyTotal, ...]:
    totals = add_up(posting.ledger.every_part(), by_currency)
    return tuple(CurrencyTotal(currency, minor_digits(currency), *totals[currency]) for currency in sorted(totals))


def _summaries(
    posting: Posting, failed: set[str], config: Config, gross: Mapping[tuple[str, str], int]
) -> Iterable[AccountSummary]:
    """One summary a currency of the account; ``gross`` is the ledger's, by account and currency."""
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
            ledger_total=gross.get((month.account, currency), 0),
            variance=_variance(report_total, total, digits) if len(currencies) == 1 else None,
            status=_account_status(month, failed),
        )


def _variance(report_total: Decimal | None, lines: int, digits: int) -> Decimal | None:
    return None if report_total is None else EXACT.subtract(report_total, from_minor(lines, digits))


def _account_status(month: AccountMonth, failed: set[str]) -> Status:
    if not month.is_ready:
        return Status.NOT_READY
    return Status.EXCEPTIONS if month.account in failed else Status.RECONCILED


def _accepted_total(checks: Iterable[Check]) -> AcceptedTotal:
    accepted = [check for check in checks if check.outcome is Outcome.ACCEPTED]
    amounts: dict[str, list[Decimal]] = defaultdict(list)
    for check in accepted:
        if check.variance is not None:
            amounts[check.currency].append(check.variance.copy_abs())
    return AcceptedTotal(len(accepted), tuple((code, exact_sum(amounts[code])) for code in sorted(amounts)))
