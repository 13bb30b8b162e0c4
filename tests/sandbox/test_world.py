"""Bills are right to the minor unit, and tie out to the report, by arithmetic that is not the sandbox's own."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import pytest

from chargeback.sandbox import DEFAULT_NOW, Month, instant, rfc3339, scale_world, small_world
from chargeback.sandbox.records import Account, Invoice
from tests.kit.some import some

MONTHS = ("2025-12", "2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06", "2027-02")
DIGITS = {"THB": 2, "JPY": 0, "KWD": 3}


def rounded(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def every_invoice(seed: int) -> list[tuple[Account, str, Invoice, str]]:
    world = small_world(seed, currencies=True)
    return [
        (account, month, invoice, status)
        for account in world.accounts
        for month in MONTHS
        for invoice, status in world.final_invoices(account.id, month)
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_headers_add_up_and_lines_foot(seed: int) -> None:
    for account, _, invoice, _ in some(every_invoice(seed)):
        rate = Decimal(account.tax_percent) / 100
        assert invoice.subtotal + invoice.tax == invoice.total
        if invoice.lines[0].sku:
            assert sum(line.amount for line in invoice.lines) == invoice.subtotal
            assert invoice.tax == rounded(invoice.subtotal * rate)
            for line in some(invoice.lines):
                assert line.amount == rounded(Decimal(line.quantity * line.price) / 100)
        else:
            assert sum(line.amount for line in invoice.lines) == invoice.total
            assert invoice.subtotal == rounded(invoice.total / (1 + rate))
        assert invoice.withholding == rounded(Decimal(invoice.subtotal * account.withholding_percent) / 100)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_report_ties_out_to_the_bill_within_rounding(seed: int) -> None:
    world = small_world(seed, currencies=True)
    for account in some(world.accounts):
        scale = 10 ** DIGITS[account.currency]
        for month in MONTHS:
            reported = Decimal(sum(world.report_micros(account.id, month).values())) * scale / 10**6
            billed = world.control_totals(account.id, month)
            invoices = world.final_invoices(account.id, month)
            lines = sum(len(invoice.lines) for invoice, status in invoices if status != "void")
            assert abs(reported - billed.total) <= Decimal(lines) / 2, (account.name, month)


def test_every_project_ties_out_to_its_line() -> None:
    world = small_world()
    account = world.accounts[0]
    ((invoice, _),) = world.final_invoices(account.id, "2026-05")
    report = world.report_micros(account.id, "2026-05")
    for line in some(invoice.lines):
        micros = sum(value for (sid, _), value in report.items() if sid == line.project)
        assert line.amount == rounded(Decimal(micros) / 10_000)


def test_same_seed_same_world_and_another_seed_another_one() -> None:
    def totals(seed: int) -> list[int]:
        world = small_world(seed)
        return [world.control_totals(account.id, month).total for account in world.accounts for month in MONTHS]

    assert totals(1) == totals(1)
    assert totals(1) != totals(2)


def test_ids_and_numbers_are_unique() -> None:
    invoices = [invoice for _, _, invoice, _ in every_invoice(1)]
    for texts in ([invoice.id for invoice in invoices], [invoice.number for invoice in invoices]):
        assert len(set(texts)) == len(texts)
    receipts = [invoice.receipt_number for invoice in invoices]
    assert len(set(receipts)) == len(receipts)


@pytest.mark.parametrize("spelling", ["numbers", "prefixed"])
def test_an_invoice_is_found_by_its_id(spelling: str) -> None:
    world = small_world(spelling=spelling)  # type: ignore[arg-type]
    for account in some(world.accounts):
        for invoice, _ in world.final_invoices(account.id, "2026-05"):
            assert world.invoice(invoice.id) is invoice
    assert [world.invoice(text) for text in ("", "1", "inv_1", "9" * 40, "١٢٣")] == [None] * 5


def test_periods_are_instants_of_the_zone() -> None:
    bangkok = small_world().final_invoices("1042", "2026-05")[0][0]
    assert rfc3339(bangkok.start) == "2026-04-30T17:00:00Z"
    assert rfc3339(bangkok.end) == "2026-05-31T17:00:00Z"
    berlin = small_world(zone=ZoneInfo("Europe/Berlin")).final_invoices("1042", "2026-03")[0][0]
    assert (rfc3339(berlin.start), rfc3339(berlin.end)) == ("2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z")


def test_small_world_has_each_way_of_being_billed() -> None:
    statuses = {status for _, month, _, status in every_invoice(1) if month == "2026-05"}
    assert statuses == {"paid", "open", "void"}
    world = small_world()
    shapes = {bool(world.final_invoices("1043", month)[0][0].lines[0].sku) for month in ("2026-05", "2026-06")}
    assert shapes == {True, False}
    assert len(world.final_invoices("1044", "2026-05")) == 2


@pytest.mark.parametrize("hours", [0, 1, 30, 100, 700])
def test_the_newest_closed_month_is_billed_however_early_it_is_asked(hours: int) -> None:
    now = Month(2026, 5).end(ZoneInfo("Asia/Bangkok")) + timedelta(hours=hours)
    for world in (small_world(now=now), scale_world(4, 2, 1, now=now)):
        for account in some(world.accounts):
            assert world.control_totals(account.id, "2026-05", now).total > 0
        assert world.control_totals(world.accounts[0].id, "2026-05", now).withholding > 0


def test_scale_world_has_the_size_asked_for() -> None:
    world = scale_world(20, 7, 3, months=2)
    assert (len(world.accounts), len(world.projects)) == (20, 140)
    last = world.accounts[-1].id
    for month in ("2026-04", "2026-05"):
        assert len(world.report_micros(last, month)) == 21
        assert len(world.final_invoices(last, month)) == 1
    assert world.final_invoices(last, "2026-03") == world.final_invoices(last, "2026-06") == []


def test_books_that_were_dropped_are_made_again_alike() -> None:
    world = scale_world(500, 2, 1)
    first = world.report_micros(world.accounts[0].id, "2026-05")
    for account in some(world.accounts):
        world.books(account.id, Month(2026, 5))
    assert world.report_micros(world.accounts[0].id, "2026-05") == first


def test_month_is_a_calendar_month() -> None:
    assert Month.parse("2026-12").plus(1) == Month(2027, 1)
    assert str(Month(2026, 1).plus(-1)) == "2025-12"
    with pytest.raises(ValueError):
        Month.parse("2026-13")
    with pytest.raises(ValueError, match="offset"):
        instant("2026-05-01T00:00:00")


def test_world_is_not_changed_by_its_variants() -> None:
    world = small_world()
    other = replace(world, drafts_shown=True)
    assert not world.drafts_shown
    assert other.final_invoices("1042", "2026-05") == world.final_invoices("1042", "2026-05")
    assert isinstance(DEFAULT_NOW, datetime)


@pytest.mark.parametrize("minutes", [10, 110, 60 * 24])
def test_an_invoice_of_the_newest_month_is_replaced_by_now_also_on_its_first_day(minutes: int) -> None:
    now = instant("2026-11-30T17:00:00Z") + timedelta(minutes=minutes)
    (void, _), (other, _) = small_world(now=now).invoices_at("1045", "2026-11", now)
    assert (void.status(now), other.status(now)) == ("void", "open")
