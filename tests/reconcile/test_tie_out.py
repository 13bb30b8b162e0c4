"""The report against the invoices' lines: in total, by project, by resource; and the report in itself."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from chargeback.model.books import Books
from chargeback.model.check import Check
from tests.small_months import TEAMS, account, checks, invoice, month, of, report, sku

NET = TEAMS + '[reconciliation]\ntax_basis = "net"\n'
CPU_100 = ("acme-web", "CPU", 1, 100)
EXACT = TEAMS + '[reconciliation]\ntolerance = { absolute = "0" }\n'
PERCENT = TEAMS + '[reconciliation]\ntolerance = { absolute = "0", percent = "1" }\n'


def books(items: list[dict[str, Any]], rows: list[Any], config: str = TEAMS, **fields: Any) -> Books:
    chart = fields.pop("chart", None)
    given = report(*rows, chart=chart)
    return month(account(invoice("I", *items, **fields), report=given), config=config).books()


def results(found: list[Check]) -> list[tuple[str, str]]:
    return [(check.subject_name, check.outcome.value) for check in found]


def total(items: list[dict[str, Any]], rows: list[Any], config: str = TEAMS, **fields: Any) -> Check:
    (check,) = checks(books(items, rows, config, **fields), "report-total")
    return check


@pytest.mark.parametrize(("value", "config", "outcome"), [
    ("100", TEAMS, "pass"),
    ("100.05", TEAMS, "pass"),
    ("99.95", TEAMS, "pass"),
    ("100.050001", TEAMS, "exception"),
    ("99.94", TEAMS, "exception"),
    ("100.005", EXACT, "pass"),
    ("100.0050001", EXACT, "exception"),
    ("101", PERCENT, "pass"),
    ("101.01", PERCENT, "exception"),
])  # fmt: skip
def test_the_report_equals_the_lines_within_tolerance_or_rounding(value: str, config: str, outcome: str) -> None:
    check = total([of("acme-web", 100)], [("acme-web", "CPU", 1, value)], config)
    assert (check.outcome, check.expected, check.actual) == (outcome, Decimal("100.00"), Decimal(value))
    assert check.variance == Decimal(value) - 100


def test_rounding_explains_half_a_unit_for_each_line() -> None:
    items = [of("acme-web", "10"), of("acme-data", "10")]
    rows = [("acme-web", "CPU", 1, "10.005"), ("acme-data", "CPU", 1, "10.005")]
    assert total(items, rows, EXACT).outcome == "pass"
    assert results(checks(books(items, rows, EXACT), "report-project")) == [("acme-data", "pass"), ("acme-web", "pass")]


@pytest.mark.parametrize(("items", "tax", "value", "config"), [
    ([of("acme-web", "107")], "7", "107", TEAMS),
    ([of("acme-web", "107")], "7", "100", NET),
    ([sku("cpu", "100")], "7", "107", TEAMS),
    ([sku("cpu", "100")], "7", "100", NET),
])  # fmt: skip
def test_like_is_compared_with_like_whatever_the_lines_basis(
    items: list[dict[str, Any]], tax: str, value: str, config: str
) -> None:
    found = books(items, [("acme-web", "CPU", 1, value)], config, tax=tax)
    assert [check.outcome for check in found.checks if check.code.value.startswith("report-")] == ["pass"] * 4


def test_what_an_invoice_holds_beyond_its_lines_is_not_compared() -> None:
    assert total([of("acme-web", 100)], [("acme-web", "CPU", 1, 100)], total="150").outcome == "pass"


def test_each_project_is_compared_and_one_of_either_side_alone_too() -> None:
    items = [of("acme-web", 60), of("acme-web", 10), of("acme-data", 30)]
    rows = [
        ("acme-web", "CPU", 1, 40),
        ("acme-web", "Disk", 1, 30),
        ("ghost", "CPU", 1, 5),
        ("acme-data", "CPU", 1, 31),
    ]
    found = checks(books(items, rows), "report-project")
    assert [(each.subject_name, each.outcome, each.expected, each.actual) for each in found] == [
        ("acme-data", "exception", 30, 31),
        ("acme-web", "pass", 70, 70),
        ("ghost", "exception", 0, 5),
    ]


def test_a_line_without_rows_is_told_once_in_place_of_its_comparison() -> None:
    items, rows = [of("acme-web", 60), of("acme-data", 40)], [("acme-web", "CPU", 1, 60)]
    found = books(items, rows)
    assert results(checks(found, "report-project")) == [("acme-web", "pass")]
    (check,) = checks(found, "report-resource")
    assert (check.subject_name, check.variance, check.tolerance) == ("acme-data", -40, 0)
    assert "line 2 of I could not be divided, no report row names it" in check.message


def test_each_resource_is_compared_whatever_the_case_and_rows_that_no_line_names_too() -> None:
    items = [sku("cpu", 60), sku("x", 40, description="Disk")]
    rows = [
        ("acme-web", "CPU", 1, 50),
        ("acme-data", "Cpu", 1, 10),
        ("acme-web", "disk", 1, 39),
        ("acme-web", "Egress", 1, 7),
    ]
    found = checks(books(items, rows), "report-resource")
    assert [(each.subject_name, each.outcome, each.expected, each.actual) for each in found] == [
        ("CPU", "pass", 60, 60),
        ("Egress", "exception", 0, 7),
        ("disk", "exception", 40, 39),
    ]


def test_lines_that_share_rows_are_compared_together() -> None:
    items = [sku("cpu", 60), sku("cpu", 10), sku("vcpu", 30, description="CPU")]
    found = checks(books(items, [("acme-web", "CPU", 1, 100)]), "report-resource")
    assert [(each.subject_name, each.outcome, each.expected) for each in found] == [("CPU", "pass", 100)]


def test_a_line_without_weight_does_not_hide_what_another_of_its_rows_is_overbilled_by() -> None:
    items = [sku("cpu", 50, description="CPU time"), sku("cpu", 50)]
    found = checks(books(items, [("acme-web", "CPU", 1, 0), ("acme-web", "CPU time", 1, 70)]), "report-resource")
    assert [(each.subject_name, each.outcome, each.expected, each.actual) for each in found] == [
        ("CPU", "exception", 50, 70),
        ("cpu", "exception", 50, 0),
    ]
    assert "line 2 of I could not be divided" in found[1].message


def test_a_sku_that_no_row_names_is_compared_with_nothing() -> None:
    found = checks(books([sku("egress", 10)], [("acme-web", "CPU", 1, 10)]), "report-resource")
    assert results(found) == [("CPU", "exception"), ("egress", "exception")]


def test_lines_of_one_grain_are_compared_at_that_grain_alone() -> None:
    by_project = books([of("acme-web", 1)], [("acme-web", "CPU", 1, 1)])
    assert (len(checks(by_project, "report-project")), checks(by_project, "report-resource")) == (1, [])
    by_sku = books([sku("cpu", 1)], [("acme-web", "CPU", 1, 1)])
    assert (checks(by_sku, "report-project"), len(checks(by_sku, "report-resource"))) == ([], 1)


def test_of_both_grains_only_the_total_is_compared() -> None:
    two = account(
        invoice("I", of("acme-web", 60)),
        invoice("J", sku("cpu", 40)),
        report=report(("acme-web", "CPU", 1, 100)),
    )
    found = month(two).books()
    assert results(checks(found, "report-total")) == [("", "pass")]
    for code in ("report-project", "report-resource"):
        (check,) = checks(found, code)
        assert (check.outcome, check.message) == (
            "notice",
            "not performed: the month has lines by project and lines by SKU",
        )


@pytest.mark.parametrize(("given", "why"), [
    (account(report=report(("acme-web", "CPU", 1, 0))), "no booked invoice of this month"),
    (account(invoice("I", of("acme-web", 1)), report="api: internal error"), "not proved to be of this month"),
    (account(invoice("I", of("acme-web", 1)), invoice("J", of("acme-web", 1), currency="JPY")), "several currencies"),
    (account(invoice("I", total=5), report=report(("acme-web", "CPU", 1, 5))), ""),
])  # fmt: skip
def test_a_tie_out_that_cannot_be_made_is_a_notice(given: Any, why: str) -> None:
    found = month(given).books()
    if not why:
        assert [check.outcome for check in checks(found, "report-total")] == ["exception"]
        assert [check.outcome for check in checks(found, "report-project")] == ["notice"]
        return
    for code in ("report-total", "report-project"):
        (check,) = checks(found, code)
        assert check.outcome == "notice"
        assert why in check.message


@pytest.mark.parametrize(("chart", "outcome"), [
    ("100", "pass"), ("100.05", "pass"), ("100.0501", "exception"), ("99.94", "exception"), ("0", "exception"),
])  # fmt: skip
def test_the_chart_foots_to_the_rows(chart: str, outcome: str) -> None:
    found = books([of("acme-web", 100)], [("acme-web", "CPU", 1, 100)], chart=chart)
    assert [check.outcome for check in checks(found, "report-chart")] == [outcome]


def test_rounding_explains_half_a_unit_for_each_point_of_the_chart() -> None:
    shown = report(("acme-web", "CPU", 1, "100"))
    points = [Decimal("33.34")] * 3
    days = ["2026-05-01", "2026-05-02", "2026-05-03"]
    shown["chart"] = {"categories": days, "series": [{"name": "a", "data": points}]}
    (check,) = checks(
        month(account(invoice("I", of("acme-web", 100)), report=shown), config=EXACT).books(), "report-chart"
    )
    assert (check.outcome, check.tolerance) == ("exception", Decimal("0.015"))
    shown["chart"]["series"][0]["data"] = [*points[:2], Decimal("33.335")]
    (check,) = checks(
        month(account(invoice("I", of("acme-web", 100)), report=shown), config=EXACT).books(), "report-chart"
    )
    assert check.outcome == "pass"


def test_a_report_without_a_chart_is_not_compared_with_it() -> None:
    found = month(account(invoice("I", of("acme-web", 1)), report=report(("acme-web", "CPU", 1, 1), day=None))).books()
    (check,) = checks(found, "report-chart")
    assert (check.outcome, check.message) == ("notice", "not performed: the report shows no daily cost")


@pytest.mark.parametrize("series", [[], [{"name": "all", "data": []}], [{"name": "all", "data": [None]}]])
def test_a_chart_of_days_without_a_point_is_not_taken_for_no_chart(series: list[dict[str, Any]]) -> None:
    shown = report(("acme-web", "CPU", 1, 100))
    shown["chart"] = {"categories": ["2026-05-10", "2026-05-11"], "series": series}
    (check,) = checks(month(account(invoice("I", of("acme-web", 100)), report=shown)).books(), "report-chart")
    assert (check.outcome, check.expected, check.actual) == ("exception", 100, 0)


@pytest.mark.parametrize(("items", "rows", "fields", "cause"), [
    ([of("acme-web", 107)], [CPU_100], {"tax": 7}, 'the report is net of tax: set tax_basis = "net"'),
    ([of("acme-web", 100), of("acme-data", 40)], [CPU_100], {}, "the report has no rows for acme-data"),
    ([of("acme-web", 100)], [CPU_100, ("ghost", "CPU", 1, 9)], {}, "the invoices have no line for ghost"),
    ([of("acme-web", 93)], [CPU_100], {}, ""),
])  # fmt: skip
def test_a_failing_tie_out_says_the_likely_cause_where_figures_show_one(
    items: list[dict[str, Any]], rows: list[Any], fields: dict[str, Any], cause: str
) -> None:
    shown = report(*rows, chart=0)
    found = month(account(invoice("I", *items, **fields), report=shown)).books()
    (check,) = checks(found, "report-total")
    assert check.outcome == "exception"
    assert (f"Likely cause: {cause}" in check.message) if cause else ("Likely cause" not in check.message)


def test_a_gross_report_where_net_was_said_is_a_likely_cause() -> None:
    check = total([of("acme-web", "107")], [("acme-web", "CPU", 1, "107")], NET, tax="7")
    assert 'Likely cause: the report is gross, tax included: set tax_basis = "gross"' in check.message


def test_an_invoice_counted_twice_is_a_likely_cause() -> None:
    two = account(
        invoice("I", of("acme-web", 60)),
        invoice("J", of("acme-web", 45)),
        report=report(("acme-web", "CPU", 1, 60), chart=0),
    )
    (check,) = checks(month(two).books(), "report-total")
    assert "Likely cause: invoice J is counted twice" in check.message


def test_usage_after_cut_off_is_a_likely_cause() -> None:
    shown = report(("acme-web", "CPU", 1, 67))
    shown["chart"] = {"categories": ["May 29", "May 30", "May 31"], "series": [{"name": "a", "data": [60, 4, 3]}]}
    (check,) = checks(month(account(invoice("I", of("acme-web", 60)), report=shown)).books(), "report-total")
    assert "Likely cause: usage after cut-off: the difference is the report's cost from 2026-05-30 on" in check.message


def test_rounding_of_many_rows_is_a_likely_cause() -> None:
    rows = [("acme-web", f"R{place:02}", 1, "1.00499") for place in range(20)]
    check = total([of("acme-web", 20)], rows)
    assert "Likely cause: rounding of the report's 20 rows" in check.message


def test_only_the_projects_without_rows_are_named_as_the_cause() -> None:
    items = [of("acme-web", 60), of("acme-data", 40), of("idle", "0.01")]
    check = total(items, [("acme-web", "CPU", 1, 60), ("idle", "CPU", 1, 0)], chart=0)
    assert check.message.endswith(
        "the report has no rows for acme-data: the difference is what the invoice bills for it"
    )
