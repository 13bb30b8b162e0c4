"""What an archive says, read with the standard library alone: ledgers and journals as CSV, figures as Decimal."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
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


def journal(path: Path) -> Legs:
    """A journal's balances."""
    found: dict[tuple[str, str, str], int] = defaultdict(int)
    entries: dict[str, int] = defaultdict(int)
    for row in rows(path):
        amount = cents(row["debit"]) - cents(row["credit"])
        found[row["account"], row["invoice"], row["gl_account"]] += amount
        entries[row["entry"]] += amount
    assert not any(entries.values()), f"{path}: an entry does not balance"
    return {key: amount for key, amount in found.items() if amount}


def replayed(revisions: list[Path]) -> Legs:
    """The first journal, then every change."""
    found: dict[tuple[str, str, str], int] = defaultdict(int)
    for revision in revisions:
        name = "journal.csv" if revision.name == "r1" else "journal-change.csv"
        for key, amount in journal(revision / "exports" / name).items():
            found[key] += amount
    return {key: amount for key, amount in found.items() if amount}


def checks(revision: Path) -> list[dict[str, str]]:
    """The revision's checks."""
    found: list[dict[str, str]] = json.loads((revision / "reconciliation/reconciliation.json").read_bytes())["checks"]
    return found
