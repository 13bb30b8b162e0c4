"""Months pass: what is shown at an instant follows from world and instant, forwards and backwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from chargeback.sandbox import DEFAULT_NOW, Clock, Month, Platform, eventful_year, instant, small_world
from chargeback.sandbox.timeline import credit_note, issued, paying, voiding, withholding
from chargeback.sandbox.world import Absent, Away, DocumentsAway, Inactive, World

from .conftest import Caller, report_request

Serving = Callable[..., Caller]
MAY = Month(2026, 5)


def statuses(platform: Platform, account: str, month: str, moment: str) -> list[str]:
    return [status for _, status in platform.world.invoices_at(account, month, instant(moment))]


def test_an_invoice_lives_through_its_states() -> None:
    world = small_world().changed(
        issued("1045", MAY, instant("2026-09-12T00:00:00Z")),
        paying("1045", MAY, instant("2026-09-20T00:00:00Z")),
        voiding("1042", MAY, instant("2026-07-01T00:00:00Z"), instant("2026-07-03T00:00:00Z")),
        withholding("1043", MAY, instant("2026-12-01T00:00:00Z")),
        credit_note("1044", MAY, instant("2026-08-01T00:00:00Z"), 10_000),
    )
    platform = Platform(world)
    assert statuses(platform, "1045", "2026-05", "2026-09-11T00:00:00Z") == ["void", "draft"]
    assert statuses(platform, "1045", "2026-05", "2026-09-12T00:00:00Z") == ["void", "open"]
    assert statuses(platform, "1045", "2026-05", "2026-09-20T00:00:00Z") == ["void", "paid"]
    assert statuses(platform, "1042", "2026-05", "2026-06-30T00:00:00Z") == ["open"]
    assert statuses(platform, "1042", "2026-05", "2026-07-02T00:00:00Z") == ["void"]
    assert statuses(platform, "1042", "2026-05", "2026-07-03T00:00:00Z") == ["void", "open"]
    before, after = (instant(text) for text in ("2026-11-30T00:00:00Z", "2026-12-01T00:00:00Z"))
    assert world.control_totals("1043", MAY, before).withholding == 0
    assert world.control_totals("1043", MAY, after).withholding > 0
    paid_in_parts = small_world().control_totals("1044", MAY)
    assert world.control_totals("1044", MAY).total == paid_in_parts.total - 10_000


def test_a_credit_note_is_negative_and_right_over_http(serving: Serving) -> None:
    call = serving(Platform(small_world().changed(credit_note("1045", MAY, DEFAULT_NOW, 10_700))))
    invoice = call("billing.listInvoices", call.both("1045")).result["items"][-1]
    assert (invoice["subtotal"], invoice["taxAmount"], invoice["total"]) == (-100, -7, -107)
    assert call("billing.getInvoice", call.both(invoice["id"])).result["lineItems"][0]["amount"] == -107


def test_the_clock_moves_answers_and_the_date(serving: Serving) -> None:
    call = serving(Platform(small_world()))
    may = call("billing.report", report_request("1042", "C"))
    assert may.headers["date"] == "Fri, 05 Jun 2026 02:00:00 GMT"
    call.server.clock.set("2026-07-05T02:00:00Z")
    june = call("billing.report", report_request("1042", "C"))
    assert june.headers["date"] == "Sun, 05 Jul 2026 02:00:00 GMT"
    assert june.result["chart"]["categories"][0] == "Jun 01"
    assert len(call("billing.listInvoices", call.both("1042")).result["items"]) == 7
    call.server.clock.set("2026-06-05T02:00:00Z")
    assert call("billing.report", report_request("1042", "C")).body == may.body


def test_months_turn_at_midnight_of_the_zone(serving: Serving) -> None:
    call = serving(Platform(small_world(), clock=Clock("2026-06-30T16:59:59Z")))
    assert call("billing.report", report_request("1042", "C")).result["chart"]["categories"][0] == "May 01"
    call.server.clock.advance(seconds=1)
    assert call("billing.report", report_request("1042", "C")).result["chart"]["categories"][0] == "Jun 01"


def test_a_year_passes_and_every_month_is_billed(serving: Serving) -> None:
    world = small_world()
    call = serving(Platform(world))
    for number in range(12):
        month = MAY.plus(number)
        call.server.clock.set(month.end(world.zone) + timedelta(days=5))
        items = call("billing.listInvoices", call.both("1042")).result["items"]
        ((invoice, _),) = world.final_invoices("1042", month)
        assert items[-1]["number"] == invoice.number
        assert items[-1]["total"] == invoice.total / 100


def test_accounts_come_and_go_and_come_back(serving: Serving) -> None:
    start, end = DEFAULT_NOW + timedelta(days=1), DEFAULT_NOW + timedelta(days=2)
    call = serving(Platform(_with(Absent(start, end, account="1043", message="api: forbidden"))))

    def listed() -> bool:
        return "1043" in [item["id"] for item in call("billing.list").result["items"]]

    assert listed()
    call.server.clock.set(start)
    assert not listed()
    assert call("billing.report", report_request("1043", "C")).message == "api: forbidden"
    call.server.clock.set(end)
    assert listed()


def test_an_inactive_account_is_refused(serving: Serving) -> None:
    call = serving(Platform(_with(Inactive(DEFAULT_NOW, account="1043", invoices_refused=False))))
    assert [item["active"] for item in call("billing.list").result["items"]] == [True, False, True, True]
    assert "not active" in call("billing.report", report_request("1043", "C")).message
    assert call("billing.listInvoices", call.both("1043")).result["items"]
    call = serving(Platform(_with(Inactive(DEFAULT_NOW, account="1043"))))
    assert "not active" in call("billing.listInvoices", call.both("1043")).message


def test_the_platform_is_away_and_returns(serving: Serving) -> None:
    call = serving(Platform(_with(Away(DEFAULT_NOW, DEFAULT_NOW + timedelta(hours=1), status=502))))
    assert call("billing.list").status == 502
    call.server.clock.advance(hours=1)
    assert call("billing.list").status == 200


def test_documents_flap(serving: Serving) -> None:
    message = "api: could not generate the invoice pdf, please try again"
    call = serving(Platform(_with(DocumentsAway(DEFAULT_NOW, DEFAULT_NOW + timedelta(hours=1), message=message))))
    invoice = call.both("19452800000")
    assert call("billing.downloadInvoice", invoice).message == message
    call.server.clock.advance(hours=1)
    assert call("billing.downloadInvoice", invoice).result


def _with(event: Absent | Inactive | Away | DocumentsAway) -> World:
    return small_world().happening(event)


def test_an_eventful_year() -> None:
    world = eventful_year(small_world(), Month(2026, 5))

    def on(month: int, days: float, account: str, billed: int) -> list[str]:
        moment = MAY.plus(month).end(world.zone) + timedelta(days=days)
        return [status for _, status in world.invoices_at(account, MAY.plus(billed), moment)]

    assert on(1, 19, "1045", 1) == ["open"]
    assert on(1, 21, "1045", 1) == ["void"]
    assert on(1, 26, "1045", 1) == ["void", "open"]
    assert on(2, 11, "1043", 2) == ["draft"]
    assert on(2, 12, "1043", 2) == ["open"]
    assert on(5, 4, "1042", 5) == ["paid", "open"]
    assert on(9, 1, "1045", 6) == ["void", "draft"]
    assert on(9, 4, "1044", 7) == ["paid", "paid", "open"]
    platform = Platform(world)
    for month, days, seen in ((3, 2, False), (3, 5, True)):
        platform.clock.set(MAY.plus(month).end(world.zone) + timedelta(days=days))
        if seen:
            assert platform.call("billing.list")["ok"]
    for month, days, accounts in ((4, 5, 3), (4, 41, 4), (10, 5, 4)):
        platform.clock.set(MAY.plus(month).end(world.zone) + timedelta(days=days))
        assert len(platform.call("billing.list")["result"]["items"]) == accounts


def test_state_is_a_function_of_the_instant() -> None:
    platform = Platform(small_world())
    first = platform.state(DEFAULT_NOW)
    platform.state(DEFAULT_NOW + timedelta(days=400))
    assert platform.state(DEFAULT_NOW) == first
    assert set(first) == {"1042", "1043", "1044", "1045"}


def test_a_clock_stands_or_ticks() -> None:
    standing = Clock("2026-06-05T02:00:00Z")
    assert standing.now == standing.now == DEFAULT_NOW
    ticking = Clock(DEFAULT_NOW, ticking=True)
    assert DEFAULT_NOW <= ticking.now < ticking.now + timedelta(seconds=1)
    with pytest.raises(ValueError, match="time zone"):
        standing.set(DEFAULT_NOW.replace(tzinfo=None))
