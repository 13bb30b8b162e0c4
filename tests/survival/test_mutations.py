"""Whole answers mutated: the exit is in the table, ledgers foot exactly, and no amount changes unseen."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
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

from ..job.direct import answering, only
from ..job.office import EXITS, Office, Told

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


def mutated(body: bytes, draw: Any) -> bytes:
    """An answer with one thing changed."""
    document = json.loads(body)
    path = draw(st.sampled_from(list(places(document))))
    routine = draw(st.sampled_from(ROUTINES))
    event(routine)
    if not path:
        return json.dumps(draw(VALUES)).encode()
    *above, last = path
    parent = document
    for part in above:
        parent = parent[part]
    change(parent, last, routine, draw)
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")


def change(parent: Any, last: Any, routine: str, draw: Any) -> None:
    if routine == "remove":
        del parent[last]
    elif routine == "double" and isinstance(parent, list):
        parent.append(parent[last])
    elif routine == "reverse" and isinstance(parent[last], list):
        parent[last].reverse()
    elif routine == "rename" and isinstance(parent, dict):
        parent[draw(st.text(max_size=5))] = parent.pop(last)
    elif routine == "copy" and isinstance(parent, dict):
        parent[last] = parent[draw(st.sampled_from(sorted(parent)))]
    else:
        parent[last] = draw(VALUES)


def whole_run(chosen: Platform, change: Any) -> tuple[Told, dict[str, bytes]]:
    """A whole run against the platform with its answers changed; what it left."""
    with tempfile.TemporaryDirectory() as folder, answering(chosen, change), pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileSystem, "sync", lambda self, path: path.lstat())
        office = Office(Path(folder), chosen, settings="deadline = 1\n")
        told = office.run(json_output=True)
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


def check(told: Told, files: dict[str, bytes]) -> None:
    assert told.exit in EXITS, (told.exit, told.err[-2000:])
    assert "Traceback" not in told.err
    document = json.loads(told.out)
    assert document["schema"] == 1
    sealed = any("/r1/" in path for path in files)
    assert sealed == (told.exit in (0, 3)), told.exit
    if sealed:
        totals = sum(Decimal(account["invoice_total"]) for account in document["accounts"])
        assert sum(ledger_sums(files).values()) == totals
        assert all(row["outcome"] == "pass" for row in document["checks"] if row["check"] == "ledger-control")


@settings(suppress_health_check=list(HealthCheck), max_examples=settings().max_examples * 2, deadline=None)
@given(st.data())
def test_a_mutated_answer_ends_in_the_table_and_ledgers_foot(data: st.DataObject) -> None:
    chosen = data.draw(st.sampled_from(PLATFORMS))
    function = data.draw(st.sampled_from(FUNCTIONS))
    done: dict[str, bytes] = {}

    def change(name: str, body: bytes) -> bytes:
        if name == function and name not in done:
            done[name] = mutated(body, data.draw)
            return done[name]
        return body

    told, files = whole_run(chosen, change)
    event(f"exit {told.exit}")
    check(told, files)


def amount_places(body: bytes) -> list[tuple[Any, ...]]:
    document = json.loads(body)
    return [path for path in places(document) if path and path[-1] in AMOUNTS and path[-1] not in ("quantity",)]


@settings(suppress_health_check=list(HealthCheck), max_examples=max(60, settings().max_examples // 2), deadline=None)
@given(st.data())
def test_a_mutated_amount_is_never_absorbed_silently(data: st.DataObject) -> None:
    """One amount of the month's report or detail moved by more than the tolerance: some check is no pass."""
    chosen = data.draw(st.sampled_from(PLATFORMS))
    function = data.draw(st.sampled_from(("billing.report", "billing.getInvoice")))
    shift = data.draw(st.integers(10, 10**6)) * data.draw(st.sampled_from((1, -1)))
    done: list[Any] = []

    def change(name: str, body: bytes) -> bytes:
        if name != function or done:
            return body
        found = amount_places(body)
        if not found:
            return body
        path = data.draw(st.sampled_from(found))
        document = json.loads(body, parse_float=Decimal)
        parent = document
        for part in path[:-1]:
            parent = parent[part]
        done.append((path, parent[path[-1]]))
        parent[path[-1]] = Decimal(parent[path[-1]]) + Decimal(shift) / 10
        return json.dumps(document, ensure_ascii=False, default=float).encode()

    told, files = whole_run(chosen, change)
    check(told, files)
    if done:
        assert told.exit != 0, (done, shift)
