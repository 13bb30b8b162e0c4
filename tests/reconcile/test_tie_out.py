"""The report against the invoices' lines: in total, by project, by resource; and the report in itself."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from chargeback.config import Reconciliation, Tolerance
from chargeback.model.books import Books
from chargeback.model.check import Check, Code, Subject, SubjectKind
from chargeback.model.money import rounding_allowance
from chargeback.reconcile.tie_out import Comparison, not_performed, tolerance_for
from tests.kit.months import TEAMS, account, checks, invoice, month, of, report, sku

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


def test_a_sku_whose_description_names_another_resource_joins_no_groups() -> None:
    items = [sku("cpu", 144), sku("disk", 1000, description="CPU")]
    rows = [("acme-web", "CPU", 1, 1000), ("acme-data", "Disk", 1, 144)]
    found = checks(books(items, rows), "report-resource")
    assert [(each.subject_name, each.outcome, each.variance) for each in found] == [
        ("CPU", "exception", 856),
        ("Disk", "exception", -856),
    ]


def test_a_line_without_weight_does_not_hide_what_other_rows_show() -> None:
    items = [sku("cpu", 50, description="CPU time"), sku("cpu", 50)]
    found = checks(books(items, [("acme-web", "CPU", 1, 0), ("acme-web", "CPU time", 1, 70)]), "report-resource")
    assert [(each.subject_name, each.outcome, each.expected, each.actual) for each in found] == [
        ("CPU time", "exception", 0, 70),
        ("cpu", "exception", 50, 0),
        ("cpu", "exception", 50, 0),
    ]
    assert "line 1 of I could not be divided" in found[1].message


def test_names_are_compared_after_nfc_and_case_folding() -> None:
    found = checks(books([sku("cafe\u0301", 60)], [("acme-web", "CAF\u00c9", 1, 60)]), "report-resource")
    assert results(found) == [("CAF\u00c9", "pass")]


def test_a_sku_that_no_row_names_is_compared_with_nothing() -> None:
    found = checks(books([sku("egress", 10)], [("acme-web", "CPU", 1, 10)]), "report-resource")
    assert results(found) == [("CPU", "exception"), ("egress", "exception")]


def test_lines_of_one_grain_are_compared_at_that_grain_alone() -> None:
    by_project = books([of("acme-web", 1)], [("acme-web", "CPU", 1, 1)])
    assert (len(checks(by_project, "report-project")), checks(by_project, "report-resource")) == (1, [])
    by_sku = books([sku("cpu", 1)], [("acme-web", "CPU", 1, 1)])
    assert (checks(by_sku, "report-project"), len(checks(by_sku, "report-resource"))) == ([], 1)


def two_shapes(by_project: list[dict[str, Any]], by_sku: list[dict[str, Any]], *rows: Any) -> Any:
    """The books of a month with an invoice of either shape."""
    return month(account(invoice("I", *by_project), invoice("J", *by_sku), report=report(*rows))).books()


def test_of_both_shapes_each_is_a_bound() -> None:
    rows = [("acme-web", "CPU", 1, 70), ("acme-data", "Disk", 1, 30)]
    found = two_shapes([of("acme-web", 60)], [sku("cpu", 10), sku("disk", 30)], *rows)
    for code, subjects in (("report-project", ["acme-web"]), ("report-resource", ["CPU", "Disk"])):
        assert results(checks(found, code)) == [(subject, "pass") for subject in subjects]
        assert all(check.message == "the invoices' lines do not exceed the report" for check in checks(found, code))
    assert results(checks(found, "report-total")) == [("", "pass")]


def test_a_small_invoice_of_the_other_shape_hides_no_swap() -> None:
    rows = [("acme-web", "CPU", 1, 100), ("acme-data", "CPU", 1, 901)]
    found = two_shapes([of("acme-web", 900), of("acme-data", 100)], [sku("cpu", 1)], *rows)
    assert results(checks(found, "report-project")) == [("acme-data", "pass"), ("acme-web", "exception")]


def test_a_resources_lines_do_not_exceed_the_report_either() -> None:
    rows = [("acme-web", "CPU", 1, 100), ("acme-web", "Disk", 1, 10)]
    found = two_shapes([of("acme-web", 50)], [sku("disk", 60)], *rows)
    (check,) = checks(found, "report-resource")
    assert (check.subject_name, check.outcome, check.expected, check.actual) == ("Disk", "exception", 60, 10)


@pytest.mark.parametrize("amount", ["0.00", "0.004", "-0.004"])
def test_what_is_zero_after_rounding_is_of_no_shape(amount: str) -> None:
    rows = [("acme-web", "CPU", 1, 100), ("acme-data", "CPU", 1, 900)]
    found = two_shapes([of("acme-web", 900), of("acme-data", 100)], [sku("cpu", amount)], *rows)
    assert results(checks(found, "report-project")) == [("acme-data", "exception"), ("acme-web", "exception")]
    assert checks(found, "report-resource") == []


def test_lines_that_are_all_zero_are_compared_by_their_shape() -> None:
    found = books([of("acme-web", 0)], [("acme-web", "CPU", 1, 5)])
    assert results(checks(found, "report-project")) == [("acme-web", "exception")]


@pytest.mark.parametrize(("given", "why"), [
    (account(report=report(("acme-web", "CPU", 1, 0))), "no booked invoice of this month"),
    (account(invoice("I", of("acme-web", 1)), report="api: internal error"), "does not prove that it is of this month"),
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


@pytest.mark.parametrize("rate", ["0.07", "0.1"])
@pytest.mark.parametrize("basis", ["gross", "net"])
def test_a_line_with_its_part_of_the_tax_is_three_rounded_amounts(rate: str, basis: str) -> None:
    config = TEAMS + f'[reconciliation]\ntolerance = {{ absolute = "0" }}\ntax_basis = "{basis}"\n'
    factor = 1 + Decimal(rate) * (basis == "gross")
    nets = {"S0": Decimal(333), "S1": Decimal(333), "S2": Decimal(334)}
    shown = report(*(("acme-web", name, 1, net * factor) for name, net in nets.items()))
    items = [sku(name, net) for name, net in nets.items()]
    bill = invoice("I", *items, tax=sum(nets.values()) * Decimal(rate), currency="JPY", taxRate=Decimal(rate))
    found = month(account(bill, report=shown), config=config).books()
    assert {check.outcome for check in found.checks if check.code.value.startswith("report-")} == {"pass"}
    (one, *_) = checks(found, "report-resource")
    assert one.tolerance == (Decimal("1.5") if basis == "gross" else Decimal("0.5"))


def test_many_points_that_are_all_rounded_the_same_way_are_no_rounding() -> None:
    shown = report(("acme-web", "CPU", 1, 500))
    series = [{"name": f"p{place}", "data": [Decimal("0.0274")] * 31} for place in range(500)]
    shown["chart"] = {"categories": [f"2026-05-{day:02}" for day in range(1, 32)], "series": series}
    (check,) = checks(month(account(invoice("I", of("acme-web", 500)), report=shown)).books(), "report-chart")
    assert (check.outcome, check.variance, check.tolerance) == ("exception", Decimal("-75.3"), Decimal("1.254"))


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


def compared(actual: str, tolerance: str = "0", rounding: str = "0") -> Comparison:
    return Comparison(
        Code.REPORT_TOTAL, "A", Decimal(100), Decimal(actual), "THB", "equal", "not equal",
        tolerance=Decimal(tolerance), rounding=Decimal(rounding),
    )  # fmt: skip


@pytest.mark.parametrize(("actual", "tolerance", "rounding", "outcome"), [
    ("100", "0", "0", "pass"),
    ("100.05", "0.05", "0", "pass"),
    ("99.95", "0.05", "0", "pass"),
    ("100.0500001", "0.05", "0", "exception"),
    ("99.94", "0.05", "0", "exception"),
    ("100.015", "0", "0.015", "pass"),
    ("100.0150001", "0", "0.015", "exception"),
    ("100.06", "0.05", "0.06", "pass"),
])  # fmt: skip
def test_it_holds_up_to_the_larger_of_tolerance_and_rounding(
    actual: str, tolerance: str, rounding: str, outcome: str
) -> None:
    check = compared(actual, tolerance, rounding).check()
    assert (check.outcome, check.tolerance) == (outcome, max(Decimal(tolerance), Decimal(rounding)))
    assert check.variance == Decimal(actual) - 100


@pytest.mark.parametrize(("actual", "tolerance", "rounding", "message"), [
    ("100.00", "0", "0", "equal"),
    ("100.04", "0.05", "0", "equal, within tolerance: they differ by 0.04 THB"),
    ("99.96", "0.05", "0.9", "equal; rounding alone can explain the difference of 0.04 THB"),
    ("99.94", "0.07", "0.05", "equal, within tolerance: they differ by 0.06 THB"),
    ("100.06", "0.05", "0.1", "equal; rounding alone can explain the difference of 0.06 THB"),
    ("101", "0.05", "0.1", "not equal"),
])  # fmt: skip
def test_the_message_says_what_lets_it_pass(actual: str, tolerance: str, rounding: str, message: str) -> None:
    assert compared(actual, tolerance, rounding).check().message == message


@pytest.mark.parametrize(("parts", "digits", "amount"), [
    (1, 2, "0.005"), (3, 2, "0.015"), (0, 2, "0"), (1, 0, "0.5"), (2, 3, "0.001"), (6, 2, "0.030"), (7, 2, "0.035"),
    (8, 2, "0.038"), (31, 2, "0.065"), (100, 2, "0.110"), (15_500, 2, "1.254"),
])  # fmt: skip
def test_rounding_explains_half_a_minor_unit_of_few_parts_and_the_root_of_many(
    parts: int, digits: int, amount: str
) -> None:
    assert rounding_allowance(parts, digits) == Decimal(amount)


@pytest.mark.parametrize(("absolute", "percent", "expected", "tolerance"), [
    ("0.05", "0", "1000", "0.05"), ("0.05", "1", "1000", "10"), ("0.05", "1", "-1000", "10"), ("20", "1", "1000", "20"),
    ("0", "0", "1000", "0"), ("0", "0.001", "33.33", "0.0003333"),
])  # fmt: skip
def test_the_tolerance_is_the_larger_of_the_amount_and_the_share(
    absolute: str, percent: str, expected: str, tolerance: str
) -> None:
    settings = Reconciliation(Tolerance(Decimal(absolute), Decimal(percent)))
    assert tolerance_for(Decimal(expected), settings) == Decimal(tolerance)


def test_what_is_not_performed_is_a_notice_that_says_why() -> None:
    check = not_performed(Code.INVOICE_TAX, "A", "no rate", invoice="I", subject=Subject(SubjectKind.LINE, "s"))
    assert not check.performed
    assert (check.outcome, check.message, check.invoice, check.subject_name) == (
        "notice",
        "not performed: no rate",
        "I",
        "s",
    )
