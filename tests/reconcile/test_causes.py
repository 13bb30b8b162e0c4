"""What explains a difference, and which exceptions are one finding (BOOKING 6, finding and cause)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargeback.model.books import Books
from chargeback.model.check import Cause, Code, Outcome
from chargeback.publish.reconciliation import document
from tests.kit.months import END, MIDDLE, TEAMS, account, checks, invoice, month, of, report, sku

TIE_OUTS = ("report-total", "report-project", "report-resource")
EXACT = TEAMS + '[reconciliation]\ntolerance = { absolute = "0" }\n'
DAYS = [f"2026-05-{day:02}" for day in range(1, 32)]
PROJECTS = [{"id": "1", "project": "acme-web", "name": "Acme Web"}, {"id": "2", "project": "acme-data", "name": "Data"}]


def charted(**series: Sequence[int | str]) -> dict[str, Any]:
    """A report of acme-web and acme-data with a cost a day, by the series' names."""
    values = {name: [Decimal(point) for point in points] for name, points in series.items()}
    sids = {"Acme Web": "acme-web", "Data": "acme-data"}
    shown = report(*((sids[name], "CPU", 1, sum(points)) for name, points in values.items()))
    shown["chart"] = {
        "categories": DAYS, "series": [{"name": name, "data": points} for name, points in values.items()],
    }  # fmt: skip
    return shown


def causes(books: Books) -> dict[tuple[str, str], str | None]:
    """(check, subject) -> cause of the tie-outs' exceptions."""
    return {
        (check.code.value, check.subject_name): check.cause
        for code in TIE_OUTS
        for check in checks(books, code)
        if check.outcome is Outcome.EXCEPTION
    }


def of_web(*lines: Any, value: str | int, config: str = EXACT, **fields: Any) -> Books:
    shown = report(("acme-web", "CPU", 1, value))
    return month(account(invoice("I", *lines, **fields), report=shown), config=config).books()


def test_days_that_no_invoice_covers_explain_total_and_projects_by_their_own_series() -> None:
    half = invoice("A", of("acme-web", 15), of("acme-data", 30), periodEnd=MIDDLE)
    shown = charted(**{"Acme Web": [1] * 31, "Data": [2] * 31})
    books = month(account(half, report=shown), config=EXACT, projects=PROJECTS).books()
    assert causes(books) == {
        ("report-total", ""): "uncovered-days",
        ("report-project", "acme-data"): "uncovered-days",
        ("report-project", "acme-web"): "uncovered-days",
    }
    (finding,) = books.findings
    assert (finding.code, finding.account, finding.checks, finding.currency) == ("invoice-cutoff", "1042", 4, "THB")
    assert finding.amount == 48 + 48 + 16 + 32
    assert {check.finding for check in books.having(Outcome.EXCEPTION)} == {finding.id}
    assert "no issued invoice covers 2026-05-16 to 2026-05-31" in finding.message
    assert finding.subject is None  # its checks differ in it


def test_a_void_invoice_of_the_month_explains_what_it_billed() -> None:
    void = invoice("V", of("acme-web", 5), of("acme-data", 30), status="void")
    books = month(
        account(
            invoice("A", of("acme-web", 15)), void,
            report=report(("acme-web", "CPU", 1, 20), ("acme-data", "CPU", 1, 30)),
        ),
        config=EXACT,
    ).books()  # fmt: skip
    assert set(causes(books).values()) == {Cause.VOID_INVOICE}
    assert len(books.findings) == 1


@pytest.mark.parametrize("credit", [
    [invoice("A", of("acme-web", 100)), invoice("C", of("acme-web", -7))],
    [invoice("A", of("acme-web", 100), of("acme-web", -7))],
])  # fmt: skip
def test_a_credit_that_the_report_does_not_show_is_a_credit_and_nothing_counted_twice(credit: list[Any]) -> None:
    books = month(account(*credit, report=report(("acme-web", "CPU", 1, 100))), config=EXACT).books()
    assert causes(books) == {("report-total", ""): "credit", ("report-project", "acme-web"): "credit"}


@pytest.mark.parametrize(("lines", "value", "basis"), [
    ([of("acme-web", 107)], "100", "gross"),
    ([of("acme-web", 107)], "107", "net"),
    ([sku("CPU", 100)], "100", "gross"),
    ([sku("CPU", 100)], "107", "net"),
    ([of("acme-web", 107)], "114.49", "gross"),
])  # fmt: skip
def test_a_report_on_the_other_tax_basis_or_off_by_the_rate(lines: list[Any], value: str, basis: str) -> None:
    config = EXACT + f'tax_basis = "{basis}"\n'
    books = of_web(*lines, value=value, config=config, tax=7, taxRate=Decimal("0.07"))
    assert set(causes(books).values()) == {"tax-basis"}
    assert len(causes(books)) == 2


def test_lines_whose_tax_does_not_come_out_one_by_one_are_off_by_the_rate_up_to_the_last_of_the_tolerance() -> None:
    config = TEAMS + '[reconciliation]\ntolerance = { absolute = "0.05" }\n'
    books = of_web(of("acme-web", 98), of("acme-web", 9), value="100.05", config=config, tax=7, taxRate=Decimal("0.07"))
    assert set(causes(books).values()) == {"tax-basis"}


def test_a_line_that_could_not_be_divided_is_explained_by_itself_alone() -> None:
    # both lines together would be off by 60 at that rate: the one of 60 is not
    bill = invoice("I", of("acme-web", 9), of("acme-data", 60), of("acme-data", 40), tax=0, taxRate=Decimal("1.5"))
    books = month(account(bill, report=report(("acme-web", "CPU", 1, 9))), config=EXACT).books()
    undivided = [check for check in checks(books, "report-resource") if check.outcome is Outcome.EXCEPTION]
    assert [(check.expected, check.cause) for check in undivided] == [(60, Cause.NONE), (40, Cause.NONE)]


def test_a_line_by_sku_that_could_not_be_divided_is_explained_whatever_its_rows_are_called() -> None:
    bill = invoice("I", sku("cpu", "-60"), sku("disk", 9))
    shown = report(("acme-web", "CPU", 1, "-60.004"), ("acme-web", "disk", 1, 9))
    books = month(account(bill, report=shown), config=EXACT).books()
    assert causes(books) == {("report-resource", "cpu"): "rounding"}


def test_a_line_below_zero_where_it_is_compared_is_a_credit_and_no_other() -> None:
    # tax of −101 on a line of 100: it is positive on the basis that is compared, whatever its gross
    fields: dict[str, Any] = {"subtotal": 100, "taxAmount": -101, "total": -1, "taxRate": None}
    bill = invoice("I", sku("CPU", 100), **fields)
    config = EXACT + 'tax_basis = "net"\n'
    books = month(account(bill, report=report(("acme-web", "disk", 1, 0))), config=config).books()
    assert "credit" not in causes(books).values()


@pytest.mark.parametrize(("rate", "cause"), [("0.07", "none"), ("1", "tax-basis")])
def test_off_by_a_tax_that_is_not_the_rate_is_not_off_by_the_rate(rate: str, cause: str) -> None:
    books = of_web(of("acme-web", 60), value=30, config=EXACT, tax=30, taxRate=Decimal(rate))
    assert causes(books)["report-total", ""] == cause


def test_each_line_is_off_by_the_rate_of_its_own_invoice() -> None:
    bills = [
        invoice("A", of("acme-web", 107), tax=7, taxRate=Decimal("0.07"), periodEnd=MIDDLE),
        invoice("B", of("acme-web", 119), tax=19, taxRate=Decimal("0.19"), periodStart=MIDDLE),
    ]
    books = month(account(*bills, report=report(("acme-web", "CPU", 1, 200))), config=EXACT).books()
    assert set(causes(books).values()) == {Cause.TAX_BASIS}


def test_a_rate_of_minus_one_divides_nothing() -> None:
    books = of_web(of("acme-web", 60), value=30, config=EXACT, tax=0, taxRate=Decimal(-1))
    assert causes(books)["report-total", ""] == "none"


def test_an_invoice_or_line_counted_twice() -> None:
    shown = report(("acme-web", "CPU", 1, 60))
    twice = [invoice("A", of("acme-web", 60)), invoice("B", of("acme-web", 60))]
    books = month(account(*twice, report=shown), config=EXACT).books()
    assert set(causes(books).values()) == {"counted-twice"}
    (finding,) = [each for each in books.findings if each.code is Code.INVOICE_DUPLICATE]
    assert finding.checks == 3
    assert set(causes(of_web(of("acme-web", 60), of("acme-web", 45), value=60)).values()) == {"counted-twice"}


@pytest.mark.parametrize("value", ["0", "33"])
def test_a_lone_line_or_what_the_report_lacks_is_not_counted_twice(value: str) -> None:
    assert set(causes(of_web(of("acme-web", 60), value=value)).values()) == {Cause.NONE}


def test_what_uncovered_days_leave_may_be_explained_by_another_cause() -> None:
    half = invoice("A", of("acme-web", 15), periodEnd=MIDDLE)
    credit = invoice("C", of("acme-web", "-4"), periodEnd=MIDDLE)
    books = month(
        account(half, credit, report=charted(**{"Acme Web": [1] * 31})), config=EXACT, projects=PROJECTS
    ).books()
    assert causes(books) == {("report-total", ""): "credit", ("report-project", "acme-web"): "credit"}


def test_none_means_looked_for_and_not_found_and_other_checks_have_no_cause() -> None:
    books = of_web(of("acme-web", 60), value=73)
    assert causes(books) == {("report-total", ""): "none", ("report-project", "acme-web"): "none"}
    assert {check.cause for check in books.checks if check.code not in TIE_OUTS} == {None}
    assert {check.cause for check in books.checks if check.outcome is Outcome.PASS} == {None}


def test_exceptions_that_nothing_explains_are_a_finding_a_check_account_and_currency() -> None:
    items = [of("acme-web", 60), of("acme-data", 40)]
    shown = report(("acme-web", "CPU", 1, 73), ("acme-data", "CPU", 1, 51))
    books = month(account(invoice("I", *items), report=shown), config=EXACT).books()
    assert [(each.code, each.checks, each.amount) for each in books.findings] == [
        ("report-total", 1, 24), ("report-project", 2, 24),
    ]  # fmt: skip
    assert books.findings[1].subject is None
    assert books.findings[1].message == "Report and invoice differ for a project: 2 exceptions"


def test_unowned_projects_are_one_finding_of_the_month() -> None:
    accounts = [
        account(invoice(number, of(name, 5)), id=name, report=report((name, "CPU", 1, 5)))
        for number, name in (("I", "1"), ("J", "2"))
    ]
    books = month(*accounts).books()
    (finding,) = [each for each in books.findings if each.code is Code.OWNERSHIP]
    assert (finding.account, finding.checks, finding.amount) == ("", 2, None)


def test_a_finding_in_json_and_the_checks_that_belong_to_it() -> None:
    config = (
        EXACT
        + """
[[accepted]]
check = "report-total"
account = "1042"
up_to = "20"
until = "2026-12"
reason = "known"
by = "finance"
"""
    )
    found = document(of_web(of("acme-web", 60), value=73, config=config))
    total = next(row for row in found["checks"] if row["check"] == "report-total")
    (finding,) = [each for each in found["findings"] if each["check"] == "report-total"]
    expected = sha256(b"report-total\n1042\n\n\nTHB").hexdigest()[:10]
    assert finding == {
        "id": f"F-{expected}", "check": "report-total", "account": "1042", "invoice": "",
        "subject": {"kind": "", "name": ""}, "amount": "13.00", "currency": "THB", "checks": 1,
        "message": finding["message"], "remedy": finding["remedy"],
        "operator_remedy": finding["operator_remedy"],
        "disposition": None, "disposed_by": None, "disposed_at": None,
    }  # fmt: skip
    assert (total["outcome"], total["finding"], total["cause"]) == ("accepted", finding["id"], "none")
    assert "Accepted by finance" in finding["message"]
    passes = [row for row in found["checks"] if row["outcome"] in ("pass", "notice")]
    assert {row["finding"] for row in passes} == {None}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["acme-web", "acme-data", "ghost"]), st.integers(-900, 900)), max_size=4),
    st.lists(st.tuples(st.sampled_from(["acme-web", "acme-data", "ghost"]), st.integers(-900, 900)), max_size=4),
    st.booleans(),
)
def test_every_exception_belongs_to_exactly_one_finding(lines: list[Any], rows: list[Any], half: bool) -> None:
    bill = invoice("I", *(of(name, amount) for name, amount in lines), periodEnd=MIDDLE if half else END)
    shown = report(*((name, "CPU", 1, value) for name, value in rows))
    books = month(account(bill, report=shown, documents=())).books()
    belong = [check for check in books.checks if check.outcome in (Outcome.EXCEPTION, Outcome.ACCEPTED)]
    ids = [finding.id for finding in books.findings]
    assert len(set(ids)) == len(ids)
    assert {check.finding for check in belong} == set(ids)
    assert sum(finding.checks for finding in books.findings) == len(belong)
    amounts = [finding.amount or 0 for finding in books.findings]
    assert amounts == sorted(amounts, reverse=True)
    assert all((check.cause is not None) == (check.code.value in TIE_OUTS and bool(check.variance)) for check in belong)
