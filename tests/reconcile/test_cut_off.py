"""Right days, once, in one currency: cut-off, duplicates, currency."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.model.check import Check
from chargeback.reconcile.cut_off import _are_covered
from tests.kit.months import END, MIDDLE, START, account, checks, invoice, month, of, report

FIRST = invoice("A", of("acme-web", 5), periodEnd=MIDDLE)
SECOND = invoice("B", of("acme-data", 5), periodStart=MIDDLE)
APRIL_START, JUNE = "2026-03-31T17:00:00Z", "2026-06-01T17:00:00Z"


def found(code: str, *invoices: dict[str, Any], **given: Any) -> list[Check]:
    days = given.pop("days", None)
    shown = report(("acme-web", "CPU", 1, 1), **given)
    if days:
        shown["chart"] = {"categories": list(days), "series": [{"name": "a", "data": list(days.values())}]}
    return checks(month(account(*invoices, report=shown)).books(), code)


def told(code: str, *invoices: dict[str, Any], **given: Any) -> list[str]:
    return [check.message for check in found(code, *invoices, **given) if check.outcome == "exception"]


@pytest.mark.parametrize(("start", "end", "expected"), [
    (START, END, []),
    ("2026-04-30T16:59:59Z", END, ["reaches outside 2026-05"]),
    (START, "2026-05-31T17:00:01Z", ["reaches outside 2026-05"]),
    (START, "2026-05-31T17:00:00.000001Z", ["reaches outside 2026-05"]),
    ("2026-05-01T00:00:00+07:00", "2026-06-01T00:00:00+07:00", []),
    ("", "", ["no issued invoice covers 2026-05-01 to 2026-05-31", "no usable period"]),
    (END, START, ["no issued invoice covers 2026-05-01 to 2026-05-31", "no usable period"]),
])  # fmt: skip
def test_an_invoice_lies_within_its_month(start: str, end: str, expected: list[str]) -> None:
    messages = told("invoice-cutoff", invoice("I", of("acme-web", 1), periodStart=start, periodEnd=end))
    assert len(messages) == len(expected)
    assert all(part in message for part, message in zip(expected, messages, strict=True))


def test_parts_that_follow_each_other_cover_the_month() -> None:
    assert [check.outcome.value for check in found("invoice-cutoff", FIRST, SECOND)] == ["pass"] * 3


def test_a_part_that_is_missing_is_a_gap() -> None:
    assert told("invoice-cutoff", FIRST, day=None) == [
        "no issued invoice covers 2026-05-16 to 2026-05-31: ask for the missing invoice"
    ]


IDLE = {f"2026-05-{day:02}": 0 for day in range(16, 32)}


@pytest.mark.parametrize(("days", "gaps"), [
    (IDLE, []),
    ({"2026-05-10": 1, **IDLE}, []),
    ({"2026-05-10": 1}, [("2026-05-16 to 2026-05-31", 0)]),
    ({**IDLE, "2026-05-20": 2}, [("2026-05-20", 2)]),
    ({**IDLE, "2026-05-20": 2, "2026-05-21": 1, "2026-05-31": 1}, [("2026-05-20 to 2026-05-21", 3), ("2026-05-31", 1)]),
    ({day: 0 for day in IDLE if day != "2026-05-31"}, [("2026-05-31", 0)]),
])  # fmt: skip
def test_days_that_the_chart_names_and_shows_no_cost_for_are_no_gap(
    days: dict[str, int], gaps: list[tuple[str, int]]
) -> None:
    exceptions = [check for check in found("invoice-cutoff", FIRST, days=days) if check.outcome == "exception"]
    assert [(check.subject_name, check.variance) for check in exceptions] == gaps


@pytest.mark.parametrize("missing", [[], [None], [None, None]])
@pytest.mark.parametrize("is_said", [True, False])
def test_a_day_that_is_named_and_that_no_series_has_a_point_for_is_not_shown_to_be_idle(
    missing: list[None], is_said: bool
) -> None:
    """The points are cut off behind the labels: nothing says that these days cost nothing."""
    shown = report(("acme-web", "CPU", 1, 5))
    cut = [*[0] * 14, *missing]
    series = [{"name": "a", "data": cut}, {"name": "b", "data": [0] * 16 if is_said else []}]
    shown["chart"] = {"categories": list(IDLE), "series": series}
    result = checks(month(account(FIRST, report=shown)).books(), "invoice-cutoff")
    gaps = [check.subject_name for check in result if check.outcome == "exception"]
    assert gaps == ([] if is_said else ["2026-05-30 to 2026-05-31"])


def test_a_day_on_which_costs_cancel_out_has_cost() -> None:
    shown = report(("acme-web", "CPU", 1, 5))
    series = [
        {"name": name, "data": [value if day == 4 else 0 for day in range(16)]} for name, value in (("a", 7), ("b", -7))
    ]
    shown["chart"] = {"categories": list(IDLE), "series": series}
    result = checks(month(account(FIRST, report=shown)).books(), "invoice-cutoff")
    assert [check.subject_name for check in result if check.outcome == "exception"] == ["2026-05-20"]


def test_report_and_only_invoice_that_both_stop_on_the_tenth_are_a_gap() -> None:
    short = invoice("A", of("acme-web", 5), periodEnd="2026-05-10T17:00:00Z")
    days = {f"2026-05-{day:02}": 1 for day in range(1, 11)}
    assert told("invoice-cutoff", short, days=days) == [
        "no issued invoice covers 2026-05-11 to 2026-05-31: ask for the missing invoice"
    ]


def test_a_gap_without_a_proved_report_leaves_all_that_is_booked_untied() -> None:
    result = checks(month(account(FIRST, report="api: internal error")).books(), "invoice-cutoff")
    assert [
        (check.subject_name, check.variance, check.currency) for check in result if check.outcome == "exception"
    ] == [("2026-05-16 to 2026-05-31", 5, "THB")]


def test_a_credit_note_covers_nothing() -> None:
    credit = invoice("C", of("acme-web", -1), periodStart=MIDDLE)
    assert told("invoice-cutoff", FIRST, credit, day=None) == [
        "no issued invoice covers 2026-05-16 to 2026-05-31: ask for the missing invoice"
    ]


def test_days_before_the_account_was_ever_billed_are_no_gap_be_the_first_one_only_a_part() -> None:
    late = invoice("A", of("acme-web", 5), periodStart="2026-05-10T03:00:00Z")
    assert told("invoice-cutoff", late, day=None) == []
    earlier = invoice("Z", of("acme-web", 5), periodStart=APRIL_START, periodEnd=START)
    assert told("invoice-cutoff", late, earlier, day=None) == [
        "no issued invoice covers 2026-05-01 to 2026-05-10: ask for the missing invoice"
    ]
    void, credit = (
        {**earlier, "status": "void"},
        invoice("Z", of("acme-web", -5), periodStart=APRIL_START, periodEnd=START),
    )
    assert told("invoice-cutoff", late, void, day=None) == told("invoice-cutoff", late, credit, day=None) == []


def test_what_an_invoice_out_of_its_month_leaves_untied_is_its_listed_total() -> None:
    late = invoice("A", of("acme-web", 5), periodEnd=JUNE, row={"total": 7})
    (check,) = [check for check in found("invoice-cutoff", late) if check.outcome == "exception"]
    assert (check.invoice, check.variance, check.currency) == ("A", 7, "THB")
    (check,) = [check for check in found("invoice-identity", late) if check.outcome == "exception"]
    assert (check.invoice, check.variance, check.currency) == ("A", 7, "THB")


def test_a_day_that_is_covered_in_part_is_a_gap() -> None:
    half = invoice("A", of("acme-web", 5), periodEnd="2026-05-31T16:59:59Z")
    assert told("invoice-cutoff", half, day=None) == [
        "no issued invoice covers 2026-05-31: ask for the missing invoice"
    ]


def test_an_invoice_of_another_month_that_reaches_in_covers_its_days() -> None:
    april = invoice("B", of("acme-web", 5), periodStart=APRIL_START, periodEnd="2026-05-03T17:00:00Z")
    late = invoice("A", of("acme-web", 5), periodStart="2026-05-03T17:00:00Z")
    assert told("invoice-cutoff", late, april, day=None) == []
    march = invoice("Z", of("acme-web", 5), periodStart="2026-02-28T17:00:00Z", periodEnd=APRIL_START)
    assert len(told("invoice-cutoff", late, march, {**april, "status": "void"}, day=None)) == 1


@pytest.mark.parametrize("bounds", [("", ""), (END, START)])
def test_no_month_is_called_covered_where_an_invoice_does_not_say_which_days_it_is_for(bounds: tuple[str, str]) -> None:
    without = invoice("B", of("acme-data", 5), periodStart=bounds[0], periodEnd=bounds[1])
    results = [(check.invoice, check.outcome.value, check.message) for check in found("invoice-cutoff", FIRST, without)]
    why = "no issued invoice covers 2026-05-16 to 2026-05-31: ask for the missing invoice"
    assert ("", "exception", why) in results
    assert not [message for _, outcome, message in results if outcome == "pass" and "without gap" in message]


def test_two_invoices_for_the_same_days_overlap() -> None:
    early = invoice("B", of("acme-data", 5), periodStart="2026-05-14T17:00:00Z")
    assert told("invoice-cutoff", FIRST, early) == ["A and B cover the same days, from 2026-05-15T00:00+07:00"]


def test_a_credit_note_overlaps_nothing() -> None:
    assert told("invoice-cutoff", invoice("A", of("acme-web", 5)), invoice("B", of("acme-web", -1))) == []


def test_a_void_invoice_covers_nothing_and_overlaps_nothing() -> None:
    assert told("invoice-cutoff", invoice("A", of("acme-web", 5)), invoice("V", of("acme-web", 5), status="void")) == []


@pytest.mark.parametrize(("invoices", "messages"), [
    ([invoice("A", of("acme-web", 5)), invoice("B", of("acme-web", 5))], ["acme-web is billed in A and in B"]),
    ([invoice("A", of("acme-web", 5)), invoice("B", of("acme-data", 5))], []),
    ([invoice("A", of("acme-web", 5)), invoice("B", of("acme-web", -5))], []),
    ([invoice("A", of("acme-web", 5)), invoice("B", of("acme-web", 0))], []),
    ([FIRST, {**SECOND, "lineItems": [of("acme-web", 5)]}], []),
    ([FIRST, {**SECOND, "number": "A"}], ["2 issued invoices have the number A"]),
    ([invoice("", of("acme-web", 5)), {**invoice("", of("acme-data", 5)), "id": "b"}], []),
])  # fmt: skip
def test_a_number_or_a_project_billed_twice_is_a_duplicate(invoices: list[dict[str, Any]], messages: list[str]) -> None:
    result = told("invoice-duplicate", *invoices)
    assert len(result) == len(messages)
    assert all(message.startswith(start) for message, start in zip(result, messages, strict=True))
    if not messages:
        assert [check.outcome.value for check in found("invoice-duplicate", *invoices)] == ["pass"]


def test_a_number_of_another_month_counts_and_a_void_ones_does_not() -> None:
    april = {**invoice("A", of("acme-web", 5), periodStart=APRIL_START, periodEnd=START), "id": "old"}
    assert len(told("invoice-duplicate", invoice("A", of("acme-web", 5)), april)) == 1
    assert told("invoice-duplicate", invoice("A", of("acme-web", 5)), {**april, "status": "void"}) == []


def test_an_invoice_that_is_listed_twice_is_told_and_booked_once() -> None:
    one = invoice("A", of("acme-web", 5))
    row = {name: value for name, value in one.items() if name not in ("lineItems", "_row", "taxRate")}
    books = month(account(one, report=report(("acme-web", "CPU", 1, 5)), more_rows=[row])).books()
    assert [check.message for check in checks(books, "invoice-duplicate")] == [
        "A is listed more than once: it is booked once"
    ]
    assert sum(line.gross for line in books.ledger.lines) == 500


@pytest.mark.parametrize(("currencies", "outcomes"), [
    (["THB", "THB"], [("", "pass")]),
    (["JPY", "THB"], [("", "exception")]),
    (["XQZ", "XQZ"], [("XQZ", "exception")]),
    (["XAU", "THB"], [("", "exception"), ("XAU", "exception")]),
    (["thb", "thb"], [("thb", "exception")]),
])  # fmt: skip
def test_an_account_has_one_currency_that_iso_4217_knows(
    currencies: list[str], outcomes: list[tuple[str, str]]
) -> None:
    invoices = [{**FIRST, "currency": currencies[0]}, {**SECOND, "currency": currencies[1]}]
    assert [(check.subject_name, check.outcome.value) for check in found("currency", *invoices)] == outcomes


def test_nothing_is_said_of_an_account_without_invoices() -> None:
    books = month(account(report=report())).books()
    assert not checks(books, "invoice-cutoff") + checks(books, "invoice-duplicate") + checks(books, "currency")


@given(st.lists(st.tuples(st.integers(-30, 150), st.integers(1, 100)), max_size=6))
def test_days_are_covered_together_where_each_is(periods: list[tuple[int, int]]) -> None:
    midnight = datetime(2026, 4, 30, 17, tzinfo=UTC)
    bounds = sorted((midnight + timedelta(hours=since), midnight + timedelta(hours=since + long))
                    for since, long in periods)  # fmt: skip
    days, bangkok = [date(2026, 5, day) for day in range(1, 6)], ZoneInfo("Asia/Bangkok")
    together = _are_covered(days[0], days[-1], bounds, bangkok)
    assert together == all(_are_covered(day, day, bounds, bangkok) for day in days)
