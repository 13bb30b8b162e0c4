"""Accounts and currencies for beancount: legal, readable, always the same, never two as one."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.model.bookkeeping import Leg
from chargeback.model.journal import Event, JournalRow
from chargeback.publish.exports.beancount import account_name, currency_name

LEGAL_ACCOUNT = re.compile(r"(Assets|Liabilities|Equity|Income|Expenses)(:[A-Z0-9][A-Za-z0-9-]*)+")
LEGAL_CURRENCY = re.compile(r"[A-Z][A-Z0-9'._-]{0,22}[A-Z0-9]")


def row(gl_account: str, leg: Leg = Leg.COST, team: str = "web") -> JournalRow:
    texts = dict.fromkeys(
        ("entry", "company", "posting_date", "document_date", "account", "tax_id", "invoice", "receipt", "concerns"), ""
    )
    return JournalRow(
        leg=leg,
        event=Event.ACCRUAL,
        tax_base=None,
        team=team,
        cost_center="",
        gl_account=gl_account,
        amount=Decimal(1),
        currency="THB",
        bookable=True,
        memo="",
        **texts,
    )


@pytest.mark.parametrize(
    ("gl_account", "leg", "name"),
    [
        ("6420", Leg.COST, "Expenses:6420"),
        ("1154", Leg.INPUT_VAT, "Assets:1154"),
        ("2110", Leg.PAYABLE, "Liabilities:2110"),
        ("2160", Leg.WITHHOLDING, "Liabilities:2160"),
        ("Cloud-Web", Leg.COST, "Expenses:Cloud-Web"),
        ("Expenses:Cloud:Web", Leg.COST, "Expenses:Cloud:Web"),
        ("Equity:Cloud", Leg.PAYABLE, "Equity:Cloud"),
        ("cloud", Leg.COST, "Expenses:Cloud-x…"),
        ("64.20", Leg.COST, "Expenses:64-20-x…"),
        ("ค่าคลาวด์", Leg.COST, "Expenses:X-x…"),
        ("", Leg.COST, "Expenses:Unmapped:Team-web"),
        ("Unmapped", Leg.COST, "Expenses:Unmapped-x…"),
    ],
)
def test_account(gl_account: str, leg: Leg, name: str) -> None:
    assert re.sub("x[0-9a-f]{12}$", "x…", account_name(row(gl_account, leg))) == name


def test_made_account_is_always_the_same() -> None:
    assert account_name(row("64.20")) == "Expenses:64-20-x90818af8cdab"


@pytest.mark.parametrize("code", ["THB", "JPY", "USD", "CLF", "XTS"])
def test_currency_of_iso_4217_is_itself(code: str) -> None:
    assert currency_name(code) == code


@pytest.mark.parametrize("code", ["", "thb", "T", "TRUE", "NULL", 'TH"B', "บาท", "'=X", "A" * 40, "-"])
def test_other_currency_becomes_legal(code: str) -> None:
    assert LEGAL_CURRENCY.fullmatch(currency_name(code))
    assert currency_name(code) != code


texts = st.one_of(
    st.text(min_size=1, max_size=40), st.from_regex(r"[A-Z0-9][A-Za-z0-9-]{0,6}(-x[0-9a-f]{12})?", fullmatch=True)
)


@given(texts, texts)
def test_accounts_are_legal_and_equal_only_for_equal_names(first: str, second: str) -> None:
    names = [account_name(row(text)) for text in (first, second)]
    assert all(LEGAL_ACCOUNT.fullmatch(name) for name in names)
    assert (names[0] == names[1]) == (first == second)


@given(texts, texts)
def test_currencies_are_legal_and_equal_only_for_equal_names(first: str, second: str) -> None:
    names = [currency_name(text) for text in (first, second)]
    assert all(LEGAL_CURRENCY.fullmatch(name) for name in names)
    assert (names[0] == names[1]) == (first == second)


def test_a_name_that_looks_made_is_made_again() -> None:
    made = account_name(row("cloud")).removeprefix("Expenses:")
    assert account_name(row(made)) != account_name(row("cloud"))
    code = currency_name("thb")
    assert currency_name(code) != code
