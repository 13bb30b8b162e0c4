"""How a number and a total may be written, and what does not name them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.collect import pdf_text
from chargeback.collect.pdf_text import currencies_beside, names_number, names_total
from chargeback.model.money import format_minor


@pytest.mark.parametrize(
    "written",
    [
        "INV-2026-0009", "inv-2026-0009", "#INV-2026-0009", "No.INV-2026-0009.", "INV-2026-0009 1",
        "INV-\n2026-0009", "INV-2026-00 09", "I N V - 2 0 2 6 - 0 0 0 9",
        "INV–2026–0009", "ＩＮＶ－２０２６－０００９", "INV-2026-๐๐๐๙", "INV-\u00ad2026-0009",
    ],
)  # fmt: skip
def test_number_is_named(written: str) -> None:
    assert names_number(f"Tax invoice {written} of May", "INV-2026-0009")


@pytest.mark.parametrize(
    "written",
    [
        "INV-2026-00091", "INV-2026-000", "XINV-2026-0009", "1INV-2026-0009", "INV-2026-0009A",
        "A-INV-2026-0009", "INV-2026-0009-A", "INV-2026-0009/2", "INV-2026-0010", "INV-2026-๐๐๐๙๑",
    ],
)  # fmt: skip
def test_number_within_a_longer_one_is_not_named(written: str) -> None:
    assert not names_number(f"Tax invoice {written} of May", "INV-2026-0009")


def test_empty_number_is_never_named() -> None:
    assert not names_number("anything", " ")


@pytest.mark.parametrize(
    "written",
    [
        "1,155.60", "1155.60", "1.155,60", "1155,60", "1 155.60", "1 155,60", "1\u00a0155.60", "1\u2009155,60",
        "1\u202f155,60", "1'155.60", "1’155.60", "๑,๑๕๕.๖๐", "１，１５５．６０", "1,155.6", "THB1,155.60", "฿1,155.60",
        "1155.60THB", "1,155\n.60", "1, 155 . 60", "1 , 1 5 5 . 6 0", "1,155.60.", "1,155.60, 3", "2 1,155.60",
        "Total - 1,155.60",
    ],
)  # fmt: skip
def test_total_is_named(written: str) -> None:
    assert names_total(f"Total {written} due", 115560, 2)


@pytest.mark.parametrize(
    "written",
    [
        "11,155.60", "11 155.60", "91155.60", "1,155.601", "1,155.60.5", "1,155,60", "0,1,155.60", "1,155.06",
        "9 1 , 1 5 5 . 6 0", "-1,155.60", "(1,155.60)", "−1,155.60", "1,155", "115560", "๑๑,๑๕๕.๖๐",
    ],
)  # fmt: skip
def test_another_amount_does_not_name_the_total(written: str) -> None:
    assert not names_total(f"Total {written} due", 115560, 2)


@pytest.mark.parametrize(
    ("written", "total", "digits", "named"),
    [
        ("-12.00", -1200, 2, True),
        ("−12.00", -1200, 2, True),
        ("- 12.00", -1200, 2, True),
        ("-฿12.00", -1200, 2, True),
        ("฿ -12.00", -1200, 2, True),
        ("12.00-", -1200, 2, True),
        ("(12.00)", -1200, 2, True),
        ("(THB 12.00)", -1200, 2, True),
        ("12.00", -1200, 2, False),
        ("0.00", 0, 2, True),
        ("-0.00", 0, 2, True),
        ("10.00", 0, 2, False),
        ("0.001", 0, 2, False),
        ("1,155", 1155, 0, True),
        ("1155.00", 1155, 0, True),
        ("1155.60", 1155, 0, False),
        ("1.234", 1234, 3, True),
        ("12,345,678.90", 1234567890, 2, True),
        ("12,345,678.90", 34567890, 2, False),
        ("1,155.-", 115500, 2, True),
        ("900.0", 90000, 2, True),
        ("900", 90000, 2, False),
        ("2 155.60", 15560, 2, False),
        ("2\n155.60", 15560, 2, True),
        ("1,23,456.70", 12345670, 2, True),
        ("₹12,34,56,789.00", 12345678900, 2, True),
        ("1,23,456.70", 2345670, 2, False),
        ("91,23,456.70", 12345670, 2, False),
        ("1,15,5.60", 115560, 2, False),
        ("1.23.456,70", 12345670, 2, False),
    ],
)
def test_sign_digits_and_size(written: str, total: int, digits: int, named: bool) -> None:
    assert names_total(f"Total {written} due", total, digits) is named


DOLLARS = ("AUD", "CAD", "HKD", "MXN", "NZD", "SGD", "TWD", "USD")


@pytest.mark.parametrize(
    ("written", "currencies"),
    [
        ("Total: 1,155.60 THB", ("THB",)),
        ("Total: THB 1,155.60", ("THB",)),
        ("Total: THB1,155.60", ("THB",)),
        ("Total\nTHB\n1,155.60", ("THB",)),
        ("1.155,60 EUR.", ("EUR",)),
        ("฿1,155.60", ("THB",)),
        ("1 155,60 €", ("EUR",)),
        ("US$ 1,155.60", DOLLARS),
        ("￥1,155.60", ("CNY", "JPY")),
        ("THB 1,155.60 (USD 32.10)", ("THB",)),
        ("USD 1,155.60 THB", ("THB", "USD")),
        ("Subtotal 1,080.00 USD\nTotal due 1,155.60", ()),
        ("Total (THB): 1,155.60", ()),
        ("TOTALTHB 1,155.60", ()),
        ("1,155.60 THBX", ()),
        ("SUM 1,155.60 DUE", ()),
        ("thb 1,155.60", ()),
        ("11,155.60 USD", ()),
        ("-1,155.60 USD", ()),
    ],
)
def test_currency_stands_directly_before_or_after_the_total(written: str, currencies: tuple[str, ...]) -> None:
    assert currencies_beside(written, 115560, 2) == currencies


@pytest.mark.parametrize(
    "written", ["-THB 12.00", "THB -12.00", "(THB 12.00)", "(12.00) THB", "12.00- THB", "-12.00 THB"]
)
def test_sign_of_a_total_does_not_part_it_from_its_currency(written: str) -> None:
    assert currencies_beside(written, -1200, 2) == ("THB",)


def test_long_texts_take_little_time() -> None:
    text = "1 1 1 1 , 1 5 5 - INV-2026-" * 40_000
    assert not names_total(text, 115560, 2) and not names_number(text, "INV-2026-0009")
    assert currencies_beside("1,155.60 " * 40_000 + " " * 100_000 + "THB", 115560, 2) == ()


@given(st.text("19aA-/_ \n", max_size=14), st.sampled_from(["a-9", "19", "A1/9", "1_"]))
def test_number_found_as_it_is_written_is_found_by_the_expression_too(text: str, number: str) -> None:
    named = names_number(text, number)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf_text, "_stands_alone", lambda text, wanted: False)
        assert names_number(text, number) is named


WRITTEN = [
    *"15,.'-\n 0",
    "155",
    "1,155",
    "55.50",
    "1,155.50",
    "1155.00",
    "1.155,50",
    "1,15,550.00",
    "2026-05-01",
    ".-",
    "  ",
]


@given(
    st.lists(st.sampled_from(WRITTEN), max_size=10).map("".join),
    st.sampled_from([0, 5, 15, 100, 155, 1155, 5550, 115500, 115550, -115550, 11555000]),
    st.sampled_from([0, 2, 3]),
)
def test_amounts_are_where_the_expression_of_all_spellings_finds_them(text: str, total: int, digits: int) -> None:
    whole, _, fraction = format_minor(abs(total), digits).partition(".")
    expression = pdf_text._expression(whole, fraction, set_apart=True)
    expected = [match.span() for match in re.finditer(expression, text, re.ASCII)]
    assert [match.span() for match in pdf_text._amounts(text, total, digits)] == expected
