"""The report's values as weights over resources and projects."""

from __future__ import annotations

from chargeback.allocate.report_weights import Division, ReportWeights
from chargeback.model.answers import LineItem
from tests.kit.months import account, invoice, month, of, report

ROWS = (
    ("web", "CPU", 1, "2.5"),
    ("web", "Memory", 1, "0.25"),
    ("web", "cpu", 1, "1"),
    ("web", "Disk", 1, "-3"),
    ("data", "CPU", 1, "1.125"),
    ("idle", "Disk", 1, "0"),
)


def weights() -> ReportWeights:
    (found,) = month(account(invoice("I", of("web", 1)), report=report(*ROWS))).months()
    assert found.report is not None
    return ReportWeights(found.report)


def shown(division: Division) -> list[tuple[str, int, tuple[int, ...]]]:
    return list(zip(division.names, division.weights, division.rows, strict=True))


def test_a_projects_resources_weigh_their_values_by_code_point_and_negative_ones_nothing() -> None:
    assert shown(weights().over_resources("web")) == [
        ("CPU", 2500, (0,)),
        ("Disk", 0, (3,)),
        ("Memory", 250, (1,)),
        ("cpu", 1000, (2,)),
    ]


def test_a_project_without_rows_has_no_parts_and_one_without_value_no_weight() -> None:
    assert shown(weights().over_resources("unknown")) == []
    assert not weights().over_resources("idle").has_weight
    assert not weights().over_resources("unknown").has_weight


def test_a_sku_goes_over_the_projects_of_the_rows_named_like_it_whatever_the_case() -> None:
    division = weights().over_projects(LineItem(sku="cPu", amount=1))
    assert shown(division) == [("data", 1125, (4,)), ("web", 3500, (0, 2))]
    assert division.resource == "CPU"


def test_the_description_counts_only_where_no_row_is_named_like_the_sku() -> None:
    by_sku = weights().over_projects(LineItem(sku="memory", description="cpu", amount=1))
    assert shown(by_sku) == shown(weights().over_projects(LineItem(sku="memory", amount=1)))
    by_description = weights().over_projects(LineItem(sku="vcpu", description="cpu", amount=1))
    assert shown(by_description) == shown(weights().over_projects(LineItem(sku="CPU", amount=1)))
    assert by_description.resource == "CPU"


def test_a_sku_that_no_row_names_goes_by_the_whole_report_without_rows() -> None:
    division = weights().over_projects(LineItem(sku="egress", description="Egress", amount=1))
    assert shown(division) == [("data", 1125, ()), ("idle", 0, ()), ("web", 3750, ())]
    assert division.resource == "egress"
    assert weights().over_projects(LineItem(description="Egress", amount=1)).resource == "Egress"


def test_rows_without_value_give_no_weight_and_do_not_fall_back_on_the_whole_report() -> None:
    assert not weights().over_projects(LineItem(sku="disk", amount=1)).has_weight


def test_two_spellings_of_one_resource_are_one_part_after_nfc() -> None:
    rows = (("web", "cafe\u0301", 1, "2"), ("web", "caf\u00e9", 1, "1"), ("web", "b", 1, "1"))
    (found,) = month(account(invoice("I", of("web", 1)), report=report(*rows))).months()
    assert found.report is not None
    assert shown(ReportWeights(found.report).over_resources("web")) == [("b", 1, (2,)), ("cafe\u0301", 3, (0, 1))]
