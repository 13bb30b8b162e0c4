"""What a month may be closed on, over HTTP: its own report, its own invoices, and no month that nobody meant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chargeback.job.verify import VerifyRequest, verify
from chargeback.model.check import Code, Outcome
from chargeback.review.ledger_rows import read_rows
from chargeback.sandbox import instant, newest_closed, platform_of, prepared, small_world
from chargeback.sandbox.functions import Call
from chargeback.sandbox.makers import DEFAULT_NOW
from chargeback.sandbox.scenario import Setup
from tests.kit.workplace import Workplace, closing, codes, messages

NOVEMBER = "2026-11-03T03:00:00Z"


@pytest.fixture
def years(tmp_path: Path) -> Iterator[Workplace]:
    """Two years of months, of a platform whose days have no year."""
    now = instant(NOVEMBER)
    world = small_world(now=now, months=20)
    with closing(tmp_path, prepared("clean", kind="C", world=world, now=now)) as place:
        yield place


def test_another_years_october_is_not_divided_by_this_ones_usage(years: Workplace) -> None:
    """Labels "Oct 01" and the range prev_month: the platform answers with October 2026 whatever is asked."""
    result = years.close("2025-10")
    assert "report-period" in codes(result)
    assert {account.report_total for account in (result.books.accounts if result.books else ())} == {None}


def test_a_month_that_was_booked_right_keeps_its_report_a_year_later(years: Workplace) -> None:
    first = years.close("2025-10", at="2025-11-25T03:00:00Z")
    assert (first.exit, first.written) == (0, True)
    again = years.close("2025-10", at=NOVEMBER)
    assert (again.exit, again.is_new, again.written) == (0, False, False)


@pytest.mark.parametrize("period", ["2024-02", "2025-02"])
def test_a_month_mistyped_by_a_year_is_refused_and_never_archived(years: Workplace, period: str) -> None:
    """The first month that anybody was billed for is March 2025."""
    result = years.close(period)
    assert (result.exit, years.revisions()) == (2, [])
    assert "lies before 2025-03, the first month that any account was billed for" in messages(result)[0]
    assert years.close(period, dry_run=True).exit == 2


def test_an_old_invoice_of_a_status_of_its_own_holds_up_no_other_month(tmp_path: Path) -> None:
    with closing(tmp_path, prepared("unknown-status-before", kind="D")) as place:
        may = place.close()
        assert (may.exit, place.revisions()) == (0, ["2026-05/r1"])
        notices = [check for check in (may.books.checks if may.books else ()) if check.code is Code.PRIOR_PERIODS]
        told = [check for check in notices if check.outcome is Outcome.NOTICE]
        assert len(told) == 1 and "disputed" in told[0].message and told[0].invoice in told[0].message
        april = place.close("2026-04")
        assert (april.exit, place.revisions()) == (6, ["2026-05/r1"])
        assert '"disputed" is not known' in messages(april)[0]


def test_the_refused_list_of_an_account_billed_before_needs_a_person(tmp_path: Path) -> None:
    """Neither list nor report: the archive alone knows that an invoice was to be expected."""
    with closing(tmp_path, prepared("inactive-account")) as place:
        assert place.close(at="2026-05-20T03:00:00Z").exit == 0
        result = place.close(at="2026-06-20T03:00:00Z")
        assert (result.exit, codes(result)) == (3, {"invoice-issued"})


def test_unreadable_labels_show_no_day_so_the_range_proves_the_month(tmp_path: Path) -> None:
    with closing(tmp_path, prepared("days-unreadable", kind="C")) as place:
        result = place.close()
        assert result.exit == 0 and result.books is not None
        proofs = [check.message for check in result.books.checks if check.code is Code.REPORT_PERIOD]
        assert proofs and all('its range "prev_month" names 2026-05' in proof for proof in proofs)


@pytest.mark.parametrize("currency", ["=1+1", "THB\n", "JPY\n", "'THB", "+THB", "\u200b=THB"])
def test_a_currency_that_is_written_otherwise_than_it_came_is_an_exception_and_verifies(
    tmp_path: Path, currency: str
) -> None:
    """The manifest has it as it came, the ledgers guarded: 0.2.0 compared the two, and found damage for ever."""

    def told(call: Call, result: Any) -> Any:
        rows = result["items"] if call.function == "billing.listInvoices" else [result]
        if call.function in ("billing.listInvoices", "billing.getInvoice"):
            for row in rows:
                row["currency"] = currency
        return result

    world = small_world(spelling="numbers")
    setup = Setup(world, "D", DEFAULT_NOW, newest_closed(DEFAULT_NOW, world.zone)).answering(told)
    with closing(tmp_path, platform_of(setup)) as place:
        result = place.close()
        assert (result.exit, "currency" in codes(result)) == (3, True)
        found = verify(tmp_path / "archive", VerifyRequest())
        assert found.exit == 0, found
        assert read_rows(place.latest("2026-05"))
