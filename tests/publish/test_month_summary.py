"""A month's summary: read by later months, refused where it is none or a newer version's."""

from __future__ import annotations

import json

import pytest

from chargeback.errors import DamagedError, SchemaError
from chargeback.publish import month_summary

EMPTY = {"period": "2026-05", "revision": 1, "accounts": ["1042"], "invoices": [], "totals": []}


def written(**changes: object) -> bytes:
    return json.dumps({"schema": 1, **EMPTY, **changes}).encode()


def test_it_is_read_back() -> None:
    assert month_summary.read(written()).accounts == ("1042",)


def test_what_was_paid_is_read_back_and_a_version_that_did_not_say_is_told_apart() -> None:
    paid = [{"account": "1042", "invoice": "9"}]
    assert month_summary.read_paid(written(paid=paid)) == {("1042", "9")}
    assert month_summary.read_paid(written(paid=[])) == frozenset()
    assert month_summary.read_paid(written()) is None


def test_a_newer_schema_asks_for_an_upgrade() -> None:
    with pytest.raises(SchemaError, match="schema 2, this version reads 1"):
        month_summary.read(written(schema=2))


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"schema": 1}', b'{"schema": "x"}'])
def test_what_is_none_is_damage(data: bytes) -> None:
    with pytest.raises(DamagedError, match=r"month\.json"):
        month_summary.read(data)


@pytest.mark.parametrize("data", [b"[]", b"{", b'{"paid": [1]}', b'{"paid": [{}]}'])
def test_a_list_of_payments_that_is_none_is_damage(data: bytes) -> None:
    with pytest.raises(DamagedError, match=r"month\.json"):
        month_summary.read_paid(data)
