"""Right days, once, in one currency: cut-off, duplicates, currency."""

from __future__ import annotations

from typing import Any

import pytest

from chargeback.model.check import Check
from tests.small_months import END, MIDDLE, START, account, checks, invoice, month, of, report

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
    ("", "", ["no usable period"]),
    (END, START, ["no usable period"]),
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


@pytest.mark.parametrize(("days", "gaps"), [
    ({"2026-05-10": 1}, []),
    ({"2026-05-10": 1, "2026-05-20": 0}, []),
    ({"2026-05-10": 1, "2026-05-20": 2}, ["2026-05-20"]),
    ({"2026-05-10": 1, "2026-05-20": 2, "2026-05-21": 1, "2026-05-31": 1}, ["2026-05-20 to 2026-05-21", "2026-05-31"]),
])  # fmt: skip
def test_days_for_which_the_chart_shows_no_cost_are_no_gap(days: dict[str, int], gaps: list[str]) -> None:
    exceptions = [check for check in found("invoice-cutoff", FIRST, days=days) if check.outcome == "exception"]
    assert [check.subject_name for check in exceptions] == gaps


def test_a_day_that_is_covered_in_part_is_a_gap() -> None:
    half = invoice("A", of("acme-web", 5), periodEnd="2026-05-31T16:59:59Z")
    assert told("invoice-cutoff", half, day=None) == [
        "no issued invoice covers 2026-05-31: ask for the missing invoice"
    ]


def test_an_invoice_of_another_month_that_reaches_in_covers_its_days() -> None:
    april = invoice("B", of("acme-web", 5), periodStart=APRIL_START, periodEnd="2026-05-03T17:00:00Z")
    late = invoice("A", of("acme-web", 5), periodStart="2026-05-03T17:00:00Z")
    assert told("invoice-cutoff", late, april, day=None) == []
    assert len(told("invoice-cutoff", late, {**april, "status": "void"}, day=None)) == 1


@pytest.mark.parametrize("bounds", [("", ""), (END, START)])
def test_no_month_is_called_covered_where_an_invoice_does_not_say_which_days_it_is_for(bounds: tuple[str, str]) -> None:
    without = invoice("B", of("acme-data", 5), periodStart=bounds[0], periodEnd=bounds[1])
    results = [(check.invoice, check.outcome.value, check.message) for check in found("invoice-cutoff", FIRST, without)]
    why = "not performed: an invoice states no usable period, so a gap cannot show"
    assert ("", "notice", why) in results
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
