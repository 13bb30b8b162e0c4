"""*Method* and *Configuration*: by what rules the month was booked, and what the report alone states."""

from __future__ import annotations

from chargeback.model.money import format_minor
from chargeback.publish.workpaper.method import ReportDetail, stated_by_the_report_alone
from tests.kit import sample
from tests.publish.workpaper.papers import paper


def test_method_holds_the_configuration_in_force() -> None:
    texts = paper().texts()
    assert "split = { web = 60, data = 40 }" in texts
    assert "3.11.7" in texts
    assert any(text.startswith("the larger of 0.05") for text in texts)


def test_what_the_report_alone_states_is_told_with_its_amount() -> None:
    """A value that no second source states can be wrong without any check that differs: an auditor has to know it."""
    alone = stated_by_the_report_alone(sample.books().posting)
    texts = paper().texts()
    assert {each.grain for each in alone} == set(ReportDetail)
    for each in alone:
        assert f"{each.grain}: {each.lines} ledger lines; their sums by invoice line do tie out" in texts
        assert f"{format_minor(each.gross, each.digits)} {each.currency}" in texts
