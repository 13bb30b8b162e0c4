"""From invoices to ledger lines: every basis, every division, and footing that is exact whatever comes (BOOKING 4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.allocate.posting import divide_usage, post_lines
from chargeback.evidence.period import Period
from chargeback.model.books import Books
from chargeback.model.check import Subject, SubjectKind
from chargeback.model.ledger import format_usage
from chargeback.model.ledger_register import written_rows
from chargeback.model.money import to_minor
from chargeback.model.projects import ProjectDirectory
from chargeback.model.report import Report
from tests.kit.months import TEAMS, Account, account, checks, dec, invoice, lines, month, of, report, sku

COLUMNS = ("team", "project", "resource", "usage", "share_percent", "gross", "basis")
PROPORTIONAL = TEAMS.replace("split = { web = 60, data = 40 }", 'split = "proportional"')


def ledger(books: Books) -> list[tuple[str, ...]]:
    return lines(books, *COLUMNS)


def posted(*items: dict[str, Any], rows: Any = (), config: str = TEAMS, **fields: Any) -> list[tuple[str, ...]]:
    given = report(*rows) if rows is not None else report(("x", "y", 1, 1), day="2026-04-01")
    return ledger(month(account(invoice("I", *items, **fields), report=given), config=config).books())


def test_a_line_by_project_is_divided_over_its_resources() -> None:
    rows = [("acme-web", "CPU", 3, "2"), ("acme-web", "Memory", 5, "1"), ("acme-data", "CPU", 9, "9")]
    assert posted(of("acme-web", "10"), rows=rows) == [
        ("web", "acme-web", "CPU", "3", "", "6.67", "report-share"),
        ("web", "acme-web", "Memory", "5", "", "3.33", "report-share"),
    ]


def test_a_shared_project_is_split_over_its_teams_then_each_part_over_resources() -> None:
    rows = [("acme-platform", "CPU", 1, "1"), ("acme-platform", "Disk", 1, "1")]
    assert posted(of("acme-platform", "10"), rows=rows) == [
        ("data", "acme-platform", "CPU", "0.4", "40", "2.00", "shared-split"),
        ("web", "acme-platform", "CPU", "0.6", "60", "3.00", "shared-split"),
        ("data", "acme-platform", "Disk", "0.4", "40", "2.00", "shared-split"),
        ("web", "acme-platform", "Disk", "0.6", "60", "3.00", "shared-split"),
    ]


def test_parts_of_a_shared_project_are_exact() -> None:
    rows = [("acme-platform", "CPU", 10, "1"), ("acme-platform", "Disk", 1, "1")]
    found = posted(of("acme-platform", "10.01"), rows=rows)
    by_team: Counter[str] = Counter()
    for team, _, _, _, percent, gross, basis in found:
        assert (percent, basis) == ({"web": "60", "data": "40"}[team], "shared-split")
        by_team[team] += int(dec(gross) * 100)
    assert by_team == {"web": 601, "data": 400}
    assert sum(dec(usage) for _, _, resource, usage, *_ in found if resource == "CPU") == 10


def test_a_line_that_the_report_cannot_divide_is_booked_whole_with_one_exception() -> None:
    books = month(account(invoice("I", of("acme-web", "10")), report=report(("acme-data", "CPU", 1, "10")))).books()
    assert ledger(books) == [("web", "acme-web", "", "", "", "10.00", "invoice-line")]
    (check,) = checks(books, "report-resource")
    assert (check.outcome, check.subject_name, check.invoice) == ("exception", "acme-web", "I")
    assert (check.expected, check.actual, check.variance) == (Decimal("10.00"), 0, -10)


def test_a_negative_report_value_weighs_nothing_and_a_project_of_such_is_booked_whole() -> None:
    rows = [("acme-web", "CPU", 1, "-5"), ("acme-web", "Disk", 2, "3")]
    assert posted(of("acme-web", "10"), rows=rows) == [
        ("web", "acme-web", "CPU", "1", "", "0.00", "report-share"),
        ("web", "acme-web", "Disk", "2", "", "10.00", "report-share"),
    ]
    assert posted(of("acme-web", "10"), rows=rows[:1]) == [("web", "acme-web", "", "", "", "10.00", "invoice-line")]


def test_a_shared_project_without_weight_is_still_split() -> None:
    assert posted(of("acme-platform", "10"), rows=[("acme-web", "CPU", 1, 1)]) == [
        ("data", "acme-platform", "", "", "40", "4.00", "shared-split"),
        ("web", "acme-platform", "", "", "60", "6.00", "shared-split"),
    ]


def test_a_line_by_sku_is_divided_over_projects_then_to_their_teams() -> None:
    rows = [("acme-web", "CPU", 6, "3"), ("acme-data", "cpu", 4, "1"), ("acme-web", "Disk", 1, "9")]
    assert posted(sku("cpu", "8", description="vCPU"), rows=rows) == [
        ("data", "acme-data", "CPU", "4", "", "2.00", "report-share"),
        ("web", "acme-web", "CPU", "6", "", "6.00", "report-share"),
    ]


def test_a_sku_that_no_row_names_goes_by_the_whole_report_without_usage() -> None:
    rows = [("acme-web", "CPU", 6, "3"), ("acme-platform", "CPU", 4, "1")]
    assert posted(sku("egress", "8"), rows=rows) == [
        ("data", "acme-platform", "egress", "", "40", "0.80", "shared-split"),
        ("web", "acme-platform", "egress", "", "60", "1.20", "shared-split"),
        ("web", "acme-web", "egress", "", "", "6.00", "report-share"),
    ]


def test_a_sku_whose_rows_have_no_weight_is_unassigned_with_one_exception() -> None:
    books = month(account(invoice("I", sku("cpu", "8")), report=report(("acme-web", "CPU", 6, "0")))).books()
    assert ledger(books) == [("unassigned", "", "cpu", "", "", "8.00", "invoice-line")]
    (check,) = checks(books, "report-resource")
    assert (check.outcome, check.subject_name, check.actual) == ("exception", "cpu", 0)


def test_without_a_proved_report_lines_are_booked_whole_without_that_exception() -> None:
    books = month(
        account(invoice("I", of("acme-web", "10")), report=report(("acme-web", "CPU", 1, 1), day="2026-04-01"))
    ).books()
    assert ledger(books) == [("web", "acme-web", "", "", "", "10.00", "invoice-line")]
    assert [check.outcome for check in checks(books, "report-resource")] == []
    assert posted(sku("cpu", "8"), rows=None) == [("unassigned", "", "cpu", "", "", "8.00", "invoice-line")]
    assert posted(of("acme-platform", "10"), rows=None)[0][-1] == "shared-split"


def test_a_line_over_nothing_that_cannot_be_divided_is_no_exception() -> None:
    books = month(account(invoice("I", of("acme-web", "0")), report=report(("acme-data", "CPU", 1, 1)))).books()
    assert ledger(books) == []
    assert [check.outcome for check in checks(books, "report-resource")] == []


def test_what_does_not_foot_is_an_adjustment() -> None:
    rows = [("acme-web", "CPU", 1, "10")]
    assert posted(of("acme-web", "10"), rows=rows, total="12.50") == [
        ("adjustments", "", "", "", "", "2.50", "adjustment"),
        ("web", "acme-web", "CPU", "1", "", "10.00", "report-share"),
    ]


def test_a_project_that_nobody_owns_is_unassigned() -> None:
    rows = [("ghost", "CPU", 1, "10")]
    assert posted(of("ghost", "10"), rows=rows) == [("unassigned", "ghost", "CPU", "1", "", "10.00", "report-share")]


def test_rows_are_never_merged_and_none_is_over_nothing_at_all() -> None:
    rows = [("acme-web", "CPU", 2, "1"), ("acme-web", "Free", 0, "0"), ("acme-web", "Idle", 7, "0")]
    assert posted(of("acme-web", "10"), of("acme-web", "10"), rows=rows) == [
        ("web", "acme-web", "CPU", "1", "", "10.00", "report-share"),
        ("web", "acme-web", "CPU", "1", "", "10.00", "report-share"),
        ("web", "acme-web", "Idle", "7", "", "0.00", "report-share"),
    ]


def test_proportional_is_by_the_teams_direct_cost_over_all_accounts() -> None:
    given = invoice("I", of("acme-web", "75"), of("acme-platform", "10"))
    first = account(given, report=report(("acme-web", "CPU", 1, 1)))
    second = Account([invoice("J", of("acme-data", "25"))], report=report(("acme-data", "CPU", 1, 1)), id="1043")
    books = month(first, second, config=PROPORTIONAL).books()
    assert [row for row in ledger(books) if row[1] == "acme-platform"] == [
        ("data", "acme-platform", "", "", "25", "2.50", "shared-split"),
        ("web", "acme-platform", "", "", "75", "7.50", "shared-split"),
    ]


def test_proportional_knows_each_currency_apart() -> None:
    yen = Account(
        [invoice("J", of("acme-data", "100"), of("acme-platform", "10"), currency="JPY")], report=report(), id="1043"
    )
    first = account(invoice("I", of("acme-web", "75")), report=report(("acme-web", "CPU", 1, 75)))
    found = [row for row in ledger(month(first, yen, config=PROPORTIONAL).books()) if row[1] == "acme-platform"]
    assert found == [("data", "acme-platform", "", "", "100", "10", "shared-split")]


def test_a_line_carries_what_its_invoice_team_and_project_are() -> None:
    paid = invoice("INV-9", of("acme-web-staging", "1.07", description="Acme Web"), tax="0.07", status="paid")
    config = TEAMS + '[environments]\nstaging = "*-staging"\n'
    projects = [{"id": "7", "project": "acme-web-staging", "name": "Staging"}]
    given = account(paid, report=report(("acme-web-staging", "CPU", "0.25", 1)), name="Acme Billing")
    ledger = month(given, config=config, projects=projects).books().ledger
    assert next(written_rows(Period(2026, 5), ledger.lines)) == (
        "2026-05", "1042", "Acme Billing", "INV-9", "paid", "web", "CC-100", "6420", "acme-web-staging", "Staging",
        "staging", "CPU", "0.25", "", "1.00", "0.07", "1.07", "THB", "report-share", "1", "1", "Acme Web",
    )  # fmt: skip


def test_lines_are_sorted_and_numbered_over_all_accounts() -> None:
    late = Account([invoice("B", of("acme-web", 1)), invoice("A", of("acme-data", 2))], report=report(), id="2")
    early = Account([invoice("C", of("acme-web", 3), of("acme-data", 4))], report=report(), id="1")
    found = lines(month(late, early).books(), "line", "account", "invoice", "project", "invoice_line")
    assert found == [
        ("1", "1", "C", "acme-data", "2"),
        ("2", "1", "C", "acme-web", "1"),
        ("3", "2", "A", "acme-data", "1"),
        ("4", "2", "B", "acme-web", "1"),
    ]


PROJECTS = st.sampled_from(["acme-web", "acme-data", "acme-platform", "ghost"])
AMOUNTS = st.decimals(-1000, 1000, places=3).map(str) | st.sampled_from(["0", "0.005", "-0.005", "10.700000000000001"])
ITEMS = st.lists(st.builds(of, PROJECTS, AMOUNTS), max_size=5) | st.lists(
    st.builds(sku, st.sampled_from(["cpu", "disk", "?"]), AMOUNTS), max_size=5
)
ROWS = st.lists(st.tuples(PROJECTS, st.sampled_from(["CPU", "Disk", "cpu"]), AMOUNTS, AMOUNTS), max_size=6)


@given(ITEMS, ROWS, AMOUNTS, AMOUNTS, st.booleans(), st.sampled_from(["THB", "JPY", "KWD"]))
def test_footing_is_exact_and_no_usage_is_lost_for_any_invoice(
    items: list[dict[str, Any]], rows: list[Any], extra: str, tax: str, proved: bool, currency: str
) -> None:
    footed = sum((item["amount"] for item in items), Decimal(0)) + dec(extra)
    one = invoice("I", *items, total=f"{footed:f}", tax=tax, subtotal="1", currency=currency)
    given = report(*rows, day="2026-05-10" if proved else "2026-04-10")
    books = month(account(one, report=given), config=PROPORTIONAL).books()
    (booked,) = books.posting.postings[0].month.booked
    found = books.ledger.lines
    assert sum(line.gross for line in found) == booked.total_minor
    assert sum(line.tax for line in found) == booked.tax_minor
    assert all(line.gross == line.net + line.tax for line in found)
    assert all(line.gross or line.tax or line.usage not in ("", "0") for line in found)
    assert all(check.outcome == "pass" for check in checks(books, "ledger-control"))


NEGATIVE = [("acme-web", "CPU", 1, 70), ("acme-data", "CPU", 1, 40), ("acme-data", "CPU", 1, "-10.5")]


def test_a_by_sku_line_divided_by_a_negative_row_too_is_an_exception() -> None:
    books = month(account(invoice("I", sku("cpu", "99.50")), report=report(*NEGATIVE))).books()
    assert lines(books, "project", "gross") == [("acme-data", "36.18"), ("acme-web", "63.32")]
    tied, negative = checks(books, "report-resource")
    assert (negative.outcome, negative.invoice, negative.subject) == (
        "exception", "I", Subject(SubjectKind.RESOURCE, "CPU"),
    )  # fmt: skip
    assert (negative.expected, negative.actual, negative.variance) == (0, Decimal("-10.5"), Decimal("-10.5"))
    assert (tied.outcome, tied.variance) == ("pass", 0)


def test_a_by_project_line_divided_by_a_negative_row_too_is_a_notice() -> None:
    rows = [("acme-web", "CPU", 1, 70), ("acme-web", "Disk", 1, "-10")]
    books = month(account(invoice("I", of("acme-web", 60)), report=report(*rows))).books()
    (check,) = checks(books, "report-resource")
    assert (check.outcome, check.subject, check.actual) == (
        "notice", Subject(SubjectKind.PROJECT, "acme-web"), Decimal(-10),
    )  # fmt: skip


def test_the_whole_report_divides_by_negative_rows_too() -> None:
    rows = [("acme-web", "CPU", 1, 70), ("acme-web", "Disk", 1, "-10")]
    books = month(account(invoice("I", sku("egress", 60)), report=report(*rows))).books()
    found = [(check.subject_name, check.invoice, check.variance) for check in checks(books, "report-resource")]
    assert ("egress", "I", -10) in found


@pytest.mark.parametrize(("amount", "rows"), [
    ("0", NEGATIVE),
    ("10", [("acme-web", "CPU", 1, "-5")]),
])  # fmt: skip
def test_a_line_of_zero_or_one_booked_whole_is_not_told_of_negative_rows(amount: str, rows: list[Any]) -> None:
    found = month(account(invoice("I", sku("cpu", amount)), report=report(*rows))).posting()
    assert found.postings[0].negative == []


@pytest.mark.parametrize("order", [("web", "data"), ("data", "web")])
def test_the_order_of_the_configuration_moves_no_money(order: tuple[str, str]) -> None:
    teams = "".join(f'[[teams]]\nid = "{team}"\n' for team in order)
    config = teams + '[[shared]]\nproject = "core"\nsplit = "even"\n'
    rows = [("core", "CPU", "1", "0.01"), ("core", "Idle", "3", "0")]
    books = month(account(invoice("I", of("core", "0.01")), report=report(*rows)), config=config).books()
    assert lines(books, "resource", "team", "gross", "usage") == [
        ("CPU", "data", "0.01", "1"),
        ("Idle", "data", "0.00", "3"),
    ]


def test_names_that_differ_in_case_alone_are_two_projects_in_the_order_of_code_points() -> None:
    lines = [of("acme-web", "2"), of("Acme-Web", "3")]
    rows = [("acme-web", "CPU", 1, 2), ("Acme-Web", "CPU", 1, 3)]
    books = month(account(invoice("I", *lines), report=report(*rows))).books()
    assert [(line.project, line.team.id, line.gross) for line in books.ledger.lines] == [
        ("Acme-Web", "unassigned", 300),
        ("acme-web", "web", 200),
    ]
    assert [check.outcome for check in checks(books, "report-project")] == ["pass", "pass"]


def test_resources_that_are_the_same_after_nfc_are_one() -> None:
    rows = [
        ("acme-web", "caf\u00e9", "1", "2"),
        ("acme-web", "cafe\u0301", "2", "3"),
        ("acme-web", "CAFE\u0301", "4", "5"),
    ]
    books = month(account(invoice("I", of("acme-web", "10")), report=report(*rows))).books()
    assert lines(books, "resource", "gross", "usage") == [("CAFE\u0301", "5.00", "4"), ("cafe\u0301", "5.00", "3")]
    apart = month(account(invoice("I", sku("other", "10")), report=report(*rows))).books()
    assert [check.subject_name for check in checks(apart, "report-resource")] == ["CAFE\u0301", "cafe\u0301", "other"]


def with_usage(*usages: str) -> Report:
    given = report(*(("web", f"R{place}", usage, 1) for place, usage in enumerate(usages)))
    (found,) = month(account(invoice("I", of("web", 1)), report=given)).months()
    assert found.report is not None
    return found.report


@pytest.mark.parametrize(("usage", "gross", "parts"), [
    ("10", [60, 40], ["6", "4"]),
    ("1", [1, 1, 1], ["0.333334", "0.333333", "0.333333"]),
    ("10", [-5, 5], ["0", "10"]),
    ("10", [0, 0], ["10", "0"]),
    ("10", [-1, -1], ["10", "0"]),
    ("-3", [1, 2], ["-1", "-2"]),
    ("0", [1, 2], ["0", "0"]),
    ("0.0000005", [1], ["0.000001"]),
    ("1.23456749", [1], ["1.234567"]),
])  # fmt: skip
def test_usage_follows_the_rows_gross_to_the_millionth(usage: str, gross: list[int], parts: list[str]) -> None:
    found = divide_usage(with_usage(usage), {0: list(range(len(gross)))}, gross)
    assert [format_usage(found[row]) for row in range(len(gross))] == parts


def test_a_ledger_row_that_several_report_rows_reach_gets_their_sum() -> None:
    assert divide_usage(with_usage("1.5", "2"), {0: [0, 1], 1: [0]}, [5, 5]) == {0: 2_750_000, 1: 750_000}


@pytest.mark.parametrize(("millionths", "text"), [
    (0, "0"), (1, "0.000001"), (1_500_000, "1.5"), (720_000_000, "720"), (-250_000, "-0.25"),
])  # fmt: skip
def test_usage_is_written_without_trailing_zeros(millionths: int, text: str) -> None:
    assert format_usage(millionths) == text


@given(st.decimals(-(10**9), 10**9, places=8), st.lists(st.integers(-50, 50), min_size=1, max_size=8))
def test_no_usage_is_lost(usage: object, gross: Sequence[int]) -> None:
    found = divide_usage(with_usage(f"{usage:f}"), {0: list(range(len(gross)))}, list(gross))
    assert sum(found.values()) == to_minor(dec(f"{usage:f}"), 6)


LINE_AMOUNTS = st.decimals(-(10**6), 10**6, places=4).map(str)
LINES = st.lists(
    st.builds(of, st.sampled_from(["web", "data"]), LINE_AMOUNTS)
    | st.builds(sku, st.sampled_from(["cpu", "disk"]), LINE_AMOUNTS),
    max_size=6,
)


def post_invoice(*lines: dict[str, Any], **fields: Any) -> list[tuple[int, int, int, int]]:
    """(number, net, tax, gross) of each line, 0 for the adjustment."""
    (found,) = month(account(invoice("I", *lines, **fields))).months()
    return [(line.number, line.net, line.tax, line.gross) for line in post_lines(found.booked[0], ProjectDirectory())]


@pytest.mark.parametrize(("lines", "fields", "expected"), [
    ([of("web", "900"), of("core", "255.6")], {"tax": "75.6"}, [(1, 84112, 5888, 90000), (2, 23888, 1672, 25560)]),
    ([sku("cpu", "1000"), sku("disk", "80")], {"tax": "75.6"}, [(1, 100000, 7000, 107000), (2, 8000, 560, 8560)]),
    ([of("web", "10")], {"total": "12", "tax": "2"}, [(1, 833, 167, 1000), (0, 167, 33, 200)]),
    ([sku("cpu", "10")], {"total": "14", "tax": "2"}, [(1, 1000, 167, 1167), (0, 200, 33, 233)]),
    ([], {"total": "107", "tax": "7", "subtotal": "100"}, [(0, 10000, 700, 10700)]),
    ([of("web", "5"), of("web", "-5")], {"tax": "1"}, [(1, 500, 0, 500), (2, -500, 0, -500), (0, -100, 100, 0)]),
    ([of("web", "0")], {}, [(1, 0, 0, 0)]),
    ([of("web", "-10")], {"tax": "-0.65"}, [(1, -935, -65, -1000)]),
    ([of("web", "0.005"), of("data", "0.005")], {"total": "0.01"}, [(1, 1, 0, 1), (2, 0, 0, 0)]),
    ([of("web", "10")], {"total": "10", "tax": "0", "subtotal": "7"}, [(1, 1000, 0, 1000)]),
])  # fmt: skip
def test_lines_and_adjustment_make_total_and_tax(
    lines: list[dict[str, Any]], fields: dict[str, Any], expected: list[tuple[int, int, int, int]]
) -> None:
    assert post_invoice(*lines, **fields) == expected


def test_lines_of_both_shapes_are_booked_as_one_adjustment() -> None:
    assert post_invoice(of("web", "10"), sku("cpu", "5"), total="16", tax="1") == [(0, 1500, 100, 1600)]


def test_minor_digits_are_the_currencys() -> None:
    assert post_invoice(of("web", "10.6"), total="11", tax="1", currency="JPY") == [(1, 10, 1, 11)]
    assert post_invoice(of("web", "1.0005"), total="1.0005", currency="KWD") == [(1, 1001, 0, 1001)]


def test_a_line_names_its_project_by_sid_or_by_id() -> None:
    lines = [of("acme-web", 1), {"projectId": "1002", "amount": Decimal(1)}]
    projects = [{"id": 1002, "project": "acme-data"}]
    books = month(account(invoice("I", *lines)), projects=projects).books()
    assert [line.project for line in books.posting.postings[0].posted] == ["acme-web", "acme-data"]


@given(LINES, LINE_AMOUNTS, LINE_AMOUNTS, LINE_AMOUNTS, st.sampled_from(["THB", "JPY", "KWD", "XQZ"]))
def test_footing_is_exact_for_any_invoice(
    items: list[dict[str, Any]], total: str, tax: str, subtotal: str, currency: str
) -> None:
    given = invoice("I", *items, total=total, tax=tax, subtotal=subtotal, currency=currency)
    (found,) = month(account(given)).months()
    booked = found.booked[0]
    result = post_lines(booked, ProjectDirectory())
    assert sum(line.gross for line in result) == booked.total_minor
    assert sum(line.tax for line in result) == booked.tax_minor
    assert all(line.gross == line.net + line.tax for line in result)
