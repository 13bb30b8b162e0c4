"""A year of unattended runs, and what must hold after each of them and in the end."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from chargeback.archive.reading import selected_revisions
from chargeback.archive.verification import verify_chain, verify_files
from chargeback.config.address import Address
from chargeback.job.results import MonthResult
from chargeback.review.figures import shown_items
from chargeback.sandbox import Clock, Platform
from chargeback.sandbox.months import Month, newest_closed
from tests.kit.office import BucketOffice, EndedRun, KilledError, Office, in_process, killed_at

from . import beans, ledgers, oracle
from .plan import Plan, Visit

CLOSED = (0, 3)


@dataclass(slots=True)
class Seen:
    """What could be seen of a month; whether documents could not be had then; whether a run ended since."""

    state: object
    away: bool
    ended: bool


@dataclass
class Life:
    """A year under way; ``seen`` is when each month was last closed or found unchanged."""

    plan: Plan
    office: Office
    runs: int = 0
    kills: int = 0
    exits: Counter[int] = field(default_factory=Counter)
    seen: dict[str, datetime] = field(default_factory=dict)
    states: dict[str, list[Seen]] = field(default_factory=dict)
    known: dict[str, tuple[Path, dict[ledgers.Key, int]]] = field(default_factory=dict)

    def live(self) -> None:
        """Every run of the year, each looked at."""
        for visit in self.plan.visits:
            self._visit(visit)

    def _visit(self, visit: Visit) -> None:
        self.office.shared = self.plan.split(visit.moment)
        self.runs += 1
        try:
            with killed_at(visit.killed_at) if visit.killed_at else nullcontext():
                ended = self.office.run_at(visit.moment, skew=visit.skew)
        except KilledError:
            self.kills += 1
            self._note_states(visit, set(map(str, self.plan.months)), ended=False)
            return
        self.exits[ended.exit] += 1
        is_too_early = self._period(visit) < self.plan.months[0]  # a slow clock: nothing was billed before
        assert ended.exit in ((0, 2, 3, 4, 5, 6) if is_too_early else (0, 3, 4, 5, 6)), (visit, ended.messages)
        done = {str(result.period) for result in ended.results if result.exit in CLOSED}
        self._note_states(visit, done, ended=True)
        for month in done:
            self.seen[month] = visit.moment
        self._assert_told(visit, ended)
        for result in ended.results:
            if result.written and result.revision != 1:
                self._assert_changes(result)

    def _assert_changes(self, result: MonthResult) -> None:
        """What a restatement says that it changes is what it changes, team by team."""
        before, after = (
            ledgers.teams(self.office.archive / str(result.period) / f"r{number}")
            for number in ((result.revision or 0) - 1, result.revision)
        )
        changed = {team: (before[team], after[team]) for team in {*before, *after} if before[team] != after[team]}
        assert {change.team: (change.before, change.after) for change in result.changes} == changed
        assert all(change.why for change in result.changes)

    def _note_states(self, visit: Visit, done: set[str], *, ended: bool) -> None:
        """What could be seen of the months that the run closed; and whether its documents will have to follow.

        A killed run may have closed a month or not: then it is the next one whose documents count too.
        """
        away = oracle.documents_away(self.plan.world, visit.moment)
        for month in done:
            state = (self.office.shared, oracle.shown(self.plan.world, Month.parse(month), visit.moment))
            states = self.states.setdefault(month, [])
            if not states or states[-1].state != state:
                states.append(Seen(state, away, ended))
            elif not states[-1].ended:
                states[-1].away, states[-1].ended = states[-1].away or away, ended

    def _assert_told(self, visit: Visit, ended: EndedRun) -> None:
        """No difference between archive and platform that the run did not tell, by a month's exit or by its own."""
        failed = {str(result.period) for result in ended.results if result.exit not in CLOSED}
        if str(self._period(visit)) in failed and len(ended.results) == 1:
            return  # nothing was done, and the exit says so
        for month in self._closed_months(visit):
            if month in failed or not self._is_begun(month):
                continue
            archived = self.grosses(month)
            now = {
                key: invoice.gross
                for key, invoice in oracle.billed(self.plan.world, Month.parse(month), visit.moment).items()
            }
            assert archived == now, f"{visit}: {month} differs, and exit {ended.exit} does not tell it"

    def _period(self, visit: Visit) -> Month:
        return newest_closed(visit.moment + visit.skew, self.plan.world.zone)

    def _closed_months(self, visit: Visit) -> list[str]:
        return [str(month) for month in self.plan.months if month <= self._period(visit)]

    def _is_begun(self, month: str) -> bool:
        """Whether the archive has begun by that month."""
        archived = ledgers.months(self.office.archive)
        return bool(archived) and min(archived) <= month

    def grosses(self, month: str) -> dict[ledgers.Key, int]:
        """The latest revision's invoices: number and total."""
        revisions = ledgers.months(self.office.archive).get(month)
        if not revisions:
            return {}
        known = self.known.get(month)
        if known is None or known[0] != revisions[-1]:
            found = {key: gross for key, (_, _, gross, _) in ledgers.invoices(revisions[-1]).items()}
            known = self.known[month] = (revisions[-1], found)
        return known[1]


def live(plan: Plan, root: Path, address: Address | None = None) -> Life:
    """The whole year, and everything that must hold in the end; in a bucket where an address is given."""
    platform = Platform(plan.world, plan.kind, clock=Clock(plan.visits[0].moment))
    given: Any = {"root": root, "platform": platform, "shared": plan.splits[0][1], "head_file": True}
    office = Office(**given) if address is None else BucketOffice(**given, address=address)
    life = Life(plan, office)
    with in_process(platform):
        life.live()
    assert_final_state(life)
    assert_journals(life)
    assert_bounds(life)
    assert_verified(life.office)
    return life


def assert_final_state(life: Life) -> None:
    """The latest revisions together are what the platform billed, per invoice, to the satang; whether it is paid by now
    makes no new revision."""
    plan = life.plan
    archived = ledgers.months(life.office.archive)
    months = [str(month) for month in plan.months]
    before = [month for month in archived if month < months[0]]  # a clock that is slow on the first day
    assert list(archived) == [*before, *months]
    for month in map(Month.parse, archived):
        final = oracle.billed(plan.world, month, plan.end)
        found = ledgers.invoices(archived[str(month)][-1])
        assert {key: amounts for key, (*amounts, _) in found.items()} == {
            key: [invoice.net, invoice.tax, invoice.gross] for key, invoice in final.items()
        }, month


def assert_journals(life: Life) -> None:
    """The first accruals and all corrections are the latest accruals, which are what the platform billed; each payment
    is booked once, in one month, with what it moved."""
    archived = ledgers.months(life.office.archive)
    world, end = life.plan.world, life.plan.end
    for month, revisions in archived.items():
        accrued = ledgers.accrued(revisions)
        assert accrued == ledgers.journal(revisions[-1] / "exports/journal.csv", "accrual"), month
        assert not beans.INSTALLED or beans.replayed(revisions) == beans.latest(revisions), month
        assert by_leg(accrued) == {
            key: {"cost": invoice.cost, "pending": invoice.gross - invoice.cost, "payable": -invoice.gross}
            for key, invoice in oracle.billed(world, Month.parse(month), end).items()
        }, month
        for revision in revisions:
            assert ledgers.settlements(revision) == ledgers.settlements(revisions[0]), "a restatement moves no payment"
    assert_payments(life, archived)
    assert_balances(life, archived)


def assert_balances(life: Life, archived: dict[str, list[Path]]) -> None:
    """Over all journals and changes: *payable* is what was billed and not paid, less what was paid on invoices that are
    void; tax *not due* is that of unpaid invoices, less what was claimed on those; *input VAT*, *withholding* and
    *clearing* of a month are what its settlements book; cost is what the ledgers say. Open items foot to payable."""
    world, end = life.plan.world, life.plan.end
    whole: Counter[str] = Counter()
    settled: dict[ledgers.Key, ledgers.Settlement] = {}
    for month, revisions in archived.items():
        changes = [revision / "exports/journal-change.csv" for revision in revisions[1:]]
        found = [ledgers.by_account(path) for path in (revisions[0] / "exports/journal.csv", *changes)]
        for balances in found:
            whole.update(balances)
        mine = ledgers.settlements(revisions[-1])
        settled |= {(each.account, each.invoice): each for each in mine}
        for account in ("1154", "2160", "1190"):
            assert sum(each[account] for each in found) == sum(dict(each.legs).get(account, 0) for each in mine), month
    billed = {key: each for month in archived for key, each in oracle.billed(world, Month.parse(month), end).items()}
    unpaid = [each for key, each in billed.items() if key not in settled]
    void = [dict(each.legs) for key, each in settled.items() if key not in billed]
    assert whole["2110"] == sum(legs["2110"] for legs in void) - sum(each.gross for each in unpaid)
    assert whole["1155"] == sum(legs.get("1155", 0) for legs in void) + sum(each.gross - each.cost for each in unpaid)
    costs = sum(amount for account, amount in whole.items() if account not in ("1154", "1155", "2110", "2160", "1190"))
    assert costs == sum(each.cost for each in billed.values())
    items = shown_items(life.office.archive, None).items
    assert sum(item.outstanding for item in items) == -whole["2110"]


def assert_payments(life: Life, archived: dict[str, list[Path]]) -> None:
    """Every payment until the end of the last month closed, of an invoice that the archive accrued, stands in exactly
    one journal, on its day, with its tax, what was withheld and what was paid."""
    payments = oracle.payments(life.plan.world, archived, life.plan.end)
    booked: dict[ledgers.Key, ledgers.Settlement] = {}
    for month, revisions in archived.items():
        for each in ledgers.settlements(revisions[-1]):
            key = (each.account, each.invoice)
            assert key not in booked, f"{key} is settled twice"
            booked[key] = each
            paid = payments[key]
            assert (each.concerns, each.document) == (paid.concerns, str(paid.day))
            assert each.posted == max(each.document, f"{month}-01") and each.posted[:7] == month
            withheld = -dict(each.legs).get("2160", 0)
            assert withheld in (0, paid.withheld), "what was withheld may be recorded after the payment"
            legs = {"1154": paid.pending, "1155": -paid.pending, "2110": paid.gross, "2160": -withheld}
            legs["1190"] = withheld - paid.gross
            assert dict(each.legs) == {account: amount for account, amount in legs.items() if amount}
    last = Month.parse(max(archived)).end(life.plan.world.zone)
    assert {key for key, paid in payments.items() if paid.stands and paid.moment < last} <= set(booked)


_LEGS = {"1155": "pending", "2110": "payable"}


def by_leg(balances: ledgers.Legs) -> dict[ledgers.Key, dict[str, int]]:
    """By invoice what it costs, its tax that is not due, and what is owed."""
    found: dict[ledgers.Key, dict[str, int]] = {}
    for (account, invoice, gl_account), amount in balances.items():
        legs = found.setdefault((account, invoice), {"cost": 0, "pending": 0, "payable": 0})
        legs[_LEGS.get(gl_account, "cost")] += amount
    return found


def assert_bounds(life: Life) -> None:
    """A revision needs something new to be seen; a document that could not be had then may follow once."""
    for month, revisions in ledgers.months(life.office.archive).items():
        states = life.states[month]
        most = len(states) + sum(seen.away for seen in states)
        assert len(revisions) <= most, f"{month}: {len(revisions)} revisions, at most {most} had a reason"


def assert_verified(office: Office) -> None:
    """Files and chain prove themselves, and the head is the one that is kept elsewhere."""
    scope = selected_revisions(office.archive)
    head = office.head_path.read_text().strip()
    assert verify_files(scope).findings == ()
    assert verify_chain(scope, heads=[head]).findings == ()
    newest = scope.archive.head() if scope.archive else None
    assert newest is not None
    assert newest.sha256 == head
    assert list(office.archive.glob("pending/*")) == []
    assert [path.name for path in office.archive.glob(".*") if path.name != ".lock"] == []
