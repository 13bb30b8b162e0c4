"""Each invoice in itself: identity, arithmetic, tax, withholding, footing, line arithmetic."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from chargeback.model.check import Check
from tests.kit.months import Account, account, checks, dec, invoice, month, of, report, sku


def found(code: str, *invoices: dict[str, Any], **fields: Any) -> list[Check]:
    return checks(month(account(*invoices, report=report(), **fields)).books(), code)


def outcome(code: str, *items: dict[str, Any], **fields: Any) -> str:
    (check,) = found(code, invoice("I", *items, **fields))
    return check.outcome.value


def test_an_invoice_that_agrees_with_its_list_row_is_the_one_asked_for() -> None:
    assert outcome("invoice-identity", of("acme-web", 1)) == "pass"


@pytest.mark.parametrize(("fields", "message"), [
    ({"total": 5, "row": {"total": 4}}, "disagree on total: listed 4, detail 5"),
    ({"row": {"status": "paid"}}, "disagree on status: listed paid, detail open"),
    ({"id": "other", "row": {"id": "i"}}, 'invoice "other" came back, "i" was asked for'),
    ({"billingAccountId": "1043"}, 'an invoice of account "1043" came back'),
])  # fmt: skip
def test_another_invoice_or_another_figure_is_an_identity_exception(fields: dict[str, Any], message: str) -> None:
    (check,) = found("invoice-identity", invoice("I", of("acme-web", 5), **fields))
    assert check.outcome == "exception"
    assert message in check.message


def test_the_listed_total_that_is_left_untied_is_in_the_lists_currency() -> None:
    """3.955 KWD is 3955 units; as units of the detail's EUR it would be told, and accepted, as 39.55."""
    listed = invoice("I1", of("web", "3.955"), currency="EUR", row={"currency": "KWD"})
    (check,) = checks(month(account(listed)).books(), "invoice-identity")
    assert (check.outcome.value, str(check.variance), check.currency) == ("exception", "3.955", "KWD")


def test_a_refused_detail_is_an_exception_and_the_list_row_is_booked_as_one_adjustment() -> None:
    given = account(invoice("I", of("acme-web", 5)), report=report(), refusals={"i": "api: internal error"})
    books = month(given).books()
    (check,) = checks(books, "invoice-identity")
    assert check.message == (
        'the platform does not give it: "api: internal error"; the list row is booked as one adjustment'
    )
    assert [(line.team.id, line.gross) for line in books.ledger.lines] == [("adjustments", 500)]
    for code in ("invoice-tax", "invoice-withholding", "invoice-footing", "line-arithmetic"):
        assert [(each.outcome, each.performed) for each in checks(books, code)] == [("notice", False)]
    assert (check.variance, check.currency) == (5, "THB")


def test_a_void_invoice_is_checked_for_identity_alone() -> None:
    void = invoice("V", of("acme-web", 5), status="void", total=9)
    books = month(account(void, invoice("I", of("acme-web", 1)), report=report())).books()
    assert {check.code.value for check in books.checks if check.invoice == "V"} == {"invoice-identity"}


@pytest.mark.parametrize(("subtotal", "tax", "total", "expected"), [
    ("100", "7", "107", "pass"),
    ("100.01", "7", "107", "exception"),
    ("99.99", "7", "107", "exception"),
    ("100", "7.000000000000001", "107", "pass"),
    ("99.996", "7.004", "107", "exception"),
    ("100.0000000000001", "7", "107", "pass"),
    ("100.001", "7", "107", "exception"),
    ("0", "0", "0", "pass"),
    ("-100", "-7", "-107", "pass"),
])  # fmt: skip
def test_subtotal_and_tax_make_the_total_with_nothing_for_rounding(
    subtotal: str, tax: str, total: str, expected: str
) -> None:
    assert outcome("invoice-arithmetic", subtotal=subtotal, tax=tax, total=total) == expected


def test_the_expected_side_of_the_arithmetic_is_the_header() -> None:
    (check,) = found("invoice-arithmetic", invoice("I", subtotal="90", tax="7", total="107"))
    assert (check.expected, check.actual, check.variance) == (Decimal("97.00"), Decimal("107.00"), Decimal("10.00"))


@pytest.mark.parametrize(
    ("subtotal", "tax", "total", "expected"),
    [
        ("1234567890.1", "0.2", "1234567890.3000002", "pass"),  # what 64-bit floats make of the sum
        ("1234567890.1", "0.2", "1234567890.304", "exception"),
        ("10", "0.7", "10.700000000000001", "pass"),
        ("10", "0.7", "10.70000001", "exception"),
        ("0", "0.01", "0.010000000000000002", "pass"),
    ],
)
def test_noise_of_floats_grows_with_the_amount_and_is_no_fraction_of_a_satang(
    subtotal: str, tax: str, total: str, expected: str
) -> None:
    given = invoice("I", of("acme-web", total), subtotal=subtotal, tax=tax, total=total)
    (check,) = found("invoice-arithmetic", given)
    assert check.outcome == expected


def test_an_amount_finer_than_the_minor_unit_is_named() -> None:
    (check,) = found("invoice-arithmetic", invoice("I", subtotal="99.995", tax="7.005", total="107"))
    assert check.message.startswith("finer than the currency's minor unit: subtotal 99.995, tax 7.005")


@pytest.mark.parametrize(("subtotal", "tax", "total", "rate", "expected"), [
    ("100", "7", "107", "0.07", "pass"),
    ("100.07", "7", "107.07", "0.07", "pass"),  # 7.0049
    ("100.08", "7.01", "107.09", "0.07", "pass"),  # 7.0056
    ("9.36", "0.65", "10.01", "0.07", "pass"),  # backed out of the total, though 9.36 × 0.07 rounds otherwise
    ("1472.57", "294.52", "1767.09", "0.2", "pass"),  # 294.515 of the total: half a unit may go either way
    ("0.50", "0.03", "0.53", "0.07", "pass"),  # 0.035
    ("0.50", "0.02", "0.52", "0.07", "exception"),
    ("100", "7.01", "107.01", "0.07", "exception"),
    ("100", "7.02", "107.02", "0.07", "exception"),
    ("100", "6.98", "106.98", "0.07", "exception"),
    ("100", "0", "100", "0", "pass"),
    ("100", "0", "100", None, "pass"),
    ("100", "7", "107", None, "exception"),
    ("-100", "-7", "-107", "0.07", "pass"),
    ("100", "-100", "0", "-1", "pass"),
])  # fmt: skip
def test_the_tax_is_the_rate_of_the_subtotal_or_backed_out_of_the_total(
    subtotal: str, tax: str, total: str, rate: str | None, expected: str
) -> None:
    taxed = {"taxRate": None if rate is None else dec(rate)}
    assert outcome("invoice-tax", subtotal=subtotal, tax=tax, total=total, **taxed) == expected


def test_a_tax_without_a_rate_leaves_the_tax_untied() -> None:
    (check,) = found("invoice-tax", invoice("I", subtotal="100", tax="900", total="1000"))
    assert (check.actual, check.variance, check.currency) == (900, 900, "THB")


def test_tax_is_reckoned_with_the_subtotal_that_is_booked() -> None:
    """155 of 154.5 yen: 10 % of that is 16, as the invoice says."""
    taxed = {"subtotal": "154.5", "tax": 16, "total": 172, "taxRate": dec("0.1"), "currency": "JPY"}
    assert outcome("invoice-tax", **taxed) == "pass"


@pytest.mark.parametrize(("withheld", "rate", "expected"), [
    ("0", "0.03", "pass"), (None, None, "pass"), ("3", "0.03", "pass"), ("3.01", "0.03", "exception"),
    ("2.99", "0.03", "exception"), ("3", None, "exception"), ("3.0000000000000004", "0.03", "pass"),
])  # fmt: skip
def test_withheld_is_nothing_or_the_rate_of_the_subtotal(withheld: str | None, rate: str | None, expected: str) -> None:
    fields = {
        "withholdingTaxAmount": None if withheld is None else dec(withheld),
        "withholdingTaxRate": None if rate is None else dec(rate),
    }
    assert outcome("invoice-withholding", subtotal="100", total="100", **fields) == expected


@pytest.mark.parametrize(("withheld", "expected"), [("1.51", "pass"), ("1.52", "pass"), ("1.50", "exception")])
def test_half_a_unit_withheld_may_go_either_way(withheld: str, expected: str) -> None:
    fields = {"withholdingTaxAmount": dec(withheld), "withholdingTaxRate": dec("0.03")}
    assert outcome("invoice-withholding", subtotal="50.50", total="50.50", **fields) == expected


@pytest.mark.parametrize(("items", "fields", "expected"), [
    ([of("a", "60"), of("b", "40")], {"total": "100"}, "pass"),
    ([of("a", "60"), of("b", "40")], {"total": "100.01"}, "pass"),  # half a unit a line
    ([of("a", "60"), of("b", "40")], {"total": "100.02"}, "exception"),
    ([of("a", "100")], {"total": "100.01"}, "exception"),
    ([sku("cpu", "100")], {"subtotal": "100", "tax": "7", "total": "107"}, "pass"),
    ([sku("cpu", "100")], {"subtotal": "107", "tax": "0", "total": "107"}, "exception"),
    ([], {"total": "0"}, "pass"),
    ([], {"total": "0.01"}, "exception"),
    ([of("a", "1"), sku("cpu", "1")], {"total": "2"}, "exception"),
    ([of("a", "10.700000000000001")], {"total": "10.7"}, "pass"),
])  # fmt: skip
def test_lines_foot_to_the_total_by_project_and_to_the_subtotal_by_sku(
    items: list[dict[str, Any]], fields: dict[str, Any], expected: str
) -> None:
    assert outcome("invoice-footing", *items, **fields) == expected


def test_rounding_that_lets_lines_foot_is_told() -> None:
    (check,) = found("invoice-footing", invoice("I", of("a", "60"), of("b", "40"), total="100.01"))
    assert "rounding alone can explain the difference of 0.01 THB" in check.message
    assert (check.expected, check.actual, check.tolerance) == (Decimal("100.01"), Decimal("100.00"), Decimal("0.01"))


@pytest.mark.parametrize(("line", "expected"), [
    (sku("cpu", "3", quantity=2, unitPrice=dec("1.5")), [("", "pass")]),
    (sku("cpu", "3.005", quantity=2, unitPrice=dec("1.5")), [("", "pass")]),
    (sku("cpu", "3.0051", quantity=2, unitPrice=dec("1.5")), [("line 1", "exception")]),
    (sku("cpu", "2.99", quantity=2, unitPrice=dec("1.5")), [("line 1", "exception")]),
    (sku("cpu", "3"), [("line 1", "notice")]),
    (sku("cpu", "3", quantity=2), [("line 1", "notice")]),
    (of("acme-web", "3", quantity=2, unitPrice=9), []),
])  # fmt: skip
def test_quantity_times_price_is_the_amount_of_a_line_by_sku(
    line: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    result = [(check.subject_name, check.outcome.value) for check in found("line-arithmetic", invoice("I", line))]
    assert result == expected


def test_each_wrong_line_is_named() -> None:
    right, wrong = sku("cpu", "3", quantity=2, unitPrice=dec("1.5")), sku("disk", "5", quantity=2, unitPrice=2)
    result = found("line-arithmetic", invoice("I", right, wrong, wrong))
    assert [check.subject_name for check in result] == ["line 2", "line 3"]
    assert result[0].message == "line 2 (disk): quantity × unit price is 4, its amount is 5"


@pytest.mark.parametrize(("amount", "expected", "actual", "variance"), [
    ("10.02", "10.01", "10.02", "0.01"),  # of 10.005: 0.015 before rounding
    ("9.99", "10.01", "9.99", "-0.02"),
])  # fmt: skip
def test_what_a_line_is_off_by_is_what_the_two_amounts_shown_differ_by(
    amount: str, expected: str, actual: str, variance: str
) -> None:
    (check,) = found("line-arithmetic", invoice("I", sku("cpu", amount, quantity=2001, unitPrice=dec("0.005"))))
    assert check.outcome == "exception"
    assert [str(figure) for figure in (check.expected, check.actual, check.variance)] == [expected, actual, variance]


def test_a_pass_says_of_how_many_lines_rounding_alone_explains_the_amount() -> None:
    rounded = sku("cpu", "10.01", quantity=2001, unitPrice=dec("0.005"))
    exact = sku("disk", "3", quantity=2, unitPrice=dec("1.5"))
    messages = [found("line-arithmetic", invoice("I", *items))[0].message for items in ((rounded, exact), (exact,))]
    assert messages == [
        "quantity × unit price = amount on 2 lines; on 1 of them rounding alone can explain a difference",
        "quantity × unit price = amount on 1 line",
    ]


def test_nothing_is_checked_of_an_account_without_invoices() -> None:
    books = month(Account(report=report())).books()
    assert not [check for check in books.checks if check.invoice]
