"""Months that once ended reconciled though something material was missing, and right ones that did not, by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest

from .answers import DIGITS, INACTIVE, Month, document_text, unit_of
from .by_hand import account, archived, day, invoice, month, of, old, report, sku
from .changes import ACCEPTED
from .judging import Verdict, closed

MAY = [f"2026-05-{number:02}" for number in range(1, 32)]


def assert_told(month: Month, code: str, *texts: str) -> Verdict:
    """The month ends with 3, and an exception of that code holds all these texts."""
    verdict = closed(month)
    assert verdict.exit == 3, str(verdict)
    assert any(each.code == code and all(text in each.text for text in texts) for each in verdict.named), str(verdict)
    return verdict


def assert_right(month: Month) -> Verdict:
    """The month ends with 0."""
    verdict = closed(month)
    assert verdict.exit == 0, str(verdict)
    return verdict


RIGHT = (of("web", 900), of("shop", 100))
REPORT = report(("web", "CPU", 900), ("shop", "CPU", 100))


def test_the_month_that_all_these_are_made_from_is_right() -> None:
    assert_right(month(account(invoice("INV-1", *RIGHT), report=REPORT, rows=[old("INV-0", "500")])))


# --- another year's report -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("echoed", ["prev_month", ""])
def test_labels_without_a_year_prove_the_latest_such_month_and_no_year_that_was_asked_for(echoed: str) -> None:
    october = [f"Oct {number:02}" for number in range(1, 32)]
    of_2026 = report(("web", "CPU", 100), ("shop", "CPU", 900), days=october, range=echoed)
    booked = invoice("INV-1", *RIGHT, period="2025-10")
    asked = month(account(booked, report=of_2026), period="2025-10", run_at=datetime(2026, 11, 5, 3, tzinfo=UTC))
    assert_told(asked, "report-period")
    in_time = month(account(booked, report=of_2026 | {"list": REPORT["list"]}), period="2025-10")
    in_time.run_at = datetime(2025, 11, 5, 3, tzinfo=UTC)
    assert_right(in_time)


# --- the constructed months with a material gap ----------------------------------------------------------------------


def test_report_and_only_invoice_that_both_stop_on_the_10th_leave_a_gap() -> None:
    short = report(("web", "CPU", 900), ("shop", "CPU", 100), days=MAY[:10])
    assert_told(month(account(invoice("INV-1", *RIGHT, end=11), report=short)), "invoice-cutoff", "2026-05-11")


@pytest.mark.parametrize("amount", ["0.00", "0.50"])
def test_a_tiny_invoice_by_sku_does_not_switch_the_tie_out_by_project_off(amount: str) -> None:
    tiny = invoice("INV-2", sku("CPU", amount), end=2, taxRate=0)
    swapped = report(("web", "CPU", 100), ("shop", "CPU", 900))
    whole = invoice("INV-1", *RIGHT, first=2)
    assert_told(month(account(whole, tiny, report=swapped)), "report-project", "web")


def test_a_description_that_names_another_resource_joins_nothing() -> None:
    """856.00 belong to the other resource's user."""
    lines = (sku("cpu", 900, description="Memory"), sku("memory", 100))
    swapped = report(("web", "CPU", 107), ("shop", "Memory", 963))
    assert_told(month(account(invoice("INV-1", *lines), report=swapped)), "report-resource", "CPU")


def test_a_tax_of_nine_tenths_without_a_rate_is_told() -> None:
    untaxed = invoice("INV-1", *RIGHT) | {"taxRate": None, "taxAmount": Decimal(900), "subtotal": Decimal(100)}
    assert_told(month(account(untaxed, report=REPORT)), "invoice-tax", "INV-1")


def test_a_document_in_another_currency_than_the_data_is_told() -> None:
    in_dollars = invoice("INV-1", *RIGHT, currency="USD")
    mine = account(in_dollars, report=REPORT)
    mine.documents["inv-1", "invoice"] = document_text(invoice("INV-1", *RIGHT), "invoice")
    assert_told(month(mine), "invoice-pdf", "INV-1")


def test_a_chart_of_many_points_does_not_explain_a_seventh_of_it_by_rounding() -> None:
    """75.00 of 500.00: 500 projects by 31 days, each a half satang off in the same direction."""
    point = Decimal("0.01")
    series = [{"name": f"p{number}", "data": [point] * 31} for number in range(500)]
    off = report(("web", "CPU", 900), ("shop", "CPU", 100))
    chart = {"categories": MAY, "series": series}
    total = sum(point for _ in range(500 * 31)) - 75
    lines = (of("web", total - 40), of("shop", 40))
    off = report(("web", "CPU", str(total - 40)), ("shop", "CPU", 40), chart=chart)
    assert_told(month(account(invoice("INV-1", *lines), report=off)), "report-chart")


@pytest.mark.parametrize("shows_list", [True, False])
def test_an_account_billed_for_the_month_before_and_refused_as_inactive_is_told(shows_list: bool) -> None:
    before = old("INV-0", "500")
    gone = account(report=INACTIVE, rows=[before], archived=archived(before))
    if not shows_list:
        gone.rows = INACTIVE
    other = account(invoice("INV-1", *RIGHT), report=REPORT, id="ba_2", archived=[])
    asked = month(gone, other, known_accounts=("ba_1", "ba_2"))
    assert_told(asked, "invoice-issued")


def test_an_old_month_without_invoice_or_provable_report_between_two_billed_ones_is_told() -> None:
    june = old("INV-2", "700", period="2026-06")
    unproved = report(("web", "CPU", 1), days=["2026-07-01"])
    gap = account(report=unproved, rows=[old("INV-0", "500"), june])
    assert_told(month(gap, run_at=datetime(2026, 8, 5, 3, tzinfo=UTC)), "invoice-issued")


def test_a_credit_note_does_not_cover_days() -> None:
    charge = invoice("INV-1", of("web", 901), of("shop", 100), end=20)
    credit = invoice("INV-2", of("web", -1), first=20)
    shown = report(("web", "CPU", 900), ("shop", "CPU", 100), days=MAY[:19])
    assert_told(month(account(charge, credit, report=shown)), "invoice-cutoff", "2026-05-20")


def test_an_acceptance_of_the_reports_period_needs_a_ceiling() -> None:
    unproved = month(account(invoice("INV-1", *RIGHT), report="api: something went wrong"))
    unproved.more_config = ACCEPTED.format(check="report-period", account="ba_1", up_to="")
    verdict = closed(unproved)
    assert verdict.exit == 2
    assert "up_to" in verdict.named[0].text
    unproved.more_config = ACCEPTED.format(check="report-period", account="ba_1", up_to='up_to = "999.99"\n')
    assert_told(unproved, "report-period")
    unproved.more_config = ACCEPTED.format(check="report-period", account="ba_1", up_to='up_to = "1000.00"\n')
    assert_right(unproved)


# --- right months that were exceptions -------------------------------------------------------------------------------


@pytest.mark.parametrize("currency", ["JPY", "THB", "KWD", "KRW"])
@pytest.mark.parametrize("tax_basis", ["gross", "net"])
@pytest.mark.parametrize("shape", ["sku", "project"])
def test_thirds_at_7_percent_are_right_in_every_currency_without_any_tolerance(
    currency: str, tax_basis: str, shape: str
) -> None:
    """Nets of 333, 333 and 334 minor units: a line with its part of the tax is two rounded amounts."""
    unit = unit_of(currency)
    nets = [333 * unit, 333 * unit, 334 * unit]
    grosses = [net * Decimal("1.07") for net in nets]
    sids, names = ("web", "shop", "data"), ("CPU", "Memory", "Disk")
    if shape == "sku":
        lines = [sku(name, str(net)) for name, net in zip(names, nets, strict=True)]
    else:
        lines = [of(sid, str(gross.quantize(unit, ROUND_HALF_UP))) for sid, gross in zip(sids, grosses, strict=True)]
    values = grosses if tax_basis == "gross" else nets
    rows = [(sid, name, str(value)) for sid, name, value in zip(sids, names, values, strict=True)]
    booked = invoice("INV-1", *lines, currency=currency)
    assert_right(month(account(booked, report=report(*rows)), tax_basis=tax_basis))
    assert DIGITS[currency] == -unit.as_tuple().exponent  # type: ignore[operator]


# --- causes ----------------------------------------------------------------------------------------------------------


def causes(verdict: Verdict, code: str) -> set[str]:
    """The causes that the exceptions of a check state."""
    found = (check for check in verdict.checks if check.code == code and check.outcome == "exception")
    return {str(check.cause) for check in found}


def test_a_credit_note_that_the_report_does_not_show_is_a_credit_and_nothing_counted_twice() -> None:
    credit = invoice("INV-2", of("web", -75))
    verdict = assert_told(month(account(invoice("INV-1", *RIGHT), credit, report=REPORT)), "report-total")
    assert causes(verdict, "report-total") == {"credit"}


def test_what_follows_from_a_missing_part_invoice_follows_its_finding() -> None:
    """Half of every project's cost was billed; the chart says which half was not."""
    sids = ("web", "shop", "data", "core")
    part = invoice("INV-1", *(of(sid, 100) for sid in sids), end=16)
    halves = [Decimal(100), *[Decimal(0)] * 14, Decimal(100), *[Decimal(0)] * 15]
    series = [{"name": sid.title(), "data": halves} for sid in sids]
    shown = report(*((sid, "CPU", 200) for sid in sids), chart={"categories": MAY, "series": series})
    verdict = assert_told(month(account(part, report=shown)), "invoice-cutoff", "2026-05-16")
    assert causes(verdict, "report-total") == {"uncovered-days"}
    assert causes(verdict, "report-project") == {"uncovered-days"}


# --- coverage, as a new account meets it -----------------------------------------------------------------------------


def test_days_before_the_first_that_an_account_was_ever_billed_for_are_no_gap() -> None:
    started = invoice("INV-1", *RIGHT, first=10)
    shown = report(("web", "CPU", 900), ("shop", "CPU", 100), days=MAY[9:])
    assert_right(month(account(started, report=shown)))
    assert_told(month(account(started, report=shown, rows=[old("INV-0", "500")])), "invoice-cutoff", "2026-05-09")


def test_days_without_cost_that_the_chart_names_are_no_gap() -> None:
    assert_right(month(account(invoice("INV-1", *RIGHT, end=11), report=REPORT)))


def test_cost_and_credit_of_one_day_that_cancel_out_are_cost() -> None:
    points = [Decimal(1000), *[Decimal(0)] * 29, Decimal(5)]
    against = [*[Decimal(0)] * 30, Decimal(-5)]
    chart = {"categories": MAY, "series": [{"name": "Web", "data": points}, {"name": "Shop", "data": against}]}
    shown = report(("web", "CPU", 900), ("shop", "CPU", 100), chart=chart)
    assert_told(month(account(invoice("INV-1", *RIGHT, end=31), report=shown)), "invoice-cutoff", "2026-05-31")


def test_rows_that_cancel_out_are_cost_and_no_proof_that_nothing_is_due() -> None:
    cancelling = report(("web", "CPU", 100), ("shop", "CPU", -100))
    verdict = closed(month(account(report=cancelling)))
    assert verdict.exit == 4, str(verdict)


def test_a_tax_that_both_ways_of_rounding_allow_is_right() -> None:
    """1,767.09 at 20 %: the tax is 294.515 exactly."""
    lines = (of("web", "1667.09"), of("shop", 100))
    booked = invoice("INV-1", *lines, taxRate=Decimal("0.2"))
    assert Fraction(booked["taxAmount"]) - Fraction("1767.09") / 6 == Fraction("0.005")
    assert_right(month(account(booked, report=report(("web", "CPU", "1667.09"), ("shop", "CPU", 100)))))


def test_a_part_of_the_month_that_a_void_invoice_covered_is_a_gap() -> None:
    first = invoice("INV-1", *RIGHT, end=16)
    second = invoice("INV-2", *RIGHT, first=16, status="void")
    halves = [Decimal(1000), *[Decimal(0)] * 14, Decimal(1000), *[Decimal(0)] * 15]
    chart = {"categories": MAY, "series": [{"name": "all", "data": halves}]}
    shown = report(("web", "CPU", 1800), ("shop", "CPU", 200), chart=chart)
    assert_told(month(account(first, second, report=shown)), "invoice-cutoff", "2026-05-16")


def test_an_empty_answer_that_names_no_month_proves_none_where_the_month_before_was_billed() -> None:
    empty = {"list": [], "chart": {"categories": [], "series": []}}
    silent = month(account(report=empty, rows=[old("INV-0", "500")]))
    assert closed(silent).exit == 4
    assert_told(silent_later(silent), "invoice-issued")


def silent_later(silent: Month) -> Month:
    """The same month, closed two months later."""
    later = silent.copy()
    later.run_at += timedelta(days=65)
    return later


assert day(32) == day(1, "2026-06")
