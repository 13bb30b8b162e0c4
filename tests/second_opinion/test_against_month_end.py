"""The job's ledgers and checks against the second opinion, byte for byte, over arbitrary months.

Where they differ one of the two misreads docs/rules/booking.md: the text decides which, or is to be made clearer.
"""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings

from chargeback.errors import ChargebackError, error_exit
from tests.kit.some import some

from . import first_opinion, worlds
from .answers import Month, StopError
from .booking import Booking
from .findings import result_of

SEEDS = 150
SEEDS_NIGHTLY = 20_000
EXAMPLES = 50
NOT_SHORTENED = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)


def first(month: Month) -> tuple[int, dict[str, bytes], Counter[object]]:
    """Exit code, ledgers and checks by the job."""
    try:
        books = first_opinion.books_of(month)
    except ChargebackError as error:
        return error_exit(error), {}, Counter()
    return (
        0,
        first_opinion.ledgers_of(books),
        Counter([*first_opinion.checks_of(books), *first_opinion.findings_of(books)]),
    )


def second(month: Month) -> tuple[int, dict[str, bytes], Counter[object]]:
    """Exit code, ledgers and checks by the second opinion."""
    try:
        books = Booking(month)
        return 0, books.files(), Counter(result_of(books))
    except StopError as error:
        return error.code, {}, Counter()


def assert_same(month: Month) -> None:
    """Both opinions agree: whether the month can be booked, every byte of every ledger, every check."""
    actual, expected = first(month), second(month)
    assert actual[0] == expected[0]
    assert actual[1] == expected[1]
    assert sorted(map(str, (actual[2] - expected[2]).elements())) == sorted(
        map(str, (expected[2] - actual[2]).elements())
    )


@pytest.mark.parametrize("tenth", range(10))
def test_both_opinions_agree_on_a_month(tenth: int) -> None:
    for seed in some(range(tenth, SEEDS, 10)):
        assert_same(worlds.random_month(seed))


@settings(max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=NOT_SHORTENED)
@given(worlds.months())
def test_both_opinions_agree_on_a_month_that_hypothesis_shortens(month: Month) -> None:
    assert_same(month)


@pytest.mark.nightly
@pytest.mark.parametrize("part", range(20))
def test_both_opinions_agree_on_many_months(part: int) -> None:
    for seed in some(range(SEEDS + part, SEEDS_NIGHTLY, 20)):
        assert_same(worlds.random_month(seed))
