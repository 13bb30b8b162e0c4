"""What a restatement says of each team: before, after, and the difference with its sign."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.evidence import RestatedTotal
from chargeback.job.restatement import change_row


@pytest.mark.parametrize(
    ("currency", "before", "after", "shown"),
    [
        ("THB", 10_000, 12_345, ("100.00", "123.45", "23.45")),
        ("THB", 12_345, 10_000, ("123.45", "100.00", "-23.45")),
        ("THB", -5, 0, ("-0.05", "0.00", "0.05")),
        ("JPY", 7, 5, ("7", "5", "-2")),
        ("KWD", 0, 1_234, ("0.000", "1.234", "1.234")),
    ],
)
def test_a_change_is_after_less_before(currency: str, before: int, after: int, shown: tuple[str, str, str]) -> None:
    row = change_row(RestatedTotal("web", currency, before, after, ("evidence",)))
    assert (row["before"], row["after"], row["difference"]) == shown
    assert (row["team"], row["currency"], row["reason"]) == ("web", currency, "evidence")


@given(st.integers(-(10**15), 10**15), st.integers(-(10**15), 10**15))
def test_before_and_difference_add_up_to_after(before: int, after: int) -> None:
    row = change_row(RestatedTotal("web", "THB", before, after))
    minor = [int(row[name].replace(".", "")) for name in ("before", "difference", "after")]
    assert minor[0] + minor[1] == minor[2] == after


def test_the_sentence_of_an_earlier_version_says_the_same_reasons() -> None:
    assert RestatedTotal("web", "THB", 1, 2, reason="evidence, version").why == ("evidence", "version")
    assert RestatedTotal("web", "THB", 1, 2, ("configuration",)).why == ("configuration",)
