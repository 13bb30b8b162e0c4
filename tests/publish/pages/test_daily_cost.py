"""Daily cost per project: the figures are the report's, whatever is shown by name."""

from __future__ import annotations

from chargeback.publish.pages.daily_cost import daily_costs, without_chart
from tests.kit import page_months
from tests.kit.page_months import Account, wave


def test_the_series_of_a_day_add_up_to_the_reports_day() -> None:
    month = page_months.small_month()
    thb, usd = daily_costs(month.books, month.config, month.evidence)
    assert (thb.currency, usd.currency) == ("THB", "USD")
    for place in range(31):
        assert sum(series.amounts[place] for series in thb.series) == thb.total.amounts[place]
    assert thb.total.total == sum(sum(days) for days in page_months.small_accounts()[0].projects.values())


def test_the_largest_projects_have_their_name_and_the_others_are_one_series() -> None:
    projects = {f"p{place}": wave(100 * (place + 1), 7, place + 1) for place in range(9)}
    month = page_months.month_of([Account("ba_1", "One", projects)], page_months.small_config(), {"p8": "ใหญ่ที่สุด"})
    (cost,) = daily_costs(month.books, month.config, month.evidence)
    assert [series.name for series in cost.series] == [
        "ใหญ่ที่สุด", "p7", "p6", "p5", "p4", "p3", "all other projects",
    ]  # fmt: skip
    assert cost.series[0].amounts == tuple(projects["p8"])
    assert cost.series[-1].amounts == tuple(
        sum(day) for day in zip(*(projects[f"p{n}"] for n in range(3)), strict=True)
    )


def test_projects_of_several_accounts_say_whose_they_are() -> None:
    accounts = [Account(f"ba_{n}", "", {f"p{n}": wave(100 * n, 1, n)}, number=f"INV-{n}") for n in (1, 2)]
    month = page_months.month_of(accounts, page_months.small_config(), {})
    (cost,) = daily_costs(month.books, month.config, month.evidence)
    assert [(series.name, series.account) for series in cost.series] == [("p2", "ba_2"), ("p1", "ba_1")]


def test_an_account_without_a_proved_report_is_counted_as_not_shown() -> None:
    accounts = [
        Account("ba_1", "", {"p1": wave(100, 1, 1)}, number="INV-1"),
        Account("ba_2", "", {"p2": wave(100, 1, 1)}, number="INV-2", report=False),
    ]
    month = page_months.month_of(accounts, page_months.small_config(), {})
    assert without_chart(month.books) == 1
    (cost,) = daily_costs(month.books, month.config, month.evidence)
    assert cost.total.total == sum(wave(100, 1, 1))


def test_a_month_without_reports_has_no_chart() -> None:
    month = page_months.month_of([Account("ba_1", "", {"p1": [5]}, report=False)], page_months.small_config(), {})
    assert daily_costs(month.books, month.config, month.evidence) == ()


def test_the_table_has_a_row_a_day_and_the_months_foot() -> None:
    month = page_months.small_month(clean=True)
    cost = daily_costs(month.books, month.config, month.evidence)[1]
    assert len(cost.rows) == 31
    assert cost.rows[0][0] == "2026-05-01"
    assert cost.foot == ("147.29", "147.29")
