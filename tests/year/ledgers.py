"""What an archive says, read with the standard library alone: ledgers and journals as CSV, figures as Decimal."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

Key = tuple[str, str]
"""Account and invoice number."""
Row = dict[str, str]


def months(archive: Path) -> dict[str, list[Path]]:
    """The revisions of each month, in order."""
    found = {}
    for folder in sorted(archive.glob("[0-9]*-[0-9]*")):
        found[folder.name] = sorted(folder.glob("r*"), key=lambda path: int(path.name[1:]))
    return found


def rows(path: Path) -> Iterator[Row]:
    """The rows of a CSV."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def cents(text: str) -> int:
    """An amount in minor units of two digits, exactly."""
    value = Decimal(text or "0") * 100
    assert value == int(value), text
    return int(value)


def invoices(revision: Path) -> dict[Key, tuple[int, int, int, str]]:
    """Net, tax, gross and status by invoice, over every team's ledger."""
    sums: dict[Key, list[int]] = defaultdict(lambda: [0, 0, 0])
    statuses: dict[Key, str] = {}
    for path in sorted((revision / "ledgers").glob("*.csv")):
        if path.stem == "all":
            continue
        for row in rows(path):
            key = (row["account"], row["invoice"])
            for place, name in enumerate(("net", "tax", "gross")):
                sums[key][place] += cents(row[name])
            statuses[key] = row["invoice_status"]
    return {key: (net, tax, gross, statuses[key]) for key, (net, tax, gross) in sums.items()}


def teams(revision: Path) -> Counter[str]:
    """Gross by team, over every team's ledger."""
    found: Counter[str] = Counter()
    for path in sorted((revision / "ledgers").glob("*.csv")):
        if path.stem != "all":
            found[path.stem] += sum(cents(row["gross"]) for row in rows(path))
    return found


Legs = dict[tuple[str, str, str], int]
"""(account, invoice, general ledger account) -> debit less credit; without those that are zero."""


def journal(path: Path, *events: str) -> Legs:
    """A journal's balances, of these events or of all; each entry balances."""
    found: dict[tuple[str, str, str], int] = defaultdict(int)
    entries: dict[str, int] = defaultdict(int)
    for row in rows(path):
        amount = cents(row["debit"]) - cents(row["credit"])
        entries[row["entry"]] += amount
        if not events or row["event"] in events:
            found[row["account"], row["invoice"], row["gl_account"]] += amount
    assert not any(entries.values()), f"{path}: an entry does not balance"
    return {key: amount for key, amount in found.items() if amount}


def by_account(path: Path) -> Counter[str]:
    """A journal's balances by general ledger account: debit less credit."""
    found: Counter[str] = Counter()
    for row in rows(path):
        found[row["gl_account"]] += cents(row["debit"]) - cents(row["credit"])
    return found


def added(*balances: Legs) -> Legs:
    """Balances added up."""
    found: dict[tuple[str, str, str], int] = defaultdict(int)
    for balance in balances:
        for key, amount in balance.items():
            found[key] += amount
    return {key: amount for key, amount in found.items() if amount}


def accrued(revisions: list[Path]) -> Legs:
    """The first journal's accruals, then every correction."""
    first, *others = revisions
    changes = [journal(revision / "exports/journal-change.csv") for revision in others]
    return added(journal(first / "exports/journal.csv", "accrual"), *changes)


@dataclass(frozen=True, slots=True)
class Settlement:
    """A payment that a month's journal books: amounts in minor units."""

    account: str
    invoice: str
    concerns: str
    posted: str
    document: str
    receipt: str
    legs: tuple[tuple[str, int], ...]


def settlements(revision: Path, *, of_others: bool = False) -> list[Settlement]:
    """The settlements of a revision's journal, in its order; ``of_others``: of other months' invoices alone."""
    entries: dict[str, list[Row]] = defaultdict(list)
    for row in rows(revision / "exports/journal.csv"):
        if row["event"] == "settlement" and not (of_others and row["concerns"] == revision.parent.name):
            entries[row["entry"]].append(row)
    return [_settlement(found) for found in entries.values()]


def _settlement(found: list[Row]) -> Settlement:
    row = found[0]
    legs = tuple((each["gl_account"], cents(each["debit"]) - cents(each["credit"])) for each in found)
    return Settlement(
        row["account"],
        row["invoice"],
        row["concerns"],
        row["posting_date"],
        row["document_date"],
        row["receipt"],
        legs,
    )


def checks(revision: Path) -> list[dict[str, str]]:
    """The revision's checks."""
    found: list[dict[str, str]] = json.loads((revision / "reconciliation/reconciliation.json").read_bytes())["checks"]
    return found
