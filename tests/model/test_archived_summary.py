"""A month's summary read back: what it says, what older versions said, and what is none or a newer version's."""

from __future__ import annotations

import json

import pytest

from chargeback.errors import AnswerError, SchemaError
from chargeback.evidence import EarlierTotal
from chargeback.model import archived_summary

EMPTY = {"period": "2026-05", "revision": 1, "accounts": ["1042"], "invoices": [], "totals": []}


def written(**changes: object) -> bytes:
    return json.dumps({"schema": 1, **EMPTY, **changes}).encode()


def test_it_is_read_back() -> None:
    assert archived_summary.read(written()).accounts == ("1042",)


def test_what_was_listed_is_read_back() -> None:
    row = {"account": "1042", "invoice": "9", "row": {"status": "paid", "total": "10700"}}
    assert archived_summary.read_listed(written(listed=[row])) == {("1042", "9"): {"status": "paid", "total": "10700"}}
    assert archived_summary.read_listed(written(listed=[])) == {}
    assert archived_summary.read_listed(written()) == {}


def test_of_version_0_1_it_is_known_what_was_paid() -> None:
    invoices = [
        {"account": "1042", "invoice": each, "number": each, "currency": "THB", "total": 1, "void": each == "7"}
        for each in "789"
    ]
    found = archived_summary.read_listed(written(invoices=invoices, paid=[{"account": "1042", "invoice": "9"}]))
    assert found == {("1042", "8"): {"status": "open"}, ("1042", "9"): {"status": "paid"}}


def test_a_newer_schema_asks_for_an_upgrade() -> None:
    with pytest.raises(SchemaError, match="schema 2, this version reads 1"):
        archived_summary.read(written(schema=2))


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"schema": 1}', b'{"schema": "x"}'])
def test_what_is_no_summary_is_refused(data: bytes) -> None:
    with pytest.raises(AnswerError, match=r"month\.json"):
        archived_summary.read(data)


@pytest.mark.parametrize(
    "data", [b"[]", b"{", written(listed=[1]), written(listed=[{}]), written(paid=[{}]), written(listed=7)]
)
def test_a_list_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(AnswerError, match=r"month\.json"):
        archived_summary.read_listed(data)


def test_a_total_of_0_2_has_no_net() -> None:
    of_0_2 = archived_summary.read(written(totals=[{"team": "web", "currency": "THB", "gross": 10700}]))
    assert of_0_2.totals == (EarlierTotal("web", "THB", 10700, None),)
