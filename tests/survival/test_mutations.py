"""Whole answers mutated: the exit is in the table, ledgers foot exactly, and no amount changes unseen."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from chargeback.archive.file_system import FileSystem
from chargeback.sandbox import Platform
from chargeback.sandbox.makers import DEFAULT_NOW, small_world
from chargeback.sandbox.months import newest_closed
from chargeback.sandbox.scenario import Setup
from chargeback.sandbox.scenarios import platform_of
from tests.kit.platform import answering, only
from tests.kit.workplace import EXITS, Ended, Workplace

AMOUNTS = {"subtotal", "taxAmount", "total", "amount", "billingValue", "quantity", "unitPrice"}
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.decimals(-(10**9), 10**9, places=3, allow_nan=False).map(float),
    st.text(max_size=8),
    st.sampled_from(
        ["", "0", "-0", -0.0, 1e15, 1e-9, [], {}, [[]], "void", "paid", "draft", "2026-05-01", "‮x", "=1+1", "a" * 3000]
    ),
)
SLOW = settings(suppress_health_check=list(HealthCheck), deadline=None)
ROUTINES = ("value", "remove", "double", "reverse", "rename", "copy")
FUNCTIONS = ("billing.report", "billing.listInvoices", "billing.getInvoice", "billing.list", "project.list")


def platform(position: int, kind: str) -> Platform:
    """One account's platform: 0 by project and paid, 1 by SKU, 2 two invoices, 3 open."""
    spelling: Any = "numbers" if kind == "C" else "prefixed"
    world = small_world(now=DEFAULT_NOW, spelling=spelling)
    return platform_of(only(position)(Setup(world, kind, DEFAULT_NOW, newest_closed(DEFAULT_NOW, world.zone))))  # type: ignore[arg-type]


PLATFORMS = [platform(position, kind) for position in range(4) for kind in ("C", "D")]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every value within an answer is."""
    yield path
    if isinstance(value, dict):
        for key, child in value.items():
            yield from places(child, (*path, key))
    elif isinstance(value, list):
        for position, child in enumerate(value[:4]):
            yield from places(child, (*path, position))


@dataclass(frozen=True)
class Mutation:
    """One change of one answer, drawn beforehand as answers come to other threads; ``place`` counts modulo all."""

    function: str
    routine: str
    place: int
    value: Any
    key: str

    def of(self, body: bytes) -> bytes:
        """The answer with one thing changed."""
        document = json.loads(body)
        found = list(places(document))
        path = found[self.place % len(found)]
        if not path:
            return json.dumps(self.value).encode()
        parent = document
        for part in path[:-1]:
            parent = parent[part]
        self._change(parent, path[-1])
        return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")

    def _change(self, parent: Any, last: Any) -> None:
        if self.routine == "remove":
            del parent[last]
        elif self.routine == "double" and isinstance(parent, list):
            parent.append(parent[last])
        elif self.routine == "reverse" and isinstance(parent[last], list):
            parent[last].reverse()
        elif self.routine == "rename" and isinstance(parent, dict):
            parent[self.key] = parent.pop(last)
        elif self.routine == "copy" and isinstance(parent, dict):
            parent[last] = parent[sorted(parent)[self.place % len(parent)]]
        else:
            parent[last] = self.value


MUTATIONS = st.builds(
    Mutation,
    st.sampled_from(FUNCTIONS),
    st.sampled_from(ROUTINES),
    st.integers(0, 10**6),
    VALUES,
    st.text(max_size=5),
)


class Once:
    """Changes the first answer of a function; keeps what was done."""

    def __init__(self, function: str, change: Callable[[bytes], bytes]) -> None:
        self.function = function
        self.change = change
        self.done = False

    def __call__(self, name: str, body: bytes) -> bytes:
        if name != self.function or self.done:
            return body
        self.done = True
        return self.change(body)


def whole_run(chosen: Platform, change: Any, *, dry_run: bool = False) -> tuple[Ended, dict[str, bytes]]:
    """A whole run against the platform with its answers changed; what it left."""
    with tempfile.TemporaryDirectory() as folder, answering(chosen, change), pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileSystem, "sync", lambda self, path: path.lstat())
        office = Workplace(Path(folder), chosen, api="deadline = 30\n")
        told = office.run(json_output=True, dry_run=dry_run)
        return told, dict(office.files())


def ledger_sums(files: dict[str, bytes]) -> Counter[tuple[str, str]]:
    """Gross by account and invoice, as the CSV has it."""
    sums: Counter[tuple[str, str]] = Counter()
    for path, data in files.items():
        if path.endswith("ledgers/all.csv"):
            for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")):
                assert Decimal(row["net"]) + Decimal(row["tax"]) == Decimal(row["gross"])
                sums[row["account"], row["invoice"]] += Decimal(row["gross"])  # type: ignore[assignment]
    return sums


def check(told: Ended, files: dict[str, bytes], *, dry_run: bool = False) -> None:
    assert told.exit in EXITS, (told.exit, told.err[-2000:])
    assert "Traceback" not in told.err
    document = json.loads(told.out)
    assert document["schema"] == 1
    sealed = any("/r1/" in path for path in files)
    assert sealed == (told.exit in (0, 3) and not dry_run), told.exit
    if document["status"] == "failed":
        assert not [
            error
            for error in document["errors"]
            if "is not an RFC 3339 time" in error["message"] and not error["account"]
        ]
        return
    for account in document.get("accounts", []):
        assert account["ledger_total"] == account["invoice_total"], account
    if sealed:
        totals = sum(Decimal(account["invoice_total"]) for account in document["accounts"])
        assert sum(ledger_sums(files).values()) == totals
        assert all(row["outcome"] == "pass" for row in document["checks"] if row["check"] == "ledger-control")


@settings(SLOW, max_examples=max(200, settings().max_examples))
@given(st.sampled_from(PLATFORMS), MUTATIONS, st.integers(0, 9))
def test_a_mutated_answer_ends_in_the_table_and_ledgers_foot(chosen: Platform, mutation: Mutation, tenth: int) -> None:
    """One run in ten writes its revision too: that takes ten times as long."""
    dry_run = tenth > 0
    told, files = whole_run(chosen, Once(mutation.function, mutation.of), dry_run=dry_run)
    event(f"exit {told.exit}")
    check(told, files, dry_run=dry_run)


def amount_places(body: bytes) -> list[tuple[Any, ...]]:
    document = json.loads(body)
    return [path for path in places(document) if path and path[-1] in AMOUNTS and path[-1] not in ("quantity",)]


@settings(SLOW, max_examples=max(50, settings().max_examples // 4))
@given(
    st.sampled_from(PLATFORMS),
    st.sampled_from(("billing.report", "billing.getInvoice")),
    st.integers(0, 10**6),
    st.integers(10, 10**6),
    st.booleans(),
)
def test_a_mutated_amount_is_never_absorbed_silently(
    chosen: Platform, function: str, place: int, tenths: int, is_more: bool
) -> None:
    """One amount of the month's report or detail moved by more than the tolerance: some check is no pass."""
    moved: list[Any] = []

    def change(body: bytes) -> bytes:
        document = json.loads(body, parse_float=Decimal)
        found = [path for path in places(document) if path and path[-1] in AMOUNTS]
        if not found or document["result"].get("status") == "void":  # evidence, never lines (BOOKING 1)
            return body
        path = found[place % len(found)]
        parent = document
        for part in path[:-1]:
            parent = parent[part]
        moved.append((path, parent[path[-1]]))
        parent[path[-1]] = Decimal(parent[path[-1]]) + Decimal(tenths if is_more else -tenths) / 10
        return json.dumps(document, ensure_ascii=False, default=float).encode()

    told, files = whole_run(chosen, Once(function, change), dry_run=True)
    check(told, files, dry_run=True)
    assert not moved or told.exit != 0, (moved, tenths, is_more)
