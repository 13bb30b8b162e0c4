"""The nouns of the simulated platform: accounts, projects, daily usage, invoices with their whole life; and their ids.

Small immutable records, without behaviour beyond what follows from their own fields. Money is integer: minor units
on invoices, micros (10^-6 of the currency unit) in the report. Quantities and prices are integer hundredths.

Ids and numbers are unique, and computed from place and month, so that a large world needs no index. Kind C shows int64
numbers as strings (`1042`), kind D opaque strings (`ba_1042`, `inv_…`). A world has one of the two spellings; serving
the same world as both kinds shows the same ids in both.

Minor units are satang for THB; a micro is finer than any currency's minor unit. How amounts are printed is here too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from chargeback.sandbox.months import Month

MICRO_DIGITS = 6
MINOR_DIGITS = {"THB": 2, "USD": 2, "EUR": 2, "JPY": 0, "KWD": 3}

# List prices are in THB; other currencies use a coarse rate, in percent, as the sandbox sells the same goods.
PRICE_PERCENT = {"THB": 100, "USD": 3, "EUR": 3, "JPY": 400, "KWD": 2}


def minor_digits(currency: str) -> int:
    """How many decimals a currency's minor unit has; 2 for one that does not exist (used by a scenario)."""
    return MINOR_DIGITS.get(currency, 2)


def divide_rounded(numerator: int, denominator: int) -> int:
    """The quotient rounded half away from zero, exactly."""
    quotient = (2 * abs(numerator) + denominator) // (2 * denominator)
    return quotient if numerator >= 0 else -quotient


def minor_from_micros(micros: int, currency: str) -> int:
    """An amount of micros, rounded to the currency's minor unit."""
    return divide_rounded(micros, 10 ** (MICRO_DIGITS - minor_digits(currency)))


def number(units: int, digits: int) -> int | float:
    """The JSON number of an amount: the 64-bit float in its shortest form, without `.0` where it is whole."""
    return numbers((units,), digits)[0]


def numbers(amounts: Iterable[int], digits: int) -> list[int | float]:
    """The JSON numbers of many amounts."""
    scale: int = 10**digits
    return [units / scale if units % scale else units // scale for units in amounts]


def printed(minor: int, currency: str) -> str:
    """An amount as an invoice prints it: `1,155.60`."""
    digits = minor_digits(currency)
    whole, fraction = divmod(abs(minor), 10**digits)
    text = f"{whole:,}" + (f".{fraction:0{digits}d}" if digits else "")
    return f"-{text}" if minor < 0 else text


Shape = Literal["project", "sku", "changeover"]
Status = Literal["draft", "open", "paid", "void"]


@dataclass(frozen=True, slots=True)
class Resource:
    """Something the platform meters and sells."""

    sku: str  # as in billing.skus and on by-SKU invoice lines
    label: str  # as in the report's `name`
    unit: str
    price: int  # hundredths of a THB for one unit, before tax
    daily: int  # hundredths of a unit that an average project uses a day

    def price_in(self, currency: str) -> int:
        """The unit price before tax, in hundredths of that currency."""
        return max(1, self.price * PRICE_PERCENT.get(currency, 100) // 100)


RESOURCES = (
    Resource("cpu", "CPU", "vCPU-hour", 150, 2400),
    Resource("memory", "Memory", "GiB-hour", 75, 4800),
    Resource("egress", "Egress", "GiB", 420, 310),
    Resource("disk", "Disk", "GiB-day", 28, 2050),
    Resource("replica", "Replica", "replica-hour", 35, 7200),
    Resource("staticStorage", "Static Storage", "GiB-day", 19, 900),
    Resource("registryEgress", "Registry Egress", "GiB", 260, 120),
    Resource("dropboxStorage", "Dropbox Storage", "GiB-day", 17, 400),
)


@dataclass(frozen=True, slots=True)
class Project:
    """One project, billed to one account."""

    id: str
    sid: str
    name: str
    account: str  # the account's id
    team: str  # who owns it in the sample configuration: a team, "shared", or "" for nobody
    size: int = 100  # percent of an average project's usage; 0: idle


@dataclass(frozen=True, slots=True)
class Account:
    """One billing account and how it is billed."""

    id: str
    position: int  # counts accounts from 0; makes numbers and ids unique
    name: str
    type: Literal["individual", "company"] = "company"
    tax_id: str = ""
    tax_name: str = ""
    tax_address: str = ""
    currency: str = "THB"
    tax_percent: int = 7
    withholding_percent: int = 0  # deducted by the buyer when paying; company buyers in Thailand 3
    shape: Shape = "project"  # changeover: by SKU when issued before 10 June 2026, then by project
    parts: int = 1  # invoices a month: 1, or 2 (until the 15th, from the 16th)
    pays_after: float | None = 10  # days from issue to payment; None: never paid
    replaced_every: int = 0  # every how many months the first invoice is void and replaced; 0: never


@dataclass(frozen=True, slots=True)
class Row:
    """One project's use of one resource in one month."""

    project: Project
    resource: Resource
    usage: tuple[int, ...]  # hundredths of a unit, one a day
    values: tuple[int, ...]  # micros, tax included, one a day


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an invoice: by project (gross), or by SKU (net) if `sku` is given."""

    description: str
    amount: int  # minor units
    project_id: str = ""
    project: str = ""  # sid
    sku: str = ""
    unit: str = ""
    quantity: int = 0  # hundredths of a unit
    price: int = 0  # hundredths of the currency unit
    wrong: Mapping[str, Any] = field(default_factory=dict)  # fields that a scenario answers instead


@dataclass(frozen=True, slots=True)
class Invoice:
    """One invoice and its whole life: what it shows at a time follows from its instants."""

    id: str
    number: str
    account: Account
    month: Month
    start: datetime
    end: datetime  # exclusive
    lines: tuple[Line, ...]
    subtotal: int  # minor units, as the two below
    tax: int
    total: int
    withholding: int  # minor units; shown from `withheld_at`
    created_at: datetime
    issued_at: datetime
    receipt_number: str
    paid_at: datetime | None = None
    withheld_at: datetime | None = None
    voided_at: datetime | None = None
    wrong_row: Mapping[str, Any] = field(default_factory=dict)  # fields that the list answers instead
    wrong_detail: Mapping[str, Any] = field(default_factory=dict)  # fields that the detail answers instead
    document: str = "right"  # the PDF: right, missing, other, unreadable, scanned, wrong-total, receipt-missing

    @property
    def currency(self) -> str:
        return self.account.currency

    def status(self, moment: datetime) -> Status | None:
        """What the invoice is at an instant; None before it exists."""
        if moment < self.created_at:
            return None
        if self.voided_at is not None and self.voided_at <= moment:
            return "void"
        if moment < self.issued_at:
            return "draft"
        return "paid" if self.paid_at is not None and self.paid_at <= moment else "open"

    def withheld(self, moment: datetime) -> bool:
        """Whether the buyer's withholding is recorded by an instant."""
        return self.withheld_at is not None and self.withheld_at <= moment


@dataclass(frozen=True, slots=True)
class Books:
    """One account's month: what was used and what was billed."""

    account: Account
    month: Month
    rows: tuple[Row, ...]
    invoices: tuple[Invoice, ...]


Spelling = Literal["numbers", "prefixed"]
SLOTS = 8  # invoices that one account can have for one month
FIRST_ACCOUNT = 1042
FIRST_PROJECT = 1001
ACCOUNTS_LIMIT = 100_000


@dataclass(frozen=True, slots=True)
class Identity:
    """How a world spells its ids, and how many accounts share one sequence of invoice numbers."""

    spelling: Spelling = "numbers"
    accounts: int = 8

    def account_id(self, position: int) -> str:
        return self._spelled("ba", FIRST_ACCOUNT + position)

    def project_id(self, position: int) -> str:
        return self._spelled("prj", FIRST_PROJECT + position)

    def invoice_id(self, position: int, month: Month, slot: int) -> str:
        return self._spelled("inv", (month.ordinal * ACCOUNTS_LIMIT + position) * SLOTS + slot)

    def invoice_place(self, invoice_id: str) -> tuple[int, Month] | None:
        """The account's position and the month that an invoice id was made from; None for no such id."""
        digits = invoice_id.removeprefix("inv_") if self.spelling == "prefixed" else invoice_id
        if not digits.isascii() or not digits.isdigit() or len(digits) > 18:
            return None
        month_index, position = divmod(int(digits) // SLOTS, ACCOUNTS_LIMIT)
        return position, Month.of_ordinal(month_index)

    def invoice_number(self, position: int, month: Month, slot: int) -> str:
        """`INV-2026-0009`: counted within the year in which a month is billed."""
        billed = month.plus(1)
        return f"INV-{billed.year}-{self._sequence(billed.month - 1, position, slot):04d}"

    def receipt_number(self, position: int, month: Month, slot: int) -> str:
        """`DPLY-RC-202605-0001`, counted within the month that is billed."""
        return f"DPLY-RC-{month.year}{month.month:02d}-{self._sequence(0, position, slot):04d}"

    def _sequence(self, months: int, position: int, slot: int) -> int:
        return (months * self.accounts + position) * SLOTS + slot + 1

    def _spelled(self, prefix: str, value: int) -> str:
        return f"{prefix}_{value}" if self.spelling == "prefixed" else str(value)
