"""What a scenario is: a small change to a setup (world, credentials, answers, faults) and what should come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from chargeback.sandbox.credentials import TOKEN, Credential
from chargeback.sandbox.dialect import Kind
from chargeback.sandbox.months import Month
from chargeback.sandbox.platform import AnswerChange
from chargeback.sandbox.records import Account, Invoice, Row
from chargeback.sandbox.timeline import edited
from chargeback.sandbox.world import BooksChange, RowsChange, World

PROJECT, SKU, PARTS, OPEN = range(4)  # places of the small world's accounts: see `Setup.account`
TEN = 1000  # 10.00 in minor units of THB
TIE_OUT = ("report-total", "report-project", "report-resource")


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything a platform is made of, before it is made."""

    world: World
    kind: Kind
    now: datetime
    month: Month  # the newest closed one: what scenarios change
    credentials: tuple[Credential, ...] = (Credential(token=TOKEN, role="owner"),)
    answer_changes: tuple[AnswerChange, ...] = ()
    faults: str = ""

    def account(self, position: int) -> Account:
        """Accounts of the small world: 0 by project, paid; 1 by SKU; 2 two invoices a month; 3 open, replaced."""
        return self.world.accounts[position]

    def changed(self, *changes: BooksChange) -> Setup:
        """With changes to the world's books after billing."""
        return replace(self, world=self.world.changed(*changes))

    def metered(self, *changes: RowsChange) -> Setup:
        """With changes to usage and cost before billing."""
        return replace(self, world=replace(self.world, rows_changes=(*self.world.rows_changes, *changes)))

    def edited(self, position: int, edit: Callable[[Invoice], Invoice], part: int = 0) -> Setup:
        """With one account's invoice of the month edited."""
        return self.changed(edited(self.account(position).id, self.month, edit, part))

    def answering(self, *changes: AnswerChange) -> Setup:
        """With changes to decoded results."""
        return replace(self, answer_changes=(*self.answer_changes, *changes))


@dataclass(frozen=True, slots=True)
class Expected:
    """How a run for the newest closed month should end, by a configuration that owns every project with cost."""

    exit: int = 0
    exceptions: frozenset[str] = frozenset()  # check codes that must be exceptions
    consequences: frozenset[str] = frozenset()  # check codes that may be exceptions too, as the first ones entail them


@dataclass(frozen=True, slots=True)
class Scenario:
    """One situation that a run must cope with."""

    description: str
    change: Callable[[Setup], Setup]
    expected: Expected = Expected()
    expected_in_d: Expected | None = None  # where kind D differs
    runs: int = 1  # 2: the month before was archived first, a month earlier
    months_back: int = 0  # how many months before the newest closed one to run (`-p`)

    @property
    def expected_exit(self) -> int:
        return self.expected.exit

    @property
    def expected_exceptions(self) -> frozenset[str]:
        return self.expected.exceptions

    def expectation(self, kind: Kind) -> Expected:
        """What should come of it when served as a kind."""
        return self.expected_in_d if kind == "D" and self.expected_in_d is not None else self.expected


def finds(*exceptions: str, entails: tuple[str, ...] = ()) -> Expected:
    """A run that ends with exceptions of these checks, and perhaps of those they entail."""
    return Expected(3, frozenset(exceptions), frozenset(entails))


def ends(exit_code: int) -> Expected:
    """A run that ends with this exit and nothing archived."""
    return Expected(exit_code)


def editing(position: int, change: Callable[[Invoice], Invoice], part: int = 0) -> Callable[[Setup], Setup]:
    """A scenario's change: one account's invoice of the month edited."""
    return lambda setup: setup.edited(position, change, part)


def by_sku(setup: Setup) -> Setup:
    """Account 1 billed by SKU, whenever the month is."""
    accounts = tuple(
        replace(account, shape="sku") if account.position == SKU else account for account in setup.world.accounts
    )
    return replace(setup, world=replace(setup.world, accounts=accounts))


def scaled(setup: Setup, percent: int) -> RowsChange:
    """Usage and cost of account 3 in the month, in percent of what they were."""

    def change(account: Account, month: Month, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        if (account.position, month) != (OPEN, setup.month):
            return rows
        return tuple(
            replace(
                row,
                usage=tuple(usage * percent // 100 for usage in row.usage),
                values=tuple(value * percent // 100 for value in row.values),
            )
            for row in rows
        )

    return change
