"""Every situation that the sandbox knows, closed over real HTTP in both kinds of server: exit, exceptions, exact sums.

The sums are the sandbox's own, worked out without any code of the job.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from msgspec import structs

from chargeback.config import Config
from chargeback.evidence import Evidence
from chargeback.job.results import MonthResult
from chargeback.model.books import Books
from chargeback.month_end import close_month
from chargeback.publish import ledger_csv
from chargeback.sandbox import SCENARIOS, Expected, Platform, Scenario, instant, prepared
from tests.kit.workplace import NOW, Workplace, closing, codes, messages

MONTH_BEFORE = "2026-05-20T03:00:00Z"
NAMED = {"account-invisible"}
"""Scenarios of an account that the configuration names and the platform does not show."""
NOT_BOOKED = {"void-in-detail", "inactive-account"}
"""Scenarios in which the platform hides one invoice of the sandbox's: its detail says void, or its list is refused."""
Sums = dict[str, tuple[str, int, int]]


@pytest.fixture(autouse=True)
def what_was_decoded_as_it_came_in_is_what_the_evidence_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every month here is closed twice: with what was decoded when it came in, and from the evidence alone."""

    def both(evidence: Evidence, config: Config, **given: Any) -> Books:
        books = close_month(evidence, config, **given)
        again = close_month(evidence, config)
        posting, other = (structs.replace(each.posting, spool=None) for each in (books, again))  # type: ignore[type-var]
        assert posting == other
        assert list(books.checks) == list(again.checks)
        assert structs.replace(books, posting=posting, checks=()) == structs.replace(again, posting=posting, checks=())
        return books

    monkeypatch.setattr("chargeback.job.run.close_month", both)


def closed(root: Path, name: str, kind: Literal["C", "D"]) -> tuple[MonthResult, Platform]:
    """The scenario's month, closed; both kinds have the same ids."""
    scenario = SCENARIOS[name]
    root.mkdir()
    with closing(root, prepared(name, kind=kind, spelling="numbers", now=instant(NOW))) as place:
        place.configure(accounts=name in NAMED)
        return _closed(place, scenario), place.platform


def _closed(place: Workplace, scenario: Scenario) -> MonthResult:
    if scenario.runs == 2:
        assert place.close(at=MONTH_BEFORE).written
    return place.close("2026-04" if scenario.months_back else None, at=NOW, dry_run=True)


def check_outcome(result: MonthResult, expected: Expected) -> None:
    """The documented exit, and the exceptions that it must have, and no others than those that they entail."""
    assert result.exit == expected.exit, messages(result)
    if expected.exit in (0, 3):
        assert expected.exceptions <= codes(result) <= expected.exceptions | expected.consequences
    if expected.exit == 4:
        assert codes(result) >= {"invoice-issued"}


def booked_sums(books: Books) -> Sums:
    """Invoice id -> currency, tax and gross, as the ledgers add up."""
    found: Sums = {}
    for line in books.ledger.lines:
        _, tax, gross = found.get(line.label.invoice_id, ("", 0, 0))
        found[line.label.invoice_id] = (line.label.currency, tax + line.tax, gross + line.gross)
    return found


def billed_sums(platform: Platform, period: str) -> Sums:
    """The same by the sandbox: what is open or paid of the month."""
    world, now = platform.world, platform.clock.now
    return {
        invoice.id: (invoice.currency, invoice.tax, invoice.total)
        for account in world.accounts
        for invoice, status in world.invoices_at(account.id, period, now)
        if status in ("open", "paid") and (invoice.total or invoice.tax)
    }


def check_sums(result: MonthResult, platform: Platform, name: str) -> None:
    """Invoice by invoice and account by account, to the minor unit."""
    books, period = result.books, str(result.period)
    assert books is not None
    booked, billed = booked_sums(books), billed_sums(platform, period)
    if name in NOT_BOOKED:
        assert len(billed) - len(booked) == 1
        assert booked.items() <= billed.items()
        return
    assert booked == billed
    for account in books.posting.run.accounts:
        control = platform.world.control_totals(account, period, platform.clock.now)
        rows = [row for row in books.accounts if row.account == account]
        assert sum(row.ledger_total for row in rows) == sum(row.invoice_total for row in rows) == control.total
        assert sum(len(row.invoices) for row in rows) == control.invoices


def ledgers(books: Books) -> dict[str, bytes]:
    """The published CSV ledgers."""
    return {path: b"".join(chunks) for path, chunks in ledger_csv.files(books)}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_ends_as_documented_with_exact_sums_and_the_same_ledgers_by_both_kinds(
    tmp_path: Path, name: str
) -> None:
    scenario, published = SCENARIOS[name], {}
    for kind in ("C", "D"):
        result, platform = closed(tmp_path / kind, name, kind)
        check_outcome(result, scenario.expectation(kind))
        if result.exit in (0, 3) and result.books is not None:
            check_sums(result, platform, name)
            published[kind] = ledgers(result.books)
    if scenario.expected_in_d is None and published:
        assert published["C"] == published["D"]
