"""What happens in a year, from a seed: the world with its events, and the days on which the job runs."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from chargeback.sandbox.dialect import Kind
from chargeback.sandbox.makers import scale_world
from chargeback.sandbox.months import Month
from chargeback.sandbox.records import Account, Project
from chargeback.sandbox.timeline import credit_note, extra, issued, paying, voided_after_payment, voiding, withholding
from chargeback.sandbox.world import Absent, Away, BooksChange, DocumentsAway, Event, World

ZONES = ("Asia/Bangkok", "UTC", "Europe/Berlin")
SPLITS = ("proportional", "weights", "even")
FIRST = Month(2026, 1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Profile:
    """How long a year is, how many accounts it has, whether a run is made every day, how many events a month."""

    months: int
    accounts: int
    daily: bool
    events: int
    first: Month = FIRST


SHORT = Profile(months=5, accounts=4, daily=False, events=2)
FULL = Profile(months=16, accounts=24, daily=True, events=4)


@dataclass(frozen=True, slots=True)
class Visit:
    """One run: when it is, how far its clock is off, and at which of its writes it is killed (0: it is not)."""

    moment: datetime
    skew: timedelta = timedelta(0)
    killed_at: int = 0


@dataclass
class Plan:
    """A year: ``world`` with all its events, ``visits`` in order, ``splits`` from when on which one holds."""

    seed: int
    profile: Profile
    kind: Kind
    world: World
    visits: list[Visit] = field(default_factory=list)
    splits: list[tuple[datetime, str]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    @property
    def end(self) -> datetime:
        """The last run's time."""
        return self.visits[-1].moment

    @property
    def months(self) -> list[Month]:
        """The months that are to be archived in the end."""
        return [self.profile.first.plus(number) for number in range(self.profile.months)]

    def split(self, moment: datetime) -> str:
        """How shared projects are split at an instant."""
        return [way for since, way in self.splits if since <= moment][-1]


def plan_of(seed: int, profile: Profile) -> Plan:
    """The year of a seed."""
    return _Maker(seed, profile).plan()


class _Maker:
    def __init__(self, seed: int, profile: Profile) -> None:
        self.random = random.Random(f"year/{seed}")
        self.seed = seed
        self.profile = profile
        self.zone = ZoneInfo(ZONES[seed % len(ZONES)])
        self.kind: Kind = "CD"[seed // len(ZONES) % 2]  # type: ignore[assignment]
        self.world = self._world()
        self.moments: list[datetime] = []
        self.told: list[str] = []
        self.taken: set[tuple[str, int]] = set()

    def plan(self) -> Plan:
        for change in self._invoice_changes():
            self.world = self.world.changed(change)
        self.world = self.world.happening(*self._happenings())
        splits = self._splits()
        plan = Plan(self.seed, self.profile, self.kind, self.world, splits=splits, told=self.told)
        plan.visits = self._visits(plan)
        return plan

    def after(self, month: int, days: float) -> datetime:
        """So many days after the end of a month, counted from the year's first one."""
        return self.profile.first.plus(month).end(self.zone) + timedelta(days=days)

    @property
    def last(self) -> datetime:
        return self.after(self.profile.months - 1, 27)

    def _world(self) -> World:
        spelling = "numbers" if self.kind == "C" else "prefixed"
        world = scale_world(
            self.profile.accounts, 3, 3, seed=self.seed, teams=4, zone=self.zone, spelling=spelling  # type: ignore[arg-type]
        )  # fmt: skip
        accounts = tuple(self._account(account) for account in world.accounts)
        projects = tuple(self._project(place, project) for place, project in enumerate(world.projects))
        return replace(world, accounts=accounts, projects=projects, first=self.profile.first, last=None)

    def _account(self, account: Account) -> Account:
        choose = self.random
        withheld = choose.choice((0, 3))
        return replace(
            account,
            pays_after=choose.choice((1, 3, 10, 25, 45, None)),
            parts=choose.choice((1, 1, 2)),
            shape=choose.choice(("project", "project", "sku")),
            withholding_percent=withheld,
            replaced_every=choose.choice((0, 0, 0, 3)),
        )

    def _project(self, place: int, project: Project) -> Project:
        return replace(project, team="shared") if place % 5 == 4 else project

    def _invoice_changes(self) -> Iterator[BooksChange]:
        """One of each kind in a shuffled order, as many a month as the profile says, as far as the year has room."""
        kinds: list[Callable[[Account, int], BooksChange | None]] = [
            self._on_the_2nd, self._on_the_12th, self._after_next, self._voided_after_one, self._voided_after_three,
            self._void_though_paid, self._parts, self._credited, self._withheld_later, self._paid_late,
            self._late_extra, self._corrected_unseen,
        ]  # fmt: skip
        self.random.shuffle(kinds)
        number = 0
        for month in range(self.profile.months - 1):
            for _ in range(self.profile.events):
                account = self.random.choice(self.world.accounts)
                change = kinds[number % len(kinds)](account, month)
                number += 1
                if change is not None and (account.id, month) not in self.taken:
                    self.taken.add((account.id, month))
                    yield change

    def _note(self, kind: str, account: Account, month: int, *moments: datetime) -> bool:
        """Whether the event lies within the year; its instants become days of runs."""
        if any(moment > self.last for moment in moments):
            return False
        self.moments += moments
        self.told.append(f"{kind} {account.id} {self.profile.first.plus(month)}")
        return True

    def _on_the_2nd(self, account: Account, month: int) -> BooksChange | None:
        return self._issued(account, month, "issued on the 2nd", self.after(month, 1 + self.random.random()))

    def _on_the_12th(self, account: Account, month: int) -> BooksChange | None:
        return self._issued(account, month, "issued on the 12th", self.after(month, 11 + self.random.random()))

    def _after_next(self, account: Account, month: int) -> BooksChange | None:
        moment = self.after(month + 1, 1 + self.random.random())
        return self._issued(account, month, "issued on the 2nd of the month after next", moment)

    def _issued(self, account: Account, month: int, kind: str, moment: datetime) -> BooksChange | None:
        part = account.parts - 1
        noted = self._note(kind, account, month, moment)
        return issued(account.id, self._month(month), moment, part) if noted else None

    def _month(self, month: int) -> Month:
        return self.profile.first.plus(month)

    def _voided_after_one(self, account: Account, month: int) -> BooksChange | None:
        return self._voided(account, month, 1)

    def _voided_after_three(self, account: Account, month: int) -> BooksChange | None:
        return self._voided(account, month, 3)

    def _voided(self, account: Account, month: int, later: int) -> BooksChange | None:
        at = self.after(month + later, 2 + 5 * self.random.random())
        again = at + self.random.choice((HOUR, 2 * DAY, 6 * DAY))
        noted = self._note(f"voided and replaced {later} months later", account, month, at, again)
        return voiding(account.id, self._month(month), at, again) if noted else None

    def _void_though_paid(self, account: Account, month: int) -> BooksChange | None:
        """Paid, and void when the payment has long been booked."""
        paid = self.after(month, 5 + 20 * self.random.random())
        at = self.after(month + 1, 8 + 30 * self.random.random())
        if not self._note("void after payment", account, month, paid, at):
            return None
        pay = paying(account.id, self._month(month), paid)
        void = voided_after_payment(account.id, self._month(month), at)
        return lambda world, books: void(world, pay(world, books))

    def _parts(self, account: Account, month: int) -> BooksChange | None:
        """The second part a few days after the first: a run comes in between."""
        if account.parts == 1:
            return None
        moment = self.after(month, 4 + 20 * self.random.random())
        noted = self._note("part-month invoices either side of a run", account, month, moment)
        return issued(account.id, self._month(month), moment, 1) if noted else None

    def _credited(self, account: Account, month: int) -> BooksChange | None:
        moment = self.after(month, 3 + 50 * self.random.random())
        noted = self._note("credit note", account, month, moment)
        return credit_note(account.id, self._month(month), moment, self.random.randint(100, 50_000)) if noted else None

    def _withheld_later(self, account: Account, month: int) -> BooksChange | None:
        """Paid at once, the withholding recorded some days later: the invoice list does not show that."""
        paid = self.after(month, 3 + 2 * self.random.random())
        withheld = paid + (2 + 12 * self.random.random()) * DAY
        if not self._note("withholding after payment", account, month, paid, withheld):
            return None
        pay, withhold = (
            paying(account.id, self._month(month), paid),
            withholding(account.id, self._month(month), withheld),
        )

        def both(world: World, books):  # type: ignore[no-untyped-def]
            return withhold(world, pay(world, books))

        return both if account.withholding_percent else pay

    def _paid_late(self, account: Account, month: int) -> BooksChange | None:
        moment = self.after(month, 20 + 70 * self.random.random())
        noted = self._note("paid late", account, month, moment)
        return paying(account.id, self._month(month), moment) if noted else None

    def _late_extra(self, account: Account, month: int) -> BooksChange | None:
        moment = self.after(month, 32 + 40 * self.random.random())
        noted = self._note("one more invoice", account, month, moment)
        return extra(account.id, self._month(month), moment, self.random.randint(100, 90_000)) if noted else None

    def _corrected_unseen(self, account: Account, month: int) -> BooksChange | None:
        """An invoice that is issued and void again before any run sees it."""
        moment = self.after(month + 1, 8.5 + 10 * self.random.random())
        if not self._note("issued and void unseen", account, month, moment):
            return None
        more = extra(account.id, self._month(month), moment - 2 * HOUR, 12_345)

        def unseen(world: World, books):  # type: ignore[no-untyped-def]
            changed = more(world, books)
            if changed is books:
                return books
            *others, new = changed.invoices
            return replace(changed, invoices=(*others, replace(new, voided_at=moment - HOUR)))

        return unseen

    def _happenings(self) -> list[Event]:
        """The platform away, PDFs flapping, an account that comes, one that goes and returns."""
        months = self.profile.months
        away = self.after(self.random.randrange(months), self.random.choice((0, 2, 12)))
        gone = self.after(self.random.randrange(1, months), self.random.choice((-4, 6)))
        back = gone + self.random.choice((3, 11)) * DAY
        come = self.after(self.random.randrange(months - 2), 3 + 20 * self.random.random())
        flaps = [self.after(self.random.randrange(months), 20 * self.random.random()) for _ in range(3)]
        first, second = self.random.sample(self.world.accounts, 2)
        self.moments += [away, away + 2 * DAY, gone, back, come, *flaps, *(flap + DAY for flap in flaps)]
        self.told += [f"revoked {first.id} {gone:%F} {back:%F}", f"added {second.id} {come:%F}", f"away {away:%F}"]
        return [
            Away(away, away + 2 * DAY),
            Absent(gone, min(back, self.last), account=first.id, message="api: forbidden"),
            Absent(self.after(-2, 0), come, account=second.id),
            *(DocumentsAway(flap, flap + DAY) for flap in flaps),
        ]

    def _splits(self) -> list[tuple[datetime, str]]:
        changed = self.after(self.random.randrange(1, self.profile.months), 5 + 10 * self.random.random())
        self.moments.append(changed)
        before, after = self.random.sample(SPLITS, 2)
        return [(self.after(-2, 0), before), (changed, after)]

    def _visits(self, plan: Plan) -> list[Visit]:
        """A run a day, in the morning; in a short year on the days that matter; a week is missed, clocks go wrong."""
        missed = self.after(self.random.randrange(self.profile.months - 1), 8 * self.random.random())
        wrong = self.after(self.random.randrange(self.profile.months), -1)
        days = [day for day in self._days() if not missed <= day < missed + 7 * DAY]
        kills = {self.random.choice([day for day in days if day > self.after(number, 0)]) for number in range(
            self.profile.months
        )}  # fmt: skip
        found = []
        for day in days:
            skew = self.random.choice((HOUR, -HOUR)) if wrong <= day < wrong + 10 * DAY else timedelta(0)
            found.append(Visit(day, skew, self.random.randint(1, 150) if day in kills else 0))
        return [*found, Visit(self.last + DAY)]

    def _days(self) -> list[datetime]:
        start = self.after(0, self.random.choice((0.02, 0.25, 0.9)))
        days = [start + number * DAY for number in range((self.last - start).days + 1)]
        if self.profile.daily:
            return days
        usual = {(day.astimezone(self.zone) + 3 * HOUR).day for day in days} & {1, 2, 3, 12, 20}
        after = {(moment - start).days + 1 for moment in self.moments}
        return [
            day
            for number, day in enumerate(days)
            if number in after or day.astimezone(self.zone).day in usual or self.random.random() < 0.05
        ]
