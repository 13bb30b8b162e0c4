"""Sequences of invoice numbers: what is not there, reckoned and never counted through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.publish.workpaper.number_sequences import MOST_GAPS, number_sequences


def test_gaps_are_named_by_account_prefix() -> None:
    found = number_sequences(["INV-2026-0009", "INV-2026-0002", "INV-2026-0004", "A7", "INV-2026-0005", "A9"])
    assert [(each.first, each.last, each.listed, each.missing, each.gaps) for each in found] == [
        ("A7", "A9", 2, 1, "8"),
        ("INV-2026-0002", "INV-2026-0009", 4, 4, "0003, 0006–0008"),
    ]


def test_a_sequence_grows_beyond_its_zeros() -> None:
    (found,) = number_sequences(["0998", "1001", "0999"])
    assert (found.first, found.last, found.missing, found.gaps) == ("0998", "1001", 1, "1000")


@pytest.mark.parametrize("number", ["", "INV", "9" * 5_000, "=1+1", "INV-๑๒", "a\n1", "-" * 5_000 + "1"])
def test_a_hostile_number_is_an_ordinary_text(number: str) -> None:
    assert len(number_sequences([number, number])) <= 1


def test_a_gap_of_any_size_costs_nothing_and_many_are_counted() -> None:
    (far,) = number_sequences(["1", "999999999999999999"])
    assert far.missing == 999_999_999_999_999_997
    (many,) = number_sequences(str(number) for number in range(0, 100, 2))
    assert many.gaps.endswith(f"{49 - MOST_GAPS} gaps more")


@given(st.sets(st.integers(0, 10**6), min_size=1))
def test_listed_and_missing_are_all_between_first_and_last(numbers: set[int]) -> None:
    (found,) = number_sequences(str(number) for number in numbers)
    assert found.listed + found.missing == max(numbers) - min(numbers) + 1
