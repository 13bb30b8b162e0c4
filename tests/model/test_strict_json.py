"""JSON as the platform must write it: what is taken, with every digit, and what is refused with a reason."""

from __future__ import annotations

import json
import tracemalloc
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.errors import AnswerError
from chargeback.model import strict_json
from chargeback.model.strict_json import DEEPEST, parse

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(("text", "value"), [
    ("10.7", Decimal("10.7")),
    ("10.700000000000001", Decimal("10.700000000000001")),
    ("1e30", Decimal("1e30")),
    ("1E-30", Decimal("1e-30")),
    ("1.5e+3", Decimal("1.5E+3")),
    ("-0.0", Decimal("-0.0")),
    ("1000000000000000000000000000000", 10**30),
    ("-1000000000000000000000000000000", -(10**30)),
    ("1042", 1042),
    ("0.0000000000000000000000000000009", None),
])  # fmt: skip
def test_numbers_keep_every_digit_and_lie_within_ten_to_the_thirtieth(text: str, value: Any) -> None:
    if value is None:
        with pytest.raises(AnswerError, match="beyond"):
            parse(text.encode())
    else:
        found = parse(text.encode())
        assert (type(found), str(found)) == (type(value), str(value))


@pytest.mark.parametrize(("body", "reason"), [
    (b'{"a": 1, "a": 1}', '"a" stands twice'),
    (b'{"a": 1, "\\u0061": 2}', '"a" stands twice'),
    (b'[{"x": {"b": 1, "c": 2, "b": 3}}]', '"b" stands twice'),
    (b"NaN", "NaN is not a number"),
    (b"[Infinity]", "Infinity is not a number"),
    (b"-Infinity", "-Infinity is not a number"),
    (b"1e31", "exponent beyond"),
    (b"1e-31", "exponent beyond"),
    (b"1e999999999", "exponent beyond"),
    (b"0e400", "exponent beyond"),
    (b"10e30", "exponent beyond"),
    (b"1" + b"0" * 31, "beyond 10"),
    (b"-1" + b"0" * 31, "beyond 10"),
    (b"1" * 5000, "beyond 10"),
    (b"0." + b"1" * 200, "too many digits"),
    (b'"\xff"', "not valid UTF-8"),
    (b'{"unknown": "\xc3\x28"}', "not valid UTF-8"),
    (b'"\\ud800"', "not valid UTF-8"),
    (b'{"\\udc00": 1}', "not valid UTF-8"),
    (b"", "not JSON"),
    (b'{"ok": true', "not JSON"),
    (b"{} {}", "not JSON"),
    (b"\xef\xbb\xbf{}", "not JSON"),
    (b"01", "not JSON"),
    (b"<html>", "not JSON"),
    (b'"a\nb"', "not JSON"),
    (b"[" * 65 + b"]" * 65, "nested deeper"),
    (b"[" * 100_000, "nested deeper"),
    (b'{"a":' * 64 + b"[]" + b"}" * 64, "nested deeper"),
])  # fmt: skip
def test_what_no_bill_may_hold_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(AnswerError, match=reason):
        parse(body)


def test_nesting_up_to_the_limit_is_read_and_brackets_in_texts_do_not_count() -> None:
    text = "[" * 200
    assert parse(b"[" * DEEPEST + b"]" * DEEPEST)
    assert parse(json.dumps([text, '\\"[{', {}]).encode()) == [text, '\\"[{', {}]


def test_what_is_refused_is_not_repeated_beyond_a_few_characters() -> None:
    with pytest.raises(AnswerError) as refused:
        parse(b'{"' + b"s" * 500 + b'": 1, "' + b"s" * 500 + b'": 2}')
    assert len(str(refused.value)) < 150


@given(VALUES)
def test_what_any_encoder_writes_is_read_back(value: Any) -> None:
    assert parse(json.dumps(value).encode()) == value
    assert parse(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary(max_size=40) | st.text('[]{}",:0123456789.eE+-ntrue\\u ', max_size=30).map(str.encode))
def test_any_bytes_are_a_value_or_a_refusal(data: bytes) -> None:
    try:
        parse(data)
    except AnswerError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(("data", "told"), [
    (b"[" + b"[]," * 400_001 + b"[]]", "objects and lists"),
    (b"[" + b'{"a":1},' * 400_001 + b"{}]", "objects and lists"),
    (b"[" + b"0," * 4_000_001 + b"0]", "values"),
])  # fmt: skip
def test_more_values_than_any_bill_has_are_refused_before_they_are_built(data: bytes, told: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(AnswerError, match=f"more than .* {told}"):
            parse(data)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@given(VALUES | st.decimals(-(10**20), 10**20, places=6), st.sampled_from([(",", ":"), (", ", ": ")]), st.booleans())
def test_the_fast_way_and_the_exact_one_give_the_same(
    value: Any, separators: tuple[str, str], ascii_only: bool
) -> None:
    body = json.dumps(value, separators=separators, ensure_ascii=ascii_only, default=str).encode()
    both_ways_agree(body)


@given(st.text('[]{}",:0129.eE+-a \\ก', max_size=24).map(str.encode))
def test_no_bytes_are_read_one_way_and_refused_the_other(body: bytes) -> None:
    both_ways_agree(body)


@pytest.mark.parametrize("body", [
    b'{"a":1,"a":1}', b'{"a" :1,"a":2}', b'{"a":1E5,"a":1}', b'{"a":{"b":1.50},"c":[{"b":2}]}', b'{"a":-0}',
    b'{"a":-0.0}', b'{"a":0.0000001}', b'{"a":"\\u0e01"}', b'{"a":"\xe0\xb8\x81"}', b'{"a":"\x7f\xc2\x80"}',
    b"1" * 31, b"1" * 32, b"[1.0,]",
])  # fmt: skip
def test_fast_way_agrees_where_writings_differ(body: bytes) -> None:
    both_ways_agree(body)


def both_ways_agree(body: bytes) -> None:
    """What the fast way reads, the exact one reads too, each number with the same digits and of the same type."""
    fast = strict_json._plain(body)
    if fast is strict_json._UNKNOWN:
        return
    assert repr(fast) == repr(strict_json._exact(body))


def test_an_answer_as_servers_write_it_takes_the_fast_way() -> None:
    body = b'{"ok":true,"result":{"list":[{"projectSid":"web","usageValue":720,"billingValue":1080.250000}]}}'
    assert strict_json._plain(body)["result"]["list"][0]["billingValue"] == Decimal("1080.250000")
