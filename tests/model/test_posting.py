"""What the tie-out compares: which lines and report rows belong together."""

from __future__ import annotations

from chargeback.model.posting import Posting, by_project, by_resource, rounded_parts, shapes
from tests.kit.months import account, invoice, month, of, report, sku


def posting(*lines: dict[str, object]) -> Posting:
    shown = report(("acme-web", "CPU", 1, 60), ("acme-web", "Memory", 1, 40), ("acme-data", "CPU", 1, 7))
    (only,) = month(account(invoice("I", *lines), report=shown)).posting().postings
    return only


def test_a_project_has_a_group_whether_invoice_or_report_names_it() -> None:
    made = posting(of("acme-web", 100), of("acme-shop", 5))
    assert made.month.report is not None
    groups = by_project(made.invoice_lines, made.month.report)
    assert [(group.name, len(group.lines), len(group.rows)) for group in groups] == [
        ("acme-data", 0, 1),
        ("acme-shop", 1, 0),
        ("acme-web", 1, 2),
    ]


def test_a_resource_has_a_group_with_the_rows_that_its_lines_name() -> None:
    made = posting(sku("CPU", 67), sku("Support", 5))
    assert made.month.report is not None
    groups = by_resource(made.invoice_lines, made.month.report)
    assert [(group.name, len(group.lines), len(group.rows)) for group in groups] == [
        ("CPU", 1, 2),
        ("Memory", 0, 1),
        ("Support", 1, 0),
    ]


def test_a_line_of_zero_has_no_shape_unless_all_are() -> None:
    assert shapes(posting(of("acme-web", 107), of("acme-data", 0))) == {True}
    assert shapes(posting(of("acme-web", 0))) == {True}


def test_a_line_whose_tax_is_added_or_taken_off_is_rounded_three_times() -> None:
    lines = posting(of("acme-web", 100), of("acme-data", 7)).invoice_lines
    assert (rounded_parts(lines, "gross"), rounded_parts(lines, "net")) == (2, 6)
