"""The simulated world: pure data, the same for the same seed, whatever is asked and in whatever order.

What an account used and was billed in a month (its books) is made when first asked for and kept. Scenarios and
timelines change books by small functions; the world itself never changes, it is replaced. The methods that answer
with invoices and control totals are the oracle for tests: integer minor units, no JSON, no floats.

Daily usage and cost of every project, made from a seed.

Costs are exact: hundredths of a unit x hundredths of the price x (100 + tax percent) are micros, tax included.

Events are what happens to the platform and its accounts over time, apart from invoices (whose instants are their own).
An event holds from its start until its end; without an end it holds for good. What is shown at an instant follows from
the events that hold then, so moving the clock back undoes them.
"""

from __future__ import annotations

import random
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from chargeback.sandbox.billing import ISSUE_DELAY, monthly_invoices
from chargeback.sandbox.months import Month
from chargeback.sandbox.records import RESOURCES, Account, Books, Identity, Invoice, Project, Resource, Row, Status

E = TypeVar("E", bound="Event")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that holds from an instant until another (exclusive; None: for good)."""

    start: datetime
    end: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        return self.start <= moment and (self.end is None or moment < self.end)


@dataclass(frozen=True, slots=True)
class Away(Event):
    """The whole platform answers nothing but this HTTP status."""

    status: int = 503


@dataclass(frozen=True, slots=True)
class Absent(Event):
    """An account is not listed, and questions for it is answered with the message."""

    account: str = ""
    message: str = "api: billing account not found"


@dataclass(frozen=True, slots=True)
class Inactive(Event):
    """An account is listed as not active, and its report is refused."""

    account: str = ""
    invoices_refused: bool = True


@dataclass(frozen=True, slots=True)
class DocumentsAway(Event):
    """Invoice PDFs and receipts cannot be had; `account` empty: of no account."""

    account: str = ""
    message: str = "api: invoice pdf export is not available"


def holding(events: Iterable[Event], kind: type[E], moment: datetime) -> list[E]:
    """The events of a kind that hold at an instant, in order."""
    return [event for event in events if isinstance(event, kind) and event.holds(moment)]


SWING = 12  # percent that a day may lie above or below its project's average
POOL = 997  # prime, so that rows that start at different places never share a rhythm


@lru_cache(maxsize=8)
def _swings(seed: int) -> tuple[int, ...]:
    """Percentages around 100, drawn once a seed as drawing for each row is slow; the first 31 again at the end."""
    source = random.Random(f"swings/{seed}")  # noqa: S311  (must repeat)
    swings = tuple(100 + source.randint(-SWING, SWING) for _ in range(POOL))
    return swings + swings[:31]


def metered_rows(
    seed: int, account: Account, projects: tuple[Project, ...], resources: tuple[Resource, ...], month: Month
) -> tuple[Row, ...]:
    """One row a project and resource that cost anything in the month; idle projects have none."""
    rows = []
    for place, project in enumerate(projects):
        for resource in resources if project.size else ():
            start = (account.position * 131 + place * 37 + month.ordinal * 53 + len(resource.sku) * 17) % POOL
            rows.append(_row(seed, account, project, resource, len(month.days()), start))
    return tuple(rows)


def _row(seed: int, account: Account, project: Project, resource: Resource, days: int, start: int) -> Row:
    average = resource.daily * project.size
    usage = [average * swing // 10_000 for swing in _swings(seed)[start : start + days]]
    rate = resource.price_in(account.currency) * (100 + account.tax_percent)
    return Row(project, resource, tuple(usage), tuple([quantity * rate for quantity in usage]))


BANGKOK = ZoneInfo("Asia/Bangkok")
BOOKS_KEPT = 200  # rows with daily figures are large: a world of thousands of accounts must not keep them all
FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)
RowsChange = Callable[[Account, Month, tuple[Row, ...]], tuple[Row, ...]]
BooksChange = Callable[["World", Books], Books]


@dataclass(frozen=True, slots=True)
class ControlTotals:
    """What should be booked of one account and month: its open and paid invoices, in minor units."""

    currency: str
    invoices: int
    subtotal: int
    tax: int
    total: int
    withholding: int


@dataclass
class _Kept:
    """What a world has worked out so far; worth nothing but time."""

    books: OrderedDict[tuple[str, Month], Books] = field(default_factory=OrderedDict)  # the newest BOOKS_KEPT
    invoices: dict[tuple[str, Month], tuple[Invoice, ...]] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    positions: dict[int, Account] = field(default_factory=dict)
    projects: dict[str, list[Project]] = field(default_factory=dict)


@dataclass(frozen=True)
class World:
    """Accounts, projects and how their months come about."""

    accounts: tuple[Account, ...]
    projects: tuple[Project, ...]
    first: Month
    last: Month | None = None  # None: for ever
    seed: int = 1
    identity: Identity = field(default_factory=Identity)
    zone: ZoneInfo = BANGKOK  # whose months and days the platform reckons in
    resources: tuple[Resource, ...] = RESOURCES[:5]
    rows_changes: tuple[RowsChange, ...] = ()  # before billing: they show in report and invoices
    changes: tuple[BooksChange, ...] = ()  # after billing
    events: tuple[Event, ...] = ()
    drafts_shown: bool = False
    issue_delay: timedelta = ISSUE_DELAY  # from a period's end
    _kept: _Kept = field(default_factory=_Kept, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        self._kept.accounts = {account.id: account for account in self.accounts}
        self._kept.positions = {account.position: account for account in self.accounts}
        for project in self.projects:
            self._kept.projects.setdefault(project.account, []).append(project)

    def account(self, account_id: str) -> Account | None:
        """The account with an id, whether listed or not; None for no such account."""
        return self._kept.accounts.get(account_id)

    def listed(self, account_id: str, moment: datetime) -> bool:
        """Whether the account exists and is not absent at an instant."""
        absent = holding(self.events, Absent, moment)
        return account_id in self._kept.accounts and all(event.account != account_id for event in absent)

    def projects_of(self, account_id: str) -> tuple[Project, ...]:
        """The account's projects, in the world's order."""
        return tuple(self._kept.projects.get(account_id, ()))

    def months(self, moment: datetime) -> Iterator[Month]:
        """Every month of the world that has begun by an instant, in order."""
        newest = Month.holding(moment, self.zone)
        newest = min(newest, self.last) if self.last else newest
        return (Month.of_ordinal(index) for index in range(self.first.ordinal, newest.ordinal + 1))

    def has(self, month: Month) -> bool:
        """Whether the world has anything in the month."""
        return self.first <= month and (self.last is None or month <= self.last)

    def books(self, account_id: str, month: Month) -> Books:
        """What the account used and was billed in the month, with every change applied."""
        key = (account_id, month)
        books = self._kept.books.get(key)
        if books is None:
            books = self._make_books(self._kept.accounts[account_id], month)
            self._kept.books[key] = books
            self._kept.invoices[key] = books.invoices
            if len(self._kept.books) > BOOKS_KEPT:
                self._kept.books.popitem(last=False)
        return books

    def billed(self, account_id: str, month: Month) -> tuple[Invoice, ...]:
        """Every invoice that the account will ever have for the month."""
        found = self._kept.invoices.get((account_id, month))
        return self.books(account_id, month).invoices if found is None else found

    def _make_books(self, account: Account, month: Month) -> Books:
        if not self.has(month):
            return Books(account, month, (), ())
        rows = metered_rows(self.seed, account, self.projects_of(account.id), self.resources, month)
        for change_rows in self.rows_changes:
            rows = change_rows(account, month, rows)
        invoices = monthly_invoices(account, month, rows, self.zone, self.identity, self.issue_delay)
        books = Books(account, month, rows, invoices)
        for change in self.changes:
            books = change(self, books)
        return books

    def invoices(self, account_id: str, moment: datetime) -> list[tuple[Invoice, Status]]:
        """Every invoice of the account that exists at an instant, drafts too, with its status then."""
        found = []
        for month in self.months(moment):
            for invoice in self.billed(account_id, month):
                status = invoice.status(moment)
                if status is not None:
                    found.append((invoice, status))
        return found

    def invoice(self, invoice_id: str) -> Invoice | None:
        """The invoice with an id, whether it exists yet or not; None for no such invoice."""
        place = self.identity.invoice_place(invoice_id)
        account = self._kept.positions.get(place[0]) if place else None
        if place is None or account is None or not self.has(place[1]):
            return None
        return next((invoice for invoice in self.billed(account.id, place[1]) if invoice.id == invoice_id), None)

    def final_invoices(self, account_id: str, month: Month | str) -> list[tuple[Invoice, Status]]:
        """The account's invoices of the month with the status they end with."""
        return self.invoices_at(account_id, month, FOR_EVER)

    def invoices_at(self, account_id: str, month: Month | str, moment: datetime) -> list[tuple[Invoice, Status]]:
        """The account's invoices of the month that exist at an instant, drafts too, with their status then."""
        month = Month.parse(month) if isinstance(month, str) else month
        statuses = ((invoice, invoice.status(moment)) for invoice in self.billed(account_id, month))
        return [(invoice, status) for invoice, status in statuses if status is not None]

    def control_totals(self, account_id: str, month: Month | str, moment: datetime = FOR_EVER) -> ControlTotals:
        """What should be booked of the month, as things stand at an instant."""
        booked = [
            invoice for invoice, status in self.invoices_at(account_id, month, moment) if status in ("open", "paid")
        ]
        return ControlTotals(
            currency=self._kept.accounts[account_id].currency,
            invoices=len(booked),
            subtotal=sum(invoice.subtotal for invoice in booked),
            tax=sum(invoice.tax for invoice in booked),
            total=sum(invoice.total for invoice in booked),
            withholding=sum(invoice.withholding for invoice in booked if invoice.withheld(moment)),
        )

    def report_micros(self, account_id: str, month: Month | str) -> dict[tuple[str, str], int]:
        """The whole month's report, tax included: micros by (project sid, resource label)."""
        month = Month.parse(month) if isinstance(month, str) else month
        found: dict[tuple[str, str], int] = {}
        for row in self.books(account_id, month).rows:
            key = (row.project.sid, row.resource.label)
            found[key] = found.get(key, 0) + sum(row.values)
        return found

    def changed(self, *changes: BooksChange) -> World:
        """This world, with more changes to its books, applied last."""
        return replace(self, changes=(*self.changes, *changes))

    def happening(self, *events: Event) -> World:
        """This world, with more events."""
        return replace(self, events=(*self.events, *events))
